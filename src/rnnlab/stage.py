"""A stage's script as a program: arguments, trouble in one sentence, and what the stage took."""

import functools
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Any

import psutil
import typer
from pydantic import BaseModel

from rnnlab.errors import guarded
from rnnlab.files import write_json


class Spent(BaseModel):
    """What a stage took; never the same twice."""

    started: float
    """Seconds since 1970, when the process began, so that imports are in it."""
    ended: float
    core_seconds: float
    """On processors, of the process and its ended children."""
    peak_memory: float
    """MiB: see `peak_memory`."""


def run(main: Callable[..., None], timings: Path | None = None) -> None:
    """Run a stage's `main` with the arguments of the command line, or with those in its name.

    DVC tells a grid's stage its name, `names-train@lstm-1`, without a shell in between; in a
    command of dvc.yaml a shell would run what params.yaml calls a net. What the stage took is
    written into the folder `timings` if it ends well, under its name, by hand the script's.
    """

    @functools.wraps(main)
    def timed(*arguments: Any, **options: Any) -> None:
        main(*arguments, **options)
        if timings is not None:
            _end_workers()
            name = _name() or Path(sys.argv[0]).stem.replace("_", "-")
            spent = Spent(
                started=psutil.Process().create_time(),
                ended=time.time(),
                core_seconds=core_seconds(),
                peak_memory=peak_memory(),
            )
            write_json(timings / f"{name}.json", spent.model_dump())

    if all(each.startswith("--") for each in sys.argv[1:]):
        sys.argv += _arguments(main)
    guarded(lambda: typer.run(timed))


def _end_workers() -> None:
    """End joblib's workers, which wait for more: what a child took is known once it has ended."""
    for worker in multiprocessing.active_children():
        worker.terminate()
        worker.join()


def _name() -> str:
    """What DVC calls the stage that runs; nothing by hand."""
    return os.environ.get("DVC_STAGE", "").rpartition(":")[2]


def _arguments(main: Callable[..., None]) -> list[str]:
    """Those of a grid's stage, as they stand in its name: the last ones have no dash in them."""
    number = sum(each.default is each.empty for each in signature(main).parameters.values())
    given = _name().partition("@")[2]
    return ["--", *given.rsplit("-", number - 1)] if given and number else []


def core_seconds() -> float:
    """What this process and its ended children have spent on processors so far."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def peak_memory() -> float:
    """MiB: the most that this process has held so far, or one of its ended children if more."""
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes there, KiB elsewhere
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(each).ru_maxrss for each in who) * unit / 2**20
