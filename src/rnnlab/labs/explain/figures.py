"""The section's figures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from rnnlab.document import style
from rnnlab.document.results import Results
from rnnlab.labs.explain import drawings, facts
from rnnlab.labs.explain.section import wilson
from rnnlab.labs.sentiment.settings import Shape
from rnnlab.runs.history import Curves

FLOOR, CEILING = 1e-20, 1e4
"""What the gradient figure shows of its axis: further down all curves only go on falling."""
LOOKS: dict[str, dict[str, Any]] = {
    "lstm-open": {"color": style.SKY, "marker": "D", "linestyle": ":"},
    "rnn-orthogonal": {"color": style.ORANGE, "marker": "v", "linestyle": ":"},
}
for _cell, _colour in style.CELL_COLOURS.items():
    _marks = {"marker": style.CELL_MARKERS[_cell], "linestyle": style.CELL_STYLES[_cell]}
    LOOKS[_cell] = {"color": _colour, **_marks}


def draw(results: Results, curves: Curves, folder: Path) -> None:
    """Draw the section's figures into `folder`."""
    found: facts.Facts = results.facts["explain"]
    drawings.draw(folder / "explain-drawings.png")
    gradients(found.gradients, folder / "explain-gradients.png")
    memory(found.memory, folder / "explain-memory.png")
    clipping(found.clipping, folder / "explain-clipping.png")
    explosion(found.explosion, folder / "explain-explosion.png")
    occlusion(found.occlusion, folder / "explain-occlusion.png")
    seen(found.seen, folder / "explain-seen.png")


def gradients(found: facts.Gradients, path: Path) -> None:
    """‖∂L/∂h_k‖ by distance, at initialisation and trained, with the Elman net's bound."""
    figure = style.new(11, 5.6, columns=2)
    titles: dict[facts.Stage, str] = {"initial": "at initialisation", "trained": "trained"}
    for axes, (stage, title) in zip(figure.axes, titles.items(), strict=True):
        for net, flow in found.nets.items():
            _flow(axes, found.distances, net, list(flow.moment(stage).values()))
        axes.set(yscale="log", ylim=(FLOOR, CEILING), title=title)
        axes.set(xlabel="distance t−k (steps before the end)")
    norms = r"norm of $\partial L/\partial h_k$, of $\partial L/\partial(h_k, c_k)$"
    figure.axes[0].set_ylabel(f"{norms}, relative to k = t")
    style.legend_below(figure, columns=3)
    style.save(figure, path)


def _flow(axes: Axes, distances: Sequence[int], net: str, found: Sequence[facts.Moment]) -> None:
    """One net's curves, geometric means over seeds, and its bound if it has one."""
    look = LOOKS[Shape.of(net).cell]
    colour, lines = look["color"], {"h": look["linestyle"], "h and c": ":"}
    for state, line in lines.items():
        if state not in found[0].states:
            continue
        decays = [moment.states[state] for moment in found]
        low, curve, high = (
            np.exp(np.log([getattr(decay, name) for decay in decays]).mean(0))
            for name in ("low", "curve", "high")
        )
        axes.plot(distances, curve, line, color=colour, label=f"{net}, {state}")
        axes.fill_between(distances, low, high, color=colour, alpha=0.12)
    bounds = [moment.bound.eta for moment in found if moment.bound]
    if bounds:
        eta = float(np.mean(bounds))
        label = "bound ηᵗ⁻ᵏ of the RNN"
        axes.plot(distances, np.power(eta, distances), label=label, color=style.BLACK, linewidth=1)
        axes.annotate(f"η = {eta:.2f}", (0.5, 0.93), xycoords="axes fraction")


