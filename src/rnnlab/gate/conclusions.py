"""What a change did to the conclusions: verdicts, and which net is ahead of which."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from rnnlab import git
from rnnlab.errors import LabError
from rnnlab.files import read_text

CONVERT = {"accuracy": 100.0, "share": 100.0}
"""By unit: what an effect is shown times; points for accuracies and shares."""


class Part(NamedTuple):
    """A claim, or a part of one, as one commit has it."""

    verdict: str
    effect: str
    """With its 95% interval, as shown; nothing of a claim."""
    value: float | None = None
    interval: tuple[float, float] | None = None


class State(NamedTuple):
    """The conclusions of one commit."""

    parts: dict[str, Part]
    """By place: K1, K1/<part>."""
    orderings: dict[str, str]
    """Of expected.yaml: whether it holds, and by how much."""


def at(revision: str, folder: Path) -> State:
    """Those of the reports in `folder` as git has them at `revision`.

    Raises LabError if git does not know it. A commit that lacks them has none.
    """
    try:
        git.said("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    except LabError:
        raise LabError(f"git knows no commit {revision!r}; fetch it, or name another.") from None

    def text(name: str) -> str:
        with suppress(LabError):
            return git.said("show", f"{revision}:./{folder}/{name}")
        return ""

    return state(text("metrics.json"), text("expected.yaml"))


def here(folder: Path) -> State:
    """Those of the reports in `folder` as they lie there."""
    texts = [read_text(folder / name) if (folder / name).is_file() else ""
             for name in ("metrics.json", "expected.yaml")]  # fmt: skip
    return state(*texts)


def state(metrics: str, expected: str) -> State:
    """By the texts of metrics.json and expected.yaml, which may be of older code, or empty."""
    try:
        content = json.loads(metrics or "{}")
        orderings = (yaml.safe_load(expected) or {}).get("orderings") or []
    except (ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise LabError(f"metrics.json or expected.yaml can't be read: {reason}.") from None
    parts: dict[str, Part] = {}
    for name, claim in content.get("claims", {}).items():
        parts[name] = Part(claim.get("verdict", ""), "")
        named = (each for each in claim.get("parts", []) if "name" in each)  # older code has others
        parts |= {f"{name}/{each['name']}": _part(each) for each in named}
    return State(parts, {each: _holds(each, content) for each in orderings})


def _part(part: Mapping[str, Any]) -> Part:
    value, low, high = (part.get(key) for key in ("effect", "low", "high"))
    if value is None:
        return Part(part.get("verdict", ""), "–")
    times = CONVERT.get(part.get("unit", ""), 1.0)
    shown = f"{times * value:+.3g}"
    if low is None or high is None:
        return Part(part.get("verdict", ""), shown, value)
    shown += f" [{times * low:+.3g}, {times * high:+.3g}]"
    return Part(part.get("verdict", ""), shown, value, (low, high))


def _holds(ordering: str, metrics: Mapping[str, Any]) -> str:
    values = [_mean(place, metrics) for place in ordering.split(" > ")]
    known = [each for each in values if each is not None]
    if len(known) != 2:
        return "not in metrics.json"
    gap = known[0] - known[1]
    return f"{'holds' if gap > 0 else 'does not hold'}, {gap:+.3g}"


def _mean(place: str, metrics: Mapping[str, Any]) -> float | None:
    found: Any = metrics
    for key in (*place.split("/"), "mean"):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, float) else None


def compare(before: State, after: State) -> str:
    """What changed, as Markdown; effects with their 95% intervals, accuracies in points."""
    rows = list(_verdicts(before, after))
    moved = list(_moved(before, after))
    ahead = list(_orderings(before, after))
    head = "| | before | after |\n|---|---|---|\n"
    wide = "| | verdict before | after | effect before | after |\n|---|---|---|---|---|\n"
    blocks = [
        f"**Verdicts that changed**\n\n{wide}{''.join(rows)}" if rows else "No verdict changed.\n",
        f"**Orderings that changed**\n\n{head}{''.join(ahead)}"
        if ahead
        else "No ordering changed.\n",
    ]
    if moved:
        told = "**Effects that left the interval that they had**"
        blocks.append(f"{told}\n\n{head}{''.join(moved)}")
    return "\n".join(blocks)


NOTHING = Part("not there", "–")


def _verdicts(before: State, after: State) -> Iterator[str]:
    for place in {**before.parts, **after.parts}:
        old, new = before.parts.get(place, NOTHING), after.parts.get(place, NOTHING)
        if old.verdict != new.verdict:
            yield f"| {place} | {old.verdict} | {new.verdict} | {old.effect} | {new.effect} |\n"


def _moved(before: State, after: State) -> Iterator[str]:
    for place, old in before.parts.items():
        new = after.parts.get(place, NOTHING)
        if old.verdict == new.verdict and old.interval and new.value is not None:
            low, high = old.interval
            if not low <= new.value <= high:
                yield f"| {place} | {old.effect} | {new.effect} |\n"


def _orderings(before: State, after: State) -> Iterator[str]:
    for ordering in {**before.orderings, **after.orderings}:
        old, new = (each.orderings.get(ordering, "not asked for") for each in (before, after))
        if old.partition(",")[0] != new.partition(",")[0]:
            yield f"| {ordering} | {old} | {new} |\n"
