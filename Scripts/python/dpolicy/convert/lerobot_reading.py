"""LeRobot folders, v2.0, v2.1 and v3.0, read with pyarrow; torch is not needed."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .demonstrations import ConversionError, Demonstrations, Episode, Selection, chosen, listed

#: Columns that say where a row belongs.
INDEX_COLUMNS = ("timestamp", "frame_index", "episode_index", "index", "task_index", "subtask_index")
#: Columns that become attributes of steps or episodes.
STEP_COLUMNS = ("next.reward", "next.done", "next.success")
#: What LeRobot ignores and a folder of ours has beside: what LeRobot has no place for.
OURS = "meta/dpolicy.json"


def our_name(feature: str) -> str:
    """`observation.images.top` is our `images/top`."""
    name = feature.removeprefix("observation.")
    return name.replace(".", "/") if name else feature


def load_json(path: Path) -> Any:
    """A JSON file."""
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConversionError(f"{path} is missing: copy the dataset again") from None
    except (ValueError, UnicodeDecodeError):
        raise ConversionError(f"{path} is no JSON: copy the dataset again") from None


def load_lines(path: Path) -> list[dict]:
    """A file with a JSON object a line."""
    if not path.exists():
        raise ConversionError(f"{path} is missing: copy the dataset again")
    objects = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.strip():
            try:
                objects.append(json.loads(line))
            except ValueError:
                raise ConversionError(f"{path}: line {number} is no JSON") from None
            if not isinstance(objects[-1], dict):
                raise ConversionError(f"{path}: line {number} is no JSON object")
    return objects


def flat(names: Any) -> list[str]:
    """Names of values, which come as a list, a list in a list or a dictionary of lists."""
    if isinstance(names, dict):
        return [n for value in names.values() for n in flat(value)]
    if isinstance(names, list):
        return [n for value in names for n in flat(value)]
    return [str(names)] if names is not None else []


class Folder:
    """A LeRobot folder: what it announces, and its rows."""

    def __init__(self, path: Path):
        import pyarrow.parquet

        self.parquet = pyarrow.parquet
        self.path = path
        self.info = load_json(path / "meta/info.json")
        version = self.info.get("codebase_version") if isinstance(self.info, dict) else None
        if not isinstance(version, str) or version[:2] not in ("v2", "v3"):
            raise ConversionError(f"{path}/meta/info.json: codebase_version is {version!r}, not v2.0, v2.1 or v3.0")
        self.version = version
        self.is_v3 = version.startswith("v3")
        self.features = self.info.get("features")
        if not isinstance(self.features, dict) or not self.features:
            raise ConversionError(f"{path}/meta/info.json has no features")
        for name, feature in self.features.items():
            shape = feature.get("shape") if isinstance(feature, dict) else None
            if not isinstance(shape, (list, tuple)) or not all(isinstance(n, int) and n > 0 for n in shape):
                raise ConversionError(f"{path}/meta/info.json: feature '{name}' has no shape of whole numbers")
        self.rate = self.info.get("fps")
        if not isinstance(self.rate, (int, float)) or not self.rate > 0:
            raise ConversionError(f"{path}/meta/info.json: fps is {self.rate!r}, but must be a number above 0")
        self.episodes = self._episodes()
        if not self.episodes:
            raise ConversionError(f"{path}: its meta names no episodes")
        self.tasks = self._tasks()
        ours = path / OURS
        self.ours = load_json(ours) if ours.exists() else {}
        self._table: tuple[Path, Any] | None = None

    def _episodes(self) -> list[dict]:
        if not self.is_v3:
            found = load_lines(self.path / "meta/episodes.jsonl")
        else:
            files = sorted((self.path / "meta/episodes").glob("*/*.parquet"))
            if not files:
                raise ConversionError(f"{self.path}/meta/episodes has no parquet files: copy the dataset again")
            found = []
            for file in files:
                schema = self.parquet.read_schema(file)
                columns = [n for n in schema.names if not n.startswith("stats/")]
                found += self.parquet.read_table(file, columns=columns).to_pylist()
        for index, entry in enumerate(found):
            if not isinstance(entry.get("episode_index"), int) or not isinstance(entry.get("length"), int):
                raise ConversionError(f"{self.path}/meta: episode {index} has no episode_index and length")
        return sorted(found, key=lambda entry: entry["episode_index"])

    def _tasks(self) -> dict[int, str]:
        if not self.is_v3:
            path = self.path / "meta/tasks.jsonl"
            return {t.get("task_index", 0): str(t.get("task", "")) for t in load_lines(path)} if path.exists() else {}
        path = self.path / "meta/tasks.parquet"
        if not path.exists():
            return {}
        columns = self.parquet.read_table(path).to_pydict()
        texts = columns.get("task") or columns.get("__index_level_0__") or []
        return dict(zip(columns.get("task_index", []), map(str, texts)))

    def place(self, template: str, entry: dict, prefix: str, **more: str) -> Path:
        """The file of an episode's data or video."""
        index = entry["episode_index"]
        values: dict[str, Any] = {"episode_index": index, **more}
        if self.is_v3:
            values["chunk_index"] = entry.get(f"{prefix}/chunk_index", 0)
            values["file_index"] = entry.get(f"{prefix}/file_index", 0)
        else:
            values["episode_chunk"] = index // (self.info.get("chunks_size") or 1000)
        try:
            place = (self.path / template.format(**values)).resolve()
        except (KeyError, ValueError, IndexError):
            raise ConversionError(f"{self.path}/meta/info.json: '{template}' is no pattern for a path") from None
        if not place.is_relative_to(self.path.resolve()):
            raise ConversionError(f"{self.path}/meta/info.json: '{template}' leads out of the folder")
        return place

    def data_place(self, entry: dict) -> Path:
        """The parquet file with an episode's rows."""
        default = ("data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet" if self.is_v3
                   else "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet")
        return self.place(self.info.get("data_path") or default, entry, "data")

    def video_place(self, entry: dict, key: str) -> Path:
        """The video file with an episode's frames."""
        default = ("videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4" if self.is_v3
                   else "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4")
        return self.place(self.info.get("video_path") or default, entry, f"videos/{key}", video_key=key)

    def rows(self, entry: dict) -> Any:
        """An episode's rows as a table of pyarrow."""
        import pyarrow.compute

        place = self.data_place(entry)
        if self._table is None or self._table[0] != place:
            try:
                self._table = (place, self.parquet.read_table(place))
            except FileNotFoundError:
                raise ConversionError(f"{place} is missing: copy the dataset again") from None
        table = self._table[1]
        if "episode_index" in table.column_names:
            table = table.filter(pyarrow.compute.equal(table["episode_index"], entry["episode_index"]))
        if table.num_rows != entry["length"]:
            raise ConversionError(
                f"{place}: episode {entry['episode_index']} has {table.num_rows} rows, but the meta says "
                f"{entry['length']}")
        return table


