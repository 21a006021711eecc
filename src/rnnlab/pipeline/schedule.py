"""Which stage first, and how long it all takes on so many cores."""

import heapq
import statistics
from collections.abc import Iterable, Mapping

from rnnlab.settings.workers import Share, Workers

Needs = Mapping[str, set[str]]
"""Stages, each after those that it waits for, and which these are."""
Seconds = Mapping[str, float]


def kind(stage: str) -> str:
    """A stage's name without what tells it from the others of its grid."""
    return stage.partition("@")[0]


def taken(stages: Iterable[str], takes: Workers) -> dict[str, int]:
    """Cores that each stage takes. takes: by kind of stage."""
    return {stage: takes.get(kind(stage), Share()).cores for stage in stages}


def expected(stages: Iterable[str], known: Seconds) -> dict[str, float]:
    """How long each stage will take: as long as it did, or else others of its kind, or any did."""
    by_kind: dict[str, list[float]] = {}
    for stage, seconds in known.items():
        by_kind.setdefault(kind(stage), []).append(seconds)
    usual = statistics.fmean(known.values()) if known else 1.0
    return {
        stage: known.get(stage, statistics.fmean(by_kind.get(kind(stage), [usual])))
        for stage in stages
    }


def tails(needs: Needs, seconds: Seconds) -> dict[str, float]:
    """Seconds from each stage's begin to the end of the longest chain that hangs on it.

    The longest of them all is the critical path: no number of workers is faster.
    """
    found: dict[str, float] = {}
    longest_after = dict.fromkeys(needs, 0.0)
    for stage in reversed(list(needs)):
        found[stage] = seconds[stage] + longest_after[stage]
        for other in needs[stage]:
            longest_after[other] = max(longest_after[other], found[stage])
    return found


def makespan(needs: Needs, seconds: Seconds, cores: int, taken: Mapping[str, int]) -> float:
    """Seconds until all is done on `cores` cores, the longest chain first.

    taken: cores that a stage takes; never more than there are.
    """
    first = tails(needs, seconds)
    size = {stage: min(taken[stage], cores) for stage in needs}
    waiting = {stage: set(each) for stage, each in needs.items()}
    ends: list[tuple[float, str]] = []
    now, free = 0.0, cores
    while waiting or ends:
        ready = [stage for stage, above in waiting.items() if not above]
        for stage in sorted(ready, key=lambda each: -first[each]):
            if size[stage] > free:
                break
            del waiting[stage]
            free -= size[stage]
            heapq.heappush(ends, (now + seconds[stage], stage))
        now, done = heapq.heappop(ends)
        free += size[done]
        for above in waiting.values():
            above.discard(done)
    return now
