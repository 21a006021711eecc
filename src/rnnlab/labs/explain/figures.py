"""The section's figures."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from rnnlab.document import style
from rnnlab.document.figures import ACCURACY
from rnnlab.document.results import Results
from rnnlab.document.text import Say, Text, band_name
from rnnlab.labs.explain import drawings, facts
from rnnlab.labs.explain.shown.convolution import CONVOLUTION, level, smooth, told
from rnnlab.labs.explain.shown.gradients import STATES
from rnnlab.labs.explain.shown.memory import TASKS
from rnnlab.labs.explain.shown.reviews import wilson
from rnnlab.labs.sentiment.settings import Shape
from rnnlab.runs.history import Curves

FLOOR, CEILING = 1e-20, 1e4
"""What the gradient figure shows of its axis: further down all curves only go on falling."""
MOMENTS: dict[facts.When, Text] = {
    "initial": Text("at initialisation", "初始化时"),
    "trained": Text("trained", "训练后"),
}
BACK = Text("distance t−k (steps before the end)", "距离 t−k（末尾之前的步数）")
NORM = Text(
    "norm of the gradient at step k,\nrelative to k = t", "第 k 步的梯度范数，\n相对于 k = t"
)
CURVE = Text("{net}, {state}", "{net}，{state}")
BOUND = Text("bound ηᵗ⁻ᵏ of the RNN", "RNN 的上界 ηᵗ⁻ᵏ")
LOOK_BACK = Text("N, steps to look back", "N：要回看的步数")
LEARNT = Text(
    "training steps until learnt\n(✕: not within the budget)",
    "学会所需的训练步数\n（✕：在给定步数内未学会）",
)
LOSS = Text("loss\n(nats per review)", "损失\n（奈特/条）")
NORM_BEFORE = Text("gradient norm,\nbefore clipping", "裁剪之前的\n梯度范数")
RATE = Text("{net}, learning rate {rate:g}", "{net}，学习率 {rate:g}")
STEP = Text("training step", "训练步")
TREATMENTS = {"clipped": Text("clipped", "裁剪"), "unclipped": Text("not clipped", "不裁剪")}
LARGEST = Text("largest gradient norm,\nbefore clipping", "裁剪之前的\n最大梯度范数")
RADIUS = Text("spectral radius\nthat U starts with", "U 初始的谱半径")
GONE = Text("nets that diverged (%)", "发散的网络（%）")
SGD = Text("SGD at {rate:g}", "SGD，学习率 {rate:g}")
DECISIVE = Text(
    "distance of the decisive window from the end (tokens)", "决定性窗口到末尾的距离（词元）"
)
MASKED = Text("distance of the masked window from the end (tokens)", "被遮窗口到末尾的距离（词元）")
SHARE = Text("share of a review's\nchange of logit (%)", "占 logit 变化的\n份额（%）")
LAST = Text("last {tokens}", "最后 {tokens}")
WHOLE, SHUFFLED = Text("whole", "全文"), Text("shuffled", "打乱")
FED = Text("tokens of each review that the net is fed", "每条影评中供网络读入的词元")
TRAINED_SO = Text("{net}, trained on ends", "{net}，只用末尾训练")
BATCH_LOSS = Text("loss of the step's\nbatch (nats per review)", "该步批次的损失\n（奈特/条）")
CHECKED_LOSS = Text(
    "loss on the same training\nreviews (nats per review)", "同样的训练影评上的\n损失（奈特/条）"
)
CHECKED_ACCURACY = Text(
    "accuracy on the same\nvalidation reviews (%)", "同样的验证影评上的\n准确率（%）"
)
LOOKS: dict[str, dict[str, Any]] = {
    "lstm-open": {"color": style.SKY, "marker": "D", "linestyle": ":"},
    "rnn-orthogonal": {"color": style.ORANGE, "marker": "v", "linestyle": ":"},
    CONVOLUTION: {"color": style.PURPLE, "marker": "P", "linestyle": "-"},
}
for _cell, _colour in style.CELL_COLOURS.items():
    _marks = {"marker": style.CELL_MARKERS[_cell], "linestyle": style.CELL_STYLES[_cell]}
    LOOKS[_cell] = {"color": _colour, **_marks}


def draw(results: Results, curves: Curves, say: Say) -> Iterator[tuple[str, Figure]]:
    """The section's figures, by name."""
    found: facts.Facts = results.facts["explain"]
    yield "explain-drawings", drawings.draw()
    yield "explain-gradients", gradients(found.gradients, say)
    yield "explain-memory", memory(found.memory, say)
    yield "explain-clipping", clipping(found.clipping, say)
    yield "explain-explosion", explosion(found.explosion, say)
    yield "explain-convolution", convolution(found.convolution, say)
    yield "explain-occlusion", occlusion(found.occlusion, say)
    yield "explain-seen", seen(found.seen, found.cut, say)


