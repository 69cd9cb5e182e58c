"""Serves the rows in PyTorch: `torch_peer.py eager|compile THREADS`.

A training step draws windows, t and noise, runs forward and backward through the mean squared
error, and takes a step of the fused Adam; neither a moving average of the weights nor clipping,
which `dpolicy train` also does. A decision computes the observation's part once, draws all noise at
once, and runs in inference mode. Compiled are the loss with its gradient, and one noise step.
"""

import sys

import numpy
import torch
from torch.nn import functional

import workload
from torch_networks import NETWORKS

MODE, THREADS = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(THREADS)
torch.set_num_interop_threads(1)
torch.set_flush_denormal(True)
torch.manual_seed(0)

schedule = workload.Schedule()


def data(backbone):
    """Windows [count, seen, values] and chunks [count, planned · values]."""
    seen, planned = workload.sizes(backbone)
    observations, actions = workload.data(numpy.random.default_rng(0), seen, planned)
    return (
        torch.from_numpy(observations).view(len(observations), seen, -1),
        torch.from_numpy(actions))


def compiled(function):
    return torch.compile(function, dynamic=False) if MODE == "compile" else function


def training(backbone, network, batch):
    features = torch.from_numpy(workload.time_features(backbone, workload.STEPS))
    signal = torch.tensor(schedule.signal, dtype=torch.float32)[:, None]
    noise = torch.tensor(schedule.noise, dtype=torch.float32)[:, None]
    observations, actions = data(backbone)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)

    @compiled
    def loss(observation, action, t, epsilon):
        noisy = signal[t] * action + noise[t] * epsilon
        prediction = network(noisy, features[t], network.observe(observation))
        return functional.mse_loss(prediction, epsilon)

    def step():
        rows = torch.randint(workload.WINDOWS, (batch,))
        t = torch.randint(workload.STEPS, (batch,))
        epsilon = torch.randn(batch, actions.shape[1])
        optimiser.zero_grad(set_to_none=True)
        loss(observations[rows], actions[rows], t, epsilon).backward()
        optimiser.step()

    return step


def decision(backbone, network, count):
    features = torch.from_numpy(workload.time_features(backbone, workload.STEPS)).split(1)
    coefficients = torch.tensor(
        numpy.stack([schedule.state, schedule.prediction, schedule.deviation], axis=1),
        dtype=torch.float32)
    coefficients = [row.unbind() for row in coefficients]
    observations, actions = data(backbone)
    seen, width = observations[:count], actions.shape[1]

    @compiled
    def denoise(x, time, observed, state, prediction, deviation, z):
        return state * x + prediction * network(x, time, observed) + deviation * z

    @torch.inference_mode()
    def decide():
        observed = network.observe(seen)
        noise = torch.randn(workload.STEPS, count, width)
        x = torch.randn(count, width)
        for step in reversed(range(workload.STEPS)):
            x = denoise(x, features[step], observed, *coefficients[step], noise[step])
        return x

    return decide


def prepare(row):
    backbone, work, size = workload.parse(row)
    seen, planned = workload.sizes(backbone)
    network = NETWORKS[backbone](
        windows=(seen, workload.OBSERVATION), chunk=(planned, workload.ACTION),
        times=workload.time_features(backbone, workload.STEPS).shape[1], width=workload.HIDDEN,
        embedding=workload.EMBEDDING, depth=workload.DEPTH)
    torch.compiler.reset()
    make = training if work == "train" else decision
    repeated = make(backbone, network, size)
    for _ in range(3):
        repeated()
    return sum(parameter.numel() for parameter in network.parameters()), repeated


workload.serve(prepare)
