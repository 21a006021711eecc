"""Surnames of 18 languages: read, folded to 57 symbols, counted, and split.

The lists hold many names twice or more (Arabic: 2,000 lines, 108 names). A name that is both
trained on and validated on would tell nothing, so what is split here are the distinct (language,
name) pairs. The same surname in several languages stays: it is part of the task, and it bounds
the accuracy that any classifier can reach.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from rnnlab.corpora.archives import members
from rnnlab.corpora.folding import SYMBOLS, fold
from rnnlab.corpora.split import train_valid
from rnnlab.errors import LabError, about
from rnnlab.files import write_sealed, write_table

LONGEST = 200
"""Symbols of a line, ten times what the longest surname has."""

PARTS = ("train", "valid", "test")
_FILE = r"(?:.*/)?names/(\w+)\.txt"


class Line(NamedTuple):
    """One line of a list: a surname as it is written there."""

    language: str
    written: str


def read(archive: Path) -> list[Line]:
    """The lines of all lists in `archive`, empty ones left out.

    Raises LabError if the archive is broken or holds less than two lists, two of one language or
    one without a surname, or if a line can't be folded.
    """
    lines: list[Line] = []
    languages: set[str] = set()
    for path, content in members(archive, select=_FILE):
        language = re.fullmatch(_FILE, path)[1]  # type: ignore[index]  # `members` has matched it
        try:
            text = content.decode()
        except UnicodeDecodeError:
            raise LabError(f"{archive}: {path} is not UTF-8 text; download it again.") from None
        if language in languages:
            raise LabError(f"{archive} holds two lists of {language}; download it again.")
        languages.add(language)
        before = len(lines)
        for number, written in enumerate(text.splitlines(), start=1):
            if written.strip():
                with about(f"{archive}, {path}, line {number}"):
                    if len(written) > LONGEST:
                        raise LabError(f"{len(written):,} symbols are no surname; mend the line.")
                    fold(written)
                lines.append(Line(language, written.strip()))
        if len(lines) == before:
            raise LabError(f"{archive}: {path} holds no surname; download it again.")
    if len(languages) < 2:
        held = f"of {languages.pop()} alone" if languages else "of no language"
        raise LabError(f"{archive} holds surnames {held}, not of two or more; download it again.")
    return lines


def write(
    archive: Path,
    output: Path,
    counts: Path,
    valid_fraction: float,
    test_fraction: float,
    seed: int,
) -> None:
    """Divide the names of `archive`: the table of `split` and, as JSON, the counts of `count`."""
    lines = read(archive)
    with about(archive):
        table = split(lines, valid_fraction, test_fraction, seed)
    write_table(output, table)
    write_sealed(counts, count(lines, table, valid_fraction + test_fraction, seed))


def split(
    lines: Iterable[Line], valid_fraction: float, test_fraction: float, seed: int
) -> pa.Table:
    """Divide the distinct names, with equal shares of each language.

    A table `id, language, name, copies, part` (train, valid or test), sorted by id; `name` is
    folded, `copies` says on how many lines it stood. No (language, name) pair is in two parts.
    """
    copies = Counter((line.language, fold(line.written)) for line in lines)
    pairs = sorted(copies)
    ids = [f"{language}/{name}" for language, name in pairs]
    languages, names = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    held_out = valid_fraction + test_fraction
    rest = train_valid(ids, languages, held_out, seed)[1]
    labels = [each.partition("/")[0] for each in rest]
    valid, test = map(set, train_valid(rest, labels, test_fraction / held_out, seed))
    parts = ["valid" if each in valid else "test" if each in test else "train" for each in ids]
    columns = [ids, languages, names, [copies[pair] for pair in pairs], parts]
    return pa.table(columns, ["id", "language", "name", "copies", "part"])


def count(lines: list[Line], table: pa.Table, held_out: float, seed: int) -> dict[str, Any]:
    """What is to know of the data's quality, as plain JSON.

    held_out: the share that is not trained on. `best_accuracy`: the most that any function from a
    name to one language can get right, over all distinct (language, name) pairs and over those of
    each part that is held out, and of both. `seen_under_another_language`: such pairs whose name is
    in training, but only with other labels. `leak`: held-out lines with a twin in training, had the
    lines been split instead of the distinct names.
    """
    rows = table.to_pylist()
    parts = {part: [row for row in rows if row["part"] == part] for part in PARTS}
    trained = {row["name"] for row in parts["train"]}
    both = parts["valid"] + parts["test"]
    languages_of = Counter(row["name"] for row in rows)
    shared = [languages for languages in languages_of.values() if languages > 1]
    return {
        "lines": len(lines),
        "pairs": len(rows),
        "duplicate_lines": len(lines) - len(rows),
        "names": len(languages_of),
        "homonyms": len(shared),
        "homonym_pairs": sum(shared),
        "best_accuracy": len(languages_of) / len(rows),
        "folded_lines": sum(fold(line.written) != line.written for line in lines),
        "lost_symbols": dict(sorted(_lost(lines).items())),
        "train": {"pairs": len(parts["train"])},
        "valid": _held_out(parts["valid"], trained),
        "test": _held_out(parts["test"], trained),
        "held_out": _held_out(both, trained),
        "leak": _leak(lines, held_out, seed),
        "languages": _by_language(rows),
    }


def _lost(lines: list[Line]) -> Counter[str]:
    """Symbols that folding drops whole, not down to a letter."""
    return Counter(
        symbol
        for line in lines
        for symbol in unicodedata.normalize("NFC", line.written)
        if not any(part in SYMBOLS for part in unicodedata.normalize("NFD", symbol))
    )


def _held_out(rows: list[dict[str, Any]], trained: set[str]) -> dict[str, float]:
    names = {row["name"] for row in rows}
    return {
        "pairs": len(rows),
        "names": len(names),
        "best_accuracy": len(names) / len(rows),
        "seen_under_another_language": sum(row["name"] in trained for row in rows),
    }


def _leak(lines: list[Line], held_out: float, seed: int) -> dict[str, int]:
    from sklearn.model_selection import train_test_split

    pairs = [(line.language, fold(line.written)) for line in lines]
    train, rest = train_test_split(
        pairs, test_size=held_out, random_state=seed, stratify=[pair[0] for pair in pairs]
    )
    known = set(train)
    return {"held_out_lines": len(rest), "with_a_twin": sum(pair in known for pair in rest)}


def _by_language(rows: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        each = counts.setdefault(row["language"], dict.fromkeys(("lines", "pairs", *PARTS), 0))
        each["lines"] += row["copies"]
        each["pairs"] += 1
        each[row["part"]] += 1
    return counts
