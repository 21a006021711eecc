"""The gate: do the expectations, metrics.json, both reports, the code and dvc.lock hold together?

It reads and hashes; it neither trains nor needs DVC's cache.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from rnnlab.errors import LabError
from rnnlab.files import read_text, reading
from rnnlab.gate import declared, expected, lock, manifest, pages, verdicts
from rnnlab.gate.compare import compare
from rnnlab.gate.finding import HOLDS, MISSING, Finding
from rnnlab.gate.project import Project
from rnnlab.report import assemble, results
from rnnlab.report.render import REPORTS


def check(project: Project) -> list[Finding]:
    """All that can be checked in `project`, missing and broken files included."""
    found = [*_told(lambda: _expectations(project), project.expected)]
    found += _told(lambda: verdicts.check(project.metrics), project.metrics)
    found += _told(lambda: _texts(project), project.metrics)
    found += _told(lambda: _rules(project), project.rules)
    for page, parts in project.pages.items():
        found += _told(partial(pages.check, page, parts, project.home), Path(page))
    found += _told(lambda: declared.check(project.root, project.graph), project.root / "dvc.yaml")
    found += _links(project.reports)
    return [*found, *_told(lambda: _lock(project), project.manifest)]


def expect(project: Project) -> tuple[expected.Expected, bool]:
    """Propose expectations from metrics.json and write them; orderings already there stay, and
    tolerances that a person widened. With them, the list of the data's files: False, if not all of
    the data is there, so that the list stays as it was.

    Raises LabError if metrics.json is missing or broken, or expected.yaml is there but broken.
    """
    path = project.expected
    before = expected.load(path) if path.exists() else None
    kept, bounds = (before.orderings, before.numbers) if before else ([], {})
    rules = pages.digest(project.rules)
    proposed = expected.propose(results.read(project.metrics), kept, rules, bounds)
    expected.write(path, proposed)
    return proposed, manifest.write(project.manifest, project.root)


def _expectations(project: Project) -> list[Finding]:
    if not project.expects and not project.expected.exists():
        return [Finding(HOLDS, "expectations", "none, and none needed in a workspace")]
    bounds = expected.load(project.expected)  # told of first if both are missing
    return expected.compare(results.read(project.metrics), bounds)


def _rules(project: Project) -> Iterator[Finding]:
    known = expected.load(project.expected).rules if project.expected.exists() else None
    return pages.check_rules(project.rules, project.home, known)


def _lock(project: Project) -> list[Finding]:
    """dvc.lock, even if the list of the data's files is missing where there must be one."""
    if project.manifest.exists() or not project.expects:
        listed = manifest.read(project.manifest) if project.manifest.exists() else None
        return lock.check(project.root, listed)
    absent = Finding(MISSING, str(project.manifest), amount=manifest.EXPECT)
    return [absent, *lock.check(project.root)]


def _texts(project: Project) -> list[Finding]:
    """Both reports against what metrics.json renders to."""
    found = results.read(project.metrics)
    graph = read_text(project.graph)

    def compared(language: str, path: Path) -> list[Finding]:
        with reading(project.metrics):
            right = assemble.text(found, graph, language)
        return _told(lambda: compare(path.name, read_text(path), right), path)

    pairs = [compared(language, project.reports / name) for language, name in REPORTS.items()]
    return [finding for each in pairs for finding in each]


def _links(reports: Path) -> Iterator[Finding]:
    """Whether every file that a report links to is there."""
    for name in REPORTS.values():
        path = reports / name
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text)
            absent = [link for link in links if not (path.parent / link).exists()]
            yield from (Finding(MISSING, f"{name}, link to {link}") for link in absent)
            if not absent:
                yield Finding(HOLDS, f"{name}, files that it links to", f"{len(links)} there")


def _told(step: Callable[[], Iterable[Finding]], path: Path) -> list[Finding]:
    """`step`'s findings; if a file that it needs is missing or broken, that is the finding."""
    try:
        return [*step()]
    except LabError as trouble:
        return [Finding(MISSING, str(path), amount=str(trouble))]
