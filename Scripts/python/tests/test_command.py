"""`dpolicy-convert` as it is called, and the real files where they are."""

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path

import h5py
import numpy as np
import pytest

from dpolicy.convert.places import Progress
from dpolicy.program import program

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
def test_real_files_are_converted_and_trained_on(tmp_path, name, words, episodes):
    if not (REAL / name).exists():
        pytest.skip("DPOLICY_REAL_DATA names no folder with it")
    done = command(REAL / name, tmp_path / "out.hdf5", *words)
    assert done.returncode == 0, done.stderr
    with h5py.File(tmp_path / "out.hdf5") as file:
        assert len(file["data"]) == episodes
    try:
        tool = program()
    except FileNotFoundError:
        pytest.skip("converted; there is no dpolicy to train with")
    for command_line in (["inspect", tmp_path / "out.hdf5", "--verify"],
                         ["train", "--demos", tmp_path / "out.hdf5", "--method", "diffusion", "--backbone", "mlp",
                          "--steps", "20", "--batch", "32", "--output", tmp_path / "run"]):
        told = subprocess.run([tool, *command_line], capture_output=True, text=True)
        assert told.returncode == 0, told.stderr


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


def lerobots_reader():
    """LeRobotDataset, where it is installed: Scripts/test-python --lerobot."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("lerobot")
    # The index's torchvision is built for CUDA. Beside a torch without it, these two of its operations, which
    # no reader needs, keep all the rest from being imported.
    if torch.version.cuda is None:
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor boxes, Tensor scores, float threshold) -> Tensor")
    from lerobot.datasets.lerobot_dataset import LeRobotDataset

    return LeRobotDataset


def test_lerobots_own_reader_reads_what_is_written_for_it(ours, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    dataset = lerobots_reader()
    assert command(ours, tmp_path / "folder", "--to", "lerobot").returncode == 0
    found = dataset("local/ours", root=tmp_path / "folder")
    assert len(found) == 16 and found.fps == 10 and found.num_episodes == 3
    with h5py.File(ours) as file:
        demos = [file[f"data/demo_{index}"] for index in range(3)]
        steps = [(demo, step) for demo in demos for step in range(len(demo["actions"]))]
        for item, (demo, step) in zip(found, steps, strict=True):
            assert np.array_equal(item["action"].numpy(), demo["actions"][step])
            assert np.array_equal(item["observation.pose"].numpy(), demo["obs/pose"][step])
            picture = np.round(item["observation.images.image"].numpy() * 255)
            assert np.array_equal(picture, demo["obs/image"][step].transpose(2, 0, 1))
    # What a policy of theirs is given: windows around a step, marked where they reach beyond their episode.
    windows = dataset("local/ours", root=tmp_path / "folder", delta_timestamps={"action": [0, 0.1]})
    assert [bool(windows[index]["action_is_pad"][1]) for index in (3, 4, 5, 13, 14, 15)] == [
        False, True, False, True, False, True]
    assert np.array_equal(windows[6]["action"][1].numpy(), windows[7]["action"][0].numpy())


@pytest.mark.parametrize("use_videos", [False, True])
def test_what_lerobots_own_writer_writes_is_read(random, tmp_path, monkeypatch, use_videos):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    kind = "video" if use_videos else "image"
    dataset = lerobots_reader().create(
        "local/theirs", fps=10, root=tmp_path / "theirs", use_videos=use_videos, features={
            "observation.state": {"dtype": "float32", "shape": (3,), "names": ["x", "y", "angle"]},
            "observation.images.top": {"dtype": kind, "shape": (64, 96, 3), "names": ["height", "width", "channels"]},
            "action": {"dtype": "float32", "shape": (2,), "names": ["u", "v"]}})
    written = []
    for steps in (6, 9):
        # Gradients, which a video keeps nearly.
        pictures = [np.stack(np.broadcast_arrays(np.arange(64)[:, None] * 3, np.arange(96) * 2, 8 * step), -1)
                    for step in range(steps)]
        rows = [(random.normal(size=3).astype("f4"), picture.astype("u1"), random.normal(size=2).astype("f4"))
                for picture in pictures]
        for state, picture, action in rows:
            dataset.add_frame({"observation.state": state, "observation.images.top": picture, "action": action,
                               "task": "push"})
        dataset.save_episode()
        written.append(rows)
    dataset.finalize()
    done = command(tmp_path / "theirs", tmp_path / "ours.hdf5")
    assert done.returncode == 0, done.stderr
    with h5py.File(tmp_path / "ours.hdf5") as file:
        assert len(file["data"]) == 2
        for index, rows in enumerate(written):
            demo = file[f"data/demo_{index}"]
            states, pictures, actions = (np.stack(column) for column in zip(*rows))
            assert np.array_equal(demo["obs/state"][:], states) and np.array_equal(demo["actions"][:], actions)
            error = np.abs(demo["obs/images/top"][:].astype(int) - pictures)
            assert error.mean() < 2 if use_videos else error.max() == 0


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


@pytest.mark.parametrize("width", [0, 4, 20, 30, 40, 80, 200])
def test_progress_stands_in_a_line_of_any_terminal(width):
    for total in (1, 7, 12345):
        bar = Progress(total, quiet=True)
        for bar.done in (0, 1, total // 2, total):
            line = bar.line([f"{bar.done}/{total} episodes", "59:59 left"], width)
            assert len(line) < max(width, 1)
            if width >= 20:
                assert line.startswith("convert ") and ("█" in line or "░" in line)
            if width >= 80:
                assert line.endswith("left") and line.count("█") == int(24 * bar.done / total)


def test_progress_on_a_narrow_terminal_and_into_a_pipe():
    code = ("import time\nfrom dpolicy.convert.places import Progress\nclock = time.monotonic()\n"
            "time.monotonic = lambda: clock\nbar = Progress(40)\n"
            "for _ in range(40):\n    clock += 0.5\n    bar.step()\nbar.end()\n")
    # As in `dpolicy-convert … > log`: the terminal is where errors go.
    primary, secondary = pty.openpty()
    fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 20, 0, 0))
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL, stderr=secondary)
    os.close(secondary)
    shown = os.read(primary, 1 << 16).decode()
    os.close(primary)
    lines = [line for line in shown.split("\r\x1b[K") if line]
    assert len(lines) == 40 and max(map(len, lines)) <= 19 and lines[-1] == "convert █████ 100 %"
    piped = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stderr
    assert piped == "convert: 20/40 episodes  0:10 left\nconvert: 40/40 episodes  0:00 left\n"
