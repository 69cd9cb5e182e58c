"""A policy's network as ONNX: `python3 -m dpolicy.export onnx runs/push out/`.

`out/model.onnx` is one denoising step (or, of a method that answers at once, the whole), for any number of samples;
`out/manifest.json` says how observations become its input and its answers actions: the normaliser, and each step
of the sampler as numbers. `host.act(out, observations, noise)` (dpolicy.host) is the loop, in NumPy alone.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from .program import program

#: The oldest operator set that has all that is used (LayerNormalization is of 17, Gelu is written out).
OPSET = 17


class ExportError(Exception):
    """Why a policy cannot be exported."""


def description(folder: Path) -> dict[str, Any]:
    """What `dpolicy inspect --graph` prints of a checkpoint."""
    run = subprocess.run([program(), "inspect", str(folder), "--graph"], capture_output=True, text=True)
    if run.returncode:
        raise ExportError(run.stderr.strip().removeprefix("dpolicy: ").splitlines()[0])
    return json.loads(run.stdout)


def tensors(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a safetensors file."""
    data = path.read_bytes()
    size, = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + size])
    header.pop("__metadata__", None)
    found = {}
    for name, entry in header.items():
        start, end = (8 + size + offset for offset in entry["data_offsets"])
        found[name] = np.frombuffer(data[start:end], "<f4").reshape(entry["shape"])
    return found


