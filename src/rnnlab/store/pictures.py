"""A run's pictures in the tracking store, drawn from the files that the run left."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from rnnlab.document import figures, style
from rnnlab.labs import part
from rnnlab.runs.files import PREDICTIONS, Run, read_history
from rnnlab.runs.predictions import read_predictions


def draw(run: Run, source: Path, target: Path) -> list[Path]:
    """Draw the pictures of the run in the folder `source` into `target`; their files.

    A language model predicts thousands of characters: it has no confusion matrix.
    """
    drawn = {"learning-curves.png": learning_curves(run, source)}
    if (source / PREDICTIONS).is_file():
        drawn["confusion-matrix.png"] = confusion(run, source)
    for name, figure in drawn.items():
        style.save(figure, target / name)
    return [target / name for name in drawn]


def learning_curves(run: Run, source: Path) -> Figure:
    """Loss and accuracy by epoch, training dotted, validation solid, the best epoch marked."""
    history = read_history(source)
    figure = style.new(10, 4.4, columns=2)
    panels = (("loss", "nats", 1.0), ("accuracy", "%", 100.0))
    for axes, (what, unit, scale) in zip(figure.axes, panels, strict=True):
        for seen, line in (("train", ":"), ("valid", "-")):
            look: dict[str, Any] = {"marker": "o", "color": style.BLUE, "label": seen}
            figures.learning_curve(axes, [history], f"{seen}_{what}", scale, fmt=line, **look)
        axes.axvline(run.best_epoch, color=style.ORANGE, linewidth=1, label="best epoch")
        axes.set(xlabel="epoch", ylabel=f"{what} ({unit})")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.axes[0].set_title(f"{run.net}, seed {run.seed}")
    style.legend_below(figure, columns=3)
    return figure


def confusion(run: Run, source: Path) -> Figure:
    """Actual by predicted class, as shares of the actual one."""
    classes = part(run.lab, "predict").classes(run)
    percent = figures.shares(read_predictions(source).confusion(len(classes)))
    large = len(classes) > 5
    figure = style.new(9 if large else 4.5, 8 if large else 4)
    (axes,) = figure.axes
    digits, least, size = (0, 0.5, 8) if large else (1, 0, 12)
    image = figures.confusion(axes, percent, classes, digits, least, fontsize=size)
    figure.colorbar(image, label="% of the actual")
    axes.set(xlabel="predicted", ylabel="actual", title=f"{run.net}, seed {run.seed}")
    axes.tick_params(axis="x", rotation=90 if large else 0)
    return figure
