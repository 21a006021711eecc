"""Every part of every claim in one figure: the published effect, ours and its interval."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rnnlab.claims import claims
from rnnlab.claims.claims import DecayRule, Differences, LossRule, Newest, Rule
from rnnlab.claims.judge import SLOWER
from rnnlab.claims.ledger import Claim, Part, PartVerdict
from rnnlab.document import style
from rnnlab.document.text import Say, Text
from rnnlab.report.claims import VERDICTS

Scale = Literal["points", "nats", "times"]
PANELS: dict[Scale, Text] = {
    "points": Text("points of accuracy", "准确率（百分点）"),
    "nats": Text("nats", "奈特"),
    "times": Text("times the bound of the claim", "论断界限的倍数"),
}
AS_CLAIMED = Text("as claimed", "与论断一致")
AGAINST = Text("against it", "与论断相反")
PUBLISHED = Text("published", "原报告")
LOOKS: dict[PartVerdict, dict[str, Any]] = {
    "reproduced": {"color": style.BLUE, "marker": "o"},
    "not reproduced": {"color": style.VERMILION, "marker": "X"},
    "inconclusive": {"color": style.PURPLE, "marker": "s", "markerfacecolor": "white"},
    "not testable here": {"color": "#767676", "marker": "^", "markerfacecolor": "white"},
}
"""Colour and shape say the same."""
MARK: dict[str, Any] = {"markersize": 7, "markeredgewidth": 1.6}
THEIRS: dict[str, Any] = {
    "color": style.BLACK,
    "markersize": 15,
    "markeredgewidth": 1.8,
    "zorder": 3,
}
"""Of a published effect."""
ROW = 0.285
"""Height of a part, in inches."""


class Turned(NamedTuple):
    """A part's numbers, turned so that what the claim says lies to the right of `Scale`'s zero."""

    name: Text
    verdict: PartVerdict
    scale: Scale
    effect: float | None
    ends: tuple[float, float] | None
    """Of the interval, the lower one first."""
    published: float | None


def turned(found: Mapping[str, Claim]) -> Iterator[Turned]:
    """All parts, K1's first.

    Accuracies in points; losses in nats, those of a bound less it; ratios and steps as times their
    bound (a number of steps that may not be exceeded: the bound, as times the number).
    """
    known = claims.load()
    for name, rule in known.rules.items():
        for part in found[name].parts if name in found else ():
            en, zh = part.name, known.wording[name].parts.get(part.name, part.name)
            yield _turn(Text(f"{name}  {en}", f"{name}  {zh}"), part, rule)


def _turn(name: Text, part: Part, rule: Rule) -> Turned:
    scale = _scale(part)

    def turn(value: float | None) -> float | None:
        return None if value is None else _turn_number(value, part, rule)

    ends = [each for each in (turn(part.low), turn(part.high)) if each is not None]
    low_high = (min(ends), max(ends)) if len(ends) == 2 else None
    return Turned(name, part.verdict, scale, turn(part.effect), low_high, turn(part.published))


def _scale(part: Part) -> Scale:
    match part.unit:
        case "accuracy" | "share":
            return "points"
        case "loss" | "nats":
            return "nats"
        case "ratio" | "steps":
            return "times"


def _turn_number(value: float, part: Part, rule: Rule) -> float:
    match rule:
        case Differences():
            sign = next(each.sign for each in rule.parts if each.name == part.name)
            return 100 * sign * value
        case Newest():
            return rule.steps / value
        case DecayRule():
            return value / (rule.slower if part.name == SLOWER else 1.0)
        case LossRule():
            return value - rule.nats
        case _:  # of a sweep: the named value less the best other one
            return 100 * value if part.unit == "accuracy" else -value


def draw(found: Mapping[str, Claim], say: Say) -> Figure:
    """One panel for each scale, a row for each part."""
    rows = list(turned(found))
    panels = {
        scale: own for scale in PANELS if (own := [row for row in rows if row.scale == scale])
    }
    heights = [len(own) + 2.8 for own in panels.values()]
    figure = style.new(7.5, ROW * (sum(heights) + 3), len(panels), height_ratios=heights)
    for axes, (scale, own) in zip(figure.axes, panels.items(), strict=True):
        _panel(axes, scale, own, say)
    _legend(figure, say)
    return figure


def _panel(axes: Axes, scale: Scale, rows: list[Turned], say: Say) -> None:
    for place, row in enumerate(rows):
        if row.published is not None:
            axes.plot(row.published, place, "|", **THEIRS)
        if row.effect is None:
            continue
        look = LOOKS[row.verdict]
        if row.ends:
            axes.plot(row.ends, [place, place], "-", color=look["color"], linewidth=2.2)
        axes.plot(row.effect, place, linestyle="none", **MARK, **look)
    zero = 0.0
    if scale == "times":
        zero = 1.0
        axes.set_xscale("log")
        reach = max(abs(math.log(end)) for end in (*axes.get_xlim(), 2.0))
        axes.set_xlim(math.exp(-reach), math.exp(reach))
    axes.axvline(zero, color="#555555", linewidth=1)
    low, high = axes.get_xlim()
    axes.axvspan(zero, high, color=style.BLUE, alpha=0.06, linewidth=0)
    axes.set(xlim=(low, high), ylim=(len(rows) - 0.4, -0.6), xlabel=say(PANELS[scale]))
    axes.set(yticks=range(len(rows)), yticklabels=[say(row.name) for row in rows])
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    _sides(axes, zero, say)


def _sides(axes: Axes, zero: float, say: Say) -> None:
    """Say above a panel which side of the line is which."""
    look: dict[str, Any] = {"xytext": (0, 4), "textcoords": "offset points", "color": "#555555"}
    sides = ((f" {say(AS_CLAIMED)} →", "left"), (f"← {say(AGAINST)} ", "right"))
    for text, side in sides:
        axes.annotate(text, (zero, 1), xycoords=("data", "axes fraction"), ha=side, **look)


def _legend(figure: Figure, say: Say) -> None:
    axes = figure.axes[0]
    for verdict, look in LOOKS.items():
        axes.plot([], [], linestyle="none", label=say(VERDICTS[verdict]), **MARK, **look)
    axes.plot([], [], "|", **THEIRS, label=say(PUBLISHED))
    style.legend_below(figure, columns=3)
