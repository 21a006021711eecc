"""The report's names section: its figures and what its template is told."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator, NullLocator
from numpy.typing import NDArray

from rnnlab.document import style
from rnnlab.document.published import published
from rnnlab.labs.names.settings import AS_PUBLISHED
from rnnlab.runs.files import read_history
from rnnlab.runs.history import Epoch

Facts = dict[str, Any]
"""The lab's part of metrics.json's `facts`."""
Metrics = dict[str, Any]
"""The lab's part of metrics.json: scores by net."""

LOOKS = {
    "tutorial-rnn": (style.VERMILION, "--", "s"),
    "lstm": (style.BLUE, "-", "o"),
    "peephole-lstm": (style.PURPLE, ":", "D"),
    "gru": (style.GREEN, "-.", "^"),
}
"""Colour, line and marker of each structure."""


def draw(facts: Facts, metrics: Metrics, comparable: bool, models: Path, figures: Path) -> None:
    """Draw the section's figures into the folder `figures`; models: the lab's run folders.

    comparable: with the published settings marked.
    """
    histories = {
        net: [read_history(models / net / f"seed-{seed}") for seed in row["valid_loss"]["values"]]
        for net, row in metrics.items()
    }
    for what, unit, scale in (("loss", "nats per name", 1.0), ("accuracy", "%", 100.0)):
        path = figures / f"names-{what}.png"
        curves(histories, facts, what, unit, scale, path)
    for net in facts["nets"]:
        confusion_figure(net, facts, figures / f"names-confusion-{net}.png")
    sweep_figure(facts["sweep"], comparable, figures / "names-sweep.png")


def context(facts: Facts, metrics: Metrics, comparable: bool) -> dict[str, Any]:
    """What the section's template shows; comparable: beside the published figures."""
    theirs = published()["names"]
    return {
        **facts,
        "metrics": metrics,
        "comparable": comparable,
        "suffix": AS_PUBLISHED,
        "theirs": {
            net: {
                "learning_rate": theirs["learning_rate"].get(net),
                "seconds": theirs["train_seconds_cpu"].get(net) if comparable else None,
            }
            for net in facts["nets"]
        },
        "published_steps": theirs["steps"],
        "confused": {net: most_confused(net, facts) for net in facts["nets"]},
        "changes": [change(net, facts, metrics) for net in facts["nets"]],
    }


def change(net: str, facts: Facts, metrics: Metrics) -> dict[str, Any]:
    """What batching changed for one net; accuracies as fractions, names seen in training."""
    single, many = metrics[net + AS_PUBLISHED], metrics[net]
    accuracy = [each["valid_accuracy"]["mean"] for each in (single, many)]
    balanced = [each["valid_balanced_accuracy"]["mean"] for each in (single, many)]
    seconds = [each["train_seconds"]["mean"] for each in (single, many)]
    rate = [each["tokens_per_second"]["mean"] for each in (single, many)]
    return {
        "net": net,
        "accuracy": accuracy,
        "balanced": balanced,
        "seconds": seconds,
        "speedup": rate[1] / rate[0],
        "names": [
            facts["published"]["steps"],
            facts["batched"]["epochs"] * facts["counts"]["train"]["pairs"],
        ],
    }


def most_confused(net: str, facts: Facts, count: int = 3) -> list[dict[str, Any]]:
    """The commonest mistakes of the batched net: share of the actual language's names."""
    share = _shares(facts["confusion"][net])
    np.fill_diagonal(share, 0)
    order = np.argsort(share, axis=None)[::-1][:count]
    found = [divmod(int(place), len(share)) for place in order]
    return [
        {
            "actual": facts["languages"][actual],
            "predicted": facts["languages"][predicted],
            "share": float(share[actual, predicted]),
        }
        for actual, predicted in found
    ]


