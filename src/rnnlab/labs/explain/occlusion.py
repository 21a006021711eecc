"""Where a review decides: mask a window of words, and see how far the logit moves."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnnlab.labs.explain.settings import OcclusionSettings
from rnnlab.labs.explain.subjects import Ids, logits, sample, trained
from rnnlab.labs.sentiment import data
from rnnlab.labs.sentiment.settings import SentimentSettings, Shape
from rnnlab.training import machine
from rnnlab.training.machine import Machine

Array = NDArray[np.float64]
UNKNOWN_ID = 1
BANDS = 4
"""Bands of distance that the decisive windows are counted in."""


def measure(
    nets: Sequence[str],
    settings: OcclusionSettings,
    lab: SentimentSettings,
    features: Path,
    models: Path,
) -> dict[str, Any]:
    """Occlusion of the trained `nets` (their first seed) on the same test reviews, as plain JSON.

    features, models: the sentiment lab's folders. Raises LabError if a net is not of the lab's
    grid, has no run, or if no review has a suitable length.
    """
    where = machine.prepare(lab.published.training)
    corpus = data.read(features)
    rows = sample(corpus, settings.reviews, settings.distance, settings.longest, settings.seed)
    reviews = [corpus.sequence(row) for row in rows]
    labels = corpus.label[rows]
    found: dict[str, Any] = {}
    for name in nets:
        net = trained(name, lab, lab.published.seeds[0], features, models)
        whole, masked = changes(net, reviews, settings, where)
        found[name] = {"cell": Shape.of(name).cell, "seed": lab.published.seeds[0]}
        found[name] |= summary(whole, masked, labels, settings)
    return {"settings": settings.model_dump(), "reviews": len(rows), "nets": found}


def changes(
    net: torch.nn.Module, reviews: Sequence[Ids], settings: OcclusionSettings, where: Machine
) -> tuple[Array, Array]:
    """Logits of whole reviews (reviews,), and what masking adds to them (reviews, windows).

    net: (ids (time, batch), lengths) → logits (batch,). Window 0 is each review's last `window`
    tokens, window 1 those before them; each is replaced by unknown words.
    """
    variants = []
    for ids in reviews:
        variants += [ids, *occluded(ids, settings.window, settings.distance)]
    table = logits(net, variants, where).reshape(len(reviews), -1)
    return table[:, 0], table[:, 1:] - table[:, :1]


def occluded(ids: Ids, window: int, distance: int) -> list[Ids]:
    """Copies of `ids`, each with `window` tokens unknown; the last window of tokens first."""
    copies = []
    for back in range(0, distance, window):
        copy = np.array(ids)
        copy[max(len(ids) - back - window, 0) : len(ids) - back] = UNKNOWN_ID
        copies.append(copy)
    return copies


def summary(
    whole: Array, masked: Array, labels: NDArray[np.integer[Any]], settings: OcclusionSettings
) -> dict[str, Any]:
    """Where windows matter, over reviews, as plain JSON.

    "share": each window's part of a review's total |change|, averaged over reviews, with its
    standard error; "decisive": how often each window changes the logit most; "bands": the
    reviews by where their decisive window stands, and the accuracy in each band.
    """
    sizes = np.abs(masked)
    shares = sizes / np.maximum(sizes.sum(1, keepdims=True), 1e-12)
    decisive = sizes.argmax(1)
    places = settings.window * decisive
    right = (whole > 0) == (labels == 1)
    edges = np.unique(np.linspace(0, masked.shape[1], BANDS + 1).astype(int))
    bands: list[dict[str, Any]] = []
    for start, end in pairwise((settings.window * edges).tolist()):
        inside = (places >= start) & (places < end)
        number, accuracy = int(inside.sum()), float(right[inside].mean()) if inside.any() else None
        bands.append({"start": start, "end": end, "reviews": number, "accuracy": accuracy})
    error = shares.std(0, ddof=1) / np.sqrt(len(shares))
    return {
        "accuracy": float(right.mean()),
        "share": [round(each, 5) for each in shares.mean(0).tolist()],
        "share_error": [round(each, 5) for each in error.tolist()],
        "decisive": np.bincount(decisive, minlength=masked.shape[1]).tolist(),
        "median_distance": float(np.median(places) + settings.window / 2),
        "bands": bands,
    }
