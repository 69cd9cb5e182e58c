"""A scripted expert for gymnasium-robotics' FetchReach: straight to the goal, at a pace that an episode draws.

Demos/MUJOCO.md uses it; `fetch_reach.json` names it.
"""

import numpy as np


def expert(environment, seed):
    """What acts in one episode: a function of nothing that gives an action."""
    draw = np.random.default_rng(seed)
    pace, noise = draw.uniform(4, 8), 0.05

    def action():
        seen = environment.unwrapped._get_obs()
        step = np.clip(pace * (seen["desired_goal"] - seen["achieved_goal"]), -1, 1)
        return np.append(np.clip(step + noise * draw.normal(size=3), -1, 1), 0)

    return action
