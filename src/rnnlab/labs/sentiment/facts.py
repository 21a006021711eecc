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


class Ensemble(Entry):
    """Nets that differ in the seed alone, asked together: the mean of their probabilities."""

    test_accuracy: float
    test_loss: float


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
    confusion: dict[str, dict[str, list[list[int]]]]
    """Regime → net → (2, 2) test reviews, actual by predicted of `classes`; seeds added up."""
    ensembles: dict[str, Ensemble]
    """By net of `ours`, if it has several seeds."""
    bands: dict[str, list[LengthBand]]
    """By net of one layer and direction, as published."""
    coverage: dict[str, Coverage]
    """By the vectors' dimension."""

    classes: ClassVar = ("negative", "positive")
    """By number, as labels are."""
