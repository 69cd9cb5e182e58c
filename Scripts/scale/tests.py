"""Tests of what needs more than one process; Scripts/test-scale runs them."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import measure
from slurm import Slurm

ROOT = Path(__file__).resolve().parent.parent.parent
# Files of a checkpoint whose bytes no number of processes may change; the others hold times.
EXACT = ["config.json", "metrics.jsonl", "model.safetensors", "normalizer.json", "training.safetensors"]
SMALL = ["--set", "policy.backbone.hidden_width=32", "--set", "policy.backbone.depth=2"]
UNET = ["--backbone", "unet", "--set", "policy.backbone.widths=[16,32]", "--set", "policy.backbone.groups=4"]


class Tests:
    def __init__(self, tool, folder):
        self.tool, self.folder = str(Path(tool).resolve()), Path(folder)
        self.passed = self.failed = 0
        self.run(self.tool, "record", "--environment", "push", "--expert", "--episodes", 6, "--output", "push.hdf5")

    def run(self, *command, status=0, **options):
        run = subprocess.run([str(word) for word in command], cwd=self.folder, stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, timeout=240, **options)
        if status is not None:
            assert run.returncode == status, f"{command}: {run.returncode}\n{run.stderr[-3000:]}"
        return run

    def check(self, name, body):
        start = time.monotonic()
        try:
            body()
            self.passed += 1
            print(f"passed  {name} ({time.monotonic() - start:.0f} s)", flush=True)
        except Exception as error:
            self.failed += 1
            print(f"FAILED  {name}: {error}", flush=True)

    # Trainings by MPI

    def train(self, output, *settings, shards=4, steps=40):
        return [self.tool, "train", "--demos", "push.hdf5", "--recipe", "none", "--batch", "32",
                "--observation-horizon", "2", "--prediction-horizon", "4", "--action-horizon", "2",
                "--shards", str(shards), "--steps", str(steps), "--output", output, *settings]

    def mpirun(self, count, command, **options):
        return self.run(*MPIRUN, "-n", count, *command, **options)

    def same(self, a, b):
        for name in EXACT:
            assert (self.folder / a / name).read_bytes() == (self.folder / b / name).read_bytes(), \
                f"{b}/{name} has other bytes than {a}'s"

    def same_bytes(self, name, *settings):
        """One process alone is the reference: it knows nothing of MPI."""
        self.run(*self.train(f"{name}-alone", *settings, "--threads", 2))
        for count, threads in [(1, 1), (2, 1), (3, 1), (4, 2)]:
            output = f"{name}-{count}"
            self.mpirun(count, self.train(output, *settings, "--threads", threads))
            self.same(f"{name}-alone", output)

    def start(self, count, command):
        """Starts a training that is to be disturbed; returns the launcher once there are some steps."""
        output = self.folder / command[command.index("--output") + 1]
        before = step(output)
        launcher = subprocess.Popen([*MPIRUN, "-n", str(count), *command], cwd=self.folder, text=True,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.PIPE)
        wait_for(lambda: launcher.poll() is not None or step(output) > max(before, 0))
        assert launcher.poll() is None, launcher.stderr.read()
        return launcher

    def disturbed(self):
        """A request to stop, a killed process, then to the end, on another number of processes each time."""
        settings = ["--method", "diffusion", *SMALL, "--set", "checkpoint_interval=5", "--threads", 1]
        settings = [str(word) for word in settings]
        self.run(*self.train("whole", *settings, steps=2000))
        command = self.train("parts", *settings, steps=2000)
        launcher = self.start(4, command)
        os.kill(ranks(launcher)[-1], signal.SIGTERM)
        _, errors = launcher.communicate(timeout=60)
        assert "stopped at step" in errors, errors
        stopped = step(self.folder / "parts")
        assert 0 < stopped < 2000, stopped

        launcher = self.start(3, [*command, "--resume"])
        victims = ranks(launcher)
        os.kill(victims[1], signal.SIGKILL)
        _, errors = launcher.communicate(timeout=60)
        assert launcher.returncode != 0
        assert "process rank" in errors and "signal 9" in errors, errors
        wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in victims))
        verified = self.run(self.tool, "inspect", "parts", "--verify").stdout
        assert "can be continued" in verified, verified
        killed = step(self.folder / "parts")
        assert stopped < killed < 2000, killed

        self.mpirun(2, [*command, "--resume"])
        self.same("whole", "parts")

    def refusals(self):
        few = self.mpirun(3, self.train("few", shards=2), status=None)
        assert few.returncode != 0
        assert few.stderr.count("the number of shards is 2, but must be at least 3") == 1, few.stderr
        plain = ROOT / ".build/release/dpolicy"
        if plain.exists():
            alone = self.run(plain, "train", "--demos", "push.hdf5", "--output", "none", status=1,
                             env={**os.environ, "OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "0"})
            assert "built without MPI; build it with: swift build -c release --traits MPI" in alone.stderr

    def mpi(self):
        for name, settings in [
                ("diffusion", ["--method", "diffusion", *SMALL]), ("unet", ["--method", "diffusion", *UNET]),
                ("energy", ["--method", "ebm", *SMALL, "--set", "policy.method.energy.counter_examples=7"]),
                ("codebooks", ["--method", "vq", *SMALL])]:
            self.check(f"{name}: 1, 2, 3 and 4 processes train to the same bytes as one alone",
                       lambda: self.same_bytes(name, *settings))
        self.check("stopped, killed and resumed on 4, 3 and 2 processes to the same bytes", self.disturbed)
        self.check("what cannot be is refused in one line", self.refusals)

    # A benchmark on Slurm

    def slurm(self):
        with Slurm(self.folder / "slurm") as slurm:
            self.check("an array of Slurm's jobs makes the table of one process", lambda: self.array(slurm))
            self.check("a task that was killed is made up for by the same line", lambda: self.killed(slurm))
            self.check("mpirun within a job trains to the same bytes", lambda: self.job(slurm))

    def benchmark(self, output, *more):
        return ["--config", "a.yaml", "--output", output, *more]

    def rows(self, output):
        rows = json.loads((self.folder / output / "results.json").read_text())["rows"]
        for row in rows:
            row["metrics"].pop("decision_milliseconds", None)
        return rows

    def array(self, slurm):
        (self.folder / "a.yaml").write_text("""
