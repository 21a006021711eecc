"""The section's figures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import MaxNLocator

from rnnlab.document import style
from rnnlab.document.figures import learning_curve
from rnnlab.document.published import published
from rnnlab.document.results import Results
from rnnlab.document.text import tell
from rnnlab.labs.poetry.as_published import budget, told
from rnnlab.labs.poetry.facts import Arms, Composed, Facts, Measure
from rnnlab.labs.poetry.section import FREQUENCIES, writer
from rnnlab.labs.poetry.settings import FIRST
from rnnlab.runs import history
from rnnlab.runs.history import Curves, Epoch

LABELS: dict[Measure, str] = {
    "line_length": "lines of 5,\nor of 7",
    "punctuation": "stops in\ntheir places",
    "repetition": "repeats\na line",
    "rhyme": "rhymes",
    "copying": "has a line\nfrom training",
}
"""By measure, what stands below its bars."""
HATCHES = {"rnn": "//", "gru": ".."}


def draw(results: Results, curves: Curves, folder: Path) -> None:
    """Draw the section's figures into `folder`."""
    facts: Facts = results.facts["poetry"]
    nets = results.nets["poetry"]["ours"]
    band = published("poetry")["last_batch_loss_nats"] if results.comparable else None
    runs = {net: history.of(curves, "poetry", "ours", net) for net in nets}
    learning_curves(runs, facts.coverage.unigram_nll, band, folder / "poetry-curves.png")
    arms(facts.arms, runs, band, folder / "poetry-as-published.png")
    measures(facts.composed, folder / "poetry-measures.png")
    five = {net: poems["five"] for net, poems in facts.composed.written.items()}
    pages(five, folder / "poetry-poems.png")


def chinese(size: float) -> FontProperties:
    """The Chinese font as matplotlib wants it."""
    return FontProperties(fname=style.chinese_font(), size=size)


def learning_curves(
    runs: Mapping[str, Sequence[Sequence[Epoch]]],
    unigram_nll: float,
    band: Sequence[float] | None,
    path: Path,
) -> None:
    """Loss by epoch: validation with markers, training dotted, the mean over a net's seeds.

    unigram_nll: the loss of frequencies alone; band: between which losses the published runs
    ended. Both in nats.
    """
    figure = style.new(9, 5)
    (axes,) = figure.axes
    for net, own in runs.items():
        look: dict[str, Any] = {"fmt": style.CELL_STYLES[net], "marker": style.CELL_MARKERS[net]}
        colour = style.CELL_COLOURS[net]
        learning_curve(axes, own, "valid_loss", color=colour, label=net.upper(), **look)
        learning_curve(axes, own, "train_loss", color=colour, fmt=":")
    if band:
        axes.axhspan(*band, color=style.ORANGE, alpha=0.25, label="published: last batches")
    axes.axhline(unigram_nll, color=style.BLACK, linewidth=1, label=FREQUENCIES.en)
    axes.plot([], [], ":", color="grey", label="in training")
    axes.set(xlabel="epoch", ylabel="loss (nats per symbol)")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))  # nets may differ in epochs
    figure.legend(loc="outside lower center", ncols=3)
    style.save(figure, path)


def arms(
    found: Arms,
    ours: Mapping[str, Sequence[Sequence[Epoch]]],
    band: Sequence[float] | None,
    path: Path,
) -> None:
    """Training loss: of the run as published, and, to the epoch that all have, of all.

    band: between which losses the published run ended its last epoch, in nats.
    """
    figure = style.new(12, 5.4, columns=2)
    whole, start = figure.axes
    runs, epochs = found.runs["published"], budget(found)
    for place, (arm, run) in enumerate(runs.items()):
        colour, label = style.cycle(place), told(arm, run).en
        start.plot(*_points(run.curve[:epochs]), color=colour, label=label)
        if arm == FIRST:
            whole.plot(*_points(run.curve), color=colour, linewidth=0.7)
            ends = [float(np.mean(each)) for each in run.last]
            label = f"mean of its last {len(run.last[-1])} batches"
            whole.plot(range(1, len(ends) + 1), ends, "o", color=style.BLACK, label=label)
            whole.set_title(told(arm, run).en)
    for net, own in ours.items():
        look: dict[str, Any] = {"color": "grey", "marker": style.CELL_MARKERS[net]}
        first = [each[:epochs] for each in own]
        learning_curve(start, first, "train_loss", label=f"our {net.upper()}", fmt=":", **look)
    start.set_title(f"all, to epoch {epochs}")
    for axes in figure.axes:
        if band:
            axes.axhspan(*band, color=style.ORANGE, alpha=0.25, label="published: last batches")
        axes.set(xlabel="epoch", ylabel="training loss (nats per symbol)", xlim=(0, None))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    handles, labels = start.get_legend_handles_labels()
    more, names = whole.get_legend_handles_labels()
    figure.legend([*handles, more[0]], [*labels, names[0]], loc="outside lower center", ncols=4)
    style.save(figure, path)


def _points(curve: Sequence[Sequence[float]]) -> tuple[list[float], list[float]]:
    """Epochs passed, and the losses then."""
    places = [
        epoch + (place + 0.5) / len(losses)
        for epoch, losses in enumerate(curve)
        for place in range(len(losses))
    ]
    return places, [loss for losses in curve for loss in losses]


def measures(composed: Composed, path: Path) -> None:
    """What share of the poems has each property: real ones, and every net's."""
    figure = style.new(9, 4.8)
    (axes,) = figure.axes
    writers = len(composed.measured)
    width = 0.8 / writers
    places = np.arange(len(LABELS))
    look: dict[str, Any] = {"width": width, "edgecolor": "white"}
    behind_numbers = {"facecolor": "white", "edgecolor": "none", "pad": 0}
    for column, (name, row) in enumerate(composed.measured.items()):
        shares = [100 * row[measure] for measure in LABELS]
        look |= {"color": style.CELL_COLOURS.get(name, "grey"), "hatch": HATCHES.get(name, "")}
        look |= {"label": tell(writer(name), "en")}
        bars = axes.bar(places + (column - (writers - 1) / 2) * width, shares, **look)
        numbers = [f"{share:.0f}" for share in shares]
        axes.bar_label(bars, numbers, fontsize=9, zorder=3, padding=2, bbox=behind_numbers)
    rhyme, chance = list(LABELS).index("rhyme"), 100 * composed.chance_of_rhyme
    reach = rhyme - 0.45, rhyme + 0.45
    axes.hlines(chance, *reach, color=style.BLACK, linestyle=":", label="by chance")
    axes.set(xticks=places, xticklabels=LABELS.values(), ylabel="poems (%)")
    axes.grid(visible=False, axis="x")
    figure.legend(loc="outside lower center", ncols=writers + 1)
    style.save(figure, path)


def pages(poems: Mapping[str, Sequence[str]], path: Path) -> None:
    """Every net's poems of one form as a picture of a page, side by side."""
    rows = max(map(len, poems.values()))
    figure = style.new(9, 0.5 + 0.62 * rows, columns=len(poems))
    for axes, (net, written) in zip(figure.axes, poems.items(), strict=True):
        _page(axes, written, rows)
        axes.set_title(net.upper(), color=style.CELL_COLOURS[net])
    style.save(figure, path)


def _page(axes: Axes, poems: Sequence[str], rows: int) -> None:
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(rows, 0))
    middle: dict[str, Any] = {"ha": "center", "va": "center", "fontproperties": chinese(12)}
    for row, poem in enumerate(poems):
        half = len(poem) // 2
        axes.text(0.5, row + 0.5, f"{poem[:half]}\n{poem[half:]}", **middle)
