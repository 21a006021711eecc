"""What the report's first section says of the lab."""

from collections.abc import Mapping
from statistics import mean
from typing import Any

from rnnlab.document.published import published
from rnnlab.document.results import Results, best_by
from rnnlab.document.text import listing, number, signed, spread
from rnnlab.labs.sentiment.section import versus
from rnnlab.labs.sentiment.settings import Shape
from rnnlab.runs.scores import Nets


def values(results: Results) -> dict[str, Any]:
    """What is no net; the net of each regime that validation chooses, by its test accuracy."""
    regimes = results.nets["sentiment"]
    theirs = published("sentiment")["test_accuracy"] if results.comparable else {}
    chosen, ours = (best_by(regimes[regime], "valid_loss") for regime in ("published", "ours"))
    return {
        "baseline": versus(regimes),
        "chosen": chosen,
        "reached": spread(regimes["published"][chosen]["test_accuracy"], 2, 100),
        "ours": ours,
        "taught": results.facts["sentiment"].training["ours"].unlabelled,
        "own": spread(regimes["ours"][ours]["test_accuracy"], 2, 100),
        "best_published": number(max(theirs.values()), 2) if theirs else None,
        "apart": _apart(regimes["published"], theirs),
    }


def _apart(nets: Nets, theirs: Mapping[str, float]) -> dict[str, Any] | None:
    """How far the nets that the published lab has, too, are from its figures, in points: by size,
    and by cell with the sign, since cells that err in opposite ways would cancel."""
    shared = [net for net in nets if net in theirs]
    gaps = {net: 100 * nets[net]["test_accuracy"].mean - theirs[net] for net in shared}
    if not gaps:
        return None
    cells: dict[str, list[float]] = {}
    for net, gap in gaps.items():
        cells.setdefault(Shape.of(net).cell, []).append(gap)
    return {
        "nets": len(gaps),
        "points": number(mean(map(abs, gaps.values())), 2),
        "cells": listing(f"{cell.upper()} {signed(mean(own))}" for cell, own in cells.items()),
    }
