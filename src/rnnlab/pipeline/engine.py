"""The pipeline brought up to date, several stages at once: what is to do, and how it ended."""

import contextlib
import json
import time
from pathlib import Path

from rnnlab.errors import LabError
from rnnlab.files import alone, write_json
from rnnlab.pipeline import lockfile, plan
from rnnlab.pipeline.board import DONE, FAILED, Board
from rnnlab.pipeline.plan import Plan
from rnnlab.pipeline.terminal import GRACE
from rnnlab.settings.base import read
from rnnlab.settings.workers import Workers

TIMES = Path("logs/seconds.json")
LOCK = ".dvc/tmp/rnnlab/repro.lock"
"""Held by the one `rnnlab repro` that may be at work in a folder."""


def reproduce(jobs: int = 0, scheduler: str = "", takes: Workers | None = None) -> None:
    """Bring the current folder's pipeline up to date, several stages at a time.

    jobs: cores that stages may take here; 0: all. scheduler: address of a Dask cluster that does
    the work instead. takes: what a stage of each kind takes.

    Files, dvc.lock and caches are those of a plain `dvc repro`, which can be called before and
    after. When a stage fails, those that do not need it go on. Raises LabError then.
    """
    if not Path(".dvc").is_dir():
        raise LabError(f"{Path.cwd()} holds no pipeline (no .dvc); run this where one is.")
    Path(LOCK).parent.mkdir(parents=True, exist_ok=True)
    with alone(Path(LOCK), "`rnnlab repro`"):
        _reproduce(jobs, scheduler, takes or {})


def _reproduce(jobs: int, scheduler: str, takes: Workers) -> None:
    todo = plan.make()
    _check(takes)
    if not todo.needs:
        print("Everything is up to date.")
        return
    from dask.system import CPU_COUNT

    from rnnlab.pipeline import crew  # with all of Dask: not before there is work

    cores, before = jobs or CPU_COUNT, list(lockfile.entries(Path()))
    with crew.Interrupt() as interrupt, Board(todo, times(), cores) as board:
        try:
            if scheduler:
                with crew.remote(scheduler, todo, board) as cluster:
                    away = todo if cluster.source is None else todo.without(todo.at_home)
                    crew.conduct(away, cluster, board, takes, interrupt)
                todo = _what_is_left(away, board)
            if todo.needs:
                with crew.local(cores, board) as cluster:
                    crew.conduct(todo, cluster, board, takes, interrupt)
        except BaseException:
            board.stop(_outdated())
            raise
        finally:
            write_json(TIMES, board.known)
            lockfile.put_in_order(Path(), before, todo.order)
    if failed := board.named(FAILED):
        raise LabError(f"{', '.join(failed)} failed, see above; fix it and run again.")
    if len(board.named(DONE)) < len(board.stages):
        raise LabError("not all stages were done, see above; run again.")


def _outdated() -> set[str]:
    """The stages that are not done, once those that were interrupted have let go of their files."""
    deadline = time.monotonic() + GRACE + 5
    while True:
        try:
            return set(plan.make().needs)
        except lockfile.BusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def _what_is_left(away: Plan, board: Board) -> Plan:
    """What other workers could not do, less what waits for a stage that failed."""
    todo = plan.make()
    open_ = away.needs.keys() & todo.needs.keys()
    for name in open_ & set(board.named(DONE)):
        board.fail(name, "what the worker read is not what is here", [])
    return todo.without(todo.followers({*board.named(FAILED), *open_}))


def _check(takes: Workers) -> None:
    # As dvc.yaml has them: a grid may be empty in params.yaml, and then no stage is of its kind.
    kinds = sorted(read(Path("dvc.yaml"))["stages"])
    for name in takes:
        if name not in kinds:
            raise LabError(
                f"params.yaml: workers.{name} is no stage in dvc.yaml. Known: {', '.join(kinds)}."
            )


def times() -> dict[str, float]:
    """How long stages took when they last ran here."""
    with contextlib.suppress(OSError, ValueError):
        return {str(key): float(value) for key, value in json.loads(TIMES.read_text()).items()}
    return {}