def curves(
    histories: dict[str, list[list[Epoch]]],
    facts: Facts,
    what: str,
    unit: str,
    scale: float,
    path: Path,
) -> None:
    """Validation (with markers) and training (without) by progress, the mean over seeds."""
    figure = style.new(11, 5.2, columns=2)
    panels = (
        (AS_PUBLISHED, "as published: one name a step", "steps (thousands)"),
        ("", f"batched: {facts['batched']['batch']} names a step", "epochs"),
    )
    for axes, (suffix, title, label) in zip(figure.axes, panels, strict=True):
        for net in facts["nets"]:
            colour, line, marker = LOOKS[net]
            runs = histories[net + suffix]
            each = facts["published"]["block"] / 1000 if suffix else 1
            x = [each * row.epoch for row in runs[0]]
            for part in ("train", "valid"):
                values = np.mean(
                    [[getattr(row, f"{part}_{what}") for row in run] for run in runs], 0
                )
                shown = part == "valid"
                axes.plot(x, scale * values, line, color=colour, alpha=1.0 if shown else 0.45,
                          linewidth=1.8 if shown else 1.2, marker=marker if shown else None,
                          markersize=5, label=net if shown else None)  # fmt: skip
        axes.set(title=title, xlabel=label, ylabel=f"{what} ({unit})")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    low = min(axes.get_ylim()[0] for axes in figure.axes)
    high = max(axes.get_ylim()[1] for axes in figure.axes)
    for axes in figure.axes:
        axes.set_ylim(low, high)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    title = "with markers: validation; pale, without: training"
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), title=title)
    style.save(figure, path)


def confusion_figure(net: str, facts: Facts, path: Path) -> None:
    """Validation names of one net in both regimes, as shares of the actual language."""
    languages = facts["languages"]
    places = range(len(languages))
    figure = style.new(14, 7.2, columns=2)
    for axes, (suffix, title) in zip(
        figure.axes, ((AS_PUBLISHED, "as published"), ("", "batched")), strict=True
    ):
        share = 100 * _shares(facts["confusion"][net + suffix])
        image = axes.imshow(share, cmap="Blues", vmin=0, vmax=100)
        axes.grid(visible=False)
        axes.set(title=f"{net}, {title}", xlabel="predicted", xticks=places, yticks=places)
        axes.set_xticklabels(languages, rotation=90)
        axes.set_yticklabels(languages)
        for actual, predicted in np.ndindex(*share.shape):
            if share[actual, predicted] >= 9.5:
                axes.text(predicted, actual, f"{share[actual, predicted]:.0f}", ha="center",
                          va="center", fontsize=8.5,
                          color="white" if share[actual, predicted] > 50 else "black")  # fmt: skip
    figure.axes[0].set_ylabel("actual")
    figure.axes[1].set_yticklabels([])
    figure.colorbar(image, ax=figure.axes, shrink=0.8, label="share of the actual language (%)")
    style.save(figure, path)


def sweep_figure(sweep: Facts, comparable: bool, path: Path) -> None:
    """Validation accuracy by learning rate, one panel a net."""
    nets = list(sweep["nets"])
    columns = min(2, len(nets))
    rows = -(-len(nets) // columns)
    figure = style.new(5.4 * columns, 3.6 * rows + 0.6, rows, columns)
    for axes in figure.axes[len(nets) :]:
        axes.remove()
    theirs = published()["names"]["learning_rate"] if comparable else {}
    for axes, net in zip(figure.axes, nets, strict=False):
        colour, line, marker = LOOKS[net]
        found = sweep["nets"][net]["rates"]
        ended = [each for each in found if each["valid_accuracy"] is not None]
        diverged = [each["learning_rate"] for each in found if each["valid_accuracy"] is None]
        axes.plot([each["learning_rate"] for each in ended],
                  [100 * each["valid_accuracy"] for each in ended],
                  line, color=colour, marker=marker)  # fmt: skip
        axes.plot(diverged, [2] * len(diverged), "x", color=style.BLACK)
        if net in theirs:
            axes.axvline(theirs[net], color=style.BLACK, linewidth=1.2, linestyle=(0, (4, 3)))
        rates = [each["learning_rate"] for each in found]
        axes.set(title=net, xscale="log", ylim=(0, 100), xlabel="learning rate of SGD",
                 ylabel="validation accuracy (%)")  # fmt: skip
        axes.set_xticks(rates, [f"{rate:g}" for rate in rates], rotation=45)
        axes.xaxis.set_minor_locator(NullLocator())
    legend = figure.axes[0]
    if theirs:
        legend.plot([], [], color=style.BLACK, linewidth=1.2, linestyle=(0, (4, 3)),
                    label="published as best")  # fmt: skip
    legend.plot([], [], "x", color=style.BLACK, label="diverged, if there")
    figure.legend(*legend.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    style.save(figure, path)


def _shares(counts: list[list[int]]) -> NDArray[np.float64]:
    """Rows that sum to 1; a language without names in validation stays 0."""
    matrix = np.array(counts, dtype=np.float64)
    shares: NDArray[np.float64] = matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
    return shares
