"""Diffusion Policy's zarr replay buffers (v2, v3, zipped): all steps in one array, ends in `meta/episode_ends`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .demonstrations import ConversionError, Demonstrations, Episode, Selection, chosen, listed


def read(path: Path, selection: Selection) -> Demonstrations:
    """A buffer as demonstrations; every array of `data` but `action` is an observation."""
    import zarr

    is_zip = path.is_file()
    try:
        store = zarr.storage.ZipStore(path, mode="r") if is_zip else str(path)
        root = zarr.open_group(store, mode="r")
    except Exception as error:
        if not is_zip and (path / "meta/episode_ends").is_dir():
            raise ConversionError(
                f"{path}: has meta/episode_ends, but no 'data': there are no actions to learn") from None
        raise ConversionError(f"{path} is no zarr group ({first_line(error)})") from None
    if "data" not in root:
        raise ConversionError(f"{path}: has no 'data': there are no actions to learn")
    if "meta/episode_ends" not in root:
        raise ConversionError(f"{path}: has no meta/episode_ends, which says where episodes end")
    arrays = {name: array for name, array in root["data"].arrays()}
    action = selection.action or "action"
    if action not in arrays:
        near = next((n for n in arrays if n.startswith("action")), None)
        raise ConversionError(
            f"{path}: data has no '{action}', but {listed(sorted(arrays))}"
            + (f"; --action {near} takes that" if near else ""))
    ends = np.asarray(root["meta/episode_ends"][:])
    if ends.dtype.kind not in "iu":
        raise ConversionError(f"{path}: meta/episode_ends is of type {ends.dtype}, but must count steps")
    ends = ends.astype(np.int64)
    check_ends(ends, arrays[action].shape[0], str(path))
    taken = chosen(selection, {n: n for n in arrays if n != action}, str(path))
    for name in taken.values():
        if arrays[name].shape[0] < ends[-1]:
            raise ConversionError(
                f"{path}: data/{name} has {arrays[name].shape[0]} steps, but the last episode ends at {ends[-1]}")
    dropped = {n: "not chosen" for n in arrays if n != action and n not in taken.values()}
    notes = []
    whole = {name: is_float_picture(arrays[key]) for name, key in taken.items()}
    for name in (n for n, w in whole.items() if w):
        notes.append(f"'{name}' holds whole numbers 0…255 as {arrays[taken[name]].dtype}: kept as bytes")

    def episodes() -> Iterator[Episode]:
        for start, end in zip([0, *ends[:-1]], ends):
            observations = {}
            for name, key in taken.items():
                values = np.asarray(arrays[key][start:end])
                observations[name] = as_bytes(values, f"{path}: data/{key}") if whole[name] else values
            dones = np.zeros(end - start, np.uint8)
            dones[-1] = 1
            yield Episode(np.asarray(arrays[action][start:end]), observations, dones=dones)

    version = getattr(getattr(root, "metadata", None), "zarr_format", 2)
    return Demonstrations(
        kind=f"zarr replay buffer (v{version}{', zip' if is_zip else ''})", name=path.name.split(".")[0],
        count=len(ends), read=episodes, dropped=dropped, notes=notes)


def check_ends(ends: np.ndarray, steps: int, where: str) -> None:
    """Raises ConversionError where ends do not ascend, or lie behind the data."""
    if ends.ndim != 1 or len(ends) == 0:
        raise ConversionError(f"{where}: meta/episode_ends is empty")
    if (np.diff(np.concatenate([[0], ends])) <= 0).any():
        raise ConversionError(f"{where}: meta/episode_ends does not ascend from above 0")
    if ends[-1] != steps:
        raise ConversionError(f"{where}: the last episode ends at {ends[-1]}, but there are {steps} steps")


def is_float_picture(array) -> bool:
    """Whether an array holds pictures with their bytes as floats, as the published Push-T file does."""
    if array.ndim != 4 or array.shape[3] not in (1, 3, 4) or array.dtype.kind != "f":
        return False
    first = np.asarray(array[:1])
    return bool((first == np.round(first)).all() and first.min() >= 0 and 1 < first.max() <= 255)


def as_bytes(values: np.ndarray, where: str) -> np.ndarray:
    """Floats that are whole numbers 0…255 as bytes."""
    result = values.astype(np.uint8)
    if not np.array_equal(result, values):
        raise ConversionError(f"{where} begins with whole numbers 0…255, but has others later")
    return result


def first_line(error: Exception) -> str:
    """The first line of an error of a library."""
    return (str(error) or type(error).__name__).splitlines()[0][:200]
