"""The section's figures."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from rnnlab.document import style
from rnnlab.document.figures import ACCURACY, IN_TRAINING, confusion, learning_curve, shares
from rnnlab.document.published import published
from rnnlab.document.results import Results
from rnnlab.document.text import Say, Text
from rnnlab.labs.names.deviations import SETTING_NAMES
from rnnlab.labs.names.facts import Facts, Tried
from rnnlab.labs.names.languages import told
from rnnlab.labs.names.section import REGIMES
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
QUANTITIES = {
    "loss": (Text("loss (nats per name)", "损失（奈特/个）"), 1.0),
    "accuracy": (ACCURACY, 100.0),
}
"""Of an epoch: its label, and what it is multiplied with."""
ONE, MANY = Text("one name a step", "每步一个姓"), Text("{batch} names a step", "每步 {batch} 个姓")
PANEL = Text("{regime}: {batch}", "{regime}：{batch}")
MATRIX = Text("{net}, {regime}", "{net}，{regime}")
STEPS, EPOCHS = Text("steps (thousands)", "步数（千）"), Text("epochs", "轮次")
PREDICTED, ACTUAL = Text("predicted", "预测"), Text("actual", "实际")
SHARE = Text("share of the actual language (%)", "占实际语言的比例（%）")
METRICS = {
    "accuracy": (Text("validation accuracy (%)", "验证准确率（%）"), 100.0, 12.0),
    "loss": (Text("validation loss (nats)", "验证损失（奈特）"), 1.0, 0.5),
}
"""Of a sweep: its label, what it is multiplied with, and how far from the best value is shown."""
NAMED = Text("published as best", "原报告所称最佳")
DIVERGED = Text("a seed diverged", "有种子发散")
BEYOND = Text("outside the panel", "超出图框")


def draw(results: Results, curves: Curves, say: Say) -> Iterator[tuple[str, Figure]]:
    """The section's figures, by name."""
    facts: Facts = results.facts["names"]
    nets = list(results.nets["names"]["ours"])
    theirs = published("names") if results.comparable else {}
    for what in QUANTITIES:
        yield f"names-{what}", learning_curves(curves, nets, facts, what, say)
    for net in nets:
        yield f"names-confusion-{net}", matrices(net, facts, say)
    yield "names-sweep", sweeps(facts.sweeps, theirs, say)


def learning_curves(
    curves: Curves, nets: Sequence[str], facts: Facts, what: str, say: Say
) -> Figure:
    """Validation by progress, the mean over seeds; of the loss, training too, pale."""
    figure = style.new(7.5, 8, rows=2)
    label, scale = QUANTITIES[what]
    many = say(MANY).format(batch=facts.batched.training.batch)
    block = facts.published.training.block / 1000
    panels = (("published", say(ONE), STEPS, block), ("ours", many, EPOCHS, 1))
    for axes, (regime, title, progress, per_epoch) in zip(figure.axes, panels, strict=True):
        for net in nets:
            runs = history.of(curves, "names", regime, net)
            if not runs:
                continue
            colour, line, marker = LOOKS[net]
            look: dict[str, Any] = {"fmt": line, "color": colour, "markersize": 5}
            if what == "loss":
                pale = {"alpha": 0.45, "linewidth": 1.2}
                learning_curve(axes, runs, "train_loss", scale, per_epoch, **look, **pale)
            valid = {"linewidth": 1.8, "marker": marker, "label": net}
            learning_curve(axes, runs, f"valid_{what}", scale, per_epoch, **look, **valid)
        named = say(PANEL).format(regime=say(REGIMES[regime]), batch=title)
        axes.set(title=named, xlabel=say(progress), ylabel=say(label))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if what == "loss":
        figure.axes[1].plot([], [], color="grey", alpha=0.6, linewidth=1.2, label=say(IN_TRAINING))
    style.legend_below(figure, columns=3, axes=1)
    return figure


