"""What the gate found of one thing that it looked at, and how it is printed."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    HOLDS = "holds"
    DRIFTS = "drifts"
    MISSING = "missing"


HOLDS, DRIFTS, MISSING = State


class Finding(NamedTuple):
    """One thing that was checked."""

    state: State
    what: str
    found: str = ""
    expected: str = ""
    amount: str = ""
    """By how much it drifts, or what to do."""


def exit_code(findings: Sequence[Finding]) -> int:
    """2 if something is missing, else 1 if something drifts, else 0."""
    states = {each.state for each in findings}
    return 2 if MISSING in states else 1 if DRIFTS in states else 0


def table(findings: Sequence[Finding]) -> str:
    """A line a finding in aligned columns, trouble at the end, where it is seen; then the sum."""
    order = (HOLDS, DRIFTS, MISSING)
    rows = [("", "what", "found", "expected", "difference")]
    rows += sorted(
        (
            (each.state if each.state == HOLDS else each.state.upper(), *each[1:])
            for each in findings
        ),
        key=lambda row: order.index(row[0].lower()),
    )
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join([*(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)), row[4]])
        for row in rows
    ]
    counts = {state: sum(each.state == state for each in findings) for state in State}
    total = f"{counts[HOLDS]} hold, {counts[DRIFTS]} drift, {counts[MISSING]} missing"
    return "\n".join(line.rstrip() for line in [*lines, "", total])
