"""The test reviews that the best net is most sure of, and wrong about, and the words that sway it.

Occlusion, word by word: each is replaced by the unknown word, and what that takes off the logit is
the word's weight (Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014;
Li, Monroe and Jurafsky, "Understanding neural networks through representation erasure", 2016).
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rnnlab.labs.sentiment import data
from rnnlab.labs.sentiment.predict import BATCH, Critic
from rnnlab.labs.sentiment.settings import OURS, SentimentSettings
from rnnlab.runs.files import read_run
from rnnlab.runs.predictions import Predictions, read_predictions
from rnnlab.text.vocabulary import UNKNOWN
from rnnlab.training import machine
from rnnlab.training.batches import pad

OF_EACH = 2
"""Reviews of each class."""
EXCERPT = 36
"""Words that are shown of a review: those in a row that weigh most."""


class Chosen(NamedTuple):
    net: str
    seed: int
    folder: Path


def find(settings: SentimentSettings, features: Path, models: Path) -> dict[str, Any]:
    """The mistakes of the run of ours that validation chooses, as plain JSON: see `Mistakes` in
    facts.py.

    features, models: the lab's folders. Raises LabError if a run or a file is missing.
    """
    machine.prepare(settings.ours.training)
    chosen = best(settings, models)
    critic = Critic.load(chosen.folder, features)
    corpus = data.read(features)
    rows = {review: row for row, review in enumerate(corpus.id.tolist())}
    predictions = read_predictions(chosen.folder)
    found = []
    for place in most_sure(predictions):
        ids = corpus.sequence(rows[str(predictions.id[place])], critic.most)
        found.append({"label": int(predictions.label[place]), **explained(critic, ids)})
    return {"net": chosen.net, "seed": chosen.seed, "reviews": found}


def best(settings: SentimentSettings, models: Path) -> Chosen:
    """Of our runs, the one with the lowest validation loss."""
    ours = [
        Chosen(net, seed, models / f"{net}{OURS}" / f"seed-{seed}")
        for net in settings.ours.nets
        for seed in settings.ours.seeds
    ]
    return min(ours, key=lambda each: read_run(each.folder).scores["valid_loss"])


def most_sure(predictions: Predictions) -> list[int]:
    """Places of the wrong predictions furthest from their label, so many of each; the negative
    reviews first."""
    off = np.abs(np.asarray(predictions.probability) - predictions.label)
    found: list[int] = []
    for label in (0, 1):
        wrong = np.flatnonzero((predictions.label == label) & ~predictions.right)
        found += wrong[np.argsort(-off[wrong], kind="stable")][:OF_EACH].tolist()
    return found


@torch.inference_mode()
def explained(critic: Critic, ids: NDArray[np.int32]) -> dict[str, Any]:
    """What the net says of one review, and the excerpt whose words weigh most, with their weights:
    what the logit loses without the word, above 0 of words that speak for "positive"."""
    unknown = critic.known.ids[UNKNOWN]
    places = np.arange(len(ids))
    variants = [ids, *(np.where(places == place, unknown, ids) for place in places)]
    parts = [
        critic.net(*pad(variants[start : start + BATCH])).double().numpy()
        for start in range(0, len(variants), BATCH)
    ]
    logits = np.concatenate(parts)
    weights = logits[0] - logits[1:]
    start, end = heaviest(np.abs(weights), EXCERPT)
    return {
        "probability": float(1 / (1 + np.exp(-logits[0]))),
        "tokens": len(ids),
        "start": start,
        "words": [critic.known.words[each] for each in ids[start:end].tolist()],
        "weights": [round(each, 4) for each in weights[start:end].tolist()],
    }


def heaviest(sizes: NDArray[np.float64], most: int) -> tuple[int, int]:
    """Where the `most` neighbours with the largest sum begin and end; the first of equals."""
    width = min(most, len(sizes))
    sums = np.convolve(sizes, np.ones(width), "valid")
    start = int(np.argmax(np.round(sums, 9)))
    return start, start + width
