"""`.npz` and `.csv`, as NumPy, csv and people write them."""

import csv

import h5py
import numpy as np
import pytest
from test_formats import complaint, episodes

from dpolicy.convert import Selection, convert


def write(path, header, rows, separator=","):
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=separator).writerows([header, *rows])


def test_a_folder_of_archives_is_an_episode_each(tmp_path, random):
    folder, written = tmp_path / "demos", []
    folder.mkdir()
    for index in (0, 1, 10, 2):
        steps = 4 + index
        parts = {"action": random.normal(size=(steps, 2)), "observation.state": random.normal(size=(steps + 1, 3)),
                 "image": random.integers(0, 256, (steps, 5, 6, 3), np.uint8), "reward": np.arange(steps) / 2.0,
                 "done": np.arange(steps) == steps - 1, "timestamp": np.arange(steps) / 20.0, "task": np.array(3),
                 "next_observation": random.normal(size=(steps, 3))}
        np.savez_compressed(folder / f"episode_{index}.npz", **parts)
        written.append((index, parts))
    source, _ = convert(folder, tmp_path / "out.hdf5")
    found = episodes(tmp_path / "out.hdf5")
    # Ten comes after two.
    for demo, (_, parts) in zip(found, sorted(written, key=lambda pair: pair[0]), strict=True):
        steps = len(parts["action"])
        assert np.array_equal(demo["actions"], parts["action"])
        assert np.array_equal(demo["state"], parts["observation.state"][:steps])
        assert np.array_equal(demo["image"], parts["image"])
        assert set(demo) == {"actions", "state", "image"}
    assert source.rate == 20 and "one more step" in source.notes[0]
    assert source.dropped == {"task": "one value for 4 actions", "timestamp": "counts", "next_observation": "of the next step"}
    with h5py.File(tmp_path / "out.hdf5") as file:
        assert file["data/demo_0/rewards"][:].tolist() == [0, 0.5, 1, 1.5]
        assert file["data/demo_0/dones"][:].tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("how", ["episode_ends", "terminals", "episode", "length"])
def test_one_archive_is_cut_where_it_says(tmp_path, random, how):
    state, actions = random.normal(size=(12, 2)), random.normal(size=(12, 1))
    marks = {"episode_ends": {"episode_ends": np.array([4, 8, 12])},
             "terminals": {"terminals": np.arange(12) == 3, "timeouts": np.arange(12) == 7},
             "episode": {"episode": np.repeat([7, 9, 7], 4)}, "length": {}}[how]
    np.savez(tmp_path / "all.npz", obs=state, actions=actions, **marks)
    convert(tmp_path / "all.npz", tmp_path / "out.hdf5", episode_length=4 if how == "length" else None)
    found = episodes(tmp_path / "out.hdf5")
    assert len(found) == 3
    for index, demo in enumerate(found):
        assert np.array_equal(demo["state"], state[4 * index:4 * index + 4])
        assert np.array_equal(demo["actions"], actions[4 * index:4 * index + 4])


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_of_all_episodes(tmp_path, random, separator):
    values = random.normal(size=(9, 6))
    header = ["episode_index", "frame_index", "observation.pose.x", "observation.pose.y", "joint_0", "joint_1", "grip",
              "action.u", "done"]
    rows = [[i // 3, i % 3, *map(repr, map(float, values[i])), i % 3 == 2] for i in range(9)]
    write(tmp_path / "all.csv", header, rows, separator)
    source, checker = convert(tmp_path / "all.csv", tmp_path / "out.hdf5")
    found = episodes(tmp_path / "out.hdf5")
    assert len(found) == 3 and checker.steps == 9
    for index, demo in enumerate(found):
        part = values[3 * index:3 * index + 3]
        assert np.array_equal(demo["pose"], part[:, :2]) and np.array_equal(demo["joint"], part[:, 2:4])
        assert np.array_equal(demo["grip"], part[:, 4:5]) and np.array_equal(demo["actions"], part[:, 5:])
    assert source.labels == {"pose": ["x", "y"], "action": ["u"]}


def test_a_folder_of_tables_and_another_name_for_the_actions(tmp_path):
    folder = tmp_path / "tables"
    folder.mkdir()
    for index in range(2):
        write(folder / f"{index}.csv", ["t", "x", "command[0]", "command[1]"],
              [[step / 10, step, index, -step] for step in range(5)])
    assert "--action KEY says which they are" in complaint(folder, tmp_path / "out.hdf5")
    source, _ = convert(folder, tmp_path / "out.hdf5", selection=Selection(action="command"))
    found = episodes(tmp_path / "out.hdf5")
    assert source.rate == 10 and [demo["actions"].tolist()[4] for demo in found] == [[0, -4], [1, -4]]


@pytest.mark.parametrize(("text", "words"), [
    ("", "its first line must name the columns"), ("1,2\n3,4\n", "its first line must name the columns"),
    ("x,x\n1,2\n", "each otherwise"), ("x,action\n", "has no steps"),
    ("x,action\n1,2\n3\n", "row 2 has 1 values for 2 columns"),
    ("x,action\n1,left\n", "'action' is 'left' in row 1, no number"), ("x,action\n1,\n", "is '' in row 1"),
    ("x,action\n1,nan\n", "NaN or infinite at step 0"), ("action\n1\n", "no observations beside them"),
])
def test_malformed_tables_end_in_one_line(tmp_path, text, words):
    (tmp_path / "bad.csv").write_text(text)
    assert words in complaint(tmp_path / "bad.csv", tmp_path / "out.hdf5")


def test_malformed_archives_end_in_one_line(tmp_path):
    out = tmp_path / "out.hdf5"
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04" + bytes(40))
    assert "no whole .npz" in complaint(tmp_path / "bad.npz", out)
    np.savez(tmp_path / "pickled.npz", action=np.array([{}, []], object), state=np.zeros((2, 1)))
    assert "pickled" in complaint(tmp_path / "pickled.npz", out)
    np.savez(tmp_path / "parts.npz", action=np.zeros((4, 1)), state=np.zeros((4, 1)), episode_ends=[1.5, 4])
    assert "must count steps" in complaint(tmp_path / "parts.npz", out)
    np.savez(tmp_path / "long.npz", action=np.zeros((4, 1)), state=np.zeros((5, 1)), episode_ends=[2, 4])
    assert "'state' has 3 steps, but the actions 2" in complaint(tmp_path / "long.npz", out)
    np.savez(tmp_path / "ends.npz", action=np.zeros((4, 1)), state=np.zeros((4, 1)), episode_ends=[2, 3])
    assert "does not ascend" in complaint(tmp_path / "ends.npz", out)