def gradients(found: facts.Gradients, say: Say) -> Figure:
    """‖∂L/∂h_k‖ by distance, at initialisation and trained, with the Elman net's bound."""
    figure = style.new(7.5, 8.6, rows=2)
    for axes, (when, title) in zip(figure.axes, MOMENTS.items(), strict=True):
        for net, flow in found.nets.items():
            _flow(axes, found.distances, net, list(flow.moment(when).values()), say)
        axes.set(yscale="log", ylim=(FLOOR, CEILING), title=say(title), ylabel=say(NORM))
    figure.axes[-1].set_xlabel(say(BACK))
    style.legend_below(figure, columns=2)
    return figure


def _flow(
    axes: Axes, distances: Sequence[int], net: str, found: Sequence[facts.Moment], say: Say
) -> None:
    """One net's curves, geometric means over seeds, and its bound if it has one."""
    look = LOOKS[Shape.of(net).cell]
    colour = look["color"]
    lines: dict[facts.State, str] = {"h": look["linestyle"], "h and c": ":"}
    for state, line in lines.items():
        if state not in found[0].states:
            continue
        decays = [moment.states[state] for moment in found]
        low, curve, high = (
            np.exp(np.log([getattr(decay, name) for decay in decays]).mean(0))
            for name in ("low", "curve", "high")
        )
        label = say(CURVE).format(net=net, state=say(STATES[state]))
        axes.plot(distances, curve, line, color=colour, label=label)
        axes.fill_between(distances, low, high, color=colour, alpha=0.12)
    bounds = [moment.bound.eta for moment in found if moment.bound]
    if bounds:
        eta = float(np.mean(bounds))
        bound = np.power(eta, distances)
        axes.plot(distances, bound, label=say(BOUND), color=style.BLACK, linewidth=1)
        axes.annotate(f"η = {eta:.2f}", (0.5, 0.93), xycoords="axes fraction")


def memory(found: facts.Memory, say: Say) -> Figure:
    """Steps until a task is learnt, by distance: medians as lines, single nets as dots."""
    figure = style.new(7.5, 4.2 * len(found.tasks) + 0.8, len(found.tasks), squeeze=False)
    least, most = found.settings.recent, found.settings.steps
    distances = found.settings.distances
    marks = [least * 2**power for power in range(20) if least * 2**power < most]
    for axes, (task, cells) in zip(figure.axes, found.tasks.items(), strict=True):
        for number, (cell, climb) in enumerate(cells.items()):
            _climb(axes, climb, 1.06 ** (number - (len(cells) - 1) / 2), most, cell)
        axes.axhline(most, color=style.BLACK, linewidth=1, linestyle=":")
        axes.set(xscale="log", yscale="log", title=say(TASKS[task]), ylim=(least * 0.8, most * 1.4))
        axes.set(xticks=distances, xticklabels=[str(each) for each in distances])
        axes.set(yticks=[*marks, most], yticklabels=[str(each) for each in [*marks, most]])
        axes.minorticks_off()
        axes.set(xlabel=say(LOOK_BACK), ylabel=say(LEARNT))
    style.legend_below(figure, columns=3)
    return figure


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


