#!/usr/bin/env python3
"""A simulator in another language: a point that must reach a place, over Demos/PROTOCOL.md, without a library.

    dpolicy environments "stdio:Demos/examples/simulator.py"
    dpolicy record --environment "stdio:Demos/examples/simulator.py" --expert --episodes 50 --output reach.hdf5
    dpolicy train --demos reach.hdf5 --method mse --backbone mlp --steps 500 --output runs/reach
    dpolicy rollout --environment "stdio:Demos/examples/simulator.py" --policy runs/reach --animation reach.webp
"""

import array
import json
import random
import struct
import sys

LIMIT, NEAR, SIDE = 50, 0.1, 96
NUMBER = {"low": -1, "high": 1, "unit": "m", "is_angle": False}
DESCRIPTION = {
    "name": "reach", "options": {}, "control_rate": 10, "episode_limit": LIMIT, "subtasks": ["there"],
    "action": {"name": "action", "shape": [2], "element_type": "float32",
               "components": [{**NUMBER, "name": n} for n in ("speed_x", "speed_y")]},
    "observations": [{"name": "state", "shape": [4], "element_type": "float32",
                      "components": [{**NUMBER, "name": n} for n in ("x", "y", "goal_x", "goal_y")]}]}


def short(value):
    """The nearest number of 32 bits: what is saved and restored must be what goes on."""
    return struct.unpack("<f", struct.pack("<f", value))[0]


class World:
    def reset(self, seed):
        draw = random.Random(seed)
        self.numbers = [short(draw.uniform(-0.9, 0.9)) for _ in range(4)]
        self.steps = 0

    def step(self, action):
        self.numbers[:2] = [short(min(1, max(-1, place + 0.1 * speed)))
                            for place, speed in zip(self.numbers, action)]
        self.steps += 1
        there = max(abs(self.numbers[i] - self.numbers[i + 2]) for i in (0, 1)) < NEAR
        return float(there), there, there or self.steps == LIMIT

    def demonstrate(self):
        return [min(1, max(-1, 10 * (self.numbers[i + 2] - self.numbers[i]))) for i in (0, 1)]

    def picture(self):
        rows = bytearray(b"\xff" * (SIDE * SIDE * 3))
        for (x, y), color in ((self.numbers[2:], b"\x40\xc0\x40"), (self.numbers[:2], b"\x20\x20\x80")):
            column, row = (int((value + 1) / 2 * (SIDE - 8)) for value in (x, -y))
            for line in range(row, row + 8):
                start = 3 * (line * SIDE + column)
                rows[start:start + 24] = color * 8
        return bytes(rows)


def floats(values):
    return array.array("f", values).tobytes()


def answer(request, given, worlds):
    """The answer's header, and its arrays: (name, type, shape, bytes)."""
    call, numbers = request["call"], request.get("worlds", [])
    chosen = [worlds[number] for number in numbers]
    if call == "hello":
        return {"version": 1, "program": "simulator.py",
                "environments": [{"name": "reach", "summary": "A point reaches a place.", "options": []}]}, []
    if call == "make":
        made = list(range(len(worlds), len(worlds) + request.get("count", 1)))
        for number in made:
            worlds[number] = World()
            worlds[number].reset(0)
        return {"worlds": made, "description": DESCRIPTION, "abilities": ["state", "picture", "demonstrate"]}, []
    header, arrays = {}, []
    if call == "reset":
        for world, seed in zip(chosen, request["seeds"]):
            world.reset(seed)
    elif call == "step":
        results = [world.step(given["action"][2 * i:2 * i + 2]) for i, world in enumerate(chosen)]
        header["completed"] = [[0] if success else [] for _, success, _ in results]
        arrays = [("reward", "float32", [len(chosen)], floats(r for r, _, _ in results)),
                  ("success", "uint8", [len(chosen)], bytes(s for _, s, _ in results)),
                  ("finished", "uint8", [len(chosen)], bytes(f for _, _, f in results))]
    elif call == "restore":
        for i, world in enumerate(chosen):
            state = given["state"][5 * i:5 * i + 5]
            if not all(-1 <= number <= 1 for number in state[:4]) or state[4] not in range(LIMIT + 1):
                return {"error": "this is no state of the environment"}, []
            world.numbers, world.steps = list(state[:4]), int(state[4])
    elif call == "behaviour":
        header["behaviours"] = [{} for _ in chosen]
    elif call == "begin":
        header["choices"] = [{} for _ in chosen]
    elif call == "demonstrate":
        arrays = [("action", "float32", [len(chosen), 2], floats(a for w in chosen for a in w.demonstrate()))]
    elif call == "picture":
        arrays = [("picture", "uint8", [len(chosen), SIDE, SIDE, 3], b"".join(w.picture() for w in chosen))]
    elif call not in ("observe", "close"):
        return {"error": f"unknown call '{call}'"}, []
    if "state" in (request.get("observations") or []):
        arrays.append(("observation/state", "float32", [len(chosen), 4], floats(n for w in chosen for n in w.numbers)))
    if request.get("states"):
        arrays.append(("state", "float32", [len(chosen), 5],
                       floats(n for w in chosen for n in [*w.numbers, w.steps])))
    return header, arrays


def main():
    source, sink, worlds = sys.stdin.buffer, sys.stdout.buffer, {}
    while lengths := source.read(8):
        header_size, body_size = struct.unpack("<II", lengths)
        request, body, given = json.loads(source.read(header_size)), source.read(body_size), {}
        for heading in request.get("arrays", []):  # All that this simulator is sent is float32.
            count = 1
            for side in heading["shape"]:
                count *= side
            given[heading["name"]], body = array.array("f", body[:4 * count]), body[4 * count:]
        header, arrays = answer(request, given, worlds)
        header["id"] = request["id"]
        header["arrays"] = [{"name": name, "type": kind, "shape": shape} for name, kind, shape, _ in arrays]
        text, body = json.dumps(header).encode(), b"".join(part for _, _, _, part in arrays)
        sink.write(struct.pack("<II", len(text), len(body)) + text + body)
        sink.flush()


if __name__ == "__main__":
    main()
