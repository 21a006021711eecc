"""Every part of every claim in one figure: the published effect, ours and its interval."""

import math
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import blended_transform_factory

from rnnlab.claims import claims
from rnnlab.claims.claims import CourseRule, DecayRule, Differences, LossRule, Newest, Rule, Told
from rnnlab.claims.judge import SLOWER
from rnnlab.claims.ledger import Claim, Part, PartVerdict
from rnnlab.document import style
from rnnlab.document.figures import PUBLISHED
from rnnlab.document.text import Say, Text
from rnnlab.report.claims import VERDICTS, named

Scale = Literal["points", "nats", "times"]
PANELS: dict[Scale, Text] = {
    "points": Text("percentage points", "百分点"),
    "nats": Text("nats", "奈特"),
    "times": Text("times the bound of the claim", "论断界限的倍数"),
}
AS_CLAIMED = Text("as claimed", "与论断一致")
AGAINST = Text("against it", "与论断相反")
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

    claim: str
    name: Text
    verdict: PartVerdict
    scale: Scale
    effect: float | None
    ends: tuple[float, float] | None
    """Of the interval, the lower one first."""
    published: float | None
    margin: float
    """Of a difference, in points: a part fails once so much is ruled out."""


def turned(found: Mapping[str, Claim]) -> Iterator[Turned]:
    """All parts, K1's first.

    Accuracies and shares in points; losses in nats, those of a bound less it; ratios and steps as
    times their bound (a number of steps that may not be exceeded: the bound, as times the number).
    """
    known = claims.load()
    for name, rule in known.rules.items():
        for part in found[name].parts if name in found else ():
            yield _turn(name, known.wording[name], part, rule)


def _turn(claim: str, told: Told, part: Part, rule: Rule) -> Turned:
    scale = _scale(part)

    def turn(value: float | None) -> float | None:
        return None if value is None else _turn_number(value, part, rule)

    ends = [each for each in (turn(part.low), turn(part.high)) if each is not None]
    low_high = (min(ends), max(ends)) if len(ends) == 2 else None
    return Turned(
        claim,
        named(part, told),
        part.verdict,
        scale,
        turn(part.effect),
        low_high,
        turn(part.published),
        100 * rule.margin if isinstance(rule, Differences) else 0.0,
    )


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
        case CourseRule():
            return 100 * value if part.unit == "share" else value
        case _:  # of a sweep: the named value less the one beside it
            return 100 * value if part.unit == "accuracy" else -value


def short_name(claim: str) -> Text:
    """A claim in a few words."""
    told = claims.load().wording[claim]
    return Text(f"{claim}  {told.en.split(':')[0]}", f"{claim}  {told.zh.split('：')[0]}")


def draw(found: Mapping[str, Claim], say: Say) -> Figure:
    """One panel for each scale, with a row for each part, below its claim's name."""
    rows = list(turned(found))
    panels = {
        scale: placed(own)
        for scale in PANELS
        if (own := [row for row in rows if row.scale == scale])
    }
    heights = [max(parts) + 3.4 for parts in panels.values()]
    figure = style.new(7.5, ROW * (sum(heights) + 3), len(panels), height_ratios=heights)
    for axes, (scale, parts) in zip(figure.axes, panels.items(), strict=True):
        _panel(axes, scale, parts, say)
    _legend(figure, {row.verdict for row in rows if row.effect is not None}, say)
    return figure


def placed(rows: Iterable[Turned]) -> dict[int, Turned]:
    """Each part by its place from the top, with room for a claim's name above its first."""
    found: dict[int, Turned] = {}
    place, claim = -1, ""
    for row in rows:
        place += 1 if row.claim == claim else 2
        claim = row.claim
        found[place] = row
    return found


def _panel(axes: Axes, scale: Scale, rows: Mapping[int, Turned], say: Say) -> None:
    for place, row in rows.items():
        if place - 1 not in rows:
            _name(axes, place - 1, say(short_name(row.claim)))
        _part(axes, place, row)
    zero = 1.0 if scale == "times" else 0.0
    axes.axvline(zero, color="#555555", linewidth=1)
    if scale == "times":
        axes.set_xscale("log")
        reach = max(abs(math.log(end)) for end in (*axes.get_xlim(), 2.0))
        axes.set_xlim(math.exp(-reach), math.exp(reach))
    else:
        low, high = axes.get_xlim()
        room = 0.25 * max(-low, high)  # for the words above both sides
        axes.set_xlim(min(low, -room), max(high, room))
    low, high = axes.get_xlim()
    axes.axvspan(zero, high, color=style.BLUE, alpha=0.06, linewidth=0)
    axes.set(xlim=(low, high), ylim=(max(rows) + 0.6, -0.6), xlabel=say(PANELS[scale]))
    axes.set(yticks=list(rows), yticklabels=[say(row.name) for row in rows.values()])
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    _sides(axes, zero, say)


def _name(axes: Axes, place: int, text: str) -> None:
    """A claim's name, from the figure's left edge on."""
    x_of_figure = blended_transform_factory(axes.figure.transFigure, axes.transData)
    behind = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5}
    look: dict[str, Any] = {"color": "#222222", "fontsize": 10.5, "va": "center", "bbox": behind}
    axes.text(0.01, place, text, transform=x_of_figure, **look).set_in_layout(False)


def _part(axes: Axes, place: int, row: Turned) -> None:
    if row.margin:
        axes.barh(place, row.margin, height=0.9, color="#9a9a9a", alpha=0.5, linewidth=0)
    if row.published is not None:
        axes.plot(row.published, place, "|", **THEIRS)
    if row.effect is None:
        return
    look = LOOKS[row.verdict]
    if row.ends:
        axes.plot(row.ends, [place, place], "-", color=look["color"], linewidth=2.2)
    axes.plot(row.effect, place, linestyle="none", **MARK, **look)


def _sides(axes: Axes, zero: float, say: Say) -> None:
    """Say above a panel which side of the line is which."""
    look: dict[str, Any] = {"xytext": (0, 4), "textcoords": "offset points", "color": "#555555"}
    sides = ((f" {say(AS_CLAIMED)} →", "left"), (f"← {say(AGAINST)} ", "right"))
    for text, side in sides:
        axes.annotate(text, (zero, 1), xycoords=("data", "axes fraction"), ha=side, **look)


def _legend(figure: Figure, drawn: Container[PartVerdict], say: Say) -> None:
    axes = figure.axes[0]
    for verdict, look in LOOKS.items():
        if verdict in drawn:
            axes.plot([], [], linestyle="none", label=say(VERDICTS[verdict]), **MARK, **look)
    axes.plot([], [], "|", **THEIRS, label=say(PUBLISHED))
    style.legend_below(figure, columns=3)
