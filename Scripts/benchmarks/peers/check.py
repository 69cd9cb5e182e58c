"""Shows that the networks of the peers are ours: `check.py DPOLICY DEMONSTRATIONS`.

Trains a small policy with each backbone, loads its weights into the PyTorch network, and repeats
decisions of `dpolicy act`, all 50 noise steps with the same noise: Philox 4x32-10 and the transform
of Box and Muller, written down here once more. Then gives the networks of JAX, where it is
installed, the weights of PyTorch's and compares their outputs.
"""

import json
import math
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy
import torch

import workload
from torch_networks import NETWORKS

DPOLICY, DEMONSTRATIONS = sys.argv[1], sys.argv[2]
TOLERANCE = 1e-5
SAMPLING = 5  # The number of the purpose "sampling" in Sources/Randomness.


def philox(counter, key):
    counter, mask = list(counter), 0xFFFFFFFF
    keys = [key & mask, key >> 32]
    for _ in range(10):
        low, high = counter[0] * 0xD2511F53, counter[2] * 0xCD9E8D57
        counter = [
            (high >> 32) ^ counter[1] ^ keys[0], high & mask,
            (low >> 32) ^ counter[3] ^ keys[1], low & mask]
        keys = [(keys[0] + 0x9E3779B9) & mask, (keys[1] + 0xBB67AE85) & mask]
    return counter


def normals(count, seed, index):
    values = []
    for block in range((count + 3) // 4):
        words = philox([block, index, 0, SAMPLING], seed)
        for a, b in (words[:2], words[2:]):
            radius = math.sqrt(-2 * math.log(((a >> 8) + 0.5) / 2**24))
            angle = 2 * math.pi * (b >> 8) / 2**24
            values += [radius * math.cos(angle), radius * math.sin(angle)]
    return torch.tensor(values[:count])


def safetensors(path):
    content = path.read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + size])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        start, end = (8 + size + offset for offset in entry["data_offsets"])
        values = numpy.frombuffer(content[start:end], "<f4").reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors


def normalised(values, scale):
    low, high = (torch.tensor(scale[end]) for end in ("low", "high"))
    spread = torch.where(high > low, high - low, torch.ones(()))
    return torch.where(high > low, (values - low) / spread * 2 - 1, torch.zeros(()))


@torch.inference_mode()
def decide(network, backbone, window, chunk, seed):
    """The normalised chunk that DDPM with a clean sample clipped to [-1, 1] comes to."""
    schedule, width = workload.Schedule(), chunk[0] * chunk[1]
    features = torch.from_numpy(workload.time_features(backbone, workload.STEPS))
    observed = network.observe(window[None])
    x = normals(width, seed, 0)[None]
    for index, step in enumerate(reversed(range(workload.STEPS))):
        epsilon = network(x, features[step:step + 1], observed)
        clean = ((x - schedule.noise[step] * epsilon) / schedule.signal[step]).clamp(-1, 1)
        x = schedule.clean[step] * clean + schedule.kept[step] * x
        x = x + schedule.deviation[step] * normals(width, seed, index + 1)
    return x[0].clamp(-1, 1)


def run(arguments, text=None):
    process = subprocess.run([DPOLICY, *arguments], input=text, capture_output=True, text=True)
    if process.returncode != 0:
        sys.exit(f"dpolicy {' '.join(arguments)}: {process.stderr.strip()}")
    return process.stdout


def check(backbone, folder):
    path = pathlib.Path(folder) / backbone
    windows, chunk = (2, 14), (4, 2)
    run([
        "train", "--demos", DEMONSTRATIONS, "--observations", "state", "--backbone", backbone,
        "--output", str(path), "--steps", "300", "--batch", "64",
        *(["--hidden-width", "64"] if backbone in ("mlp", "sieve") else []), "--schedule", "linear", "--observation-horizon", str(windows[0]),
        "--prediction-horizon", str(chunk[0])])
    tensors = safetensors(path / "model.safetensors")
    network = NETWORKS[backbone](
        windows=windows, chunk=chunk, width=64, embedding=workload.EMBEDDING,
        times=workload.time_features(backbone, workload.STEPS).shape[1], depth=workload.DEPTH)
    network.load_state_dict(tensors)  # Every name and shape agrees, and none is left over.
    scales = json.loads((path / "normalizer.json").read_text())
    random = torch.Generator().manual_seed(0)
    low, high = (torch.tensor(scales["observations"][0][end]) for end in ("low", "high"))
    worst, inside = 0.0, []
    for seed in range(8):
        window = low + (high - low) * torch.rand(windows, generator=random)
        request = {"observations": {"state": window.tolist()}, "seed": seed}
        answer = json.loads(run(["act", "--policy", str(path)], json.dumps(request) + "\n"))
        theirs = decide(
            network, backbone, normalised(window, scales["observations"][0]), chunk, seed)
        ours = normalised(torch.tensor(answer["actions"]), scales["action"]).flatten()
        worst = max(worst, (ours - theirs).abs().max().item())
        inside.append(ours.abs() < 1)
    count = sum(parameter.numel() for parameter in network.parameters())
    share = torch.cat(inside).float().mean().item()
    print(
        f"{backbone}: {count} parameters; decisions of PyTorch's network differ by at most"
        f" {worst:.1e}; {share:.0%} of the values are within their bounds")
    return worst <= TOLERANCE and share > 0.5


def check_jax(backbone):
    try:
        import jax
        import jax_networks
    except ImportError:
        print(f"{backbone}: JAX is not installed")
        return True
    torch.manual_seed(0)
    times = torch.from_numpy(workload.time_features(backbone, workload.STEPS))
    reference = NETWORKS[backbone](
        windows=(1, workload.OBSERVATION), chunk=(1, workload.ACTION), times=times.shape[1],
        width=workload.HIDDEN, embedding=workload.EMBEDDING, depth=workload.DEPTH)
    observation = torch.randn(workload.STEPS, workload.OBSERVATION)
    noisy = torch.randn(workload.STEPS, workload.ACTION)
    with torch.inference_mode():
        theirs = reference(noisy, times, reference.observe(observation[:, None])).numpy()
    parameters = jax_networks.from_torch(
        backbone, {name: tensor.numpy() for name, tensor in reference.state_dict().items()})
    network = jax_networks.NETWORKS[backbone]
    own = network.parameters(numpy.random.default_rng(0))
    shapes = [jax.tree_util.tree_map(numpy.shape, tree) for tree in (parameters, own)]
    observed = network.observe(parameters, observation.numpy())
    ours = numpy.asarray(network.run(parameters, noisy.numpy(), times.numpy(), observed))
    worst = numpy.abs(ours - theirs).max()
    print(f"{backbone}: outputs of JAX's network differ from PyTorch's by at most {worst:.1e}")
    return shapes[0] == shapes[1] and worst <= TOLERANCE


with tempfile.TemporaryDirectory() as folder:
    agreed = [
        check(backbone, folder) for backbone in workload.BACKBONES + workload.SEQUENTIAL]
agreed += [check_jax(backbone) for backbone in workload.BACKBONES]
if not all(agreed):
    sys.exit(f"check: more than {TOLERANCE:.0e}")
