"""The program's worlds in gymnasium: its own checker, seeds, vectors, states."""

import numpy as np
import pytest

from dpolicy.program import program

gymnasium = pytest.importorskip("gymnasium")
try:
    program()
except FileNotFoundError:
    pytest.skip("there is no dpolicy", allow_module_level=True)

from gymnasium.utils.env_checker import check_env  # noqa: E402

import dpolicy.gym  # noqa: E402
from dpolicy.simulation import SimulationError  # noqa: E402


@pytest.fixture
def push():
    environment = gymnasium.make("dpolicy/Push-v0", render_mode="rgb_array", tolerance=0.1)
    yield environment
    environment.close()


@pytest.mark.filterwarnings("ignore:.*symmetric and normalized")
@pytest.mark.parametrize("name", dpolicy.gym.ENVIRONMENTS)
def test_gymnasiums_checker_passes(name, recwarn):
    environment = gymnasium.make(name, render_mode="rgb_array")
    try:
        check_env(environment.unwrapped)
    finally:
        environment.close()
    assert [str(w.message) for w in recwarn if "symmetric" not in str(w.message)] == []


def test_a_seed_is_an_episode_in_any_process(push):
    other = gymnasium.make("dpolicy/Push-v0", tolerance=0.1)
    first, info = push.reset(seed=2**63 + 5)
    assert info["seed"] == 2**63 + 5
    assert np.array_equal(first, other.reset(seed=2**63 + 5)[0])
    assert not np.array_equal(first, other.reset(seed=6)[0])
    other.close()
    push.reset(seed=4)
    drawn = [push.reset()[1]["seed"] for _ in range(3)]
    push.reset(seed=4)
    assert drawn == [push.reset()[1]["seed"] for _ in range(3)] and len(set(drawn)) == 3


def test_a_vector_is_as_many_single_worlds(push):
    many = gymnasium.make_vec("dpolicy/Push-v0", num_envs=3, vectorization_mode="vector_entry_point", tolerance=0.1)
    seen, _ = many.reset(seed=10)
    draw = np.random.default_rng(0)
    actions = draw.uniform(-1, 1, (20, 3, 2)).astype(np.float32)
    shown, rewards = [seen], []
    for action in actions:
        seen, reward, _, _, _ = many.step(action)
        shown.append(seen)
        rewards.append(reward)
    for index in range(3):
        seen, _ = push.reset(seed=10 + index)
        for step in range(20):
            assert np.array_equal(seen, shown[step][index])
            seen, reward, _, _, _ = push.step(actions[step, index])
            assert reward == rewards[step][index]
    many.close()


def test_a_world_of_a_vector_that_has_ended_starts_anew():
    many = gymnasium.make_vec("dpolicy/Claw-v0", num_envs=2, vectorization_mode="vector_entry_point")
    seen, _ = many.reset(seed=[1, 2])
    ended = np.zeros(2, int)
    was_ended = np.zeros(2, bool)
    for _ in range(30):
        before = seen
        seen, reward, terminated, truncated, _ = many.step(np.zeros((2, 2), np.float32))
        # An action that comes with a reset is ignored, and earns nothing.
        assert (reward[was_ended] == 0).all() and not (terminated | truncated)[was_ended].any()
        assert not np.array_equal(seen[was_ended], before[was_ended]) or not was_ended.any()
        was_ended = terminated | truncated
        ended += was_ended
    assert (ended > 1).all()
    many.close()


def test_states_pictures_and_what_is_looked_at(push):
    push.reset(seed=3)
    for _ in range(5):
        push.step(np.array([0.5, -0.5], np.float32))
    state = push.unwrapped.save_state()
    runs = []
    for _ in range(2):
        push.unwrapped.restore_state(state)
        runs.append([push.step(np.array([-0.5, 0.5], np.float32))[0] for _ in range(5)])
    assert np.array_equal(*runs)
    assert push.render().shape == (256, 256, 3) and len(np.unique(push.render())) > 3
    with pytest.raises(SimulationError, match="this is not a state"):
        push.unwrapped.restore_state(np.full_like(state, 1e9))
    pictures = gymnasium.make("dpolicy/Push-v0", observations=("state", "image"), image_size=16)
    seen, _ = pictures.reset(seed=0)
    assert seen["image"].shape == (16, 16, 3) and pictures.observation_space.contains(seen)
    pictures.close()


@pytest.mark.parametrize(("keywords", "words"), [
    ({"observations": ("states",)}, "there is no observation 'states'"),
    ({"spreadd": 1}, "did you mean 'spread'"), ({"spread": 7}, "must lie in 0.0…1.0"),
    ({"render_mode": "human"}, "must be None or 'rgb_array'"),
])
def test_what_there_is_not_is_named(keywords, words):
    with pytest.raises((ValueError, SimulationError), match=words):
        dpolicy.gym.Environment("push", **keywords)


def test_a_program_that_ends_is_named(push):
    push.reset(seed=1)
    push.unwrapped._worlds.simulation._child.kill()
    with pytest.raises(SimulationError, match="ended with status -9"):
        push.step(np.zeros(2, np.float32))


def test_stable_baselines_trains_on_push():
    stable_baselines3 = pytest.importorskip("stable_baselines3")
    environment = gymnasium.make("dpolicy/Push-v0")
    model = stable_baselines3.PPO("MlpPolicy", environment, n_steps=500, batch_size=100, seed=0, device="cpu")
    model.learn(2000)
    assert model.num_timesteps == 2000
    assert environment.action_space.contains(model.predict(environment.reset(seed=1)[0])[0])
    environment.close()
