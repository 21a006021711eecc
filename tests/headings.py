"""The headings of Markdown pages, and what leads to them, by GitHub's rules for anchors."""

from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin

from rnnlab.document.text import slug


def tokens(text: str) -> Iterator[Token]:
    parser = MarkdownIt("commonmark").enable("table")
    parser.use(anchors_plugin, max_level=6, slug_func=slug)
    for block in parser.parse(text):
        yield block
        yield from block.children or ()


def anchors(text: str) -> list[str]:
    """Of all headings, in their order; a repeated one gets a number."""
    return [str(each.attrs["id"]) for each in tokens(text) if each.type == "heading_open"]
