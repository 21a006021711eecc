"""How much of a review does a net need? Accuracy by how many of its last tokens the net is fed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnnlab.labs.explain.settings import SeenSettings
from rnnlab.labs.explain.subjects import Ids, logits, sample, trained
from rnnlab.labs.sentiment import data
from rnnlab.labs.sentiment.data import Features
from rnnlab.labs.sentiment.settings import SentimentSettings, Shape
from rnnlab.training import machine
from rnnlab.training.machine import Machine
from rnnlab.training.seeding import generator

Right = NDArray[np.bool_]


def measure(
    nets: Sequence[str],
    settings: SeenSettings,
    lab: SentimentSettings,
    features: Path,
    models: Path,
) -> dict[str, Any]:
    """Accuracy of the trained `nets`, all their seeds, on views of the same test reviews.

    Plain JSON. All reviews are so long that every view cuts them. features, models: the sentiment
    lab's folders. Raises LabError as `subjects.trained` and `subjects.sample` do.
    """
    where = machine.prepare(lab.published.training)
    corpus = data.read(features)
    reviews, labels = longer(corpus, settings)
    shown = views(reviews, settings)
    seeds = lab.published.seeds
    found: dict[str, Any] = {}
    for name in nets:
        own = [trained(name, lab, seed, features, models) for seed in seeds]
        right = {view: answered(own, each, where) == labels for view, each in shown.items()}
        found[name] = {"cell": Shape.of(name).cell, "seeds": seeds, "views": summary(right)}
    return {"settings": settings.model_dump(), "reviews": len(reviews), "nets": found}


def longer(corpus: Features, settings: SeenSettings) -> tuple[list[Ids], Right]:
    """The test reviews that every view cuts, and which of them are positive."""
    rows = sample(corpus, settings.reviews, max(settings.tokens) + 1, None, settings.seed)
    return [corpus.sequence(row) for row in rows], corpus.label[rows] == 1


def answered(nets: Sequence[torch.nn.Module], reviews: Sequence[Ids], where: Machine) -> Right:
    """(nets, reviews): which a net takes to be positive."""
    return np.array([logits(net, reviews, where) > 0 for net in nets])


def views(reviews: Sequence[Ids], settings: SeenSettings) -> dict[str, list[Ids]]:
    """The reviews' last tokens, by their number; "whole" reviews; and those "shuffled"."""
    rng = generator("explain", "shuffle", settings.seed)
    ends = {str(tokens): [ids[-tokens:] for ids in reviews] for tokens in settings.tokens}
    return {**ends, "whole": list(reviews), "shuffled": [rng.permutation(ids) for ids in reviews]}


def summary(right: dict[str, Right]) -> dict[str, Any]:
    """Of each view, what a net got right, (seeds, reviews), beside what it did of whole reviews.

    "accuracy" by seed; "lost", the mean accuracy on whole reviews less that on the view; "error",
    the standard error of that: of the reviews' differences and of the seeds', as if independent,
    which is rather too large.
    """
    found = {}
    for view, hits in right.items():
        lost = right["whole"].astype(float) - hits
        spreads = [
            each.var(ddof=1) / len(each) for each in (lost.mean(0), lost.mean(1)) if len(each) > 1
        ]
        found[view] = {
            "accuracy": [round(each, 5) for each in hits.mean(1).tolist()],
            "lost": round(float(lost.mean()), 5),
            "error": round(float(np.sqrt(sum(spreads))), 5),
        }
    return found
