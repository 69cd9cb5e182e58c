"""Arrays and tables without a format of their own: `.npz` and `.csv`, an episode a file or all of them in one."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .demonstrations import ConversionError, Demonstrations, Episode, Selection, chosen, listed

ACTIONS, REWARDS = ("action", "actions"), ("reward", "rewards", "next.reward")
#: The number of a step's episode; and where one ends.
NUMBERS = ("episode", "episode_index", "episode_id", "trajectory", "demo")
ENDS = ("done", "dones", "terminal", "terminals", "terminated", "timeout", "timeouts", "truncated", "next.done",
        "is_last", "is_terminal")
TIMES = ("timestamp", "time", "t", "step", "frame", "frame_index", "index", "episode_ends", "task_index", "is_first")
#: What stands before an observation's name, and the numbering of a column: `obs/pose`, `pose.x`, `pose_0`, `pose[0]`.
PREFIX = re.compile(r"^(?:obs|observations?)[./]")
NUMBERING = re.compile(r"^(.+?)(?:\.([^.]+)|_(\d+)|\[(\d+)\])$")

Table = dict[str, np.ndarray]


def files(path: Path) -> list[Path]:
    """The files of a folder that are episodes, by their numbers, then by name; or the one."""
    if path.is_file():
        return [path]
    for suffix in (".npz", ".csv"):
        found = [file for file in path.iterdir() if file.suffix.lower() == suffix]
        if found:
            return sorted(found, key=lambda f: [int(n) if n.isdigit() else n for n in re.split(r"(\d+)", f.name)])
    return []


def is_npz(path: Path) -> bool:
    """Whether a zip archive is one of NumPy's."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return path.suffix.lower() == ".npz"
    return all(name.endswith(".npy") for name in names) if names else path.suffix.lower() == ".npz"


def read(path: Path, selection: Selection, episode_length: int | None = None) -> Demonstrations:
    """One file, cut where it says that episodes end, or a folder in which each file is at least one."""
    found = files(path)
    first, labels = table(found[0])
    action = the_action(first, selection, found[0])
    available = {}
    for name, array in first.items():
        if name == action or name.lower() in (*REWARDS, *NUMBERS, *ENDS, *TIMES) or name.startswith(("next_", "next.")):
            continue
        if array.ndim and len(array) in (len(first[action]), len(first[action]) + 1):
            ours = "state" if name in ("obs", "observation", "observations") else PREFIX.sub("", name)
            available[ours.replace(".", "/")] = name
    taken = chosen(selection, available, str(path))
    if not taken:
        raise ConversionError(f"{path}: there are actions, but no observations beside them; it has {listed(list(first))}")
    dropped = {name: reason(name, array, first[action]) for name, array in first.items()
               if name not in (action, *taken.values()) and name.lower() not in (*REWARDS, *NUMBERS, *ENDS)}
    starts = [cuts(table(file)[0] if file != found[0] else first, action, file, episode_length) for file in found]
    notes: list[str] = []

    def episodes() -> Iterator[Episode]:
        for file, ends in zip(found, starts):
            arrays, _ = table(file)
            for name in (action, *taken.values()):
                if name not in arrays:
                    raise ConversionError(f"{file}: has no '{name}', which {found[0].name} has")
            steps = len(arrays[action])
            for name in taken.values():
                if len(arrays[name]) == steps + 1 and len(ends) == 1:
                    arrays[name] = arrays[name][:-1]
                    note = f"'{name}' has one more step than the actions: the last is left out"
                    notes.extend([note] if note not in notes else [])
            rewards = next((arrays[n] for n in arrays if n.lower() in REWARDS and arrays[n].shape[:1] == (steps,)), None)
            for start, end in zip([0, *ends[:-1]], ends):
                dones = np.zeros(end - start, np.uint8)
                dones[-1:] = 1
                # What is longer than the actions shows: it does not fit them.
                part = slice(start, None if end == ends[-1] else end)
                yield Episode(
                    arrays[action][part], {ours: arrays[name][part] for ours, name in taken.items()},
                    rewards=None if rewards is None else rewards[part].reshape(end - start, -1)[:, 0], dones=dones)

    names = {**{ours: labels[name] for ours, name in taken.items() if name in labels},
             **({"action": labels[action]} if action in labels else {})}
    return Demonstrations(
        kind=("CSV tables" if found[0].suffix.lower() == ".csv" else "NumPy archives"), name=path.stem,
        count=sum(map(len, starts)), read=episodes, rate=rate(first), labels=names, dropped=dropped, notes=notes)


def the_action(arrays: Table, selection: Selection, file: Path) -> str:
    """What the actions are called."""
    if selection.action is not None:
        if selection.action not in arrays:
            raise ConversionError(f"{file}: has no '{selection.action}', but {listed(list(arrays))}")
        return selection.action
    for name in arrays:
        if name.lower() in ACTIONS:
            return name
    raise ConversionError(f"{file}: has no 'action', but {listed(list(arrays))}; --action KEY says which they are")


def reason(name: str, array: np.ndarray, actions: np.ndarray) -> str:
    """Why an array is no observation."""
    if name.lower() in TIMES:
        return "counts"
    if name.startswith(("next_", "next.")):
        return "of the next step"
    if array.ndim == 0 or len(array) not in (len(actions), len(actions) + 1):
        return f"{len(array) if array.ndim else 'one'} value{'s' if array.ndim else ''} for {len(actions)} actions"
    return "not chosen"


