"""Writes pymunk.json: strokes against the T in the public environment's physics.

The worlds, bodies and control law are those of gym-pusht 0.1.8 (its source, add_tee and step), with
pymunk below 7. Run: python pymunk_strokes.py > pymunk.json
"""
import json
import math
import random

import pymunk
from pymunk.vec2d import Vec2d


def world():
    space = pymunk.Space()
    space.damping = 0
    corners = [(5, 506), (5, 5), (506, 5), (506, 506), (5, 506)]
    for a, b in zip(corners, corners[1:]):
        space.add(pymunk.Segment(space.static_body, a, b, 2))
    agent = pymunk.Body(body_type=pymunk.Body.KINEMATIC)
    space.add(agent, pymunk.Circle(agent, 15))
    bar = [(-60, 30), (60, 30), (60, 0), (-60, 0)]
    stem = [(-15, 30), (-15, 120), (15, 120), (15, 30)]
    block = pymunk.Body(1, 2 * pymunk.moment_for_poly(1, bar))
    shapes = [pymunk.Poly(block, bar), pymunk.Poly(block, stem)]
    block.center_of_gravity = (shapes[0].center_of_gravity + shapes[1].center_of_gravity) / 2
    space.add(block, *shapes)
    return space, agent, block


def episode(seed):
    draw = random.Random(seed)
    space, agent, block = world()
    block.angle = draw.uniform(0, 2 * math.pi)
    block.position = 256 - 45 * -math.sin(block.angle), 256 - 45 * math.cos(block.angle)
    around = draw.uniform(0, 2 * math.pi)
    agent.position = 256 + 130 * math.cos(around), 256 + 130 * math.sin(around)
    through = Vec2d(256 + draw.uniform(-30, 30), 256 + draw.uniform(-30, 30))
    start = agent.position
    rows, actions = [], []
    for step in range(31):
        rows.append([*agent.position, *block.position, block.angle])
        target = start + (through - start) * min(step / 12, 1.4)
        actions.append(list(target))
        for _ in range(10):
            pull = 100 * (target - agent.position) - 20 * agent.velocity
            agent.velocity += pull * 0.01
            space.step(0.01)
    return {"actions": actions[:-1], "states": rows}


def rounded(value):
    return [rounded(v) for v in value] if isinstance(value, list) else round(value, 5)


episodes = [{k: rounded(v) for k, v in episode(seed).items()} for seed in range(12)]
print(json.dumps({"source": f"pymunk {pymunk.version}", "episodes": episodes}))
