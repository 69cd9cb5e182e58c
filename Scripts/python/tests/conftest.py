"""What several tests make."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest


@pytest.fixture
def random():
    return np.random.default_rng(7)


@pytest.fixture
def ours(tmp_path, random) -> Path:
    """Three episodes as our program writes them: numbers of 32 bits, an angle, a picture, all attributes."""
    path = tmp_path / "ours.hdf5"

    def components(*names):
        return [{"name": n, "low": -9, "high": 9, "unit": "m", "is_angle": n == "angle"} for n in names]

    description = {
        "name": "task", "options": {"size": 1}, "subtasks": ["first"], "control_rate": 10, "episode_limit": 50,
        "action": {"name": "action", "shape": [2], "element_type": "float32", "components": components("u", "v")},
        "observations": [
            {"name": "image", "shape": [6, 5, 3], "element_type": "uint8", "components": []},
            {"name": "pose", "shape": [3], "element_type": "float32", "components": components("x", "y", "angle")},
            {"name": "robot/grip", "shape": [1], "element_type": "float32", "components": components("grip")},
        ]}
    with h5py.File(path, "w") as file:
        data = file.create_group("data")
        data.attrs["environment_description"] = json.dumps(description)
        data.attrs["env_args"] = '{"env_kwargs":{"size":1},"env_name":"task","type":"swift-diffusion-policy"}'
        for index, steps in enumerate((5, 9, 2)):
            demo = data.create_group(f"demo_{index}")
            demo.attrs["num_samples"] = steps
            demo.attrs["seed"] = np.uint64(2**63 + index)
            demo.attrs["success"] = np.bool_(index != 1)
            demo.attrs["choices"] = '{"side":"left"}'
            demo.attrs["completion_steps"] = np.array([steps - 1])
            demo["actions"] = random.normal(size=(steps, 2)).astype("f4")
            demo["obs/pose"] = (random.normal(size=(steps, 3)) * 1e-30).astype("f4")
            demo["obs/robot/grip"] = random.normal(size=(steps, 1)).astype("f4")
            demo["obs/image"] = random.integers(0, 256, (steps, 6, 5, 3), np.uint8)
            demo["rewards"] = random.normal(size=steps).astype("f4")
            demo["dones"] = (np.arange(steps) == steps - 1).astype("u1")
            demo["states"] = random.normal(size=(steps, 4)).astype("f4")
        data.attrs["total"] = 16
        file["mask/train"] = np.array([b"demo_0", b"demo_2"])
    return path


def contents(path: Path) -> dict:
    """All datasets and attributes of a file, datasets with type, shape and bytes."""
    found = {}

    def visit(name, item):
        for key, value in item.attrs.items():
            found[f"{name}@{key}"] = np.asarray(value).tolist()
        if isinstance(item, h5py.Dataset):
            values = item[()]
            found[name] = values.tolist() if values.dtype == object \
                else (str(values.dtype), values.shape, values.tobytes())

    with h5py.File(path) as file:
        file.visititems(visit)
    return found
