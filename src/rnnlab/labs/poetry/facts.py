"""What metrics.json says of the lab beyond its scores."""

from typing import Literal

from rnnlab.labs.poetry.settings import ArmTraining, Compose, Training, VocabularySettings
from rnnlab.settings.base import Entry

Fault = Literal["empty", "gaps", "symbols", "fragments", "doubles", "variants"]
"""Why a poem was dropped, see `rnnlab.corpora.tangshi.poems`."""
Shape = Literal["five", "seven", "other"]
"""How long a poem's lines are."""
Measure = Literal["line_length", "punctuation", "repetition", "rhyme", "copying"]
"""What fraction of poems has a property, see `rnnlab.labs.poetry.measures.measure`."""


class Coverage(Entry):
    """Symbols of the vocabulary, characters of all parts, and how many of these are unknown."""

    vocabulary: int
    train_characters: int
    valid_characters: int
    test_characters: int
    train_unknown: int
    valid_unknown: int
    test_unknown: int
    unknown_kinds: int
    """Distinct unknown characters."""
    unigram_nll: float
    """Test loss, in nats per character, of a model that knows frequencies alone."""

    @property
    def unknown(self) -> float:
        """Share of the training characters that are unknown."""
        return self.train_unknown / self.train_characters


class Throughput(Entry):
    """How fast the LSTM learns with one kind of output layer, as in `output_layer.Way`."""

    clusters: bool
    everywhere: bool
    precision: str
    symbols_per_second: float
    """Without padding."""


class Composed(Entry):
    """What the nets with the seed `seed` wrote."""

    seed: int
    written: dict[str, dict[Literal["greedy", "free", "five", "seven", "acrostic"], list[str]]]
    """Net → form → a poem for each opening; of acrostics one, or none if the net knows none of
    the openings."""
    as_published: dict[Literal["greedy", "free"], list[str]]
    """By the published net made again."""
    measured: dict[str, dict[Literal["poems", Measure], float]]
    """Of `real`, the test poems, and by net of what each wrote: how many were measured, and
    the measures."""
    chance_of_rhyme: float
    """Of the ends of two lines of test poems, paired at random."""


LENGTH_EDGES = (0, 25, 33, 49, 65, 81)
"""Where bands of length begin, so that four and eight lines of five and of seven characters, stops
counted, end one each; the last begins where the published run stopped reading."""


class ArmRun(Entry):
    """A training of the published net. Losses in nats a symbol, means over poems of each one's."""

    training: ArmTraining
    train: list[float]
    """By epoch; so are the next two."""
    valid: list[float]
    """Of the validation poems that the published run would have read."""
    last: list[list[float]]
    """Of each of the last batches: those of the published log where poems go from short to long."""
    curve: list[list[float]]
    """By epoch, means over `Arms.block` training steps, in their order."""


class Arms(Entry):
    """The published run made again."""

    poems: dict[Literal["train", "valid", "test"], int]
    """Of the lengths that the published run reads, in each part."""
    batches: int
    """Of an epoch."""
    block: int
    runs: dict[str, dict[str, ArmRun]]
    """Regime (`published`, or `again` with another seed) → arm."""


class LengthBand(Entry):
    """What the characters of poems of so many characters cost one net, in nats each."""

    start: int
    end: int | None
    """The first length beyond it; None: all longer ones are in it."""
    poems: int
    """In the test part."""
    test: float
    train: float
    """Of as many poems, all lengths together, that it was trained on."""


class Difference(Entry):
    """Loss of the net `one` less that of `other` on the same poems, in nats a character.

    low, high: its 95% interval over poems; the nets' common seeds are averaged.
    """

    one: str
    other: str
    nats: float
    low: float
    high: float


class Facts(Entry):
    """Settings and data of the lab; `epochs` and `best_epochs` are by net."""

    training: Training
    vocabulary: VocabularySettings
    compose: Compose
    epochs: dict[str, int]
    best_epochs: dict[str, list[int]]
    cleaning: dict[
        Literal["read", "with_notes", Fault, "kept", Shape, "train", "valid", "test"], int
    ]
    """Poems: read, with notes cut out, dropped and why, kept, of each form, in each part."""
    coverage: Coverage
    output_layer: list[Throughput]
    """From the plainest way to the one that the nets are trained in."""
    structures: dict[str, str]
    """Net → how PyTorch prints it; by its arm, that of the published run made again."""
    composed: Composed
    arms: Arms
    lengths: dict[str, list[LengthBand]]
    """By net, then by arm, of the first seed."""
    differences: list[Difference]
    """Of each pair of nets."""
