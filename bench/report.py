"""bench/results.json and bench/gpu-results.json → docs/speed.md."""

import json
import re
from pathlib import Path
from typing import Any

import jinja2

from bench.contest import ratio
from rnnlab.files import write_text
from rnnlab.report.render import number, percent, signed

HERE = Path(__file__).parent
RESULTS, GPU = HERE / "results.json", HERE / "gpu-results.json"
PAGE = HERE.parent / "docs" / "speed.md"
NOTHING: dict[str, Any] = {"ratios": {}, "machine": {}, "versions": {}, "sections": {}}


def render(results: Path, gpu: Path) -> str:
    """The page; what has not been measured is said to be so."""
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701  Markdown, from our own numbers
    )
    templates.filters.update(number=number, percent=percent, signed=signed)
    page = templates.get_template("speed.md.j2")
    text = page.render(cpu=_read(results) or NOTHING, gpu=_read(gpu), ratio=ratio)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def write(results: Path = RESULTS, gpu: Path = GPU, page: Path = PAGE) -> None:
    write_text(page, render(results, gpu))


def _read(path: Path) -> dict[str, Any] | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


if __name__ == "__main__":
    write()
