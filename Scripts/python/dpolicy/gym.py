"""The program's worlds as environments of gymnasium.

    import dpolicy.gym
    world = gymnasium.make("dpolicy/Push-v0")                          # Claw, PushT
    worlds = gymnasium.make_vec("dpolicy/Push-v0", num_envs=64, vectorization_mode="vector_entry_point")

One process simulates all worlds of a vector. An episode that ends with its task done is terminated,
one that reaches its limit of time is truncated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from .simulation import Simulation

#: Names in gymnasium and in the program.
ENVIRONMENTS = {"dpolicy/Claw-v0": "claw", "dpolicy/Push-v0": "push", "dpolicy/PushT-v0": "push-t"}


def register() -> None:
    """Makes the environments known to gymnasium; importing this module does so."""
    for name, environment in ENVIRONMENTS.items():
        if name not in gymnasium.registry:
            gymnasium.register(
                name, entry_point="dpolicy.gym:Environment", vector_entry_point="dpolicy.gym:VectorEnvironment",
                kwargs={"environment": environment})


def space(description: dict[str, Any]) -> spaces.Box:
    """A space of the program as gymnasium's."""
    shape = tuple(description["shape"])
    if description["element_type"] == "uint8":
        return spaces.Box(0, 255, shape, np.uint8)
    low, high = ([component[end] for component in description["components"]] for end in ("low", "high"))
    return spaces.Box(np.array(low, np.float32).reshape(shape), np.array(high, np.float32).reshape(shape),
                      dtype=np.float32)


class _Worlds:
    """What one environment and a vector have in common: worlds in a process, and their spaces."""

    def __init__(self, environment: str, observations: Sequence[str] | None, options: dict[str, float], count: int,
                 side: int):
        self.simulation = Simulation(environment, options)
        made = self.simulation.make(count)
        self.numbers: list[int] = made["worlds"]
        self.description: dict[str, Any] = made["description"]
        self.side = side
        offered = {each["name"]: each for each in self.description["observations"]}
        flat = [name for name, each in offered.items() if each["element_type"] == "float32"]
        self.names = list(observations) if observations is not None else flat
        for name in self.names:
            if name not in offered:
                raise ValueError(f"there is no observation '{name}' in {environment}, but {', '.join(offered)}")
        if not self.names:
            raise ValueError("at least one observation must be looked at")
        each = {name: space(offered[name]) for name in self.names}
        self.observation_space = each[self.names[0]] if len(each) == 1 else spaces.Dict(each)
        self.action_space = space(self.description["action"])
        rate = self.description["control_rate"]
        self.metadata = {"render_modes": ["rgb_array"], "render_fps": round(rate) if rate > 0 else 2}

    def seen(self, frame: dict[str, np.ndarray]) -> Any:
        """What a frame of observations is in the observation space; arrays of one's own."""
        own = {name: np.array(value) for name, value in frame.items()}
        return own[self.names[0]] if len(self.names) == 1 else own

    def reset(self, seeds: Sequence[int], indices: Sequence[int] | None = None) -> dict[str, np.ndarray]:
        numbers = self.numbers if indices is None else [self.numbers[i] for i in indices]
        return self.simulation.look("reset", numbers, self.names, seeds=[int(seed) for seed in seeds])[0]

    def step(self, actions: np.ndarray, indices: Sequence[int] | None = None) -> tuple[Any, ...]:
        numbers = self.numbers if indices is None else [self.numbers[i] for i in indices]
        actions = np.asarray(actions, np.float32).reshape(len(numbers), -1)
        frame, header, arrays = self.simulation.look("step", numbers, self.names, {"action": actions})
        success, finished = arrays["success"] != 0, arrays["finished"] != 0
        # Where there is no clock, what runs out is the task's own (drops), and no limit of time.
        terminated = success | finished if self.description["control_rate"] == 0 else success
        return frame, arrays["reward"].astype(np.float64), success, terminated, finished & ~terminated, \
            header["completed"]

    def picture(self) -> np.ndarray:
        _, arrays = self.simulation.ask("picture", worlds=self.numbers, side=self.side)
        return np.array(arrays["picture"])

    def states(self) -> np.ndarray:
        _, arrays = self.simulation.ask("observe", worlds=self.numbers, observations=[], states=True)
        return np.array(arrays["state"])

    def restore(self, states: np.ndarray) -> dict[str, np.ndarray]:
        states = np.asarray(states, np.float32).reshape(len(self.numbers), -1)
        return self.simulation.look("restore", self.numbers, self.names, {"state": states})[0]


