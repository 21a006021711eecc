"""What clipping does: nets on a slice of the reviews, trained with it and without, step by step."""

import math
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn
from tqdm import tqdm

from rnnlab.labs.explain import subjects
from rnnlab.labs.explain.settings import ClippingSettings
from rnnlab.labs.sentiment import data
from rnnlab.labs.sentiment.data import Features
from rnnlab.labs.sentiment.settings import SentimentSettings, Shape
from rnnlab.labs.sentiment.train import SentimentTask
from rnnlab.training import machine
from rnnlab.training.batches import Rows, by_length
from rnnlab.training.loop import evaluate
from rnnlab.training.seeding import generator

VALID_BATCH = 256


def compare(settings: ClippingSettings, lab: SentimentSettings, features: Path) -> dict[str, Any]:
    """Train every net at every learning rate, clipped and not; see `train`. Plain JSON.

    features: the sentiment lab's folder; `lab` gives hidden size, device and precision. The runs
    of one net start from the same weights and see the same batches.
    """
    where = machine.prepare(lab.published.training)
    corpus = data.read(features)
    batches, valid = _batches(corpus, settings)
    found = []
    limits = (None, settings.clip_norm)
    for name, rate, limit in product(settings.nets, settings.learning_rates, limits):
        changes = {"learning_rate": rate, "max_tokens": settings.max_tokens}
        training = lab.published.training.model_copy(update=changes)
        net = subjects.untrained(name, training, settings.seed, features)
        task = SentimentTask(name, settings.seed, net, corpus, training, where)
        curves = train(task, batches, valid, limit)
        run = {"net": name, "cell": Shape.of(name).cell, "learning_rate": rate, "clip_norm": limit}
        found.append({**run, **curves})
        tqdm.write(
            f"{name}, rate {rate}, clipping at {limit}: validation loss "
            f"{curves['valid_loss']}, largest norm {curves['largest_norm']}"
        )
    return {"settings": settings.model_dump(), "runs": found}


def _batches(corpus: Features, settings: ClippingSettings) -> tuple[list[Rows], list[Rows]]:
    """Those of training, of all epochs in the order that they are taken, and those of validation.

    Their reviews are drawn once.
    """

    def draw(part: str, most: int) -> Rows:
        drawn = generator("clipping", part, settings.seed).permutation(corpus.rows(part))
        return np.sort(drawn[:most])

    rows, valid = draw("train", settings.reviews), draw("valid", max(settings.reviews // 2, 1))
    lengths = np.minimum(corpus.lengths(rows), settings.max_tokens)
    rngs = (generator("clipping", "order", settings.seed, each) for each in range(settings.epochs))
    batches = [rows[batch] for rng in rngs for batch in by_length(lengths, settings.batch, rng)]
    together = by_length(corpus.lengths(valid), VALID_BATCH, None)
    return batches, [valid[batch] for batch in together]


def train(
    task: SentimentTask, batches: Sequence[Rows], valid: Sequence[Rows], limit: float | None
) -> dict[str, Any]:
    """Train the task's net; "losses" (nats a review) and "norms" (before clipping) of every step.

    Beside them what is left after the last step: "valid_loss" (None if it is not finite) and
    "valid_accuracy". Training ends where a loss or norm is no longer finite; "diverged_at" is
    that step, else None.
    """
    task.net.to(task.machine.device).train()
    optimizer = task.optimizer()
    losses: list[float] = []
    norms: list[float] = []
    diverged = None
    for batch in batches:
        optimizer.zero_grad()
        with task.machine.autocast():
            score = task.score(batch)
        (score.loss / score.items).backward()
        norm = float(nn.utils.clip_grad_norm_(task.net.parameters(), limit or math.inf))
        loss = score.loss.item()
        if not (math.isfinite(norm) and math.isfinite(loss)):
            diverged = len(losses)
            break
        optimizer.step()
        losses.append(loss / score.items)
        norms.append(norm)
    valid_loss, valid_accuracy = evaluate(task, valid, task.machine)
    return {
        "losses": [float(f"{value:.4g}") for value in losses],
        "norms": [float(f"{value:.4g}") for value in norms],
        "largest_norm": float(f"{max(norms, default=0.0):.4g}"),
        "diverged_at": diverged,
        "valid_loss": round(valid_loss, 4) if math.isfinite(valid_loss) else None,
        "valid_accuracy": valid_accuracy,
    }
