"""What the stages took: time and memory, by kind of stage."""

import math
from collections.abc import Sequence
from pathlib import Path

from rnnlab import stage
from rnnlab.document.results import KindSpent, StageTimes
from rnnlab.files import read_as


def times(folder: Path) -> StageTimes:
    """By kind of stage, how many there were and what they took; and how long all of it did.

    folder: of the files that `rnnlab.stage.run` wrote, named by stage; in the names of a grid's
    stages an @ stands behind the kind. Raises LabError if one is broken.
    """
    kinds: dict[str, list[stage.Spent]] = {}
    for path in sorted(folder.glob("*.json")):
        spent = read_as(path, stage.Spent, seal=False)
        kinds.setdefault(path.stem.partition("@")[0], []).append(spent)
    sums = {kind: _sums(each) for kind, each in kinds.items()}
    every = [spent for each in kinds.values() for spent in each]
    core = sum(each.core_seconds for each in every)
    return StageTimes(kinds=sums, core_seconds=core, wall_seconds=_busy(every))


def _busy(every: Sequence[stage.Spent]) -> float:
    """Seconds in which at least one stage ran."""
    busy, until = 0.0, -math.inf
    for each in sorted(every, key=lambda each: each.started):
        busy += max(0.0, each.ended - max(each.started, until))
        until = max(until, each.ended)
    return busy


def _sums(spent: Sequence[stage.Spent]) -> KindSpent:
    seconds = [each.core_seconds for each in spent]
    took = {"all_seconds": sum(seconds), "longest_seconds": max(seconds)}
    return KindSpent(stages=len(spent), **took, peak_memory=max(each.peak_memory for each in spent))
