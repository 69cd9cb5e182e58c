"""robomimic itself trains on what is written for it, with its own defaults; skipped where it is not installed."""

import json
import subprocess
import sys

import h5py
import numpy as np
import pytest

from dpolicy.convert import Selection, convert

CODE = """
import json, sys, torch
if torch.version.cuda is None:
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor boxes, Tensor scores, float threshold) -> Tensor")
import robomimic.utils.file_utils as files, robomimic.utils.obs_utils as observations
from robomimic.config import config_factory
from robomimic.algo import algo_factory
from robomimic.utils.train_utils import load_data_for_training, run_epoch
from torch.utils.data import DataLoader

config = config_factory("bc")
config.train.data = sys.argv[1]
config.observation.modalities.obs.low_dim = ["pose", "robot_grip"]
config.train.num_epochs, config.train.batch_size = 1, 4
observations.initialize_obs_utils_with_config(config)
shapes = files.get_shape_metadata_from_dataset(sys.argv[1], all_obs_keys=config.all_obs_keys)
environment = files.get_env_metadata_from_dataset(sys.argv[1])
data, _ = load_data_for_training(config, obs_keys=shapes["all_obs_keys"])
model = algo_factory("bc", config, shapes["all_shapes"], shapes["ac_dim"], torch.device("cpu"))
loader = DataLoader(data, batch_size=4, shuffle=False)
losses = [run_epoch(model, loader, epoch=epoch, num_steps=20)["Loss"] for epoch in (1, 2, 3)]
print(json.dumps({"steps": len(data), "type": environment["type"], "losses": losses,
                  "actions": float(abs(data[0]["actions"]).max())}))
"""


def test_robomimics_own_cloning_trains_on_what_is_written_for_it(tmp_path, random):
    pytest.importorskip("robomimic")
    with h5py.File(tmp_path / "ours.hdf5", "w") as file:
        for index in range(4):
            pose = random.normal(size=(12, 3)).astype("f4")
            demo = file.create_group(f"data/demo_{index}")
            demo["obs/pose"], demo["obs/robot/grip"] = pose, pose[:, :1] / 2
            demo["actions"] = 30 * np.tanh(pose[:, :2]) + 7
    source, _ = convert(tmp_path / "ours.hdf5", tmp_path / "nested.hdf5", "robomimic")
    assert "--observation robot_grip=robot/grip renames it" in source.notes[0]
    convert(tmp_path / "ours.hdf5", tmp_path / "theirs.hdf5", "robomimic",
            Selection(observations={"pose": "pose", "robot_grip": "robot/grip"}), scale_actions=True)
    done = subprocess.run([sys.executable, "-c", CODE, tmp_path / "theirs.hdf5"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["steps"] == 48 and isinstance(told["type"], int) and told["actions"] <= 1
    assert told["losses"][-1] < told["losses"][0]
