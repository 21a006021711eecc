"""A report on disk against what metrics.json renders to: tables by field, then all text."""

import re
from typing import NamedTuple

from rnnlab.gate.finding import DRIFTS, HOLDS, Finding

NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?")


class Table(NamedTuple):
    """A table of a Markdown text."""

    name: str
    """The heading above it, with a number if there are several below one heading."""
    header: list[str]
    rows: list[list[str]]


def tables(text: str) -> list[Table]:
    """All tables of `text`, in their order."""
    found: list[Table] = []
    heading, below = "", 0
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("#"):
            heading, below = line.lstrip("# "), 0
        elif re.fullmatch(r"\|(\s*:?-+:?\s*\|)+\s*", line) and number:
            below += 1
            name = heading if below == 1 else f"{heading} ({below})"
            rows = []
            for row in lines[number + 1 :]:
                if not row.startswith("|"):
                    break
                rows.append(_fields(row))
            found.append(Table(name, _fields(lines[number - 1]), rows))
    return found


def compare(file: str, found: str, expected: str) -> list[Finding]:
    """What of the report `found`, in `file`, is not what it should be; one line a table else."""
    findings = []
    ours, theirs = tables(found), tables(expected)
    for here, there in zip(ours, theirs, strict=False):
        findings += _compare_table(f'{file}, table "{there.name}"', here, there)
    if len(ours) != len(theirs):
        findings.append(Finding(DRIFTS, f"{file}, tables", str(len(ours)), str(len(theirs))))
    # What the fields above can't tell, prose and links: where the text departs first.
    if found == expected:
        findings.append(Finding(HOLDS, f"{file}, all text", f"{len(found.splitlines())} lines"))
    elif all(each.state == HOLDS for each in findings):
        findings.append(_first_difference(file, found, expected))
    return findings


def _compare_table(where: str, found: Table, expected: Table) -> list[Finding]:
    shapes = [[len(row) for row in (table.header, *table.rows)] for table in (found, expected)]
    if shapes[0] != shapes[1]:
        sizes = [f"{len(shape) - 1} rows, {sum(shape[1:])} fields" for shape in shapes]
        return [Finding(DRIFTS, where, *sizes)]
    findings = []
    rows = zip((found.header, *found.rows), (expected.header, *expected.rows), strict=True)
    for here, there in rows:
        for column, (cell, right) in enumerate(zip(here, there, strict=True)):
            if cell != right:
                row = there[0] or "header"
                place = f'{where}, row "{row}", column "{expected.header[column] or column + 1}"'
                findings.append(Finding(DRIFTS, place, cell, right, _difference(cell, right)))
    numbers = sum(len(NUMBER.findall(cell)) for row in expected.rows for cell in row)
    return findings or [Finding(HOLDS, where, f"{numbers} numbers")]


def _fields(row: str) -> list[str]:
    return [field.strip() for field in re.split(r"(?<!\\)\|", row.strip())[1:-1]]


def _difference(found: str, expected: str) -> str:
    """By how much the first number that differs does."""
    pairs = zip(NUMBER.findall(found), NUMBER.findall(expected), strict=False)
    for here, there in pairs:
        if here != there:
            return f"{float(here.replace(',', '')) - float(there.replace(',', '')):+.6g}"
    return ""


def _first_difference(file: str, found: str, expected: str) -> Finding:
    here, there = found.splitlines(), expected.splitlines()
    same = 0
    while same < min(len(here), len(there)) and here[same] == there[same]:
        same += 1
    lines = [text[same] if same < len(text) else "(end)" for text in (here, there)]
    if lines[0] == lines[1]:
        return Finding(
            DRIFTS, f"{file}, line ends", "", "", "write it anew with `dvc repro -f report`"
        )
    start = next(
        (i for i, (a, b) in enumerate(zip(*lines, strict=False)) if a != b), min(map(len, lines))
    )
    cut = [f"…{line[max(0, start - 20) : start + 40]}…" for line in lines]
    return Finding(DRIFTS, f"{file}, line {same + 1}", *cut)
