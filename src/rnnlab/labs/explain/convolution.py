"""Recurrent nets beside a convolutional one: how fast, and how steadily, does each learn?"""

import math
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, cast

import numpy as np
from torch import nn
from tqdm import tqdm

from rnnlab.errors import LabError
from rnnlab.labs.explain import subjects
from rnnlab.labs.explain.settings import ConvolutionSettings
from rnnlab.labs.sentiment import data
from rnnlab.labs.sentiment.data import Features
from rnnlab.labs.sentiment.settings import SentimentSettings, Shape
from rnnlab.labs.sentiment.train import SentimentTask
from rnnlab.nets.convolution import Convolution
from rnnlab.training import machine
from rnnlab.training.batches import Rows, by_length, pieces
from rnnlab.training.loop import NOT_FINITE, backward, evaluate
from rnnlab.training.machine import Machine
from rnnlab.training.seeding import generator, seed_torch

NET = "convolution"
"""What the convolutional net is called."""


class ConvolutionTask(SentimentTask):
    """The convolutional net on the reviews: a batch is cut as for one layer and direction."""

    def pieces(self, batch: Rows) -> list[Rows]:
        return pieces(batch, self._lengths(batch), self.training.max_step_states)


def compare(
    settings: ConvolutionSettings, lab: SentimentSettings, features: Path
) -> dict[str, Any]:
    """Train the convolutional net and the recurrent ones with each of the lab's seeds.

    What `train` gives, by net and seed, beside each net's weights "beyond" its embedding, counted;
    plain JSON. features: the sentiment lab's folder. Raises LabError if a net is not in the lab's
    grid, or diverges.
    """
    where = machine.prepare(lab.published.training)
    corpus = data.read(features)
    checked = {part: _drawn(corpus, part, settings) for part in ("train", "valid")}
    found = {}
    for name in (NET, *settings.nets):
        seeds: dict[str, Any] = {}
        for seed in lab.published.seeds:
            task = _task(name, seed, settings, lab, corpus, features, where)
            batches = [task.train_batches(epoch) for epoch in range(1, settings.epochs + 1)]
            seeds[str(seed)] = train(task, list(chain(*batches)), checked, settings.every)
            tqdm.write(f"{name} seed {seed}: {seeds[str(seed)]['valid_accuracy'][-1]:.2%}")
        found[name] = {"beyond": _beyond(task.net), "seeds": seeds}
    return {"settings": settings.model_dump(), "nets": found}


def _task(
    name: str,
    seed: int,
    settings: ConvolutionSettings,
    lab: SentimentSettings,
    corpus: Features,
    features: Path,
    where: Machine,
) -> SentimentTask:
    if name != NET:
        training = lab.net(name)
        net = subjects.untrained(name, training, seed, features)
        return SentimentTask(name, seed, net, corpus, training, where)
    vectors = data.read_vectors(features, Shape.of(settings.nets[0]).dimension)
    seed_torch("explain", NET, seed, "weights")
    # The task asks no more of a net than that it takes ids and lengths and gives logits.
    made = cast(Any, Convolution(vectors, settings.widths, settings.filters))
    return ConvolutionTask(name, seed, made, corpus, lab.published.training, where)


def _drawn(corpus: Features, part: str, settings: ConvolutionSettings) -> list[Rows]:
    """Batches of the part's reviews that all nets are checked on."""
    drawn = generator("explain", NET, part, settings.seed).permutation(corpus.rows(part))
    rows = np.sort(drawn[: settings.reviews])
    return [rows[batch] for batch in by_length(corpus.lengths(rows), subjects.BATCH, None)]


def _beyond(net: nn.Module) -> int:
    named = net.named_parameters()
    return sum(each.numel() for name, each in named if not name.startswith("embedding."))


def train(
    task: SentimentTask, batches: Sequence[Rows], checked: Mapping[str, Sequence[Rows]], every: int
) -> dict[str, Any]:
    """Train the task's net, a step a batch, as the training loop does; plain JSON.

    "losses" (nats a review) of every step; "steps" after which the net was checked, which is
    `every` so many and after the last; and what was found: "train_loss", on the batches
    `checked` of the training part, "valid_accuracy", on those of the validation part.

    Raises LabError if a loss is no longer finite.
    """
    task.net.to(task.machine.device)
    optimizer = task.optimizer()
    limit = task.training.clip_norm or math.inf
    found: dict[str, Any] = {"losses": [], "steps": [], "train_loss": [], "valid_accuracy": []}
    for step, batch in enumerate(tqdm(batches, task.name, leave=False, disable=None), 1):
        task.net.train()
        optimizer.zero_grad()
        score = backward(task, batch, task.machine)
        nn.utils.clip_grad_norm_(task.net.parameters(), limit)
        optimizer.step()
        loss = score.loss.item() / score.items
        if not math.isfinite(loss):
            raise LabError(
                f"{task.name}, seed {task.seed}: the loss {NOT_FINITE} in step {step}; in "
                "params.yaml's sentiment.published.training, try a smaller learning_rate."
            )
        found["losses"].append(float(f"{loss:.4g}"))
        if step % every == 0 or step == len(batches):
            found["steps"].append(step)
            found["train_loss"].append(round(evaluate(task, checked["train"], task.machine)[0], 5))
            accuracy = evaluate(task, checked["valid"], task.machine)[1]
            found["valid_accuracy"].append(round(accuracy, 5))
    return found
