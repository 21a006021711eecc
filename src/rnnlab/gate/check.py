"""The gate: do the expectations, metrics.json, both reports, the code and dvc.lock hold together?

It reads and hashes; it neither trains nor needs DVC's cache.
"""

import json
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from rnnlab.errors import LabError
from rnnlab.gate import compare as tables
from rnnlab.gate import expected, lock
from rnnlab.gate.finding import HOLDS, MISSING, Finding
from rnnlab.report import assemble, render

METRICS, EXPECTED = Path("reports/metrics.json"), Path("reports/expected.yaml")
GRAPH = Path("docs/pipeline.mmd")
T = TypeVar("T")


def check(root: Path) -> list[Finding]:
    """All that can be checked in the project at `root`, missing and broken files included."""
    return [
        *_told(lambda: _expectations(root), EXPECTED),
        *_told(lambda: _reports(root), METRICS),
        *_figures(root),
        *lock.check(root),
    ]


def expect(root: Path) -> tuple[expected.Expected, Path]:
    """Propose expectations from metrics.json and write them; orderings already there stay.

    Raises LabError if metrics.json is missing or broken, or expected.yaml is there but broken.
    """
    path = root / EXPECTED
    kept = expected.load(path).orderings if path.exists() else []
    proposed = _sound(lambda: expected.propose(_metrics(root), kept))
    expected.write(path, proposed)
    return proposed, path


def _expectations(root: Path) -> list[Finding]:
    metrics, bounds = _metrics(root), expected.load(root / EXPECTED)
    return _sound(lambda: expected.compare(metrics, bounds))


def _reports(root: Path) -> list[Finding]:
    """Both reports against what metrics.json renders to."""
    metrics = _metrics(root)
    graph = _text(root / GRAPH)
    findings = []
    with tempfile.TemporaryDirectory() as folder:
        _sound(lambda: render.write(Path(folder), assemble.context(metrics, graph)))
        for name in render.LANGUAGES.values():
            right = (Path(folder) / name).read_text(encoding="utf-8")
            path = root / "reports" / name
            # Bound here, and not when it is called: the loop goes on.
            compared = lambda p=path, r=right, n=name: tables.compare(n, _text(p), r)  # noqa: E731
            findings += _told(compared, path.relative_to(root))
    return findings


def _figures(root: Path) -> Iterator[Finding]:
    """Whether every file that a report links to is there."""
    for name in render.LANGUAGES.values():
        path = root / "reports" / name
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text)
        absent = [link for link in links if not (path.parent / link).exists()]
        yield from (Finding(MISSING, f"{name}, link to {link}") for link in absent)
        if not absent:
            yield Finding(HOLDS, f"{name}, files that it links to", f"{len(links)} there")


def _metrics(root: Path) -> dict[str, Any]:
    path = root / METRICS
    try:
        content = json.loads(_text(path))
    except ValueError as error:
        raise LabError(
            f"{path} is not valid JSON ({error}); run `dvc repro -f evaluate`."
        ) from None
    if not isinstance(content, dict):
        raise LabError(f"{path} must hold keys and values; run `dvc repro -f evaluate`.")
    return content


def _text(path: Path) -> str:
    """The file to the byte: line ends are not smoothed over."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise LabError(f"{path} is missing; run `dvc repro`.") from None
    except UnicodeDecodeError:
        raise LabError(f"{path} is not UTF-8 text; run `dvc repro -f`.") from None


def _sound(step: Callable[[], T]) -> T:
    """What `step` makes of metrics.json. Raises LabError if that lacks something."""
    try:
        return step()
    except LabError:
        raise
    except Exception as error:  # what may be amiss in a file that anyone may edit has no end
        reason = f"{type(error).__name__}: {error}"
        raise LabError(
            f"{METRICS} is not what the report is made of ({reason}); run `dvc repro -f evaluate`."
        ) from None


def _told(step: Callable[[], list[Finding]], path: Path) -> list[Finding]:
    """`step`'s findings; if a file that it needs is missing or broken, that is the finding."""
    try:
        return step()
    except LabError as trouble:
        return [Finding(MISSING, str(path), amount=str(trouble))]
