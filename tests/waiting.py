"""Waits that end: for what does not happen in time, a test fails and says so."""

import contextlib
import subprocess
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any

import requests

PATIENCE = 120
"""Seconds until a server or a page must be there, on a busy machine too."""

Process = subprocess.Popen[Any] | BaseProcess


def until(
    happened: Callable[[], Any],
    process: Process | None = None,
    seconds: float = 200,
    said: Callable[[], str] = lambda: "",
    pause: float = 0.05,
) -> Any:
    """What `happened` returns, once that is true; looked at again after each `pause`.

    process: one that has to live on meanwhile. said: what is shown if it does not happen.
    """
    end = time.monotonic() + seconds
    while not (found := happened()):
        assert process is None or lives(process), f"the process ended {said()}{_last(process)}"
        assert time.monotonic() < end, f"it did not happen in {seconds:g} s {said()}"
        time.sleep(pause)
    return found


def lives(process: Process) -> bool:
    if isinstance(process, subprocess.Popen):
        return process.poll() is None
    return process.is_alive()


def _last(process: Process) -> str:
    """What a process that has ended printed, if somebody listens."""
    output = getattr(process, "stdout", None)
    return str(output.read()) if output else ""


def answers(address: str) -> bool:
    """Whether a server on the web says that all is well."""
    with contextlib.suppress(requests.RequestException):
        return requests.get(address, timeout=5).ok
    return False
