"""What metrics.json says of the lab beyond its scores."""

from typing import Literal

from rnnlab.claims.significance import OnNames, Paired
from rnnlab.labs.names.settings import Batched, Published
from rnnlab.settings.base import Entry

BASELINE = "tutorial-rnn"
"""The net that the others are compared with."""


Kind = Literal["lines", "pairs", "train", "valid"]


class ValidPart(Entry):
    pairs: int
    names: int
    best_accuracy: float
    """The most that any function from a name to one language can get right."""
    seen_under_another_language: int
    """Pairs whose name is in training, but only with other labels."""


class Counts(Entry):
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
    train: dict[Literal["pairs"], int]
    valid: ValidPart
    leak: dict[Literal["valid_lines", "with_a_twin"], int]
    """Had the lines been divided at random instead of the different pairs: lines for validation,
    and how many of these would have had a twin in training."""
    languages: dict[str, dict[Kind, int]]


class NetSweep(Entry):
    rates: dict[float, float | None]
    """Learning rate, rising → validation accuracy at the lowest validation loss; None where
    training diverged."""
    best_rate: float | None
    """Of the highest validation accuracy; None if all diverged."""
    better_than_published: OnNames | None
    """The best rate's run against the published rate's; None if they are the same, or if either
    is not there."""
    shared_run: str | None
    """The run of the published regime that is one of the sweep's too, and not trained twice."""


class Sweep(Entry):
    """The published regime over other learning rates, with one seed."""

    steps: int
    seed: int
    nets: dict[str, NetSweep]


class Comparison(Entry):
    """A net against BASELINE by validation accuracy: ours over seeds, as published by name."""

    ours: Paired
    published: OnNames


class Facts(Entry):
    """What is there for each run of a net is by regime, then net."""

    counts: Counts
    published: Published
    batched: Batched
    structures: dict[str, str]
    last_accuracy: dict[str, dict[str, float]]
    """Validation accuracy after the last step, whichever epoch was best; mean over seeds."""
    confusion: dict[str, dict[str, list[list[int]]]]
    """(languages, languages) validation names, actual by predicted, in the order of `classes`;
    seeds added up."""
    sweep: Sweep
    comparisons: dict[str, Comparison]
    """By net; empty if BASELINE was not trained."""

    @property
    def classes(self) -> list[str]:
        """The languages by number, as labels are."""
        return sorted(self.counts.languages)
