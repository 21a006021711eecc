"""Tokenizing on all cores, against the plain loop over spaCy; and memory over the corpus's size."""

import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.contest import exponent, ratio, take_turns
from bench.processes import cost
from rnnlab.corpora import imdb
from rnnlab.corpora.imdb import Review
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load

MINUTES = 6
ROOT = Path(__file__).parent.parent
REVIEWS = 50_000
"""As many as the corpus has: the start of processes, some seconds, is in the time."""
BASE = 3_125
TIMES = (1, 4, 16)


def measure(
    archive: Path, repeats: int, reviews: int = REVIEWS, base: int = BASE
) -> dict[str, Any]:
    """The section `tokenize`: reviews a second, and peak memory at 1, 4 and 16 times `base`."""
    place = str(archive.absolute())
    turns = take_turns(
        {
            "ours": lambda: cost(ours_in_memory, archive=place, count=reviews).result,
            "plain-loop": lambda: cost(plain_loop, archive=place, count=reviews).result,
        },
        repeats,
    )
    memory = []
    for times in TIMES:
        peak = cost(streamed, archive=place, count=base * times)
        memory.append({"reviews": base * times, "peak_mib": peak.peak_mib, "seconds": peak.seconds})
    return {
        "reviews": reviews,
        "cores": len(os.sched_getaffinity(0)),
        "reviews_per_second": turns,
        "memory": memory,
        "memory_exponent": exponent(
            [row["reviews"] for row in memory], [row["peak_mib"] for row in memory]
        ),
    }


def ratios(section: dict[str, Any]) -> dict[str, float]:
    rates = section["reviews_per_second"]
    flat = section["memory"][-1]["peak_mib"] / section["memory"][0]["peak_mib"]
    return {
        "tokenize/plain-loop": ratio(rates["ours"], rates["plain-loop"])["median"],
        f"tokenize/memory-{TIMES[-1]}-times": flat,
    }


def stream(archive: Path, count: int) -> Iterator[Review]:
    """`count` reviews, one at a time in memory; from the archive's start again where it ends."""
    passes = (
        review._replace(id=f"{review.id}+{number}") if number else review
        for number in itertools.count()
        for review in imdb.reviews(archive)
    )
    return itertools.islice(passes, count)


def plain_loop(archive: str, count: int) -> float:
    """Reviews a second of `for text in texts: nlp(text)`, with spaCy's tokenizer and no model."""
    import time

    import spacy

    texts = [review.text for review in stream(Path(archive), count)]
    nlp = spacy.blank("en")
    started = time.perf_counter()
    rows = []
    for text in texts:
        rows.append([token.lower_ for token in nlp(text) if not token.is_space])
    return len(rows) / (time.perf_counter() - started)


def ours_in_memory(archive: str, count: int) -> float:
    """Reviews a second of the project's tokenizer, its processes' start and its file included."""
    import time

    from rnnlab.text import tokens

    reviews = list(stream(Path(archive), count))
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        tokens.write(Path(folder, "tokens"), tokens.tokenize_all(reviews, _chunk(), 0))
        return count / (time.perf_counter() - started)


def streamed(archive: str, count: int) -> None:
    """The stage's work: from the archive to a Parquet file."""
    from rnnlab.text import tokens

    with tempfile.TemporaryDirectory() as folder:
        reviews = stream(Path(archive), count)
        tokens.write(Path(folder, "tokens"), tokens.tokenize_all(reviews, _chunk(), 0))


def _chunk() -> int:
    return load(SentimentSettings, "sentiment", ROOT / "params.yaml").tokens.chunk
