"""Files of ACT and ALOHA: `episode_N.hdf5` with `action` and `observations/…`, one file an episode."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from .demonstrations import (
    ConversionError, Demonstrations, Episode, Selection, chosen, described, is_picture, listed)
from .lerobot_reading import decoded, stacked
from .robomimic import datasets


def files(path: Path) -> list[Path]:
    """The episodes' files by their numbers."""
    if path.is_file():
        return [path]
    found = [(int(m[1]), file) for file in path.iterdir() if (m := re.fullmatch(r"episode_(\d+)\.(hdf5|h5)", file.name))]
    return [file for _, file in sorted(found)]


def read(path: Path, selection: Selection, rate: float | None = None) -> Demonstrations:
    """A folder of episodes, or one of them; pictures are decoded where they are kept as JPEG."""
    found = files(path)
    if not found:
        raise ConversionError(f"{path}: has no episode_N.hdf5")
    action = selection.action or "action"
    with h5py.File(found[0], "r") as file:
        if action not in file or "observations" not in file:
            raise ConversionError(f"{found[0]}: has no '{action}' beside 'observations', but {listed(list(file))}")
        available = {name: name for name in datasets(file["observations"])}
        taken = chosen(selection, available, str(path))
        dropped = {n: "not an observation" for n in file if n not in (action, "observations")}
        dropped.update({n: "not chosen" for n in available if n not in taken.values()})

    def episodes() -> Iterator[Episode]:
        for name in found:
            with h5py.File(name, "r") as file:
                for key in [action, *(f"observations/{k}" for k in taken.values())]:
                    if key not in file:
                        raise ConversionError(f"{name}: has no '{key}'")
                steps = len(file[action])
                dones = np.zeros(steps, np.uint8)
                dones[-1:] = 1
                observations = {}
                for ours, key in taken.items():
                    values = file["observations"][key][()]
                    if is_encoded(values):
                        values = pictures(values, f"{name}: '{key}'")
                    elif key.startswith("images/") and not is_picture(values):
                        raise ConversionError(f"{name}: '{key}' is {described(values.shape[1:], values.dtype)}, "
                                              "neither pictures of bytes nor JPEG or PNG")
                    observations[ours] = values
                yield Episode(file[action][()], observations, dones=dones)

    return Demonstrations(kind="ACT/ALOHA HDF5", name=(path.stem if path.is_file() else path.resolve().name),
                          count=len(found), read=episodes, rate=rate, dropped=dropped)


def is_encoded(values: np.ndarray) -> bool:
    """Whether each row is a picture as a padded JPEG or PNG."""
    if values.dtype == object:
        return True
    if values.dtype != np.uint8 or values.ndim != 2 or not len(values):
        return False
    head = values[0, :4].tobytes()
    return head[:3] == b"\xff\xd8\xff" or head == b"\x89PNG"


def pictures(values: np.ndarray, where: str) -> np.ndarray:
    """Encoded pictures as bytes of pixels."""
    found = [decoded(np.asarray(row, np.uint8).tobytes(), f"{where}, step {i}") for i, row in enumerate(values)]
    return stacked(found, where)
