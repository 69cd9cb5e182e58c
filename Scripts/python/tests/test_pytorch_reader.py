"""The reader that the page on checkpoints shows answers what the program does."""

import json
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pytest

from dpolicy.program import program

PAGE = Path(__file__).parents[3] / "Sources/PolicyRuntime/PolicyRuntime.docc/CheckpointFolder.md"


def test_the_reader_of_the_page_on_checkpoints_answers_what_the_program_does(tmp_path, random):
    torch = pytest.importorskip("torch")
    pytest.importorskip("safetensors")
    try:
        tool = program()
    except FileNotFoundError:
        pytest.skip("there is no dpolicy")
    with h5py.File(tmp_path / "demos.hdf5", "w") as file:
        for i in range(8):
            state = random.normal(size=(30, 3)).astype("f4")
            file[f"data/demo_{i}/obs/state"] = state
            file[f"data/demo_{i}/actions"] = np.tanh(state[:, :2]) + random.normal(size=(30, 2)).astype("f4") / 10
    run = tmp_path / "run"
    subprocess.run([tool, "train", "--demos", tmp_path / "demos.hdf5", "--method", "diffusion", "--backbone", "sieve",
                    "--steps", "200", "--batch", "32", "--observation-horizon", "2", "--prediction-horizon", "4",
                    "--action-horizon", "4", "--output", run], check=True, capture_output=True)
    parts = {}
    pages = [page.split("```")[0] for page in PAGE.read_text().split("```python\n")[1:]]
    exec(next(page for page in pages if "def reader" in page), parts)
    act = parts["reader"](run)
    windows = [(0.8 * random.normal(size=(2, 3))).tolist() for _ in range(5)]
    answers = subprocess.run([tool, "act", "--policy", run, "--sampler", "euler", "--start", "zero"], check=True, text=True,
                             input="".join(json.dumps({"observations": {"state": w}}) + "\n" for w in windows),
                             capture_output=True).stdout.splitlines()
    assert len(answers) == 5
    for window, answer in zip(windows, answers):
        ours = np.array(json.loads(answer)["actions"])
        theirs = act({"state": window}, torch.zeros(8)).numpy()
        assert ours.shape == theirs.shape == (4, 2)
        np.testing.assert_allclose(theirs, ours, atol=2e-5)
    assert not np.allclose(json.loads(answers[0])["actions"], json.loads(answers[1])["actions"], atol=1e-2)
