"""Other people's environments as the program sees them; the program itself records, trains and acts in them."""

import json
import subprocess
import sys

import h5py
import numpy as np
import pytest

from dpolicy.mapping import MappingError, found
from dpolicy.program import program
from dpolicy.worker import Worker, World, joined, split

gymnasium = pytest.importorskip("gymnasium")


@pytest.fixture(scope="module")
def dpolicy():
    try:
        name = program()
    except FileNotFoundError:
        pytest.skip("there is no dpolicy")

    def run(*words, **environment):
        import os
        result = subprocess.run([name, *map(str, words)], capture_output=True, text=True, timeout=400,
                                env={**os.environ, "DPOLICY_PYTHON": sys.executable, **environment})
        return result

    return run


def mapped(tmp_path, name, **mapping):
    path = tmp_path / "mapping.json"
    path.write_text(json.dumps(mapping))
    return f"{name}@{path}"


def test_doubles_are_three_floats(random):
    numbers = np.concatenate([random.normal(size=1000) * 10.0 ** random.integers(-9, 9, 1000), [0, np.pi, -1e8]])
    assert split(numbers).dtype == np.float32
    assert np.array_equal(joined(split(numbers)), numbers)


def test_an_environment_without_a_mapping():
    world = World("Pendulum-v1", {}, {})
    description = world.description({})
    assert description["episode_limit"] == 200 and description["control_rate"] == 30
    assert [c["low"] for c in description["observations"][0]["components"]] == [-1, -1, -8]
    twin = gymnasium.make("Pendulum-v1")
    seen, _ = twin.reset(seed=9)
    world.reset(9)
    for step in range(200):
        assert np.array_equal(world.observation("state"), seen)
        reward, completed, success, finished = world.step(np.array([1.5], np.float32))
        seen, expected, _, truncated, _ = twin.step(np.array([1.5], np.float32))
        assert reward == expected and completed == [] and not success and finished == truncated == (step == 199)


def test_choices_among_numbers_are_rounded():
    world = World("CartPole-v1", {}, {})
    assert world.description({})["action"]["components"][0]["high"] == 1
    # It falls to the right when it is always pushed to the left; 0.4 is 0.
    for _ in range(20):
        _, _, success, finished = world.step(np.array([0.4], np.float32))
        if finished:
            break
    assert finished and not success and world.seen[2] > 0


def test_a_mapping_names_numbers_and_says_what_is_done(tmp_path):
    name = mapped(tmp_path, "Pendulum-v1", kwargs={"g": 0.0}, episode_limit=50, control_rate=20,
                  observations={"speed": {"values": [2], "names": ["speed"], "unit": "rad/s"},
                                "place": {"values": [0, 1], "names": ["x", "y"]}},
                  subtasks={"still": {"reward": -1.0}}, success={"reward": -0.01})
    worker = Worker(name)
    assert worker.answer({"call": "hello"}, {})[0]["environments"][0]["name"] == "Pendulum-v1"
    reply, _ = worker.answer({"call": "make", "environment": "Pendulum-v1", "options": {"g": 0}}, {})
    description = reply["description"]
    assert [o["name"] for o in description["observations"]] == ["speed", "place"]
    assert description["episode_limit"] == 50 and description["control_rate"] == 20
    assert description["subtasks"] == ["still"] and description["options"] == {"g": 0}
    reply, arrays = worker.answer({"call": "reset", "worlds": [1], "seeds": [3], "observations": ["speed"]}, {})
    assert arrays["observation/speed"].shape == (1, 1)


def test_worlds_step_together_as_alone():
    together, alone = Worker("Pendulum-v1"), Worker("Pendulum-v1")
    looks = {"observations": ["state"], "states": False}
    for worker in (together, alone):
        assert worker.answer({"call": "make", "count": 3}, {})[0]["worlds"] == [1, 2, 3]
        worker.answer({"call": "reset", "worlds": [1, 2, 3], "seeds": [4, 5, 2**64 - 1]}, {})
    for step in range(30):
        # As when an episode is over before the others.
        worlds = [1, 2, 3] if step < 20 else [1, 3]
        actions = np.linspace(-2, 2, len(worlds), dtype=np.float32)[:, None]
        _, many = together.answer({"call": "step", "worlds": worlds, **looks}, {"action": actions})
        for row, world in enumerate(worlds):
            _, one = alone.answer({"call": "step", "worlds": [world], **looks}, {"action": actions[row:row + 1]})
            for name, array in one.items():
                assert np.array_equal(many[name][row], array[0]) and many[name].dtype == array.dtype, name


