"""States of environments on MuJoCo that keep `model` and `data`, as gymnasium's and gymnasium-robotics' do."""

from __future__ import annotations

import numpy as np


def fits(environment) -> bool:
    """Whether an environment is one of MuJoCo's."""
    return type(getattr(environment, "model", None)).__name__ == "MjModel" \
        and type(getattr(environment, "data", None)).__name__ == "MjData"


def save(environment) -> np.ndarray:
    import mujoco

    kind = mujoco.mjtState.mjSTATE_INTEGRATION
    state = np.empty(mujoco.mj_stateSize(environment.model, kind))
    mujoco.mj_getState(environment.model, environment.data, state, kind)
    # A goal is no part of the physics.
    goal = getattr(environment, "goal", None)
    return state if goal is None else np.concatenate([state, np.asarray(goal, np.float64).reshape(-1)])


def restore(environment, state: np.ndarray) -> None:
    import mujoco

    kind = mujoco.mjtState.mjSTATE_INTEGRATION
    size = mujoco.mj_stateSize(environment.model, kind)
    mujoco.mj_setState(environment.model, environment.data, np.ascontiguousarray(state[:size]), kind)
    if getattr(environment, "goal", None) is not None:
        environment.goal = state[size:].reshape(np.shape(environment.goal)).copy()
    mujoco.mj_forward(environment.model, environment.data)
