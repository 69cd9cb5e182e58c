#!/usr/bin/env python3
"""Asks `dpolicy serve` for actions; needs nothing but Python itself.

    from client import Policy, rollout
    policy = Policy("http://127.0.0.1:8700")
    policy.act({"state": [[0.1, 0.2]]})  # a list a step, oldest first; a list of actions comes back
    rollout(gymnasium.make("MyTask-v0"), policy, seed=0)
"""

import http.client
import json
import urllib.parse


class Policy:
    """One connection to a policy server, kept open; for one thread."""

    def __init__(self, address="http://127.0.0.1:8700", token=None, timeout=10):
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(address).netloc, timeout=timeout)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.asked = 0
        self.description = self.ask("GET", "/policy")

    def ask(self, method, path, document=None):
        body = document and json.dumps(document, default=lambda value: value.tolist())
        for may_retry in (True, False):
            try:
                self.connection.request(method, path, body, self.headers)
                answer = json.load(self.connection.getresponse())
                if "error" in answer:
                    raise RuntimeError(answer["error"])
                return answer
            except (OSError, http.client.HTTPException) as error:
                self.connection.close()  # the next request opens it anew, and no late answer is taken
                if not (may_retry and isinstance(error, ConnectionError)):
                    raise

    def act(self, observations, **seed):
        """The actions to execute for a window of observations, {name: [[...], ...]}, oldest first."""
        self.asked += 1
        answer = self.ask("POST", "/act", {"id": self.asked, "observations": observations, **seed})
        if answer["id"] != self.asked:
            raise RuntimeError(f"an answer to {answer['id']} instead of {self.asked}")
        return answer["actions"]


def episode(environment, policy, seed=None):
    """Plays one episode of a gymnasium environment; returns the sum of rewards and the last info.

    Looks again when all actions of an answer are executed. An observation that is one array has the
    name of the policy's first.
    """
    names = [quantity["name"] for quantity in policy.description["observations"]]
    horizon = policy.description["horizons"]["observation"]
    (seen, _), window, actions, total = environment.reset(seed=seed), [], [], 0.0
    while True:
        window = (window + [seen if isinstance(seen, dict) else {names[0]: seen}])[-horizon:]
        if not actions:
            actions = policy.act({name: [step[name] for step in window] for name in names})
        seen, reward, terminated, truncated, info = environment.step(actions.pop(0))
        total += reward
        if terminated or truncated:
            return total, info


def rollout(environment, policy, seed=None):
    """Plays one episode; returns the sum of rewards."""
    return episode(environment, policy, seed)[0]
