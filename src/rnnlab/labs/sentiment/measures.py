"""How good predicted probabilities are."""

import numpy as np
from numpy.typing import ArrayLike


def scores(label: ArrayLike, probability: ArrayLike) -> dict[str, float]:
    """Accuracy (a fraction) and loss (nats a review).

    probability: that a review is positive. label: 1 of a positive review, 0 of a negative one.
    Without scikit-learn, whose import takes as long as PyTorch's, in every training.
    """
    label, probability = np.asarray(label), np.asarray(probability)
    least = np.finfo(np.float64).eps
    of_label = np.where(label == 1, probability, 1 - probability).clip(least, 1 - least)
    return {
        "accuracy": float(((probability > 0.5) == (label == 1)).mean()),
        "loss": float(-np.log(of_label).mean()),
    }
