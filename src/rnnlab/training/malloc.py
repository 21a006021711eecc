"""Keeps what a process holds of memory near what it uses."""

import ctypes
import sys

import psutil

KEPT = 1920 * 2**20
"""Bytes that a process may hold and keep what it has freed."""
LARGE = 2**27
"""Bytes of a block that malloc does not take from what it keeps (see `machine.prepare`)."""


def give_back(ahead: int) -> None:
    """Return freed memory to the system, where much is held (Linux, glibc).

    ahead: bytes of the largest block that comes next. Each batch has another shape and leaves holes
    of another size: within some hundred steps, a deep net holds three times what it uses. Fetched
    anew, memory is zeroed first; after every step, that would take a third of the time.
    """
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim and (ahead >= LARGE or psutil.Process().memory_info().rss > KEPT):
        trim(0)
