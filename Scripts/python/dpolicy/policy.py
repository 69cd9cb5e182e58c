"""A trained policy: a folder, decided for by `dpolicy act`, or the address of a `dpolicy serve`."""

from __future__ import annotations

import base64
import http.client
import json
import subprocess
import tempfile
import urllib.parse
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .program import program


class PolicyError(Exception):
    """What is wrong with what was asked, or why there is no answer."""


class Policy:
    """Decides for one robot; keeps the observation window itself where `decide` is used.

    `act` takes whole windows and gives the chunk of actions to execute; `decide` takes one observation
    after another, and gives one action each. Close it, or use it in a `with` statement.
    """

    def __init__(self, source: str | Path, *, token: str | None = None, timeout: float = 30,
                 options: tuple[str, ...] = ()):
        """Opens a policy.

        `source`: a checkpoint folder, or `http://host:port`. `token`: what a server wants to be shown.
        `options`: further words for `dpolicy act`, such as `("--sampler", "ddim")`.
        """
        text = str(source)
        if text.startswith(("http://", "https://")):
            self._link: _Program | _Server = _Server(text, token, timeout)
        else:
            self._link = _Program(Path(source), options)
        self.description: dict[str, Any] = self._link.description
        #: Name → shape of one step's observation.
        self.observations: dict[str, tuple[int, ...]] = self._link.observations
        #: How many steps a window has.
        self.window: int = self._link.window
        self._asked = 0
        self.reset()

    def reset(self, seed: int | None = None) -> None:
        """Forgets the window; with a seed, the decisions that follow are a function of it and of what is seen."""
        self._seen: deque[dict[str, np.ndarray]] = deque(maxlen=self.window)
        self._planned: deque[np.ndarray] = deque()
        self._seed = seed

    def act(self, observations: Mapping[str, Any], seed: int | None = None) -> np.ndarray:
        """The actions to execute before looking again, chunk × values.

        `observations`: each name → steps × its shape, oldest first; fewer steps than the window repeat the first.
        """
        window = {name: self._checked(name, value) for name, value in self._named(observations).items()}
        counts = {len(value) for value in window.values()}
        if len(counts) > 1:
            raise PolicyError("observations have different numbers of steps: "
                              + ", ".join(f"'{n}' {len(v)}" for n, v in window.items()))
        return self._ask(window, seed)

    def act_batch(self, observations: Mapping[str, Any], seeds: list[int] | None = None) -> np.ndarray:
        """Decisions for many windows: each name → windows × steps × its shape; windows × chunk × values come back."""
        named = {name: np.asarray(value) for name, value in self._named(observations).items()}
        counts = {len(value) for value in named.values()}
        if len(counts) != 1:
            raise PolicyError("observations have different numbers of windows")
        count = counts.pop()
        if seeds is not None and len(seeds) != count:
            raise PolicyError(f"there are {len(seeds)} seeds for {count} windows")
        windows = [{name: self._checked(name, value[i]) for name, value in named.items()} for i in range(count)]
        chunks: list[np.ndarray] = []
        for start in range(0, count, _LARGEST_BATCH):
            chunks += self._ask_batch(windows[start:start + _LARGEST_BATCH],
                                      None if seeds is None else seeds[start:start + _LARGEST_BATCH])
        return np.stack(chunks)

    def decide(self, observation: Mapping[str, Any]) -> np.ndarray:
        """The action for one more observation, each name → its shape."""
        step = {name: self._checked(name, np.asarray(value)[None])[0]
                for name, value in self._named(observation).items()}
        self._seen.append(step)
        if not self._planned:
            window = {name: np.stack([seen[name] for seen in self._seen]) for name in self.observations}
            self._planned.extend(self._ask(window, self._seed))
            if self._seed is not None:
                self._seed = (self._seed + 1) & ((1 << 64) - 1)
        return self._planned.popleft()

    @property
    def spaces(self) -> tuple[Any, Any]:
        """gymnasium's spaces: a Dict of one step's observations, and the Box of actions as recorded."""
        from gymnasium import spaces

        pictures = {n for n, shape in self.observations.items() if len(shape) == 3}
        seen = {
            name: spaces.Box(0, 255, shape, np.uint8) if name in pictures
            else spaces.Box(-np.inf, np.inf, shape, np.float64)
            for name, shape in self.observations.items()}
        action = self._link.action
        width = int(np.prod(action["shape"])) if "shape" in action else int(action["width"])
        low, high = action["low"], action["high"]
        if len(low) != width:  # An angle has two ends each for its sine and cosine.
            low, high = [-np.inf] * width, [np.inf] * width
        return spaces.Dict(seen), spaces.Box(np.array(low, np.float64), np.array(high, np.float64), dtype=np.float64)

    def close(self) -> None:
        """Ends the program or the connection."""
        self._link.close()

    def __enter__(self) -> Policy:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _named(self, observations: Mapping[str, Any]) -> dict[str, Any]:
        for name in self.observations:
            if name not in observations:
                raise PolicyError(f"observation '{name}' is missing; there are {', '.join(map(repr, observations))}")
        return {name: observations[name] for name in self.observations}

    def _checked(self, name: str, value: Any) -> np.ndarray:
        array = np.asarray(value)
        shape = self.observations[name]
        if array.dtype.kind not in "iufb":
            raise PolicyError(f"observation '{name}' is of type {array.dtype}, but numbers are needed")
        width = int(np.prod(shape))
        if array.shape[1:] != shape and (array.ndim != 2 or array.shape[1] != width):
            raise PolicyError(f"observation '{name}' has shape {list(array.shape)}, expected steps × {list(shape)}")
        if not 1 <= len(array) <= self.window:
            raise PolicyError(f"observation '{name}' has {len(array)} steps, expected 1 to {self.window}")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise PolicyError(f"observation '{name}' is NaN or infinite")
        return array.reshape(len(array), *shape)

    def _ask(self, window: dict[str, np.ndarray], seed: int | None) -> np.ndarray:
        return np.asarray(self._answer(_document(window, seed))["actions"], dtype=np.float64)

    def _ask_batch(self, windows: list[dict[str, np.ndarray]], seeds: list[int] | None) -> list[np.ndarray]:
        documents = [_document(window, None if seeds is None else seeds[i]) for i, window in enumerate(windows)]
        answers = self._answer({"windows": documents})["answers"]
        for index, answer in enumerate(answers):
            if answer.get("error") is not None:
                raise PolicyError(f"window {index}: {answer['error']}")
        return [np.asarray(answer["actions"], dtype=np.float64) for answer in answers]

    def _answer(self, document: dict[str, Any]) -> dict[str, Any]:
        self._asked += 1
        answer = self._link.ask({"id": self._asked, **document})
        if answer.get("error") is not None:
            raise PolicyError(answer["error"])
        if answer.get("id") != self._asked:
            self.close()
            raise PolicyError(f"an answer to {answer.get('id')} came instead of one to {self._asked}")
        return answer


