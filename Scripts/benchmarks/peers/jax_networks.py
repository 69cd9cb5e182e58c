"""The backbones of Sources/Imitation/Backbones in JAX, for one observation and one action.

Each has `observe`, what depends on the observation alone, so that a decision computes it once.
"""

import jax
from jax import numpy as jnp

import workload


def linear(random, inputs, outputs):
    bound = inputs**-0.5
    return {
        "weight": jnp.asarray(random.uniform(-bound, bound, (inputs, outputs)), jnp.float32),
        "bias": jnp.asarray(random.uniform(-bound, bound, outputs), jnp.float32),
    }


def apply(layer, x):
    return x @ layer["weight"] + layer["bias"]


def norm(width):
    return {"weight": jnp.ones(width), "bias": jnp.zeros(width)}


def normalise(layer, x):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * layer["weight"] + layer["bias"]


def gelu(x):
    return jax.nn.gelu(x, approximate=False)


class MLP:
    @staticmethod
    def parameters(random):
        width, actions = workload.HIDDEN, workload.ACTION
        sizes = [workload.OBSERVATION + actions + 1] + [width] * workload.DEPTH + [actions]
        return [linear(random, *pair) for pair in zip(sizes, sizes[1:])]

    @staticmethod
    def observe(_, observation):
        return observation

    @staticmethod
    def run(parameters, noisy, time, observed):
        time = jnp.broadcast_to(time, (len(noisy), time.shape[1]))
        x = jnp.concatenate([noisy, observed, time], 1)
        for layer in parameters[:-1]:
            x = gelu(apply(layer, x))
        return apply(parameters[-1], x)


class Sieve:
    @staticmethod
    def parameters(random):
        width, embedding, actions = workload.HIDDEN, workload.EMBEDDING, workload.ACTION

        def embed(inputs):
            return [linear(random, inputs, embedding), linear(random, embedding, embedding)]

        inputs = [3 * embedding] + [width + actions + embedding] * (workload.DEPTH - 1)
        return {
            "observation": embed(workload.OBSERVATION), "noisy": embed(actions), "time": embed(32),
            "hidden": [{"linear": linear(random, i, width), "norm": norm(width)} for i in inputs],
            "output": linear(random, width + actions + embedding, actions),
        }

    @staticmethod
    def embed(layers, x):
        return apply(layers[1], gelu(apply(layers[0], x)))

    @staticmethod
    def observe(parameters, observation):
        return Sieve.embed(parameters["observation"], observation)

    @staticmethod
    def run(parameters, noisy, time, observed):
        time = Sieve.embed(parameters["time"], time)
        time = jnp.broadcast_to(time, (len(noisy), time.shape[1]))
        noised = Sieve.embed(parameters["noisy"], noisy)

        def hidden(layer, x):
            return gelu(normalise(layer["norm"], apply(layer["linear"], x)))

        x = hidden(parameters["hidden"][0], jnp.concatenate([observed, noised, time], 1))
        for layer in parameters["hidden"][1:]:
            x = x * 0.5**0.5
            x = hidden(layer, jnp.concatenate([x, noisy, time], 1)) + x
        return apply(parameters["output"], jnp.concatenate([x, noisy, time], 1))


class Transformer:
    WIDTH, BLOCKS, HEADS, HEAD = 64, 4, 16, 64

    @staticmethod
    def parameters(random):
        width, inner = Transformer.WIDTH, Transformer.HEADS * Transformer.HEAD

        def tokens(inputs):
            positions = jnp.asarray(0.02 * random.standard_normal((1, width)), jnp.float32)
            return {"map": linear(random, inputs, width), "positions": positions}

        return {
            "observation": tokens(workload.OBSERVATION), "noisy": tokens(workload.ACTION),
            "time": linear(random, 32, width), "norm": norm(width),
            "output": linear(random, width, workload.ACTION),
            "blocks": [
                {
                    "norm": [norm(width), norm(width)],
                    "input": linear(random, width, 3 * inner),
                    "output": linear(random, inner, width),
                    "expansion": linear(random, width, 4 * width),
                    "contraction": linear(random, 4 * width, width),
                } for _ in range(Transformer.BLOCKS)],
        }

    @staticmethod
    def token(parameters, x):
        return (apply(parameters["map"], x) + parameters["positions"])[:, None]

    @staticmethod
    def observe(parameters, observation):
        return Transformer.token(parameters["observation"], observation)

    @staticmethod
    def run(parameters, noisy, time, observed):
        time = apply(parameters["time"], time)[:, None]
        time = jnp.broadcast_to(time, (len(noisy), 1, time.shape[2]))
        x = jnp.concatenate([time, observed, Transformer.token(parameters["noisy"], noisy)], 1)
        batch, tokens, _ = x.shape
        for block in parameters["blocks"]:
            parts = apply(block["input"], normalise(block["norm"][0], x))
            parts = parts.reshape(batch, tokens, 3, Transformer.HEADS, Transformer.HEAD)
            y = jax.nn.dot_product_attention(parts[:, :, 0], parts[:, :, 1], parts[:, :, 2])
            x = x + apply(block["output"], y.reshape(batch, tokens, -1))
            y = gelu(apply(block["expansion"], normalise(block["norm"][1], x)))
            x = x + apply(block["contraction"], y)
        return apply(parameters["output"], normalise(parameters["norm"], x[:, -1]))


NETWORKS = {"mlp": MLP, "sieve": Sieve, "transformer": Transformer}


def from_torch(backbone, tensors):
    """The parameters of a PyTorch network of the same sizes, as numpy arrays by their names."""

    def linear(name):
        return {"weight": tensors[f"{name}.weight"].T, "bias": tensors[f"{name}.bias"]}

    def norm(name):
        return {"weight": tensors[f"{name}.weight"], "bias": tensors[f"{name}.bias"]}

    def count(pattern):
        return len({name.split(".")[1] for name in tensors if name.startswith(pattern)})

    if backbone == "mlp":
        return [linear(f"hidden.{i}") for i in range(count("hidden."))] + [linear("output")]
    if backbone == "sieve":
        return {
            **{
                ours: [linear(f"{theirs}.{i}") for i in range(2)]
                for ours, theirs in [
                    ("observation", "observation"), ("noisy", "noisy_actions"), ("time", "time")]},
            "hidden": [
                {"linear": linear(f"hidden.{i}.linear"), "norm": norm(f"hidden.{i}.norm")}
                for i in range(count("hidden."))],
            "output": linear("output"),
        }
    return {
        **{
            ours: {"map": linear(theirs), "positions": tensors[f"{theirs}.positions"]}
            for ours, theirs in [("observation", "observation"), ("noisy", "noisy_actions")]},
        "time": linear("time"), "norm": norm("norm"), "output": linear("output"),
        "blocks": [
            {
                "norm": [norm(f"blocks.{i}.norm.{j}") for j in range(2)],
                "input": linear(f"blocks.{i}.attention.input"),
                "output": linear(f"blocks.{i}.attention.output"),
                "expansion": linear(f"blocks.{i}.feed_forward.0"),
                "contraction": linear(f"blocks.{i}.feed_forward.1"),
            } for i in range(count("blocks."))],
    }
