"""What is measured: the fixed sizes of `dpolicy speed`, its rows and its noise schedule."""

import json
import math
import statistics
import time

import numpy

OBSERVATION, ACTION, HIDDEN, EMBEDDING, DEPTH, STEPS = 60, 9, 512, 128, 3, 50
WINDOWS = 4096  # As many as 16 episodes of 256 steps.
QUEUED = 10  # Training steps that a GPU is given before it is waited for.
BACKBONES = ["mlp", "sieve", "transformer"]
# Made for sequences: they see two observations and plan 16 actions; JAX has no twin of them.
SEQUENTIAL = ["unet", "dit"]
UNET_FEATURES = 128
ROWS = [
    f"{backbone}-{work}"
    for backbone in BACKBONES + SEQUENTIAL
    for work in ["train-32", "train-512", "train-2048", "decide-1", "decide-100"]
]


def parse(row):
    """The backbone, "train" or "decide", and the batch of a row."""
    backbone, work, size = row.rsplit("-", 2)
    return backbone, work, int(size)


def sizes(backbone):
    """Observations seen and actions planned."""
    return (2, 16) if backbone in SEQUENTIAL else (1, 1)


def time_features(backbone, steps):
    """What a backbone is told of t = 1 ... T: [T, 1] for the MLP, [T, 128] for the U-Net, which
    counts from 0, [T, 32] for the others."""
    t = numpy.arange(1, steps + 1, dtype=numpy.float64)[:, None]
    if backbone == "mlp":
        return (t / steps).astype(numpy.float32)
    if backbone == "unet":
        half = UNET_FEATURES // 2
        angles = (t - 1) * numpy.exp(-math.log(10_000) * numpy.arange(half) / (half - 1))
    else:
        angles = t * numpy.exp(-math.log(10_000) * numpy.arange(16) / 16)
    return numpy.concatenate([numpy.sin(angles), numpy.cos(angles)], axis=1).astype(numpy.float32)


class Schedule:
    """A linear noise schedule and the coefficients of DDPM with the posterior's variance."""

    def __init__(self, steps=STEPS, start=1e-4, end=0.02):
        beta = numpy.linspace(start, end, steps)
        alpha_bar = numpy.cumprod(1 - beta)
        before = numpy.concatenate([[1.0], alpha_bar[:-1]])
        self.signal, self.noise = numpy.sqrt(alpha_bar), numpy.sqrt(1 - alpha_bar)
        # x_(t-1) = state x_t + prediction epsilon + deviation z
        self.state = 1 / numpy.sqrt(1 - beta)
        self.prediction = -beta / (self.noise * numpy.sqrt(1 - beta))
        self.deviation = numpy.sqrt(beta * (1 - before) / (1 - alpha_bar))
        # The same with a clipped clean sample: x_(t-1) = clean x_0 + kept x_t + deviation z
        self.clean = numpy.sqrt(before) * beta / (1 - alpha_bar)
        self.kept = numpy.sqrt(1 - beta) * (1 - before) / (1 - alpha_bar)


def data(generator, seen=1, planned=1):
    """Random observations and actions, as many of each beside each other."""
    return (
        generator.uniform(-1, 1, (WINDOWS, seen * OBSERVATION)).astype(numpy.float32),
        generator.uniform(-1, 1, (WINDOWS, planned * ACTION)).astype(numpy.float32),
    )


def measure(work, seconds, steps=1):
    """Repeats `work`, which does so many steps, for so long after a warm-up of a tenth of that, as
    `dpolicy speed` does; the milliseconds of one step."""
    count, warmth = 0, time.perf_counter() + seconds / 10
    while count < 3 or time.perf_counter() < warmth:
        work()
        count += 1
    times, end = [], time.perf_counter() + seconds
    while len(times) < 5 or time.perf_counter() < end:
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000 / steps)
    return {"median": statistics.median(times), "minimum": min(times), "repetitions": len(times)}


def serve(prepare, on):
    """Answers lines of "row seconds" with the times, until standard input ends.

    `prepare(row)` returns the number of parameters, the work and how many steps that does; 0 seconds
    only prepare it. `on` says what it runs on.
    """
    prepared = {}
    while line := read_line():
        row, seconds = line.split()
        if row not in prepared:
            prepared[row] = prepare(row)
        parameters, work, steps = prepared[row]
        answer = measure(work, float(seconds), steps) if float(seconds) > 0 else {}
        print(json.dumps({"parameters": parameters, "on": on, **answer}), flush=True)


def read_line():
    try:
        return input().strip()
    except EOFError:
        return ""
