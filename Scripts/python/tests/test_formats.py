"""Other people's formats, written by their own libraries, read to what was written; ends of episodes right."""

import json

import h5py
import numpy as np
import pytest

from dpolicy.convert import Clock, ConversionError, Selection, convert


def episodes(path):
    with h5py.File(path) as file:
        return [{"actions": demo["actions"][()], **{n: demo["obs"][n][()] for n in demo["obs"]}}
                for demo in (file[f"data/demo_{i}"] for i in range(len(file["data"])))]


def complaint(path, output, **more):
    """The one line, and that nothing was left behind."""
    before = set(output.parent.iterdir())
    with pytest.raises(ConversionError) as caught:
        convert(path, output, **more)
    assert set(output.parent.iterdir()) == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


# D4RL


def flat(path, columns):
    with h5py.File(path, "w") as file:
        for name, values in columns.items():
            file[name] = values


@pytest.mark.parametrize("how", ["timeouts", "next_observations"])
def test_a_table_is_cut_where_it_says(tmp_path, random, how):
    x = random.normal(size=(30, 2)).astype("f4")
    columns = {"observations": x, "actions": 2 * x, "terminals": np.arange(30) == 9}
    if how == "timeouts":
        columns["timeouts"] = np.arange(30) == 21
    else:
        led = np.roll(x, -1, 0)
        led[[9, 21]] = 77
        columns["next_observations"] = led
    flat(tmp_path / "flat.hdf5", columns)
    convert(tmp_path / "flat.hdf5", tmp_path / "out.hdf5")
    for found, (start, end) in zip(episodes(tmp_path / "out.hdf5"), [(0, 10), (10, 22), (22, 30)], strict=True):
        assert np.array_equal(found["observations"], x[start:end])
        assert np.array_equal(found["actions"], 2 * x[start:end])


def test_malformed_tables_are_told_in_one_line(tmp_path, random):
    x = random.normal(size=(30, 2)).astype("f4")
    out = tmp_path / "out.hdf5"
    flat(tmp_path / "a.hdf5", {"observations": x, "actions": x, "terminals": np.zeros(30, bool)})
    assert "does not say where all episodes end" in complaint(tmp_path / "a.hdf5", out)
    flat(tmp_path / "b.hdf5", {"observations": x[:9], "actions": x, "timeouts": np.zeros(30, bool)})
    assert "'observations' has 9 steps, but 'actions' 30" in complaint(tmp_path / "b.hdf5", out)
    bad = x.copy()
    bad[17, 1] = np.nan
    flat(tmp_path / "c.hdf5", {"observations": bad, "actions": x, "timeouts": np.arange(30) == 14})
    assert "episode 1: 'observations' is NaN or infinite at step 2" in complaint(tmp_path / "c.hdf5", out)
    convert(tmp_path / "a.hdf5", out, episode_length=10)
    assert [len(e["actions"]) for e in episodes(out)] == [10, 10, 10]


# ACT and ALOHA


def test_what_is_no_picture_in_alohas_files_is_named_with_its_file(tmp_path):
    with h5py.File(tmp_path / "episode_0.hdf5", "w") as file:
        file["action"], file["observations/images/top"] = np.zeros((5, 2)), np.zeros((5, 40), np.uint8)
    assert "'images/top' is uint8 [40], neither pictures" in complaint(tmp_path, tmp_path / "out.hdf5")
    with h5py.File(tmp_path / "episode_0.hdf5", "w") as file:
        file["action"], file["observations/qpos"] = np.zeros((5, 2)), np.zeros((4, 2))
    assert f"{tmp_path}: episode 0: 'qpos' has 4 steps" in complaint(tmp_path, tmp_path / "out.hdf5")


def test_a_folder_of_alohas_files_is_in_the_order_of_numbers_and_jpegs_are_decoded(tmp_path, random):
    import io

    image = pytest.importorskip("PIL.Image")
    (tmp_path / "aloha").mkdir()
    for i, steps in ((0, 5), (2, 4), (10, 3)):
        with h5py.File(tmp_path / f"aloha/episode_{i}.hdf5", "w") as file:
            file["action"] = np.full((steps, 3), i, "f4")
            file["observations/qpos"] = np.full((steps, 3), i, "f8")
            file["observations/images/top"] = np.full((steps, 8, 8, 3), i, "u1")
            buffer = io.BytesIO()
            image.fromarray(np.full((8, 8, 3), 100, "u1")).save(buffer, "JPEG")
            row = np.frombuffer(buffer.getvalue(), "u1")
            file["observations/images/wrist"] = np.tile(np.pad(row, (0, 20)), (steps, 1))
    convert(tmp_path / "aloha", tmp_path / "out.hdf5", rate=50)
    with h5py.File(tmp_path / "out.hdf5") as file:
        assert [int(file[f"data/demo_{i}/actions"][0, 0]) for i in range(3)] == [0, 2, 10]
        obs = file["data/demo_1/obs"]
        assert obs["qpos"].dtype == "f8" and (obs["images/top"][()] == 2).all()
        assert abs(obs["images/wrist"][()].astype(int) - 100).max() <= 2
        assert json.loads(file["data"].attrs["environment_description"])["control_rate"] == 50


