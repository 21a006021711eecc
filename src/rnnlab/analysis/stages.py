"""What the stages took: time and memory, by kind of stage."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rnnlab.clock import Spent
from rnnlab.files import reading


def facts(folder: Path) -> dict[str, Any]:
    """By kind of stage, how many there were and what they took; and how long all of it did:
    their seconds added up, and the seconds in which at least one of them ran.

    folder: of the files that `rnnlab.clock.timed` wrote, named by stage; in the names of a grid's
    stages an @ stands behind the kind. Raises LabError if one is broken.
    """
    kinds: dict[str, list[Spent]] = {}
    for path in sorted(folder.glob("*.json")):
        with reading(path):
            spent = Spent.model_validate_json(path.read_text(encoding="utf-8"))
        kinds.setdefault(path.stem.partition("@")[0], []).append(spent)
    every = [spent for each in kinds.values() for spent in each]
    return {
        "kinds": {kind: _sums(each) for kind, each in kinds.items()},
        "core_seconds": sum(each.ended - each.started for each in every),
        "wall_seconds": _busy(every),
    }


def _busy(every: Sequence[Spent]) -> float:
    busy, until = 0.0, -math.inf
    for each in sorted(every, key=lambda each: each.started):
        busy += max(0.0, each.ended - max(each.started, until))
        until = max(until, each.ended)
    return busy


def _sums(spent: Sequence[Spent]) -> dict[str, Any]:
    """Seconds added up, those of the longest stage, and the most memory of any, in MiB."""
    seconds = [each.ended - each.started for each in spent]
    return {
        "stages": len(seconds),
        "all_seconds": sum(seconds),
        "longest_seconds": max(seconds),
        "peak_memory": max(each.peak_memory for each in spent),
    }
