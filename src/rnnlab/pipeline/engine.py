"""The pipeline brought up to date, several stages at once: what is to do, and how it ended."""

import contextlib
import json
import time
from collections.abc import Sequence
from pathlib import Path

from rnnlab.errors import LabError
from rnnlab.files import alone, write_json
from rnnlab.pipeline import dependencies, lockfile, plan, schedule
from rnnlab.pipeline.board import DONE, FAILED, Board
from rnnlab.pipeline.dvc import BusyError
from rnnlab.pipeline.plan import Plan
from rnnlab.pipeline.terminal import GRACE
from rnnlab.pipeline.workspace import needs_pipeline
from rnnlab.settings.workers import Workers

TIMES = Path("logs/seconds.json")
LOCK = ".dvc/tmp/rnnlab/repro.lock"
"""Held by the one `rnnlab repro` that may be at work in a folder."""


def reproduce(
    jobs: int = 0,
    scheduler: str = "",
    takes: Workers | None = None,
    tls: Path | None = None,
    targets: Sequence[str] = (),
    force: bool = False,
) -> None:
    """Bring the current folder's pipeline up to date, several stages at a time.

    jobs: cores that stages may take here; 0: all. scheduler: address of a Dask cluster that does
    the work instead; tls: folder of the certificates that it asks for. takes: what a stage of each
    kind takes. targets, force: as for `plan.make`.

    Files, dvc.lock and caches are those of a plain `dvc repro`, which can be called before and
    after. When a stage fails, those that do not need it go on. Raises LabError then.
    """
    needs_pipeline(Path())
    Path(LOCK).parent.mkdir(parents=True, exist_ok=True)
    with alone(Path(LOCK), "`rnnlab repro`"):
        _check(takes or {})
        _reproduce(plan.make(targets, force), jobs, scheduler, takes or {}, tls)


def forecast(
    jobs: int = 0, takes: Workers | None = None, targets: Sequence[str] = (), force: bool = False
) -> list[str]:
    """What `reproduce` would do, a stage a line, and how long that takes by what is known."""
    from dask.system import CPU_COUNT

    _check(takes or {})
    needs, known, cores = plan.make(targets, force).needs, times(), jobs or CPU_COUNT
    if not needs:
        return ["Everything is up to date."]
    length = f"{len(needs)} stages to do"
    if known:
        taken = schedule.taken(needs, takes or {})
        minutes = schedule.makespan(needs, schedule.expected(needs, known), cores, taken) / 60
        length += f", about {minutes:.0f} min on {cores} cores by the times of earlier runs"
    return [*needs, f"{length}."]


def _reproduce(todo: Plan, jobs: int, scheduler: str, takes: Workers, tls: Path | None) -> None:
    if not todo.needs:
        print("Everything is up to date.")
        return
    from dask.system import CPU_COUNT

    from rnnlab.pipeline import crew  # with all of Dask: not before there is work

    cores, before = jobs or CPU_COUNT, lockfile.names(Path())
    with crew.Interrupt() as interrupt, Board(todo, times(), cores, takes) as board:
        try:
            if scheduler:
                with crew.remote(scheduler, todo, board, tls) as cluster:
                    away = todo if cluster.source is None else todo.without(todo.at_home)
                    crew.conduct(away, cluster, board, takes, interrupt)
                todo = _what_is_left(todo, away, board)
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
        except BusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def _what_is_left(todo: Plan, away: Plan, board: Board) -> Plan:
    """What of `todo` other workers could not do, less what waits for a stage that failed.

    away: what was theirs.
    """
    done = set(board.named(DONE))
    open_ = away.needs.keys() & plan.make().needs.keys()
    for name in open_ & done:
        board.fail(name, "what the worker read is not what is here", [])
    left = todo.without(done - open_)
    return left.without(left.followers({*board.named(FAILED), *open_}))


def _check(takes: Workers) -> None:
    # As dvc.yaml has them: a grid may be empty in params.yaml, and then no stage is of its kind.
    kinds = sorted(dependencies.load(Path("dvc.yaml")))
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
