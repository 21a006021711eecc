"""reports/audits.csv: what was made again, when and where, and how it came out. It only grows."""

import csv
import io
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from rnnlab import git
from rnnlab.errors import LabError
from rnnlab.files import read_text, write_text


class Row(NamedTuple):
    """One stage made again."""

    date: str
    commit: str
    machine: str
    what: str
    verdict: str


def add(path: Path, rows: Sequence[Row]) -> None:
    """Write `rows` below those that stand in the log at `path`.

    Raises LabError if it lacks what is committed: what was found once stays.
    """
    before = read(path)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if not before:
        writer.writerow(Row._fields)
    writer.writerows(rows)
    write_text(path, before + text.getvalue())


def read(path: Path) -> str:
    """The log's text; nothing if there is none. Raises LabError as `add` does."""
    text = read_text(path) if path.exists() else ""
    if not text.startswith(_committed(path)):
        raise LabError(f"{path} lacks rows that are committed; `git restore {path}` brings them.")
    return text


def _committed(path: Path) -> str:
    """The log of the last commit; nothing if that has none, or there is no git."""
    with suppress(LabError):
        return git.said("show", f"HEAD:./{path.name}", folder=path.parent)
    return ""
