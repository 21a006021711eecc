"""Is speed paid for with accuracy? The project and the seed style trained for the same epochs.

Half an hour with the real corpus, so only when asked for. Both go through the project's loop, on
the same batches, from the same vectors; the test set is scored by the weights of the best epoch on
the validation part. Rates, their fall and clipping are each one's own.
"""

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch

from bench.contest import NET
from bench.measuring import Row, cost
from bench.ours import SEED, fitted, lab_task, settings
from bench.packed import RATE, WORDS, PackedClassifier
from rnnlab.labs.sentiment import data
from rnnlab.labs.sentiment.settings import Shape, Training
from rnnlab.labs.sentiment.train import SentimentTask, scores
from rnnlab.training.machine import Machine
from rnnlab.training.optimizers import Adam


class SeedStyle(SentimentTask):
    """The sentiment lab's task with the seed style's optimizer: Adam at its default rate."""

    def optimizer(self) -> Adam:
        return Adam(self.net.parameters(), RATE)


def measure(features: Path, changes: dict[str, Any]) -> Row:
    """The section `accuracy`. changes: to sentiment.published.training of params.yaml."""

    def trained(name: str, function: Callable[..., Row]) -> Row:
        tested = cost(function, features=features, **changes).result
        return {"contender": name, "seed": SEED, **tested}

    with ThreadPoolExecutor(2) as pool:  # each process has one thread; two cores
        rows = list(pool.map(trained, ("ours", "seed-style"), (ours, seed_style)))
    difference = 100 * (rows[0]["test_accuracy"] - rows[1]["test_accuracy"])
    return {"net": NET, "rows": rows, "difference_points": difference}


def ratios(section: Row) -> dict[str, float]:
    """Test accuracy of the project less that of the seed style, in points."""
    return {f"{section['net']}/accuracy-points-over-seed-style": section["difference_points"]}


def ours(features: Path, **changes: Any) -> Row:
    training = settings(threads=1, **changes)
    return _trained(lab_task(features, training), training)


def seed_style(features: Path, **changes: Any) -> Row:
    """As a script of its own would run: no threads set, no clipping, the rate constant."""
    torch.manual_seed(SEED)
    training, shape = settings(clip_norm=None, last_learning_rate=1.0, **changes), Shape.of(NET)
    net: Any = PackedClassifier(WORDS["seed-style"], shape, training.hidden)
    vectors = data.read_vectors(features, shape.dimension)
    net.embedding.weight.data[: len(vectors)] = vectors
    where = Machine(torch.device("cpu"), "fp32")
    return _trained(SeedStyle(NET, SEED, net, data.read(features), training, where), training)


def _trained(task: SentimentTask, training: Training) -> Row:
    """Scores on the test set, and the epochs."""
    done = fitted(task, training)
    predicted = task.predict("test")
    tested = scores(predicted["label"], predicted["probability"])
    return {
        "test_accuracy": tested["accuracy"],
        "test_loss": tested["loss"],
        "precision": task.machine.precision,
        "best_epoch": done.best.epoch,
        "epochs": [dataclasses.asdict(each) for each in done.history],
    }
