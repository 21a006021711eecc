"""What the gate found of one thing that it looked at, and how it is printed."""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from tabulate import tabulate

State = StrEnum("State", ["HOLDS", "DRIFTS", "MISSING"])
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
    ordered = [each for state in State for each in findings if each.state == state]
    rows = [(state if state == HOLDS else state.upper(), *rest) for state, *rest in ordered]
    headings = ("", "what", "found", "expected", "difference")
    text = tabulate(rows, headings, "plain", disable_numparse=True, preserve_whitespace=True)
    counts = Counter(each.state for each in findings)
    total = f"{counts[HOLDS]} hold, {counts[DRIFTS]} drift, {counts[MISSING]} missing"
    return "\n".join(line.rstrip() for line in [*text.splitlines(), "", total])
