"""The section's figures."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from rnnlab.document import style
from rnnlab.document.figures import ACCURACY, EPOCH, PUBLISHED, learning_curve, shares
from rnnlab.document.published import published
from rnnlab.document.results import Results
from rnnlab.document.text import Say, Text, band_name
from rnnlab.labs.sentiment import heat
from rnnlab.labs.sentiment.facts import LENGTH_EDGES, Calibration, Facts, LengthBand, Mistake
from rnnlab.labs.sentiment.section import cells
from rnnlab.labs.sentiment.settings import OURS, Shape
from rnnlab.runs import history
from rnnlab.runs.history import Curves, Epoch
from rnnlab.runs.scores import Nets

QUANTITIES = {
    "loss": (Text("loss (nats per review)", "损失（奈特/条）"), 1.0),
    "accuracy": (ACCURACY, 100.0),
}
"""Of an epoch: its label, and what it is multiplied with."""
TEST_ACCURACY = Text("test accuracy (%)", "测试准确率（%）")
VALIDATION, TRAINING = Text("validation", "验证"), Text("training", "训练")
POSITIVE = Text("of positive reviews", "正面影评")
NEGATIVE = Text("of negative reviews", "负面影评")
RIGHT = Text("reviews called right (%)", "判断正确的影评（%）")
LENGTH = Text("review length (tokens)", "影评长度（词元）")
SAID = Text("probability of “positive” (%)", "所给的“正面”概率（%）")
POSITIVE_SHARE = Text("reviews that are positive (%)", "其中实为正面者（%）")
PERFECT = Text("as probable as said", "与所给概率一致")
THEIRS: dict[str, Any] = {"color": style.BLACK, "markersize": 11, "markeredgewidth": 2}
"""Of a published accuracy."""
SIDES = {"for": (style.BLUE, "-"), "against": (style.VERMILION, ":")}
"""Colours and underlines of words that speak for "positive", and for "negative"."""
LINE, LETTERS = 76, 10.5
"""Characters of a line of an excerpt, and their size in points."""
VECTORS = Text("{dimension}-d vectors", "{dimension} 维词向量")


def draw(results: Results, curves: Curves, say: Say) -> Iterator[tuple[str, Figure]]:
    """The section's figures, by name."""
    facts: Facts = results.facts["sentiment"]
    nets, ours = (results.nets["sentiment"][regime] for regime in ("published", "ours"))
    theirs = published("sentiment")["test_accuracy"] if results.comparable else {}
    runs = {net: history.of(curves, "sentiment", "published", net) for net in nets}
    for what in QUANTITIES:
        yield f"sentiment-{what}", learning_curves(runs, what, say)
    yield (
        "sentiment-curves-ours",
        own_curves({net: history.of(curves, "sentiment", "ours", net) for net in ours}, say),
    )
    yield "sentiment-grid", accuracies(nets, ours, theirs, say)
    both = facts.confusion["published"] | {
        f"{net}{OURS}": each for net, each in facts.confusion["ours"].items()
    }
    yield "sentiment-classes", by_class(both, say)
    yield "sentiment-length", by_length(facts.bands, say)
    yield "sentiment-calibration", calibrations(facts.calibration, say)
    if facts.mistakes.reviews:
        yield heat.PICTURE, shaded(facts.mistakes.reviews, say)