methods: [mse, diffusion]
seeds: 3
episodes: 2
training: {steps: 200, batch: 16, policy: {backbone: {hidden_width: 16, depth: 1}}}
environments:
  - environment: push
    demonstrations: push.hdf5
    training: {policy: {schedule: {steps: 4}}}
""")
        self.run(self.tool, "benchmark", *self.benchmark("alone", "--threads", 1))
        slurm.batch(3, self.tool, self.benchmark("array"))
        slurm.wait()
        assert self.rows("array") == self.rows("alone"), "other rows than one process's"
        nodes = {line for path in slurm.folder.glob("*.node") for line in path.read_text().split()}
        assert nodes == {"first", "second"}, nodes

    def killed(self, slurm):
        slurm.batch(2, self.tool, self.benchmark("killed", "--patience", 3))
        claims = self.folder / "killed/claims"
        wait_for(lambda: claims.exists() and any(n.startswith("training-") for n in os.listdir(claims)))
        slurm.kill_one()
        slurm.wait()
        slurm.batch(2, self.tool, self.benchmark("killed", "--patience", 3))
        slurm.wait()
        self.run(self.tool, "benchmark", *self.benchmark("killed", "--patience", 3, "--part", "1/1"))
        assert self.rows("killed") == self.rows("alone"), "other rows than one process's"

    def job(self, slurm):
        command = self.train("slurm-two", "--method", "diffusion", *SMALL, "--threads", "1")
        self.run(*self.train("slurm-alone", "--method", "diffusion", *SMALL, "--threads", "1"))
        slurm.two(command)
        self.same("slurm-alone", "slurm-two")


# As root, and more processes than cores, which a test is not refused.
MPIRUN = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--mca", "btl", "self,vader,tcp",
          "--mca", "btl_vader_single_copy_mechanism", "none"]


def wait_for(condition, seconds=60):
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.02)


def step(output):
    """The step of a checkpoint; -1 where there is none."""
    try:
        return json.loads((output / "config.json").read_text())["step"]
    except (OSError, ValueError, KeyError):
        return -1


def ranks(launcher):
    """The processes that a launcher started, by their rank."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if int((place / "stat").read_text().rsplit(") ", 1)[1].split()[1]) != launcher.pid:
                continue
            environment = (place / "environ").read_bytes().split(b"\0")
        except (OSError, ValueError):
            continue
        for entry in environment:
            if entry.startswith(b"OMPI_COMM_WORLD_RANK="):
                found[int(entry.split(b"=")[1])] = int(place.name)
    return [found[rank] for rank in sorted(found)]


def main():
    tool, *stages = sys.argv[1:]
    # Ended from outside, what it has started ends too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="test-scale-") as folder:
        tests = Tests(tool, folder)
        if stages == ["measure"]:
            return measure(tests, MPIRUN)
        for stage in stages or ["mpi", "slurm"]:
            getattr(tests, stage)()
    print(f"{tests.passed} passed, {tests.failed} failed")
    sys.exit(1 if tests.failed else 0)


main()
