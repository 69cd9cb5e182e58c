"""Serves the rows in JAX: `jax_peer.py jit THREADS`.

The same work as torch_peer.py does; a whole training step and a whole decision are one compiled
function each, the former with its memory donated, the latter a scan over noise steps.
"""

import os
import sys

THREADS = int(sys.argv[2])
# XLA takes as many threads as the process may use processors.
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])

import jax
import numpy
from jax import numpy as jnp

import workload

# The fastest generator.
jax.config.update("jax_default_prng_impl", "unsafe_rbg")
schedule = workload.Schedule()
observations, actions = map(jnp.asarray, workload.data(numpy.random.default_rng(0)))


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


def training(backbone, network, parameters, batch):
    features = jnp.asarray(workload.time_features(backbone, workload.STEPS))
    signal, noise = (
        jnp.asarray(values, jnp.float32)[:, None] for values in (schedule.signal, schedule.noise))

    def loss(parameters, key):
        keys = jax.random.split(key, 3)
        rows = jax.random.randint(keys[0], (batch,), 0, workload.WINDOWS)
        t = jax.random.randint(keys[1], (batch,), 0, workload.STEPS)
        epsilon = jax.random.normal(keys[2], (batch, workload.ACTION))
        noisy = signal[t] * actions[rows] + noise[t] * epsilon
        observed = network.observe(parameters, observations[rows])
        return ((network.run(parameters, noisy, features[t], observed) - epsilon) ** 2).mean()

    def step(state, key):
        parameters, first, second, count = state
        key, own = jax.random.split(key)
        value, gradients = jax.value_and_grad(loss)(parameters, own)
        count = count + 1
        tree = jax.tree_util.tree_map
        first = tree(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
        second = tree(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
        rate = 1e-3 / (1 - 0.9**count)
        scale = 1 / (1 - 0.999**count)
        parameters = tree(
            lambda w, m, v: w - rate * m / (jnp.sqrt(v * scale) + 1e-8), parameters, first, second)
        return (parameters, first, second, count), key, value

    run = jax.jit(step, donate_argnums=(0, 1))
    zeros = jax.tree_util.tree_map(jnp.zeros_like, parameters)
    copied = jax.tree_util.tree_map(jnp.copy, zeros)
    held = [((parameters, zeros, copied, jnp.float32(0)), jax.random.key(0))]

    def once():
        state, key, value = run(*held[0])
        held[0] = (state, key)
        value.block_until_ready()

    return once


def decision(backbone, network, parameters, count):
    features = jnp.asarray(workload.time_features(backbone, workload.STEPS))
    coefficients = jnp.asarray(
        numpy.stack([schedule.state, schedule.prediction, schedule.deviation], 1), jnp.float32)
    seen = observations[:count]

    @jax.jit
    def decide(parameters, seen, key):
        key, first, rest = jax.random.split(key, 3)
        observed = network.observe(parameters, seen)
        noise = jax.random.normal(rest, (workload.STEPS, count, workload.ACTION))

        def denoise(x, step):
            time, (state, prediction, deviation), z = step
            epsilon = network.run(parameters, x, time[None], observed)
            return state * x + prediction * epsilon + deviation * z, None

        x = jax.random.normal(first, (count, workload.ACTION))
        steps = (features[::-1], coefficients[::-1], noise)
        return jax.lax.scan(denoise, x, steps)[0], key

    held = [jax.random.key(0)]

    def once():
        x, held[0] = decide(parameters, seen, held[0])
        x.block_until_ready()

    return once


def prepare(row):
    backbone, work, size = workload.parse(row)
    network = NETWORKS[backbone]
    parameters = network.parameters(numpy.random.default_rng(0))
    count = sum(leaf.size for leaf in jax.tree_util.tree_leaves(parameters))
    make = training if work == "train" else decision
    once = make(backbone, network, parameters, size)
    for _ in range(3):
        once()
    return count, once


workload.serve(prepare)
