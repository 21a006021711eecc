"""bench/results.json and bench/gpu-results.json → docs/speed.md."""

import json
from pathlib import Path
from typing import Any

import jinja2

from bench.measuring import ratio
from rnnlab.document.text import number, percent, signed
from rnnlab.files import write_text
from rnnlab.report.render import environment, tidy

HERE = Path(__file__).parent
RESULTS, GPU = HERE / "results.json", HERE / "gpu-results.json"
PAGE = HERE.parent / "docs" / "speed.md"
NOTHING: dict[str, Any] = {"ratios": {}, "machine": {}, "versions": {}, "sections": {}}


def render(results: Path, gpu: Path) -> str:
    """The page; what has not been measured is said to be so."""
    templates = environment("en").overlay(loader=jinja2.FileSystemLoader(HERE))
    templates.filters.update(number=number, percent=percent, signed=signed)
    page = templates.get_template("speed.md.j2")
    return tidy(page.render(cpu=_read(results) or NOTHING, gpu=_read(gpu), ratio=ratio))


def write(results: Path = RESULTS, gpu: Path = GPU, page: Path = PAGE) -> None:
    write_text(page, render(results, gpu))


def _read(path: Path) -> dict[str, Any] | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


if __name__ == "__main__":
    write()