def read(path: Path, selection: Selection) -> Demonstrations:
    """A folder as demonstrations; `observation.NAME` becomes `NAME`."""
    folder = Folder(Path(path))
    names = {key: name for name, key in folder.ours.get("features", {}).items()}
    action = selection.action or "action"
    if action not in folder.features:
        others = [n for n in folder.features if n not in INDEX_COLUMNS]
        near = next((n for n in others if n.startswith("action")), None)
        raise ConversionError(
            f"{path} has no '{action}', but {listed(others)}" + (f"; --action {near} takes that" if near else ""))
    available = {names.get(k, our_name(k)): k for k in folder.features if k.startswith("observation")}
    taken = chosen(selection, available, str(path))
    for key in [action, *taken.values()]:
        if folder.features[key].get("dtype") == "string":
            raise ConversionError(f"{path}: '{key}' is text; --without {key} leaves it out")
    dropped = {k: "not an observation" for k in folder.features
               if k not in (*INDEX_COLUMNS, *STEP_COLUMNS, action, *taken.values())
               and k != folder.ours.get("states")}
    dropped.update({k: "not chosen" for k in available.values() if k not in taken.values()})
    entries, notes = folder.episodes, []
    missing = [e for e in entries if not folder.data_place(e).exists()]
    if missing:
        text = f"{len(missing)} of {len(entries)} episodes have no file (the first: {folder.data_place(missing[0])})"
        if not selection.partial or len(missing) == len(entries):
            raise ConversionError(f"{text}; copy them, or --partial takes what is there")
        notes.append(text)
        entries = [e for e in entries if folder.data_place(e).exists()]
    videos = [k for k in taken.values() if folder.features[k].get("dtype") == "video"]
    for key in videos:
        lost = [p for p in (folder.video_place(e, key) for e in entries) if not p.exists()]
        if lost:
            if not selection.partial:
                raise ConversionError(
                    f"'{key}': {len(lost)} videos are missing (the first: {lost[0]}); copy them, or "
                    f"--without {key} leaves it out")
            dropped[key] = "its videos are missing"
            taken = {n: k for n, k in taken.items() if k != key}
    labels = {n: flat(folder.features[k].get("names")) for n, k in {**taken, "action": action}.items()}
    labels = {n: v for n, v in labels.items() if v and len(v) == int(np.prod(folder.features[
        action if n == "action" else taken[n]]["shape"]))}

    def episodes() -> Iterator[Episode]:
        for entry in entries:
            yield read_episode(folder, entry, action, taken)

    ours = folder.ours
    return Demonstrations(
        kind=f"LeRobot {folder.version}", name=ours.get("name") or Path(path).resolve().name, count=len(entries),
        read=episodes, rate=ours.get("rate", folder.rate) or None, labels=labels, dropped=dropped, notes=notes,
        attributes=ours.get("attributes", {}), masks=ours.get("masks", {}))


