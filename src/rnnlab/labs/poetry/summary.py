"""What the report's first section says of the lab."""

from typing import Any

from rnnlab.document.published import published
from rnnlab.document.results import Results
from rnnlab.document.text import number
from rnnlab.labs.poetry.section import counted
from rnnlab.labs.poetry.settings import FIRST


def values(results: Results) -> dict[str, Any]:
    """The n-gram model and the net that validation chooses; the training as published, beside what
    was published."""
    nets, facts = results.nets["poetry"], results.facts["poetry"]
    again = facts.arms.runs["published"][FIRST]
    return {
        "counted": counted(nets["ours"], nets["baseline"]),
        "epochs": len(again.last),
        "again": [number(bound(again.last[-1]), 2) for bound in (min, max)],
        "published": published("poetry") if results.comparable else None,
    }