# zarr


@pytest.mark.parametrize("form", [2, 3, "zip"])
def test_a_replay_buffer_is_cut_at_its_ends(tmp_path, random, form):
    zarr = pytest.importorskip("zarr")
    path = tmp_path / ("buffer.zarr.zip" if form == "zip" else "buffer.zarr")
    store = zarr.storage.ZipStore(path, mode="w") if form == "zip" else str(path)
    root = zarr.open_group(store, mode="w", zarr_format=3 if form == 3 else 2)
    state = random.normal(size=(12, 5)).astype("f4")
    image = random.integers(0, 256, (12, 4, 4, 3)).astype("f4")
    for name, values in (("data/state", state), ("data/action", state[:, :2]), ("data/img", image),
                         ("meta/episode_ends", np.array([5, 12]))):
        root.create_array(name, data=values)
    if form == "zip":
        store.close()
    convert(path, tmp_path / "out.hdf5")
    first, second = episodes(tmp_path / "out.hdf5")
    assert np.array_equal(first["state"], state[:5]) and np.array_equal(second["actions"], state[5:, :2])
    assert second["img"].dtype == np.uint8 and np.array_equal(second["img"], image[5:])


def test_malformed_buffers_are_told_in_one_line(tmp_path):
    zarr = pytest.importorskip("zarr")
    out = tmp_path / "out.hdf5"
    for name, data, ends, words in [
        ("no-data", {}, [3], "there are no actions to learn"),
        ("named", {"actions": np.zeros((3, 2))}, [3], "--action actions takes that"),
        ("late", {"action": np.zeros((3, 2))}, [2], "the last episode ends at 2, but there are 3 steps"),
        ("back", {"action": np.zeros((3, 2))}, [3, 2], "does not ascend"),
        ("parts", {"action": np.zeros((3, 2))}, [1.5, 3.0], "must count steps"),
    ]:
        root = zarr.open_group(str(tmp_path / name), mode="w", zarr_format=2)
        root.create_array("meta/episode_ends", data=np.array(ends))
        for key, values in data.items():
            root.create_array(f"data/{key}", data=values)
        assert words in complaint(tmp_path / name, out)


# Minari


def test_minaris_last_observation_is_left_out(tmp_path, random, monkeypatch):
    minari = pytest.importorskip("minari")
    gymnasium = pytest.importorskip("gymnasium")
    from minari.data_collector import EpisodeBuffer

    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    x = random.uniform(-1, 1, size=(8, 3)).astype("f4")
    buffers = [EpisodeBuffer(id=i, observations={"a": x[: n + 1], "b": {"c": x[: n + 1, :1]}}, actions=x[:n, :2],
                             rewards=[1.0] * n, terminations=[False] * n, truncations=[False] * (n - 1) + [True])
               for i, n in enumerate((4, 7))]
    box = gymnasium.spaces.Box
    minari.create_dataset_from_buffers(
        "test/x-v0", buffers, action_space=box(-1, 1, (2,)), algorithm_name="x", author="x", author_email="x@x.org",
        code_permalink="x", observation_space=gymnasium.spaces.Dict(
            {"a": box(-1, 1, (3,)), "b": gymnasium.spaces.Dict({"c": box(-1, 1, (1,))})}))
    convert(tmp_path / "minari/test/x-v0", tmp_path / "out.hdf5")
    with h5py.File(tmp_path / "out.hdf5") as file:
        for i, n in enumerate((4, 7)):
            demo = file[f"data/demo_{i}"]
            assert np.array_equal(demo["obs/a"], x[:n]) and np.array_equal(demo["obs/b/c"], x[:n, :1])
            assert np.array_equal(demo["actions"], x[:n, :2]) and demo["dones"][-1] == 1


# LeRobot


