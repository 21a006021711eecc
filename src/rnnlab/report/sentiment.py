"""The report's sentiment section: its figures and what its template is told."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from rnnlab.analysis.sentiment import LENGTH_EDGES
from rnnlab.report import style
from rnnlab.report.published import published
from rnnlab.settings.sentiment import Shape
from rnnlab.training.runs import read_history

Facts = dict[str, Any]
"""The lab's part of metrics.json's `facts`."""
Metrics = dict[str, Any]
"""The lab's part of metrics.json: scores by net."""


def draw(facts: Facts, metrics: Metrics, comparable: bool, models: Path, figures: Path) -> None:
    """Draw the section's figures into the folder `figures`; models: the lab's run folders.

    comparable: beside the published figures.
    """
    shapes = _shapes(facts)
    for cell in _cells(shapes):
        seeds = {net: facts["seeds"][net] for net, form in shapes.items() if form.cell == cell}
        curves(seeds, cell, models, figures / f"sentiment-curves-{cell}.png")
    grid_figure(metrics, shapes, _theirs(comparable), figures / "sentiment-grid.png")
    confusion_figure(facts["confusion"], figures / "sentiment-confusion.png")
    length_figure(facts["bands"], shapes, figures / "sentiment-length.png")


def context(facts: Facts, metrics: Metrics, comparable: bool) -> dict[str, Any]:
    """What the section's template shows; comparable: beside the published figures."""
    shapes = _shapes(facts)
    return {
        **facts,
        "metrics": metrics,
        "cells": _cells(shapes),
        "tables": grids(metrics, shapes, _theirs(comparable)),
        "comparable": comparable,
        "published_epochs": published()["sentiment"]["epochs"],
    }


def _theirs(comparable: bool) -> dict[str, float]:
    return published()["sentiment"]["test_accuracy"] if comparable else {}


def _shapes(facts: Facts) -> dict[str, Shape]:
    return {net: Shape(**form) for net, form in facts["shapes"].items()}


def _cells(shapes: dict[str, Shape]) -> list[str]:
    return [
        cell for cell in style.CELL_COLOURS if any(form.cell == cell for form in shapes.values())
    ]


def grids(
    metrics: Metrics, shapes: dict[str, Shape], theirs: dict[str, float]
) -> list[dict[str, Any]]:
    """One table a vector dimension: rows are cells, columns are layers-directions.

    A cell holds our test accuracy, the published one and the difference, in percent; None
    where no such net was trained, or none was published.
    """
    tables = []
    for dimension in sorted({form.dimension for form in shapes.values()}):
        forms = [form for form in shapes.values() if form.dimension == dimension]
        columns = sorted({(form.layers, form.directions) for form in forms})
        rows = []
        for cell in _cells(shapes):
            nets = [f"{cell}-{layers}-{way}-{dimension}d" for layers, way in columns]
            rows.append((cell, [_entry(net, metrics, theirs) for net in nets]))
        tables.append({"dimension": dimension, "columns": columns, "rows": rows})
    return tables


def _entry(net: str, metrics: dict[str, Any], theirs: dict[str, float]) -> dict[str, Any] | None:
    if net not in metrics:
        return None
    ours = metrics[net]["test_accuracy"]
    other = theirs.get(net)
    difference = None if other is None else 100 * ours["mean"] - other
    return {"net": net, "ours": ours, "published": other, "difference": difference}


def curves(seeds: dict[str, list[int]], cell: str, models: Path, path: Path) -> None:
    """Loss and accuracy by epoch: training thin, validation thick, the mean over a net's seeds."""
    figure = style.new(10, 4.6, columns=2)
    for column, (axes, what, scale) in enumerate(
        zip(figure.axes, ("loss", "accuracy"), (1.0, 100.0), strict=True)
    ):
        for number, (net, own) in enumerate(seeds.items()):
            rows = [read_history(models / net / f"seed-{seed}") for seed in own]
            epochs = [row.epoch for row in rows[0]]
            colour = style.cycle(number)
            for part, line in (("train", ":"), ("valid", "-")):
                values = np.mean(
                    [[getattr(row, f"{part}_{what}") for row in each] for each in rows], 0
                )
                label = net if part == "valid" else None
                axes.plot(epochs, scale * values, line, color=colour, label=label,
                          marker=style.marker(number) if part == "valid" else None)  # fmt: skip
        axes.set(xlabel="epoch", ylabel=("loss (nats per review)", "accuracy (%)")[column])
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.axes[0].set_title(f"{cell.upper()}: validation solid, training dotted")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    style.save(figure, path)


