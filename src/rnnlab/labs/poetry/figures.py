"""The report's poetry section: its figures and what its template is told."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import MaxNLocator

from rnnlab.document import style
from rnnlab.document.published import published
from rnnlab.labs.poetry.measures import MEASURES
from rnnlab.runs.files import read_history

Facts = dict[str, Any]
"""The lab's part of metrics.json's `facts`."""
Metrics = dict[str, Any]
"""The lab's part of metrics.json: scores by net."""

LABELS = {
    "line_length": "lines of 5,\nor of 7",
    "punctuation": "stops in\ntheir places",
    "repetition": "repeats\na line",
    "rhyme": "rhymes",
    "copying": "has a line\nfrom training",
}


def draw(facts: Facts, metrics: Metrics, comparable: bool, models: Path, figures: Path) -> None:
    """Draw the section's figures into the folder `figures`; models: the lab's run folders.

    comparable: beside the published figures.
    """
    band = published()["poetry"]["last_batch_loss_nats"] if comparable else None
    curves(facts, list(metrics), band, models, figures / "poetry-curves.png")
    measures_figure(facts["composed"], figures / "poetry-measures.png")
    poems_figure(facts["composed"]["written"], figures / "poetry-poems.png")


def context(facts: Facts, metrics: Metrics, comparable: bool) -> dict[str, Any]:
    """What the section's template shows; comparable: beside the published figures."""
    return {
        **facts,
        "metrics": metrics,
        "best": min(metrics, key=lambda net: metrics[net]["valid_nll"]["mean"]),
        "measures": MEASURES,
        "published": published()["poetry"] if comparable else None,
        "comparable": comparable,
    }


def chinese(size: float) -> FontProperties:
    """The Chinese font as matplotlib wants it."""
    return FontProperties(fname=style.chinese_font(), size=size)


def curves(
    facts: Facts, nets: list[str], band: list[float] | None, models: Path, path: Path
) -> None:
    """Loss by epoch: validation solid, training dotted, the mean over seeds."""
    figure = style.new(9, 5)
    (axes,) = figure.axes
    for net in nets:
        rows = [read_history(models / net / f"seed-{seed}") for seed in facts["seeds"]]
        epochs = [row.epoch for row in rows[0]]
        colour = style.CELL_COLOURS[net]
        valid = np.mean([[row.valid_loss for row in each] for each in rows], 0)
        train = np.mean([[row.train_loss for row in each] for each in rows], 0)
        axes.plot(epochs, valid, style.CELL_STYLES[net], color=colour, label=net.upper(),
                  marker=style.CELL_MARKERS[net])  # fmt: skip
        axes.plot(epochs, train, ":", color=colour)
    if band:
        axes.axhspan(*band, color=style.ORANGE, alpha=0.25, label="published: last batches")
    unigram = facts["coverage"]["unigram_nll"]
    axes.axhline(unigram, color=style.BLACK, linewidth=1, label="frequencies alone")
    axes.plot([], [], ":", color="grey", label="in training")
    axes.set(xlabel="epoch", ylabel="loss (nats per symbol)")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))  # nets may differ in epochs
    figure.legend(loc="outside lower center", ncols=3)
    style.save(figure, path)


def measures_figure(composed: dict[str, Any], path: Path) -> None:
    """What share of the poems has each property: real ones, and every net's."""
    figure = style.new(9, 4.8)
    (axes,) = figure.axes
    writers = ["real", *composed["written"]]
    width = 0.8 / len(writers)
    places = np.arange(len(MEASURES))
    hatches = {"real": "", "rnn": "//", "lstm": "", "gru": ".."}
    for number, writer in enumerate(writers):
        shares = [100 * composed["measured"][writer][measure] for measure in MEASURES]
        bars = axes.bar(
            places + (number - (len(writers) - 1) / 2) * width, shares, width,
            color=style.CELL_COLOURS.get(writer, "grey"), hatch=hatches.get(writer, ""),
            edgecolor="white", label="real, held out" if writer == "real" else writer.upper(),
        )  # fmt: skip
        axes.bar_label(bars, [f"{share:.0f}" for share in shares], fontsize=9, zorder=3, padding=2,
                       bbox={"facecolor": "white", "edgecolor": "none", "pad": 0})  # fmt: skip
    rhyme = MEASURES.index("rhyme")
    axes.hlines(100 * composed["chance_of_rhyme"], rhyme - 0.45, rhyme + 0.45, color=style.BLACK,
                linestyle=":", label="by chance")  # fmt: skip
    axes.set(xticks=places, xticklabels=[LABELS[each] for each in MEASURES], ylabel="poems (%)")
    axes.grid(visible=False, axis="x")
    figure.legend(loc="outside lower center", ncols=len(writers) + 1)
    style.save(figure, path)


def poems_figure(written: dict[str, dict[str, list[str]]], path: Path) -> None:
    """The five-character poems of every net as pictures of a page: a column a net."""
    rows = max(len(poems["five"]) for poems in written.values())
    figure = style.new(9, 0.5 + 0.62 * rows, columns=len(written))
    for axes, (net, poems) in zip(figure.axes, written.items(), strict=True):
        _page(axes, poems["five"], rows)
        axes.set_title(net.upper(), color=style.CELL_COLOURS[net])
    style.save(figure, path)


def _page(axes: Axes, poems: list[str], rows: int) -> None:
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(rows, 0))
    for row, poem in enumerate(poems):
        half = len(poem) // 2
        axes.text(0.5, row + 0.5, f"{poem[:half]}\n{poem[half:]}", ha="center", va="center",
                  fontproperties=chinese(12))  # fmt: skip