def read_episode(folder: Folder, entry: dict, action: str, taken: dict[str, str]) -> Episode:
    """One episode."""
    table = folder.rows(entry)
    where = f"{folder.path}: episode {entry['episode_index']}"
    times = check_clock(folder, table, where)

    def values(key: str) -> np.ndarray:
        feature = folder.features[key]
        if feature.get("dtype") == "video":
            return frames(folder, entry, key, times, where)
        if key not in table.column_names:
            raise ConversionError(f"{where} has no column '{key}', which its meta names")
        if feature.get("dtype") == "image":
            return pictures(table[key], folder.path, f"{where}: '{key}'")
        return numbers(table[key], tuple(feature["shape"]), f"{where}: '{key}'")

    def step_values(key: str) -> np.ndarray | None:
        return numbers(table[key], (1,), f"{where}: '{key}'")[:, 0] if key in table.column_names else None

    ours = folder.ours.get("episodes", {}).get(str(entry["episode_index"]))
    exact = folder.ours.get("arrays", {})
    attributes: dict[str, Any] = ours if ours is not None else {}
    if ours is None:
        task = (entry.get("tasks") or [None])[0]
        if task is None and "task_index" in table.column_names and table.num_rows:
            task = folder.tasks.get(table["task_index"][0].as_py())
        if task:
            attributes["choices"] = json.dumps({"task": str(task)}, ensure_ascii=False)
        success = step_values("next.success")
        if success is not None and len(success):
            attributes["success"] = bool(success.any())
    states = folder.ours.get("states")
    episode = Episode(
        actions=values(action), observations={name: values(key) for name, key in taken.items()},
        rewards=step_values("next.reward"), dones=step_values("next.done"),
        states=values(states) if states else None, attributes=attributes)
    for name, (shape, dtype) in exact.items():
        if name in episode.observations:
            array = episode.observations[name]
            episode.observations[name] = array.reshape(len(array), *shape).astype(dtype, copy=False)
    return episode


def check_clock(folder: Folder, table: Any, where: str) -> np.ndarray:
    """The time stamps, which must be those of the rate that the meta announces."""
    count = table.num_rows
    if "frame_index" in table.column_names:
        indices = numbers(table["frame_index"], (1,), where)[:, 0]
        if not np.array_equal(indices, np.arange(count)):
            raise ConversionError(f"{where}: frame_index does not count its rows from 0")
    if "timestamp" not in table.column_names:
        return np.arange(count) / folder.rate
    times = numbers(table["timestamp"], (1,), f"{where}: 'timestamp'")[:, 0].astype(np.float64)
    if count > 1:
        gaps = np.diff(times)
        median = float(np.median(gaps))
        if not abs(median * folder.rate - 1) < 0.1:
            found = f"{1 / median:.4g} a second" if median > 0 else "not in order"
            raise ConversionError(f"{where}: fps is {folder.rate:g}, but its time stamps are {found}")
        worst = int(np.argmax(np.abs(gaps - 1 / folder.rate)))
        if abs(gaps[worst] * folder.rate - 1) > 0.5:
            raise ConversionError(
                f"{where}: {gaps[worst]:.3g} s lie between steps {worst} and {worst + 1}, at {folder.rate:g} fps")
    return times


