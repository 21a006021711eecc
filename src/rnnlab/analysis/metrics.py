"""reports/metrics.json: what every run of a lab scored, and its spread over seeds."""

import statistics
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rnnlab.training.runs import Run, Timing, read_run, read_timing


class Finished(NamedTuple):
    """A run on disk."""

    run: Run
    timing: Timing
    folder: Path


Runs = dict[str, dict[int, Finished]]
"""By net, then by seed."""


def collect(models: Path, timings: Path, runs: Iterable[tuple[str, int]]) -> Runs:
    """Read the `runs` (net, seed) of one lab from its folders below models/ and timings/.

    Raises LabError, naming the file, if one is not there.
    """
    found: Runs = {}
    for net, seed in runs:
        folder = models / net / f"seed-{seed}"
        timing = read_timing(timings / net / f"seed-{seed}.json")
        found.setdefault(net, {})[seed] = Finished(read_run(folder), timing, folder)
    return found


def summary(values: Mapping[int, float]) -> dict[str, Any]:
    """Mean, sample standard deviation (None of a single value), number and values by seed."""
    numbers = list(values.values())
    return {
        "mean": statistics.fmean(numbers),
        "std": statistics.stdev(numbers) if len(numbers) > 1 else None,
        "n": len(numbers),
        "values": {str(seed): value for seed, value in values.items()},
    }


def summaries(runs: Runs) -> dict[str, dict[str, Any]]:
    """Per net: each score of its runs and their times, summarised over seeds; its parameters."""
    return {net: _net(seeds) for net, seeds in runs.items()}


def _net(seeds: dict[int, Finished]) -> dict[str, Any]:
    first = next(iter(seeds.values())).run
    scores = {
        name: summary({seed: each.run.scores[name] for seed, each in seeds.items()})
        for name in first.scores
    }
    times = {
        "train_seconds": summary({seed: each.timing.seconds for seed, each in seeds.items()}),
        "tokens_per_second": summary(
            {seed: each.timing.tokens_per_second for seed, each in seeds.items()}
        ),
    }
    return {**scores, **times, "parameters": first.parameters}
