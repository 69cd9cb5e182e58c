"""Writes residual_encoder.json: what a regression answers to pictures behind a residual encoder, by PyTorch.

python3 residual_encoder.py > residual_encoder.json   # needs torch

The layers are torch.nn.functional's own, under the names of our checkpoints; numbers have two decimals.
"""
import json, sys
import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(7)
SIDE, GROUPS, HIDDEN = 11, 2, 6
w = {}

def tensor(name, *shape, scale=1.0, middle=0.0):
    w[name] = (middle + scale * torch.randn(shape)).mul(100).round().div(100)

def convolution(name, inputs, outputs):
    tensor(f"{name}.convolution.weight", outputs, inputs, 3, 3, scale=(9 * inputs) ** -0.5)
    tensor(f"{name}.norm.weight", outputs, scale=0.2, middle=1)
    tensor(f"{name}.norm.bias", outputs, scale=0.2)

root = "encoder.image.camera"
convolution(f"{root}.0", 3, 4)
for block in range(2):
    for part in ("first", "second"):
        convolution(f"{root}.0.blocks.{block}.{part}", 4, 4)
convolution(f"{root}.1", 4, 6)
for part in ("first", "second"):
    convolution(f"{root}.1.blocks.0.{part}", 6, 6)
tensor("hidden.0.weight", HIDDEN, 12, scale=1.5)
tensor("hidden.0.bias", HIDDEN)
tensor("output.weight", 2, HIDDEN, scale=0.3)
tensor("output.bias", 2, scale=0.1)

def normalised(name, x, stride=1):
    x = F.conv2d(x, w[f"{name}.convolution.weight"], stride=stride, padding=1)
    return F.group_norm(x, GROUPS, w[f"{name}.norm.weight"], w[f"{name}.norm.bias"])

def answer(picture):
    x = torch.tensor(picture).permute(2, 0, 1)[None] / 127.5 - 1
    for stage, blocks in ((0, 2), (1, 1)):
        x = F.gelu(normalised(f"{root}.{stage}", x, stride=2))
        for block in range(blocks):
            name = f"{root}.{stage}.blocks.{block}"
            x = F.gelu(normalised(f"{name}.second", F.gelu(normalised(f"{name}.first", x))) + x)
    height, width = x.shape[2:]
    shares = x.flatten(2).softmax(2).view_as(x)
    across = (shares * torch.linspace(-1, 1, width)).sum((2, 3))
    down = (shares * torch.linspace(-1, 1, height)[:, None]).sum((2, 3))
    features = torch.cat([across, down], 1)
    hidden = F.gelu(F.linear(features, w["hidden.0.weight"], w["hidden.0.bias"]))
    return F.linear(hidden, w["output.weight"], w["output.bias"])[0].tolist()

pictures = torch.randint(0, 256, (3, SIDE, SIDE, 3))
cases = [{"picture": p.flatten().tolist(), "answer": answer(p.tolist())} for p in pictures]
json.dump({"source": f"torch {torch.__version__}, float64", "side": SIDE, "cases": cases, "tensors": {
    name: {"shape": list(t.shape), "values": t.flatten().tolist()} for name, t in w.items()}}, sys.stdout)
