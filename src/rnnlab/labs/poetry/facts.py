"""What metrics.json says of the lab beyond its scores."""

from pydantic import BaseModel, ConfigDict

from rnnlab.labs.poetry.settings import Compose, Training, Vocabulary


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Cleaning(_Entry):
    """Poems: read, with notes cut out, dropped and why, kept, of each form, in each part."""

    read: int
    with_notes: int
    empty: int
    gaps: int
    symbols: int
    fragments: int
    doubles: int
    variants: int
    kept: int
    five: int
    seven: int
    other: int
    train: int
    valid: int


class Coverage(_Entry):
    """Symbols of the vocabulary, characters of both parts, and how many of these are unknown."""

    vocabulary: int
    train_characters: int
    valid_characters: int
    train_unknown: int
    valid_unknown: int
    unknown_kinds: int
    """Distinct unknown characters."""
    unigram_nll: float
    """Validation loss, in nats per character, of a model that knows frequencies alone."""


class Throughput(_Entry):
    """How fast the LSTM learns with one kind of output layer, as in `output_layer.Way`."""

    clusters: bool
    everywhere: bool
    precision: str
    symbols_per_second: float
    """Without padding."""


class Written(_Entry):
    """One net's poems, one for each opening, by form."""

    free: list[str]
    five: list[str]
    seven: list[str]
    acrostic: list[str]
    """One, or none if the net knows none of the openings."""


class Measured(_Entry):
    """How many poems were measured, and what fraction of them has each property."""

    poems: int
    line_length: float
    punctuation: float
    repetition: float
    rhyme: float
    copying: float


class Composed(_Entry):
    """What the nets with the seed `seed` wrote."""

    seed: int
    written: dict[str, Written]
    """By net."""
    measured: dict[str, Measured]
    """`real`, the held-out poems, and by net what each wrote."""
    chance_of_rhyme: float
    """Of the ends of two lines of held-out poems, paired at random."""


class Facts(_Entry):
    """Settings and data of the lab; `epochs`, `best_epochs` and `intervals` are by net."""

    training: Training
    vocabulary: Vocabulary
    compose: Compose
    epochs: dict[str, int]
    best_epochs: dict[str, list[int]]
    intervals: dict[str, tuple[float, float]]
    """95% intervals of `valid_nll`."""
    cleaning: Cleaning
    coverage: Coverage
    output_layer: list[Throughput]
    """From the plainest way to the one that the nets are trained in."""
    composed: Composed
