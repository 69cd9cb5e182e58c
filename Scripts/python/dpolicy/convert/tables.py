"""D4RL-like HDF5: all steps of all episodes in one table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from .demonstrations import ConversionError, Demonstrations, Episode, Selection, chosen, listed

#: Columns with another meaning than to be seen.
OTHERS = ("rewards", "terminals", "timeouts", "next_observations")


def read(path: Path, selection: Selection, episode_length: int | None = None) -> Demonstrations:
    """A table, cut where `terminals` or `timeouts` say so, and where what follows is not what was led to."""
    with h5py.File(path, "r") as file:
        columns = {name: item for name, item in file.items() if isinstance(item, h5py.Dataset) and item.ndim > 0}
        action = selection.action or "actions"
        if action not in columns:
            raise ConversionError(f"{path}: has no '{action}', but {listed(list(file))}")
        steps = len(columns[action])
        available = {name: name for name in columns if name.startswith("observation")}
        taken = chosen(selection, available | ({n: n for n in selection.observations.values() if n in columns}
                                               if selection.observations else {}), str(path))
        for name in [*taken.values(), *(n for n in OTHERS if n in columns)]:
            if len(columns[name]) != steps:
                raise ConversionError(
                    f"{path}: '{name}' has {len(columns[name])} steps, but '{action}' {steps}")
        ends = episode_ends(columns, action, list(taken.values()), episode_length, path)
        terminals = columns["terminals"][()].reshape(-1).astype(bool) if "terminals" in columns else None
        dropped = {}
        for name in file:
            if name not in (action, *taken.values(), "rewards", "terminals", "timeouts"):
                dropped[name] = "the next step's observations" if name == "next_observations" else "not an observation"

    def episodes() -> Iterator[Episode]:
        with h5py.File(path, "r") as file:
            for start, end in zip([0, *ends[:-1]], ends):
                dones = np.zeros(end - start, np.uint8) if terminals is None else terminals[start:end].astype(np.uint8)
                yield Episode(
                    file[action][start:end], {ours: file[key][start:end] for ours, key in taken.items()},
                    rewards=file["rewards"][start:end].reshape(-1) if "rewards" in file else None, dones=dones)

    return Demonstrations(
        kind="D4RL-like HDF5", name=path.stem, count=len(ends), read=episodes, dropped=dropped)


def episode_ends(columns: dict[str, h5py.Dataset], action: str, observations: list[str],
                 episode_length: int | None, path: Path) -> list[int]:
    """Behind which steps episodes end."""
    steps = len(columns[action])
    if steps == 0:
        raise ConversionError(f"{path}: has no steps")
    is_last = np.zeros(steps, bool)
    is_last[-1] = True
    for name in ("terminals", "timeouts"):
        if name in columns:
            is_last |= columns[name][()].reshape(steps).astype(bool)
    following = columns.get("next_observations")
    if episode_length is not None:
        start = 0
        for step in range(steps):
            if step + 1 - start == episode_length:
                is_last[step] = True
            start = step + 1 if is_last[step] else start
    elif "timeouts" not in columns:
        if following is None or observations != ["observations"]:
            raise ConversionError(
                f"{path}: does not say where all episodes end (no 'timeouts', no 'next_observations'); "
                "--episode-length N cuts it after N steps each")
    if following is not None and "observations" in columns and following.shape == columns["observations"].shape:
        seen, led = columns["observations"][()], following[()]
        is_last[:-1] |= (seen[1:] != led[:-1]).reshape(steps - 1, -1).any(axis=1)
    return (np.flatnonzero(is_last) + 1).tolist()
