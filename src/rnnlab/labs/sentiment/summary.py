"""What the report's first section says of the lab."""

import statistics
from typing import Any

from rnnlab.document.published import published
from rnnlab.document.results import Results
from rnnlab.document.text import number, signed
from rnnlab.labs.sentiment.section import versus

TOLERANCE = 1.0
"""Points that a net may stay below the published accuracy and count as equal to it."""


def values(results: Results) -> dict[str, Any]:
    """The best net and the worst as published, all beside the figures published; our best."""
    accuracy, ours = (
        {net: 100 * row["test_accuracy"].mean for net, row in nets.items()}
        for nets in map(results.nets["sentiment"].__getitem__, ("published", "ours"))
    )
    own = max(ours, key=lambda net: ours[net])
    best, worst = (choose(accuracy, key=lambda net: accuracy[net]) for choose in (max, min))
    return {
        "nets": len(accuracy),
        "best": best,
        "most": number(accuracy[best], 2),
        "worst": worst,
        "least": number(accuracy[worst], 2),
        "ours": own,
        "baseline": versus(results.nets["sentiment"]),
        "own": number(ours[own], 2),
        "compared": _compared(accuracy) if results.comparable else None,
    }


def _compared(accuracy: dict[str, float]) -> dict[str, Any]:
    """How many nets have a published figure, and which stay below it by how many points."""
    theirs: dict[str, float] = published("sentiment")["test_accuracy"]
    differences = {net: accuracy[net] - theirs[net] for net in accuracy if net in theirs}
    below = {net: each for net, each in differences.items() if each < -TOLERANCE}
    return {
        "nets": len(differences),
        "reached": len(differences) - len(below),
        "below": [f"{net} ({signed(each)})" for net, each in below.items()],
        "best": number(max(theirs.values()), 2),
        "mean": signed(statistics.fmean(differences.values()) if differences else None),
    }
