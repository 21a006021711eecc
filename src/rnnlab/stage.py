"""A stage's script as a program: arguments, trouble in one sentence, and what the stage took."""

import functools
import os
import resource
import sys
import time
from collections.abc import Callable
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
    peak_memory: float
    """MiB: see `peak_memory`."""


def run(main: Callable[..., None], timings: Path | None = None) -> None:
    """Run a stage's `main` with the arguments of the command line.

    What it took is written into the folder `timings` if it ends well, under the stage's name: DVC
    tells that, and by hand it is the script's.
    """

    @functools.wraps(main)
    def timed(*arguments: Any, **options: Any) -> None:
        main(*arguments, **options)
        if timings is not None:
            name = os.environ.get("DVC_STAGE") or Path(sys.argv[0]).stem.replace("_", "-")
            started = psutil.Process().create_time()
            spent = Spent(started=started, ended=time.time(), peak_memory=peak_memory())
            write_json(timings / f"{name}.json", spent.model_dump())

    guarded(lambda: typer.run(timed))


def peak_memory() -> float:
    """MiB: the most that this process has held so far, or one of its ended children if more."""
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes there, KiB elsewhere
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(each).ru_maxrss for each in who) * unit / 2**20
