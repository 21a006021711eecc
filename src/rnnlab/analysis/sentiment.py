"""What the sentiment runs show beyond their mean scores."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from rnnlab.analysis.metrics import Finished
from rnnlab.training.runs import read_predictions

Counts = NDArray[np.int64]


class LengthBand(NamedTuple):
    """Accuracy of the test reviews of `start` to `end - 1` tokens (end None: and longer)."""

    start: int
    end: int | None
    reviews: int
    accuracy: float
    error: float
    """Standard error of the accuracy, from the number of reviews."""


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
        LengthBand(start, end, n // count, hits / n, float(np.sqrt(hits / n * (1 - hits / n) / (n // count))))
        for start, end, n, hits in zip(bands, ends, number.tolist(), right.tolist(), strict=True)
        if n
    ]