def lerobot(path, version="v2.1", fps=10, action="action", stamps=10, widths=(2, 2)):
    """A v2.1 folder as LeRobot 0.3 lays it out, written with pyarrow."""
    pyarrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet as parquet

    (path / "meta").mkdir(parents=True)
    (path / "data/chunk-000").mkdir(parents=True)
    names = {"observation.state": [["x", "y"]], action: {"motors": ["u", "v"]}}
    features = {k: {"dtype": "float32", "shape": [2], "names": n} for k, n in names.items()}
    (path / "meta/info.json").write_text(json.dumps({
        "codebase_version": version, "fps": fps, "chunks_size": 1000, "features": features,
        "data_path": "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet"}))
    (path / "meta/tasks.jsonl").write_text('{"task_index": 0, "task": "lift"}\n')
    lines = []
    for index, steps in enumerate((4, 6)):
        lines.append(json.dumps({"episode_index": index, "tasks": ["lift"], "length": steps}))
        values = [[float(i + j) for j in range(widths[i % 2])] for i in range(steps)]
        parquet.write_table(pyarrow.table({
            "observation.state": pyarrow.array(values, pyarrow.list_(pyarrow.float32())),
            action: pyarrow.array([[float(-i), 0.5] for i in range(steps)], pyarrow.list_(pyarrow.float32())),
            "timestamp": pyarrow.array([i / stamps for i in range(steps)], pyarrow.float32()),
            "frame_index": list(range(steps)), "episode_index": [index] * steps,
        }), path / f"data/chunk-000/episode_{index:06d}.parquet")
    (path / "meta/episodes.jsonl").write_text("\n".join(lines) + "\n")
    return path


def test_lerobot_keeps_names_tasks_and_rate(tmp_path):
    convert(lerobot(tmp_path / "set"), tmp_path / "out.hdf5")
    first, second = episodes(tmp_path / "out.hdf5")
    assert len(first["state"]) == 4 and second["actions"].tolist()[5] == [-5, 0.5]
    with h5py.File(tmp_path / "out.hdf5") as file:
        description = json.loads(file["data"].attrs["environment_description"])
        assert json.loads(file["data/demo_1"].attrs["choices"]) == {"task": "lift"}
    assert description["control_rate"] == 10
    assert [c["name"] for c in description["action"]["components"]] == ["u", "v"]
    assert [c["name"] for c in description["observations"][0]["components"]] == ["x", "y"]


def test_malformed_lerobot_folders_are_told_in_one_line(tmp_path):
    out = tmp_path / "out.hdf5"
    assert "--action actions takes that" in complaint(lerobot(tmp_path / "a", action="actions"), out)
    assert "fps is 10, but its time stamps are 30 a second" in complaint(lerobot(tmp_path / "b", stamps=30), out)
    assert "rows of 2 and of 3 values" in complaint(lerobot(tmp_path / "c", widths=(2, 3)), out)
    assert "3 values a row, but its meta says [2]" in complaint(lerobot(tmp_path / "d", widths=(3, 3)), out)
    assert "codebase_version is 'v1.6'" in complaint(lerobot(tmp_path / "e", version="v1.6"), out)
    path = lerobot(tmp_path / "f")
    (path / "meta/info.json").write_text("")
    assert "info.json is no JSON" in complaint(path, out)
    (path / "meta/info.json").unlink()
    assert "info.json is missing" in complaint(path, out)
    path = lerobot(tmp_path / "g")
    (path / "data/chunk-000/episode_000001.parquet").unlink()
    assert "1 of 2 episodes have no file" in complaint(path, out)
    convert(path, out, selection=Selection(partial=True))
    assert len(episodes(out)) == 1


# MCAP


JOINT_STATE = """std_msgs/Header header
string[] name
float64[] position
float64[] velocity
float64[] effort
================================================================================
MSG: std_msgs/Header
builtin_interfaces/Time stamp
string frame_id
================================================================================
MSG: builtin_interfaces/Time
int32 sec
uint32 nanosec
"""
IMAGE = """std_msgs/Header header
uint32 height
uint32 width
string encoding
uint8 is_bigendian
uint32 step
uint8[] data
""" + JOINT_STATE[JOINT_STATE.index("="):]
COMMAND = "float64[] data\n"


