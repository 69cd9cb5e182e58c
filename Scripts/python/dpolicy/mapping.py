"""How an environment of gymnasium becomes one of the program: which numbers are called what, what counts as done.

A mapping is a JSON file, or one of those in `mappings/`, which are found by the environment's name:

    {"kwargs": {"obs_type": "state"},            what gymnasium.make is given
     "observations": {                           unless given: the spaces as they are
       "agent_pos": {"from": "", "values": [0, 1], "names": ["x", "y"], "unit": "px"},
       "block_pose": {"values": [2, 3, 4], "names": ["x", "y", "angle"], "angles": [2]}},
     "action": {"names": ["x", "y"], "unit": "px"},
     "success": "is_success",                    the key in info; or {"reward": 0.95} for "at least"
     "subtasks": {"half": {"info": "coverage", "at_least": 0.5}},
     "control_rate": 10, "episode_limit": 300,
     "adapter": "dpolicy.adapters.gym_pusht",    a module with save, restore, start (see dpolicy.adapters)
     "expert": "package.module:function"}        function(environment, seed) gives a function() → action
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np

KEYS = {"kwargs", "observations", "action", "success", "subtasks", "control_rate", "episode_limit", "adapter",
        "expert", "summary"}


class MappingError(Exception):
    """What is wrong with a mapping or with what it maps."""


def found(name: str) -> dict[str, Any]:
    """The mapping of a name: `ID@file.json`'s, else the shipped one, else none."""
    _, _, given = name.partition("@")
    path = Path(given) if given else shipped(name)
    if path is None:
        return {}
    try:
        mapping = json.loads(path.read_text())
    except OSError as error:
        raise MappingError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise MappingError(f"{path} is no JSON: {error}") from None
    if not isinstance(mapping, dict):
        raise MappingError(f"{path} must hold one object")
    for key in mapping:
        if key not in KEYS:
            raise MappingError(f"{path}: there is no key '{key}', but {', '.join(sorted(KEYS))}")
    return mapping


def shipped(name: str) -> Path | None:
    """The mapping of an environment that this package knows."""
    path = Path(__file__).parent / "mappings" / (name.replace("/", "+").replace(":", "+") + ".json")
    return path if path.exists() else None


def loaded(place: str) -> Any:
    """What `package.module:name` or `package.module` names."""
    module, _, name = place.partition(":")
    try:
        found = importlib.import_module(module)
        return getattr(found, name) if name else found
    except (ImportError, AttributeError) as error:
        raise MappingError(f"'{place}' cannot be loaded: {error}") from None


def flattened(space: Any, prefix: str = "") -> dict[str, Any]:
    """The boxes and discrete spaces of an observation space, by path; one that is no dictionary is `state`."""
    from gymnasium import spaces

    if isinstance(space, spaces.Dict):
        return {path: box for name, inner in space.spaces.items()
                for path, box in flattened(inner, f"{prefix}/{name}" if prefix else str(name)).items()}
    if isinstance(space, spaces.Tuple):
        return {path: box for index, inner in enumerate(space.spaces)
                for path, box in flattened(inner, f"{prefix}/{index}" if prefix else str(index)).items()}
    if isinstance(space, (spaces.Box, spaces.Discrete, spaces.MultiBinary, spaces.MultiDiscrete)):
        return {prefix or "state": space}
    raise MappingError(f"observation space '{prefix or 'state'}' is a {type(space).__name__}, "
                       "which no observation of the program can be")


def bounds(space: Any) -> tuple[np.ndarray, np.ndarray]:
    """The smallest and the largest values of a space, flat, as float32 that JSON can hold."""
    from gymnasium import spaces

    if isinstance(space, spaces.Discrete):
        low, high = np.array([space.start]), np.array([space.start + space.n - 1])
    elif isinstance(space, spaces.MultiBinary):
        low, high = np.zeros(space.shape), np.ones(space.shape)
    elif isinstance(space, spaces.MultiDiscrete):
        low, high = np.zeros(space.shape), np.asarray(space.nvec) - 1
    else:
        low, high = space.low, space.high
    largest = np.finfo(np.float32).max
    return (np.clip(np.asarray(low, np.float64).reshape(-1), -largest, largest).astype(np.float32),
            np.clip(np.asarray(high, np.float64).reshape(-1), -largest, largest).astype(np.float32))


def is_picture(space: Any) -> bool:
    """Whether a space is of pictures: bytes, height × width × 1, 3 or 4."""
    shape = getattr(space, "shape", None) or ()
    return getattr(space, "dtype", None) == np.uint8 and len(shape) == 3 and shape[2] in (1, 3, 4)
