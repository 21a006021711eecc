"""A claim's entry in metrics.json: numbers and verdicts, no sentences."""

from typing import Literal

from pydantic import Field

from rnnlab.settings.base import Entry

Verdict = Literal["reproduced", "not reproduced", "inconclusive"]
REPRODUCED: Verdict = "reproduced"
NOT_REPRODUCED: Verdict = "not reproduced"
INCONCLUSIVE: Verdict = "inconclusive"


class Effect(Entry):
    """One difference that a claim speaks of; accuracies as fractions."""

    name: str
    """Of the part in claims.yaml."""
    difference: float
    low: float
    high: float
    """The 95% interval, not corrected."""
    p_holds: float
    p_fails: float
    """One-sided, after Holm's correction over the claim's parts."""
    seeds: int
    items: int | None
    """Test items that were resampled; None where the seeds were tested."""


class RateComparison(Entry):
    """One net at the learning rate that was named best, and at others."""

    structure: str
    named: float
    accuracy: float
    best_other: float
    best_other_accuracy: float
    p_no_better: dict[float, float]
    """By other rate, after Holm's correction over all sweeps: is it no better than the named?"""


class DecayComparison(Entry):
    """How fast gradients fall on their way back: the RNN beside the LSTM."""

    rnn: float
    lstm: float
    """Decay rates per step."""
    rnn_factor: float
    lstm_factor: float
    """What a step leaves of the gradient's norm."""
    ratio: float
    ratio_low: float
    ratio_high: float
    explained: float
    """Share of the variance of the RNN's mean curve that an exponential explains."""
    p_holds: list[float]
    p_fails: list[float]
    reviews: int


class Losses(Entry):
    """A poem net's held-out losses in nats a character, by seed."""

    valid_nll: list[float]
    upper: list[float]
    """With unknown characters at their upper bound."""


class Claim(Entry):
    """A verdict, and the numbers that it rests on: those of its kind of rule."""

    verdict: Verdict
    generated: bool = False
    """Whether the project made the corpora itself; they say nothing on any claim."""
    missing: list[str] = Field(default_factory=list)
    """Parts, or nets, that this size of the pipeline does not train."""
    parts: list[Effect] = Field(default_factory=list)
    sweeps: list[RateComparison] = Field(default_factory=list)
    steps: int | None = None
    """Of a sweep's runs."""
    decay: DecayComparison | None = None
    losses: dict[str, Losses] = Field(default_factory=dict)
