"""What the report's first section says of the lab."""

from typing import Any

from rnnlab.document.published import published
from rnnlab.document.results import Results
from rnnlab.document.text import number
from rnnlab.labs.poetry.settings import FIRST
from rnnlab.runs.scores import NetScores


def values(results: Results) -> dict[str, Any]:
    """Every net's perplexity; the training as published, beside what was published."""
    nets, facts = results.nets["poetry"], results.facts["poetry"]
    again = facts.arms.runs["published"][FIRST]
    return {
        "perplexities": {
            "ours": [f"{net.upper()} {_perplexity(row)}" for net, row in nets["ours"].items()],
            "baseline": [f"{name} {_perplexity(row)}" for name, row in nets["baseline"].items()],
        },
        "epochs": len(again.last),
        "again": [number(bound(again.last[-1]), 2) for bound in (min, max)],
        "published": published("poetry")["last_batch_loss_nats"] if results.comparable else None,
    }


def _perplexity(row: NetScores) -> str:
    return number(row["perplexity_hanzi"].mean)
