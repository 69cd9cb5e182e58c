"""robomimic's HDF5 layout, which is ours: read, and written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from .demonstrations import Checker, ConversionError, Demonstrations, Episode, Selection, chosen, listed
from .places import Progress, whole

#: robomimic's number for environments of gymnasium's kind.
GYM_TYPE = 2
#: Our program's checksum of a group's attributes; what another program writes has none.
CHECKSUM = "checksum"
#: Attributes of episodes that are no text.
ATTRIBUTE_TYPES = {"seed": np.uint64, "success": np.bool_, "completion_steps": np.int64}


def number(name: str) -> tuple[int, str]:
    """The order of episodes: by number, names of another form last."""
    digits = name.rsplit("_", 1)[-1]
    return (int(digits) if digits.isdigit() else 1 << 62, name)


def datasets(group: h5py.Group) -> dict[str, h5py.Dataset]:
    """The datasets in a group and in those within it, by their paths."""
    found: dict[str, h5py.Dataset] = {}
    group.visititems(lambda name, item: found.__setitem__(name, item) if isinstance(item, h5py.Dataset) else None)
    return found


def plain(value: Any) -> Any:
    """An attribute as Python has it."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, h5py.Empty):
        return ""
    return value


def read(path: Path, selection: Selection) -> Demonstrations:
    """A file with `data/demo_N`, or with `demo_N` at the root."""
    with h5py.File(path, "r") as file:
        inner = "data" if "data" in file and isinstance(file["data"], h5py.Group) else "/"
        data = file[inner]
        names = sorted((n for n in data if isinstance(data[n], h5py.Group) and n.startswith("demo")), key=number)
        if not names:
            raise ConversionError(f"{path}: has no episodes (demo_N)")
        first = data[names[0]]
        action = selection.action or "actions"
        if action not in first:
            raise ConversionError(f"{path}: {names[0]} has no '{action}'; it has {listed(list(first))}")
        available = {name: name for name in datasets(first["obs"])} if "obs" in first else {}
        taken = chosen(selection, available, str(path))
        dropped = {n: "not chosen" for n in available if n not in taken.values()}
        for name in first:
            if name not in (action, "obs", "rewards", "dones", "states"):
                dropped[name] = "the next step's observations" if name == "next_obs" else "not an observation"
        attributes = {k: plain(v) for k, v in data.attrs.items() if k not in ("total", CHECKSUM)}
        masks = {
            name: [plain(n) for n in file["mask"][name][()]]
            for name in file.get("mask", {})
        }
        order = {name: f"demo_{i}" for i, name in enumerate(names)}
        masks = {k: [order[n] for n in v if n in order] for k, v in masks.items()}
    description = described_environment(attributes)

    def episodes() -> Iterator[Episode]:
        with h5py.File(path, "r") as file:
            for name in names:
                demo = file[inner][name]
                for key in [action, *(f"obs/{k}" for k in taken.values())]:
                    if key not in demo:
                        raise ConversionError(f"{path}: {name} has no '{key}'")
                yield Episode(
                    actions=demo[action][()],
                    observations={ours: demo["obs"][key][()] for ours, key in taken.items()},
                    rewards=demo["rewards"][()] if "rewards" in demo else None,
                    dones=demo["dones"][()] if "dones" in demo else None,
                    states=demo["states"][()] if "states" in demo else None,
                    attributes={k: plain(v) for k, v in demo.attrs.items() if k not in ("num_samples", CHECKSUM)})

    return Demonstrations(
        kind="robomimic HDF5", name=name_of(attributes) or Path(path).stem, count=len(names), read=episodes,
        rate=description.get("control_rate", description.get("controlRate")) or None,
        labels=labels_of(description), dropped=dropped, attributes=attributes, masks=masks)


def described_environment(attributes: dict[str, Any]) -> dict[str, Any]:
    """The environment's description, as far as there is one."""
    try:
        value = json.loads(attributes.get("environment_description", "{}"))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def name_of(attributes: dict[str, Any]) -> str | None:
    """The environment's name in `env_args`."""
    try:
        return json.loads(attributes["env_args"])["env_name"]
    except (KeyError, ValueError, TypeError):
        return None


def labels_of(description: dict[str, Any]) -> dict[str, list[str]]:
    """The names of values that a description gives."""
    spaces = list(description.get("observations", []))
    labels = {s["name"]: [c["name"] for c in s.get("components", [])] for s in spaces}
    if "action" in description:
        labels["action"] = [c["name"] for c in description["action"].get("components", [])]
    return {name: values for name, values in labels.items() if values}


def description(demonstrations: Demonstrations, checker: Checker, longest: int) -> dict[str, Any]:
    """What our programs know of an environment, from its data: names, ranges, rate."""

    def space(name: str) -> dict[str, Any]:
        shape, dtype = (checker.first or {})[name]
        count = int(np.prod(shape)) if shape else 1
        components: list[dict[str, Any]] = []
        labels = demonstrations.labels.get(name, [])
        if dtype != np.uint8 and len(shape) <= 1 and count <= 4096:
            low, high = np.ravel(checker.low[name]), np.ravel(checker.high[name])
            if len(labels) != count:
                labels = [f"{name}_{i}" for i in range(count)]
            components = [
                {"name": str(labels[i]), "low": bound(low[i]), "high": bound(high[i]), "unit": "", "is_angle": False}
                for i in range(count)
            ]
        return {
            "name": name, "shape": list(shape) or [1], "element_type": "uint8" if dtype == np.uint8 else "float32",
            "components": components,
        }

    return {
        "name": demonstrations.name, "options": {}, "subtasks": [],
        "observations": [space(name) for name in sorted(checker.first or {}) if name != "action"],
        "action": space("action"), "control_rate": float(demonstrations.rate or 0), "episode_limit": longest,
    }


