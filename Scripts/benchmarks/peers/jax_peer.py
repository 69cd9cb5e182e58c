"""Serves the rows in JAX: `jax_peer.py jit THREADS cpu|cuda`.

The same work as torch_peer.py does; a whole training step and a whole decision are one compiled
function each, the former with its memory donated, the latter a scan over noise steps.
"""

import os
import sys

THREADS, DEVICE = int(sys.argv[2]), sys.argv[3]
if DEVICE == "cpu":
    # XLA takes as many threads as the process may use processors.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

import jax
import numpy
from jax import numpy as jnp

import workload
from jax_networks import NETWORKS

jax.config.update("jax_platforms", DEVICE)
# The fastest generator.
jax.config.update("jax_default_prng_impl", "unsafe_rbg")
STEPS = workload.QUEUED if DEVICE == "cuda" else 1
schedule = workload.Schedule()
observations, actions = map(jnp.asarray, workload.data(numpy.random.default_rng(0)))


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
        for _ in range(STEPS):
            state, key, value = run(*held[0])
            held[0] = (state, key)
        value.block_until_ready()

    return once


def decision(backbone, network, parameters, count):
    features = jnp.asarray(workload.time_features(backbone, workload.STEPS))
    coefficients = jnp.asarray(
        numpy.stack([schedule.state, schedule.prediction, schedule.deviation], 1), jnp.float32)
    seen = numpy.asarray(observations[:count])

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
        return numpy.asarray(x)  # Waits for it.

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
    return count, once, STEPS if work == "train" else 1


workload.serve(prepare, f"{jax.devices()[0].device_kind}, JAX {jax.__version__}")
