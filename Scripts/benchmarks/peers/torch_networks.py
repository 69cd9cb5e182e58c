"""The backbones of Sources/Imitation/Backbones in PyTorch: the same functions, parameters and names.

Each has `observe`, what depends on the observation alone, so that a decision computes it once.
"""

import torch
from torch import nn
from torch.nn import functional


class MLP(nn.Module):
    def __init__(self, windows, chunk, times, width, depth, **_):
        super().__init__()
        inputs = chunk[0] * chunk[1] + windows[0] * windows[1] + times
        self.hidden = nn.ModuleList(
            nn.Linear(inputs if layer == 0 else width, width) for layer in range(depth))
        self.output = nn.Linear(width, chunk[0] * chunk[1])

    def observe(self, observation):
        return observation.flatten(1)

    def forward(self, noisy, time, observed):
        x = torch.cat([noisy.flatten(1), observed, time.expand(len(noisy), -1)], dim=1)
        for layer in self.hidden:
            x = functional.gelu(layer(x))
        return self.output(x)


class Embedding(nn.Sequential):
    def __init__(self, inputs, width):
        super().__init__()
        self.add_module("0", nn.Linear(inputs, width))
        self.add_module("1", nn.Linear(width, width))

    def forward(self, x):
        return self[1](functional.gelu(self[0](x)))


class SieveLayer(nn.Module):
    def __init__(self, inputs, width):
        super().__init__()
        self.linear = nn.Linear(inputs, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, x):
        return functional.gelu(self.norm(self.linear(x)))


class Sieve(nn.Module):
    def __init__(self, windows, chunk, times, width, embedding, depth, **_):
        super().__init__()
        actions = chunk[0] * chunk[1]
        self.observation = Embedding(windows[0] * windows[1], embedding)
        self.noisy_actions = Embedding(actions, embedding)
        self.time = Embedding(times, embedding)
        again = actions + embedding
        self.hidden = nn.ModuleList(
            SieveLayer(3 * embedding if layer == 0 else width + again, width)
            for layer in range(depth))
        self.output = nn.Linear(width + again, actions)

    def observe(self, observation):
        return self.observation(observation.flatten(1))

    def forward(self, noisy, time, observed):
        noisy = noisy.flatten(1)
        time = self.time(time).expand(len(noisy), -1)
        x = self.hidden[0](torch.cat([observed, self.noisy_actions(noisy), time], dim=1))
        for layer in self.hidden[1:]:
            x = x * 0.5**0.5
            x = layer(torch.cat([x, noisy, time], dim=1)) + x
        return self.output(torch.cat([x, noisy, time], dim=1))


class Attention(nn.Module):
    def __init__(self, width, heads, head_width):
        super().__init__()
        self.heads = heads
        self.input = nn.Linear(width, 3 * heads * head_width)
        self.output = nn.Linear(heads * head_width, width)

    def forward(self, x):
        batch, tokens, _ = x.shape
        parts = self.input(x).view(batch, tokens, 3, self.heads, -1)
        queries, keys, values = parts.permute(2, 0, 3, 1, 4)
        y = functional.scaled_dot_product_attention(queries, keys, values)
        return self.output(y.transpose(1, 2).reshape(batch, tokens, -1))


class Block(nn.Module):
    def __init__(self, width, heads, head_width):
        super().__init__()
        self.norm = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.attention = Attention(width, heads, head_width)
        self.feed_forward = nn.ModuleList(
            [nn.Linear(width, 4 * width), nn.Linear(4 * width, width)])

    def forward(self, x):
        x = x + self.attention(self.norm[0](x))
        y = functional.gelu(self.feed_forward[0](self.norm[1](x)))
        return x + self.feed_forward[1](y)


class Tokens(nn.Linear):
    """A linear map of each token, and its place."""

    def __init__(self, inputs, width, count):
        super().__init__(inputs, width)
        self.positions = nn.Parameter(0.02 * torch.randn(count, width))

    def forward(self, x):
        return super().forward(x) + self.positions


class Transformer(nn.Module):
    def __init__(
        self, windows, chunk, times, token_width=64, blocks=4, heads=16, head_width=64, **_
    ):
        super().__init__()
        self.chunk = chunk
        self.observation = Tokens(windows[1], token_width, windows[0])
        self.noisy_actions = Tokens(chunk[1], token_width, chunk[0])
        self.time = nn.Linear(times, token_width)
        self.blocks = nn.ModuleList(
            Block(token_width, heads, head_width) for _ in range(blocks))
        self.norm = nn.LayerNorm(token_width)
        self.output = nn.Linear(token_width, chunk[1])

    def observe(self, observation):
        return self.observation(observation)

    def forward(self, noisy, time, observed):
        time = self.time(time).unsqueeze(1).expand(len(noisy), -1, -1)
        actions = self.noisy_actions(noisy.view(-1, *self.chunk))
        x = torch.cat([time, observed, actions], dim=1)
        for block in self.blocks:
            x = block(x)
        return self.output(self.norm(x[:, -self.chunk[0]:])).flatten(1)


class UNetConvolution(nn.Module):
    def __init__(self, inputs, outputs, groups=8, kernel=5):
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv1d(inputs, outputs, kernel, padding=kernel // 2),
            nn.GroupNorm(groups, outputs), nn.Mish())

    def forward(self, x):
        return self.block(x)


