"""Is speed paid for with accuracy? The project and the seed style trained for the same epochs.

Half an hour with the real corpus, so only when asked for. Both go through the project's loop, on
the same batches, from the same vectors; the test set is scored by the weights of the best epoch on
the validation part. Rates, their fall and clipping are each one's own.
"""

import dataclasses
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch

from bench.corpus import PARAMS
from bench.packed import RATE, WORDS, PackedClassifier
from bench.processes import cost
from rnnlab.labs.sentiment import data as feature_files
from rnnlab.labs.sentiment.settings import SentimentSettings, Shape, Training
from rnnlab.labs.sentiment.train import SentimentTask, classifier, scores
from rnnlab.runs import files as runs
from rnnlab.settings.base import load
from rnnlab.training import machine
from rnnlab.training.loop import fit
from rnnlab.training.machine import Machine

NET = "lstm-1-1-100d"
SEEDS = (2077,)


class SeedStyle(SentimentTask):
    """The sentiment lab's task with the seed style's optimizer: dense Adam, not fused."""

    def optimizer(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.net.parameters(), RATE)


def measure(features: Path, changes: dict[str, Any]) -> dict[str, Any]:
    """The section `accuracy`. changes: to sentiment.training of params.yaml."""
    arguments = {"features": str(features.absolute()), "changes": changes}
    jobs = [(function, seed) for seed in SEEDS for function in (ours, seed_style)]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda job: cost(job[0], seed=job[1], **arguments), jobs))
    rows = [
        {"contender": function.__name__.replace("_", "-"), "seed": seed, **spent.result}
        for (function, seed), spent in zip(jobs, results, strict=True)
    ]  # fmt: skip
    return {"net": NET, "rows": rows, "difference_points": _difference(rows)}


def ratios(section: dict[str, Any]) -> dict[str, float]:
    """Test accuracy of the project less that of the seed style, in points."""
    return {f"{section['net']}/accuracy-points-over-seed-style": section["difference_points"]}


def ours(features: str, seed: int, changes: dict[str, Any]) -> dict[str, Any]:
    training = _training(changes)
    where = machine.prepare(training)
    vectors = _vectors(features)
    net = classifier(vectors, Shape.of(NET), training, seed)
    task = SentimentTask(NET, seed, net, feature_files.read(Path(features)), training, where)
    return _trained(task, training.clip_norm, training.last_learning_rate)


def seed_style(features: str, seed: int, changes: dict[str, Any]) -> dict[str, Any]:
    """As a script of its own would run: no threads set, no clipping, the rate constant."""
    torch.manual_seed(seed)
    training = _training(changes)
    shape = Shape.of(NET)
    net = PackedClassifier(
        WORDS["seed-style"], shape.cell, shape.layers, shape.directions, shape.dimension,
        training.hidden,
    )  # fmt: skip
    vectors = _vectors(features)
    with torch.no_grad():
        net.embedding.weight[: len(vectors)] = vectors
    where = Machine(torch.device("cpu"), "fp32")
    read = feature_files.read(Path(features))
    task = SeedStyle(NET, seed, net, read, training, where)  # type: ignore[arg-type]
    return _trained(task, None, 1.0)


def _trained(
    task: SentimentTask, clip_norm: float | None, last_learning_rate: float
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        progress = fit(
            task, task.training.epochs, clip_norm, task.machine, Path(folder, "c"), "bench",
            last_learning_rate=last_learning_rate,
        )  # fmt: skip
    tested = scores(task.predict("test"))
    return {
        "test_accuracy": tested["accuracy"],
        "test_loss": tested["loss"],
        "precision": task.machine.precision,
        "best_epoch": progress.best.epoch,
        "epochs": [dataclasses.asdict(each) for each in progress.history],
    }


def _training(changes: dict[str, Any]) -> Training:
    committed = load(SentimentSettings, "sentiment", PARAMS).training
    return committed.model_copy(update={"device": "cpu", "threads": 1, **changes})


def _vectors(features: str) -> torch.Tensor:
    return runs.load_tensors(Path(features, "vectors-100d.safetensors"))["vectors"]


def _difference(rows: list[dict[str, Any]]) -> float:
    mean = {
        name: sum(each["test_accuracy"] for each in rows if each["contender"] == name)
        / sum(each["contender"] == name for each in rows)
        for name in ("ours", "seed-style")
    }
    return 100 * (mean["ours"] - mean["seed-style"])
