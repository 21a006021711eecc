"""The report's text: templates in two languages, filled from the same facts."""

import re
from pathlib import Path
from typing import Any

import jinja2

from rnnlab.files import write_text

LANGUAGES = {"en": "report.md", "zh": "report.zh.md"}
MISSING = "–"


def percent(share: float | None, digits: int = 2) -> str:
    """A fraction as percent; a dash if there is none."""
    return MISSING if share is None else f"{100 * share:.{digits}f}"


def number(value: float | None, digits: int = 0) -> str:
    """With thousands set apart; a dash if there is none."""
    return MISSING if value is None else f"{value:,.{digits}f}"


def spread(summary: dict[str, Any], digits: int = 2, scale: float = 1.0) -> str:
    """Mean ± standard deviation over seeds; the mean alone of a single seed."""
    mean = f"{summary['mean'] * scale:.{digits}f}"
    return mean if summary["std"] is None else f"{mean} ± {summary['std'] * scale:.{digits}f}"


def duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def signed(value: float | None, digits: int = 2) -> str:
    return MISSING if value is None else f"{value:+.{digits}f}"


def environment() -> jinja2.Environment:
    """Templates of this package; a name that a template asks for and does not get is an error."""
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("rnnlab.report"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  Markdown, from our own numbers
    )
    templates.filters.update(
        percent=percent, number=number, spread=spread, duration=duration, signed=signed
    )
    return templates


def write(folder: Path, context: dict[str, Any]) -> None:
    """Write the report in each language into `folder`."""
    templates = environment()
    for language, name in LANGUAGES.items():
        text = templates.get_template(f"{language}/report.md.j2").render(context)
        write_text(folder / name, re.sub(r"\n{3,}", "\n\n", text).strip() + "\n")
