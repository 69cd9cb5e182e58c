"""An exported policy acts: NumPy around onnxruntime, as short as it can be, to be copied to where it is needed.

    actions = Host("out").act({"state": [[…]]}, noise=np.random.default_rng(7).normal)
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np


class Host:
    def __init__(self, folder):
        import onnxruntime

        self.manifest = json.loads((Path(folder) / "manifest.json").read_text())
        self.model = onnxruntime.InferenceSession(str(Path(folder) / self.manifest["model"]))

    def features(self, scale, value):
        """One observation's values: angles as cosine and sine, numbers brought to −1…1."""
        parts = []
        for index, number in enumerate(np.asarray(value, np.float64).reshape(-1)):
            parts += [np.cos(number), np.sin(number)] if index in scale.get("angles", []) else [number]
        low, high = (np.asarray(scale[end], np.float64) for end in ("low", "high"))
        span = np.where(high > low, high - low, 1)
        return np.where(high > low, 2 * (np.asarray(parts) - low) / span - 1, 0)

    def shown(self, row):
        """A step's features, without those that the network is not to see."""
        first = 0
        for scale in self.manifest["normalizer"]["observations"]:
            width = len(scale["low"])
            if scale["name"] in (self.manifest["normalizer"].get("unseen") or []):
                row[first:first + width] = 0
            first += width
        return row

    def pixels(self, image, value):
        """Pictures of the size that the network takes, steps × height × width × channels: bytes to −1…1."""
        shape, value = tuple(image[side] for side in ("height", "width", "channels")), np.asarray(value)
        if value.shape[1:] != shape or value.dtype != np.uint8:
            raise ValueError(f"'{image['name']}' must be bytes, steps × {' × '.join(map(str, shape))}: resize it first")
        return value.astype(np.float32) * np.float32(2 / 255) - 1

    def act(self, observations, noise=None):
        """`observations`: name → steps × values, the oldest first. `noise(size=…)`: draws from N(0, 1)."""
        horizons, normalizer = self.manifest["horizons"], self.manifest["normalizer"]
        steps = len(next(iter(observations.values())))
        here = {scale["name"]: np.asarray(observations[scale["name"]][-1], np.float64).reshape(-1)
                for scale in normalizer["observations"]}
        reach = [max(0, step) for step in range(steps - horizons["observation"], steps)]
        rows = [self.shown(np.concatenate([self.features(scale, observations[scale["name"]][step])
                                           for scale in normalizer["observations"]]))
                for step in reach if normalizer["observations"]]
        seen = {"observation": np.concatenate(rows)[None].astype(np.float32)} if rows else {}
        for index, image in enumerate(normalizer.get("images") or []):
            seen[f"images.{index}"] = self.pixels(image, observations[image["name"]])[reach].reshape(1, -1)
        width = len(normalizer["action"]["low"])
        count, sampling = horizons["prediction"] * width, self.manifest["sampling"]
        if sampling is None:
            x = self.model.run(None, seen)[0]
        else:
            draw = noise or np.random.default_rng().normal
            x = (draw(size=(1, count)) * sampling["start_scale"]).astype(np.float32)
            memory = np.zeros_like(x)
            for step in sampling["steps"]:
                time = np.asarray([step["time"]], np.float32)
                p = self.model.run(None, {**seen, "noisy_actions": x, "time": time})[0]
                clean = step["clean_state"] * x + step["clean_prediction"] * p
                clean = np.clip(clean, -step["clip"], step["clip"]) if step.get("clip") is not None else 0 * clean
                kept = step["kept_state"] * x + step["kept_prediction"] * p + step["kept_clean"] * clean
                x = step["state"] * x + step["prediction"] * p + step["clean"] * clean + step["memory"] * memory
                memory = kept if step["keeps"] else memory
                x = x + step["noise"] * draw(size=x.shape) if step["noise"] else x
                x = x.astype(np.float32)
        low, high = (np.asarray(normalizer["action"][end], np.float64) for end in ("low", "high"))
        share = (np.clip(x.reshape(-1, width), -1, 1) + 1) / 2
        past = horizons.get("past") or 0
        actions = (low * (1 - share) + high * share)[past:past + horizons["action"]]
        for pair in normalizer.get("relative") or []:  # distances from where one is
            actions[:, pair["action"]] += here[pair["observation"]][pair["index"]]
        return actions
