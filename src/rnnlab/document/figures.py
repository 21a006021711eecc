"""Drawings that several labs share."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from rnnlab.document.text import Text
from rnnlab.runs.history import Epoch

EPOCH = Text("epoch", "轮次")
ACCURACY = Text("accuracy (%)", "准确率（%）")
PUBLISHED = Text("published", "原报告")
IN_TRAINING = Text("in training", "训练")

Runs = Sequence[Sequence[Epoch]]
Array = NDArray[np.float64]


def learning_curve(
    axes: Axes, runs: Runs, quantity: str, scale: float = 1.0, per_epoch: float = 1, **look: Any
) -> None:
    """Draw the mean of `quantity` (a field of `Epoch`) by epoch, over `runs`.

    It ends with the first run that does: the mean of those that are left would jump, as if that
    were training. scale: what values are multiplied with; per_epoch: how far an epoch goes to the
    right. look: as `Axes.plot` takes it, `fmt` the line.
    """
    epochs = list(zip(*runs, strict=False))
    x = [per_epoch * rows[0].epoch for rows in epochs]
    values = [scale * np.mean([getattr(row, quantity) for row in rows]) for rows in epochs]
    axes.plot(x, values, look.pop("fmt"), **look)


def shares(counts: ArrayLike) -> Array:
    """A confusion matrix's rows in percent of their sums; a row of zeros stays."""
    matrix = np.asarray(counts, dtype=np.float64)
    rows: Array = 100 * matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
    return rows


def confusion(
    axes: Axes, percent: Array, names: Sequence[str], digits: int, least: float, **text: Any
) -> Any:
    """Draw a confusion matrix, actual by predicted class, and return its image.

    percent: of the actual class; fields of `least` or more are written, with so many digits.
    """
    image = axes.imshow(percent, cmap="Blues", vmin=0, vmax=100)
    axes.grid(visible=False)
    places = range(len(names))
    axes.set(xticks=places, yticks=places, xticklabels=names, yticklabels=names)
    text |= {"ha": "center", "va": "center", "in_layout": False}  # the axes hold it
    for actual, predicted in np.ndindex(*percent.shape):
        share = percent[actual, predicted]
        if share >= least:
            written = f"{share:.{digits}f}{'%' * (digits > 0)}"
            colour = "white" if share > 50 else "black"
            axes.text(predicted, actual, written, color=colour, **text)
    return image
