"""What nets are held against: a logistic regression on a name's n-grams of letters."""

import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.corpora.folding import SYMBOLS
from rnnlab.files import write_sealed
from rnnlab.labs.names import data
from rnnlab.labs.names.measures import scores
from rnnlab.labs.names.settings import BaselineSettings
from rnnlab.runs.baselines import SCORES

NAME = "n-grams"


def build(split: Path, output: Path, timing: Path, settings: BaselineSettings) -> None:
    """Fit it on the training part, with each strength, and keep what validation finds best.

    Case counts, and a name begins and ends with a blank. split: the table of the names. Writes the
    scores into the folder `output`, and into `timing` the seconds of all fits.
    """
    corpus = data.read(split)
    names = ["".join(SYMBOLS[each] for each in ids) for ids in corpus.sequences]
    rows = {part: corpus.rows(part) for part in ("train", "valid", "test")}
    own = {part: [f" {names[row]} " for row in each] for part, each in rows.items()}
    labels = {part: corpus.label[each] for part, each in rows.items()}
    started = time.process_time()
    counts = _count(own, settings.longest)
    fits = [_fit(counts, labels["train"], strength) for strength in settings.strengths]
    found = [scores(labels["valid"], fit.predict_log_proba(counts["valid"])) for fit in fits]
    best = int(np.argmax([each["accuracy"] for each in found]))
    seconds = time.process_time() - started
    tested = scores(labels["test"], fits[best].predict_log_proba(counts["test"]))
    kept: dict[str, float] = {
        "parameters": fits[best].coef_.size + fits[best].intercept_.size,
        "strength": settings.strengths[best],
    }
    for part, each in (("valid", found[best]), ("test", tested)):
        kept |= {f"{part}_{score}": value for score, value in each.items()}
    write_sealed(output / SCORES, {NAME: kept})
    write_sealed(timing, {NAME: seconds})


def _count(names: dict[str, list[str]], longest: int) -> dict[str, Any]:
    """TF-IDF of all n-grams up to so many letters, by part: sparse (names, n-grams)."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # it takes a second

    counter = TfidfVectorizer(analyzer="char", ngram_range=(1, longest), lowercase=False)
    counts = {"train": counter.fit_transform(names["train"])}
    return counts | {part: counter.transform(names[part]) for part in ("valid", "test")}


def _fit(counts: dict[str, Any], labels: NDArray[np.int64], strength: float) -> Any:
    """strength: less is more regular."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # the order in which sums are taken depends on their number
        return LogisticRegression(C=strength, max_iter=1000).fit(counts["train"], labels)
