"""Several stages at once: each by a `dvc repro` of its own, in the order of DVC's graph."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from dvc.exceptions import DvcException
from dvc.repo import Repo

from rnnlab.errors import LabError

BUSY = ("Unable to acquire lock", "is busy, it is being blocked by")
"""What DVC says when another process holds its lock, or a file's, longer than it cares to wait."""


def reproduce(jobs: int) -> None:
    """Bring the current folder's pipeline up to date, `jobs` stages at a time.

    The results are those of a plain `dvc repro`, which can be called before or after. When a
    stage fails, those that run are let finish, and no other is begun. Raises LabError then.
    """
    waiting = outdated()
    running: dict[Future[bool], str] = {}
    failed: list[str] = []
    with ThreadPoolExecutor(jobs) as pool:
        while running or (waiting and not failed):
            begun = set(running.values())
            for name in [] if failed else ready(waiting, begun)[: jobs - len(begun)]:
                running[pool.submit(run, name)] = name
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                name = running.pop(future)
                if future.result():
                    del waiting[name]
                else:
                    failed.append(name)
    if failed:
        raise LabError(f"{', '.join(failed)} failed, see above; mend it and run again.")


def outdated() -> dict[str, set[str]]:
    """The stages that have something to do or that follow one, and what each waits for."""
    with _told(), Repo() as repo:
        changed = {name for name, state in repo.status().items() if state != ["always changed"]}
        graph = repo.index.graph
        needs = {
            stage.addressing: {other.addressing for other in graph.successors(stage)}
            for stage in graph
        }
    grown = True
    while grown:
        following = {name for name, sources in needs.items() if sources & changed} - changed
        changed |= following
        grown = bool(following)
    return {name: needs[name] & changed for name in needs if name in changed}


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What DVC finds wrong with a pipeline, as one sentence."""
    try:
        yield
    except DvcException as error:
        raise LabError(
            f"DVC can't read the pipeline here: {' '.join(str(error).split())}."
        ) from None


def ready(waiting: dict[str, set[str]], begun: set[str]) -> list[str]:
    """The stages that wait for no other and have not begun."""
    return [
        name for name, needs in waiting.items() if name not in begun and not needs & waiting.keys()
    ]


def run(stage: str) -> bool:
    """One stage by `dvc repro`; whether it ended well. What it prints is passed on."""
    command = [sys.executable, "-m", "dvc", "repro", "--single-item", stage]
    while True:
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        busy = False
        for line in process.stderr or []:
            busy = busy or any(words in line for words in BUSY)
            if not busy:
                sys.stderr.write(line)
        if process.wait() == 0:
            return True
        if not busy:
            return False
        time.sleep(0.5)
