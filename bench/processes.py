"""What a function costs in a process of its own: seconds, and peak memory of it and its children.

`python -m bench.processes module:function '{"argument": …}'` is that process.
"""

import importlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psutil

ROOT = Path(__file__).parent.parent
MIB = 2**20


class Cost(NamedTuple):
    seconds: float
    """Of the call alone, or of the whole command."""
    peak_mib: float
    """Largest sum of the resident memory of the process and its children."""
    result: Any


def cost(function: Callable[..., Any], **arguments: Any) -> Cost:
    """Call `function`, which a module of bench/ has at its top, with plain JSON arguments.

    Imports are not timed. Raises RuntimeError with the end of what it printed if it fails.
    """
    place = f"{function.__module__}:{function.__name__}"
    command = [sys.executable, "-m", "bench.processes", place, json.dumps(arguments)]
    whole = run(command, ROOT)
    answer = json.loads(whole.result.splitlines()[-1])
    return Cost(answer["seconds"], whole.peak_mib, answer["result"])


def run(command: Sequence[str], folder: Path, environment: dict[str, str] | None = None) -> Cost:
    """Run a command to its end; `result` is what it wrote to stdout. RuntimeError if it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    watch = _Watch(process.pid)
    try:
        output, errors = process.communicate()
        seconds = time.perf_counter() - started
    finally:
        process.kill()  # if this was interrupted
        peak = watch.end()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: {(errors or output)[-2000:]}")
    return Cost(seconds, peak / MIB, output)


class _Watch(threading.Thread):
    """Looks at a process and its children every 20 ms."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._root, self._peak, self._over = psutil.Process(pid), 0, threading.Event()
        self.start()

    def run(self) -> None:
        while not self._over.wait(0.02):
            self._peak = max(self._peak, self._resident())

    def end(self) -> int:
        """Bytes at the peak."""
        self._over.set()
        self.join()
        return self._peak

    def _resident(self) -> int:
        """The sum now, or for a process alone its own peak so far, which polling can't miss."""
        try:
            tree = [self._root, *self._root.children(recursive=True)]
        except psutil.Error:
            return 0
        if len(tree) == 1:
            return _high_water(self._root.pid)
        return sum(_resident(each) for each in tree)


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0  # it has just ended


def _high_water(pid: int) -> int:
    """VmHWM of /proc: the most that was resident at a time; 0 where there is none."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    lines = [line.split() for line in status.splitlines() if line.startswith("VmHWM")]
    return int(lines[0][1]) * 1024 if lines else 0


def _main(place: str, arguments: str) -> None:
    module, name = place.split(":")
    function = getattr(importlib.import_module(module), name)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is not the answer
    started = time.perf_counter()
    result = function(**json.loads(arguments))
    seconds = time.perf_counter() - started
    answers.write(json.dumps({"seconds": seconds, "result": result}) + "\n")
    answers.close()


if __name__ == "__main__":
    _main(*sys.argv[1:])
