"""The section's figures."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from rnnlab.document import style
from rnnlab.document.figures import confusion, learning_curve, shares
from rnnlab.document.published import published
from rnnlab.document.results import Results
from rnnlab.labs.sentiment.facts import LENGTH_EDGES, Facts, LengthBand
from rnnlab.labs.sentiment.section import cells
from rnnlab.labs.sentiment.settings import OURS, Shape
from rnnlab.runs import history
from rnnlab.runs.history import Curves, Epoch
from rnnlab.runs.scores import Nets


def draw(results: Results, curves: Curves, folder: Path) -> None:
    """Draw the section's figures into `folder`."""
    facts: Facts = results.facts["sentiment"]
    nets, ours = (results.nets["sentiment"][regime] for regime in ("published", "ours"))
    theirs = published("sentiment")["test_accuracy"] if results.comparable else {}
    runs = {net: history.of(curves, "sentiment", "published", net) for net in nets}
    for cell in cells(nets):
        own = {net: each for net, each in runs.items() if Shape.of(net).cell == cell}
        learning_curves(own, cell.upper(), folder / f"sentiment-curves-{cell}.png")
    own = {net: history.of(curves, "sentiment", "ours", net) for net in ours}
    learning_curves(own, "ours", folder / "sentiment-curves-ours.png")
    accuracies(nets, ours, theirs, folder / "sentiment-grid.png")
    both = {f"{net}{OURS}": each for net, each in facts.confusion["ours"].items()}
    matrices(facts.confusion["published"] | both, folder / "sentiment-confusion.png")
    by_length(facts.bands, folder / "sentiment-length.png")


def learning_curves(runs: dict[str, list[list[Epoch]]], title: str, path: Path) -> None:
    """Loss and accuracy by epoch: training thin, validation thick, the mean over a net's seeds."""
    figure = style.new(10, 4.6, columns=2)
    panels = (("loss", "loss (nats per review)", 1.0), ("accuracy", "accuracy (%)", 100.0))
    for axes, (what, label, scale) in zip(figure.axes, panels, strict=True):
        for number, (net, own) in enumerate(runs.items()):
            look: dict[str, Any] = {"color": style.cycle(number)}
            learning_curve(axes, own, f"train_{what}", scale, fmt=":", **look)
            look |= {"marker": style.marker(number), "label": net}
            learning_curve(axes, own, f"valid_{what}", scale, fmt="-", **look)
        axes.set(xlabel="epoch", ylabel=label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.axes[0].set_title(f"{title}: validation solid, training dotted")
    style.legend_below(figure, columns=4)
    style.save(figure, path)


def accuracies(nets: Nets, ours: Nets, theirs: dict[str, float], path: Path) -> None:
    """Test accuracy of every net; of those trained as published beside `theirs`."""
    order = sorted(map(Shape.of, nets), key=lambda each: (each.dimension, *each[1:3], each.cell))
    rows = {shape.name: nets[shape.name] for shape in order}
    rows |= {f"{net}{OURS}": row for net, row in ours.items()}
    figure = style.new(9, 1.2 + 0.3 * len(rows))
    (axes,) = figure.axes
    for place, (net, row) in enumerate(rows.items()):
        accuracy, look = row["test_accuracy"], _look(Shape.of(net).cell)
        error = 100 * (accuracy.std or 0)
        axes.errorbar(100 * accuracy.mean, place, xerr=error, capsize=3, linestyle="none", **look)
        if net in theirs:
            axes.plot(theirs[net], place, marker="x", color=style.BLACK, linestyle="none")
    for cell in cells(nets | ours):
        axes.plot([], [], linestyle="none", label=f"{cell.upper()}, here", **_look(cell))
    if theirs:
        axes.plot([], [], marker="x", color=style.BLACK, linestyle="none", label="published")
    axes.set(yticks=range(len(rows)), yticklabels=list(rows))
    axes.set(ylim=(len(rows) - 0.4, -0.6), xlabel="test accuracy (%)")
    figure.legend(loc="outside lower center", ncols=4)
    style.save(figure, path)


def _look(cell: str) -> dict[str, Any]:
    return {"color": style.CELL_COLOURS[cell], "marker": style.CELL_MARKERS[cell]}


def matrices(counts: dict[str, list[list[int]]], path: Path) -> None:
    """Every net's test reviews, actual by predicted, as shares of the actual class."""
    columns = min(4, len(counts))
    rows = -(-len(counts) // columns)
    figure = style.new(2.7 * columns, 2.7 * rows + 0.3, rows, columns)
    for axes in figure.axes[len(counts) :]:
        axes.remove()
    for axes, (net, matrix) in zip(figure.axes, counts.items(), strict=False):
        confusion(axes, shares(matrix), ("neg", "pos"), digits=1, least=0)
        axes.set(xlabel="predicted", ylabel="actual", title=net)
    style.save(figure, path)


def by_length(bands: dict[str, list[LengthBand]], path: Path) -> None:
    """Accuracy by review length, with 95% intervals from the number of reviews."""
    figure = style.new(9, 4.8)
    (axes,) = figure.axes
    shown = 0
    for number, (net, rows) in enumerate(bands.items()):
        places = np.array([LENGTH_EDGES.index(band.start) for band in rows])
        shape, shown = Shape.of(net), max(shown, 1 + places[-1])
        look = {"linestyle": "-" if shape.dimension == 100 else ":", **_look(shape.cell)}
        shares, errors = np.array([(100 * band.accuracy, 196 * band.error) for band in rows]).T
        axes.errorbar(places + 0.06 * number, shares, errors, label=net, capsize=3, **look)
    names = [f"{start}–{end - 1}" for start, end in pairwise(LENGTH_EDGES)]
    names.append(f"{LENGTH_EDGES[-1]}+")
    axes.set(xticks=range(shown), xticklabels=names[:shown])
    axes.set(xlabel="review length (tokens)", ylabel="test accuracy (%)")
    figure.legend(loc="outside lower center", ncols=3)
    style.save(figure, path)
