"""What every reader gives and every writer takes: episodes as NumPy arrays, one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np


class ConversionError(Exception):
    """What is wrong with the data or with what was asked for, in one line."""


@dataclass
class Selection:
    """Which columns of a source are taken, and as what."""

    #: The source's name of the actions; None for the format's own.
    action: str | None = None
    #: Our name → the source's name; None for every observation there is.
    observations: dict[str, str] | None = None
    #: The source's names of what is left out.
    without: frozenset[str] = frozenset()
    #: Whether what a source announces, but does not have, may be missing.
    partial: bool = False


@dataclass
class Episode:
    """One episode of T steps; row t of every array belongs to the decision at step t."""

    #: T × values of an action.
    actions: np.ndarray
    #: Name → T × the shape of that observation; pictures are height × width × channels, uint8.
    observations: dict[str, np.ndarray]
    #: T rewards, each for the action of its step.
    rewards: np.ndarray | None = None
    #: Whether the episode was over after the step.
    dones: np.ndarray | None = None
    #: T × values of a simulator's state.
    states: np.ndarray | None = None
    #: Attributes of ours: seed, success, choices, behaviour and so on.
    attributes: dict[str, Any] = field(default_factory=dict)

    def arrays(self) -> Iterator[tuple[str, np.ndarray]]:
        """What is learned from, by name."""
        yield "action", self.actions
        yield from self.observations.items()


@dataclass
class Demonstrations:
    """A source of episodes, read while they are asked for."""

    #: What the source is, such as `LeRobot v2.1`.
    kind: str
    #: A short name for the task.
    name: str
    #: How many episodes will come.
    count: int
    #: Reads them, in order.
    read: Callable[[], Iterator[Episode]]
    #: Steps a second; None where the source does not say.
    rate: float | None = None
    #: Name of an observation, or `action` → the names of its values.
    labels: dict[str, list[str]] = field(default_factory=dict)
    #: What is left out, and why.
    dropped: dict[str, str] = field(default_factory=dict)
    #: What else whoever converts should know; may grow while episodes are read.
    notes: list[str] = field(default_factory=list)
    #: Attributes of `data` in a file of ours that pass through: environment_description and so on.
    attributes: dict[str, Any] = field(default_factory=dict)
    #: Mask → names of episodes (`demo_N`).
    masks: dict[str, list[str]] = field(default_factory=dict)
    #: Where they are read from; empty for what is in memory.
    path: str = ""

    @property
    def where(self) -> str:
        """What messages call it."""
        return self.path or self.kind


def chosen(selection: Selection, available: dict[str, str], where: str) -> dict[str, str]:
    """The observations to take, our name → the source's; `available` is what there is."""
    if selection.observations is None:
        wanted = available
    else:
        sources = set(available.values())
        for name, key in selection.observations.items():
            if key not in sources and key not in available:
                raise ConversionError(
                    f"{where}: there is no observation '{key}'; there are {listed(sorted(sources))}")
        wanted = {
            name: available.get(key, key) for name, key in selection.observations.items()
        }
    left = {n: k for n, k in wanted.items() if k not in selection.without and n not in selection.without}
    return left


def listed(names: list[str], most: int = 12) -> str:
    """Names in words."""
    if not names:
        return "none"
    shown = ", ".join(f"'{name}'" for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def is_picture(array: np.ndarray) -> bool:
    """Whether each step is a picture: height × width × 1, 3 or 4 bytes."""
    return array.dtype == np.uint8 and array.ndim == 4 and array.shape[3] in (1, 3, 4)


def storable(array: np.ndarray, what: str) -> np.ndarray:
    """The array in a type that the file has: numbers only, bool as bytes."""
    array = np.asarray(array)
    if array.dtype == np.bool_:
        return array.astype(np.uint8)
    if array.dtype == np.float16:
        return array.astype(np.float32)
    if array.dtype.kind not in "iuf" or array.dtype.itemsize > 8:
        raise ConversionError(f"{what} is of type {array.dtype}, but numbers are needed")
    return np.ascontiguousarray(array)


class Checker:
    """Compares each episode with the first, and looks at every number once."""

    def __init__(self, where: str):
        self.where = where
        self.first: dict[str, tuple[tuple[int, ...], np.dtype]] | None = None
        self.low: dict[str, np.ndarray] = {}
        self.high: dict[str, np.ndarray] = {}
        self.episodes = 0
        self.steps = 0

    def check(self, episode: Episode) -> Episode:
        """The episode in storable types; raises ConversionError for what no policy can learn from."""
        where = f"{self.where}: episode {self.episodes}"
        actions = storable(episode.actions, f"{where}: 'action'")
        episode.actions = actions.reshape(len(actions), -1) if actions.size else actions
        steps = len(episode.actions)
        if steps == 0:
            raise ConversionError(f"{where} has no steps")
        episode.observations = {
            name: storable(array, f"{where}: '{name}'") for name, array in episode.observations.items()
        }
        seen = {}
        for name, array in episode.arrays():
            if len(array) != steps:
                raise ConversionError(f"{where}: '{name}' has {len(array)} steps, but the actions {steps}")
            seen[name] = (array.shape[1:], array.dtype)
            self._look_at(name, array, where)
        for name in ("rewards", "dones", "states"):
            array = getattr(episode, name)
            if array is not None and len(array) != steps:
                raise ConversionError(f"{where}: {name} have {len(array)} steps, but the actions {steps}")
        if self.first is None:
            self.first = seen
        self._compare(seen, where)
        self.episodes += 1
        self.steps += steps
        return episode

    def _look_at(self, name: str, array: np.ndarray, where: str) -> None:
        if array.dtype.kind == "f":
            finite = np.isfinite(array)
            if not finite.all():
                step = int(np.argwhere(~finite)[0][0])
                raise ConversionError(f"{where}: '{name}' is NaN or infinite at step {step}")
        if array.dtype != np.uint8 and array.size:
            low, high = array.min(axis=0), array.max(axis=0)
            same = name in self.low and self.low[name].shape == low.shape
            self.low[name] = np.minimum(self.low[name], low) if same else low
            self.high[name] = np.maximum(self.high[name], high) if same else high

    def _compare(self, seen: dict, where: str) -> None:
        assert self.first is not None
        for name, (shape, dtype) in self.first.items():
            if name not in seen:
                raise ConversionError(f"{where} has no '{name}', which episode 0 has")
            if seen[name] != (shape, dtype):
                raise ConversionError(
                    f"{where}: '{name}' is {described(*seen[name])}, but in episode 0 {described(shape, dtype)}")
        for name in seen:
            if name not in self.first:
                raise ConversionError(f"{where} has '{name}', which episode 0 has not")


def described(shape: tuple[int, ...], dtype: np.dtype) -> str:
    """A shape and type in words: `float32 [14]`."""
    return f"{dtype} [{'×'.join(str(n) for n in shape)}]"
