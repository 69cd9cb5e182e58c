"""Serves the rows in PyTorch: `torch_peer.py eager|compile|graph|bf16 THREADS cpu|cuda`.

A training step draws windows, t and noise, runs forward and backward through the mean squared
error, and takes a step of the fused Adam; neither a moving average of the weights nor clipping,
which `dpolicy train` also does. A decision computes the observation's part once, draws all noise at
once, and runs in inference mode. Compiled are the loss with its gradient, and one noise step.

On a GPU the demonstrations lie in its memory, a decision takes its observation from the host's and
brings its actions back there, and what was asked for is waited for. `compile` is the mode
`reduce-overhead` there, a CUDA graph for each compiled part; `graph` replays a whole training step
or a whole decision, its parts compiled, as one CUDA graph. `bf16` has networks in bfloat16
(autocast), on a GPU as a graph, on a processor compiled. Elsewhere precision is PyTorch's default:
float32, in which convolutions may use TF32.
"""

import sys

import numpy
import torch
from torch.nn import functional

import workload
from torch_networks import NETWORKS

MODE, THREADS, DEVICE = sys.argv[1], int(sys.argv[2]), sys.argv[3]
IS_GPU = DEVICE == "cuda"
IS_GRAPH = IS_GPU and MODE in ("graph", "bf16")
torch.set_num_threads(THREADS)
torch.set_num_interop_threads(1)
torch.set_flush_denormal(True)
torch.manual_seed(0)
# Every row compiles the same functions anew.
torch._dynamo.config.recompile_limit = len(workload.ROWS)

schedule = workload.Schedule()


def placed(values):
    return torch.as_tensor(values, dtype=torch.float32, device=DEVICE)


def data(backbone):
    """Windows [count, seen, values] and chunks [count, planned · values]."""
    seen, planned = workload.sizes(backbone)
    observations, actions = workload.data(numpy.random.default_rng(0), seen, planned)
    return torch.from_numpy(observations).view(len(observations), seen, -1), placed(actions)


def compiled(function):
    if MODE == "eager":
        return function
    mode = "reduce-overhead" if IS_GPU and MODE == "compile" else "default"
    return torch.compile(function, dynamic=False, mode=mode)


def precision():
    return torch.autocast(DEVICE, dtype=torch.bfloat16, enabled=MODE == "bf16")


def begin():
    """Says that the outputs of the last step are no longer needed."""
    if IS_GPU and MODE == "compile":
        torch.compiler.cudagraph_mark_step_begin()


def captured(work):
    """What replays `work` as one CUDA graph, and its result's place."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            work()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = work()

    def replay():
        graph.replay()
        return work  # Whose tensors the graph reads: they must live as long.

    return replay, result


def training(backbone, network, batch):
    features = placed(workload.time_features(backbone, workload.STEPS))
    signal, noise = placed(schedule.signal)[:, None], placed(schedule.noise)[:, None]
    observations, actions = data(backbone)
    observations = placed(observations)
    optimiser = torch.optim.Adam(
        network.parameters(), lr=1e-3, fused=True, capturable=IS_GRAPH)

    @compiled
    def loss(observation, action, t, epsilon):
        noisy = signal[t] * action + noise[t] * epsilon
        with precision():
            prediction = network(noisy, features[t], network.observe(observation))
        return functional.mse_loss(prediction.float(), epsilon)

    def step():
        begin()
        rows = torch.randint(workload.WINDOWS, (batch,), device=DEVICE)
        t = torch.randint(workload.STEPS, (batch,), device=DEVICE)
        epsilon = torch.randn(batch, actions.shape[1], device=DEVICE)
        optimiser.zero_grad(set_to_none=True)
        loss(observations[rows], actions[rows], t, epsilon).backward()
        optimiser.step()

    if not IS_GPU:
        return step, 1
    if IS_GRAPH:
        step, _ = captured(step)

    def steps():
        for _ in range(workload.QUEUED):
            step()
        torch.cuda.synchronize()

    return steps, workload.QUEUED


def decision(backbone, network, count):
    features = placed(workload.time_features(backbone, workload.STEPS)).split(1)
    coefficients = placed(
        numpy.stack([schedule.state, schedule.prediction, schedule.deviation], axis=1))
    coefficients = [row.unbind() for row in coefficients]
    observations, actions = data(backbone)
    seen, width = observations[:count], actions.shape[1]

    @compiled
    def denoise(x, time, observed, state, prediction, deviation, z):
        with precision():
            epsilon = network(x, time, observed)
        return state * x + prediction * epsilon + deviation * z

    @torch.inference_mode()
    def decide(seen):
        begin()
        with precision():
            observed = network.observe(seen)
        noise = torch.randn(workload.STEPS, count, width, device=DEVICE)
        x = torch.randn(count, width, device=DEVICE)
        for step in reversed(range(workload.STEPS)):
            x = denoise(x, features[step], observed, *coefficients[step], noise[step])
        return x

    if not IS_GRAPH:
        return lambda: decide(seen.to(DEVICE)).cpu(), 1
    held = placed(seen)
    replay, chunks = captured(lambda: decide(held))

    def replayed():
        held.copy_(seen)
        replay()
        return chunks.cpu()

    return replayed, 1


def prepare(row):
    backbone, work, size = workload.parse(row)
    seen, planned = workload.sizes(backbone)
    network = NETWORKS[backbone](
        windows=(seen, workload.OBSERVATION), chunk=(planned, workload.ACTION),
        times=workload.time_features(backbone, workload.STEPS).shape[1], width=workload.HIDDEN,
        embedding=workload.EMBEDDING, depth=workload.DEPTH).to(DEVICE)
    make = training if work == "train" else decision
    repeated, steps = make(backbone, network, size)
    for _ in range(3):
        repeated()
    return sum(parameter.numel() for parameter in network.parameters()), repeated, steps


processor = torch.cuda.get_device_name() if IS_GPU else "processor"
workload.serve(prepare, f"{processor}, PyTorch {torch.__version__}")
