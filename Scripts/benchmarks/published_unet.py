"""Trains Diffusion Policy's published U-Net by its authors' code, for `dpolicy import-weights`:

    git clone https://github.com/real-stanford/diffusion_policy theirs
    published_unet.py theirs pusht_human.hdf5 model.safetensors 6

trains for six minutes. Theirs are policy, network, normaliser and configuration for Push-T from
numbers, but for all episodes and a narrower network. Ours is the loop, so that a GPU need not wait
for Python: a whole step is one CUDA graph. The loss is theirs without the mask, which is empty here.
Needs a GPU, PyTorch, diffusers, einops, h5py and safetensors.
"""

import copy
import math
import statistics
import sys
import time
import types

import h5py
import numpy
import torch
from safetensors.torch import save_file

SEEN, HORIZON, EXECUTED, BATCH, WARM_UP, EVERY, SEED = 2, 16, 8, 256, 500, 1000, 42


def theirs(code, widths=(128, 256, 512), features=128):
    """Their policy of 20 observed values and 2 actions; published: 256, 512, 1024 and 256."""
    # Their normaliser names zarr in an annotation and nowhere else.
    zarr = sys.modules.setdefault("zarr", types.ModuleType("zarr"))
    zarr.Array = getattr(zarr, "Array", list)
    sys.path.insert(0, code)
    from diffusers.schedulers.scheduling_ddpm import DDPMScheduler
    from diffusion_policy.model.diffusion.conditional_unet1d import ConditionalUnet1D
    from diffusion_policy.policy.diffusion_unet_lowdim_policy import DiffusionUnetLowdimPolicy

    network = ConditionalUnet1D(
        input_dim=2, global_cond_dim=20 * SEEN, diffusion_step_embed_dim=features,
        down_dims=widths, kernel_size=5, n_groups=8, cond_predict_scale=True)
    scheduler = DDPMScheduler(
        num_train_timesteps=100, beta_schedule="squaredcos_cap_v2", variance_type="fixed_small",
        clip_sample=True, prediction_type="epsilon")
    return DiffusionUnetLowdimPolicy(
        network, scheduler, horizon=HORIZON, obs_dim=20, action_dim=2, n_action_steps=EXECUTED,
        n_obs_steps=SEEN, obs_as_global_cond=True, oa_step_convention=True)


def windows(path):
    """Observations, actions, and the rows of every window, padded as by pad_before and pad_after."""
    observations, actions, rows = [], [], []
    with h5py.File(path) as file:
        for name in sorted(file["data"], key=lambda name: int(name.split("_")[1])):
            demo = file["data"][name]
            start, count = sum(map(len, actions)), len(demo["actions"])
            observations.append(numpy.hstack([demo["obs/keypoints"], demo["obs/agent_pos"]]))
            actions.append(demo["actions"][:])
            first = numpy.arange(1 - SEEN, count - HORIZON + EXECUTED)[:, None]
            rows.append(start + numpy.clip(first + numpy.arange(HORIZON), 0, count - 1))
    return numpy.concatenate(observations), numpy.concatenate(actions), numpy.concatenate(rows)


def loss(policy, network, batch):
    """Their compute_loss with obs_as_global_cond; the network in bfloat16."""
    normal = policy.normalizer.normalize(batch)
    action, condition = normal["action"], normal["obs"][:, :SEEN].flatten(1)
    noise = torch.randn(action.shape, device=action.device)
    t = torch.randint(0, 100, (len(action),), device=action.device)
    noisy = policy.noise_scheduler.add_noise(action, noise, t)
    with torch.autocast("cuda", dtype=torch.bfloat16):
        prediction = network(noisy, t, global_cond=condition)
    return torch.nn.functional.mse_loss(prediction.float(), noise)


class Training:
    def __init__(self, policy, observations, actions):
        self.policy, self.average = policy, copy.deepcopy(policy).requires_grad_(False)
        self.network = torch.compile(policy.model, dynamic=False)
        self.observations, self.actions = observations, actions
        # What changes from step to step lies in the GPU's memory.
        self.rows = torch.zeros(BATCH, dtype=torch.long, device="cuda")
        self.count, self.total, self.sum = (
            torch.full((), value, dtype=torch.float64, device="cuda") for value in (0, 1e9, 0))
        self.rate = torch.zeros((), device="cuda")
        pairs = zip(policy.parameters(), self.average.parameters(), strict=True)
        pairs = [(p, average) for p, average in pairs if p.requires_grad and p.numel() > 0]
        self.weights, self.averages = map(list, zip(*pairs))
        self.optimiser = torch.optim.AdamW(
            self.weights, lr=self.rate, betas=(0.95, 0.999), eps=1e-8, weight_decay=1e-6,
            fused=True, capturable=True)

    def step(self):
        self.optimiser.zero_grad(set_to_none=True)
        batch = {"obs": self.observations[self.rows], "action": self.actions[self.rows]}
        value = loss(self.policy, self.network, batch)
        value.backward()
        progress = (self.count - WARM_UP) / (self.total - WARM_UP)
        cosine = 0.5 * (1 + torch.cos(math.pi * progress.clamp(0, 1)))
        self.rate.copy_(1e-4 * torch.minimum(self.count / WARM_UP, cosine))
        self.optimiser.step()
        # Their EMAModel with power 0.75.
        decay = (1 - (1 + (self.count - 1).clamp(min=0)) ** -0.75).clamp(max=0.9999)
        change = torch._foreach_sub([p.detach() for p in self.weights], self.averages)
        torch._foreach_mul_(change, (1 - decay).float())
        torch._foreach_add_(self.averages, change)
        self.count += 1
        self.sum += value.detach()

    def captured(self):
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.step()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.step()
        return graph.replay

    def run(self, minutes):
        """As many steps as fit, which is estimated until seven tenths of the time are over."""
        begin, place = time.perf_counter(), len(self.observations)
        replay, done, counted, total, paces = self.captured(), 3, 3, 1e9, []
        self.sum.zero_()
        last = time.perf_counter()
        while done < total and last - begin < 60 * minutes + 10:
            if place + BATCH > len(self.observations):
                order, place = torch.randperm(len(self.observations), device="cuda"), 0
            self.rows.copy_(order[place:place + BATCH])
            replay()
            done, place = done + 1, place + BATCH
            if done % EVERY == 0 or done in (WARM_UP, total):
                mean, now = self.sum.item() / (done - counted), time.perf_counter()
                self.sum.zero_()
                paces.append((now - last) / (done - counted))
                last, counted, left = now, done, 60 * minutes - (now - begin)
                if left > 0.3 * 60 * minutes:
                    total = done + int(left / statistics.median(paces[-5:]))
                    self.total.fill_(total)
                print(f"{done} steps of {total}, {now - begin:.1f} s, loss {mean:.5f}", flush=True)


def main(code, demonstrations, output, minutes):
    torch.manual_seed(SEED)
    torch.backends.cudnn.benchmark = True
    policy = theirs(code)
    from diffusion_policy.model.common.normalizer import LinearNormalizer

    observations, actions, rows = windows(demonstrations)
    normalizer = LinearNormalizer()
    normalizer.fit({"obs": observations, "action": actions})
    policy.set_normalizer(normalizer)
    policy.cuda()
    training = Training(
        policy, *(torch.from_numpy(values[rows]).cuda() for values in (observations, actions)))
    training.run(float(minutes))
    state = training.average.state_dict()
    save_file({name: value.cpu().contiguous() for name, value in state.items()}, output)


if __name__ == "__main__":
    main(*sys.argv[1:])
