"""What a section of the report is made of: tables and figures as data, and where they came from."""

from collections import defaultdict
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
    """A picture in the folder `figures` beside the report, one file for each language."""

    name: str
    """Of the file, without language and ending."""
    description: Text
    source: Source


class Listing(NamedTuple):
    """Texts that are shown as they were printed, each folded below its name."""

    texts: Mapping[str, str]
    source: Source


Part = Table | Figure | Listing


class Content(NamedTuple):
    """What a lab's template shows: it holds prose, and places for these."""

    title: Text
    parts: Mapping[str, Part]
    values: Mapping[str, Any]
    """What prose quotes: numbers as strings, lists of names, facts that choose between words."""


def figure_file(name: str, language: str) -> str:
    """The file of the figure `name` that has the words of `language`."""
    return f"{name}.zh.png" if language == "zh" else f"{name}.png"


def markdown(part: Part, language: str) -> str:
    """The part in GitHub's Markdown, without its caption."""
    match part:
        case Figure():
            return (
                f"![{tell(part.description, language)}](figures/{figure_file(part.name, language)})"
            )
        case Listing():
            folded = "<details><summary>{}</summary>\n\n```\n{}\n```\n\n</details>"
            return "\n".join(folded.format(*each) for each in part.texts.items())
        case Table():
            return _table(part, language)


_ROW = DataRow("|", "|", "|")
_UNALIGNED = TableFormat(
    None, lambda widths, _: "|" + "---|" * len(widths), None, None, _ROW, _ROW, 0, None
)
"""GitHub's tables, without blanks that only align: a number that changes is a change of its line
alone."""


def _table(table: Table, language: str) -> str:
    rows = [[tell(cell, language) for cell in row] for row in (table.columns, *table.rows)]
    head, *rest = ([f" {cell} " if cell else " " for cell in row] for row in rows)
    plain: dict[str, Any] = {"stralign": None, "numalign": None, "disable_numparse": True}
    return str(tabulate(rest, head, _UNALIGNED, preserve_whitespace=True, **plain))


def together(sources: Iterable[Source]) -> Source:
    """One source for several tables or figures."""
    pairs = list(sources)
    stages = dict.fromkeys(stage for each in pairs for stage in each.stages)
    return Source(tuple(stages), tuple(dict.fromkeys(run for each in pairs for run in each.runs)))


def caption(source: Source, language: str, note: str = "") -> str:
    """Where it is from, in a sentence, and a `note` behind it."""
    stages = [f"`{stage}`" for stage in source.stages]
    found = [("stage", "阶段", stages, len(stages))]
    found += [("run", "运行", _runs(source.runs, language), len(source.runs))]
    places = [
        f"{zh if language == 'zh' else en + 's' * (number > 1)} {listed(names, language)}"
        for en, zh, names, number in found
        if names
    ]
    if language == "zh":
        return f"*来自{'，'.join(places)}。{note}*"
    return f"*From {', '.join(places)}.{' ' if note else ''}{note}*"


def _runs(runs: Iterable[str], language: str) -> list[str]:
    kinds: dict[str, list[str]] = defaultdict(list)
    for run in runs:
        kinds[run.partition("@")[0]].append(run)
    shown = []
    for kind, each in kinds.items():
        if len(each) <= NAMED:
            shown += [f"`{run}`" for run in each]
        else:
            number = f"（{len(each)} 次）" if language == "zh" else f" ({len(each)})"
            shown.append(f"`{kind}`{number}")
    return shown