def learning_curves(runs: Mapping[str, Sequence[Sequence[Epoch]]], what: str, say: Say) -> Figure:
    """`what` by epoch, a panel for each form of net, the mean over a net's seeds.

    Validation with markers, training thin.
    """
    forms: dict[str, list[str]] = {}
    for net in sorted(runs, key=lambda net: (Shape.of(net).dimension, *Shape.of(net)[1:3])):
        forms.setdefault(net.partition("-")[2], []).append(net)
    columns = min(2, len(forms))
    rows = -(-len(forms) // columns)
    shared: dict[str, Any] = {"sharex": True, "sharey": True, "squeeze": False}
    figure = style.new(7.5, 1.0 + 2.2 * rows, rows, columns, **shared)
    label, scale = QUANTITIES[what]
    for axes, (form, nets) in zip(figure.axes, forms.items(), strict=False):
        for net in nets:
            _curve(axes, runs[net], what, scale, Shape.of(net).cell)
        axes.set_title(form)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in figure.axes[len(forms) :]:
        axes.set_axis_off()
    for axes in figure.axes[-columns:]:
        axes.set_xlabel(say(EPOCH))
    figure.supylabel(say(label), fontsize=12)
    _cell_legend(figure, list(dict.fromkeys(Shape.of(net).cell for net in runs)), say)
    return figure


def own_curves(runs: Mapping[str, Sequence[Sequence[Epoch]]], say: Say) -> Figure:
    """Loss and accuracy of nets trained our way, the mean over a net's seeds."""
    figure = style.new(7.5, 3.6, columns=2)
    for axes, (what, (label, scale)) in zip(figure.axes, QUANTITIES.items(), strict=True):
        for net, own in runs.items():
            _curve(axes, own, what, scale, Shape.of(net).cell)
        axes.set(xlabel=say(EPOCH), ylabel=say(label))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _cell_legend(figure, list(dict.fromkeys(Shape.of(net).cell for net in runs)), say)
    return figure


def _curve(axes: Axes, runs: Sequence[Sequence[Epoch]], what: str, scale: float, cell: str) -> None:
    look: dict[str, Any] = {"color": style.CELL_COLOURS[cell], "fmt": style.CELL_STYLES[cell]}
    learning_curve(axes, runs, f"train_{what}", scale, **look, linewidth=1, alpha=0.6)
    marks: dict[str, Any] = {"marker": style.CELL_MARKERS[cell], "markersize": 4.5}
    learning_curve(axes, runs, f"valid_{what}", scale, **look, **marks)


def _cell_legend(figure: Figure, cells: Sequence[str], say: Say) -> None:
    axes = figure.axes[0]
    for cell in cells:
        axes.plot([], [], style.CELL_STYLES[cell], label=cell.upper(), **_look(cell))
    axes.plot([], [], color="grey", marker="o", markersize=4.5, label=say(VALIDATION))
    axes.plot([], [], color="grey", linewidth=1, alpha=0.6, label=say(TRAINING))
    style.legend_below(figure, columns=len(cells) + 2)


def accuracies(nets: Nets, ours: Nets, theirs: Mapping[str, float], say: Say) -> Figure:
    """Test accuracy of every net; of those trained as published beside `theirs`."""
    rows = {shape.name: nets[shape.name] for shape in _ordered(nets)}
    rows |= {f"{net}{OURS}": row for net, row in ours.items()}
    figure = style.new(7.5, 1.2 + 0.27 * len(rows))
    (axes,) = figure.axes
    for place, (net, row) in enumerate(rows.items()):
        accuracy, look = row["test_accuracy"], _look(Shape.of(net).cell)
        error = 100 * (accuracy.std or 0)
        axes.errorbar(100 * accuracy.mean, place, xerr=error, capsize=3, linestyle="none", **look)
        if net in theirs:
            axes.plot(theirs[net], place, "|", **THEIRS)
    for cell in cells(nets | ours):
        axes.plot([], [], linestyle="none", label=cell.upper(), **_look(cell))
    if theirs:
        axes.plot([], [], "|", label=say(PUBLISHED), **THEIRS)
    axes.set(yticks=range(len(rows)), yticklabels=list(rows))
    axes.set(ylim=(len(rows) - 0.4, -0.6), xlabel=say(TEST_ACCURACY))
    style.legend_below(figure, columns=4)
    return figure


def _ordered(nets: Mapping[str, object]) -> list[Shape]:
    shapes = map(Shape.of, nets)
    return sorted(shapes, key=lambda each: (each.dimension, *each[1:3], each.cell))


def _look(cell: str) -> dict[str, Any]:
    return {"color": style.CELL_COLOURS[cell], "marker": style.CELL_MARKERS[cell]}


def by_class(counts: Mapping[str, list[list[int]]], say: Say) -> Figure:
    """What share of the reviews of either class each net calls right."""
    figure = style.new(7.5, 1.2 + 0.27 * len(counts))
    (axes,) = figure.axes
    for place, matrix in enumerate(counts.values()):
        right = np.diag(shares(matrix))
        axes.plot(right, [place, place], color="0.6", linewidth=2, zorder=1)
        axes.plot(right[0], place, "v", color=style.VERMILION)
        axes.plot(right[1], place, "^", color=style.BLUE)
    axes.plot([], [], "v", color=style.VERMILION, label=say(NEGATIVE))
    axes.plot([], [], "^", color=style.BLUE, label=say(POSITIVE))
    axes.set(yticks=range(len(counts)), yticklabels=list(counts))
    axes.set(ylim=(len(counts) - 0.4, -0.6), xlabel=say(RIGHT))
    style.legend_below(figure, columns=2)
    return figure


def by_length(bands: Mapping[str, list[LengthBand]], say: Say) -> Figure:
    """Accuracy by review length, with 95% intervals from the number of reviews."""
    dimensions = list(dict.fromkeys(Shape.of(net).dimension for net in bands))
    rows = len(dimensions)
    figure = style.new(7.5, 1.2 + 3 * rows, rows, sharex=True, sharey=True, squeeze=False)
    shown = max(1 + LENGTH_EDGES.index(each[-1].start) for each in bands.values())
    for axes, dimension in zip(figure.axes, dimensions, strict=True):
        own = [net for net in bands if Shape.of(net).dimension == dimension]
        for number, net in enumerate(own):
            places = np.array([LENGTH_EDGES.index(band.start) for band in bands[net]])
            cell = Shape.of(net).cell
            look = {"linestyle": style.CELL_STYLES[cell], **_look(cell), "label": cell.upper()}
            right = [(100 * band.accuracy, 196 * band.error) for band in bands[net]]
            axes.errorbar(places + 0.1 * (number - 1), *np.array(right).T, capsize=3, **look)
        axes.set(title=say(VECTORS).format(dimension=dimension), ylabel=say(TEST_ACCURACY))
    edges = zip(LENGTH_EDGES, (*LENGTH_EDGES[1:], None), strict=True)
    names = [band_name(*each) for each in edges]
    axes.set(xticks=range(shown), xlabel=say(LENGTH))
    axes.set_xticklabels(names[:shown], rotation=30)
    style.legend_below(figure, columns=3)
    return figure


def calibrations(found: Mapping[str, list[Calibration]], say: Say) -> Figure:
    """How often a review is positive that a net calls so with some probability; 95% intervals."""
    figure = style.new(6, 6)
    (axes,) = figure.axes
    axes.plot([0, 100], [0, 100], color="0.5", linewidth=1, label=say(PERFECT))
    for net, bins in found.items():
        cell = Shape.of(net).cell
        own = net.endswith(OURS)
        look = {**_look(cell), "linestyle": ":" if own else style.CELL_STYLES[cell]}
        if own:
            look["markerfacecolor"] = "white"
        points = [(100 * each.said, 100 * each.positive, 196 * each.error) for each in bins]
        said, positive, errors = np.array(points).T
        axes.errorbar(said, positive, errors, capsize=3, label=net, **look)
    axes.set(xlabel=say(SAID), ylabel=say(POSITIVE_SHARE), xlim=(-2, 102), ylim=(-2, 102))
    axes.set_aspect("equal")
    style.legend_below(figure, columns=2)
    return figure


def shaded(reviews: Sequence[Mistake], say: Say) -> Figure:
    """Excerpts of reviews, their words shaded by what the logit loses without them."""
    pages = [_lines(review.words) for review in reviews]
    heights = [1.4 + 1.25 * (1 + lines[-1][1]) for lines in pages]
    figure = style.new(7.5, 0.5 + 0.2 * sum(heights), len(pages), height_ratios=heights)
    for axes, review, words, height in zip(figure.axes, reviews, pages, heights, strict=True):
        axes.set_axis_off()
        axes.set(xlim=(0, LINE), ylim=(height - 0.6, -0.6))
        _shaded(axes, review, words)
        axes.set_title(heat.headline(review, say), loc="left", fontsize=11, pad=4)
    for side, text in heat.SIDES.items():
        colour, dash = SIDES[side]
        figure.axes[0].plot([], [], dash, color=colour, linewidth=3, label=say(text))
    style.legend_below(figure, columns=2)
    return figure


def _lines(words: Sequence[str]) -> list[tuple[int, int]]:
    """Column and line of each word."""
    places, column, line = [], 0, 0
    for word in words:
        if column and column + len(word) > LINE:
            column, line = 0, line + 1
        places.append((column, line))
        column += len(word) + 1
    return places


def _shaded(axes: Axes, review: Mistake, places: Sequence[tuple[int, int]]) -> None:
    text: dict[str, Any] = {"family": "monospace", "fontsize": LETTERS, "va": "center"}
    weighed = zip(review.weights, heat.strengths(review), strict=True)
    for word, (weight, strength), (column, line) in zip(review.words, weighed, places, strict=True):
        colour, dash = SIDES[heat.side(weight)]
        y, end = 1.25 * line, column + len(word)
        shade: dict[str, Any] = {"color": colour, "alpha": heat.DEEPEST * strength, "linewidth": 0}
        axes.fill_between([column, end], y - 0.5, y + 0.5, **shade)
        if strength >= heat.MARKED:
            axes.plot([column, end], [y + 0.55] * 2, dash, color=colour, linewidth=2)
        axes.text(column, y, word.replace("$", r"\$"), **text)
