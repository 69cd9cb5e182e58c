"""Environments of gymnasium for the program: `python3 -m dpolicy.worker ID`, which `--environment python:ID` starts.

ID: a name in gymnasium (`gym_pusht/PushT-v0`, `gymnasium_robotics:FetchReach-v4`), or a function that makes an
environment (`package.module:function`); `ID@mapping.json` for what its numbers mean (dpolicy.mapping). What
environments print goes to standard error; standard output is for messages alone.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import os
import re
import sys
import traceback
from typing import Any

import numpy as np

from . import frames
from .mapping import MappingError, bounds, flattened, found, is_picture, loaded

GYMNASIUM_NAME = re.compile(r"^(?:[\w.]+:)?(?:[\w:.-]+/)?[\w:.-]+-v\d+$")


class World:
    """One environment, with what the mapping says of it."""

    #: By name, whether an environment draws pictures here.
    drawn: dict[str, bool] = {}

    def __init__(self, name: str, mapping: dict[str, Any], options: dict[str, float]):
        from gymnasium import spaces

        self.name, self.mapping = name, mapping
        self.environment = made(name, {**mapping.get("kwargs", {}), **options})
        self.bare = self.environment.unwrapped
        self.raw = flattened(self.environment.observation_space)
        self.named = self._named()
        self.subtasks = mapping.get("subtasks", {})
        self.action = self.environment.action_space
        self.is_continuous = isinstance(self.action, spaces.Box)
        self.is_choice = isinstance(self.action, spaces.Discrete)
        self.limit = int(mapping.get("episode_limit") or self._wrapped_limit() or 1000)
        self.adapter = loaded(mapping["adapter"]) if "adapter" in mapping else self._usual_adapter()
        self.demonstrator: Any = None
        self.reset(0)

    # What it is

    def _wrapped_limit(self) -> int | None:
        spec = self.environment.spec
        return spec.max_episode_steps if spec else None

    def _usual_adapter(self) -> Any:
        from .adapters import mujoco

        return mujoco if mujoco.fits(self.bare) else None

    def _named(self) -> dict[str, tuple[str, Any]]:
        """Name → where it is found in an observation, which of its values (None for all), whether it is a picture."""
        given = self.mapping.get("observations")
        if given is None:
            return {path: (path, None, is_picture(space)) for path, space in self.raw.items()}
        named = {}
        for name, entry in given.items():
            path, values = entry.get("from") or next(iter(self.raw)), entry.get("values")
            if path not in self.raw:
                raise MappingError(f"observation '{name}' is from '{path}', but there are {', '.join(self.raw)}")
            named[name] = (path, values, values is None and is_picture(self.raw[path]))
        return named

    def _space(self, name: str) -> dict[str, Any]:
        path, values, is_shown = self.named[name]
        box, entry = self.raw[path], (self.mapping.get("observations") or {}).get(name, {})
        if is_shown:
            return {"name": name, "shape": [*box.shape[:2], 3], "element_type": "uint8", "components": []}
        low, high = bounds(box)
        chosen = list(range(len(low))) if values is None else values
        if any(index not in range(len(low)) for index in chosen):
            raise MappingError(f"observation '{name}': '{path}' has {len(low)} values, counted from 0")
        return {"name": name, "shape": [len(chosen)], "element_type": "float32",
                "components": components(entry, [low[i] for i in chosen], [high[i] for i in chosen])}

    def description(self, options: dict[str, float]) -> dict[str, Any]:
        low, high = bounds(self.action)
        rate = self.mapping.get("control_rate")
        if rate is None:
            rate = float(self.environment.metadata.get("render_fps") or 0)
        return {"name": self.name, "options": options, "observations": [self._space(name) for name in self.named],
                "action": {"name": "action", "shape": [len(low)], "element_type": "float32",
                           "components": components(self.mapping.get("action", {}), low, high)},
                "control_rate": rate, "episode_limit": self.limit,
                "subtasks": list(self.mapping.get("subtasks", {}))}

    def abilities(self) -> list[str]:
        can = []
        if self.can_draw():
            can.append("picture")
        if self.can_restore():
            can += ["state", "start"] if hasattr(self.adapter, "start") else ["state"]
        if "expert" in self.mapping:
            loaded(self.mapping["expert"])  # Whatever is wrong with it is told before anything is recorded.
            can.append("demonstrate")
        return can

    def can_draw(self) -> bool:
        """Whether there are pictures: tried once, since what they need of the machine may be missing."""
        if "rgb_array" not in (self.environment.metadata.get("render_modes") or []):
            return False
        if self.name not in World.drawn:
            try:
                World.drawn[self.name] = self.picture(8).ndim == 3
            except Exception as error:  # noqa: BLE001 - whatever it is, it does not draw.
                print(f"{self.name} draws no pictures: {error}", file=sys.stderr)
                World.drawn[self.name] = False
        return World.drawn[self.name]

    def can_restore(self) -> bool:
        """Whether two restores of one state go on alike: tried, and not believed."""
        if not (hasattr(self.adapter, "save") and self._observe() is not None):
            return False
        try:
            self.reset(1)
            draw = np.random.default_rng(0)
            low, high = (np.clip(end, -1e3, 1e3) for end in bounds(self.action))
            actions = [draw.uniform(low, high) for _ in range(6)]
            for action in actions[:3]:
                self.step(action)
            state, runs = self.state(), []
            for _ in range(2):
                self.restore(state)
                for action in actions[3:]:
                    self.step(action)
                runs.append(self.state())
            return bool(np.array_equal(*runs))
        except Exception:  # noqa: BLE001 - whatever it is, it does not save states.
            return False
        finally:
            self.reset(0)

    # What it does

    def reset(self, seed: int) -> None:
        # Generators of gymnasium take any seed that is not negative; older ones of NumPy 32 bits.
        try:
            seen, _ = self.environment.reset(seed=seed)
        except (ValueError, OverflowError):
            seen, _ = self.environment.reset(seed=seed % (1 << 32))
        self.steps, self.achieved = 0, set()
        self.seen = seen

    def step(self, action: np.ndarray) -> tuple[float, list[int], bool, bool]:
        self.seen, reward, terminated, truncated, info = self.environment.step(self._action(action))
        self.steps += 1
        completed = []
        for index, (name, rule) in enumerate(self.subtasks.items()):
            if index not in self.achieved and holds(rule, info, reward, f"sub-task '{name}'"):
                self.achieved.add(index)
                completed.append(index)
        rule = self.mapping.get("success")
        if rule is None:
            success = any(is_true(info.get(key, False)) for key in ("is_success", "success"))
        else:
            success = holds(rule, info, reward, "success")
        finished = bool(terminated or truncated) or self.steps >= self.limit
        return float(reward), completed, success, finished

    def _action(self, action: np.ndarray) -> Any:
        if self.is_continuous:
            return action.reshape(self.action.shape).astype(self.action.dtype)
        whole = np.rint(action).astype(np.int64)
        if self.is_choice:
            return int(whole[0])
        return whole.reshape(self.action.shape)

    def observation(self, name: str) -> np.ndarray:
        path, values, is_shown = self.named[name]
        value = part(self.seen, path)
        if is_shown:
            picture = np.asarray(value)
            return np.repeat(picture, 3, 2) if picture.shape[2] == 1 else picture[:, :, :3]
        flat = np.asarray(value, np.float32).reshape(-1)
        return flat if values is None else flat[values]

    # States

    def _observe(self) -> Any:
        for place in (self.adapter, self.bare):
            for name in ("observe", "get_obs", "_get_obs"):
                function = getattr(place, name, None)
                if function is not None:
                    return (lambda: function(self.bare)) if place is self.adapter else function
        return None

    def state(self) -> np.ndarray:
        achieved = [float(index in self.achieved) for index in range(len(self.subtasks))]
        numbers = np.concatenate([[self.steps], achieved, np.asarray(self.adapter.save(self.bare), np.float64)])
        return split(numbers)

    def restore(self, state: np.ndarray) -> None:
        numbers = joined(state)
        count = len(self.subtasks)
        if not 0 <= numbers[0] <= self.limit or numbers[0] != int(numbers[0]) or np.abs(numbers).max() > 1e8:
            raise ValueError("this is no state of the environment")
        self.adapter.restore(self.bare, numbers[1 + count:])
        self._begin(int(numbers[0]), {index for index in range(count) if numbers[1 + index]})

    def start(self, observations: dict[str, np.ndarray]) -> None:
        self.adapter.start(self.bare, observations)
        self._begin(0, set())

    def _begin(self, steps: int, achieved: set[int]) -> None:
        self.steps, self.achieved = steps, achieved
        layer = self.environment
        while layer is not self.bare:
            if hasattr(layer, "_elapsed_steps"):
                layer._elapsed_steps = steps
            layer = layer.env
        observe = self._observe()
        self.seen = observe() if observe else self.seen

    def picture(self, side: int) -> np.ndarray:
        image = np.asarray(self.environment.render())
        if image.ndim != 3:
            raise ValueError("render() gave no picture")
        step = -(-max(image.shape[:2]) // side)
        height, width = (length // step * step for length in image.shape[:2])
        blocks = image[:height, :width, :3].reshape(height // step, step, width // step, step, 3)
        return blocks.mean((1, 3)).astype(np.uint8) if step > 1 else image[:, :, :3].astype(np.uint8)

    def begin(self, seed: int) -> None:
        self.demonstrator = loaded(self.mapping["expert"])(self.environment, seed)


class Worker:
    """Answers the program's questions."""

    def __init__(self, name: str):
        self.name = name
        self.identifier = name.partition("@")[0]
        self.mapping = found(name)
        self.worlds: dict[int, World] = {}
        self.made = 0
        #: By options, what worlds can do: finding it out takes steps.
        self.abilities: dict[str, list[str]] = {}

    def answer(self, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> tuple[dict[str, Any], dict[str, Any]]:
        call = header.get("call")
        if call == "hello":
            listing = {"name": self.identifier, "summary": self.mapping.get("summary", f"{self.identifier} of gymnasium"),
                       "options": options_of(self.identifier, self.mapping)}
            return {"version": frames.VERSION, "program": "dpolicy.worker", "environments": [listing]}, {}
        if call == "make":
            return self._make(header), {}
        if call == "close":
            for number in header.get("worlds", []):
                world = self.worlds.pop(number, None)
                if world:
                    world.environment.close()
            return {}, {}
        chosen = [self.worlds[number] for number in header.get("worlds", []) if number in self.worlds]
        if not chosen or len(chosen) != len(header["worlds"]):
            raise ValueError("'worlds' must name worlds that there are")
        reply, given = self._act(call, header, arrays, chosen)
        for name in header.get("observations") or []:
            given[f"observation/{name}"] = np.array([world.observation(name) for world in chosen])
        if header.get("states"):
            given["state"] = np.stack([world.state() for world in chosen])
        return reply, given

    def _make(self, header: dict[str, Any]) -> dict[str, Any]:
        options = header.get("options") or {}
        kinds = {each["name"]: each for each in options_of(self.identifier, self.mapping)}
        values = {}
        for name, value in options.items():
            if name not in kinds:
                raise ValueError(f"there is no option '{name}'")
            kind = kinds[name]
            values[name] = bool(value) if kind.get("is_flag") else int(value) if kind["is_whole"] else value
        worlds = [World(self.identifier, self.mapping, values) for _ in range(header.get("count") or 1)]
        numbers = []
        for world in worlds:
            self.made += 1
            self.worlds[self.made] = world
            numbers.append(self.made)
        abilities = self.abilities.get(repr(values))
        if abilities is None:
            abilities = self.abilities[repr(values)] = worlds[0].abilities()
        reply = {"worlds": numbers, "description": worlds[0].description(options), "abilities": abilities}
        if "start" in abilities:
            reply["start_observations"] = worlds[0].adapter.START
        return reply

    def _act(self, call: str | None, header: dict[str, Any], arrays: dict[str, np.ndarray],
             chosen: list[World]) -> tuple[dict[str, Any], dict[str, Any]]:
        reply: dict[str, Any] = {}
        given: dict[str, Any] = {}
        if call == "reset":
            for world, seed in zip(chosen, header["seeds"], strict=True):
                world.reset(seed)
        elif call == "step":
            results = [world.step(action) for world, action in zip(chosen, arrays["action"], strict=True)]
            given["reward"] = np.array([result[0] for result in results], np.float32)
            given["success"] = np.array([result[2] for result in results], np.uint8)
            given["finished"] = np.array([result[3] for result in results], np.uint8)
            reply["completed"] = [result[1] for result in results]
        elif call == "restore":
            for world, state in zip(chosen, arrays["state"], strict=True):
                world.restore(state)
        elif call == "start":
            for index, world in enumerate(chosen):
                world.start({name: np.asarray(arrays[f"observation/{name}"][index], np.float64)
                             for name in world.adapter.START})
        elif call == "behaviour":
            reply["behaviours"] = [{} for _ in chosen]
        elif call == "picture":
            given["picture"] = np.stack([world.picture(header.get("side") or 256) for world in chosen])
        elif call == "begin":
            for world, seed in zip(chosen, header["seeds"], strict=True):
                world.begin(seed)
            reply["choices"] = [{} for _ in chosen]
        elif call == "demonstrate":
            given["action"] = np.stack([np.asarray(world.demonstrator(), np.float32).reshape(-1) for world in chosen])
        elif call != "observe":
            raise ValueError(f"unknown call '{call}'")
        return reply, given


def made(name: str, keywords: dict[str, Any]) -> Any:
    """Makes an environment of gymnasium, with its pictures where it has any."""
    import gymnasium

    if not GYMNASIUM_NAME.match(name):
        return maker(name)(**keywords)
    spec = specification(name)
    entry = loaded(spec.entry_point) if isinstance(spec.entry_point, str) else spec.entry_point
    modes = (getattr(entry, "metadata", None) or {}).get("render_modes") or []
    if "rgb_array" in modes and "render_mode" not in keywords:
        keywords = {**keywords, "render_mode": "rgb_array"}
    return gymnasium.make(spec, disable_env_checker=True, **keywords)


def maker(name: str) -> Any:
    """The function of a name that is none of gymnasium's."""
    if ":" not in name:
        raise MappingError(f"'{name}' is neither a name in gymnasium, such as CartPole-v1, nor package.module:function")
    found = loaded(name)
    if not callable(found):
        raise MappingError(f"'{name}' is a {type(found).__name__}, and no function that makes an environment")
    return found


def specification(name: str) -> Any:
    """What gymnasium knows of a name; the package that it begins with is imported."""
    import gymnasium

    module, _, name = name.rpartition(":")
    if module:
        loaded(module)
    elif "/" in name and name not in gymnasium.registry:
        with contextlib.suppress(ImportError):
            importlib.import_module(name.split("/")[0].replace("-", "_"))
    return gymnasium.spec(name)


def options_of(name: str, mapping: dict[str, Any]) -> list[dict[str, Any]]:
    """The keywords of an environment whose default is a number: what `--option` may set."""
    if GYMNASIUM_NAME.match(name):
        spec = specification(name)
        entry = loaded(spec.entry_point) if isinstance(spec.entry_point, str) else spec.entry_point
        own = dict(spec.kwargs)
    else:
        entry, own = maker(name), {}
    defaults = {}
    try:
        for parameter in inspect.signature(entry).parameters.values():
            if isinstance(parameter.default, (bool, int, float)) and parameter.default is not inspect.Parameter.empty:
                defaults[parameter.name] = parameter.default
    except (TypeError, ValueError):
        pass
    defaults.update({key: value for key, value in {**own, **mapping.get("kwargs", {})}.items()
                     if isinstance(value, (bool, int, float))})
    options = []
    for key, value in sorted(defaults.items()):
        if not np.isfinite(value):
            continue
        flag = isinstance(value, bool)
        reach = 1.0 if flag else 1e9
        options.append({"name": key, "summary": f"a keyword of {name}", "default_value": float(value),
                        "low": 0.0 if flag else -reach, "high": reach, "is_whole": isinstance(value, int),
                        "is_flag": flag})
    return options


def components(entry: dict[str, Any], low: Any, high: Any) -> list[dict[str, Any]]:
    """What each number of a space means."""
    names, angles = entry.get("names"), entry.get("angles", [])
    if names is not None and len(names) != len(low):
        raise MappingError(f"there are {len(names)} names for {len(low)} values")
    return [{"name": str(names[i]) if names else str(i), "low": float(low[i]), "high": float(high[i]),
             "unit": "rad" if i in angles else entry.get("unit", ""), "is_angle": i in angles}
            for i in range(len(low))]


def holds(rule: Any, info: dict[str, Any], reward: Any, what: str) -> bool:
    """Whether a rule of the mapping is met: a key of info, or a bound for one, or for the reward."""
    if isinstance(rule, str):
        if rule not in info:
            raise MappingError(f"{what}: info has no '{rule}', but {', '.join(map(str, info))}")
        return is_true(info[rule])
    if "reward" in rule:
        return float(reward) >= rule["reward"]
    if rule.get("info") not in info:
        raise MappingError(f"{what}: info has no '{rule.get('info')}', but {', '.join(map(str, info))}")
    value = float(info[rule["info"]])
    return value > rule["above"] if "above" in rule else value >= rule.get("at_least", 1)


def is_true(value: Any) -> bool:
    """Whether all of a value holds; numpy takes long to say so of one number."""
    return bool(value) if isinstance(value, (bool, np.bool_)) else bool(np.all(value))


def part(seen: Any, path: str) -> Any:
    """The part of an observation that a path leads to."""
    if not isinstance(seen, (dict, tuple)):
        return seen
    for word in path.split("/"):
        seen = seen[int(word)] if isinstance(seen, tuple) else seen[word]
    return seen


def split(numbers: np.ndarray) -> np.ndarray:
    """Each double as three floats whose sum it is, to the bit."""
    parts, rest = [], numbers
    for _ in range(3):
        parts.append(rest.astype(np.float32))
        rest = rest - parts[-1]
    return np.stack(parts, 1).reshape(-1)


def joined(values: np.ndarray) -> np.ndarray:
    """The doubles of `split`."""
    parts = np.asarray(values, np.float64).reshape(-1, 3)
    return parts[:, 2] + parts[:, 1] + parts[:, 0]


def told(error: Exception) -> str:
    """What an environment raised, and where, in one line."""
    text = f"{type(error).__name__}: {' '.join(str(error).split())[:1000]}"
    files = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith("<")]
    # gymnasium's own errors, and those of syntax, say it themselves.
    if not files or isinstance(error, SyntaxError) or type(error).__module__.startswith("gymnasium"):
        return text
    return f"{text} ({os.path.basename(files[-1].filename)}:{files[-1].lineno})"


def serve(worker: Worker, source: Any, sink: Any) -> None:
    """Answers until the other side closes."""
    while (message := frames.read(source)) is not None:
        header, arrays = message
        try:
            reply, given = worker.answer(header, arrays)
        except MappingError as error:
            reply, given = {"error": str(error)}, {}
        except Exception as error:  # noqa: BLE001 - whatever an environment raises is told.
            reply, given = {"error": f"{worker.identifier}: {told(error)}"}, {}
        frames.write(sink, {"id": header.get("id", 0), **reply}, given)


def main() -> int:
    # What environments print must not stand among the messages.
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    if len(sys.argv) != 2:
        print("usage: python3 -m dpolicy.worker ID[@mapping.json]", file=sys.stderr)
        return 64
    try:
        import gymnasium  # noqa: F401 - told here, before the first question, where it is missing.

        worker = Worker(sys.argv[1])
    except ModuleNotFoundError as error:
        print(f"{error}: pip install gymnasium for {sys.executable}, or name another Python in DPOLICY_PYTHON",
              file=sys.stderr)
        return 65
    except MappingError as error:
        print(error, file=sys.stderr)
        return 65
    serve(worker, sys.stdin.buffer, sink)
    return 0


if __name__ == "__main__":
    sys.exit(main())
