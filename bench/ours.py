"""The project's own training: its net, its lab, its loop, in fp32 or bf16, as a contender."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bench import reviews as files
from bench.contender import serve
from rnnlab.labs.sentiment.data import Features
from rnnlab.labs.sentiment.settings import SentimentSettings, Shape, Training
from rnnlab.labs.sentiment.train import SentimentTask, classifier
from rnnlab.runs.history import Epoch, Pace
from rnnlab.settings.base import load
from rnnlab.training import machine
from rnnlab.training.batches import Rows
from rnnlab.training.loop import fit

ROOT = Path(__file__).parent.parent


class Chosen(SentimentTask):
    """The sentiment lab's task, on batches that are given."""

    def give(self, rows: list[Rows]) -> None:
        self.rows = rows

    def train_batches(self, epoch: int) -> Sequence[Rows]:
        return self.rows

    def valid_batches(self) -> Sequence[Rows]:
        return self.rows[:1]


class Ours:
    """A net of the project with its batches."""

    def __init__(self, style: str, net: dict[str, Any], data: str) -> None:
        reviews = files.read(Path(data))
        self.rows = files.chosen(reviews, files.count_chosen(net["layers"]))
        training = settings(style.removeprefix("ours-"), net["hidden"], len(self.rows[0]))
        form = Shape(net["cell"], net["layers"], net["directions"], net["dimension"])
        where = machine.prepare(training)
        vectors = torch.randn(reviews.words, form.dimension)
        made = classifier(vectors, form, training, 2077)
        self.task = Chosen("bench", 2077, made, features(reviews), training, where)

    def train(self, batches: list[int]) -> dict[str, Any]:
        self.task.give([self.rows[number] for number in batches])
        rows: list[tuple[Epoch, Pace]] = []
        with tempfile.TemporaryDirectory() as folder:
            fit(
                self.task, 1, self.task.training.clip_norm, self.task.machine,
                Path(folder, "checkpoint"), "bench", lambda *row: rows.append(row),
            )  # fmt: skip
        epoch, pace = rows[0]
        return {
            "tokens": pace.tokens,
            "seconds": pace.train_seconds,
            "losses": [epoch.train_loss, epoch.valid_loss],
            "precision": self.task.machine.precision,
        }


def settings(precision: str, hidden: int, batch: int) -> Training:
    """params.yaml's, with this precision, on the CPU cores that this process may use."""
    committed = load(SentimentSettings, "sentiment", ROOT / "params.yaml").training
    changes = {"precision": precision, "hidden": hidden, "batch": batch, "device": "cpu",
               "threads": len(os.sched_getaffinity(0))}  # fmt: skip
    return committed.model_copy(update=changes)


def features(reviews: files.Reviews) -> Features:
    """The same reviews as the lab reads them from its files."""
    count = len(reviews.label)
    return Features(
        ids=reviews.ids.astype(np.int32),
        offsets=reviews.offsets,
        id=np.array([f"{number:06}" for number in range(count)]),
        part=np.where(reviews.valid, "valid", "train"),
        label=reviews.label,
    )


if __name__ == "__main__":
    serve(Ours)
