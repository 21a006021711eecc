"""The section's figures."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from rnnlab.document import style
from rnnlab.document.figures import EPOCH, IN_TRAINING, learning_curve
from rnnlab.document.published import published
from rnnlab.document.results import Results
from rnnlab.document.text import Say, Text
from rnnlab.labs.poetry.as_published import budget, told
from rnnlab.labs.poetry.facts import Arms, Composed, Facts, Measure
from rnnlab.labs.poetry.section import FREQUENCIES, writer
from rnnlab.labs.poetry.settings import FIRST
from rnnlab.runs import history
from rnnlab.runs.history import Curves, Epoch

LABELS: dict[Measure, Text] = {
    "line_length": Text("lines of 5,\nor of 7", "全为五言\n或七言"),
    "punctuation": Text("stops in\ntheir places", "标点\n各得其所"),
    "repetition": Text("repeats\na line", "有重复\n的句子"),
    "rhyme": Text("rhymes", "押韵"),
    "copying": Text("has a line\nfrom training", "有训练诗\n的原句"),
}
"""By measure, what stands below its bars."""
HATCHES = {"rnn": "//", "gru": ".."}
LOSS = Text("loss (nats per symbol)", "损失（奈特/符号）")
TRAINING_LOSS = Text("training loss\n(nats per symbol)", "训练损失（奈特/符号）")
BAND = Text("published: last batches", "原报告：最后几批")
LAST = Text("mean of its last {batches} batches", "每轮最后 {batches} 批的均值")
ALL_TO = Text("all, to epoch {epochs}", "全部训练，至第 {epochs} 轮")
OUR = Text("our {net}", "本报告 {net}")
POEMS = Text("poems (%)", "诗的比例（%）")
BY_CHANCE = Text("by chance", "碰巧押韵")
STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
"""Lines of the trainings of the published net."""


def draw(results: Results, curves: Curves, say: Say) -> Iterator[tuple[str, Figure]]:
    """The section's figures, by name."""
    facts: Facts = results.facts["poetry"]
    nets = results.nets["poetry"]["ours"]
    band = published("poetry")["last_batch_loss_nats"] if results.comparable else None
    runs = {net: history.of(curves, "poetry", "ours", net) for net in nets}
    yield "poetry-curves", learning_curves(runs, facts.coverage.unigram_nll, band, say)
    yield "poetry-as-published", arms(facts.arms, runs, band, say)
    yield "poetry-measures", measures(facts.composed, say)


def learning_curves(
    runs: Mapping[str, Sequence[Sequence[Epoch]]],
    unigram_nll: float,
    band: Sequence[float] | None,
    say: Say,
) -> Figure:
    """Loss by epoch: validation with markers, training pale, the mean over a net's seeds.

    unigram_nll: the loss of frequencies alone; band: between which losses the published runs
    ended. Both in nats.
    """
    figure = style.new(7.5, 5)
    (axes,) = figure.axes
    for net, own in runs.items():
        look: dict[str, Any] = {"fmt": style.CELL_STYLES[net], "color": style.CELL_COLOURS[net]}
        marker = style.CELL_MARKERS[net]
        learning_curve(axes, own, "valid_loss", marker=marker, label=net.upper(), **look)
        learning_curve(axes, own, "train_loss", linewidth=1.1, alpha=0.55, **look)
    if band:
        axes.axhspan(*band, color=style.ORANGE, alpha=0.25, label=say(BAND))
    axes.axhline(unigram_nll, color=style.BLACK, linewidth=1, label=say(FREQUENCIES))
    axes.plot([], [], color="grey", linewidth=1.1, alpha=0.55, label=say(IN_TRAINING))
    axes.set(xlabel=say(EPOCH), ylabel=say(LOSS))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))  # nets may differ in epochs
    style.legend_below(figure, columns=3)
    return figure


def arms(
    found: Arms,
    ours: Mapping[str, Sequence[Sequence[Epoch]]],
    band: Sequence[float] | None,
    say: Say,
) -> Figure:
    """Training loss: of the run as published, and, to the epoch that all have, of all.

    band: between which losses the published run ended its last epoch, in nats.
    """
    figure = style.new(7.5, 9.4, rows=2)
    whole, start = figure.axes
    runs, epochs = found.runs["published"], budget(found)
    for place, (arm, run) in enumerate(runs.items()):
        look: dict[str, Any] = {"color": style.cycle(place), "linestyle": STYLES[place]}
        start.plot(*_points(run.curve[:epochs]), label=say(told(arm, run)), linewidth=1.5, **look)
        if arm == FIRST:
            whole.plot(*_points(run.curve), color=style.cycle(place), linewidth=0.7)
            ends = [float(np.mean(each)) for each in run.last]
            label = say(LAST).format(batches=len(run.last[-1]))
            whole.plot(range(1, len(ends) + 1), ends, "o", color=style.BLACK, label=label)
            whole.set_title(say(told(arm, run)))
    for net, own in ours.items():
        first = [each[:epochs] for each in own]
        mark: dict[str, Any] = {"color": "grey", "marker": style.CELL_MARKERS[net], "fmt": ":"}
        label = say(OUR).format(net=net.upper())
        learning_curve(start, first, "train_loss", label=label, **mark)
    start.set_title(say(ALL_TO).format(epochs=epochs))
    for axes in figure.axes:
        if band:
            axes.axhspan(*band, color=style.ORANGE, alpha=0.25, label=say(BAND))
        axes.set(xlabel=say(EPOCH), ylabel=say(TRAINING_LOSS), xlim=(0, None))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    handles, labels = start.get_legend_handles_labels()
    more, names = whole.get_legend_handles_labels()
    figure.legend([*handles, more[0]], [*labels, names[0]], loc="outside lower center", ncols=2)
    return figure


def _points(curve: Sequence[Sequence[float]]) -> tuple[list[float], list[float]]:
    """Epochs passed, and the losses then."""
    places = [
        epoch + (place + 0.5) / len(losses)
        for epoch, losses in enumerate(curve)
        for place in range(len(losses))
    ]
    return places, [loss for losses in curve for loss in losses]


def measures(composed: Composed, say: Say) -> Figure:
    """What share of the poems has each property: real ones, and every net's."""
    figure = style.new(7.5, 4.6)
    (axes,) = figure.axes
    writers = len(composed.measured)
    width = 0.84 / writers
    places = np.arange(len(LABELS))
    look: dict[str, Any] = {"width": width, "edgecolor": "white"}
    behind_numbers = {"facecolor": "white", "edgecolor": "none", "pad": 0}
    for column, (name, row) in enumerate(composed.measured.items()):
        shares = [100 * row[measure] for measure in LABELS]
        look |= {"color": style.CELL_COLOURS.get(name, "grey"), "hatch": HATCHES.get(name, "")}
        look |= {"label": say(writer(name))}
        bars = axes.bar(places + (column - (writers - 1) / 2) * width, shares, **look)
        numbers = [f"{share:.0f}" for share in shares]
        axes.bar_label(bars, numbers, fontsize=9, zorder=3, padding=2, bbox=behind_numbers)
    rhyme, chance = list(LABELS).index("rhyme"), 100 * composed.chance_of_rhyme
    span = rhyme - 0.45, rhyme + 0.45
    axes.hlines(chance, *span, color=style.BLACK, linestyle=":", label=say(BY_CHANCE))
    axes.set(xticks=places, xticklabels=map(say, LABELS.values()), ylabel=say(POEMS))
    axes.grid(visible=False, axis="x")
    style.legend_below(figure, columns=3)
    return figure
