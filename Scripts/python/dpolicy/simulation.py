"""Worlds of `dpolicy simulate`, in a process of their own."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from . import frames
from .program import program


class SimulationError(Exception):
    """What is wrong with what was asked, or why there is no answer."""


class Simulation:
    """A program that simulates worlds. Close it, or use it in a `with` statement."""

    def __init__(self, environment: str, options: Mapping[str, float] | None = None, *,
                 command: Sequence[str] | None = None):
        """Starts a program.

        `environment`: its name, such as "push". `options`: as `dpolicy environments` lists them.
        `command`: another program that speaks the protocol.
        """
        self.environment = environment
        self.options = dict(options or {})
        words = command or [program(), "simulate", "--environment", environment, "--stdio"]
        # A file and no pipe, which would be full one day.
        self._told = tempfile.TemporaryFile("w+")
        self._child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._told)
        self._asked = 0
        greeting, _ = self.ask("hello", version=frames.VERSION)
        if greeting.get("version") != frames.VERSION:
            raise SimulationError(f"{words[0]} speaks version {greeting.get('version')} of the protocol")

    def make(self, count: int = 1) -> dict[str, Any]:
        """Makes worlds: their numbers under "worlds", spaces, clock and task under "description"."""
        return self.ask("make", environment=self.environment, options=self.options, count=count)[0]

    def ask(self, call: str, arrays: Mapping[str, np.ndarray] | None = None,
            **fields: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Asks one thing: the answer's header and its arrays."""
        self._asked += 1
        answer = None
        try:
            assert self._child.stdin and self._child.stdout
            frames.write(self._child.stdin, {"id": self._asked, "call": call, **fields}, arrays)
            answer = frames.read(self._child.stdout)
        except (OSError, ValueError) as error:
            if self._child.stdin and self._child.stdin.closed:
                raise SimulationError("the simulation is closed") from error
        if answer is None:
            status = self._child.wait()
            self._told.seek(0)
            raise SimulationError(f"the simulator ended with status {status}: {self._told.read().strip()}")
        if answer[0].get("error") is not None:
            raise SimulationError(answer[0]["error"])
        return answer

    def look(self, call: str, worlds: Iterable[int], observations: Iterable[str],
             arrays: Mapping[str, np.ndarray] | None = None,
             **fields: Any) -> tuple[dict[str, np.ndarray], dict[str, Any], dict[str, np.ndarray]]:
        """Asks something after which worlds look otherwise: what they show, the header, all arrays."""
        names = list(observations)
        header, given = self.ask(call, arrays, worlds=list(worlds), observations=names, **fields)
        return {name: given[f"observation/{name}"] for name in names}, header, given

    def close(self) -> None:
        """Ends the program."""
        for stream in (self._child.stdin, self._child.stdout, self._told):
            if stream:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass
        try:
            self._child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def __enter__(self) -> Simulation:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
