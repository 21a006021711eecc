"""The section's figures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from rnnlab.document import style
from rnnlab.document.results import Results
from rnnlab.labs.explain.facts import (
    Band,
    ClippingRun,
    ClippingRuns,
    Facts,
    Flow,
    Gradients,
    MaskedReviews,
    MemoryTask,
    Treatment,
)
from rnnlab.labs.explain.section import wilson
from rnnlab.labs.sentiment.settings import Shape
from rnnlab.runs.history import Curves

FLOOR, CEILING = 1e-20, 1e4
"""What the gradient figure shows of its axis: further down all curves only go on falling."""
COLOURS = {**style.CELL_COLOURS, "lstm-open": style.SKY}
MARKERS = {**style.CELL_MARKERS, "lstm-open": "D"}
LINES = {**style.CELL_STYLES, "lstm-open": ":"}


def draw(results: Results, curves: Curves, folder: Path) -> None:
    """Draw the section's figures into `folder`."""
    facts: Facts = results.facts["explain"]
    gradients(facts.gradients, folder / "explain-gradients.png")
    memory(facts.memory, folder / "explain-memory.png")
    clipping(facts.clipping, folder / "explain-clipping.png")
    occlusion(facts.occlusion, folder / "explain-occlusion.png")


def gradients(found: Gradients, path: Path) -> None:
    """‖∂L/∂h_k‖ by distance, at initialisation and trained, with the Elman net's bound."""
    figure = style.new(11, 5.6, columns=2)
    titles = {"initial": "at initialisation", "trained": "trained"}
    for axes, (moment, title) in zip(figure.axes, titles.items(), strict=True):
        for net, flow in found.nets.items():
            _flow(axes, found.distances, net, flow, moment)
        axes.set(yscale="log", ylim=(FLOOR, CEILING), title=title)
        axes.set(xlabel="distance t−k (steps before the end)")
    figure.axes[0].set_ylabel(
        r"$\Vert\partial L/\partial h_k\Vert$, $\Vert\partial L/\partial c_k\Vert$"
        ", relative to k = t"
    )
    style.legend_below(figure, columns=3)
    style.save(figure, path)


def _flow(axes: Axes, distances: Sequence[int], net: str, flow: Flow, moment: str) -> None:
    """One net's curves, and its bound if it has one."""
    cell, found = Shape.of(net).cell, flow.moments[moment]
    colour = style.CELL_COLOURS[cell]
    for state, decay in found.states.items():
        line = style.CELL_STYLES[cell] if state == "h" else ":"
        axes.plot(distances, decay.curve, line, color=colour, label=f"{net}, {state}")
        axes.fill_between(distances, decay.low, decay.high, color=colour, alpha=0.12)
    if found.bound:
        eta = found.bound.eta
        look: dict[str, Any] = {"color": style.BLACK, "linewidth": 1}
        axes.plot(distances, np.power(eta, distances), label="bound ηᵗ⁻ᵏ of the RNN", **look)
        axes.annotate(f"η = {eta:.2f}", (0.5, 0.93), xycoords="axes fraction")


def memory(found: MemoryTask, path: Path) -> None:
    """Accuracy by distance: means over seeds as lines, single nets as dots."""
    figure = style.new(11, 5, columns=2)
    titles: dict[Treatment, str] = {
        "clipped": f"clipped to norm {found.settings.clip_norm:g}",
        "unclipped": "not clipped",
    }
    chance = 100 * (1 / found.settings.answers)
    for axes, (treatment, title) in zip(figure.axes, titles.items(), strict=True):
        _recall(axes, found, treatment)
        axes.axhline(chance, color=style.BLACK, linewidth=1, linestyle=":")
        axes.annotate("guessing", (0, chance + 1.5), fontsize=10)
        distances = found.settings.distances
        axes.set(xticks=range(len(distances)), xticklabels=[str(each) for each in distances])
        axes.set(ylim=(0, 104), title=title)
        axes.set(xlabel="N, steps that the answer lies back", ylabel="accuracy (%)")
    style.legend_below(figure, columns=4)
    style.save(figure, path)


def _recall(axes: Axes, found: MemoryTask, treatment: Treatment) -> None:
    """All cells' accuracies, those of one distance side by side."""
    for number, (cell, by_distance) in enumerate(found.cells.items()):
        shift = 0.12 * (number - (len(found.cells) - 1) / 2)
        places = np.arange(len(by_distance)) + shift
        values = [100 * np.array(each[treatment].accuracy) for each in by_distance.values()]
        look: dict[str, Any] = {"color": COLOURS[cell], "marker": MARKERS[cell]}
        axes.plot(places, [each.mean() for each in values], LINES[cell], label=cell, **look)
        look |= {"markersize": 4, "alpha": 0.45, "linestyle": "none"}
        for place, each in zip(places, values, strict=True):
            axes.plot([place] * len(each), each, **look)


