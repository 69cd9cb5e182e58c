"""What goes out comes back as it was, to the bit and the pixel."""

import h5py
import numpy as np
import pytest
from conftest import contents

from dpolicy.convert import convert

pytest.importorskip("pyarrow")


def different(one, other):
    return sorted(k for k in one.keys() | other.keys() if one.get(k) != other.get(k))


def test_lerobot_and_back_changes_nothing(ours, tmp_path):
    convert(ours, tmp_path / "folder", "lerobot")
    convert(tmp_path / "folder", tmp_path / "back.hdf5")
    assert different(contents(ours), contents(tmp_path / "back.hdf5")) == []


def test_robomimic_and_back_changes_nothing(ours, tmp_path):
    convert(ours, tmp_path / "robomimic.hdf5", "robomimic")
    with h5py.File(tmp_path / "robomimic.hdf5") as file:
        demo = file["data/demo_1"]
        assert np.array_equal(demo["next_obs/pose"][:-1], demo["obs/pose"][1:])
        assert '"type":2' in file["data"].attrs["env_args"]
    convert(tmp_path / "robomimic.hdf5", tmp_path / "back.hdf5")
    assert different(contents(ours), contents(tmp_path / "back.hdf5")) == []


def test_robomimic_actions_fill_their_range_when_asked(ours, tmp_path):
    convert(ours, tmp_path / "scaled.hdf5", "robomimic", scale_actions=True)
    with h5py.File(tmp_path / "scaled.hdf5") as file, h5py.File(ours) as original:
        scaled = np.concatenate([file[f"data/demo_{i}/actions"] for i in range(3)])
        before = np.concatenate([original[f"data/demo_{i}/actions"] for i in range(3)])
        low, high = file["data"].attrs["action_low"], file["data"].attrs["action_high"]
    assert np.allclose(scaled.min(0), -1) and np.allclose(scaled.max(0), 1)
    assert np.allclose((scaled + 1) / 2 * (high - low) + low, before, atol=1e-6)


def test_minari_and_back_keeps_numbers(ours, tmp_path):
    minari = pytest.importorskip("minari")
    convert(ours, tmp_path / "minari", "minari", selection=None)
    dataset = minari.MinariDataset(tmp_path / "minari/data")
    assert [e.actions.shape for e in dataset.iterate_episodes()] == [(5, 2), (9, 2), (2, 2)]
    convert(tmp_path / "minari", tmp_path / "back.hdf5")
    one, other = contents(ours), contents(tmp_path / "back.hdf5")
    for index in range(3):
        for ours_name, theirs in (("actions", "actions"), ("obs/pose", "obs/pose"), ("obs/image", "obs/image"),
                                  ("obs/robot/grip", "obs/robot.grip")):
            assert one[f"data/demo_{index}/{ours_name}"] == other[f"data/demo_{index}/{theirs}"]


def test_checksums_do_not_pass_on(ours, tmp_path):
    """They are of what the program wrote, and it refuses attributes with another's."""
    plain = contents(ours)
    with h5py.File(ours, "a") as file:
        for place in ("data", "data/demo_0", "data/demo_1"):
            file[place].attrs["checksum"] = "0" * 64
    for to, name in (("dpolicy", "a.hdf5"), ("robomimic", "b.hdf5"), ("lerobot", "c")):
        convert(ours, tmp_path / name, to)
        convert(tmp_path / name, tmp_path / f"{name}-back")
        assert different(plain, contents(tmp_path / f"{name}-back")) == []
