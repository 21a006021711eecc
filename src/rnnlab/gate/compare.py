"""A report on disk against what metrics.json renders to, line by line and field by field."""

import difflib
import itertools
import re
from collections.abc import Iterator, Sequence

from rnnlab.gate.finding import DRIFTS, HOLDS, Finding

NUMBER = re.compile(r"[-+−]?\d[\d,]*(?:\.\d+)?")
AROUND = 20
"""Characters that are shown before the place where two lines part, and behind it twice as many."""


def compare(file: str, found: str, expected: str) -> list[Finding]:
    """What of the report `found`, in `file`, is not as `expected`; one line if all is."""
    if found == expected:
        numbers = f"{len(expected.splitlines())} lines, {len(NUMBER.findall(expected))} numbers"
        return [Finding(HOLDS, f"{file}, all text", numbers)]
    here, there = found.split("\n"), expected.split("\n")
    matcher = difflib.SequenceMatcher(None, here, there, autojunk=False)
    findings: list[Finding] = []
    for change, start, end, other_start, other_end in matcher.get_opcodes():
        if change != "equal":
            places = range(other_start, max(other_end, other_start + end - start))
            lines = itertools.zip_longest(here[start:end], there[other_start:other_end])
            for place, (line, right) in zip(places, lines, strict=True):
                findings += _line(file, line, right, there, place)
    return findings


def _line(
    file: str, found: str | None, expected: str | None, lines: Sequence[str], place: int
) -> Iterator[Finding]:
    """What differs in a line that stands at `place` in the expected `lines`; None: not there."""
    cells, right = fields(found), fields(expected)
    if len(cells) != len(right) or cells == right:  # other lines have no fields
        yield Finding(DRIFTS, f"{file}, line {place + 1}", *_parting(found or "", expected or ""))
        return
    heading, columns = table(lines, place)
    for number, (cell, other) in enumerate(zip(cells, right, strict=True)):
        if cell != other:
            where = f'{file}, table "{heading}", row "{right[0]}", column "{columns[number]}"'
            yield Finding(DRIFTS, where, cell, other, _difference(cell, other))


def fields(row: str | None) -> list[str]:
    """The fields of a table's row; none of any other line."""
    if not row or not row.startswith("|"):
        return []
    return [field.strip() for field in row.strip().split("|")[1:-1]]


def table(lines: Sequence[str], place: int) -> tuple[str, list[str]]:
    """The heading above the table that has a row at `place`, and the headings of its columns."""
    top = next((row for row in range(place, 0, -1) if not lines[row - 1].startswith("|")), 0)
    headings = (line.lstrip("# ") for line in reversed(lines[:top]) if line.startswith("#"))
    columns = [name or str(number) for number, name in enumerate(fields(lines[top]), start=1)]
    return next(headings, ""), columns


def _parting(found: str, expected: str) -> list[str]:
    """Both lines around the place where they part."""
    pairs = enumerate(zip(found, expected, strict=False))
    start = next((at for at, (a, b) in pairs if a != b), min(len(found), len(expected)))
    return [f"…{line[max(0, start - AROUND) : start + 2 * AROUND]}…" for line in (found, expected)]


def _difference(found: str, expected: str) -> str:
    """By how much the first number that differs does."""
    for here, there in zip(NUMBER.findall(found), NUMBER.findall(expected), strict=False):
        if here != there:
            return f"{_value(here) - _value(there):+.6g}"
    return ""


def _value(number: str) -> float:
    return float(number.replace(",", "").replace("−", "-"))
