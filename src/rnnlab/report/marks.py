"""What the page adds to a report's Markdown: what stands behind its numbers, and its outline.

Rules for markdown-it's core. They leave what they find in the parse's env: "sources", the names of
stages and runs behind a number (in the order of their numbers in the page), and "outline".
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from html import escape
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.container import container_plugin

from rnnlab.report.render import SOURCE
from rnnlab.report.sources import of_row

NUMBER = re.compile(r"(?<![\w.,])[+−-]?\d[\d,]*(?:\.\d+)?(?![\w]|[.,]\d)")
TELLING = re.compile(r"(?=.*[.,])(?:\D*\d){3}")
"""Numbers of the prose that are taken for a table's: three digits, and a point or comma."""


Names = tuple[str, ...]
"""Of stages and runs."""
Cell = tuple[Token, Token, Token]
"""Of a table: its beginning, its text, its end."""


class Numbers:
    """The numbers that tables show, with what stands behind them."""

    def __init__(self) -> None:
        self._found: dict[tuple[int | None, str], set[Names]] = defaultdict(set)

    def add(self, section: int, number: str, names: Names) -> None:
        self._found[section, number].add(names)
        self._found[None, number].add(names)

    def behind(self, section: int, number: str) -> Names | None:
        """What stands behind a number of the prose: that of the same one in its section's tables,
        or in any. Of several the narrowest, if it is part of all others; else it is not known."""
        every = self._found.get((section, number)) or self._found.get((None, number), set())
        least = min(every, key=len, default=None)
        return least if least and all(set(least) <= set(each) for each in every) else None


def plugin(parser: MarkdownIt) -> None:
    parser.use(container_plugin, SOURCE, render=lambda *_: "")
    parser.core.ruler.push("sources", _sources)
    parser.core.ruler.push("outline", _outline)
    parser.add_render_rule("number", _number)


def _sources(state: StateCore) -> None:
    places: dict[Names, int] = {}
    state.env["sources"] = places
    shown = Numbers()
    for section, names, row in _rows(state.tokens):
        own = tuple(of_row(names, (_text(inline) for _, inline, _ in row)))
        if own != tuple(names):  # a net's: what its first cell says heads the row
            first, _, end = row[0]
            first.tag = end.tag = "th"
            first.attrs["scope"] = "row"
        for cell, inline, _ in row[1:]:
            if numbers := NUMBER.findall(_text(inline)):
                cell.attrs["data-source"] = str(places.setdefault(own, len(places)))
            for number in numbers:
                shown.add(section, number, own)
            for child in inline.children or ():
                child.content = child.content.replace(" ± ", "\u00a0±\u00a0")
    for section, inline in _prose(state.tokens):
        behind = partial(shown.behind, section)
        inline.children = [
            part for child in inline.children or () for part in _split(child, behind, places)
        ]


def _rows(tokens: list[Token]) -> Iterator[tuple[int, list[str], list[Cell]]]:
    """Of each row of a table that has sources: the section's number, the names of its table's
    stages and runs, and its cells."""
    section, names, row = 0, list[str](), list[Cell]()
    for opening, inline, closing in zip(tokens, tokens[1:], tokens[2:], strict=False):
        section += _begins_section(opening)
        if opening.type == f"container_{SOURCE}_open":
            names = opening.info.split()[1:]
        elif opening.type == f"container_{SOURCE}_close":
            names = []
        elif opening.type == "tr_open":
            row = []
        elif opening.type == "td_open":
            row.append((opening, inline, closing))
        elif opening.type == "tr_close" and names and row:
            yield section, names, row


def _prose(tokens: list[Token]) -> Iterator[tuple[int, Token]]:
    """The texts of paragraphs, with the numbers of their sections."""
    section = 0
    for opening, inline in pairwise(tokens):
        section += _begins_section(opening)
        if opening.type == "paragraph_open":
            yield section, inline


def _text(inline: Token) -> str:
    """Without emphasis, links and formulae."""
    words = ("text", "code_inline", "number")
    return "".join(each.content for each in inline.children or () if each.type in words)


def _begins_section(token: Token) -> bool:
    return token.type == "heading_open" and token.tag == "h2"


def _split(
    token: Token, behind: Callable[[str], Names | None], places: Mapping[Names, int]
) -> Iterator[Token]:
    """A text, with the numbers in it that have a source as tokens of their own."""
    if token.type != "text":
        yield token
        return
    end = 0
    for match in NUMBER.finditer(token.content):
        names = behind(match[0]) if TELLING.match(match[0]) else None
        if names:
            yield Token("text", "", 0, content=token.content[end : match.start()])
            yield Token("number", "", 0, content=match[0], meta={"place": places[names]})
            end = match.end()
    yield Token("text", "", 0, content=token.content[end:])


def _number(_: Any, tokens: list[Token], place: int, *__: Any) -> str:
    token = tokens[place]
    return f'<span data-source="{token.meta["place"]}">{escape(token.content)}</span>'


def _outline(state: StateCore) -> None:
    """The headings of two levels: level, anchor, text."""
    state.env["outline"] = [
        (opening.tag, str(opening.attrs["id"]), _text(inline))
        for opening, inline in pairwise(state.tokens)
        if opening.type == "heading_open" and opening.tag in ("h2", "h3")
    ]
