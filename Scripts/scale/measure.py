"""How well two processes share a training on this machine, and a model of more of them on a network.

One process and two, one thread each, take turns at training a U-Net with a batch of 2048 in two shards.
What starting costs is taken off by two lengths of run. Beside the time on the clock stands the
processors' time, which other work on the machine disturbs less.

The model, for R nodes that share a batch of B windows, P parameters of 4 bytes:
    t(R) = a B / R + c + 2 (R - 1) (alpha + 4 P / (R beta))
a B + c is the measured time of a step by one process, by two sizes of batch: what grows with the batch is
shared, the update is not. The gradient goes once round in two halves (each node gathers a part of the sum,
then hands it out), R - 1 messages of 4 P / R bytes each; alpha is a message's latency, beta the bandwidth.
The efficiency is t(1) / (R t(R)).
"""

import json
import os
import resource
import statistics

# Messages' latency in seconds and bandwidth in bytes a second that a node sees.
NETWORKS = [("1 GbE", 50e-6, 0.117e9), ("10 GbE", 20e-6, 1.17e9), ("100 GbE", 3e-6, 11.7e9)]
NODES = [2, 4, 8, 16, 32, 64]


def measure(tests, mpirun):
    settings = ["--method", "diffusion", "--backbone", "unet", "--threads", "1", "--json",
                *os.environ.get("MEASURE", "").split()]
    few, many = 2, 6
    ways = {"1 process": [], "2 processes": [*mpirun, "-n", "2"],
            "2 processes, TCP": [*[word.replace(",vader", "") for word in mpirun], "-n", "2"]}
    times = {}
    batches = [512, 2048]
    parameters = 0
    for number in range(int(os.environ.get("ROUNDS", "3"))):
        for way, launcher in ways.items():
            for batch in batches if way == "1 process" else batches[-1:]:
                spent = []
                for steps in [few, many]:
                    before = resource.getrusage(resource.RUSAGE_CHILDREN)
                    command = tests.train(f"m-{number}-{len(os.listdir(tests.folder))}", *settings,
                                          "--batch", str(batch), shards=2, steps=steps)
                    report = json.loads(tests.run(*launcher, *command).stdout)
                    after = resource.getrusage(resource.RUSAGE_CHILDREN)
                    parameters = report["parameters"]
                    spent.append((report["seconds"], after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
                times.setdefault((way, batch), []).append(
                    [(b - a) / (many - few) for a, b in zip(*spent)])
    figures = {key: [statistics.median(column) for column in zip(*rows)]
               for key, rows in times.items() if rows}
    print(f"{parameters} parameters; a step in ms, median of the rounds: clock, processors of all processes")
    for (way, batch), (clock, processors) in figures.items():
        print(f"  {way}, batch {batch}: {1e3 * clock:.0f}, {1e3 * processors:.0f}")
    one, two = figures["1 process", 2048], figures["2 processes", 2048]
    print(f"efficiency of 2 processes: {one[0] / two[0] / 2:.2f} by the clock, {one[1] / two[1]:.2f} by processors")
    tcp = figures["2 processes, TCP", 2048]
    print(f"reduction by TCP on loopback against shared memory: {1e3 * (tcp[0] - two[0]):+.0f} ms a step")
    table(parameters, figures["1 process", 512][1], one[1])


def table(parameters, small, large):
    slope = (large - small) / (2048 - 512)
    fixed = max(large - 2048 * slope, 0)
    print(f"computed, not measured: a = {1e6 * slope:.0f} us a window, c = {1e3 * fixed:.0f} ms, "
          f"P = {parameters}, B = 2048")
    print("| network | " + " | ".join(f"{nodes} nodes" for nodes in NODES) + " |")
    print("|---|" + "---:|" * len(NODES))
    for name, alpha, beta in NETWORKS:
        cells = []
        for nodes in NODES:
            time = 2048 * slope / nodes + fixed \
                + 2 * (nodes - 1) * (alpha + 4 * parameters / (nodes * beta))
            cells.append(f"{(2048 * slope + fixed) / (nodes * time):.2f}")
        print(f"| {name} | " + " | ".join(cells) + " |")
