"""Picking a vocabulary's vectors out of a GloVe file, against the usual dict of arrays."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.measuring import Row, costs_in_turns, summary
from rnnlab.corpora.glove import pick
from rnnlab.files import replacing
from rnnlab.text.vocabulary import Vocabulary

LINES, DIMENSION = 400_000, 100
KNOWN = 0.8
"""Share of the vocabulary that the generated file has, as GloVe has of IMDB's."""


def measure(vocabulary: Path, cache: Path, repeats: int) -> Row:
    """The section `vectors`: seconds and peak memory of both, in turns.

    vocabulary: a file with a word a line.
    """
    glove = cache / f"glove-{LINES}.{DIMENSION}d.txt"
    if not glove.exists():
        generate(glove, vocabulary, LINES)
    contenders = {"ours": ours, "dict-loop": dict_loop}
    costs = costs_in_turns(contenders, repeats, glove=glove, vocabulary=vocabulary)
    (found,) = {each.result for every in costs.values() for each in every}  # both pick the same
    section = {"lines": LINES, "file_mib": glove.stat().st_size / 2**20, "found": found}
    for name, every in costs.items():
        section[name] = {
            key: summary([getattr(each, key) for each in every]) for key in ("seconds", "peak_mib")
        }
    return section


def ratios(section: Row) -> dict[str, float]:
    """Times faster, times less memory."""
    ours, loop = section["ours"], section["dict-loop"]
    return {
        "vectors/dict-loop": loop["seconds"]["median"] / ours["seconds"]["median"],
        "vectors/dict-loop-memory": loop["peak_mib"]["median"] / ours["peak_mib"]["median"],
    }


def generate(path: Path, vocabulary: Path, lines: int, seed: int = 2077) -> None:
    """A file of `lines` words in GloVe's format, most of the vocabulary's among them.

    Numbers are as long as GloVe's. Of the lines of numbers a thousand differ, then they come again.
    """
    rng = np.random.default_rng(seed)
    words = Vocabulary.read(vocabulary).words[2:]
    known = [word for word in words if " " not in word and rng.random() < KNOWN][:lines]
    every = [*known, *(f"word{number}" for number in range(lines - len(known)))]
    table = rng.normal(0, 0.4, (1000, DIMENSION))
    numbers = [" ".join(f"{each:.5f}" for each in row) for row in table]
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        for number, word in enumerate(rng.permutation(len(every))):
            file.write(f"{every[word]} {numbers[number % 1000]}\n")


def ours(glove: Path, vocabulary: Path) -> str:
    """The project's picker; returns how many were found, and their sum."""
    ids = Vocabulary.read(vocabulary).ids
    matrix = np.zeros((len(ids), DIMENSION), dtype=np.float32)
    rows, vectors = pick(glove, DIMENSION, ids)
    matrix[rows] = vectors
    return _mark(matrix)


def dict_loop(glove: Path, vocabulary: Path) -> str:
    """As most tutorials have it: every line an array in a dict, then the vocabulary's are taken."""
    words = vocabulary.read_text(encoding="utf-8").split("\n")[:-1]
    vectors = {}
    with glove.open(encoding="utf-8") as file:
        for line in file:
            values = line.split()
            vectors[values[0]] = np.asarray(values[1:], dtype="float32")
    matrix = np.zeros((len(words), DIMENSION), dtype=np.float32)
    for row, word in enumerate(words):
        if word in vectors:
            matrix[row] = vectors[word]
    return _mark(matrix)


def _mark(matrix: NDArray[np.float32]) -> str:
    found = int((matrix != 0).any(axis=1).sum())
    return f"{found} words, sum {matrix.sum(dtype=np.float64):.3f}"
