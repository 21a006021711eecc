"""A run's pictures in the tracking store, drawn from the files that the run left."""

from pathlib import Path

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from rnnlab.document import style
from rnnlab.runs.files import PREDICTIONS, Run, read_history, read_predictions

CURVES, CONFUSION = "learning-curves.png", "confusion-matrix.png"


def draw(run: Run, source: Path, target: Path) -> list[Path]:
    """Draw the pictures of the run in the folder `source` into `target`; their files.

    A language model predicts thousands of characters: it has no confusion matrix.
    """
    files = [learning_curves(run, source, target / CURVES)]
    if (source / PREDICTIONS).is_file():
        files.append(confusion(run, source, target / CONFUSION))
    return files


def learning_curves(run: Run, source: Path, path: Path) -> Path:
    """Loss and accuracy by epoch, training dotted, validation solid, the best epoch marked."""
    history = read_history(source)
    epochs = [row.epoch for row in history]
    figure = style.new(10, 4.4, columns=2)
    for axes, what, unit, scale in zip(
        figure.axes, ("loss", "accuracy"), ("nats", "%"), (1.0, 100.0), strict=True
    ):
        for part, line in (("train", ":"), ("valid", "-")):
            values = [scale * getattr(row, f"{part}_{what}") for row in history]
            axes.plot(epochs, values, line, marker="o", color=style.BLUE, label=part)
        axes.axvline(run.best_epoch, color=style.ORANGE, linewidth=1, label="best epoch")
        axes.set(xlabel="epoch", ylabel=f"{what} ({unit})")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.axes[0].set_title(f"{run.net}, seed {run.seed}")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    style.save(figure, path)
    return path


def confusion(run: Run, source: Path, path: Path) -> Path:
    """Actual by predicted class, as shares of the actual one."""
    share, names = shares(run, source)
    places = range(len(names))
    large = len(names) > 5
    figure = style.new(9 if large else 4.5, 8 if large else 4)
    (axes,) = figure.axes
    figure.colorbar(axes.imshow(share, cmap="Blues", vmin=0, vmax=100), label="% of the actual")
    axes.grid(visible=False)
    axes.set(xlabel="predicted", ylabel="actual", title=f"{run.net}, seed {run.seed}",
             xticks=places, yticks=places, yticklabels=names)  # fmt: skip
    axes.set_xticklabels(names, rotation=90 if large else 0)
    for row, column in np.ndindex(share.shape):
        if not large or share[row, column] >= 0.5:
            axes.text(column, row, f"{share[row, column]:.0f}" if large
                      else f"{share[row, column]:.1f}%", ha="center", va="center",
                      fontsize=8 if large else 12,
                      color="white" if share[row, column] > 50 else "black")  # fmt: skip
    style.save(figure, path)
    return path


def shares(run: Run, source: Path) -> tuple[NDArray[np.float64], list[str]]:
    """(classes, classes) of predictions in percent of the actual class, and the classes' names."""
    found = read_predictions(source)
    if "predicted" in found:
        predicted, names = found["predicted"], list(run.settings["languages"])
    else:
        predicted, names = (found["probability"] > 0.5).astype(int), ["negative", "positive"]
    counts = confusion_matrix(found["label"], predicted, labels=range(len(names)))
    return 100 * counts / np.maximum(counts.sum(1, keepdims=True), 1), names