def clipping(found: facts.ClippingRuns, say: Say) -> Figure:
    """Loss and gradient norm by step, a column for each net and learning rate."""
    columns: dict[tuple[str, float], list[facts.ClippingRun]] = {}
    for run in found.runs:
        columns.setdefault((run.net, run.learning_rate), []).append(run)
    size = {"sharex": True, "sharey": "col", "squeeze": False}
    figure = style.new(7.5, 1.2 + 2.3 * len(columns), len(columns), 2, **size)
    losses, norms = figure.axes[::2], figure.axes[1::2]
    for loss, norm, ((net, rate), pair) in zip(losses, norms, columns.items(), strict=True):
        for run in pair:
            _steps(loss, smooth(run.losses), run, say)
            _steps(norm, np.array(run.norms), run, say)
        norm.axhline(found.settings.clip_norm, color=style.BLACK, linewidth=1)
        loss.set(ylabel=say(LOSS))
        loss.set_title(say(RATE).format(net=net, rate=rate), loc="left")
        norm.set(yscale="log", ylabel=say(NORM_BEFORE))
    for axes in figure.axes[-2:]:
        axes.set_xlabel(say(STEP))
    style.legend_below(figure, columns=2)
    return figure


def _steps(axes: Axes, values: NDArray[np.float64], run: facts.ClippingRun, say: Say) -> None:
    """A quantity of `run` by step."""
    line, colour, how = "-", style.BLUE, "clipped"
    if run.clip_norm is None:
        line, colour, how = "--", style.VERMILION, "unclipped"
    steps = np.arange(1, len(values) + 1)
    axes.plot(steps, values, line, color=colour, label=say(TREATMENTS[how]), linewidth=1.3)


def explosion(found: facts.Explosions, say: Say) -> Figure:
    """By spectral radius, a column for each rate: largest norms, and the share that diverged."""
    rates, radii = found.settings.learning_rates, found.settings.radii
    figure = style.new(7.5, 6.6, 2, len(rates), sharex="col", sharey="row", squeeze=False)
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
            shares.plot(places + shift, gone, **look, label=say(TREATMENTS[how]))
        norms.axhline(found.settings.clip_norm, color=style.BLACK, linewidth=1)
        norms.set(yscale="log", title=say(SGD).format(rate=rate))
        shares.set(ylim=(-4, 104), xlabel=say(RADIUS))
        shares.set(xticks=places, xticklabels=[f"{radius:g}" for radius in radii])
    figure.axes[0].set_ylabel(say(LARGEST))
    figure.axes[len(rates)].set_ylabel(say(GONE))
    style.legend_below(figure, columns=2, axes=-1)
    return figure


def occlusion(found: facts.MaskedReviews, say: Say) -> Figure:
    """How much windows of words move the logit, and accuracy by where the decisive one stands."""
    figure = style.new(7.5, 8, rows=2)
    share, accuracy = figure.axes
    for number, (net, each) in enumerate(found.nets.items()):
        look = {**LOOKS[Shape.of(net).cell], "label": net, "capsize": 2, "markersize": 5}
        places = found.settings.window * (np.arange(len(each.share)) + 0.5)
        errors = 196 * np.array(each.share_error)
        share.errorbar(places, 100 * np.array(each.share), errors, **look)
        _bands(accuracy, each.bands, 0.08 * number, look)
        names = [band_name(band.start, band.end) for band in each.bands]
    accuracy.set(xticks=range(len(names)), xticklabels=names, ylabel=say(ACCURACY))
    accuracy.set(xlabel=say(DECISIVE))
    share.set(ylim=(0, None), ylabel=say(SHARE), xlabel=say(MASKED))
    style.legend_below(figure, columns=3)
    return figure


