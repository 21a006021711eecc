"""What the report's first section says of the lab."""

from statistics import mean
from typing import Any

from rnnlab.document.published import published
from rnnlab.document.results import Results, best_by
from rnnlab.document.text import number, signed, spread
from rnnlab.labs.sentiment.section import versus


def values(results: Results) -> dict[str, Any]:
    """What is no net; the net of each regime that validation chooses, by its test accuracy."""
    regimes = results.nets["sentiment"]
    theirs = published("sentiment")["test_accuracy"] if results.comparable else {}
    gaps = [
        100 * row["test_accuracy"].mean - theirs[net]
        for net, row in regimes["published"].items()
        if net in theirs
    ]
    chosen, ours = (best_by(regimes[regime], "valid_loss") for regime in ("published", "ours"))
    return {
        "baseline": versus(regimes),
        "chosen": chosen,
        "reached": spread(regimes["published"][chosen]["test_accuracy"], 2, 100),
        "ours": ours,
        "own": spread(regimes["ours"][ours]["test_accuracy"], 2, 100),
        "best_published": number(max(theirs.values()), 2) if theirs else None,
        "shared": len(gaps),
        "gap": signed(mean(gaps)) if gaps else None,
    }
