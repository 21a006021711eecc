"""Templates in two languages, filled from the same data."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2

from rnnlab.document.parts import Content, Part, Source, caption, markdown, together
from rnnlab.document.text import Text, listed, plural, tell

REPORTS = {"en": "report.md", "zh": "report.zh.md"}
FENCE, SOURCE = ":" * 8, "source"
"""What containers begin and end with, and are called."""


@cache
def environment(language: str) -> jinja2.Environment:
    """The package's templates; a name that a template asks for and does not get is an error."""
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("rnnlab", ""),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  Markdown, from our own numbers
        finalize=lambda each: tell(each, language) if isinstance(each, Text) else each,
    )
    templates.filters["listed"] = lambda items: listed(items, language)
    templates.filters["plural"] = plural
    return templates


def has(template: str) -> bool:
    """Whether there is such a template (its path in the package, without language and ending)."""
    return files("rnnlab").joinpath(f"{template}.en.md.j2").is_file()


def section(template: str, content: Content, language: str, marked: bool = False) -> str:
    """`template` (its path in the package, without language and ending), filled.

    marked: whether parts stand in containers that name their sources, for the page.
    """
    show = shower(content.parts, language, marked)
    more = {"title": tell(content.title, language), "show": show}
    return fill(template, {**content.values, **more}, language)


def shower(parts: Mapping[str, Part], language: str, marked: bool = False) -> Callable[..., str]:
    """What templates call to place parts: `show("scores")`, or with a note in a call block."""

    def show(*names: str, caller: Callable[[], str] | None = None) -> str:
        """The parts one below the other, and one caption, with the block's text behind it."""
        shown = [markdown(parts[name], language) for name in names]
        source = together(parts[name].source for name in names)
        note = caller().strip() if caller else ""
        whole = "\n\n".join([*shown, caption(source, language, note)]) + "\n"
        return container(whole, source) if marked else whole

    return show


def container(text: str, source: Source) -> str:
    """`text` between lines that name its stages and runs, as markdown-it's containers have them."""
    return f"{FENCE} {SOURCE} {' '.join([*source.stages, *source.runs])}\n\n{text}\n{FENCE}\n"


def tidy(text: str) -> str:
    """No more than one empty line at a time, and one line end behind the last."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def fill(template: str, values: dict[str, Any], language: str) -> str:
    """`template`, filled with `values`."""
    return environment(language).get_template(f"{template}.{language}.md.j2").render(values)
