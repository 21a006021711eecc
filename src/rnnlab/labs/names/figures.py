"""The section's figures."""

from pathlib import Path
from typing import Any

from matplotlib.ticker import MaxNLocator, NullLocator

from rnnlab.document import style
from rnnlab.document.figures import confusion, learning_curve, shares
from rnnlab.document.published import published
from rnnlab.document.results import Results
from rnnlab.labs.names.facts import Facts, Tried
from rnnlab.labs.names.section import REGIMES, SETTING_NAMES
from rnnlab.runs import history
from rnnlab.runs.history import Curves

LOOKS = {
    "tutorial-rnn": (style.VERMILION, "--", "s"),
    "lstm": (style.BLUE, "-", "o"),
    "peephole-lstm": (style.PURPLE, ":", "D"),
    "gru": (style.GREEN, "-.", "^"),
    "bilstm": (style.ORANGE, "-", "v"),
}
"""Colour, line and marker of each net."""
WRITTEN = 9.5
"""Percent from which on a share is written into a confusion matrix: 10, rounded."""


def draw(results: Results, curves: Curves, folder: Path) -> None:
    """Draw the section's figures into `folder`."""
    facts: Facts = results.facts["names"]
    nets = list(results.nets["names"]["ours"])
    theirs = published("names") if results.comparable else {}
    for what, unit, scale in (("loss", "nats per name", 1.0), ("accuracy", "%", 100.0)):
        path = folder / f"names-{what}.png"
        learning_curves(curves, nets, facts, what, unit, scale, path)
    for net in nets:
        matrices(net, facts, folder / f"names-confusion-{net}.png")
    sweeps(facts.sweeps, theirs, folder / "names-sweep.png")


def learning_curves(
    curves: Curves, nets: list[str], facts: Facts, what: str, unit: str, scale: float, path: Path
) -> None:
    """Validation (with markers) and training (without) by progress, the mean over seeds."""
    figure = style.new(11, 5.2, columns=2)
    panels = (
        (
            "published",
            "one name a step",
            "steps (thousands)",
            facts.published.training.block / 1000,
        ),
        ("ours", f"{facts.batched.training.batch} names a step", "epochs", 1),
    )
    for axes, (regime, title, label, per_epoch) in zip(figure.axes, panels, strict=True):
        for net in nets:
            runs = history.of(curves, "names", regime, net)
            if not runs:
                continue
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
    style.legend_below(figure, columns=len(nets), title=title, axes=1)
    style.save(figure, path)


def matrices(net: str, facts: Facts, path: Path) -> None:
    """Names held out, in each regime of one net, as shares of the actual language."""
    languages = facts.classes
    regimes = {name: told for name, told in REGIMES.items() if net in facts.confusion[name]}
    figure = style.new(7 * len(regimes), 7.2, columns=len(regimes))
    for axes, (regime, name) in zip(figure.axes, regimes.items(), strict=True):
        percent = shares(facts.confusion[regime][net])
        image = confusion(axes, percent, languages, digits=0, least=WRITTEN, fontsize=8.5)
        axes.set(title=f"{net}, {name.en}", xlabel="predicted")
        axes.set_xticks(range(len(languages)), languages, rotation=90)
    figure.axes[0].set_ylabel("actual")
    for axes in figure.axes[1:]:
        axes.set_yticklabels([])
    figure.colorbar(image, ax=figure.axes, shrink=0.8, label="share of the actual language (%)")
    style.save(figure, path)


def sweeps(swept: dict[str, dict[float, Tried]], theirs: dict[str, Any], path: Path) -> None:
    """Validation accuracy and loss by value, a column a sweep: means and standard deviations.

    theirs: the published lab's figures, whose values are marked; empty for none.
    """
    figure = style.new(4.1 * len(swept), 7.4, 2, len(swept))
    named: dict[str, Any] = {"color": style.BLACK, "linewidth": 1.2, "linestyle": (0, (4, 3))}
    for place, (name, values) in enumerate(swept.items()):
        net, _, setting = name.partition("/")
        colour, line, marker = LOOKS[net]
        look: dict[str, Any] = {"color": colour, "linestyle": line, "marker": marker, "capsize": 3}
        for row, (metric, scale) in enumerate((("accuracy", 100.0), ("loss", 1.0))):
            axes = figure.axes[row * len(swept) + place]
            scores = {value: getattr(each, metric) for value, each in values.items()}
            ended = {value: each for value, each in scores.items() if each}
            spreads = [scale * (each.std or 0.0) for each in ended.values()]
            axes.errorbar(
                list(ended), [scale * each.mean for each in ended.values()], spreads, **look
            )
            for value in [value for value, each in values.items() if each.diverged]:
                axes.plot(value, 0.03, "x", color=style.BLACK, transform=axes.get_xaxis_transform())
            if theirs:
                axes.axvline(theirs[setting][net], **named)
            axes.set(xscale="log", xlabel=SETTING_NAMES[setting].en, title=net if row == 0 else "")
            axes.set_xticks(list(values), [f"{value:g}" for value in values], rotation=45)
            axes.xaxis.set_minor_locator(NullLocator())
    for row, label in ((0, "validation accuracy (%)"), (1, "validation loss (nats per name)")):
        figure.axes[row * len(swept)].set_ylabel(label)
    legend = figure.axes[0]
    if theirs:
        legend.plot([], [], **named, label="published as best")
    legend.plot([], [], "x", color=style.BLACK, label="a seed diverged, if there")
    style.legend_below(figure, columns=2)
    style.save(figure, path)