def grid_figure(
    metrics: Metrics, shapes: dict[str, Shape], theirs: dict[str, float], path: Path
) -> None:
    """Test accuracy of every net, ours beside the published one."""
    nets = sorted(
        shapes, key=lambda net: (shapes[net].dimension, *shapes[net][1:3], shapes[net].cell)
    )
    figure = style.new(9, 1.2 + 0.3 * len(nets))
    (axes,) = figure.axes
    for row, net in enumerate(nets):
        ours, cell = metrics[net]["test_accuracy"], shapes[net].cell
        axes.errorbar(100 * ours["mean"], row, xerr=100 * (ours["std"] or 0), capsize=3,
                      color=style.CELL_COLOURS[cell], marker=style.CELL_MARKERS[cell],
                      linestyle="none")  # fmt: skip
        if net in theirs:
            axes.plot(theirs[net], row, marker="x", color=style.BLACK, linestyle="none")
    for cell in _cells(shapes):
        axes.plot([], [], marker=style.CELL_MARKERS[cell], color=style.CELL_COLOURS[cell],
                  linestyle="none", label=f"{cell.upper()}, ours")  # fmt: skip
    if theirs:
        axes.plot([], [], marker="x", color=style.BLACK, linestyle="none", label="published")
    axes.set(yticks=range(len(nets)), yticklabels=nets, ylim=(len(nets) - 0.4, -0.6),
             xlabel="test accuracy (%)")  # fmt: skip
    figure.legend(loc="outside lower center", ncols=4)
    style.save(figure, path)


def confusion_figure(matrices: dict[str, list[list[int]]], path: Path) -> None:
    """Every net's test reviews, actual by predicted, as shares of the actual class."""
    columns = min(4, len(matrices))
    rows = -(-len(matrices) // columns)
    figure = style.new(2.7 * columns, 2.7 * rows + 0.3, rows, columns)
    for axes in figure.axes[len(matrices) :]:
        axes.remove()
    for axes, (net, counts) in zip(figure.axes, matrices.items(), strict=False):
        matrix = np.array(counts)
        share = matrix / matrix.sum(1, keepdims=True)
        axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
        axes.grid(visible=False)
        for i, j in np.ndindex(2, 2):
            axes.text(j, i, f"{100 * share[i, j]:.1f}%", ha="center", va="center",
                      color="white" if share[i, j] > 0.5 else "black")  # fmt: skip
        names = ("neg", "pos")
        axes.set(xticks=(0, 1), yticks=(0, 1), xticklabels=names, yticklabels=names,
                 xlabel="predicted", ylabel="actual", title=net)  # fmt: skip
    style.save(figure, path)


def length_figure(
    bands: dict[str, list[dict[str, Any]]], shapes: dict[str, Shape], path: Path
) -> None:
    """Accuracy by review length, with 95% intervals from the number of reviews."""
    figure = style.new(9, 4.8)
    (axes,) = figure.axes
    for number, (net, rows) in enumerate(bands.items()):
        places = np.array([LENGTH_EDGES.index(row["start"]) for row in rows])
        cell = shapes[net].cell
        axes.errorbar(places + 0.06 * number, [100 * row["accuracy"] for row in rows],
                      [196 * row["error"] for row in rows], label=net, capsize=3,
                      color=style.CELL_COLOURS[cell], marker=style.CELL_MARKERS[cell],
                      linestyle="-" if shapes[net].dimension == 100 else ":")  # fmt: skip
    shown = 1 + max(LENGTH_EDGES.index(row["start"]) for rows in bands.values() for row in rows)
    axes.set(xticks=range(shown), xticklabels=band_names(LENGTH_EDGES)[:shown],
             xlabel="review length (tokens)", ylabel="test accuracy (%)")  # fmt: skip
    figure.legend(loc="outside lower center", ncols=3)
    style.save(figure, path)


def band_names(edges: Iterable[int]) -> list[str]:
    starts = list(edges)
    ends = [str(end - 1) for end in starts[1:]]
    return [f"{start}–{end}" for start, end in zip(starts, ends, strict=False)] + [f"{starts[-1]}+"]
