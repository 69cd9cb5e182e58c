"""Other people's demonstrations as ours, and ours as theirs.

`recognised(path)` names a format, `read(path)` gives its episodes, `convert(path, output)` writes them;
`dpolicy-convert` does the same from the shell.
"""

from __future__ import annotations

from pathlib import Path

from . import aloha, bags, lerobot_reading, minari_datasets, plain, replay_buffer, robomimic, tables
from .bags import Clock
from .demonstrations import Checker, ConversionError, Demonstrations, Episode, Selection, listed
from .places import Progress

__all__ = [
    "TARGETS", "Checker", "Clock", "ConversionError", "Demonstrations", "Episode", "Selection", "convert", "read",
    "recognised",
]

#: What can be written.
TARGETS = ("dpolicy", "lerobot", "robomimic", "minari")


def recognised(path: Path) -> str:
    """The format of a file or folder, by what is in it; raises ConversionError for any other."""
    path = Path(path)
    if not path.exists():
        raise ConversionError(f"{path}: there is no such file or folder")
    return _folder(path) if path.is_dir() else _file(path)


def _folder(path: Path) -> str:
    meta = path / "meta"
    if any((meta / n).exists() for n in ("info.json", "episodes.jsonl", "tasks.parquet", "tasks.jsonl")):
        return "lerobot"
    if any((path / n).exists() for n in (".zgroup", "zarr.json")) or (meta / "episode_ends").is_dir():
        return "zarr"
    if (path / ".zarray").exists():
        raise ConversionError(f"{path} is one zarr array; a buffer has 'data' and 'meta/episode_ends'")
    if any((path / n).exists() for n in ("data/main_data.hdf5", "main_data.hdf5", "data/metadata.json")):
        return "minari"
    if aloha.files(path):
        return "aloha"
    if bags.recordings(path):
        return "mcap"
    if plain.files(path):
        return "plain"
    if any(path.glob("*.db3")):
        raise ConversionError(f"{path} is a rosbag2 recording in SQLite; 'ros2 bag convert' makes MCAP of it")
    if meta.is_dir():
        raise ConversionError(f"{meta}/info.json is missing: copy the dataset again")
    raise ConversionError(
        f"{path} is no folder of LeRobot, zarr, Minari, ACT, MCAP, .npz or .csv; it has "
        f"{listed(sorted(p.name for p in path.iterdir()))}")


def _file(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(b"\x89MCAP0"):
        return "mcap"
    if head.startswith(b"SQLite format 3") or head.startswith(b"#ROSBAG"):
        kind = "rosbag2 recording in SQLite; 'ros2 bag convert'" if head[:1] == b"S" else "ROS 1 bag; 'rosbags-convert'"
        raise ConversionError(f"{path} is a {kind} makes MCAP of it")
    if path.suffix.lower() == ".csv":
        return "plain"
    if head.startswith(b"PK"):
        return "plain" if plain.is_npz(path) else "zarr"
    if head.startswith(b"PAR1"):
        raise ConversionError(f"{path} is one parquet file; give the LeRobot folder that it lies in")
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return _hdf5(path)
    raise ConversionError(f"{path} is no HDF5, MCAP, .npz, .csv or zarr.zip file")


def _hdf5(path: Path) -> str:
    import h5py

    with h5py.File(path, "r") as file:
        names = list(file)
        if "data" in names or any(n.startswith("demo") for n in names):
            return "robomimic"
        if "action" in names and "observations" in names:
            return "aloha"
        if any(n.startswith("observation") or n.startswith("action") for n in names):
            return "d4rl"
        if any(n.startswith("episode_") for n in names):
            return "minari"
    raise ConversionError(
        f"{path}: has no actions: no data/demo_N, no 'actions' beside 'observations'; it has {listed(names)}")


def read(path: Path, selection: Selection | None = None, *, clock: Clock | None = None,
         episode_length: int | None = None) -> Demonstrations:
    """The episodes of a file or folder of any format that is recognised."""
    path, selection, clock = Path(path), selection or Selection(), clock or Clock()
    kind = recognised(path)
    if kind == "lerobot":
        return lerobot_reading.read(path, selection)
    if kind == "zarr":
        return replay_buffer.read(path, selection)
    if kind == "minari":
        return minari_datasets.read(path, selection)
    if kind == "aloha":
        return aloha.read(path, selection)
    if kind == "mcap":
        return bags.read(path, selection, clock)
    if kind == "plain":
        return plain.read(path, selection, episode_length)
    if kind == "d4rl":
        return tables.read(path, selection, episode_length)
    return robomimic.read(path, selection)


def convert(path: Path, output: Path, to: str = "dpolicy", selection: Selection | None = None, *,
            clock: Clock | None = None, episode_length: int | None = None, rate: float | None = None,
            scale_actions: bool = False, overwrite: bool = False,
            progress: bool = False) -> tuple[Demonstrations, Checker]:
    """Reads what is recognised and writes it as `to`; returns what was read, and what was seen in it."""
    if to not in TARGETS:
        raise ConversionError(f"there is no format '{to}' to write, but {listed(list(TARGETS))}")
    if clock is None:
        clock = Clock(rate=rate)
    source = read(path, selection, clock=clock, episode_length=episode_length)
    source.path = str(path)
    if rate is not None:
        source.rate = rate
    bar = Progress(source.count, quiet=not progress)
    try:
        if to == "lerobot":
            from . import lerobot_writing

            checker = lerobot_writing.write(source, Path(output), overwrite=overwrite, progress=bar)
        elif to == "minari":
            checker = minari_datasets.write(source, Path(output), overwrite=overwrite, progress=bar)
        else:
            checker = robomimic.write(source, Path(output), for_robomimic=to == "robomimic",
                                      scale_actions=scale_actions, overwrite=overwrite, progress=bar)
    finally:
        bar.end()
    return source, checker