def bound(value: Any) -> float:
    """A range's end as a number that 32 bits hold."""
    return float(np.clip(float(value), -3.4e38, 3.4e38))


def write(demonstrations: Demonstrations, path: Path, *, for_robomimic: bool = False, scale_actions: bool = False,
          overwrite: bool = False, progress: Progress | None = None) -> Checker:
    """Writes a file of ours; with `for_robomimic` also what robomimic's own loaders look for.

    robomimic wants `next_obs` (the last one is repeated), a number as the environment's type, and
    actions in −1…1, which `scale_actions` makes of them over all data.
    """
    checker = Checker(demonstrations.where)
    scale = action_scale(demonstrations) if scale_actions else None
    longest = 0
    with whole(path, overwrite) as draft, h5py.File(draft, "w") as file:
        data = file.create_group("data")
        for index, episode in enumerate(demonstrations.read()):
            episode = checker.check(episode)
            longest = max(longest, len(episode.actions))
            if scale is not None:
                low, width = scale
                episode.actions = ((episode.actions - low) / width * 2 - 1).astype(np.float32)
            write_episode(data.create_group(f"demo_{index}"), episode, for_robomimic)
            if progress:
                progress.step()
        if checker.episodes == 0:
            raise ConversionError(f"{demonstrations.kind}: there are no episodes")
        write_attributes(data, demonstrations, checker, longest, for_robomimic)
        nested = [name for name in checker.first or {} if "/" in name] if for_robomimic else []
        for name in nested:
            demonstrations.notes.append(
                f"robomimic reads no '{name}', of two levels: --observation {name.replace('/', '_')}={name} renames it")
        if scale is not None:
            data.attrs["action_low"], data.attrs["action_high"] = scale[0], scale[0] + scale[1]
        for name, members in demonstrations.masks.items():
            file.create_group("mask") if "mask" not in file else None
            file["mask"][name] = np.array([m.encode() for m in members])
        file.flush()
    return checker


def action_scale(demonstrations: Demonstrations) -> tuple[np.ndarray, np.ndarray]:
    """The least of each action's values over all data, and how wide its range is."""
    lows, highs = zip(*((e.actions.min(axis=0), e.actions.max(axis=0)) for e in demonstrations.read()))
    low = np.min(lows, axis=0).astype(np.float64)
    width = np.max(highs, axis=0) - low
    return low, np.where(width > 0, width, 1)


def write_episode(demo: h5py.Group, episode: Episode, for_robomimic: bool) -> None:
    """One episode, pictures compressed, each in a chunk of its own."""
    demo.attrs["num_samples"] = len(episode.actions)
    for name, value in episode.attributes.items():
        kind = ATTRIBUTE_TYPES.get(name)
        demo.attrs[name] = value if kind is None else np.asarray(value, kind)
    demo["actions"] = episode.actions
    observations = demo.create_group("obs")
    for name, array in episode.observations.items():
        store(observations, name, array)
    steps = len(episode.actions)
    rewards, dones = episode.rewards, episode.dones
    if for_robomimic:
        following = demo.create_group("next_obs")
        for name, array in episode.observations.items():
            store(following, name, np.concatenate([array[1:], array[-1:]]))
        rewards = np.zeros(steps, np.float32) if rewards is None else rewards
        dones = np.arange(steps) == steps - 1 if dones is None else dones
    if rewards is not None:
        demo["rewards"] = np.asarray(rewards).reshape(steps)
    if dones is not None:
        demo["dones"] = np.asarray(dones).reshape(steps).astype(np.uint8)
    if episode.states is not None:
        demo["states"] = episode.states


def store(group: h5py.Group, name: str, array: np.ndarray) -> None:
    """An array; what is large for each step is compressed step by step."""
    if array.ndim > 2 and array[0].nbytes >= 1024:
        group.create_dataset(name, data=array, chunks=(1, *array.shape[1:]), compression="gzip", compression_opts=4)
    else:
        group[name] = array


def write_attributes(data: h5py.Group, demonstrations: Demonstrations, checker: Checker, longest: int,
                     for_robomimic: bool) -> None:
    """What stands beside the episodes: totals, and which environment it was."""
    attributes = dict(demonstrations.attributes)
    if "environment_description" not in attributes:
        attributes["environment_description"] = json.dumps(
            description(demonstrations, checker, longest), sort_keys=True, ensure_ascii=False)
    environment: dict[str, Any] = {"env_name": demonstrations.name, "env_kwargs": {}, "type": demonstrations.kind}
    if "env_args" in attributes:
        try:
            environment = json.loads(attributes["env_args"])
        except ValueError:
            pass
    if for_robomimic:
        if not isinstance(environment.get("type"), int):
            environment["dpolicy_type"] = environment.get("type")
        environment.update(type=GYM_TYPE, env_type=GYM_TYPE)
    elif "dpolicy_type" in environment:
        environment["type"] = environment.pop("dpolicy_type")
        environment.pop("env_type", None)
    if for_robomimic or "env_args" not in attributes or "dpolicy_type" in attributes["env_args"]:
        attributes["env_args"] = json.dumps(environment, sort_keys=True, separators=(",", ":"))
    data.attrs["total"] = checker.steps
    for name, value in attributes.items():
        data.attrs[name] = value
