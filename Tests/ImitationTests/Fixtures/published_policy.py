"""Writes published_policy.json: what Diffusion Policy's own U-Net decides with the weights of unet.json.

Needs https://github.com/real-stanford/diffusion_policy (0db769d) on PYTHONPATH, torch and einops:
PYTHONPATH=diffusion_policy python3 published_policy.py unet.json > published_policy.json

The schedule and the steps are diffusers' DDPMScheduler(squaredcos_cap_v2, epsilon, clip_sample) and
DDIMScheduler(eta=0) over all steps, written out; from x_T = 0, so that no random number is needed.
"""
import json, math, sys, types
import numpy as np
import torch
from diffusion_policy.model.diffusion.conditional_unet1d import ConditionalUnet1D
from diffusion_policy.model.common.normalizer import LinearNormalizer

torch.set_default_dtype(torch.float64)
file = json.load(open(sys.argv[1]))
settings, horizon, T, To, Ta = file["settings"], file["horizon"], 20, 2, 4
net = ConditionalUnet1D(**settings)
net.load_state_dict({name: torch.tensor(p["values"]).reshape(p["shape"])
                     for name, p in file["parameters"].items()})
net.eval()

# As published, of data: key points and a place of the agent, in pixels; the third value is constant.
rng = np.random.default_rng(5)
width = settings["global_cond_dim"] // To
data = {"obs": rng.uniform(0, 512, (50, width)).round(1), "action": rng.uniform(0, 512, (50, 2)).round(1)}
data["obs"][:, 2] = 256.0
normalizer = LinearNormalizer()
normalizer.fit(data, dtype=torch.float64)

f = lambda t: math.cos((t + 0.008) / 1.008 * math.pi / 2) ** 2
betas = [min(1 - f((t + 1) / T) / f(t / T), 0.999) for t in range(T)]
alpha_bar = np.cumprod([1 - b for b in betas])

def act(obs, seed_noise=None):
    seen = normalizer["obs"].normalize(torch.tensor(obs)).reshape(1, -1)
    x = torch.zeros(1, horizon, 2)
    for t in range(T - 1, -1, -1):
        a, before = alpha_bar[t], alpha_bar[t - 1] if t > 0 else 1.0
        with torch.no_grad():
            epsilon = net(x, t, global_cond=seen)
        clean = ((x - (1 - a) ** 0.5 * epsilon) / a ** 0.5).clamp(-1, 1)
        x = before ** 0.5 * clean + (1 - before) ** 0.5 * epsilon
    actions = normalizer["action"].unnormalize(x)[0]
    return actions[To - 1:].tolist()  # oa_step_convention: the decision's own step first

params = {f"normalizer.{name}": value.tolist() for name, value in normalizer.state_dict().items()}
cases = []
for _ in range(3):
    obs = rng.uniform(0, 512, (To, width)).round(1)
    obs[:, 2] = 256.0
    cases.append({"observations": obs.tolist(), "actions": act(obs)})
json.dump({"source": "real-stanford/diffusion_policy 0db769d, ConditionalUnet1D and LinearNormalizer",
           "noise_steps": T, "observation_horizon": To, "action_horizon": Ta, "normalizer": params,
           "cases": cases}, sys.stdout)
