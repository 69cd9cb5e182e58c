"""Exported networks answer as the program does, for every network and for every method that is one network."""

import subprocess

import h5py
import numpy as np
import pytest

from dpolicy import Policy
from dpolicy.export import ExportError, description, export
from dpolicy.host import Host
from dpolicy.program import program

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
try:
    program()
except FileNotFoundError:
    pytest.skip("there is no dpolicy", allow_module_level=True)

HORIZONS = ["--observation-horizon", "2", "--prediction-horizon", "4", "--action-horizon", "3"]


@pytest.fixture(scope="module")
def demos(tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "demos.hdf5"
    draw = np.random.default_rng(3)
    with h5py.File(path, "w") as file:
        for i in range(6):
            file[f"data/demo_{i}/actions"] = draw.normal(size=(30, 2)).astype("f4") * [1, 40]
            pose = draw.uniform(-3, 3, (30, 3)).astype("f4")
            pose[:, :2] *= 50
            file[f"data/demo_{i}/obs/pose"] = pose
            file[f"data/demo_{i}/obs/state"] = draw.normal(size=(30, 2)).astype("f4")
    return path


def trained(demos, *words):
    run = demos.parent / "run-{}".format(abs(hash(words)))
    subprocess.run([program(), "train", "--demos", demos, "--steps", "20", "--batch", "16", "--observations",
                    "pose,state", "--angle", "pose.2", *HORIZONS, *words, "--output", run], check=True,
                   capture_output=True)
    return run


DIFFUSION = ["--method", "diffusion", "--noise-steps", "12", "--sampler", "dpm++", "--start", "zero",
             "--sampling-steps", "6"]
SCENE = ["--entity", "me=state:0", "--entity", "block=pose:0:2"]


# Of an untrained network noise and velocity lead to the edges, where all answers are alike; the sample does not.
@pytest.mark.parametrize("words", [
    *[["--backbone", name, "--prediction", "sample", *more] for name, more in (
        ("mlp", []), ("sieve", []), ("transformer", []), ("dit", []), ("unet", []), ("scene", SCENE))],
    ["--backbone", "mlp", "--process", "karras"], ["--backbone", "mlp", "--process", "flow"],
    ["--backbone", "mlp", "--prediction", "velocity"]], ids=lambda words: " ".join(words[1:4]))
def test_a_denoiser_acts_as_the_program(demos, tmp_path, words):
    compare(trained(demos, *DIFFUSION, *words), tmp_path)


@pytest.mark.parametrize("backbone", ["mlp", "sieve", "transformer", "unet"])
def test_a_regression_acts_as_the_program(demos, tmp_path, backbone):
    compare(trained(demos, "--method", "mse", "--backbone", backbone), tmp_path)


def test_relative_actions_act_as_the_program(demos, tmp_path):
    compare(trained(demos, *DIFFUSION, "--backbone", "mlp", "--prediction", "sample", "--relative",
                    "actions.0=pose.0", "--relative", "actions.1=state.1"), tmp_path)


def compare(run, folder):
    export(run, folder / "out")
    host, draw = Host(folder / "out"), np.random.default_rng(1)
    with h5py.File(run.parent / "demos.hdf5") as file, Policy(run) as policy:
        reach = np.ptp(file["data/demo_0/actions"][()], axis=0)
        spread = []
        for step in (0, 7, 20):
            window = {name: file[f"data/demo_1/obs/{name}"][step:step + 1 + step % 2] for name in ("pose", "state")}
            expected = policy.act(window, seed=1)
            answer = host.act(window, noise=draw.normal)
            assert answer.shape == expected.shape == (3, 2)
            # A ten-thousandth of the range.
            assert np.abs((answer - expected) / reach).max() <= 1e-4
            spread.append(expected)
        assert np.ptp(np.stack(spread), axis=0).max() > 0  # What is seen makes a difference.


@pytest.mark.parametrize("words", [["--method", "mse"], [*DIFFUSION, "--prediction", "sample"]], ids=["mse", "diffusion"])
def test_pictures_are_given_to_the_model_as_the_program_does(tmp_path, random, words):
    with h5py.File(tmp_path / "demos.hdf5", "w") as file:
        for i in range(4):
            file[f"data/demo_{i}/actions"] = random.normal(size=(20, 2)).astype("f4")
            file[f"data/demo_{i}/obs/state"] = random.normal(size=(20, 2)).astype("f4")
            file[f"data/demo_{i}/obs/camera"] = random.integers(0, 256, (20, 24, 18, 3), np.uint8)
            file[f"data/demo_{i}/obs/hand"] = random.integers(0, 256, (20, 16, 16, 3), np.uint8)
    subprocess.run([program(), "train", "--demos", tmp_path / "demos.hdf5", "--steps", "20", "--batch", "8", *HORIZONS,
                    "--observations", "hand,state,camera", "--backbone", "mlp", *words, "--output", tmp_path / "run"],
                   check=True, capture_output=True)
    export(tmp_path / "run", tmp_path / "out")
    host, noise = Host(tmp_path / "out"), np.random.default_rng(1).normal
    with h5py.File(tmp_path / "demos.hdf5") as file, Policy(tmp_path / "run") as policy:
        answers = []
        for step in (0, 3, 8):
            window = {name: file[f"data/demo_1/obs/{name}"][step:step + 1 + step % 2] for name in
                      ("hand", "state", "camera")}
            answers.append(policy.act(window, seed=1))
            assert np.abs(host.act(window, noise=noise) - answers[-1]).max() <= 1e-4 * 6
        # The same numbers, another picture.
        other = {**window, "camera": 255 - window["camera"]}
        assert np.abs(host.act(other, noise=noise) - policy.act(other, seed=1)).max() <= 1e-4 * 6
        assert not np.array_equal(policy.act(other, seed=1), answers[-1])
    with pytest.raises(ValueError, match="'camera' must be bytes, steps × 24 × 18 × 3"):
        host.act({**window, "camera": window["camera"][:, :12]})


@pytest.mark.parametrize("words", [
    ["--sampler", "ddpm"], ["--sampler", "ddpm", "--extra-steps", "4"],
    ["--sampler", "ddim", "--eta", "0.7", "--sampling-steps", "6"]], ids=lambda words: " ".join(words[1:4]))
def test_a_sampler_that_draws_noise_on_its_way_draws_from_the_programs_distribution(demos, tmp_path, words):
    run = trained(demos, "--method", "diffusion", "--backbone", "mlp", "--noise-steps", "12", *words)
    export(run, tmp_path / "out")
    host, noise, count = Host(tmp_path / "out"), np.random.default_rng(5).normal, 500
    window = {"pose": [[1, 2, 0.5], [3, 4, 0.6]], "state": [[0.3, -0.2], [0.1, 0.5]]}
    with Policy(run) as policy:
        theirs = np.stack([policy.act(window, seed=seed) for seed in range(count)])
    ours = np.stack([host.act(window, noise=noise) for _ in range(count)])
    assert theirs.std(0).min() > 0
    # Four standard errors of the difference of means, and of the ratio of deviations.
    assert (np.abs(ours.mean(0) - theirs.mean(0)) < 4 * theirs.std(0) * np.sqrt(2 / count)).all()
    assert (np.abs(np.log(ours.std(0) / theirs.std(0))) < 4 / np.sqrt(count)).all()
    # The noise on the way is part of it: without it, the same start leads elsewhere.
    quiet = iter([np.ones((1, 8)), *[np.zeros((1, 8))] * 99])
    loud = iter([np.ones((1, 8)), *[np.ones((1, 8))] * 99])
    assert not np.allclose(host.act(window, noise=lambda size: next(quiet)), host.act(window, noise=lambda size: next(loud)))


def test_what_is_no_single_network_is_refused_in_a_line(demos, tmp_path):
    with pytest.raises(ExportError, match="more than one network"):
        description(trained(demos, "--method", "kmeans", "--backbone", "mlp", "--clusters", "3"))
    with pytest.raises(ExportError):
        description(tmp_path / "nothing")