class Builder:
    """Operations of the program, one after another, as nodes of ONNX. Values are samples × elements, flat."""

    def __init__(self, weights: dict[str, np.ndarray]):
        from onnx import TensorProto, helper, numpy_helper

        self.helper, self.numpy, self.float = helper, numpy_helper, TensorProto.FLOAT
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}
        self.inputs: list[Any] = []
        self.values: list[str] = []
        self.counts: list[int] = []
        self.made = 0

    # Nodes

    def add(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> str:
        self.made += 1
        names = [f"v{self.made}" if index == 0 else f"v{self.made}.{index}" for index in range(outputs)]
        self.nodes.append(self.helper.make_node(kind, list(inputs), names, **attributes))
        return names[0]

    def constant(self, array: Any, dtype: Any = np.float32) -> str:
        array = np.ascontiguousarray(array, dtype=dtype) if np.ndim(array) else np.asarray(array, dtype)
        key = f"c{len(self.constants)}"
        self.constants[key] = self.numpy.from_array(array, key)
        return key

    def reshape(self, value: str, *shape: int) -> str:
        return self.add("Reshape", value, self.constant([-1, *shape], np.int64))

    def parameter(self, entry: dict[str, Any]) -> np.ndarray:
        array = self.weights[entry["name"]]
        if entry["layout"] == "outputs_first":
            array = array.transpose(*range(2, array.ndim), 1, 0)
        elif entry["layout"] == "last_two_swapped":
            array = array.swapaxes(-1, -2)
        return np.ascontiguousarray(array).reshape(entry["shape"])

    def columns(self, value: str, start: int, end: int) -> str:
        """Some of the last dimension."""
        bounds = [self.constant([n], np.int64) for n in (start, end, -1)]
        return self.add("Slice", value, *bounds)

    # The program's operations

    def operation(self, index: int, entry: dict[str, Any]) -> None:
        kind = entry["kind"]
        if kind == "input":
            name = entry["name"]
            self.inputs.append(self.helper.make_tensor_value_info(name, self.float, ["samples", entry["count"]]))
            result = name
        else:
            x = [self.values[source] for source in entry["inputs"]]
            result = self.reshape(getattr(self, kind)(entry, *x), entry["count"])
        self.values.append(result)
        self.counts.append(entry["count"])

    def linear(self, e: dict[str, Any], *x: str) -> str:
        weight = self.parameter(e["weight"])
        total = None
        for value, width, row in zip(x, e["widths"], e["weight_rows"], strict=True):
            part = self.add("MatMul", self.reshape(value, e["rows"], width), self.constant(weight[row:row + width]))
            total = part if total is None else self.add("Add", total, part)
        return self.add("Add", total, self.constant(self.parameter(e["bias"]))) if "bias" in e else total

    def activation(self, e: dict[str, Any], x: str) -> str:
        function = e["function"]
        simple = {"relu": "Relu", "sine": "Sin", "tanh": "Tanh", "exponential": "Exp"}
        if function in simple:
            return self.add(simple[function], x)
        if function == "leaky_relu":
            return self.add("LeakyRelu", x, alpha=e["slope"])
        if function == "silu":
            return self.add("Mul", x, self.add("Sigmoid", x))
        if function == "mish":
            return self.add("Mul", x, self.add("Tanh", self.add("Softplus", x)))
        if function == "gelu":
            share = self.add("Erf", self.add("Mul", x, self.constant(np.sqrt(0.5))))
        else:
            cube = self.add("Mul", x, self.add("Mul", x, x))
            inner = self.add("Add", x, self.add("Mul", cube, self.constant(0.044715)))
            share = self.add("Tanh", self.add("Mul", inner, self.constant(np.sqrt(2 / np.pi))))
        half = self.add("Mul", x, self.constant(0.5))
        return self.add("Mul", half, self.add("Add", share, self.constant(1)))

    def layer_norm(self, e: dict[str, Any], x: str) -> str:
        columns = e["columns"]
        rows = self.reshape(x, self.rows(e, columns), columns)
        scale = self.parameter(e["scale"]) if "scale" in e else np.ones(columns)
        inputs = [rows, self.constant(scale)]
        if "shift" in e:
            inputs.append(self.constant(self.parameter(e["shift"])))
        return self.add("LayerNormalization", *inputs, axis=-1, epsilon=e["epsilon"])

    def softmax(self, e: dict[str, Any], x: str) -> str:
        return self.add("Softmax", self.reshape(x, self.rows(e, e["columns"]), e["columns"]), axis=-1)

    def sum(self, e: dict[str, Any], a: str, b: str) -> str:
        def scaled(value: str, factor: float) -> str:
            return value if factor == 1 else self.add("Mul", value, self.constant(factor))

        return self.add("Add", scaled(a, e["scale_a"]), scaled(b, e["scale_b"]))

    def scale(self, e: dict[str, Any], x: str) -> str:
        return self.add("Mul", x, self.constant(e["factor"]))

    def multiply(self, e: dict[str, Any], a: str, b: str) -> str:
        return self.add("Mul", a, b)

    def shift(self, e: dict[str, Any], x: str) -> str:
        shift = self.parameter(e["shift"]).reshape(-1)
        return self.add("Add", self.reshape(x, self.rows(e, len(shift)), len(shift)), self.constant(shift))

    # `range` names its bounds; the method has the kind's name.
    def columns_(self, e: dict[str, Any], x: str) -> str:
        count = self.counts[e["inputs"][0]]
        return self.columns(self.reshape(x, e["rows"], count // e["rows"]), *e["range"])

    def concatenation(self, e: dict[str, Any], *x: str) -> str:
        parts = [self.reshape(value, e["rows"], width) for value, width in zip(x, e["widths"], strict=True)]
        return self.add("Concat", *parts, axis=2)

    def attention(self, e: dict[str, Any], x: str) -> str:
        heads, width, tokens, queries = e["heads"], e["head_width"], e["tokens"], e["queries"]
        rows = self.reshape(x, tokens, 3 * heads * width)

        def part(index: int, first: int, count: int) -> str:
            own = self.columns(rows, index * heads * width, (index + 1) * heads * width)
            if count < tokens:
                bounds = [self.constant([n], np.int64) for n in (first, first + count, 1)]
                own = self.add("Slice", own, *bounds)
            return self.add("Transpose", self.reshape(own, count, heads, width), perm=[0, 2, 1, 3])

        query = part(0, e["first_query"], queries)
        key = self.add("Transpose", part(1, 0, tokens), perm=[0, 1, 3, 2])
        scores = self.add("Mul", self.add("MatMul", query, key), self.constant(1 / np.sqrt(width)))
        mixed = self.add("MatMul", self.add("Softmax", scores, axis=-1), part(2, 0, tokens))
        return self.add("Transpose", mixed, perm=[0, 2, 1, 3])

    def modulate(self, e: dict[str, Any], x: str, condition: str) -> str:
        columns = e["columns"]
        value = self.reshape(x, e["rows"], columns)
        flat = self.reshape(condition, 1, self.counts[e["inputs"][1]])
        if "scale" in e:
            scale = self.columns(flat, e["scale"], e["scale"] + columns)
            if e["offset"]:
                scale = self.add("Add", scale, self.constant(e["offset"]))
            value = self.add("Mul", value, scale)
        if "shift" in e:
            value = self.add("Add", value, self.columns(flat, e["shift"], e["shift"] + columns))
        return value

    def framed(self, e: dict[str, Any], x: str, poses: str) -> str:
        frames, points, width = e["frames"], e["points"], e["pose_width"]
        turned = e["change"] == "turned"
        value = self.reshape(x, frames if turned else 1, points, 2)
        pose = self.reshape(poses, frames, 1, width)
        if e["change"] == "seen":
            value = self.add("Sub", value, self.columns(pose, 0, 2))
        if width == 2:
            return value if e["change"] == "seen" or turned else self.add(
                "Expand", value, self.constant([1, frames, 1, 1], np.int64))
        cosine, sine = self.columns(pose, 2, 3), self.columns(pose, 3, 4)
        u, v = self.columns(value, 0, 1), self.columns(value, 1, 2)
        signs = ("Sub", "Add") if turned else ("Add", "Sub")
        first = self.add(signs[0], self.add("Mul", cosine, u), self.add("Mul", sine, v))
        second = self.add(signs[1], self.add("Mul", cosine, v), self.add("Mul", sine, u))
        return self.add("Concat", first, second, axis=3)

    def mixture(self, e: dict[str, Any], answers: str, logits: str) -> str:
        frames, points, columns = e["frames"], e["points"], e["columns"]
        shares = self.add("Softmax", self.reshape(logits, frames, points, 1), axis=1)
        weighed = self.add("Mul", self.reshape(answers, frames, points, columns), shares)
        return self.add("ReduceSum", weighed, self.constant([1], np.int64), keepdims=0)

    # Images and sequences

    def gathered(self, x: str, count: int, indices: np.ndarray) -> str:
        """Elements by their places; −1 for 0."""
        padded = self.add("Pad", self.reshape(x, count), self.constant([0, 0, 0, 1], np.int64))
        return self.add("Gather", padded, self.constant(np.where(indices < 0, count, indices), np.int64), axis=1)

    def windows(self, e: dict[str, Any], x: str) -> str:
        step = np.arange(e["places"])[:, None] * e["stride"] + np.arange(e["kernel"]) - e["padding"]
        places = step[..., None] * e["channels"] + np.arange(e["channels"])
        places[(step < 0) | (step >= e["length"])] = -1
        return self.gathered(x, e["length"] * e["channels"], places.reshape(-1))

    def patches(self, e: dict[str, Any], x: str) -> str:
        height, width, channels = e["height"], e["width"], e["channels"]

        def reach(length: int) -> np.ndarray:
            places = (length + 2 * e["padding"] - e["kernel"]) // e["stride"] + 1
            return np.arange(places)[:, None] * e["stride"] + np.arange(e["kernel"]) - e["padding"]

        down, across = reach(height), reach(width)
        row, column = down[:, None, :, None], across[None, :, None, :]
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        one = np.where(inside, row * width + column, -1)[..., None]
        one = np.where(one < 0, -1, one * channels + np.arange(channels)).reshape(-1)
        size = height * width * channels
        images = np.arange(e["images"])[:, None] * size
        return self.gathered(x, e["images"] * size, np.where(one < 0, -1, one + images).reshape(-1))

    def overlap_add(self, e: dict[str, Any], x: str) -> str:
        spread = np.zeros((e["length"], e["places"] * e["kernel"]), np.float32)
        for place in range(e["places"]):
            for offset in range(e["kernel"]):
                step = place * e["stride"] + offset - e["padding"]
                if 0 <= step < e["length"]:
                    spread[step, place * e["kernel"] + offset] = 1
        return self.add("MatMul", self.constant(spread), self.reshape(x, e["places"] * e["kernel"], e["channels"]))

    def group_norm(self, e: dict[str, Any], x: str) -> str:
        groups, channels, positions = e["groups"], e["channels"], e["height"] * e["width"]
        value = self.reshape(x, e["images"], positions, groups, channels // groups)
        axes = [2, 4]
        mean = self.add("ReduceMean", value, axes=axes, keepdims=1)
        centred = self.add("Sub", value, mean)
        variance = self.add("ReduceMean", self.add("Mul", centred, centred), axes=axes, keepdims=1)
        deviation = self.add("Sqrt", self.add("Add", variance, self.constant(e["epsilon"])))
        scaled = self.reshape(self.add("Div", centred, deviation), e["images"], positions, channels)
        scaled = self.add("Mul", scaled, self.constant(self.parameter(e["scale"])))
        return self.add("Add", scaled, self.constant(self.parameter(e["shift"])))

    def mean_pool(self, e: dict[str, Any], x: str) -> str:
        value = self.reshape(x, e["images"], e["height"] * e["width"], e["channels"])
        return self.add("ReduceMean", value, axes=[2], keepdims=0)

    def spatial_softmax(self, e: dict[str, Any], x: str) -> str:
        positions = e["height"] * e["width"]
        shares = self.add("Softmax", self.reshape(x, e["images"], positions, e["channels"]), axis=2)

        def line(count: int) -> np.ndarray:
            return np.linspace(-1, 1, count) if count > 1 else np.zeros(1)

        down, across = np.meshgrid(line(e["height"]), line(e["width"]), indexing="ij")
        places = np.stack([across.reshape(-1), down.reshape(-1)])
        return self.add("MatMul", self.constant(places), shares)

    @staticmethod
    def rows(e: dict[str, Any], columns: int) -> int:
        return e["count"] // columns


def model(described: dict[str, Any], weights: dict[str, np.ndarray]) -> Any:
    """The network as a model of ONNX."""
    builder = Builder(weights)
    operations = described["graph"]["operations"]
    for index, entry in enumerate(operations):
        if entry["kind"] == "loss":
            raise ExportError("a loss is no part of a policy")
        builder.operation(index, {**entry, "kind": "columns_"} if entry["kind"] == "columns" else entry)
    helper = builder.helper
    output = operations[described["graph"]["output"]]["count"]
    last = builder.add("Identity", builder.values[described["graph"]["output"]])
    builder.nodes[-1].output[0] = "answer"
    del last
    used = {name for node in builder.nodes for name in node.input}
    graph = helper.make_graph(
        builder.nodes, "policy", [value for value in builder.inputs if value.name in used],
        [helper.make_tensor_value_info("answer", builder.float, ["samples", output])],
        list(builder.constants.values()))
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="dpolicy")
    made.ir_version = 8
    return made


def export(folder: Path, output: Path) -> None:
    """Writes a policy's network and what is done with it into a folder."""
    import onnx

    described = description(folder)
    configuration = json.loads((folder / "config.json").read_text())
    made = model(described, tensors(folder / "model.safetensors"))
    onnx.checker.check_model(made)
    manifest = {
        "format": 1, "model": "model.onnx", "horizons": configuration["training"]["policy"]["horizons"],
        "observations": configuration["training"]["policy"]["observations"],
        "normalizer": json.loads((folder / "normalizer.json").read_text()),
        "sampling": described.get("sampling")}
    output.mkdir(parents=True, exist_ok=True)
    onnx.save(made, str(output / "model.onnx"))
    (output / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def main(words: list[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    words = sys.argv[1:] if words is None else words
    if len(words) != 3 or words[0] != "onnx":
        print("usage: python3 -m dpolicy.export onnx CHECKPOINT FOLDER", file=sys.stderr)
        return 64
    try:
        export(Path(words[1]), Path(words[2]))
    except ExportError as error:
        print(f"dpolicy.export: {error}", file=sys.stderr)
        return 65
    except ModuleNotFoundError as error:
        print(f"dpolicy.export: {error}: pip install onnx", file=sys.stderr)
        return 1
    print(f"{words[2]}: model.onnx and manifest.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
