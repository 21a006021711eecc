"""Tokenizing on all cores, against the plain loop over spaCy; and memory over the corpus's size."""

import itertools
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import spacy
from joblib.externals.loky import get_reusable_executor

from bench import ROOT
from bench.measuring import Row, cost, costs_in_turns, ratio, summary
from rnnlab.corpora import imdb
from rnnlab.corpora.imdb import Review
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load
from rnnlab.text import tokens

REVIEWS = 50_000
"""As many as the corpus has: the start of processes, some seconds, is in the time."""
BASE = 3_125
TIMES = (1, 4, 16)


def measure(archive: Path, repeats: int) -> Row:
    """The section `tokenize`: reviews a second, and peak memory at 1, 4 and 16 times `BASE`."""
    contenders = {"ours": ours, "plain-loop": plain_loop}
    turns = costs_in_turns(contenders, repeats, archive=archive, count=REVIEWS)
    memory = []
    for count in (BASE * times for times in TIMES):
        with tempfile.TemporaryDirectory() as folder:
            spent = cost(streamed, archive=archive, count=count, folder=Path(folder))
        memory.append({"reviews": count, "peak_mib": spent.peak_mib, "seconds": spent.seconds})
    return {
        "reviews": REVIEWS,
        "cores": len(os.sched_getaffinity(0)),
        "reviews_per_second": {
            name: summary([each.result for each in costs]) for name, costs in turns.items()
        },
        "memory": memory,
    }


def ratios(section: Row) -> dict[str, float]:
    rates, memory = section["reviews_per_second"], section["memory"]
    return {
        "tokenize/plain-loop": ratio(rates["ours"], rates["plain-loop"])["median"],
        f"tokenize/memory-{TIMES[-1]}-times": memory[-1]["peak_mib"] / memory[0]["peak_mib"],
    }


def stream(archive: Path, count: int) -> Iterator[Review]:
    """`count` reviews, one at a time in memory; from the archive's start again where it ends."""
    passes = (
        review._replace(id=f"{review.id}+{number}") if number else review
        for number in itertools.count()
        for review in imdb.reviews(archive)
    )
    return itertools.islice(passes, count)


def plain_loop(archive: Path, count: int) -> float:
    """Reviews a second of `for text in texts: nlp(text)`, with spaCy's tokenizer and no model."""
    texts = [review.text for review in stream(archive, count)]
    nlp = spacy.blank("en")
    started = time.perf_counter()
    rows = []
    for text in texts:
        rows.append([token.lower_ for token in nlp(text) if not token.is_space])
    return len(rows) / (time.perf_counter() - started)


def ours(archive: Path, count: int) -> float:
    """Reviews a second of the project's tokenizer, its processes' start and its file included."""
    reviews = list(stream(archive, count))
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        tokenize(reviews, Path(folder))
        return count / (time.perf_counter() - started)


def streamed(archive: Path, count: int, folder: Path) -> None:
    """The stage's work: from the archive to a file. Every fifth review goes to the test set.

    Labels are made up: the archive has one after the other, and the split wants both.
    """
    reviews = (
        review._replace(label=number % 2, split="train" if number % 5 else "test")
        for number, review in enumerate(stream(archive, count))
    )
    tokenize(reviews, folder)


def tokenize(reviews: Iterable[Review], folder: Path) -> None:
    """As the stage does, into tokens.parquet in `folder`."""
    settings = load(SentimentSettings, "sentiment", ROOT / "params.yaml").tokens
    batches = tokens.tokenize_all(reviews, settings.chunk, settings.processes)
    tokens.write(folder / "tokens.parquet", batches)
    get_reusable_executor().shutdown()  # this process would wait for idle ones, five minutes long
