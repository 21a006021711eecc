"""Tokenized reviews → ids in one flat array, which a training maps into memory."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from rnnlab.errors import LabError
from rnnlab.files import read_table, reading, sealed, write_table
from rnnlab.runs.files import load_tensors
from rnnlab.text import sequences
from rnnlab.text.sequences import IDS, OFFSETS
from rnnlab.text.vocabulary import Vocabulary

if TYPE_CHECKING:  # a tensor is read, but nothing computed
    import torch

ROWS, WORDS = "rows.parquet", "vocabulary.txt"
FILES = (IDS, OFFSETS, ROWS, WORDS)
"""What a net is trained on, beside the word vectors."""
COVERAGE = "coverage.json"
"""How much of the vocabulary and of the training part's text has a published vector."""
COLUMNS = ("id", "split", "label", "tokens")


@dataclass(frozen=True)
class Features:
    """All parts of a corpus as ids; row i's tokens are `ids[offsets[i]:offsets[i + 1]]`."""

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]
    id: NDArray[np.str_]
    part: NDArray[np.str_]
    label: NDArray[Any]
    """1 of a positive review, 0 of a negative one; or how probably it is positive, see `taught`."""

    def rows(self, part: str) -> NDArray[np.int64]:
        return np.flatnonzero(self.part == part)

    def lengths(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return self.offsets[rows + 1] - self.offsets[rows]

    def sequence(self, row: int, most: int | None = None) -> NDArray[np.int32]:
        """Row `row`'s ids; of more than `most`, the last ones."""
        start, end = self.offsets[row], self.offsets[row + 1]
        return self.ids[max(start, end - most) if most else start : end]


def batches(path: Path) -> Iterator[pa.RecordBatch]:
    """Row groups of a tokenized corpus. Raises LabError if a column is missing."""
    with reading(path):
        file = pq.ParquetFile(sealed(path))
        for name in COLUMNS:
            if name not in file.schema_arrow.names:
                raise ValueError(f"it lacks the column {name!r}")
    for group in range(file.num_row_groups):
        yield from file.read_row_group(group, list(COLUMNS)).to_batches()


def count(path: Path, parts: Mapping[str, str], part: str) -> Counter[str]:
    """How often each token occurs in the rows that `parts` (id → part) puts into `part`."""
    counts: Counter[str] = Counter()
    for batch in batches(path):
        chosen = pa.array([parts.get(each) == part for each in batch["id"].to_pylist()])
        tokens = batch["tokens"].filter(chosen).flatten()
        values, numbers = pc.value_counts(tokens).flatten()
        counts.update(dict(zip(values.to_pylist(), numbers.to_pylist(), strict=True)))
    return counts


def encode(path: Path, parts: Mapping[str, str], vocabulary: Vocabulary) -> Features:
    """All rows as ids, sorted by row id. A row without tokens becomes one unknown word."""
    pieces, names, labels = [], [], []
    for batch in batches(path):
        tokens = batch["tokens"]
        flat = tokens.flatten()
        lookup = np.array(vocabulary.encode(flat.dictionary.to_pylist()), dtype=np.int32)
        ids = lookup[flat.indices.to_numpy(zero_copy_only=False)]
        ends = np.asarray(pc.list_value_length(tokens)).cumsum()
        unknown = np.ones(1, dtype=np.int32)
        pieces += [each if len(each) else unknown for each in np.split(ids, ends[:-1])]
        names += batch["id"].to_pylist()
        labels += batch["label"].to_pylist()
    if missing := next((each for each in names if each not in parts), None):
        raise LabError(f"the review {missing} is in no part of the split; run `dvc repro` again.")
    order = np.argsort(np.array(names), kind="stable")
    return Features(
        ids=np.concatenate([pieces[row] for row in order]),
        offsets=np.cumsum([0, *(len(pieces[row]) for row in order)], dtype=np.int64),
        id=np.array(names)[order],
        part=np.array([parts[names[row]] for row in order]),
        label=np.array(labels, dtype=np.int8)[order],
    )


def write(folder: Path, features: Features) -> None:
    sequences.write(folder, features.ids, features.offsets)
    rows = {"id": features.id, "part": features.part, "label": features.label}
    write_table(folder / ROWS, pa.table(rows))


def read(folder: Path) -> Features:
    """What `write` wrote, the ids mapped into memory.

    Raises LabError if a file is missing, was changed, or is not of the same corpus as the others.
    """
    rows = read_table(folder / ROWS, ("id", "part", "label"))
    words = len(Vocabulary.read(folder / WORDS))
    found = sequences.read(folder, rows.num_rows, words)
    columns = {name: rows[name].to_numpy() for name in rows.column_names}
    with reading(folder / ROWS):
        if not {*columns["label"].tolist()} <= {0, 1}:
            raise ValueError("it has a label that is neither 0 nor 1")
    return Features(*found, **columns)


def write_taught(path: Path, reviews: Features) -> None:
    """Reviews that nobody has labelled, with how probably each is positive by a teacher's word."""
    ids = pa.LargeListArray.from_arrays(reviews.offsets, reviews.ids)
    write_table(path, pa.table({"id": reviews.id, "probability": reviews.label, "ids": ids}))


def taught(path: Path, words: int) -> Features:
    """What `write_taught` wrote, all of it for training, of a vocabulary of so many `words`.

    Raises LabError if the file is missing, was changed, or is not that.
    """
    table = read_table(path, ("id", "probability", "ids"))
    lists = table["ids"].combine_chunks()
    ids, offsets = lists.flatten().to_numpy(), lists.offsets.to_numpy()
    label = table["probability"].to_numpy()
    with reading(path):
        if not ((label >= 0) & (label <= 1)).all():
            raise ValueError("it has a probability that is none")
        if (np.diff(offsets) < 1).any() or ((ids < 1) | (ids >= words)).any():
            raise ValueError(f"it has an empty review, or an id that is none of {words}")
    return Features(ids, offsets, table["id"].to_numpy(), np.full(len(label), "train"), label)


def joined(one: Features, other: Features) -> Features:
    """The reviews of both."""
    return Features(
        ids=np.concatenate([one.ids, other.ids]),
        offsets=np.concatenate([one.offsets, one.offsets[-1] + other.offsets[1:]]),
        id=np.concatenate([one.id, other.id]),
        part=np.concatenate([one.part, other.part]),
        label=np.concatenate([one.label, other.label]),
    )


def read_vectors(folder: Path, dimension: int, features: Path | None = None) -> "torch.Tensor":
    """(words, dimension): the vocabulary's word vectors. Raises LabError if missing or changed.

    features: the folder that holds the vocabulary, if it is another one than theirs.
    """
    path = vectors_file(folder, dimension)
    vectors = load_tensors(path)["vectors"]
    words = len(Vocabulary.read((features or folder) / WORDS))
    with reading(path):
        if vectors.shape != (words, dimension) or not vectors.isfinite().all():
            raise ValueError(f"not {words} finite vectors of {dimension} numbers")
    return vectors


def vectors_file(folder: Path, dimension: int) -> Path:
    """The word vectors of the vocabulary, (words, dimension), as the tensor `vectors`."""
    return folder / f"vectors-{dimension}d.safetensors"
