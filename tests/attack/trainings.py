"""Trainings that are killed at a random moment, and go on."""

import contextlib
import os
import tempfile
import time
from functools import cache
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.attack import kill
from tests.forks import FORKED

from rnnlab.corpora import names as corpus
from rnnlab.corpora.names import Line
from rnnlab.files import write_table
from rnnlab.labs.names.settings import Training

TRAINING = Training(
    structure="lstm", hidden=16, batch=16, epochs=12, learning_rate=0.01, clip_norm=1.0,
    device="cpu", precision="fp32", threads=1,
)  # fmt: skip


class Unbroken(NamedTuple):
    """A training that nobody killed."""

    seconds: float
    bits: dict[str, bytes]


@kill("a training", often=5)
def training(dice: Random, folder: Path) -> bool:
    moment = dice.uniform(0, _unbroken().seconds)
    broken = _start(folder)
    time.sleep(moment)
    broken.kill()
    broken.join()
    _finish(folder)
    return bits(folder / "models") == _unbroken().bits


def bits(folder: Path) -> dict[str, bytes]:
    """The files below `folder` by their names."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@cache
def _unbroken() -> Unbroken:
    with tempfile.TemporaryDirectory() as folder:
        _finish(Path(folder))  # the first one starts what the others are forked from
        started = time.monotonic()
        _finish(Path(folder))
        return Unbroken(time.monotonic() - started, bits(Path(folder, "models")))


def _start(folder: Path) -> BaseProcess:
    process = FORKED.Process(target=_train, args=(folder,))
    process.start()
    return process


def _finish(folder: Path) -> None:
    process = _start(folder)
    process.join()
    if process.exitcode:
        raise RuntimeError(f"a training ended with {process.exitcode}")


def _train(folder: Path) -> None:
    os.environ["RNNLAB_TRACKING"] = "later"
    from rnnlab.labs.names import train
    from rnnlab.training.experiment import Places

    split = folder / "names.parquet"
    dice = Random(1)
    lines = [Line(f"L{n % 3}", "".join(dice.choices("abcdef", k=6))) for n in range(240)]
    write_table(split, corpus.split(lines, 0.2, 0.2, 1))
    places = Places(folder / "models", folder / "timing.json", folder / "checkpoint.safetensors")
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):  # noqa: PTH123
        train.train("lstm", 1, TRAINING, split, places)
