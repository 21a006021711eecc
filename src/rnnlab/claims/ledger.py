"""A claim's entry in metrics.json: numbers and verdicts, no sentences."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from rnnlab.settings.base import Entry

PartVerdict = Literal["reproduced", "not reproduced", "inconclusive", "not testable here"]
Verdict = Literal[
    "reproduced", "partly reproduced", "not reproduced", "inconclusive", "not testable here"
]
REPRODUCED: PartVerdict = "reproduced"
NOT_REPRODUCED: PartVerdict = "not reproduced"
INCONCLUSIVE: PartVerdict = "inconclusive"
NOT_TESTABLE: PartVerdict = "not testable here"
PARTLY: Verdict = "partly reproduced"

Shows = Literal["less than the margin", "the other way"]
"""What a difference that is not reproduced shows instead."""
Why = Literal[
    "generated", "untrained", "coverage", "vocabulary", "steps", "epochs", "seeds", "edge", "grid",
    "diverged",
]  # fmt: skip
"""What keeps a part from a verdict: generated corpora; what this size lacks; vectors
that cover the text unlike; too many characters unknown; a sweep, or a training, shorter than the
published; too few seeds; an optimum at the edge of a grid; a grid too narrow to refute; the named
value's trainings diverged."""
Unit = Literal["accuracy", "loss", "share", "ratio", "nats", "steps"]
"""Of an effect; accuracies, and differences of shares, as fractions, losses in nats."""


class Answers(Entry):
    """What the choice of test items adds to an effect's error, at one look."""

    items: int
    variance: float
    """Of the effect, were the items its only source of error."""
    shared: float
    """What of it the seeds bring as well: each run's own errors on each item."""


class Part(Entry):
    """One thing that a claim says. None where there is no such number."""

    name: str
    """Of the part in claims.yaml."""
    verdict: PartVerdict
    unit: Unit
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    """The 95% interval of `effect`, not corrected."""
    published: float | None = None
    """The same effect in the published figures."""
    published_passes: bool | None = None
    """Whether the published effect has the claimed direction and the margin's size, at least."""
    seeds: int = 0
    """Of each net, at the look that the numbers are of."""
    values: int | None = None
    """Of a sweep: how many were tried."""
    items: int | None = None
    """Test items that `item_error` comes from."""
    answers: dict[int, Answers] = Field(default_factory=dict)
    """Of a difference, by look: with them the judge needs nothing else than the seeds' scores."""
    seed_deviation: float | None = None
    """Standard deviation of the effect from one seed of every net to another."""
    item_error: float | None = None
    """Standard error that the choice of test items adds."""
    freedom: float | None = None
    """Degrees of freedom of the effect's error."""
    p_holds: float | None = None
    p_fails: float | None = None
    """One-sided, after Holm's correction over the claim's parts."""
    p_holds_alone: float | None = None
    p_fails_alone: float | None = None
    """The same before it."""
    shows: Shows | None = None
    why: Why | None = None
    missing: list[str] = Field(default_factory=list)
    """Nets, or values of a sweep, that are not there."""


class Claim(Entry):
    """A verdict, and the parts that it follows from."""

    verdict: Verdict
    parts: list[Part]


def overall(parts: Sequence[PartVerdict]) -> Verdict:
    """The verdict on a claim, by those on its parts."""
    found = set(parts)
    if NOT_REPRODUCED in found:
        return PARTLY if REPRODUCED in found else NOT_REPRODUCED
    return found.pop() if len(found) == 1 else INCONCLUSIVE