class UNetBlock(nn.Module):
    def __init__(self, inputs, outputs, condition):
        super().__init__()
        self.blocks = nn.ModuleList(
            [UNetConvolution(inputs, outputs), UNetConvolution(outputs, outputs)])
        self.cond_encoder = nn.Sequential(nn.Mish(), nn.Linear(condition, 2 * outputs))
        self.residual_conv = (
            nn.Conv1d(inputs, outputs, 1) if inputs != outputs else nn.Identity())

    def forward(self, x, condition):
        scale, bias = self.cond_encoder(condition)[:, :, None].chunk(2, dim=1)
        return self.blocks[1](scale * self.blocks[0](x) + bias) + self.residual_conv(x)


class Resampling(nn.Module):
    def __init__(self, conv):
        super().__init__()
        self.conv = conv

    def forward(self, x):
        return self.conv(x)


class UNet(nn.Module):
    """Diffusion Policy's ConditionalUnet1D, under its names."""

    def __init__(self, windows, chunk, times, widths=(48, 96, 96), **_):
        super().__init__()
        self.chunk = chunk
        condition = times + windows[0] * windows[1]
        sizes = [chunk[1], *widths]
        last = widths[-1]

        def level(inputs, outputs, resampling):
            return nn.ModuleList(
                [UNetBlock(inputs, outputs, condition), UNetBlock(outputs, outputs, condition)]
                + ([Resampling(resampling)] if resampling else []))

        self.diffusion_step_encoder = nn.ModuleDict(
            {"1": nn.Linear(times, 4 * times), "3": nn.Linear(4 * times, times)})
        self.down_modules = nn.ModuleList(
            level(sizes[i], sizes[i + 1],
                  nn.Conv1d(sizes[i + 1], sizes[i + 1], 3, 2, 1) if i + 2 < len(sizes) else None)
            for i in range(len(widths)))
        self.mid_modules = level(last, last, None)
        self.up_modules = nn.ModuleList(
            level(2 * sizes[i + 1], sizes[i], nn.ConvTranspose1d(sizes[i], sizes[i], 4, 2, 1))
            for i in reversed(range(1, len(widths))))
        self.final_conv = nn.Sequential(
            UNetConvolution(widths[0], widths[0]), nn.Conv1d(widths[0], chunk[1], 1))

    def observe(self, observation):
        return observation.flatten(1)

    def forward(self, noisy, time, observed):
        step = self.diffusion_step_encoder
        time = step["3"](functional.mish(step["1"](time))).expand(len(noisy), -1)
        condition = torch.cat([time, observed], dim=1)
        x = noisy.view(-1, *self.chunk).transpose(1, 2)
        skips = []
        for first, second, *rest in self.down_modules:
            x = second(first(x, condition), condition)
            skips.append(x)
            x = rest[0](x) if rest else x
        for block in self.mid_modules:
            x = block(x, condition)
        for first, second, up in self.up_modules:
            x = torch.cat([x, skips.pop()], dim=1)
            x = up(second(first(x, condition), condition))
        return self.final_conv(x).transpose(1, 2).flatten(1)


class DiTBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.modulation = nn.Linear(width, 6 * width)
        self.qkv = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x, condition):
        parts = self.modulation(functional.silu(condition))[:, None].chunk(6, dim=2)
        y = modulated(x, *parts[:2])
        batch, tokens, width = y.shape
        queries, keys, values = self.qkv(y).view(
            batch, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        y = functional.scaled_dot_product_attention(queries, keys, values)
        x = x + parts[2] * self.project(y.transpose(1, 2).reshape(batch, tokens, width))
        y = modulated(x, *parts[3:5])
        return x + parts[5] * self.down(functional.gelu(self.up(y), approximate="tanh"))


class DiTFinal(nn.Module):
    def __init__(self, width, outputs):
        super().__init__()
        self.modulation = nn.Linear(width, 2 * width)
        self.head = nn.Linear(width, outputs)

    def forward(self, x, condition):
        shift, scale = self.modulation(functional.silu(condition))[:, None].chunk(2, dim=2)
        return self.head(modulated(x, shift, scale))


def modulated(x, shift, scale):
    return functional.layer_norm(x, x.shape[-1:], eps=1e-6) * (1 + scale) + shift


class DiT(nn.Module):
    def __init__(self, windows, chunk, times, token_width=128, blocks=4, heads=4, **_):
        super().__init__()
        self.chunk = chunk
        self.observation = Embedding(windows[0] * windows[1], token_width)
        self.time = Embedding(times, token_width)
        self.noisy_actions = Tokens(chunk[1], token_width, chunk[0])
        self.blocks = nn.ModuleList(DiTBlock(token_width, heads) for _ in range(blocks))
        self.final = DiTFinal(token_width, chunk[1])

    def observe(self, observation):
        return self.observation(observation.flatten(1))

    def forward(self, noisy, time, observed):
        condition = self.time(time) + observed
        x = self.noisy_actions(noisy.view(-1, *self.chunk))
        for block in self.blocks:
            x = block(x, condition)
        return self.final(x, condition).flatten(1)


NETWORKS = {"mlp": MLP, "sieve": Sieve, "transformer": Transformer, "unet": UNet, "dit": DiT}
