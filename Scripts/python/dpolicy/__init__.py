"""Policies of swift-diffusion-policy in Python, and other people's demonstrations in its format.

    policy = dpolicy.Policy("runs/push")                 # or "http://127.0.0.1:8700"
    actions = policy.act({"state": window}, seed=7)      # T × values, float

`dpolicy.convert` and the command `dpolicy-convert` bring demonstrations in and out.
"""

from .policy import Policy, PolicyError

__all__ = ["Policy", "PolicyError"]
