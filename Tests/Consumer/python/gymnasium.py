"""Stands in for gymnasium where that is not installed: as much of it as the example of Demos needs."""


class StandIn:
    """An environment of 14 numbers and two actions that succeeds on its third step."""

    def reset(self, seed=None, options=None):
        self.steps = 0
        return [seed / 1e6] * 14, {}

    def step(self, action):
        assert len(action) == 2 and all(abs(value) < 100 for value in action), action
        self.steps += 1
        return [self.steps / 10] * 14, 0.5, self.steps == 3, False, {"is_success": self.steps == 3}


def make(name):
    assert name == "StandIn-v0", f"there is no {name}"
    return StandIn()