def clipping(found: ClippingRuns, path: Path) -> None:
    """Loss and gradient norm by step, a column for each net and learning rate."""
    columns: dict[tuple[str, float], list[ClippingRun]] = {}
    for run in found.runs:
        columns.setdefault((run.net, run.learning_rate), []).append(run)
    figure = style.new(2.2 + 3.2 * len(columns), 6.6, 2, len(columns))
    losses, norms = figure.axes[: len(columns)], figure.axes[len(columns) :]
    for loss, norm, ((net, rate), pair) in zip(losses, norms, columns.items(), strict=True):
        for run in pair:
            _steps(loss, smooth(run.losses), run)
            _steps(norm, run.norms, run)
        norm.axhline(found.settings.clip_norm, color=style.BLACK, linewidth=1)
        loss.set(title=f"{net}\nlearning rate {rate:g}")
        norm.set(yscale="log", xlabel="training step")
    losses[0].set_ylabel("loss (nats per review)")
    norms[0].set_ylabel("gradient norm,\nbefore clipping")
    _share_limits(losses)
    _share_limits(norms)
    style.legend_below(figure, columns=2)
    style.save(figure, path)


def _steps(axes: Axes, values: Sequence[float] | NDArray[np.float64], run: ClippingRun) -> None:
    """A quantity of `run` by step."""
    look: dict[str, Any] = {"color": style.VERMILION, "linestyle": "--", "label": "not clipped"}
    if run.clip_norm is not None:
        look = {"color": style.BLUE, "linestyle": "-", "label": "clipped"}
    axes.plot(np.arange(1, len(values) + 1), values, linewidth=1.3, **look)


def _share_limits(row: Sequence[Axes]) -> None:
    limits = [axes.get_ylim() for axes in row]
    for axes in row:
        axes.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))


def smooth(values: Sequence[float], width: int = 9) -> NDArray[np.float64]:
    """The running mean over `width` values, fewer at the ends."""
    padded = np.convolve(values, np.ones(width), "same")
    means: NDArray[np.float64] = padded / np.convolve(np.ones(len(values)), np.ones(width), "same")
    return means


def occlusion(found: MaskedReviews, path: Path) -> None:
    """How much windows of words move the logit, and accuracy by where the decisive one stands."""
    figure = style.new(11, 5, columns=2)
    share, accuracy = figure.axes
    window = found.settings.window
    for number, (net, each) in enumerate(found.nets.items()):
        cell = Shape.of(net).cell
        look: dict[str, Any] = {
            "color": style.CELL_COLOURS[cell],
            "marker": style.CELL_MARKERS[cell],
            "linestyle": style.CELL_STYLES[cell],
            "label": net,
            "capsize": 2,
            "markersize": 5,
        }
        places = window * (np.arange(len(each.share)) + 0.5)
        errors = 196 * np.array(each.share_error)
        share.errorbar(places, 100 * np.array(each.share), errors, **look)
        _bands(accuracy, each.bands, 0.08 * number, look)
        names = [f"{band.start}–{band.end - 1}" for band in each.bands]
    accuracy.set(xticks=range(len(names)), xticklabels=names, ylabel="accuracy (%)", ylim=(0, 102))
    accuracy.set(xlabel="distance of the decisive window\nfrom the end (tokens)")
    share.set(ylim=(0, None), ylabel="share of a review's change\nof logit (%)")
    share.set(xlabel="distance of the masked window\nfrom the end (tokens)")
    style.legend_below(figure, columns=3)
    style.save(figure, path)


def _bands(axes: Axes, bands: Sequence[Band], shift: float, look: dict[str, Any]) -> None:
    """Accuracy in each band that has reviews, with Wilson's 95% intervals."""
    some = [
        (place, band.reviews, band.accuracy)
        for place, band in enumerate(bands)
        if band.accuracy is not None
    ]
    shares = np.array([share for _, _, share in some])
    limits = np.array([wilson(round(share * reviews), reviews) for _, reviews, share in some])
    places = [place + shift for place, _, _ in some]
    axes.errorbar(places, 100 * shares, 100 * np.abs(limits.T - shares), **look)
