"""Minari datasets, read and written with minari itself."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .demonstrations import Checker, ConversionError, Demonstrations, Episode, Selection, chosen, listed
from .places import Progress, remove, whole
from .replay_buffer import first_line


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The arrays in dictionaries and tuples, by their paths."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{name}/{key}" if name else str(key))
    elif isinstance(value, (tuple, list)):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{name}/{index}" if name else str(index))
    else:
        yield name or "observations", value


def folder_of(path: Path) -> Path:
    """The folder with main_data.hdf5 or Minari's arrow files."""
    if path.is_file():
        return path.parent
    return path / "data" if (path / "data").is_dir() else path


def read(path: Path, selection: Selection) -> Demonstrations:
    """A dataset's folder; the observation after an episode's last action is left out."""
    import minari

    folder = folder_of(path)
    if not (folder / "metadata.json").exists():
        raise ConversionError(f"{folder}/metadata.json is missing: copy the dataset again")
    try:
        dataset = minari.MinariDataset(folder)
        first = dict(leaves(dataset[0].observations))
    except Exception as error:
        raise ConversionError(f"{path}: minari does not read it ({first_line(error)})") from None
    taken = chosen(selection, {name: name for name in first}, str(path))
    dropped = {name: "not chosen" for name in first if name not in taken.values()}
    dropped["infos"] = "not an observation"
    notes = ["of each episode, the observation after the last action is left out: no action answers it"]
    name = dataset.spec.dataset_id

    def episodes() -> Iterator[Episode]:
        for data in dataset.iterate_episodes():
            observations = dict(leaves(data.observations))
            actions = dict(leaves(data.actions))
            if len(actions) != 1:
                raise ConversionError(f"{path}: an action has several parts, {listed(list(actions))}")
            action = np.asarray(next(iter(actions.values())))
            steps = len(action)
            if action.dtype.kind in "iu":
                action = action.astype(np.float32)
            arrays = {}
            for ours, key in taken.items():
                if key not in observations or len(observations[key]) not in (steps, steps + 1):
                    raise ConversionError(f"{path}: episode {data.id} has no '{key}' for each of its {steps} steps")
                arrays[ours] = np.asarray(observations[key])[:steps]
            ends = np.asarray(data.terminations).astype(bool) | np.asarray(data.truncations).astype(bool)
            attributes = {"success": bool(data.infos["success"][-1])} if "success" in (data.infos or {}) else {}
            yield Episode(action, arrays, rewards=np.asarray(data.rewards), dones=ends.astype(np.uint8),
                          attributes=attributes)

    return Demonstrations(kind="Minari", name=name, count=dataset.total_episodes, read=episodes, dropped=dropped,
                          notes=notes)


def write(demonstrations: Demonstrations, path: Path, *, overwrite: bool = False,
          progress: Progress | None = None) -> Checker:
    """Writes a dataset's folder, `PATH/data`; Minari's last observation repeats the one before it."""
    import gymnasium
    import minari
    from minari.data_collector import EpisodeBuffer

    checker = Checker(demonstrations.where)
    buffers = []
    for index, episode in enumerate(demonstrations.read()):
        episode = checker.check(episode)
        steps = len(episode.actions)
        last = np.arange(steps) == steps - 1
        done = last if episode.dones is None else np.asarray(episode.dones).astype(bool)
        buffers.append(EpisodeBuffer(
            id=index,
            observations={n.replace("/", "."): np.concatenate([a, a[-1:]]) for n, a in episode.observations.items()},
            actions=episode.actions,
            rewards=(np.zeros(steps) if episode.rewards is None else np.asarray(episode.rewards, float)).tolist(),
            terminations=done.tolist(), truncations=(last & ~done).tolist()))
        if progress:
            progress.step()
    if not buffers:
        raise ConversionError(f"{demonstrations.kind}: there are no episodes")

    def space(name: str) -> gymnasium.Space:
        shape, dtype = (checker.first or {})[name]
        if dtype == np.uint8:
            return gymnasium.spaces.Box(0, 255, shape, np.uint8)
        return gymnasium.spaces.Box(checker.low[name], checker.high[name], shape, dtype.type)

    spaces = gymnasium.spaces.Dict({n.replace("/", "."): space(n) for n in checker.first or {} if n != "action"})
    former = os.environ.get("MINARI_DATASETS_PATH")
    with whole(path, overwrite) as draft:
        root = draft.with_name(draft.name + ".root")
        try:
            os.environ["MINARI_DATASETS_PATH"] = str(root)
            minari.create_dataset_from_buffers(
                "dpolicy/converted-v0", buffers, observation_space=spaces, action_space=space("action"),
                algorithm_name=json.dumps(demonstrations.name), author="dpolicy", author_email="none@example.org",
                code_permalink="none")
            (root / "dpolicy/converted-v0").rename(draft)
        finally:
            remove(root)
            if former is None:
                os.environ.pop("MINARI_DATASETS_PATH", None)
            else:
                os.environ["MINARI_DATASETS_PATH"] = former
    return checker
