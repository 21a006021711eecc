"""What nets are held against: a bag of words, weighted by naive Bayes, in a logistic regression.

Wang and Manning 2012, "Baselines and bigrams: simple, good sentiment and topic classification",
with a logistic regression in place of their support vector machine. Of the order of words it knows
what n-grams keep.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse
from numpy.typing import NDArray

from rnnlab.errors import LabError
from rnnlab.files import read_table, write_sealed, write_table
from rnnlab.labs.sentiment import data
from rnnlab.labs.sentiment.measures import scores
from rnnlab.labs.sentiment.settings import BaselineSettings
from rnnlab.runs.baselines import SCORES
from rnnlab.text.vocabulary import Vocabulary

PARTS = ("train", "valid", "test")
PREDICTIONS = "predictions.parquet"

Matrix = Any
"""SciPy's sparse one, whose kind scikit-learn chooses: (reviews, n-grams)."""
Words = list[NDArray[np.object_]]
"""Of each review."""
Judge = Callable[[Matrix], NDArray[np.float64]]
"""How probably each review is positive, by its n-grams."""


def build(
    corpus: Path,
    unlabelled: Path,
    split: Path,
    features: Path,
    output: Path,
    taught: Path,
    timing: Path,
    settings: BaselineSettings,
) -> None:
    """Fit a bag of 1-grams, of 1- and 2-grams, and so on, on the training part, and score each.

    corpus, unlabelled: the tokenized reviews. split: table `id, part`. features: the folder that
    holds the nets' vocabulary. Writes into the folder `output` the scores of each by name and its
    predictions of the test part; into `timing` its seconds, the counting of all n-grams among them;
    into `taught` the unlabelled reviews, with what the bag says of them that validation chooses.
    """
    table = read_table(split, ["id", "part"])
    parts = dict(zip(table["id"].to_pylist(), table["part"].to_pylist(), strict=True))
    reviews = {part: _reviews(corpus, parts, part) for part in PARTS}
    started = time.process_time()
    counts, count, lengths = _count({part: each[2] for part, each in reviews.items()}, settings)
    counted = time.process_time() - started
    found: dict[str, dict[str, float]] = {}
    seconds: dict[str, float] = {}
    judges: dict[str, tuple[NDArray[np.int64], Judge]] = {}
    ids, labels, _ = reviews["test"]
    predictions: dict[str, Any] = {"id": ids, "label": labels}
    for longest in range(1, settings.longest + 1):
        started = time.process_time()
        chosen = np.flatnonzero(lengths <= longest)
        judge = _fit(counts["train"][:, chosen], reviews["train"][1], settings)
        shares = {part: judge(counts[part][:, chosen]) for part in PARTS[1:]}
        name = bag(longest)
        judges[name] = chosen, judge
        found[name] = {"parameters": len(chosen) + 1}
        for part, share in shares.items():
            scored = scores(reviews[part][1], share)
            found[name] |= {f"{part}_{score}": value for score, value in scored.items()}
        seconds[name] = counted + time.process_time() - started
        predictions[name] = shares["test"]
    write_sealed(output / SCORES, found)
    write_table(output / PREDICTIONS, pa.table(predictions))
    write_sealed(timing, seconds)
    chosen, judge = judges[best(found)]
    _teach(unlabelled, features, taught, lambda words: judge(count(words)[:, chosen]))


def _teach(
    unlabelled: Path, features: Path, taught: Path, judge: Callable[[Words], NDArray[np.float64]]
) -> None:
    """judge: how probably each of these reviews is positive."""
    more = [each for group in data.batches(unlabelled) for each in group["id"].to_pylist()]
    if not more:
        raise LabError(f"{unlabelled} holds no review; `dvc repro` makes it of the whole corpus.")
    parts = dict.fromkeys(more, "train")
    encoded = data.encode(unlabelled, parts, Vocabulary.read(features / data.WORDS))
    share = judge(_reviews(unlabelled, parts, "train")[2]).astype(np.float32)
    data.write_taught(taught, replace(encoded, label=share))


def best(found: Mapping[str, Mapping[str, float]]) -> str:
    """The bag that validation chooses, of the scores `found`."""
    return max(found, key=lambda name: found[name]["valid_accuracy"])


def bag(longest: int) -> str:
    """The name of a bag of n-grams up to so many words."""
    return "1-grams" if longest == 1 else f"1-to-{longest}-grams"


def _reviews(
    corpus: Path, parts: Mapping[str, str], part: str
) -> tuple[NDArray[np.str_], NDArray[np.int64], Words]:
    """Ids, labels and words of the reviews in `part`, sorted by id."""
    names, labels, words = [], [], []
    for group in data.batches(corpus):
        chosen = pa.array([parts.get(each) == part for each in group["id"].to_pylist()])
        batch = group.filter(chosen)
        flat = batch["tokens"].flatten()
        known = np.array(flat.dictionary.to_pylist(), dtype=object)
        ends = np.asarray(pc.list_value_length(batch["tokens"])).cumsum()
        if len(ends):
            words += np.split(known[flat.indices.to_numpy(zero_copy_only=False)], ends[:-1])
        names += batch["id"].to_pylist()
        labels += batch["label"].to_pylist()
    order = np.argsort(np.array(names), kind="stable")
    return np.array(names)[order], np.array(labels)[order], [words[row] for row in order]


def _count(
    words: Mapping[str, Words], settings: BaselineSettings
) -> tuple[dict[str, Matrix], Callable[[Words], Matrix], NDArray[np.int64]]:
    """Which n-grams each review has, 1 or 0, by part: (reviews, n-grams); what finds them in
    others; and how long each n-gram is."""
    from sklearn.feature_extraction.text import CountVectorizer  # it takes a second

    counter = CountVectorizer(
        ngram_range=(1, settings.longest),
        analyzer="word",
        tokenizer=list,
        token_pattern=None,
        preprocessor=None,
        lowercase=False,
        min_df=settings.min_count,
        binary=True,
        dtype=np.float32,
    )
    counts = {"train": counter.fit_transform(words["train"])}
    counts |= {part: counter.transform(words[part]) for part in PARTS[1:]}
    spaces = (name.count(" ") for name in counter.get_feature_names_out())
    return counts, counter.transform, np.fromiter(spaces, dtype=np.int64) + 1


def _fit(counts: Matrix, labels: NDArray[np.int64], settings: BaselineSettings) -> Judge:
    """Learn from the training part: `counts` of its reviews, and their `labels`.

    An n-gram weighs the logarithm of how much commoner it is in positive reviews than in negative
    ones, each counted once more than it occurs.
    """
    from sklearn.linear_model import LogisticRegression

    positive, negative = (
        1 + np.asarray(counts[labels == label].sum(0)).ravel() for label in (1, 0)
    )
    weights = np.log(positive / positive.sum()) - np.log(negative / negative.sum())
    weighted = scipy.sparse.diags(weights.astype(np.float32))
    model = LogisticRegression(
        C=settings.strength,
        solver="liblinear",
        dual=True,
        random_state=settings.seed,
        max_iter=1000,
    )
    model.fit(counts @ weighted, labels)
    return lambda others: model.predict_proba(others @ weighted)[:, 1]
