"""What metrics.json says of the lab beyond its scores."""

from pydantic import BaseModel, ConfigDict

from rnnlab.claims.significance import OnNames, Paired
from rnnlab.labs.names.settings import Batched, Published

BASELINE = "tutorial-rnn"
"""The net that the others are compared with."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TrainPart(_Entry):
    pairs: int


class ValidPart(_Entry):
    pairs: int
    names: int
    best_accuracy: float
    """The most that any function from a name to one language can get right."""
    seen_under_another_language: int
    """Pairs whose name is in training, but only with other labels."""


class Leak(_Entry):
    """Had the lines been divided at random instead of the different pairs."""

    valid_lines: int
    with_a_twin: int
    """Of these, how many would have had a twin in training."""


class Language(_Entry):
    lines: int
    pairs: int
    train: int
    valid: int


class Counts(_Entry):
    """The lists' quality, as `rnnlab.corpora.names.count` has it; a pair is (language, name)."""

    lines: int
    pairs: int
    duplicate_lines: int
    names: int
    homonyms: int
    """Names in several languages."""
    homonym_pairs: int
    best_accuracy: float
    folded_lines: int
    lost_symbols: dict[str, int]
    """Symbols that folding drops whole, with how often they occur."""
    train: TrainPart
    valid: ValidPart
    leak: Leak
    languages: dict[str, Language]


class Reached(_Entry):
    """What a sweep's run reached at its lowest validation loss."""

    valid_accuracy: float
    valid_loss: float


class NetSweep(_Entry):
    rates: dict[float, Reached | None]
    """By learning rate, rising; None where training diverged."""
    best_rate: float | None
    """Of the highest validation accuracy; None if all diverged."""
    better_than_published: OnNames | None
    """The best rate's run against the published rate's; None if they are the same, or if either
    is not there."""
    shared_run: str | None
    """The run of the published regime that is one of the sweep's too, and not trained twice."""


class Sweep(_Entry):
    """The published regime over other learning rates, with one seed."""

    steps: int
    seed: int
    nets: dict[str, NetSweep]


class Comparison(_Entry):
    """A net against BASELINE by validation accuracy: ours over seeds, as published by name."""

    ours: Paired
    published: OnNames


class Facts(_Entry):
    """What is there for each run of a net is by regime, then net."""

    counts: Counts
    published: Published
    batched: Batched
    structures: dict[str, str]
    best_epochs: dict[str, dict[str, list[int]]]
    last_accuracy: dict[str, dict[str, float]]
    """Validation accuracy after the last step, whichever epoch was best; mean over seeds."""
    confusion: dict[str, dict[str, list[list[int]]]]
    """(languages, languages) validation names, actual by predicted, in the order of the
    languages' names; seeds added up."""
    sweep: Sweep
    comparisons: dict[str, Comparison]
    """By net; empty if BASELINE was not trained."""

    @property
    def classes(self) -> list[str]:
        """The languages by number, as labels are."""
        return sorted(self.counts.languages)