def bag(path, silent=(9, 9)):
    """Two seconds: joints at 100 Hz, pictures at 10 Hz, commands at 50 Hz, each value its own time."""
    pytest.importorskip("mcap_ros2")
    from mcap_ros2.writer import Writer

    events = [(i / 100, "joints", i) for i in range(200)] + [(i / 10 + 0.003, "camera", i) for i in range(20)]
    events += [(i / 50 + 0.001, "command", i) for i in range(100)]
    with path.open("wb") as file:
        writer = Writer(file)
        schemas = {"joints": writer.register_msgdef("sensor_msgs/msg/JointState", JOINT_STATE),
                   "camera": writer.register_msgdef("sensor_msgs/msg/Image", IMAGE),
                   "command": writer.register_msgdef("std_msgs/msg/Float64MultiArray", COMMAND)}
        header = {"stamp": {"sec": 0, "nanosec": 0}, "frame_id": ""}
        for time, topic, i in sorted(events):
            if topic == "camera" and silent[0] <= time < silent[1]:
                continue
            names, values = (["a", "b"], [time, -time]) if i % 2 == 0 else (["b", "a"], [-time, time])
            pixels = np.zeros((2, 3, 3), "u1")
            pixels[:, :, 0] = i  # Blue comes first in bgr8.
            message = {
                "joints": {"header": header, "name": names, "position": values, "velocity": [], "effort": []},
                "camera": {"header": header, "height": 2, "width": 3, "encoding": "bgr8", "is_bigendian": 0, "step": 10,
                           "data": np.pad(pixels.reshape(2, 9), ((0, 0), (0, 1))).tobytes()},
                "command": {"data": [time, 1.0]},
            }[topic]
            nanoseconds = round(time * 1e9)
            writer.write_message(f"/{topic}", schemas[topic], message, log_time=nanoseconds, publish_time=nanoseconds)
        writer.finish()
    return path


CHOICE = Selection("/command", {"joints": "/joints", "top": "/camera"})


def test_topics_of_three_rates_come_to_one_clock_and_nothing_from_the_future_is_seen(tmp_path):
    source, _ = convert(bag(tmp_path / "bag.mcap"), tmp_path / "out.hdf5", selection=CHOICE)
    assert source.rate == 10 and source.labels["joints"] == ["a", "b"]
    (found,) = episodes(tmp_path / "out.hdf5")
    steps = len(found["actions"])
    ticks = 0.003 + np.arange(steps) / 10
    assert steps == 20
    seen = found["joints"][:, 0]
    assert np.array_equal(found["joints"][:, 1], -seen)
    assert (seen <= ticks).all() and (ticks - seen < 0.01 + 1e-9).all()
    assert np.array_equal(found["top"][:, 0, 0, 2], np.arange(steps)) and not found["top"][:, :, :, 0].any()
    told = found["actions"][:, 0]
    last = np.minimum(ticks + 0.1, 1.981 + 1e-9)
    assert (told <= last).all() and (last - told < 0.02 + 1e-6).all()


def test_what_is_wrong_with_a_recording_is_told_in_one_line(tmp_path):
    out = tmp_path / "out.hdf5"
    path = bag(tmp_path / "bag.mcap")
    assert "choose what is observed and what is done" in complaint(path, out)
    wrong = Selection("/nothing", {"joints": "/joints"})
    assert "there is no topic '/nothing'" in complaint(path, out, selection=wrong)
    wrong = Selection("/joints.name", {"joints": "/joints"})
    assert "holds str, which is no number" in complaint(path, out, selection=wrong)
    gap = bag(tmp_path / "gap.mcap", silent=(0.55, 1.35))
    assert "'top' is silent for" in complaint(gap, out, selection=CHOICE, clock=Clock(rate=10, max_age=0.15))
    path.write_bytes(path.read_bytes()[:5000])
    assert "cannot be read" in complaint(path, out, selection=CHOICE)


def test_videos_are_decoded_at_their_time_stamps(tmp_path):
    av = pytest.importorskip("av")
    path = lerobot(tmp_path / "set")
    information = json.loads((path / "meta/info.json").read_text())
    key = "observation.images.top"
    information["features"][key] = {"dtype": "video", "shape": [32, 32, 3], "names": None}
    (path / "meta/info.json").write_text(json.dumps(information))
    folder = path / "videos/chunk-000" / key
    folder.mkdir(parents=True)
    for index, steps in enumerate((4, 6)):
        with av.open(str(folder / f"episode_{index:06d}.mp4"), "w") as container:
            stream = container.add_stream("mpeg4", rate=10)
            stream.width = stream.height = 32
            stream.pix_fmt = "yuv420p"
            for i in range(steps):
                frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 30 * i + 20, "u1"), format="rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
    out = tmp_path / "out.hdf5"
    convert(path, out)
    with h5py.File(out) as file:
        for index, steps in enumerate((4, 6)):
            found = file[f"data/demo_{index}/obs/images/top"][()]
            assert found.shape == (steps, 32, 32, 3)
            assert abs(found.mean((1, 2, 3)) - (30 * np.arange(steps) + 20)).max() < 6
    out.unlink()
    (folder / "episode_000001.mp4").rename(folder / "other.mp4")
    assert "1 videos are missing" in complaint(path, out)
    (folder / "episode_000001.mp4").write_bytes((folder / "episode_000000.mp4").read_bytes())
    assert "has no frame at 0.400 s (step 4)" in complaint(path, out)
