"""Times our rows and those of the peers in turn: `compare.py --dpolicy PATH [--python PATH] …`.

With `--device cuda` peers run on a GPU; ours stays on the processor, and is left out where there is
no `--dpolicy`, as on a machine that is borrowed for its GPU.

Every contestant is measured in every round, one after another, so that a machine that gets slower
gets slower for all; a row's figure is the median over rounds. Peers stay resident and idle while
another is measured. Ratios count, absolute times drift.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

import workload

HERE = pathlib.Path(__file__).resolve().parent
PEERS = {
    "eager": "torch_peer.py", "compile": "torch_peer.py", "graph": "torch_peer.py",
    "bf16": "torch_peer.py", "jit": "jax_peer.py"}
TITLES = {
    "narrow": "ours, mixed or int8", "eager": "PyTorch eager", "compile": "torch.compile",
    "graph": "one CUDA graph", "bf16": "… in bfloat16", "jit": "JAX jit"}
ON_DEVICE = {"cpu": ["eager", "compile", "bf16", "jit"], "cuda": list(PEERS)}
UNLESS_ASKED = {"cpu": ["bf16"], "cuda": []}  # left out: slow without instructions for it
OURS = ["ours", "narrow"]
# The least ratio to the best peer that is wanted, each in its best precision.
WANTED = {"train-32": 2.5, "train-512": 2.5, "train-2048": 3, "decide-1": 8, "decide-100": 3}
WANTED_OF = {
    "transformer": WANTED | {"train-32": 5, "train-512": 5, "train-2048": 5},
    "unet": {"train-32": 1.5, "train-512": 1.5, "train-2048": 1.5}, "dit": {}}
# Probes within a row that differ by more are not those of one machine.
STEADY = 0.05


class Peer:
    """A process that measures rows when it is told to."""

    def __init__(self, python, mode, threads, device="cpu"):
        self.mode = mode
        self.process = subprocess.Popen(
            [python, str(HERE / PEERS[mode]), mode, str(threads), device], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def ask(self, row, seconds):
        try:
            self.process.stdin.write(f"{row} {seconds}\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            reason = self.process.stderr.read().strip().splitlines()[-1:]
            raise RuntimeError(f"{TITLES[self.mode]}: {(reason or ['it ended'])[0]}")
        return json.loads(line)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def ask_us(dpolicy, row, threads, seconds):
    process = subprocess.run(
        [dpolicy, "speed", "--json", "--only", row, "--threads", str(threads), "--seconds",
         str(seconds)], capture_output=True, text=True)
    if process.returncode != 0:
        sys.exit(process.stderr.strip())
    return json.loads(process.stdout)["results"]["steps"][0]


def installed(python, module):
    return subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode == 0


def available(python, asked):
    modes = []
    for mode in asked:
        module = "jax" if mode == "jit" else "torch"
        if python and installed(python, module):
            modes.append(mode)
        else:
            print(f"{TITLES[mode]} is left out: Python has no {module}", file=sys.stderr)
    return modes


def measure(row, threads, peers, options):
    """The medians over rounds by contestant, the probes, and the numbers of parameters."""
    ready = []
    # JAX has no twin of the networks of sequences.
    is_sequential = row.split("-")[0] in workload.SEQUENTIAL
    for peer in peers:
        if peer.mode == "jit" and is_sequential:
            continue
        try:
            peer.ask(row, 0)
            ready.append(peer)
        except RuntimeError as error:
            print(f"{row} is left out: {error}", file=sys.stderr)
    times, probes, sizes, places = {}, [], {}, {}
    for _ in range(options.rounds):
        if options.dpolicy:
            own = ask_us(options.dpolicy, row, threads, options.seconds)
            probes += own["probes"]
            times.setdefault("ours", []).append(own["median_milliseconds"])
            sizes["ours"] = own["parameters"]
            if options.narrow:
                twin = f"{row}-mixed" if "-train-" in row else f"{row}-int8"
                own = ask_us(options.dpolicy, twin, threads, options.seconds)
                times.setdefault("narrow", []).append(own["median_milliseconds"])
        for peer in ready:
            answer = peer.ask(row, options.seconds)
            times.setdefault(peer.mode, []).append(answer["median"])
            sizes[peer.mode], places[peer.mode] = answer["parameters"], answer["on"]
    if len(set(sizes.values())) > 1:
        sys.exit(f"{row}: networks of different sizes: {sizes}")
    medians = {name: statistics.median(values) for name, values in times.items()}
    result = summary(row, threads, medians, probes, options)
    return {**result, "parameters": next(iter(sizes.values()), None), "on": places}


def summary(row, threads, medians, probes, options):
    backbone, work = row.split("-", 1)
    own = min((medians[name] for name in OURS if name in medians), default=None)
    peers = {name: value for name, value in medians.items() if name not in OURS}
    ratio = min(peers.values()) / own if peers and own else None
    eager = peers["eager"] / own if ratio and "eager" in peers else None
    # None was set for GPUs.
    wanted = WANTED_OF.get(backbone, WANTED).get(work) if options.device == "cpu" else None
    return {
        "row": row, "threads": threads, "milliseconds": medians,
        "ratio_to_best": ratio, "ratio_to_eager": eager, "wanted": wanted,
        "is_reached": None if ratio is None or wanted is None else ratio >= wanted,
        "spread": max(probes) / min(probes) - 1 if probes else None, "probes": probes,
    }


def table(results, modes):
    if any("narrow" in result["milliseconds"] for result in results):
        modes = ["narrow"] + modes
    titles = ["row", "threads", "ours"] + [TITLES[mode] for mode in modes]
    titles += ["to best", "to eager", "wanted", "probe"]
    lines = [titles]
    for result in results:
        times = [result["milliseconds"].get(name) for name in ["ours"] + modes]
        ratios = [result["ratio_to_best"], result["ratio_to_eager"]]
        wanted = "–" if result["wanted"] is None else str(result["wanted"])
        mark = {True: " reached", False: " missed", None: ""}[result["is_reached"]]
        spread = result["spread"]
        probe = "–" if spread is None else "steady" if spread <= STEADY else f"moved {spread:.0%}"
        lines.append(
            [result["row"], str(result["threads"])]
            + ["–" if value is None else f"{value:.3g}" for value in times]
            + ["–" if value is None else f"{value:.2f}×" for value in ratios]
            + [wanted + mark, probe])
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    texts = [
        "  ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                  for column, (cell, width) in enumerate(zip(line, widths)))
        for line in lines]
    return "\n".join([texts[0], "─" * len(texts[0])] + texts[1:])


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--dpolicy", help="our program")
    parser.add_argument("--device", default="cpu", choices=ON_DEVICE, help="where peers run")
    parser.add_argument("--python", help="a Python with PyTorch and JAX")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2, help="for each contestant and round")
    parser.add_argument("--threads", default="2,1", help="numbers of threads (default: 2,1)")
    parser.add_argument("--only", default="", help="the row, or rows whose names contain it")
    parser.add_argument(
        "--peers",
        help="default: eager,compile,jit; on a GPU also graph,bf16; with bf16 also ours in"
        " narrower numbers, mixed training and int8 deciding")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args()
    options.rows = [row for row in workload.ROWS if row == options.only] or [
        row for row in workload.ROWS if options.only in row]
    if not options.rows:
        parser.error(f"no row contains '{options.only}'; rows: {', '.join(workload.ROWS)}")
    options.threads = [int(number) for number in options.threads.split(",")]
    known = ON_DEVICE[options.device]
    default = [mode for mode in known if mode not in UNLESS_ASKED[options.device]]
    options.peers = options.peers.split(",") if options.peers else default
    options.narrow = options.device == "cpu" and "bf16" in options.peers
    if unknown := set(options.peers) - set(known):
        parser.error(f"unknown peers {', '.join(unknown)}; known: {', '.join(known)}")
    return options


def main():
    options = arguments()
    modes = available(options.python, options.peers)
    turns = len(options.rows) * len(options.threads) * options.rounds * (1 + len(modes))
    minutes = (turns * (1.3 * options.seconds + 0.5)
               + len(options.rows) * len(options.threads) * 15 * ("compile" in modes)) / 60
    print(f"{turns} measurements, about {minutes:.0f} minutes; times in milliseconds",
          file=sys.stderr)
    results = []
    try:
        for threads in options.threads:
            peers = [Peer(options.python, mode, threads, options.device) for mode in modes]
            for row in options.rows:
                results.append(measure(row, threads, peers, options))
                print(table(results[-1:], modes).splitlines()[-1], file=sys.stderr)
            for peer in peers:
                peer.end()
    except KeyboardInterrupt:
        print("stopped; what was measured:", file=sys.stderr)
    print(json.dumps(results, indent=2) if options.json else table(results, modes))


if __name__ == "__main__":
    main()
