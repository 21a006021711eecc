"""bench/results.json and bench/gpu-results.json → docs/speed.md."""

import json
from pathlib import Path
from typing import Any

import jinja2

from bench import packed
from bench.before import COMMIT
from bench.measuring import ratio
from rnnlab import docparts
from rnnlab.document.text import number, percent, signed
from rnnlab.report.render import environment, tidy

HERE = Path(__file__).parent
RESULTS, GPU = HERE / "results.json", HERE / "gpu-results.json"
PAGE = HERE.parent / "docs" / "speed.md"
NOTHING: dict[str, Any] = {"ratios": {}, "machine": {}, "versions": {}, "sections": {}}


AT_LEAST = {
    "gru-1-1-100d/fp32-peak": 0.55,
    "gru-1-1-100d/bf16-peak": 0.40,
    "rnn-1-1-100d/fp32-peak": 0.50,
    "rnn-1-1-100d/bf16-peak": 0.35,
    "gru-5-2-100d/before": 1.5,
    "rnn-5-2-100d/before": 1.5,
    "names/side-by-side": 12,
    "names/tutorial-rnn/side-by-side": 2,
}
AT_MOST = {
    "startup/train": 1.5,
    "startup/without-torch-seconds": 1,
    "stages/largest-peak": 1,
    "pipeline/nothing-to-do-seconds": 2,
    "noop/bare-dvc": 1.1,
    "demo/seconds": 90,
    "tests/seconds": 360,
}
"""What was aimed at, by the names of `ratios`."""


def render(results: Path, gpu: Path) -> str:
    """The page; what has not been measured is said to be so."""
    templates = environment("en").overlay(loader=jinja2.FileSystemLoader(HERE))
    templates.filters.update(number=number, percent=percent, signed=signed)
    page = templates.get_template("speed.md.j2")
    cpu = _read(results) or NOTHING
    goals = [*_goals(AT_LEAST, cpu["ratios"], 1), *_goals(AT_MOST, cpu["ratios"], -1)]
    told = {"at_least": AT_LEAST, "commit": COMMIT, "words": packed.WORDS}
    return tidy(page.render(cpu=cpu, gpu=_read(gpu), ratio=ratio, goals=goals, **told))


def _goals(wanted: dict[str, float], found: dict[str, float], sign: int) -> list[dict[str, Any]]:
    """sign: 1 where more is better, -1 where less is."""
    return [
        {"name": name, "goal": goal, "found": found[name], "met": sign * found[name] >= sign * goal,
         "least": sign > 0}
        for name, goal in wanted.items()
        if name in found
    ]  # fmt: skip


def write(results: Path = RESULTS, gpu: Path = GPU, page: Path = PAGE) -> None:
    sources = [each for each in (results, gpu) if each.exists()]
    docparts.put(page, "", render(results, gpu), sources)


def _read(path: Path) -> dict[str, Any] | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


if __name__ == "__main__":
    write()
