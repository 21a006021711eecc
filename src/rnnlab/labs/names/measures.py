"""How good predicted log-probabilities of languages are."""

import numpy as np
from numpy.typing import NDArray


def scores(label: NDArray[np.int64], output: NDArray[np.float64]) -> dict[str, float]:
    """Accuracy, its mean over languages (each weighing the same), and loss (nats a name).

    label: (names,); output: (names, languages) log-probabilities.
    """
    right = output.argmax(1) == label
    return {
        "accuracy": float(right.mean()),
        "balanced_accuracy": float(
            np.mean([right[label == each].mean() for each in np.unique(label)])
        ),
        "loss": float(-output[np.arange(len(label)), label].mean()),
    }