def memory(found: facts.Memory, path: Path) -> None:
    """Steps until a task is learnt, by distance: medians as lines, single nets as dots."""
    figure = style.new(5.5 * len(found.tasks), 5.4, columns=len(found.tasks))
    least, most = found.settings.recent, found.settings.steps
    distances = found.settings.distances
    marks = [least * 2**power for power in range(20) if least * 2**power < most]
    for axes, (task, cells) in zip(figure.axes, found.tasks.items(), strict=True):
        for number, (cell, climb) in enumerate(cells.items()):
            _climb(axes, climb, 1.06 ** (number - (len(cells) - 1) / 2), most, cell)
        axes.axhline(most, color=style.BLACK, linewidth=1, linestyle=":")
        axes.set(xscale="log", yscale="log", title=task, ylim=(least * 0.8, most * 1.4))
        axes.set(xticks=distances, xticklabels=[str(each) for each in distances])
        axes.set(yticks=[*marks, most], yticklabels=[str(each) for each in [*marks, most]])
        axes.minorticks_off()
        axes.set_xlabel("N, steps to look back")
    figure.axes[0].set_ylabel("training steps until learnt\n(✕: not within the budget)")
    style.legend_below(figure, columns=3)
    style.save(figure, path)


def _climb(axes: Axes, climb: facts.Climb, shift: float, most: int, cell: str) -> None:
    """One cell's steps; nets that failed as crosses at the budget, `most`."""
    look, medians = LOOKS[cell], {}
    for distance, trials in climb.items():
        needed = [trial.steps for trial in trials.values() if trial.steps is not None]
        failed = len(trials) - len(needed)
        dots = {"color": look["color"], "linestyle": "none", "alpha": 0.5, "markersize": 4}
        axes.plot([distance * shift] * len(needed), needed, marker=look["marker"], **dots)
        axes.plot(
            [distance * shift] * bool(failed), [most] * bool(failed), "x", color=look["color"]
        )
        if needed:
            medians[distance * shift] = float(np.median(needed))
    axes.plot(list(medians), list(medians.values()), label=cell, **look)


def clipping(found: facts.ClippingRuns, path: Path) -> None:
    """Loss and gradient norm by step, a column for each net and learning rate."""
    columns: dict[tuple[str, float], list[facts.ClippingRun]] = {}
    for run in found.runs:
        columns.setdefault((run.net, run.learning_rate), []).append(run)
    figure = style.new(2.2 + 3.2 * len(columns), 6.6, 2, len(columns))
    losses, norms = figure.axes[: len(columns)], figure.axes[len(columns) :]
    for loss, norm, ((net, rate), pair) in zip(losses, norms, columns.items(), strict=True):
        for run in pair:
            _steps(loss, smooth(run.losses), run)
            _steps(norm, np.array(run.norms), run)
        norm.axhline(found.settings.clip_norm, color=style.BLACK, linewidth=1)
        loss.set(title=f"{net}\nlearning rate {rate:g}")
        norm.set(yscale="log", xlabel="training step")
    losses[0].set_ylabel("loss (nats per review)")
    norms[0].set_ylabel("gradient norm,\nbefore clipping")
    for row in (losses, norms):
        limits = np.array([axes.get_ylim() for axes in row])
        for axes in row:
            axes.set_ylim(limits[:, 0].min(), limits[:, 1].max())
    style.legend_below(figure, columns=2)
    style.save(figure, path)


def _steps(axes: Axes, values: NDArray[np.float64], run: facts.ClippingRun) -> None:
    """A quantity of `run` by step."""
    line, colour, label = "-", style.BLUE, "clipped"
    if run.clip_norm is None:
        line, colour, label = "--", style.VERMILION, "not clipped"
    steps = np.arange(1, len(values) + 1)
    axes.plot(steps, values, line, color=colour, label=label, linewidth=1.3)


def smooth(values: Sequence[float], width: int = 9) -> NDArray[np.float64]:
    """The running mean over `width` values, fewer at the ends."""
    padded = np.convolve(values, np.ones(width), "same")
    means: NDArray[np.float64] = padded / np.convolve(np.ones(len(values)), np.ones(width), "same")
    return means


