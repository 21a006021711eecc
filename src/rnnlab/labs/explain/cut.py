"""Nets that never saw more than the ends of reviews: is what stands before of any use to them?"""

import tempfile
from pathlib import Path
from typing import Any

from rnnlab.labs.explain.seen import answered, longer, summary
from rnnlab.labs.explain.settings import CutSettings, SeenSettings
from rnnlab.labs.explain.subjects import trained, untrained
from rnnlab.labs.sentiment import data
from rnnlab.labs.sentiment.data import Features
from rnnlab.labs.sentiment.settings import SentimentSettings, Shape, Training
from rnnlab.labs.sentiment.train import SentimentTask
from rnnlab.nets.classifier import Classifier
from rnnlab.runs.checkpoints import Checkpoint
from rnnlab.training import machine
from rnnlab.training.loop import fit
from rnnlab.training.machine import Machine


def measure(
    settings: CutSettings, seen: SeenSettings, lab: SentimentSettings, features: Path, models: Path
) -> dict[str, Any]:
    """Accuracy of nets trained on reviews' last tokens, fed as many, on the reviews of `seen`.

    They are trained as published with all the lab's seeds, but for the cut. Beside them, as
    "whole", the lab's own nets, which were trained on whole reviews and are fed such. Plain JSON.
    features, models: the sentiment lab's folders. Raises LabError as `subjects.trained` and
    `subjects.sample` do, and if a training diverges.
    """
    where = machine.prepare(lab.published.training)
    corpus = data.read(features)
    reviews, labels = longer(corpus, seen)
    seeds = lab.published.seeds
    found: dict[str, Any] = {}
    for name in settings.nets:
        right = {}
        for most in settings.tokens:
            training = lab.net(name).model_copy(update={"max_tokens": most})
            own = [fitted(name, seed, training, corpus, features, where) for seed in seeds]
            right[str(most)] = answered(own, [ids[-most:] for ids in reviews], where) == labels
        own = [trained(name, lab, seed, features, models) for seed in seeds]
        right["whole"] = answered(own, reviews, where) == labels
        found[name] = {"cell": Shape.of(name).cell, "seeds": seeds, "views": summary(right)}
    return {"settings": settings.model_dump(), "reviews": len(reviews), "nets": found}


def fitted(
    name: str, seed: int, training: Training, corpus: Features, features: Path, where: Machine
) -> Classifier:
    """The net of the name `name` with its best epoch's weights, trained as the lab trains it."""
    net = untrained(name, training, seed, features)
    task = SentimentTask(name, seed, net, corpus, training, where)
    with tempfile.TemporaryDirectory() as folder:
        fit(task, training, where, Checkpoint(Path(folder) / "checkpoint", ""), section="sentiment")
    return net