def convolution(found: facts.Courses, say: Say) -> Figure:
    """Loss by step, loss on the same reviews, and accuracy: means over seeds, single ones faint."""
    figure = style.new(7.5, 9, rows=3, sharex=True)
    losses, checked, accuracy = figure.axes
    for net, learner in found.nets.items():
        look = LOOKS[net if net in LOOKS else Shape.of(net).cell]
        courses, steps = list(learner.seeds.values()), next(iter(learner.seeds.values())).steps
        every = range(1, len(courses[0].losses) + 1)
        name = say(told(net))
        _courses(losses, every, [smooth(each.losses) for each in courses], name, look)
        _courses(checked, steps, [each.train_loss for each in courses], name, look)
        shares = [100 * np.array(each.valid_accuracy) for each in courses]
        _courses(accuracy, steps, shares, name, look)
    losses.set_ylabel(say(BATCH_LOSS))
    checked.set_ylabel(say(CHECKED_LOSS))
    accuracy.set(ylabel=say(CHECKED_ACCURACY), xlabel=say(STEP))
    accuracy.axhline(100 * level(), color=style.BLACK, linewidth=1, linestyle=":")
    style.legend_below(figure, columns=3)
    return figure


def _courses(
    axes: Axes,
    steps: Sequence[int],
    found: Sequence[Sequence[float] | NDArray[np.float64]],
    name: str,
    look: dict[str, Any],
) -> None:
    """The values of one net, called `name`, at those steps, a sequence a seed."""
    values, line = np.array(found), {"color": look["color"], "linestyle": look["linestyle"]}
    axes.plot(steps, values.T, **line, alpha=0.25, linewidth=1)
    axes.plot(steps, values.mean(0), **line, label=name)


def seen(found: facts.SeenReviews, cut: facts.CutReviews, say: Say) -> Figure:
    """Accuracy by the number of last tokens; whole reviews, and shuffled ones, to their right.

    Hollow: nets that were trained on so many last tokens alone.
    """
    figure = style.new(7.5, 4.8)
    names = [say(LAST).format(tokens=each) for each in found.settings.tokens]
    names += [say(WHOLE), say(SHUFFLED)]
    for net, each in found.nets.items():
        look = LOOKS[Shape.of(net).cell]
        values = 100 * np.array([view.accuracy for view in each.views.values()])
        figure.axes[0].plot(values[:-1].mean(1), label=net, **look)
        alone = {**look, "linestyle": "none"}
        figure.axes[0].plot(len(values) - 1, values[-1].mean(), **alone)
        figure.axes[0].plot(values, **{**alone, "markersize": 3, "alpha": 0.5})
    places = [found.settings.tokens.index(each) for each in cut.settings.tokens]
    for net, each in cut.nets.items():
        look = {**LOOKS[Shape.of(net).cell], "linestyle": "none", "fillstyle": "none"}
        means = [100 * np.mean(each.views[str(most)].accuracy) for most in cut.settings.tokens]
        label = say(TRAINED_SO).format(net=net)
        figure.axes[0].plot(places, means, **look, markersize=11, label=label)
    figure.axes[0].set(xticks=range(len(names)), ylabel=say(ACCURACY), xlabel=say(FED))
    figure.axes[0].set_xticklabels(names, rotation=20)
    style.legend_below(figure, columns=2)
    return figure


def _bands(axes: Axes, bands: Sequence[facts.Band], shift: float, look: dict[str, Any]) -> None:
    """Accuracy in each band that has reviews, with Wilson's 95% intervals."""
    places = shift + np.flatnonzero([band.reviews for band in bands])
    some = [(band.reviews, band.accuracy) for band in bands if band.accuracy is not None]
    limits = np.array([wilson(round(share * reviews), reviews) for reviews, share in some])
    shares = np.array([share for _, share in some])
    axes.errorbar(places, 100 * shares, 100 * np.abs(limits.T - shares), **look)
