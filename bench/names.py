"""The names lab batched, against the published loop of one name a step: both the project's code.

What counts is the time to the same validation accuracy: the best that the published loop reaches in
100,000 steps, and when each first is there. Training time alone; validation is not counted.
"""

import itertools
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.contest import summary
from bench.processes import cost
from rnnlab.labs.names.settings import AS_PUBLISHED, NamesSettings
from rnnlab.labs.names.train import NamesTask, read, untrained
from rnnlab.runs.history import Epoch, Pace
from rnnlab.settings.base import load
from rnnlab.training import machine
from rnnlab.training.loop import fit

MINUTES = 3
ROOT = Path(__file__).parent.parent
STRUCTURES = ("tutorial-rnn", "lstm")
SEEDS = (2077, 2078, 2079)


def measure(split: Path, steps: int | None = None) -> dict[str, Any]:
    """The section `names`. steps: of the published loop, if not as many as params.yaml says."""
    rows = []
    with ThreadPoolExecutor(2) as pool:  # each process has one thread; two cores
        published = pool.map(lambda each: _curve(each + AS_PUBLISHED, split, 2077, steps),
                             STRUCTURES)  # fmt: skip
        pairs = list(zip(STRUCTURES, published, strict=True))
        for structure, curve in pairs:
            runs = list(pool.map(lambda seed, net=structure: _curve(net, split, seed, None),
                                 SEEDS))  # type: ignore[misc]  # fmt: skip
            rows.append(_row(structure, curve, runs))
    return {"examples": pairs[0][1][-1]["examples"], "seeds": list(SEEDS), "rows": rows}


def ratios(section: dict[str, Any]) -> dict[str, float]:
    """Times faster to the same accuracy; by example, for the LSTM first."""
    found = {}
    for row in reversed(section["rows"]):
        name = "names" if row["net"] == "lstm" else f"names/{row['net']}"
        if row["batched_seconds"] is not None:
            found[f"{name}/one-at-a-time"] = row["published_seconds"] / row["batched_seconds"]
        found[f"{name}/one-at-a-time-by-example"] = row["by_example"]["median"]
    return found


def train(name: str, split: str, seed: int, steps: int | None) -> list[dict[str, float]]:
    """Train `name`; a point an epoch: examples and seconds so far, validation accuracy."""
    training = load(NamesSettings, "names", ROOT / "params.yaml").net(name)
    if steps is not None and training.block is not None:
        block = min(training.block, steps)
        training = training.model_copy(update={"block": block, "epochs": steps // block})
    where = machine.prepare(training)
    corpus = read(Path(split))
    net = untrained(training, len(corpus.languages), seed)
    task = NamesTask(name, seed, net, corpus, training, where)
    examples = len(corpus.rows("train")) if training.block is None else training.block
    points: list[dict[str, float]] = []

    def note(epoch: Epoch, pace: Pace) -> None:
        before = points[-1]["seconds"] if points else 0.0
        points.append({
            "examples": examples * epoch.epoch,
            "seconds": before + pace.train_seconds,
            "accuracy": epoch.valid_accuracy,
        })  # fmt: skip

    with tempfile.TemporaryDirectory() as folder:
        fit(task, training.epochs, training.clip_norm, where, Path(folder, "c"), "bench", note)
    return points


def _curve(name: str, split: Path, seed: int, steps: int | None) -> list[dict[str, float]]:
    result = cost(train, name=name, split=str(split.absolute()), seed=seed, steps=steps).result
    curve: list[dict[str, float]] = result
    return curve


def _row(
    structure: str, published: list[dict[str, float]], batched: list[list[dict[str, float]]]
) -> dict[str, Any]:
    target = max(point["accuracy"] for point in published)
    there = [reached(curve, target) for curve in batched]
    pace = _seconds_an_example(published)
    return {
        "net": structure,
        "accuracy": target,
        "published_seconds": reached(published, target),
        "batched_seconds": None if None in there else statistics.median(there),  # type: ignore[type-var]
        "batched_seconds_by_seed": there,
        "batched_accuracy": [curve[-1]["accuracy"] for curve in batched],
        "published_microseconds_an_example": 1e6 * pace,
        "by_example": summary([pace / _seconds_an_example(curve) for curve in batched]),
    }


def reached(curve: list[dict[str, float]], accuracy: float) -> float | None:
    """Seconds to the first point that is as accurate as that; None if there is none."""
    return next((point["seconds"] for point in curve if point["accuracy"] >= accuracy), None)


def _seconds_an_example(curve: list[dict[str, float]]) -> float:
    """The median over a curve's epochs."""
    start = {"examples": 0.0, "seconds": 0.0}
    return statistics.median(
        (b["seconds"] - a["seconds"]) / (b["examples"] - a["examples"])
        for a, b in itertools.pairwise([start, *curve])
    )
