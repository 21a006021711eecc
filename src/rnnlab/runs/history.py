"""What training leaves behind, epoch by epoch: scores, and how long each epoch took."""

import csv
import dataclasses
import io
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rnnlab.files import reading, write_text


@dataclasses.dataclass(frozen=True)
class Epoch:
    """A row of history.csv. Losses in nats an item, accuracies as fractions."""

    epoch: int
    train_loss: float
    train_accuracy: float
    valid_loss: float
    valid_accuracy: float
    gradient_norm: float
    """Mean over the epoch's steps, before clipping."""
    gradient_norm_max: float


@dataclasses.dataclass(frozen=True)
class Pace:
    """How long an epoch took: never the same twice, so kept apart from `Epoch`."""

    epoch: int
    train_seconds: float
    valid_seconds: float
    tokens: int
    """Real (unpadded) tokens trained on."""
    system: dict[str, float] = dataclasses.field(default_factory=dict)
    """How busy the machine was meanwhile, see `rnnlab.training.machine.usage`."""
    ended: float = 0.0
    """Seconds since 1970."""


class Trained(NamedTuple):
    """Which run a history is of."""

    lab: str
    regime: str
    net: str
    seed: int


Curves = dict[Trained, list[Epoch]]
"""The histories of all runs."""


def of(curves: Curves, lab: str, regime: str, net: str) -> list[list[Epoch]]:
    """The histories of one net, a list a seed."""
    return [each for run, each in curves.items() if run[:3] == (lab, regime, net)]


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write `rows`, which have the same keys, as CSV."""
    text, rows = io.StringIO(), list(rows)
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    write_text(path, text.getvalue())


def write_history(path: Path, history: list[Epoch]) -> None:
    write_rows(path, map(dataclasses.asdict, history))


def read_history(path: Path) -> list[Epoch]:
    with reading(path):
        return _in_order([_epoch(row) for row in _rows(path)])


def write_curves(path: Path, curves: Curves) -> None:
    """One row an epoch of every run."""
    rows = ((run, row) for run, history in curves.items() for row in history)
    write_rows(path, ({**run._asdict(), **dataclasses.asdict(row)} for run, row in rows))


def read_curves(path: Path) -> Curves:
    """What `write_curves` wrote. Raises LabError if it is missing or broken."""
    found: Curves = {}
    with reading(path):
        for row in _rows(path):
            run = Trained(row["lab"], row["regime"], row["net"], int(row["seed"]))
            found.setdefault(run, []).append(_epoch(row))
        return {run: _in_order(epochs) for run, epochs in found.items()}


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, strict=True)


def _epoch(row: Mapping[str, str]) -> Epoch:
    numbers: dict[str, Any] = {
        each.name: float(row[each.name]) for each in dataclasses.fields(Epoch)
    }
    return Epoch(**{**numbers, "epoch": int(row["epoch"])})


def _in_order(epochs: list[Epoch]) -> list[Epoch]:
    if [each.epoch for each in epochs] != list(range(1, len(epochs) + 1)):
        raise ValueError("a run's epochs are not all there")
    if any(math.isnan(number) for each in epochs for number in dataclasses.astuple(each)):
        raise ValueError("it has a number that is none")
    return epochs