class Environment(gymnasium.Env):
    """One world of the program.

    `observations`: what is seen; all but pictures unless given. One is a Box, several are a Dict.
    `render_side`: the longest side of a picture, in pixels. Other keywords are the environment's options.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}

    def __init__(self, environment: str, observations: Sequence[str] | None = None, render_mode: str | None = None,
                 render_side: int = 256, **options: float):
        if render_mode not in (None, "rgb_array"):
            raise ValueError(f"render_mode is {render_mode!r}, but must be None or 'rgb_array'")
        self._worlds = _Worlds(environment, observations, options, 1, render_side)
        self.metadata = self._worlds.metadata
        self.render_mode = render_mode
        self.observation_space = self._worlds.observation_space
        self.action_space = self._worlds.action_space
        #: Spaces, clock and task as the program describes them.
        self.description = self._worlds.description

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode: the one of `seed`, else of a number that the environment's generator draws."""
        super().reset(seed=seed)
        chosen = int(self.np_random.integers(1 << 63)) if seed is None else seed
        frame = self._worlds.reset([chosen])
        return self._first(frame), {"seed": chosen}

    def step(self, action: np.ndarray) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Executes one action; values outside the space are clamped."""
        frame, reward, success, terminated, truncated, completed = self._worlds.step(np.asarray(action)[None])
        names = [self.description["subtasks"][index] for index in completed[0]]
        return (self._first(frame), float(reward[0]), bool(terminated[0]), bool(truncated[0]),
                {"is_success": bool(success[0]), "completed": names})

    def render(self) -> np.ndarray | None:
        """The picture for people."""
        return self._worlds.picture()[0] if self.render_mode == "rgb_array" else None

    def save_state(self) -> np.ndarray:
        """Everything needed to go on from here."""
        return self._worlds.states()[0]

    def restore_state(self, state: np.ndarray) -> Any:
        """Goes back to a saved state, and shows it."""
        return self._first(self._worlds.restore(np.asarray(state)[None]))

    def close(self) -> None:
        """Ends the process."""
        self._worlds.simulation.close()

    def _first(self, frame: dict[str, np.ndarray]) -> Any:
        return self._worlds.seen({name: value[0] for name, value in frame.items()})


class VectorEnvironment(gymnasium.vector.VectorEnv):
    """Many worlds in one process; one that has ended starts anew at the next step, whose action it ignores."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10, "autoreset_mode": AutoresetMode.NEXT_STEP}

    def __init__(self, environment: str, num_envs: int = 1, observations: Sequence[str] | None = None,
                 render_mode: str | None = None, render_side: int = 256, **options: float):
        self._worlds = _Worlds(environment, observations, options, num_envs, render_side)
        self.metadata = self._worlds.metadata | {"autoreset_mode": AutoresetMode.NEXT_STEP}
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.single_observation_space = self._worlds.observation_space
        self.single_action_space = self._worlds.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.description = self._worlds.description
        self._ended = np.zeros(num_envs, bool)

    def reset(self, *, seed: int | Sequence[int] | None = None,
              options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode in each world: of seed, seed + 1, …, or of the seeds given."""
        if isinstance(seed, (int, np.integer)):
            super().reset(seed=int(seed))
            seeds = [int(seed) + index for index in range(self.num_envs)]
        else:
            seeds = list(seed) if seed is not None else self._drawn(self.num_envs)
        self._ended[:] = False
        frame = self._worlds.reset(seeds)
        return self._worlds.seen(frame), {"seed": np.array(seeds, np.uint64)}

    def step(self, actions: np.ndarray) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Executes an action in each world."""
        count = self.num_envs
        going, ended = np.flatnonzero(~self._ended), np.flatnonzero(self._ended)
        rewards = np.zeros(count)
        success, terminated, truncated = (np.zeros(count, bool) for _ in range(3))
        frames: list[tuple[np.ndarray, dict[str, np.ndarray]]] = []
        if len(going):
            frame, rewards[going], success[going], terminated[going], truncated[going], _ = self._worlds.step(
                np.asarray(actions)[going], going)
            frames.append((going, frame))
        if len(ended):
            frames.append((ended, self._worlds.reset(self._drawn(len(ended)), ended)))
        self._ended = terminated | truncated
        if len(frames) == 1:
            whole = frames[0][1]
        else:
            whole = {name: np.empty((count, *frames[0][1][name].shape[1:]), frames[0][1][name].dtype)
                     for name in self._worlds.names}
            for indices, frame in frames:
                for name in whole:
                    whole[name][indices] = frame[name]
        return self._worlds.seen(whole), rewards, terminated, truncated, {"is_success": success}

    def render(self) -> tuple[np.ndarray, ...] | None:
        """A picture of each world."""
        return tuple(self._worlds.picture()) if self.render_mode == "rgb_array" else None

    def close_extras(self, **_: Any) -> None:
        """Ends the process."""
        self._worlds.simulation.close()

    def _drawn(self, count: int) -> list[int]:
        return [int(value) for value in self.np_random.integers(1 << 63, size=count)]


register()
