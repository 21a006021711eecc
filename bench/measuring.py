"""Work in turns, work in processes of their own, and what its repeats say."""

import contextlib
import math
import multiprocessing
import os
import re
import statistics
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import psutil

T = TypeVar("T")
Row = dict[str, Any]


class Cost(NamedTuple):
    seconds: float
    """Of the call alone, without what its module imports."""
    peak_mib: float
    """Largest sum of the resident memory of the process and its children."""
    result: Any


def take_turns(measures: Mapping[str, Callable[[], T]], repeats: int) -> dict[str, list[T]]:
    """Each contender once, then each again, and so on: A B A B. What each measured, by name."""
    turns = [{name: measure() for name, measure in measures.items()} for _ in range(repeats)]
    return {name: [turn[name] for turn in turns] for name in measures}


def summary(values: Sequence[float]) -> Row:
    """The median of the repeats, and their spread from lowest to highest."""
    spread = {"median": statistics.median(values), "low": min(values), "high": max(values)}
    return {**spread, "values": list(values)}


def ratio(one: Row, other: Row) -> Row:
    """A summary of `one` to `other`, turn by turn: both met the same machine in the same minute."""
    return summary([a / b for a, b in zip(one["values"], other["values"], strict=True)])


def exponent(rows: Sequence[Row], key: str) -> float:
    """b of the best fit row[key] ≈ a · row["reviews"]^b, least squares over logarithms."""
    sizes = [math.log(row["reviews"]) for row in rows]
    return statistics.linear_regression(sizes, [math.log(row[key]) for row in rows]).slope


def start(cores: Collection[int] = ()) -> ProcessPoolExecutor:
    """One new Python, idle until work is submitted; on these cores, or all that this one may use.

    What is written to its terminal is lost.
    """
    spawn = multiprocessing.get_context("spawn")
    process = ProcessPoolExecutor(1, spawn, _begin, (cores or os.sched_getaffinity(0),))
    process.submit(int).result()  # it begins with its first work, and takes over the environment
    return process


def _begin(cores: Collection[int]) -> None:
    os.sched_setaffinity(0, cores)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """However it ended; an executor's process would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def cost(function: Callable[..., Any], **arguments: Any) -> Cost:
    """Call `function`, which a module has at its top, in a process of its own."""
    over = threading.Event()
    with start() as process, ThreadPoolExecutor(1) as pool:
        peak = pool.submit(_peak, psutil.Process(process.submit(os.getpid).result()), over)
        try:
            seconds, result = process.submit(_timed, partial(function, **arguments)).result()
        finally:
            over.set()
    return Cost(seconds, peak.result() / 2**20, result)


def costs_in_turns(
    functions: Mapping[str, Callable[..., Any]], repeats: int, **arguments: Any
) -> dict[str, list[Cost]]:
    """What each costs with the same arguments."""
    calls = {name: partial(cost, each, **arguments) for name, each in functions.items()}
    return take_turns(calls, repeats)


def _timed(call: Callable[[], T]) -> tuple[float, T]:
    started = time.perf_counter()
    result = call()
    return time.perf_counter() - started, result


def _peak(process: psutil.Process, over: threading.Event) -> int:
    """Bytes at the peak, looking every 20 ms until it is `over`."""
    peak = 0
    while not over.wait(0.02):
        with contextlib.suppress(psutil.Error, OSError):  # one has just ended
            if children := process.children(recursive=True):
                held = sum(each.memory_info().rss for each in (process, *children))
            else:  # a process alone: its own peak so far, which looking now and then can't miss
                status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
                held = sum(1024 * int(kib) for kib in re.findall(r"VmHWM:\s*(\d+)", status))
            peak = max(peak, held)
    return peak
