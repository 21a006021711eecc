"""What the trained nets of each lab say of raw text."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from rnnlab.labs.names import train as names
from rnnlab.labs.poetry.predict import Poet, Style
from rnnlab.labs.sentiment.predict import Judge
from rnnlab.runs import files as runs

Answer = Callable[[Sequence[str]], pd.DataFrame]
"""From texts to one row each."""


def load(run: Path, features: Path) -> Answer:
    """What the net in the folder `run` answers.

    features: the folder that holds the vocabulary of its lab (the names lab has none). Raises
    LabError if a file is missing or broken, or if run and vocabulary don't belong together.
    """
    labs: dict[str, Callable[[Path, Path], Answer]] = {
        "sentiment": _sentiment,
        "names": _names,
        "poetry": _poetry,
    }
    return labs[runs.read_run(run).lab](run, features)


def _sentiment(run: Path, features: Path) -> Answer:
    """Columns `class`, positive or negative, and `probability` of that class."""
    judge = Judge.load(run, features)

    def answer(reviews: Sequence[str]) -> pd.DataFrame:
        share = np.array(judge.probabilities(reviews))
        return pd.DataFrame(
            {
                "class": np.where(share > 0.5, "positive", "negative"),
                "probability": np.maximum(share, 1 - share),
            }
        )

    return answer


def _names(run: Path, features: Path) -> Answer:
    """Columns `language`, the likeliest, and its `probability`."""

    def answer(surnames: Sequence[str]) -> pd.DataFrame:
        guesses = [names.classify(run, each, count=1)[0] for each in surnames]
        return pd.DataFrame(guesses, columns=["language", "probability"])

    return answer


def _poetry(run: Path, features: Path) -> Answer:
    """Column `poem`: one that goes on from each opening, the same one every time."""
    poet = Poet.load(run, features)

    def answer(openings: Sequence[str]) -> pd.DataFrame:
        # One by one: a poem hangs on its place among the openings, and here it should not.
        return pd.DataFrame({"poem": [poet.compose([each], Style())[0] for each in openings]})

    return answer
