"""The real program decides: over `act` and over `serve`, the same for the same seed."""

import base64
import io
import subprocess

import h5py
import numpy as np
import pytest

from dpolicy import Policy, PolicyError
from dpolicy.program import program


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    try:
        name = program()
    except FileNotFoundError:
        pytest.skip("there is no dpolicy")
    folder = tmp_path_factory.mktemp("policy")
    random = np.random.default_rng(3)
    with h5py.File(folder / "demos.hdf5", "w") as file:
        for i in range(4):
            file[f"data/demo_{i}/actions"] = random.normal(size=(20, 2)).astype("f4")
            file[f"data/demo_{i}/obs/state"] = random.normal(size=(20, 3)).astype("f4")
            file[f"data/demo_{i}/obs/top"] = random.integers(0, 256, (20, 24, 16, 3), np.uint8)
    for output, observations in (("run", "state"), ("pictures", "state,top")):
        subprocess.run([name, "train", "--demos", folder / "demos.hdf5", "--method", "diffusion", "--backbone", "mlp",
                        "--steps", "5", "--batch", "8", "--observation-horizon", "2", "--prediction-horizon", "4",
                        "--action-horizon", "3", "--observations", observations, "--output", folder / output],
                       check=True, capture_output=True)
    return folder / "run"


def test_act_and_serve_give_the_same(run):
    window = {"state": np.ones((2, 3), np.float32)}
    with subprocess.Popen([program(), "serve", "--policy", run, "--port", "0"], stdout=subprocess.PIPE, text=True) as server:
        try:
            address = next(w for w in server.stdout.readline().split() if w.startswith("http"))
            with Policy(run) as child, Policy(address) as client:
                assert child.observations == client.observations == {"state": (3,)}
                actions = child.act(window, seed=7)
                assert actions.shape == (3, 2)
                assert np.array_equal(actions, client.act(window, seed=7))
                assert not np.array_equal(actions, child.act(window, seed=8))
                many = child.act_batch({"state": np.ones((2, 2, 3))}, seeds=[7, 8])
                assert np.array_equal(many[0], actions)
                windows = {"state": np.random.default_rng(1).normal(size=(300, 2, 3))}
                seeds = list(range(300))
                batch = child.act_batch(windows, seeds)
                assert batch.shape == (300, 3, 2) and np.array_equal(batch, client.act_batch(windows, seeds))
                assert np.array_equal(batch[299], child.act({"state": windows["state"][299]}, seed=299))
                child.reset(seed=7)
                first = [child.decide({"state": np.ones(3)}) for _ in range(3)]
                assert np.array_equal(np.stack(first), child.act({"state": np.ones((1, 3))}, seed=7))
        finally:
            server.terminate()


@pytest.mark.parametrize(("observations", "words"), [
    ({}, "'state' is missing"), ({"state": np.ones((2, 4))}, "expected steps × \\[3\\]"),
    ({"state": np.ones((3, 3))}, "expected 1 to 2"), ({"state": np.full((1, 3), np.nan)}, "NaN"),
    ({"state": np.full((1, 3), "a")}, "numbers are needed"),
])
def test_wrong_observations_are_named(run, observations, words):
    with Policy(run) as policy, pytest.raises(PolicyError, match=words):
        policy.act(observations)


def test_a_policy_that_sees_pictures(run):
    pytest.importorskip("gymnasium")
    with Policy(run.parent / "pictures") as policy:
        assert policy.observations == {"state": (3,), "top": (24, 16, 3)}
        seen, done = policy.spaces
        assert seen["top"].shape == (24, 16, 3) and done.shape == (2,)
        assert policy.decide(seen.sample() | {"state": np.zeros(3)}).shape == (2,)


def test_pictures_as_files_and_as_bytes_are_the_same(run):
    image = pytest.importorskip("PIL.Image")
    draw = np.random.default_rng(0)
    picture = np.asarray(image.fromarray(draw.integers(0, 256, (6, 4, 3), np.uint8)).resize((16, 24)))
    with Policy(run.parent / "pictures") as policy:
        def answer(top):
            return policy._link.ask({"observations": {"state": [[0, 0, 0]], "top": [top]}, "seed": 1})

        expected = policy.act({"state": np.zeros((1, 3)), "top": picture[None]}, seed=1).tolist()
        assert answer(picture.tolist())["actions"] == expected
        for form, seen in (("PNG", picture), ("JPEG", None)):
            file = io.BytesIO()
            image.fromarray(picture).save(file, form)
            text = base64.b64encode(file.getvalue()).decode()
            if seen is None:
                seen = np.asarray(image.open(file))
            same = policy.act({"state": np.zeros((1, 3)), "top": seen[None]}, seed=1)
            for given in (text, f"data:image/{form.lower()};base64,{text}"):
                assert np.allclose(answer(given)["actions"], same, atol=1e-3)
        assert "24×16 was recorded" in answer(base64.b64encode(small(image)).decode())["error"]
        assert "not base64" in answer("???")["error"] and "neither PNG nor JPEG" in answer("AAAA")["error"]


def small(image):
    file = io.BytesIO()
    image.new("RGB", (8, 8)).save(file, "PNG")
    return file.getvalue()


def test_a_program_that_ends_is_named(run):
    with Policy(run) as policy:
        policy._link.child.kill()
        with pytest.raises(PolicyError, match="ended with status -9"):
            policy.act({"state": np.ones((1, 3))})
    with pytest.raises(PolicyError, match="is no checkpoint"):
        Policy(run / "nothing")