def explosion(found: facts.Explosions, path: Path) -> None:
    """By spectral radius, a column for each rate: largest norms, and the share that diverged."""
    rates, radii = found.settings.learning_rates, found.settings.radii
    figure = style.new(5 * len(rates), 6.6, 2, len(rates))
    places = np.arange(len(radii))
    treatments = {"clipped": (-0.06, style.BLUE, "o"), "unclipped": (0.06, style.VERMILION, "s")}
    for column, rate in enumerate(rates):
        norms, shares = figure.axes[column], figure.axes[len(rates) + column]
        rows = [each for each in found.trainings if each.learning_rate == rate]
        for how, (shift, colour, marker) in treatments.items():
            nets = [each.treatments[how] for each in rows]
            look: dict[str, Any] = {"color": colour, "marker": marker}
            dots = {**look, "linestyle": "none", "markersize": 4, "alpha": 0.5}
            norms.plot(places + shift, np.array([each.norms for each in nets]), **dots)
            gone = [100 * np.mean(each.diverged) for each in nets]
            label = {"clipped": "clipped", "unclipped": "not clipped"}[how]
            shares.plot(places, gone, **look, label=label)
        norms.axhline(found.settings.clip_norm, color=style.BLACK, linewidth=1)
        norms.set(yscale="log", title=f"SGD at {rate:g}")
        shares.set(ylim=(-4, 104), xlabel="spectral radius that U starts with")
        for axes in (norms, shares):
            axes.set(xticks=places, xticklabels=[f"{radius:g}" for radius in radii])
    figure.axes[0].set_ylabel("largest gradient norm,\nbefore clipping")
    figure.axes[len(rates)].set_ylabel("nets that diverged (%)")
    handles, labels = figure.axes[-1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    style.save(figure, path)


def occlusion(found: facts.MaskedReviews, path: Path) -> None:
    """How much windows of words move the logit, and accuracy by where the decisive one stands."""
    figure = style.new(11, 5, columns=2)
    share, accuracy = figure.axes
    for number, (net, each) in enumerate(found.nets.items()):
        look = {**LOOKS[Shape.of(net).cell], "label": net, "capsize": 2, "markersize": 5}
        places = found.settings.window * (np.arange(len(each.share)) + 0.5)
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


def seen(found: facts.SeenReviews, path: Path) -> None:
    """Accuracy by the number of last tokens; whole reviews, and shuffled ones, to their right."""
    figure = style.new(8, 4.8)
    names = [f"last {each}" for each in found.settings.tokens] + ["whole", "shuffled"]
    for net, each in found.nets.items():
        look = LOOKS[Shape.of(net).cell]
        values = 100 * np.array([view.accuracy for view in each.views.values()])
        figure.axes[0].plot(values[:-1].mean(1), label=net, **look)
        alone = {**look, "linestyle": "none"}
        figure.axes[0].plot(len(values) - 1, values[-1].mean(), **alone)
        figure.axes[0].plot(values, **{**alone, "markersize": 3, "alpha": 0.5})
    figure.axes[0].set(xticks=range(len(names)), xticklabels=names, ylabel="accuracy (%)")
    figure.axes[0].set_xlabel("tokens of each review that the net is fed")
    style.legend_below(figure, columns=3)
    style.save(figure, path)


def _bands(axes: Axes, bands: Sequence[facts.Band], shift: float, look: dict[str, Any]) -> None:
    """Accuracy in each band that has reviews, with Wilson's 95% intervals."""
    places = shift + np.flatnonzero([band.reviews for band in bands])
    some = [(band.reviews, band.accuracy) for band in bands if band.accuracy is not None]
    limits = np.array([wilson(round(share * reviews), reviews) for reviews, share in some])
    shares = np.array([share for _, share in some])
    axes.errorbar(places, 100 * shares, 100 * np.abs(limits.T - shares), **look)