def matrices(net: str, facts: Facts, say: Say) -> Figure:
    """Names held out, in each regime of one net, as shares of the actual language."""
    languages = [say(told(each)) for each in facts.classes]
    regimes = {name: text for name, text in REGIMES.items() if net in facts.confusion[name]}
    figure = style.new(7.5, 6.6 * len(regimes), rows=len(regimes), squeeze=False)
    for axes, (regime, name) in zip(figure.axes, regimes.items(), strict=True):
        percent = shares(facts.confusion[regime][net])
        image = confusion(axes, percent, languages, digits=0, least=WRITTEN, fontsize=8.5)
        title = say(MATRIX).format(net=net, regime=say(name))
        axes.set(title=title, xlabel=say(PREDICTED), ylabel=say(ACTUAL))
        axes.set_xticks(range(len(languages)), languages, rotation=90)
    figure.colorbar(image, ax=figure.axes, shrink=0.5, label=say(SHARE))
    style.pad(figure, 0.2)  # the layout forgets how high the labels are
    return figure


def sweeps(
    swept: Mapping[str, Mapping[float, Tried]], theirs: Mapping[str, Any], say: Say
) -> Figure:
    """Validation accuracy and loss by value, a row a sweep: means and standard deviations.

    theirs: the published lab's figures, whose values are marked; empty for none.
    """
    figure = style.new(7.5, 0.8 + 2.9 * len(swept), len(swept), 2, squeeze=False)
    named: dict[str, Any] = {"color": style.BLACK, "linewidth": 1.2, "linestyle": (0, (4, 3))}
    for place, (name, values) in enumerate(swept.items()):
        net, _, setting = name.partition("/")
        for column, metric in enumerate(METRICS):
            axes = figure.axes[2 * place + column]
            _sweep(axes, values, net, metric)
            if theirs:
                axes.axvline(theirs[setting][net], **named)
            label, *_ = METRICS[metric]
            axes.set(xscale="log", xlabel=say(SETTING_NAMES[setting]), ylabel=say(label))
            axes.set_title(net)
            axes.set_xticks(list(values), [f"{value:g}" for value in values], rotation=45)
            axes.xaxis.set_minor_locator(NullLocator())
    legend = figure.axes[0]
    if theirs:
        legend.plot([], [], **named, label=say(NAMED))
    legend.plot([], [], "x", color=style.BLACK, label=say(DIVERGED))
    legend.plot(
        [], [], linestyle="none", marker="$↕$", markersize=11, color="grey", label=say(BEYOND)
    )
    style.legend_below(figure, columns=3)
    return figure


def _sweep(axes: Axes, values: Mapping[float, Tried], net: str, metric: str) -> None:
    """One sweep by one metric; an arrow at the edge tells of what lies far from the best value."""
    colour, line, marker = LOOKS[net]
    _, scale, reach = METRICS[metric]
    found = {value: each for value, tried in values.items() if (each := getattr(tried, metric))}
    means = {value: scale * each.mean for value, each in found.items()}
    spreads = {value: scale * (each.std or 0.0) for value, each in found.items()}
    for value in [value for value, each in values.items() if each.diverged]:
        axes.plot(value, 0.04, "x", color=style.BLACK, transform=axes.get_xaxis_transform())
    if not means:
        return
    upwards = metric == "accuracy"
    best = max(means.values()) if upwards else min(means.values())
    shown = [value for value, mean in means.items() if abs(mean - best) <= reach]
    look: dict[str, Any] = {"color": colour, "linestyle": line, "marker": marker, "capsize": 3}
    axes.plot(list(means), list(means.values()), color=colour, linestyle=line, alpha=0.5)
    heights, errors = ([each[value] for value in shown] for each in (means, spreads))
    axes.errorbar(shown, heights, errors, **look)
    ends = [means[value] + side * spreads[value] for value in shown for side in (-1, 1)]
    room = 0.12 * (max(ends) - min(ends)) or 0.1 * reach
    axes.set_ylim(min(ends) - room, max(ends) + room)
    for value in set(means) - set(shown):
        edge, arrow = (0.06, "$↓$") if upwards else (0.94, "$↑$")
        where: dict[str, Any] = {"transform": axes.get_xaxis_transform(), "markersize": 9}
        axes.plot(value, edge, marker=arrow, linestyle="none", color=colour, **where)
