"""The claims of metrics.json, judged again from what the file itself holds."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rnnlab.claims.judge import judge
from rnnlab.claims.ledger import Claim
from rnnlab.document.results import Results
from rnnlab.files import reading
from rnnlab.gate.finding import DRIFTS, HOLDS, MISSING, Finding
from rnnlab.report import results
from rnnlab.report.evaluate import evidence

NEAR = 1e-9
"""How far, relatively, a number may be off that was computed on another processor."""


def check(path: Path) -> list[Finding]:
    """Whether each verdict, with all numbers that it rests on, is what the judge says now.

    Raises LabError if `path`, metrics.json, is missing, or nothing that claims can be judged by.
    """
    found = results.read(path)
    with reading(path):
        again = judged(found)
    trouble = [
        finding
        for name in {**again, **found.claims}
        for finding in _compared(name, found.claims.get(name), again.get(name))
    ]
    numbers = sum(len(part.model_dump()) for claim in again.values() for part in claim.parts)
    return trouble or [
        Finding(HOLDS, "claims, judged again from metrics.json", f"{numbers} values")
    ]


def judged(found: Results) -> dict[str, Claim]:
    """The claims, by the seeds' scores and the facts of metrics.json.

    Only what the test items add to an error is taken from the claims themselves, since it needs
    every run's predictions.
    """
    answers = {
        name: {part.name: part.answers for part in claim.parts}
        for name, claim in found.claims.items()
    }
    return judge(evidence(found, answers))


def _compared(name: str, found: Claim | None, right: Claim | None) -> Iterator[Finding]:
    if found is None or right is None:
        where = "metrics.json" if found is None else "claims.yaml"
        yield Finding(MISSING, f"claim {name}", amount=f"not in {where}")
        return
    ours, theirs = _fields(name, found), _fields(name, right)
    for place in {**theirs, **ours}:
        here, there = ours.get(place), theirs.get(place)
        if not _same(here, there):
            yield Finding(DRIFTS, place, f"{here}", f"{there}", "judged again from metrics.json")


def _fields(name: str, claim: Claim) -> dict[str, Any]:
    """Everything that is said of the claim, by its place."""
    found: dict[str, Any] = {f"verdict on {name}": claim.verdict}
    for part in claim.parts:
        fields = part.model_dump(exclude={"name", "answers"})
        found |= {f"{name}/{part.name}/{key}": value for key, value in fields.items()}
    return found


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=NEAR, abs_tol=1e-12)
    return bool(one == other)
