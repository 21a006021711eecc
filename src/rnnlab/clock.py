"""What a stage takes: its time, and the most memory that it held."""

import contextlib
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from pydantic import BaseModel

from rnnlab.files import write_json


class Spent(BaseModel):
    """What a file below timings/stages/ says; never the same twice."""

    started: float
    """Seconds since 1970."""
    ended: float
    peak_memory: float
    """MiB: see `peak_memory`."""


@contextlib.contextmanager
def timed(path: Path) -> Iterator[None]:
    """Around the work of a stage: what it took is written to `path` if it ends well.

    Time counts from the start of the process, so that imports are in it.
    """
    yield
    started = psutil.Process().create_time()
    spent = Spent(started=started, ended=time.time(), peak_memory=peak_memory())
    write_json(path, spent.model_dump())


def peak_memory() -> float:
    """MiB: the most that this process has held so far, or one of its ended children if more."""
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes there, KiB elsewhere
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(each).ru_maxrss for each in who) * unit / 2**20
