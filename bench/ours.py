"""The project's own training: its net, its lab, its loop, in fp32 or bf16."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from bench import ROOT
from bench import reviews as files
from bench.contest import HIDDEN, NET, Work
from bench.measuring import Row
from rnnlab.labs.sentiment import data
from rnnlab.labs.sentiment.settings import SentimentSettings, Shape, Training
from rnnlab.labs.sentiment.train import SentimentTask, classifier
from rnnlab.runs.checkpoints import Checkpoint
from rnnlab.settings.base import load
from rnnlab.training import machine
from rnnlab.training.batches import Rows
from rnnlab.training.loop import Progress, fit

PARAMS = ROOT / "params.yaml"
SEED = 2077


class Chosen(SentimentTask):
    """The sentiment lab's task, on batches that are given."""

    chosen: Sequence[Rows]
    chosen_valid: Sequence[Rows]

    def train_batches(self, epoch: int) -> Sequence[Rows]:
        return self.chosen

    def valid_batches(self) -> Sequence[Rows]:
        return self.chosen_valid


class Ours:
    """A net of the project."""

    def __init__(self, style: str, net: str, work: Work) -> None:
        threads = len(os.sched_getaffinity(0)) if work.device == "cpu" else 1
        training = settings(
            precision=style.removeprefix("ours-"),
            hidden=HIDDEN,
            epochs=1,
            last_learning_rate=1.0,
            device=work.device,
            threads=threads,
        )
        where, shape, reviews = machine.prepare(training), Shape.of(net), files.read(work.data)
        made = classifier(torch.randn(reviews.words, shape.dimension), shape, training, SEED)
        self.task = Chosen(net, SEED, made, reviews, training, where)
        self.batches = files.chosen(reviews, work.batches)
        # The training part has four times the validation part's reviews.
        self.task.chosen_valid = files.chosen(reviews, max(1, work.batches // 4), "valid")[1:]

    def train(self, numbers: list[int]) -> Row:
        self.task.chosen = [self.batches[number] for number in numbers]
        done = fitted(self.task, self.task.training)
        (pace,), (epoch,) = done.pace, done.history
        seconds = {"seconds": pace.train_seconds, "valid_seconds": pace.valid_seconds}
        return {"tokens": pace.tokens, **seconds, "losses": [epoch.train_loss]}


def one_epoch(features: Path) -> None:
    """Train NET as the pipeline does, but for an epoch, and without tracking."""
    training = settings(epochs=1)
    fitted(lab_task(features, training), training)


def lab_task(features: Path, training: Training) -> SentimentTask:
    """NET on all that the stages tokenize, split and embed lead to; this process prepared."""
    shape, where = Shape.of(NET), machine.prepare(training)
    vectors = data.read_vectors(features, shape.dimension)
    net = classifier(vectors, shape, training, SEED)
    return SentimentTask(NET, SEED, net, data.read(features), training, where)


def settings(**changes: Any) -> Training:
    """params.yaml's, with these changes, on the CPU if they say nothing else."""
    committed = load(SentimentSettings, "sentiment", PARAMS).published.training
    return committed.model_copy(update={"device": "cpu", **changes})


def fitted(task: Any, training: Any) -> Progress:
    """Train a lab's task by the project's loop, as its settings say; nothing is kept on disk."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Checkpoint(Path(folder, "checkpoint"), "bench")
        return fit(task, training, task.machine, checkpoint)
