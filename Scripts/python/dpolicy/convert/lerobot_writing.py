"""LeRobot v3.0 folders, written with pyarrow; pictures are PNG in the tables, so that they stay exact."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from .demonstrations import Checker, ConversionError, Demonstrations, Episode, is_picture
from .lerobot_reading import OURS
from .places import Progress, whole

QUANTILES = {"q01": 0.01, "q10": 0.1, "q50": 0.5, "q90": 0.9, "q99": 0.99}
#: A data file is closed when it has grown to this size.
FILE_BYTES = 100 << 20
FILES_IN_CHUNK = 1000


def feature_name(name: str, picture: bool) -> str:
    """Our `state` is `observation.state`; a picture `top` is `observation.images.top`."""
    name = name.replace("/", ".")
    return f"observation.images.{name}" if picture and not name.startswith("images.") else f"observation.{name}"


class Writer:
    """Writes episode after episode into an unfinished folder."""

    def __init__(self, folder: Path, demonstrations: Demonstrations, rate: float):
        import pyarrow
        import pyarrow.parquet

        self.pyarrow, self.parquet = pyarrow, pyarrow.parquet
        self.folder, self.demonstrations, self.rate = folder, demonstrations, rate
        self.features: dict[str, dict] = {}
        self.sources: dict[str, str] = {}
        self.tasks: dict[str, int] = {}
        self.rows: list[dict] = []
        self.ours: dict[str, dict] = {}
        self.exact: dict[str, list] = {}
        self.schema: Any = None
        self.writer: Any = None
        self.place = Path()
        self.file_index = -1
        self.frames = 0
        self.stats: list[dict[str, dict[str, np.ndarray]]] = []

    def columns(self, episode: Episode) -> dict[str, np.ndarray]:
        """What LeRobot keeps of each step."""
        columns: dict[str, np.ndarray] = {}
        for name, array in episode.observations.items():
            key = feature_name(name, is_picture(array))
            if self.sources.setdefault(key, name) != name:
                raise ConversionError(f"'{name}' and '{self.sources[key]}' would both be '{key}' in LeRobot")
            columns[key] = array.reshape(len(array), 1) if array.ndim == 1 else array
            self.exact.setdefault(name, [list(array.shape[1:]), str(array.dtype)])
        columns["action"] = episode.actions
        steps = len(episode.actions)
        if episode.rewards is not None:
            columns["next.reward"] = np.asarray(episode.rewards).reshape(steps, 1)
        if episode.dones is not None:
            columns["next.done"] = np.asarray(episode.dones).reshape(steps, 1).astype(bool)
        if episode.states is not None:
            columns["simulator.state"] = np.asarray(episode.states).reshape(steps, -1)
        return columns

    def declare(self, columns: dict[str, np.ndarray]) -> None:
        """The features, from the first episode."""
        reverse = {key: self.sources.get(key, key) for key in columns}
        for key, array in columns.items():
            shape = list(array.shape[1:])
            labels = self.demonstrations.labels.get(reverse[key])
            if is_picture(array):
                self.features[key] = {"dtype": "image", "shape": shape, "names": ["height", "width", "channels"]}
            else:
                fits = labels is not None and len(labels) == int(np.prod(shape)) and len(shape) == 1
                self.features[key] = {
                    "dtype": str(array.dtype), "shape": shape, "names": list(labels) if fits and labels else None}
        self.features["timestamp"] = {"dtype": "float32", "shape": [1], "names": None}
        for key in ("frame_index", "episode_index", "index", "task_index"):
            self.features[key] = {"dtype": "int64", "shape": [1], "names": None}
        for feature in self.features.values():
            feature["fps"] = int(self.rate)
        self.schema = self.pyarrow.schema(
            [self.pyarrow.field(key, self.type_of(feature)) for key, feature in self.features.items()],
            metadata={b"huggingface": json.dumps({"info": {"features": {
                key: described(feature) for key, feature in self.features.items()}}}).encode()})

    def type_of(self, feature: dict) -> Any:
        """A feature's type in parquet."""
        pa = self.pyarrow
        if feature["dtype"] == "image":
            return pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        kind = pa.from_numpy_dtype(np.dtype(feature["dtype"]))
        shape = feature["shape"]
        if shape == [1]:
            return kind
        if len(shape) == 1:
            return pa.list_(kind, shape[0])
        for _ in shape:
            kind = pa.list_(kind)
        return kind

    def array_of(self, array: np.ndarray, feature: dict) -> Any:
        """A column of parquet."""
        pa = self.pyarrow
        kind = self.type_of(feature)
        if feature["dtype"] == "image":
            return pa.array([{"bytes": png(picture), "path": f"frame-{i:06d}.png"}
                             for i, picture in enumerate(array)], type=kind)
        if feature["shape"] == [1]:
            return pa.array(array.reshape(-1), type=kind)
        if len(feature["shape"]) == 1:
            return pa.FixedSizeListArray.from_arrays(pa.array(array.reshape(-1)), feature["shape"][0])
        return pa.array(array.tolist(), type=kind)

    def add(self, episode: Episode) -> None:
        """Writes one episode as one row group."""
        index, steps = len(self.rows), len(episode.actions)
        columns = self.columns(episode)
        if self.schema is None:
            self.declare(columns)
        task = task_of(episode, self.demonstrations.name)
        number = self.tasks.setdefault(task, len(self.tasks))
        counted = np.arange(steps, dtype=np.int64)
        columns["timestamp"] = (counted / self.rate).astype(np.float32).reshape(-1, 1)
        columns["frame_index"] = counted.reshape(-1, 1)
        columns["episode_index"] = np.full((steps, 1), index, np.int64)
        columns["index"] = (counted + self.frames).reshape(-1, 1)
        columns["task_index"] = np.full((steps, 1), number, np.int64)
        if set(columns) != set(self.features):
            odd = sorted(set(columns) ^ set(self.features))
            raise ConversionError(f"episode {index}: '{odd[0]}' is not in every episode, but LeRobot needs it in each")
        table = self.pyarrow.table(
            [self.array_of(columns[key], feature) for key, feature in self.features.items()], schema=self.schema)
        if self.writer is None or self.place.stat().st_size > FILE_BYTES:
            self.open_next()
        self.writer.write_table(table, row_group_size=max(steps, 1))
        stats = {key: statistics(columns[key], feature) for key, feature in self.features.items()}
        self.stats.append(stats)
        self.rows.append({
            "episode_index": index, "tasks": [task], "length": steps,
            "data/chunk_index": self.file_index // FILES_IN_CHUNK, "data/file_index": self.file_index % FILES_IN_CHUNK,
            "dataset_from_index": self.frames, "dataset_to_index": self.frames + steps,
            "meta/episodes/chunk_index": 0, "meta/episodes/file_index": 0,
            **{f"stats/{key}/{name}": value.tolist() for key, all in stats.items() for name, value in all.items()},
        })
        self.ours[str(index)] = {k: jsonable(v) for k, v in episode.attributes.items()}
        self.frames += steps

    def open_next(self) -> None:
        """Begins the next data file."""
        if self.writer is not None:
            self.writer.close()
        self.file_index += 1
        chunk, file = divmod(self.file_index, FILES_IN_CHUNK)
        self.place = self.folder / f"data/chunk-{chunk:03d}/file-{file:03d}.parquet"
        self.place.parent.mkdir(parents=True, exist_ok=True)
        self.writer = self.parquet.ParquetWriter(self.place, self.schema, compression="snappy", use_dictionary=True)

    def finish(self) -> None:
        """Closes the data and writes the meta."""
        if self.writer is None:
            raise ConversionError(f"{self.demonstrations.kind}: there are no episodes")
        self.writer.close()
        meta = self.folder / "meta"
        (meta / "episodes/chunk-000").mkdir(parents=True)
        self.parquet.write_table(
            self.pyarrow.Table.from_pylist(self.rows), meta / "episodes/chunk-000/file-000.parquet",
            compression="snappy")
        self.write_tasks(meta / "tasks.parquet")
        write_json(meta / "stats.json", {
            key: {n: v.tolist() for n, v in aggregated([s[key] for s in self.stats]).items()} for key in self.features})
        write_json(meta / "info.json", {
            "codebase_version": "v3.0", "robot_type": None, "total_episodes": len(self.rows),
            "total_frames": self.frames, "total_tasks": len(self.tasks), "chunks_size": FILES_IN_CHUNK,
            "data_files_size_in_mb": 100, "video_files_size_in_mb": 200, "fps": int(self.rate),
            "splits": {"train": f"0:{len(self.rows)}"},
            "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet", "video_path": None,
            "features": self.features})
        given = self.demonstrations
        write_json(self.folder / OURS, {
            "name": given.name, "rate": given.rate, "attributes": {k: jsonable(v) for k, v in given.attributes.items()},
            "masks": given.masks, "episodes": self.ours, "arrays": self.exact,
            "features": {name: key for key, name in self.sources.items()},
            "states": "simulator.state" if "simulator.state" in self.features else None})

    def write_tasks(self, path: Path) -> None:
        """Tasks as pandas writes them: their texts are the index."""
        pa = self.pyarrow
        table = pa.table({
            "task_index": pa.array(list(self.tasks.values()), pa.int64()),
            "__index_level_0__": pa.array(list(self.tasks), pa.string())})
        column = {"name": "task_index", "field_name": "task_index", "pandas_type": "int64", "numpy_type": "int64",
                  "metadata": None}
        index = {"name": None, "field_name": "__index_level_0__", "pandas_type": "unicode", "numpy_type": "object",
                 "metadata": None}
        pandas = {"index_columns": ["__index_level_0__"], "column_indexes": [], "columns": [column, index],
                  "creator": {"library": "pyarrow", "version": pa.__version__}, "pandas_version": "2.0.0"}
        self.parquet.write_table(table.replace_schema_metadata({b"pandas": json.dumps(pandas).encode()}), path)


