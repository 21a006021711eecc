"""What the sentiment runs show beyond their mean scores."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from rnnlab.analysis.metrics import Finished, Runs
from rnnlab.settings.sentiment import Sentiment, shape
from rnnlab.text import features as feature_files
from rnnlab.training.runs import read_predictions

Counts = NDArray[np.int64]

LENGTH_EDGES = (0, 100, 150, 200, 250, 300, 400, 500, 700)
"""Where the bands of review length begin, in tokens."""


class LengthBand(NamedTuple):
    """Accuracy of the test reviews of `start` to `end - 1` tokens (end None: and longer)."""

    start: int
    end: int | None
    reviews: int
    accuracy: float
    error: float
    """Standard error of the accuracy, from the number of reviews."""


def facts(runs: Runs, features: Path, settings: Sentiment) -> dict[str, Any]:
    """What the report says of the sentiment lab beyond its metrics, as plain JSON.

    features: the folder that the embed stage wrote.
    """
    corpus = feature_files.read(features)
    tested = corpus.rows("test")
    lengths = dict(zip(corpus.id[tested].tolist(), corpus.lengths(tested).tolist(), strict=True))
    first = {net: next(iter(seeds.values())).run for net, seeds in runs.items()}
    return {
        "parts": {part: len(corpus.rows(part)) for part in ("train", "valid", "test")},
        "training": settings.training.model_dump(),
        "seeds": {net: list(seeds) for net, seeds in runs.items()},
        "shapes": {net: shape(net)._asdict() for net in runs},
        "structures": {net: run.structure for net, run in first.items()},
        "best_epochs": {
            net: [each.run.best_epoch for each in seeds.values()] for net, seeds in runs.items()
        },
        "confusion": {net: confusion(seeds.values()).tolist() for net, seeds in runs.items()},
        "bands": {
            net: [band._asdict() for band in by_length(seeds.values(), lengths, LENGTH_EDGES)]
            for net, seeds in runs.items()
            if shape(net).layers == shape(net).directions == 1
        },
        "coverage": json.loads((features / "coverage.json").read_text(encoding="utf-8")),
    }


def confusion(runs: Iterable[Finished]) -> Counts:
    """(2, 2) test reviews, actual by predicted, negative first; summed over `runs`."""
    total = np.zeros((2, 2), dtype=np.int64)
    for each in runs:
        predicted = read_predictions(each.folder)
        total += confusion_matrix(
            predicted["label"], predicted["probability"] > 0.5, labels=[0, 1]
        ).astype(np.int64)
    return total


def by_length(
    runs: Iterable[Finished], lengths: dict[str, int], edges: Iterable[int]
) -> list[LengthBand]:
    """Accuracy in bands of review length, over the reviews of all `runs` together.

    lengths: tokens of each test review. edges: where the bands begin, ascending.
    """
    bands = list(edges)
    right = np.zeros(len(bands))
    number = np.zeros(len(bands), dtype=np.int64)
    count = 0
    for count, each in enumerate(runs, 1):  # noqa: B007
        predicted = read_predictions(each.folder)
        correct = (predicted["probability"] > 0.5) == (predicted["label"] == 1)
        band = np.digitize([lengths[review] for review in predicted["id"]], bands) - 1
        number += np.bincount(band, minlength=len(bands))
        right += np.bincount(band, weights=correct, minlength=len(bands))
    ends: list[int | None] = [*bands[1:], None]
    return [
        LengthBand(
            start,
            end,
            n // count,
            hits / n,
            float(np.sqrt(hits / n * (1 - hits / n) / (n // count))),
        )
        for start, end, n, hits in zip(bands, ends, number.tolist(), right.tolist(), strict=True)
        if n
    ]
