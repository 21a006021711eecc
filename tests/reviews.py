"""Reviews by hand, and their tokens in a file."""

from pathlib import Path

from rnnlab.corpora.imdb import Review
from rnnlab.text import tokens


def review(number: int, text: str, part: str = "train") -> Review:
    return Review(f"{part}/pos/{number}_9", part, 1, 9, text)


def corpus(folder: Path, reviews: list[Review], processes: int, chunk: int) -> Path:
    path = folder / f"{processes}-{chunk}.parquet"
    tokens.write(path, tokens.tokenize_all(reviews, chunk, processes))
    return path
