"""Where in the report a number of metrics.json stands: asked of the report itself.

It is rendered again with another number at that key. The lines that then read otherwise are those
that show it, whichever code rounds, scales or compares it on the way.
"""

import difflib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from rnnlab.document.parts import Part, Source, markdown
from rnnlab.document.results import Results
from rnnlab.document.text import LANGUAGES
from rnnlab.gate.compare import fields, table
from rnnlab.labs import parts
from rnnlab.provenance.numbers import FIGURE, Number, get, is_number, leaves
from rnnlab.report import assemble, claims, pages, results
from rnnlab.report.render import REPORTS

_ODD = (ValueError, ArithmeticError, LookupError, TypeError)
"""What code may raise that is given a number which can't be."""


class Place(NamedTuple):
    """Where a number stands in a report."""

    file: str
    line: int
    heading: str
    where: str
    """In a table, its row and column."""
    text: str
    """Its field of the table, or its line."""

    def has(self, figure: str) -> bool:
        return figure in FIGURE.findall(self.text)


class Report:
    """Both reports, as metrics.json and the pipeline's graph render to them."""

    def __init__(self, content: Any, graph: str) -> None:
        """content: metrics.json's, which is changed and changed back. Raises pydantic's
        ValidationError if it is not what `evaluate` writes."""
        self.content, self._graph = content, graph
        self.results = results.parse(content)
        self.lines = {each: self._lines(each) for each in LANGUAGES}

    def places(self, numbers: Sequence[Number], language: str = "en") -> list[Place]:
        """What reads otherwise if all `numbers` are others; nothing if that can't be rendered."""
        before = self.lines[language]
        after = self._with_others(numbers, language) or before
        fresh = sorted({*after} - {*before})
        known = {*after}
        return [
            place
            for number, line in enumerate(before)
            if line not in known
            for place in self._changed(language, number, _closest(line, fresh))
        ]

    def standing(self, figure: str) -> list[Place]:
        """Where in the English report a figure stands, whatever it comes from."""
        lines = enumerate(self.lines["en"])
        places = (each for number, line in lines for each in self._changed("en", number, None))
        return [each for each in places if each.has(figure)]

    def behind(self, place: Place) -> list[Number]:
        """The numbers that what stands at `place` is computed from by the report.

        Branch by branch: what changes nothing there is not looked into.
        """
        line = self.lines["en"][place.line - 1]
        waiting: list[tuple[str | int, ...]] = [()]
        found = []
        while waiting:
            key = waiting.pop()
            part = get(self.content, key)
            if isinstance(part, dict | list):
                below = [Number((*key, *each.key), each.value) for each in leaves(part)]
                after = self._with_others(below, "en")
                if below and (after is None or line not in after):
                    pairs = part if isinstance(part, dict) else range(len(part))
                    waiting += [(*key, each) for each in pairs]
            elif is_number(part) and place in self.places([Number(key, part)]):
                found.append(Number(key, part))
        return found[::-1]

    def sources(self, places: Sequence[Place]) -> list[Source]:
        """What the captions say of the tables that have these places."""
        lines = {self.lines["en"][each.line - 1] for each in places if each.file == REPORTS["en"]}
        tables = (
            each for each in shown(self.results) if lines & {*markdown(each, "en").splitlines()}
        )
        return [each.source for each in tables]

    def _lines(self, language: str) -> list[str]:
        return assemble.text(self.results, self._graph, language).splitlines()

    def _with_others(self, numbers: Sequence[Number], language: str) -> list[str] | None:
        """The report's lines with other numbers; None if it can't be rendered with them."""
        try:
            for each in numbers:
                _put(self.content, each.key, _other(each.value))
            return assemble.text(results.parse(self.content), self._graph, language).splitlines()
        except _ODD:
            return None
        finally:
            for each in numbers:
                _put(self.content, each.key, each.value)

    def _changed(self, language: str, number: int, other: str | None) -> Iterator[Place]:
        """What of the line `number` is not as in `other`: of a table, field by field. All of it,
        if there is none."""
        lines, file = self.lines[language], REPORTS[language]
        line = lines[number]
        cells = fields(line)
        heading, heads = table(lines, number)
        others = [""] * len(cells) if other is None else fields(other)
        if not cells or not len(cells) == len(others) == len(heads):
            yield Place(file, number + 1, heading, "", line)
            return
        for head, cell, another in zip(heads, cells, others, strict=True):
            if cell != another:
                yield Place(file, number + 1, heading, f"{cells[0]}, {head}".strip(", "), cell)


def shown(found: Results) -> Iterator[Part]:
    """All tables, figures and listings of the labs, the claims and the data."""
    contents = [each.section(found) for each in parts("section").values()]
    contents += [claims.section(found), pages.provenance(found)]
    for content in contents:
        yield from content.parts.values()


def _closest(line: str, others: list[str]) -> str:
    return next(iter(difflib.get_close_matches(line, others, 1, 0)), "")


def _other(value: float) -> float:
    """A number that no rounding makes the same, and as possible as this one."""
    return value + 1 if isinstance(value, int) else 1.1 * value + 0.013


def _put(content: Any, key: tuple[str | int, ...], value: float) -> None:
    get(content, key[:-1])[key[-1]] = value
