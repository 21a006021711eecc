"""The section's figures."""

from pathlib import Path
from typing import Any

from matplotlib.ticker import MaxNLocator, NullLocator

from rnnlab.document import style
from rnnlab.document.figures import confusion, learning_curve, shares
from rnnlab.document.published import published
from rnnlab.document.results import Results
from rnnlab.labs.names.facts import Facts, Sweep
from rnnlab.labs.names.section import REGIMES
from rnnlab.runs import history
from rnnlab.runs.history import Curves

LOOKS = {
    "tutorial-rnn": (style.VERMILION, "--", "s"),
    "lstm": (style.BLUE, "-", "o"),
    "peephole-lstm": (style.PURPLE, ":", "D"),
    "gru": (style.GREEN, "-.", "^"),
}
"""Colour, line and marker of each net."""
WRITTEN = 9.5
"""Percent from which on a share is written into a confusion matrix: 10, rounded."""


def draw(results: Results, curves: Curves, folder: Path) -> None:
    """Draw the section's figures into `folder`."""
    facts: Facts = results.facts["names"]
    nets = list(results.nets["names"]["ours"])
    theirs = published("names")["learning_rate"] if results.comparable else {}
    for what, unit, scale in (("loss", "nats per name", 1.0), ("accuracy", "%", 100.0)):
        path = folder / f"names-{what}.png"
        learning_curves(curves, nets, facts, what, unit, scale, path)
    for net in nets:
        matrices(net, facts, folder / f"names-confusion-{net}.png")
    sweeps(facts.sweep, theirs, folder / "names-sweep.png")


def learning_curves(
    curves: Curves, nets: list[str], facts: Facts, what: str, unit: str, scale: float, path: Path
) -> None:
    """Validation (with markers) and training (without) by progress, the mean over seeds."""
    figure = style.new(11, 5.2, columns=2)
    panels = (
        ("published", "one name a step", "steps (thousands)", facts.published.block / 1000),
        ("ours", f"{facts.batched.batch} names a step", "epochs", 1),
    )
    for axes, (regime, title, label, per_epoch) in zip(figure.axes, panels, strict=True):
        for net in nets:
            runs = history.of(curves, "names", regime, net)
            colour, line, marker = LOOKS[net]
            look: dict[str, Any] = {"fmt": line, "color": colour, "markersize": 5}
            train = {"alpha": 0.45, "linewidth": 1.2}
            learning_curve(axes, runs, f"train_{what}", scale, per_epoch, **look, **train)
            valid = {"linewidth": 1.8, "marker": marker, "label": net}
            learning_curve(axes, runs, f"valid_{what}", scale, per_epoch, **look, **valid)
        axes.set(title=f"{REGIMES[regime].en}: {title}", xlabel=label, ylabel=f"{what} ({unit})")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    limits = [axes.get_ylim() for axes in figure.axes]
    for axes in figure.axes:
        axes.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))
    title = "with markers: validation; pale, without: training"
    style.legend_below(figure, columns=len(nets), title=title)
    style.save(figure, path)


def matrices(net: str, facts: Facts, path: Path) -> None:
    """Validation names of one net in both regimes, as shares of the actual language."""
    languages = facts.classes
    figure = style.new(14, 7.2, columns=2)
    for axes, (regime, name) in zip(figure.axes, REGIMES.items(), strict=True):
        percent = shares(facts.confusion[regime][net])
        image = confusion(axes, percent, languages, digits=0, least=WRITTEN, fontsize=8.5)
        axes.set(title=f"{net}, {name.en}", xlabel="predicted")
        axes.set_xticks(range(len(languages)), languages, rotation=90)
    figure.axes[0].set_ylabel("actual")
    figure.axes[1].set_yticklabels([])
    figure.colorbar(image, ax=figure.axes, shrink=0.8, label="share of the actual language (%)")
    style.save(figure, path)


def sweeps(sweep: Sweep, theirs: dict[str, float], path: Path) -> None:
    """Validation accuracy by learning rate, one panel a net; the published rates, if any, marked.

    theirs: by net.
    """
    columns = min(2, len(sweep.nets))
    rows = -(-len(sweep.nets) // columns)
    figure = style.new(5.4 * columns, 3.6 * rows + 0.6, rows, columns)
    named: dict[str, Any] = {"color": style.BLACK, "linewidth": 1.2, "linestyle": (0, (4, 3))}
    for axes in figure.axes[len(sweep.nets) :]:
        axes.remove()
    for axes, (net, found) in zip(figure.axes, sweep.nets.items(), strict=False):
        colour, line, marker = LOOKS[net]
        ended = {rate: 100 * each for rate, each in found.rates.items() if each is not None}
        diverged = [rate for rate in found.rates if rate not in ended]
        axes.plot(list(ended), list(ended.values()), line, color=colour, marker=marker)
        axes.plot(diverged, [2] * len(diverged), "x", color=style.BLACK)
        if net in theirs:
            axes.axvline(theirs[net], **named)
        axes.set(title=net, xscale="log", ylim=(0, 100), xlabel="learning rate of SGD")
        axes.set_ylabel("validation accuracy (%)")
        axes.set_xticks(list(found.rates), [f"{rate:g}" for rate in found.rates], rotation=45)
        axes.xaxis.set_minor_locator(NullLocator())
    legend = figure.axes[0]
    if theirs:
        legend.plot([], [], **named, label="published as best")
    legend.plot([], [], "x", color=style.BLACK, label="diverged, if there")
    style.legend_below(figure, columns=2)
    style.save(figure, path)
