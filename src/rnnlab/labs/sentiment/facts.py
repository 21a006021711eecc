"""What metrics.json says of the lab beyond its scores."""

from typing import ClassVar

from rnnlab.labs.sentiment.settings import Training, VocabularySettings
from rnnlab.settings.base import Entry

LENGTH_EDGES = (0, 100, 150, 200, 250, 300, 400, 500, 700)
"""Where the bands of review length begin, in tokens."""


class LengthBand(Entry):
    """Accuracy of the test reviews of `start` to `end - 1` tokens (end None: and longer)."""

    start: int
    end: int | None
    reviews: int
    accuracy: float
    error: float
    """Standard error of the accuracy, from the number of reviews."""


class Coverage(Entry):
    """How much of the vocabulary, and of the training part's text, has a published vector."""

    types: int
    types_with_vector: int
    types_share: float
    tokens: int
    tokens_with_vector: int
    tokens_share: float
    tokens_outside_vocabulary: int


class Calibration(Entry):
    """Test reviews that a net gives about the same probability of being positive."""

    said: float
    """Its mean."""
    positive: float
    """The share of them that is."""
    error: float
    """Standard error of that share, from the number of reviews."""
    reviews: int


class Mistake(Entry):
    """A test review that a net is sure of and wrong about."""

    label: int
    probability: float
    """Of being positive, as the net has it."""
    tokens: int
    start: int
    """The place in the review of the first of `words`."""
    words: list[str]
    """Those in a row that weigh most; <unk> stands for one that the vocabulary lacks."""
    weights: list[float]
    """What the logit loses without each of them: above 0, if the word speaks for "positive"."""


class Mistakes(Entry):
    net: str
    """Of `ours`, the one that validation chooses, and the seed of its best run."""
    seed: int
    reviews: list[Mistake]
    """The negative ones first, the surest first."""


class Ensemble(Entry):
    """Nets that differ in the seed alone, asked together: the mean of their probabilities."""

    test_accuracy: float
    test_loss: float


class Stopping(Entry):
    """How trainings of one cell ended, as published, and what an end by `patience` changes."""

    runs: int
    ended: int
    """By patience, before the last epoch."""
    whole: int
    """Trained without patience, through all epochs."""
    moved: int
    """Of those, in which patience would have kept another epoch."""


class Facts(Entry):
    parts: dict[str, int]
    """Reviews of each."""
    training: dict[str, Training]
    """By regime."""
    vocabulary: VocabularySettings
    structures: dict[str, dict[str, str]]
    """Regime → net → how PyTorch prints it."""
    best_epochs: dict[str, dict[str, list[int]]]
    """Regime → net → of each seed, the epoch that was kept."""
    stopping: dict[str, Stopping]
    """By cell, of `published`."""
    confusion: dict[str, dict[str, list[list[int]]]]
    """Regime → net → (2, 2) test reviews, actual by predicted of `classes`; seeds added up."""
    ensembles: dict[str, Ensemble]
    """By net of `ours`, if it has several seeds."""
    bands: dict[str, list[LengthBand]]
    """By net of one layer and direction, as published."""
    calibration: dict[str, list[Calibration]]
    """By net: those of one layer and direction on 100-d vectors as published, and those of ours,
    whose names end so. Seeds together."""
    mistakes: Mistakes
    coverage: dict[str, Coverage]
    """By the vectors' dimension."""

    classes: ClassVar = ("negative", "positive")
    """By number, as labels are."""
