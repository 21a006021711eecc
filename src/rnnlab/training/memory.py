"""Keeps what a process holds of memory near what it uses."""

import ctypes
import sys

import psutil

HELD = 2**30
"""Bytes that a process may keep of what it has freed and what it uses."""


def give_back() -> None:
    """Return freed memory to the system, if this process holds more than `HELD` (Linux, glibc).

    Batches of ever other shapes leave holes of ever other sizes, and within a hundred steps a deep
    net holds thrice what it uses. Fetched anew, memory is zeroed first: too dear after every step.
    """
    if sys.platform != "linux" or psutil.Process().memory_info().rss < HELD:
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
