"""How answers look: tables for readers, JSON for programs."""

import json
import shutil
from collections.abc import Iterable, Mapping
from typing import Any

import typer
from tabulate import tabulate
from wcwidth import wcwidth


def table(rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows under the names of their columns; a row that lacks a column leaves it empty."""
    return str(tabulate(list(rows), headers="keys", tablefmt="simple", disable_numparse=True))


def answer(text: str, content: Any, as_json: bool) -> None:
    """Print `text`, or `content` as JSON."""
    typer.echo(json.dumps(content, ensure_ascii=False, indent=2) if as_json else text)


def cut(text: str, taken: int) -> str:
    """`text` in one line, cut off where a terminal ends that has `taken` columns in use."""
    room = shutil.get_terminal_size().columns - taken
    line = " ".join(text.split())
    widths = [max(wcwidth(each), 0) for each in line]
    if sum(widths) <= room:
        return line
    kept = 0
    while sum(widths[: kept + 1]) < room:
        kept += 1
    return f"{line[:kept]}…"