#: How many windows one document asks for; the program takes up to 1024.
_LARGEST_BATCH = 256


def _document(window: dict[str, np.ndarray], seed: int | None) -> dict[str, Any]:
    """What asks for one decision; bytes of pictures go as they are, in base64."""
    def step(value: np.ndarray) -> Any:
        if value.dtype == np.uint8 and value.ndim == 3:
            return {"raw": base64.b64encode(np.ascontiguousarray(value).tobytes()).decode(), "shape": value.shape}
        return value.reshape(-1).tolist()

    document: dict[str, Any] = {
        "observations": {name: [step(value) for value in values] for name, values in window.items()}}
    if seed is not None:
        document["seed"] = int(seed)
    return document


class _Program:
    """`dpolicy act` as a child process."""

    def __init__(self, folder: Path, options: tuple[str, ...]):
        configuration, normalizer = folder / "config.json", folder / "normalizer.json"
        try:
            self.description = json.loads(configuration.read_text())
            scales = json.loads(normalizer.read_text())
        except (OSError, ValueError) as error:
            raise PolicyError(f"{folder} is no checkpoint ({error})") from None
        self.observations, self.window = described_inputs(self.description, scales)
        self.action = scales.get("action", {})
        # A file and no pipe, which would be full one day.
        self.told = tempfile.TemporaryFile("w+")
        self.child = subprocess.Popen(
            [program(), "act", "--policy", str(folder), *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.told, text=True)

    def ask(self, document: dict[str, Any]) -> dict[str, Any]:
        try:
            assert self.child.stdin and self.child.stdout
            self.child.stdin.write(json.dumps(document) + "\n")
            self.child.stdin.flush()
            line = self.child.stdout.readline()
        except (OSError, ValueError):
            line = ""
        if not line:
            status = self.child.wait()
            self.told.seek(0)
            raise PolicyError(f"dpolicy act ended with status {status}: {self.told.read().strip()}")
        return json.loads(line)

    def close(self) -> None:
        for stream in (self.child.stdin, self.child.stdout, self.told):
            if stream:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass
        if self.child.poll() is None:
            self.child.terminate()
        self.child.wait()


class _Server:
    """`dpolicy serve`, over one connection that is kept open."""

    def __init__(self, address: str, token: str | None, timeout: float):
        parts = urllib.parse.urlsplit(address)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self.connection = kind(parts.netloc, timeout=timeout)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.description = self._request("GET", "/policy", None)
        self.observations = {
            quantity["name"]: tuple(quantity["shape"]) for quantity in self.description["observations"]}
        self.window = self.description["horizons"]["observation"]
        self.action = self.description["action"]

    def ask(self, document: dict[str, Any]) -> dict[str, Any]:
        return self._request("POST", "/act", json.dumps(document))

    def _request(self, method: str, path: str, body: str | None) -> dict[str, Any]:
        for may_retry in (True, False):
            try:
                self.connection.request(method, path, body, self.headers)
                return json.load(self.connection.getresponse())
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.connection.close()  # The next request opens it anew, and no late answer is taken.
                if not (may_retry and isinstance(error, ConnectionError)):
                    raise PolicyError(f"the server does not answer ({error})") from None
        raise AssertionError

    def close(self) -> None:
        self.connection.close()


def described_inputs(configuration: dict[str, Any], scales: dict[str, Any]) -> tuple[dict[str, tuple[int, ...]], int]:
    """The observations that a checkpoint looks at, name → shape, and how many steps a window has."""
    try:
        policy = configuration["training"]["policy"]
        shapes = {o["name"]: tuple(o.get("shape") or [o["width"]]) for o in scales["observations"]}
        for image in scales.get("images", []):
            size = image.get("recorded") or [image["height"], image["width"]]
            shapes[image["name"]] = (*size[:2], image.get("channels", 3))
        return {name: shapes[name] for name in policy["observations"]}, policy["horizons"]["observation"]
    except (KeyError, TypeError) as error:
        raise PolicyError(f"the checkpoint's config.json or normalizer.json has no {error}") from None
