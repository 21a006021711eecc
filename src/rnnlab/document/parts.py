"""What a section of the report is made of: tables and figures as data, and where they came from."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tabulate import DataRow, TableFormat, tabulate

from rnnlab.document.text import Cell, Text, listed, tell

NAMED = 3
"""Runs of one grid that a caption names one by one; of more, it tells their number."""


class Source(NamedTuple):
    """The stages, and the runs, that a table or figure was made from."""

    stages: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    """Stages of a grid, each of which trained one run: `poetry-train@lstm-2077`."""


class Table(NamedTuple):
    """Rows of cells below the headings of their columns."""

    columns: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]
    source: Source


class Figure(NamedTuple):
    """A picture in the folder `figures` beside the report."""

    file: str
    description: Text
    source: Source


class Listing(NamedTuple):
    """Texts that are shown as they were printed, each folded below its name."""

    texts: Mapping[str, str]
    source: Source


Part = Table | Figure | Listing


class Section(NamedTuple):
    """What a lab's template shows: it holds prose, and places for these."""

    title: Text
    parts: Mapping[str, Part]
    values: Mapping[str, Any]
    """What prose quotes: numbers as strings, lists of names, facts that choose between words."""


_PLAIN = TableFormat(
    lineabove=None,
    linebelowheader=lambda widths, _: "|" + "---|" * len(widths),
    linebetweenrows=None,
    linebelow=None,
    headerrow=DataRow("|", "|", "|"),
    datarow=DataRow("|", "|", "|"),
    padding=0,
    with_header_hide=None,
)


def markdown(part: Part, language: str) -> str:
    """The part in GitHub's Markdown, without its caption."""
    if isinstance(part, Figure):
        return f"![{tell(part.description, language)}](figures/{part.file})"
    if isinstance(part, Listing):
        return "\n".join(_folded(name, text) for name, text in part.texts.items())
    return _table(part, language)


def _folded(name: str, text: str) -> str:
    return f"<details><summary>{name}</summary>\n\n```\n{text}\n```\n\n</details>"


def _table(table: Table, language: str) -> str:
    """Without blanks that only align: a number that changes is then a change of its line alone."""
    rows = [[_padded(tell(cell, language)) for cell in row] for row in (table.columns, *table.rows)]
    return str(
        tabulate(rows[1:], rows[0], _PLAIN, stralign=None, numalign=None, disable_numparse=True)
    )


def _padded(cell: str) -> str:
    return f" {cell} " if cell else " "


def together(sources: Iterable[Source]) -> Source:
    """One source for several tables or figures."""
    pairs = list(sources)
    stages = dict.fromkeys(stage for each in pairs for stage in each.stages)
    return Source(tuple(stages), tuple(dict.fromkeys(run for each in pairs for run in each.runs)))


def caption(source: Source, language: str, note: str = "") -> str:
    """Where it is from, in a sentence, and a `note` behind it."""
    stages = [f"`{stage}`" for stage in source.stages]
    runs = _runs(source.runs, language)
    shown = {name: listed(each, language) for name, each in (("stage", stages), ("run", runs))}
    if language == "zh":
        words = {"stage": "阶段", "run": "运行"}
        places = [f"{words[name]} {text}" for name, text in shown.items() if text]
        return f"*来自{'，'.join(places)}。{note}*"
    many = {"stage": len(stages) > 1, "run": len(source.runs) > 1}
    places = [f"{name}{'s' * many[name]} {text}" for name, text in shown.items() if text]
    return f"*From {', '.join(places)}.{' ' if note else ''}{note}*"


def _runs(runs: Iterable[str], language: str) -> list[str]:
    kinds: dict[str, list[str]] = {}
    for run in runs:
        kinds.setdefault(run.partition("@")[0], []).append(run)
    shown = []
    for kind, each in kinds.items():
        if len(each) <= NAMED:
            shown += [f"`{run}`" for run in each]
        else:
            number = f"（{len(each)} 次）" if language == "zh" else f" ({len(each)})"
            shown.append(f"`{kind}`{number}")
    return shown
