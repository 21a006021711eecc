"""What metrics.json says of the lab beyond its scores."""

from typing import Literal

from rnnlab.claims.significance import Paired
from rnnlab.labs.names.settings import BaselineSettings, Batched, Printed, Published
from rnnlab.runs.scores import Spread
from rnnlab.settings.base import Entry

BASELINE = "tutorial-rnn"
"""The net that the others are compared with."""
HELD_OUT = {"published": "valid", "ours": "test", "baseline": "test"}
"""By regime, the part whose scores count: in batches no setting was chosen by it."""

Kind = Literal["lines", "pairs", "train", "valid", "test"]


class HeldOut(Entry):
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
    valid: HeldOut
    test: HeldOut
    held_out: HeldOut
    """Both together, on which the published regime validates."""
    leak: dict[Literal["held_out_lines", "with_a_twin"], int]
    """Had the lines been divided at random instead of the different pairs: lines held out, and how
    many of these would have had a twin in training."""
    languages: dict[str, dict[Kind, int]]


class Tried(Entry):
    """One value of a sweep over the published regime."""

    accuracy: Spread | None
    loss: Spread | None
    """Of validation, over the seeds that ended; None if there is none."""
    diverged: list[int]
    """Seeds."""


class Confused(Entry):
    """Surnames of one language that a net takes for another's."""

    actual: str
    predicted: str
    names: float
    """Of the test part, mean over seeds."""
    of: int
    """Test names of the actual language."""
    examples: list[str]
    """Names that every seed gets wrong so, at most `EXAMPLES`."""


class Facts(Entry):
    """What is there for each run of a net is by regime, then net."""

    counts: Counts
    published: Published
    batched: Batched
    baseline: BaselineSettings
    structures: dict[str, str]
    last_accuracy: dict[str, dict[str, float]]
    """Validation accuracy after the last step, whichever epoch was best; mean over seeds."""
    confusion: dict[str, dict[str, list[list[int]]]]
    """(languages, languages) names held out, actual by predicted, in the order of `classes`; seeds
    added up. As published of the validation names, batched of the test's."""
    confused: dict[str, list[Confused]]
    """By net trained in batches, what it confuses most often, the commonest first."""
    sweeps: dict[str, dict[float, Tried]]
    """`<net>/<setting>` → value, rising; the value named best is among them."""
    printed: dict[Printed, Tried]
    """By slip of the hand-written LSTM's print."""
    comparisons: dict[str, dict[str, Paired]]
    """Every other net against BASELINE by accuracy, over seeds: regime → net; empty where BASELINE
    was not trained."""

    @property
    def classes(self) -> list[str]:
        """The languages by number, as labels are."""
        return sorted(self.counts.languages)

    @property
    def parts(self) -> dict[str, int]:
        """How many names each part has."""
        return {"valid": self.counts.valid.pairs, "test": self.counts.test.pairs}
