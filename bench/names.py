"""The names lab batched, against the published loop of one name a step: both the project's code.

What counts is the time to the same validation accuracy: the best that the published loop reaches in
100,000 steps, and when each first is there. Training time alone; validation is not counted.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path
from statistics import median

from bench.measuring import Row, cost, summary
from bench.ours import PARAMS, SEED, fitted
from rnnlab.labs.names.data import read
from rnnlab.labs.names.settings import AS_PUBLISHED, NamesSettings
from rnnlab.labs.names.train import NamesTask, untrained
from rnnlab.settings.base import load
from rnnlab.training import machine

STRUCTURES = ("tutorial-rnn", "lstm")
SEEDS = (SEED, SEED + 1, SEED + 2)
Curve = Sequence[dict[str, float]]
"""See `train`."""


def measure(split: Path) -> Row:
    """The section `names`."""

    def curve(net: str, seed: int) -> Curve:
        points: Curve = cost(train, net=net, seed=seed, split=split).result
        return points

    with ThreadPoolExecutor(2) as pool:  # each process has one thread; two cores
        one = [pool.submit(curve, net + AS_PUBLISHED, SEED) for net in STRUCTURES]
        many = [[pool.submit(curve, net, seed) for seed in SEEDS] for net in STRUCTURES]
    published = [each.result() for each in one]
    batched = [[each.result() for each in seeds] for seeds in many]
    rows = [_row(*each) for each in zip(STRUCTURES, published, batched, strict=True)]
    return {"examples": published[0][-1]["examples"], "seeds": list(SEEDS), "rows": rows}


def ratios(section: Row) -> dict[str, float]:
    """Times faster to the same accuracy; by example, for the LSTM first."""
    found = {}
    for row in reversed(section["rows"]):
        name = "names" if row["net"] == "lstm" else f"names/{row['net']}"
        if row["batched_seconds"] is not None:
            found[f"{name}/one-at-a-time"] = row["published_seconds"] / row["batched_seconds"]
        found[f"{name}/one-at-a-time-by-example"] = row["by_example"]["median"]
    return found


def train(net: str, seed: int, split: Path) -> Curve:
    """A point an epoch: examples and seconds so far, the epoch's pace, validation accuracy."""
    training = load(NamesSettings, "names", PARAMS).net(net)
    where, corpus = machine.prepare(training), read(split)
    made = untrained(training, len(corpus.languages), seed)
    done = fitted(NamesTask(net, seed, made, corpus, training, where), training)
    size = training.block or len(corpus.rows("train"))
    spent = [epoch.train_seconds for epoch in done.pace]
    return [
        {
            "examples": size * row.epoch,
            "seconds": total,
            "seconds_an_example": seconds / size,
            "accuracy": row.valid_accuracy,
        }
        for row, seconds, total in zip(done.history, spent, accumulate(spent), strict=True)
    ]


def _row(net: str, published: Curve, batched: Sequence[Curve]) -> Row:
    target = max(point["accuracy"] for point in published)
    times = [reached(curve, target) for curve in batched]
    there = [each for each in times if each is not None]
    pace, *paces = (
        median(point["seconds_an_example"] for point in curve) for curve in (published, *batched)
    )
    return {
        "net": net,
        "accuracy": target,
        "published_seconds": reached(published, target),
        "batched_seconds": median(there) if there == times else None,
        "by_example": summary([pace / each for each in paces]),
    }


def reached(curve: Curve, accuracy: float) -> float | None:
    """Seconds to the first point that is as accurate as that; None if there is none."""
    return next((point["seconds"] for point in curve if point["accuracy"] >= accuracy), None)
