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


def test_what_is_no_single_network_is_refused_in_a_line(demos, tmp_path):
    with pytest.raises(ExportError, match="more than one network"):
        description(trained(demos, "--method", "kmeans", "--backbone", "mlp", "--clusters", "3"))
    with pytest.raises(ExportError):
        description(tmp_path / "nothing")
