#!/usr/bin/env python3
"""Evaluates a served policy in a gymnasium environment: success and mean return over episodes.

    dpolicy serve --policy runs/reach --port 8700 &
    Demos/examples/gymnasium_evaluation.py FetchReach-v4 --episodes 50
"""

import argparse
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Scripts"))
from client import Policy, episode


def evaluate(environment, policy, seeds):
    """How many episodes succeeded, and the mean return."""
    results = [episode(environment, policy, seed) for seed in seeds]
    successes = sum(bool(info.get("is_success", False)) for _, info in results)
    return successes, statistics.fmean(total for total, _ in results)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("environment", help="its name in gymnasium, such as FetchReach-v4")
    parser.add_argument("--episodes", type=int, default=50)
    parser.add_argument("--seed", type=int, default=100000, help="of the first episode")
    parser.add_argument("--address", default="http://127.0.0.1:8700")
    arguments = parser.parse_args()
    import gymnasium

    seeds = range(arguments.seed, arguments.seed + arguments.episodes)
    successes, mean = evaluate(
        gymnasium.make(arguments.environment), Policy(arguments.address), seeds)
    print(f"{successes} of {len(seeds)} succeeded, mean return {mean:.3f}")


if __name__ == "__main__":
    main()