def falling(folder, end, *, name, seed, step):
    """Writes a module with an environment that ends so at a step of one episode, and an expert."""
    (folder / f"{name.lower()}.py").write_text(
        "import os, time, gymnasium\n"
        f"class {name}(gymnasium.Env):\n"
        "    observation_space = action_space = gymnasium.spaces.Box(-1, 1, (1,))\n"
        "    def reset(self, *, seed=None, options=None):\n"
        "        super().reset(seed=seed); self.seed, self.steps = seed, 0\n"
        "        return self.observation_space.sample(), {}\n"
        "    def step(self, action):\n"
        "        self.steps += 1\n"
        f"        if self.seed == {seed} and self.steps == {step}: {end}\n"
        "        return action, 1.0, self.steps == 8, False, {'is_success': True}\n"
        "def expert(environment, seed):\n"
        "    return lambda: environment.action_space.sample()\n")


@pytest.mark.parametrize("end", ["os._exit(7)", "raise ValueError('it fell over')", "time.sleep(60)"])
def test_a_worker_that_ends_in_the_middle_of_a_block_loses_one_episode(dpolicy, tmp_path, end):
    falling(tmp_path, end, name="Faller", seed=1002, step=5)
    with h5py.File(tmp_path / "demos.hdf5", "w") as file:
        for index in range(4):
            file[f"data/demo_{index}/obs/state"] = np.random.default_rng(index).normal(size=(9, 1)).astype("f4")
            file[f"data/demo_{index}/actions"] = np.zeros((9, 1), "f4")
    result = dpolicy("train", "--demos", tmp_path / "demos.hdf5", "--method", "mse", "--backbone", "mlp", "--steps", 5,
                     "--batch", 8, "--output", tmp_path / "run")
    assert result.returncode == 0, result.stderr
    words = ("rollout", "--environment", "python:faller:Faller", "--policy", tmp_path / "run", "--episodes", 6,
             "--seed", 1000, "--worker-timeout", 3, "--json")
    result = dpolicy(*words, "--keep-going", PYTHONPATH=str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["episodes"] == 5
    reason = {"o": "ended with status 7", "r": "ValueError: it fell over", "t": "did not answer 'step' within 3 s"}
    assert "seed 1002" in result.stderr and reason[end[0]] in result.stderr
    result = dpolicy(*words, PYTHONPATH=str(tmp_path))
    assert result.returncode == 1 and "seed 1002 is lost" in result.stderr and result.stdout == ""


@pytest.mark.parametrize("end", ["os._exit(7)", "raise ValueError('it fell\\nover')"])
def test_a_recording_that_a_worker_ends_says_where_and_keeps_what_it_has(dpolicy, tmp_path, end):
    falling(tmp_path, end, name="Stumbler", seed=2, step=3)
    words = ("record", "--environment", mapped(tmp_path, "python:stumbler:Stumbler", expert="stumbler:expert"),
             "--expert", "--episodes", 5, "--threads", 1, "--output", tmp_path / "demos.hdf5")
    result = dpolicy(*words, PYTHONPATH=str(tmp_path))
    reason = "status 7 at 'step'" if "exit" in end else "ValueError: it fell over (stumbler.py:9)"
    assert result.returncode == 1 and len(result.stderr.splitlines()) == 1, result.stderr
    assert "the episode of seed 2 is lost: " in result.stderr and reason in result.stderr
    assert "demos.hdf5 has 2 episodes; with '--seed 3' recording goes on behind it" in result.stderr
    result = dpolicy(*words, "--seed", 3, PYTHONPATH=str(tmp_path))
    assert result.returncode == 0, result.stderr
    with h5py.File(tmp_path / "demos.hdf5") as file:
        assert [int(demo.attrs["seed"]) for demo in file["data"].values()] == [0, 1, 3, 4, 5]
    result = dpolicy(*words[:-1], tmp_path / "none.hdf5", "--seed", 2, PYTHONPATH=str(tmp_path))
    assert result.returncode == 1 and not (tmp_path / "none.hdf5").exists()


@pytest.mark.parametrize(("mapping", "words"), [
    ({"observation": {}}, "there is no key 'observation'"),
    ({"observations": {"a": {"from": "b"}}}, "from 'b', but there are state"),
    ({"observations": {"a": {"values": [3]}}}, "'state' has 3 values"),
    ({"observations": {"a": {"names": ["x"]}}}, "1 names for 3 values"),
    ({"success": "won"}, "info has no 'won'"),
    ({"adapter": "no.such"}, "'no.such' cannot be loaded"),
])
def test_what_is_wrong_with_a_mapping_is_named(tmp_path, mapping, words):
    name = mapped(tmp_path, "Pendulum-v1", **mapping)
    with pytest.raises(MappingError, match=words):
        world = World("Pendulum-v1", found(name), {})
        world.description({})
        world.step(np.zeros(1, np.float32))


def test_what_an_environment_prints_stands_in_nobodys_way(dpolicy, tmp_path):
    (tmp_path / "talker.py").write_text(
        "import os, gymnasium\n"
        "class Talker(gymnasium.Env):\n"
        "    observation_space = action_space = gymnasium.spaces.Box(-1, 1, (1,))\n"
        "    def reset(self, *, seed=None, options=None):\n"
        "        super().reset(seed=seed); print('reset'); os.write(1, b'by hand')\n"
        "        return self.observation_space.sample(), {}\n"
        "    def step(self, action): print('step'); return action, 0.0, False, False, {}\n")
    result = dpolicy("environments", "python:talker:Talker", "--json", PYTHONPATH=str(tmp_path))
    assert result.returncode == 0, result.stderr
    listing = json.loads(result.stdout)["environments"][0]
    assert listing["description"]["episode_limit"] == 1000


@pytest.mark.parametrize(("name", "words"), [
    ("python:NoSuch-v0", "NoSuch"), ("python:NoSuch", "neither a name in gymnasium"),
    ("python:no.such:thing", "'no.such:thing' cannot be loaded"),
    ("python:Pendulum-v1@none.json", "none.json: No such file"),
])
def test_what_cannot_be_made_is_told_in_a_line(dpolicy, name, words):
    result = dpolicy("environments", name)
    assert result.returncode != 0 and words in result.stderr and len(result.stderr.splitlines()) == 1


class TestPushT:
    """The public Push-T: recordings of people come back to the pixel, states to the bit."""

    @pytest.fixture(autouse=True)
    def simulator(self):
        pytest.importorskip("gym_pusht")

    def test_a_state_goes_on_alike(self):
        world = World("gym_pusht/PushT-v0", found("gym_pusht/PushT-v0"), {})
        assert {"picture", "state", "start"} <= set(world.abilities())
        assert world.description({})["control_rate"] == 10
        world.reset(100000)
        # What gym-pusht shows first of this seed; so stands in the program's table of public starts, too.
        assert np.allclose(world.observation("agent_pos"), [113, 100])
        assert np.allclose(world.observation("block_pose"), [219.698495, 329.994579, 3.126070])

    def test_what_is_recorded_is_replayed(self, dpolicy, tmp_path):
        environment = gymnasium.make("gym_pusht/PushT-v0")
        with h5py.File(tmp_path / "demos.hdf5", "w") as file:
            for index in range(3):
                seen, _ = environment.reset(seed=index)
                draw, target, rows, actions = np.random.default_rng(index), seen[2:4], [], []
                for step in range(60):
                    if step % 10 == 0:
                        target = np.clip(seen[2:4] + draw.normal(size=2) * 60, 0, 512)
                    rows.append(seen)
                    actions.append(target)
                    seen, *_ = environment.step(target)
                demo = file.create_group(f"data/demo_{index}")
                demo["obs/agent_pos"], demo["obs/block_pose"] = (np.array(rows)[:, a:b] for a, b in ((0, 2), (2, 5)))
                demo["actions"] = np.array(actions)
        result = dpolicy("replay", "--demos", tmp_path / "demos.hdf5", "--environment", "python:gym_pusht/PushT-v0",
                         "--times", "1,5", "--json")
        assert result.returncode == 0, result.stderr
        for row in json.loads(result.stdout)["rows"]:
            assert row["median"] < 0.05, row


class TestReach:
    """A task of MuJoCo from a script to a table, as Demos/MUJOCO.md tells it."""

    def test_from_an_expert_to_a_table(self, dpolicy, tmp_path):
        pytest.importorskip("gymnasium_robotics")
        from pathlib import Path

        examples = Path(__file__).parents[3] / "Demos/examples"
        world = f"python:gymnasium_robotics:FetchReach-v4@{examples / 'fetch_reach.json'}"
        environment = {"PYTHONPATH": str(examples)}
        demos = tmp_path / "reach.hdf5"
        result = dpolicy("record", "--environment", world, "--expert", "--episodes", 50, "--output", demos, "--json",
                         **environment)
        assert result.returncode == 0, result.stderr
        assert json.loads(result.stdout)["episodes"] == 50
        result = dpolicy("train", "--demos", demos, "--method", "diffusion", "--backbone", "mlp", "--steps", 1500,
                         "--batch", 128, "--noise-steps", 20, "--observation-horizon", 1, "--prediction-horizon", 4,
                         "--action-horizon", 2, "--output", tmp_path / "run")
        assert result.returncode == 0, result.stderr
        result = dpolicy("rollout", "--environment", world, "--policy", tmp_path / "run", "--episodes", 20, "--json",
                         **environment)
        assert result.returncode == 0, result.stderr
        assert json.loads(result.stdout)["success"] >= 0.8
        result = dpolicy("benchmark", "--environment", world, "--demos", demos, "--methods", "mse", "--backbones",
                         "mlp", "--seeds", 1, "--episodes", 5, "--steps", 200, "--output", tmp_path / "results",
                         **environment)
        assert result.returncode == 0, result.stderr
        assert "demonstrations" in (tmp_path / "results/results.md").read_text()
