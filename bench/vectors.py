"""Picking a vocabulary's vectors out of a GloVe file, against the usual dict of arrays."""

from pathlib import Path
from typing import Any

import numpy as np

from bench.contest import summary
from bench.processes import Cost, cost

MINUTES = 2
LINES, DIMENSION = 400_000, 100
KNOWN = 0.8
"""Share of the vocabulary that the generated file has, as GloVe has of IMDB's."""


def measure(vocabulary: Path, cache: Path, repeats: int, lines: int = LINES) -> dict[str, Any]:
    """The section `vectors`: seconds and peak memory of both, in turns.

    vocabulary: a file with a word a line.
    """
    glove = cache / f"glove-{lines}.{DIMENSION}d.txt"
    if not glove.exists():
        generate(glove, vocabulary, lines)
    arguments = {"glove": str(glove.absolute()), "vocabulary": str(vocabulary.absolute())}
    costs: dict[str, list[Cost]] = {"ours": [], "dict-loop": []}
    for _ in range(repeats):
        for name, function in (("ours", ours), ("dict-loop", dict_loop)):
            costs[name].append(cost(function, **arguments))
    digests = {each.result for every in costs.values() for each in every}
    assert len(digests) == 1, "both must pick the same vectors"  # noqa: S101
    return {
        "lines": lines,
        "file_mib": glove.stat().st_size / 2**20,
        "found": digests.pop(),
        **{
            name: {
                "seconds": summary([each.seconds for each in every]),
                "peak_mib": summary([each.peak_mib for each in every]),
            }
            for name, every in costs.items()
        },
    }


def ratios(section: dict[str, Any]) -> dict[str, float]:
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
    words = vocabulary.read_text(encoding="utf-8").split("\n")[2:-1]
    known = [word for word in words if " " not in word and rng.random() < KNOWN][:lines]
    every = [*known, *(f"word{number}" for number in range(lines - len(known)))]
    numbers = [
        " ".join(f"{each:.5f}" for each in row) for row in rng.normal(0, 0.4, (1000, DIMENSION))
    ]
    part = path.with_name(f".{path.name}")
    with part.open("w", encoding="utf-8", newline="\n") as file:
        for number, word in enumerate(rng.permutation(len(every))):
            file.write(f"{every[word]} {numbers[number % 1000]}\n")
    part.replace(path)


def ours(glove: str, vocabulary: str) -> str:
    """The project's picker; returns how many were found, and their sum."""
    from rnnlab.corpora.glove import pick
    from rnnlab.text.vocabulary import Vocabulary

    ids = Vocabulary.read(Path(vocabulary)).ids
    matrix = np.zeros((len(ids), DIMENSION), dtype=np.float32)
    rows, vectors = pick(Path(glove), DIMENSION, ids)
    matrix[rows] = vectors
    return _mark(matrix)


def dict_loop(glove: str, vocabulary: str) -> str:
    """As most tutorials have it: every line an array in a dict, then the vocabulary's are taken."""
    words = Path(vocabulary).read_text(encoding="utf-8").split("\n")[:-1]
    vectors = {}
    with Path(glove).open(encoding="utf-8") as file:
        for line in file:
            values = line.split()
            vectors[values[0]] = np.asarray(values[1:], dtype="float32")
    matrix = np.zeros((len(words), DIMENSION), dtype=np.float32)
    for row, word in enumerate(words):
        vector = vectors.get(word)
        if vector is not None:
            matrix[row] = vector
    return _mark(matrix)


def _mark(matrix: Any) -> str:
    found = int((matrix != 0).any(axis=1).sum())
    return f"{found} words, sum {matrix.sum(dtype=np.float64):.3f}"