def cuts(arrays: Table, action: str, file: Path, episode_length: int | None) -> list[int]:
    """Behind which steps of a file episodes end."""
    if action not in arrays:
        raise ConversionError(f"{file}: has no '{action}', but {listed(list(arrays))}")
    steps = len(arrays[action]) if arrays[action].ndim else 0
    if steps == 0:
        raise ConversionError(f"{file}: has no steps")
    lower = {name.lower(): array for name, array in arrays.items()}
    is_last = np.zeros(steps, bool)
    is_last[-1] = True
    if "episode_ends" in lower:
        told = lower["episode_ends"].reshape(-1)
        ends = told.astype(np.int64)
        if (ends != told).any():
            raise ConversionError(f"{file}: 'episode_ends' has fractions, but must count steps")
        if len(ends) == 0 or ends[-1] != steps or (np.diff([0, *ends]) <= 0).any():
            raise ConversionError(f"{file}: 'episode_ends' does not ascend from above 0 to its {steps} steps")
        return ends.tolist()
    for name in (n for n in (*NUMBERS, *ENDS) if n in lower and lower[n].shape[:1] == (steps,)):
        column = lower[name].reshape(steps, -1)[:, 0]
        is_last[:-1] |= column[1:] != column[:-1] if name in NUMBERS else column[:-1].astype(bool)
    if episode_length is not None:
        is_last[episode_length - 1::episode_length] = True
    return (np.flatnonzero(is_last) + 1).tolist()


def rate(arrays: Table) -> float | None:
    """Steps a second, where there are times in seconds that go on evenly."""
    times = next((arrays[n] for n in arrays if n.lower() in ("timestamp", "time", "t")), None)
    if times is None or times.ndim == 0 or times.size < 3 or times.dtype.kind != "f":
        return None
    pauses = np.diff(times.reshape(-1))
    pause = float(np.median(pauses))
    even = pause > 0 and np.mean(np.abs(pauses - pause) < 0.05 * pause) > 0.9
    return round(1 / pause, 3) if even and 0.1 <= 1 / pause <= 10_000 else None


def table(file: Path) -> tuple[Table, dict[str, list[str]]]:
    """A file's arrays by name, and the names of their values where it has them."""
    return rows(file) if file.suffix.lower() == ".csv" else (archive(file), {})


def archive(file: Path) -> Table:
    """The arrays of a `.npz`."""
    arrays = {}
    try:
        with np.load(file, allow_pickle=False) as found:
            for name in found.files:
                arrays[name] = found[name]
    except ValueError as error:
        if "pickle" not in str(error).lower():
            raise
        raise ConversionError(
            f"{file}: '{name}' is pickled, which may run anything when it is opened; save it as an array") from None
    except (zipfile.BadZipFile, EOFError) as error:
        raise ConversionError(f"{file} is no whole .npz ({error})") from None
    return {name: array.astype(np.uint8) if array.dtype == bool else array for name, array in arrays.items()}


def rows(file: Path) -> tuple[Table, dict[str, list[str]]]:
    """A table's columns: those that are numbered or named alike are one array (`pose.x`, `pose.y`)."""
    with file.open(newline="", encoding="utf-8-sig") as stream:
        text = stream.readline()
        separator = max(",;\t", key=text.count)
        stream.seek(0)
        lines = [line for line in csv.reader(stream, delimiter=separator) if any(cell.strip() for cell in line)]
    header = [cell.strip() for cell in lines[0]] if lines else []
    if not header or any(is_number(cell) or not cell for cell in header) or len(set(header)) < len(header):
        raise ConversionError(f"{file}: its first line must name the columns, each otherwise")
    columns = np.empty((len(lines) - 1, len(header)))
    for number, line in enumerate(lines[1:]):
        if len(line) != len(header):
            raise ConversionError(f"{file}: row {number + 1} has {len(line)} values for {len(header)} columns")
        for index, cell in enumerate(line):
            try:
                columns[number, index] = value(cell)
            except ValueError:
                raise ConversionError(
                    f"{file}: '{header[index]}' is '{cell.strip()}' in row {number + 1}, no number") from None
    groups: dict[str, list[int]] = {}
    for index, name in enumerate(header):
        parts = NUMBERING.match(name) if name.lower() not in (*REWARDS, *ENDS, *NUMBERS, *TIMES) else None
        groups.setdefault(parts[1] if parts else name, []).append(index)
    labels = {}
    for name, indices in groups.items():
        given = [NUMBERING.match(header[i]) for i in indices]
        if all(m and m[1] == name and m[2] for m in given):
            labels[name] = [m[2] for m in given if m]
    return {name: columns[:, indices] for name, indices in groups.items()}, labels


def value(cell: str) -> float:
    """The number in a cell, or its truth; raises ValueError for neither."""
    word = cell.strip().lower()
    return float(word == "true") if word in ("true", "false") else float(word)


def is_number(cell: str) -> bool:
    """Whether a cell holds a number, or a truth."""
    try:
        value(cell)
        return True
    except ValueError:
        return False
