"""States of gym_pusht/PushT-v0.

pymunk keeps contacts between steps, which cannot be saved: the space is made anew at each restore, so that
two restores of one state go on alike, and as the original up to roundings.
"""

from __future__ import annotations

import numpy as np

#: Where everything is.
START = ["agent_pos", "block_pose"]


def save(environment) -> np.ndarray:
    agent, block = environment.agent, environment.block
    return np.concatenate([
        agent.position, agent.velocity, block.position, [block.angle], block.velocity, [block.angular_velocity]])


def restore(environment, state: np.ndarray) -> None:
    environment._setup()
    agent, block = environment.agent, environment.block
    agent.position, agent.velocity = tuple(state[0:2]), tuple(state[2:4])
    # Turning moves the T about its centre of mass, so that its place comes last.
    block.angle = float(state[6])
    block.position, block.velocity = tuple(state[4:6]), tuple(state[7:9])
    block.angular_velocity = float(state[9])
    environment.space.reindex_shapes_for_body(block)
    environment.space.reindex_shapes_for_body(agent)
    environment._last_action = None


def start(environment, observations: dict[str, np.ndarray]) -> None:
    restore(environment, np.concatenate([
        observations["agent_pos"], [0, 0], observations["block_pose"], np.zeros(3)]))