def described(feature: dict) -> dict:
    """A feature as the `datasets` library describes it."""
    if feature["dtype"] == "image":
        return {"_type": "Image"}
    value = {"dtype": feature["dtype"], "_type": "Value"}
    shape = feature["shape"]
    if shape == [1]:
        return value
    if len(shape) == 1:
        return {"feature": value, "length": shape[0], "_type": "Sequence"}
    return {"shape": shape, "dtype": feature["dtype"], "_type": f"Array{len(shape)}D"}


def png(picture: np.ndarray) -> bytes:
    """A picture without loss."""
    import PIL.Image

    buffer = io.BytesIO()
    PIL.Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def statistics(array: np.ndarray, feature: dict) -> dict[str, np.ndarray]:
    """LeRobot's statistics of one episode: of pictures per channel, in 0…1, shape [channels, 1, 1]."""
    count = np.array([len(array)])
    if feature["dtype"] == "image":
        step = max(1, len(array) // 100)
        values = array[::step].reshape(-1, array.shape[3]).astype(np.float64) / 255
        count = np.array([len(array[::step])])
    else:
        values = array.reshape(len(array), -1).astype(np.float64)
    found = {"min": values.min(0), "max": values.max(0), "mean": values.mean(0), "std": values.std(0)}
    found |= {name: np.quantile(values, share, axis=0) for name, share in QUANTILES.items()}
    shape = (-1, 1, 1) if feature["dtype"] == "image" else feature["shape"]
    return {name: value.reshape(shape) for name, value in found.items()} | {"count": count}


def aggregated(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The statistics of all episodes from those of each, as LeRobot puts them together."""
    counts = np.array([part["count"][0] for part in parts], np.float64)
    weights = (counts / counts.sum()).reshape(-1, *[1] * parts[0]["mean"].ndim)
    means = np.stack([part["mean"] for part in parts])
    mean = (weights * means).sum(0)
    variance = (weights * (np.stack([part["std"] for part in parts]) ** 2 + (means - mean) ** 2)).sum(0)
    found = {
        "min": np.min([p["min"] for p in parts], 0), "max": np.max([p["max"] for p in parts], 0), "mean": mean,
        "std": np.sqrt(variance), "count": np.array([int(counts.sum())])}
    return found | {n: (weights * np.stack([p[n] for p in parts])).sum(0) for n in QUANTILES}


def task_of(episode: Episode, name: str) -> str:
    """The task in words, where the episode has one."""
    try:
        return json.loads(episode.attributes.get("choices", "{}")).get("task") or name
    except (ValueError, AttributeError, TypeError):
        return name


def jsonable(value: Any) -> Any:
    """An attribute in JSON."""
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def write_json(path: Path, document: Any) -> None:
    """A JSON file as LeRobot formats it."""
    path.write_text(json.dumps(document, indent=4, ensure_ascii=False), "utf-8")


def write(demonstrations: Demonstrations, path: Path, *, rate: float | None = None, overwrite: bool = False,
          progress: Progress | None = None) -> Checker:
    """Writes a LeRobot v3.0 folder.

    What LeRobot has no place for (seeds, sub-tasks, exact shapes) stands in `meta/dpolicy.json`, which it
    does not look at, so that the way back gives the same numbers, names and attributes.
    """
    rate = rate or demonstrations.rate
    if not rate or rate != int(rate):
        raise ConversionError(
            f"LeRobot needs a whole number of steps a second, but {demonstrations.name} has {rate or 'none'}: "
            "choose one by --rate")
    checker = Checker(demonstrations.where)
    with whole(path, overwrite) as draft:
        draft.mkdir()
        writer = Writer(draft, demonstrations, rate)
        try:
            for episode in demonstrations.read():
                writer.add(checker.check(episode))
                if progress:
                    progress.step()
            writer.finish()
        finally:
            if writer.writer is not None:
                writer.writer.close()
    return checker
