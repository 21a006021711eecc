"""Poems → ids of their characters in one flat array."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rnnlab.errors import LabError
from rnnlab.files import read_table, write_sealed, write_table
from rnnlab.text import sequences
from rnnlab.text.sequences import IDS, OFFSETS
from rnnlab.text.vocabulary import PADDING, UNKNOWN, Vocabulary

START, END = "<start>", "<end>"
PAD_ID, UNKNOWN_ID, START_ID, END_ID = range(4)
SPECIAL = (PADDING, UNKNOWN, START, END)

ROWS, WORDS, COVERAGE = "rows.parquet", "vocabulary.txt", "coverage.json"
FILES = (IDS, OFFSETS, ROWS, WORDS, COVERAGE)


@dataclass(frozen=True)
class Poems:
    """Poems as ids, each from its start symbol to its end symbol.

    Poem i is `ids[offsets[i]:offsets[i + 1]]`.
    """

    ids: NDArray[np.int16]
    offsets: NDArray[np.int64]
    id: NDArray[np.str_]
    part: NDArray[np.str_]

    def rows(self, part: str) -> NDArray[np.int64]:
        return np.flatnonzero(self.part == part)

    def lengths(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Symbols that are read, and as many that are predicted: one less than the poem's ids."""
        return self.offsets[rows + 1] - self.offsets[rows] - 1

    def sequence(self, row: int) -> NDArray[np.int16]:
        return self.ids[self.offsets[row] : self.offsets[row + 1]]

    def counts(self, part: str, symbols: int) -> NDArray[np.int64]:
        """(symbols,): how often each of the vocabulary's symbols is to be predicted in `part`."""
        predicted = [self.sequence(row)[1:] for row in self.rows(part)]
        return np.bincount(np.concatenate(predicted), minlength=symbols)


def vocabulary(texts: Iterable[str], max_size: int, min_count: int) -> Vocabulary:
    """The characters of `texts`, the commonest first, after padding, unknown, start and end."""
    counted = Vocabulary.count(Counter(c for text in texts for c in text), max_size, min_count)
    return Vocabulary([*SPECIAL, *counted.words[2:]])


def encode(text: str, known: Vocabulary) -> list[int]:
    """A poem's ids, from start to end."""
    return [START_ID, *known.encode(text), END_ID]


def decode(ids: Iterable[int], known: Vocabulary) -> str:
    """The text of `ids`, without start, end and padding; an unknown character becomes □."""
    words = (known.words[number] for number in ids if number not in (PAD_ID, START_ID, END_ID))
    return "".join("□" if word == UNKNOWN else word for word in words)


def write(folder: Path, poems: list[dict[str, str]], max_size: int, min_count: int) -> None:
    """Count the vocabulary on the training part of `poems` (`id, text, part`); write all as ids.

    Raises LabError if no character is common enough.
    """
    training = [poem["text"] for poem in poems if poem["part"] == "train"]
    known = vocabulary(training, max_size, min_count)
    if len(known) == len(SPECIAL):
        raise LabError(
            f"no character of the poems occurs {min_count} times in their training part; "
            "lower poetry.vocabulary.min_count in params.yaml."
        )
    if len(known) > np.iinfo(np.int16).max:
        raise LabError("poetry.vocabulary.max_size in params.yaml must be below 32,764.")
    known.write(folder / WORDS)
    pieces = [np.array(encode(poem["text"], known), dtype=np.int16) for poem in poems]
    offsets = np.concatenate([[0], np.cumsum([len(each) for each in pieces])]).astype(np.int64)
    sequences.write(folder, np.concatenate(pieces), offsets)
    rows = {name: [poem[name] for poem in poems] for name in ("id", "part")}
    write_table(folder / ROWS, pa.table(rows))
    write_sealed(folder / COVERAGE, coverage(poems, known))


def coverage(poems: list[dict[str, str]], known: Vocabulary) -> dict[str, float]:
    """Symbols of the vocabulary, characters of all parts, and how many of these are unknown.

    `unknown_kinds` counts the distinct characters, of all parts, that share the symbol <unk>.
    `unigram_nll`: nats per character of the test part, if all that is known is how common
    each symbol is in the training part (add-one smoothing).
    """
    parts: dict[str, Counter[str]] = {part: Counter() for part in ("train", "valid", "test")}
    for poem in poems:
        parts[poem["part"]].update(poem["text"])
    symbols = {part: _symbols(characters, known) for part, characters in parts.items()}
    train, test = symbols["train"], symbols["test"]
    total = train.total() + len(known)
    nats = sum(n * math.log(total / (train[each] + 1)) for each, n in test.items())
    unknown = {each for characters in parts.values() for each in characters} - set(known.ids)
    return {
        "vocabulary": len(known),
        **{f"{part}_characters": characters.total() for part, characters in parts.items()},
        **{f"{part}_unknown": counts[UNKNOWN] for part, counts in symbols.items()},
        "unknown_kinds": len(unknown),
        "unigram_nll": nats / test.total(),
    }


def _symbols(characters: Counter[str], known: Vocabulary) -> Counter[str]:
    """`characters` with all unknown ones counted as one symbol."""
    symbols: Counter[str] = Counter()
    for each, times in characters.items():
        symbols[each if each in known.ids else UNKNOWN] += times
    return symbols


def read(folder: Path) -> Poems:
    """What `write` wrote, the ids mapped into memory.

    Raises LabError if a file is missing, was changed, or is not of the same poems as the others.
    """
    rows = read_table(folder / ROWS, ("id", "part"))
    found = sequences.read(folder, rows.num_rows, len(Vocabulary.read(folder / WORDS)))
    return Poems(*found, rows["id"].to_numpy(), rows["part"].to_numpy())
