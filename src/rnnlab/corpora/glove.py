"""GloVe text files of any size (Pennington et al. 2014): a word and its numbers on each line."""

from codecs import BOM_UTF8
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rnnlab.corpora.archives import text_lines
from rnnlab.errors import LabError


def pick(
    path: Path, dimension: int, wanted: Mapping[str, int]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Pick the vectors of the wanted words out of a GloVe file, in the file's order.

    The file may be plain, .gz, or a zip with one member that ends with `.<dimension>d.txt`. Words
    may contain spaces (GloVe 840B has such words).

    `wanted` maps a word to its row in the caller's table. Returns those rows, shape (found,), and
    the vectors, shape (found, dimension). Only wanted words are parsed; memory grows with `wanted`
    alone. Of a word that occurs twice, the first counts. Raises LabError, with the line number,
    for a file that is not UTF-8 (looked at in the first line), for two spaces side by side or a
    wrong number of columns (in the first line and in those of wanted words), and for something
    that is not a finite number.
    """
    rows_left = {word.encode(): row for word, row in wanted.items()}
    # A line is split only if what stands before its first space can start a wanted word.
    beginnings = {word.partition(b" ")[0] for word in rows_left}
    rows = np.empty(len(rows_left), dtype=np.int64)
    vectors = np.empty((len(rows_left), dimension), dtype=np.float32)
    found = 0
    for number, text in enumerate(text_lines(path, f".{dimension}d.txt"), start=1):
        line = _first(text, path) if number == 1 else text
        if line[: line.find(b" ")] not in beginnings and number > 1:
            continue
        word, numbers = _split(line, dimension, path, number)
        row = rows_left.pop(word, None)
        if row is not None:
            rows[found] = row
            vectors[found] = _parsed(numbers, path, number)
            found += 1
    return rows[:found], vectors[:found]


def _first(line: bytes, path: Path) -> bytes:
    """A file's first line without a byte order mark, which would become part of its first word."""
    if b"\0" in line:
        raise LabError(f"{path} is UTF-16 or no text at all; save it as UTF-8.")
    return line.removeprefix(BOM_UTF8)


def _split(line: bytes, dimension: int, path: Path, number: int) -> tuple[bytes, list[bytes]]:
    """Split a line: what is left of its last `dimension` columns is the word."""
    columns = line.rstrip(b"\r\n").split(b" ")
    if b"" in columns:
        raise LabError(
            f"{path}, line {number}: a space stands where a word or a number should; write one "
            "space between the columns, and none before or after them."
        )
    pieces, numbers = columns[:-dimension], columns[-dimension:]
    # Numbers left in the word mean a larger dimension; other pieces are a word with spaces.
    if not pieces or (len(pieces) > 1 and all(map(_is_number, pieces[1:]))):
        raise LabError(
            f"{path}, line {number}: there are {len(columns) - 1} numbers after the word instead "
            f"of {dimension}; check that this is the GloVe file of {dimension} dimensions, whole."
        )
    return b" ".join(pieces), numbers


def _is_number(text: bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _parsed(numbers: list[bytes], path: Path, number: int) -> npt.NDArray[np.float32]:
    try:
        vector = np.array([float(text) for text in numbers], dtype=np.float32)
        if not np.isfinite(vector).all():
            raise ValueError("a value is not a finite number")
    except ValueError as trouble:
        raise LabError(f"{path}, line {number}: {trouble}; fetch the file again.") from trouble
    return vector