def numbers(column: Any, shape: tuple[int, ...], where: str) -> np.ndarray:
    """A column of numbers or of lists, however nested, as rows × shape."""
    import pyarrow

    array = column.combine_chunks() if isinstance(column, pyarrow.ChunkedArray) else column
    if isinstance(array, pyarrow.ExtensionArray):
        array = array.storage
    rows = len(array)
    while pyarrow.types.is_list(array.type) or pyarrow.types.is_large_list(array.type) \
            or pyarrow.types.is_fixed_size_list(array.type):
        if array.null_count:
            raise ConversionError(f"{where} has empty rows")
        before = len(array)
        lengths = array.value_lengths().to_numpy(zero_copy_only=False) if before else np.zeros(0)
        if len(np.unique(lengths)) > 1:
            raise ConversionError(f"{where} has rows of {lengths.min()} and of {lengths.max()} values")
        array = array.flatten()
    if array.null_count:
        raise ConversionError(f"{where} has empty values")
    if not (pyarrow.types.is_integer(array.type) or pyarrow.types.is_floating(array.type)
            or pyarrow.types.is_boolean(array.type)):
        raise ConversionError(f"{where} is of type {array.type}, but numbers are needed")
    values = array.to_numpy(zero_copy_only=False)
    if len(values) != rows * int(np.prod(shape)):
        raise ConversionError(
            f"{where} has {len(values) // max(rows, 1)} values a row, but its meta says {list(shape)}")
    return values.reshape(rows, *shape)


def pictures(column: Any, folder: Path, where: str) -> np.ndarray:
    """A column of encoded pictures."""
    found = []
    for step, value in enumerate(column.to_pylist()):
        data = value.get("bytes") if isinstance(value, dict) else value
        if data is None and isinstance(value, dict) and value.get("path"):
            path = (folder / value["path"]).resolve()
            if not path.is_relative_to(folder.resolve()) or not path.exists():
                raise ConversionError(f"{where}, step {step}: the picture {value['path']} is missing")
            data = path.read_bytes()
        found.append(decoded(data, f"{where}, step {step}"))
    return stacked(found, where)


def decoded(data: Any, where: str) -> np.ndarray:
    """A PNG or JPEG as height × width × channels."""
    import PIL.Image

    try:
        image = PIL.Image.open(io.BytesIO(data))
        if image.mode not in ("L", "RGB", "RGBA"):
            image = image.convert("RGB")
        array = np.asarray(image)
    except Exception as error:
        raise ConversionError(f"{where} is no picture ({type(error).__name__})") from None
    return array[:, :, None] if array.ndim == 2 else array


def stacked(found: list[np.ndarray], where: str) -> np.ndarray:
    """Pictures of one size, one after another."""
    sizes = {picture.shape for picture in found}
    if len(sizes) != 1:
        raise ConversionError(f"{where} has pictures of {len(sizes)} sizes")
    return np.stack(found)


def frames(folder: Folder, entry: dict, key: str, times: np.ndarray, where: str) -> np.ndarray:
    """The frames of a video at an episode's time stamps."""
    import av

    place = folder.video_place(entry, key)
    start = float(entry.get(f"videos/{key}/from_timestamp") or 0)
    tolerance = 0.25 / folder.rate
    found: list[np.ndarray] = []
    try:
        with av.open(str(place)) as container:
            stream = container.streams.video[0]
            if start > 0:
                container.seek(int(start / stream.time_base), stream=stream)
            for frame in container.decode(stream):
                if len(found) == len(times):
                    break
                # A frame may stand for one step only; what lies before the episode is passed over.
                if frame.time is not None and abs(frame.time - start - times[len(found)]) <= tolerance:
                    found.append(frame.to_ndarray(format="rgb24"))
    except FileNotFoundError:
        raise ConversionError(f"{place} is missing: copy the dataset again") from None
    except av.error.FFmpegError as error:
        raise ConversionError(f"{place} cannot be decoded ({error.strerror})") from None
    if len(found) < len(times):
        raise ConversionError(
            f"{where}: {place} has no frame at {start + times[len(found)]:.3f} s (step {len(found)})")
    return np.stack(found)
