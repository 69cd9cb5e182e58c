"""`dpolicy-convert` as it is called, and the real files where they are."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

REAL = Path(os.environ.get("DPOLICY_REAL_DATA", "no-such-folder"))


def command(*words):
    return subprocess.run([sys.executable, "-m", "dpolicy.convert", *map(str, words)], capture_output=True, text=True)


def test_statuses_and_lines(ours, tmp_path):
    done = command(ours, tmp_path / "out.hdf5")
    assert done.returncode == 0 and "3 episodes, 16 steps, 10 steps a second" in done.stdout and done.stderr == ""
    again = command(ours, tmp_path / "out.hdf5")
    assert again.returncode == 65 and "--overwrite replaces it" in again.stderr
    assert command(ours, tmp_path / "out.hdf5", "--overwrite").returncode == 0
    assert command(ours).returncode == 64
    for data in (b"", b"\x89HDF\r\n\x1a\n", b"\x89MCAP0\r\n" + bytes(40), b"PK\x03\x04" + bytes(40), b"hello"):
        (tmp_path / "bad").write_bytes(data)
        done = command(tmp_path / "bad", tmp_path / "none.hdf5")
        assert done.returncode == 65 and done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
        assert not [p for p in tmp_path.iterdir() if "none" in p.name]


@pytest.mark.parametrize(("name", "words", "episodes"), [
    ("lerobot_v21_unitree-g1", ["--partial"], 3), ("hdf5_d4rl_like/trajectories.hdf5", [], 10),
    ("hdf5_d4rl_like/dataset_expert_1000.hdf5", [], 2),
])
def test_real_files_convert(tmp_path, name, words, episodes):
    if not (REAL / name).exists():
        pytest.skip("DPOLICY_REAL_DATA names no folder with it")
    done = command(REAL / name, tmp_path / "out.hdf5", *words)
    assert done.returncode == 0, done.stderr
    with h5py.File(tmp_path / "out.hdf5") as file:
        assert len(file["data"]) == episodes


@pytest.mark.parametrize(("name", "words"), [
    ("zarr_v2_episode_ends", "there are no actions to learn"),
    ("hdf5_dm_control_mocap/test_trajectories.h5", "has no actions"),
    ("mcap_rosbag2/talker.mcap", "choose what is observed"), ("mcap_rosbag2/wbag_0.db3", "ros2 bag convert"),
    ("lerobot_v21_unitree-g1", "97 of 100 episodes have no file"),
])
def test_real_files_that_lack_something_end_in_one_line(tmp_path, name, words):
    if not (REAL / name).exists():
        pytest.skip("DPOLICY_REAL_DATA names no folder with it")
    done = command(REAL / name, tmp_path / "out.hdf5")
    assert done.returncode == 65 and done.stderr.count("\n") == 1 and words in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_lerobots_own(ours, tmp_path):
    """LeRobot itself reads what is written for it, where it is installed."""
    dataset = pytest.importorskip("lerobot.datasets.lerobot_dataset")
    assert command(ours, tmp_path / "folder", "--to", "lerobot").returncode == 0
    found = dataset.LeRobotDataset("local/ours", root=tmp_path / "folder")
    assert len(found) == 16 and found.fps == 10
    with h5py.File(ours) as file:
        pose, image = file["data/demo_1/obs/pose"][2], file["data/demo_1/obs/image"][2]
    item = found[7]
    assert np.array_equal(item["observation.pose"].numpy(), pose)
    assert np.array_equal(np.round(item["observation.images.image"].numpy() * 255), image.transpose(2, 0, 1))


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_who_is_ended_leaves_nothing_or_what_the_next_takes_away(ours, tmp_path, number, status):
    code = ("import sys, time\nfrom pathlib import Path\nfrom dpolicy.convert import command, places\n"
            "def slow(source, output, *_, **__):\n"
            "    with places.whole(output, False) as draft:\n"
            "        draft.write_text('begun'); print('begun', flush=True); time.sleep(60)\n"
            "command.convert = slow\nsys.exit(command.main(sys.argv[1:]))\n")
    output = tmp_path / "out.hdf5"
    with subprocess.Popen([sys.executable, "-c", code, ours, output], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "begun\n"
        child.send_signal(number)
        assert child.wait(20) == status
    left = [path for path in tmp_path.iterdir() if "out" in path.name]
    assert len(left) == (number == signal.SIGKILL)
    assert command(ours, output).returncode == 0
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == ["out.hdf5"]
