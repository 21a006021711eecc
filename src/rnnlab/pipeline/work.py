"""What a Dask worker does with one stage, and how the head reaches into it."""

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from distributed import get_worker
from distributed.diagnostics.plugin import WorkerPlugin

from rnnlab.errors import LabError
from rnnlab.files import alone
from rnnlab.pipeline import clone
from rnnlab.pipeline.clone import Bundle
from rnnlab.pipeline.dvc import busy
from rnnlab.pipeline.lockfile import Entry, entry, put
from rnnlab.pipeline.terminal import Terminal

SHARED = "RNNLAB_FOLDER"
"""The variable that tells a worker where it finds the pipeline's folder, if not at the head's path;
set to nothing, that it has none."""
LOGS = Path("logs")
TAIL = 12
"""Lines of a log that are shown of a stage that failed."""
OFTEN = 0.5
"""Seconds from one word on a stage's progress to the next."""
BUSY = ("Unable to acquire lock", "is busy, it is being blocked by")
"""What DVC says when another process holds its lock, or a file's, longer than it cares to wait."""
WAITING = "Waiting to acquire lock"
"""What DVC shows meanwhile."""
PATIENCE = 600.0
"""Seconds that a stage waits for another process to let go of a lock of DVC's."""
RUNNING = "Running stage '"
"""What DVC says before it runs a stage's command."""
TRACKING = "MLFLOW_TRACKING_URI"
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Call(NamedTuple):
    """What one call of the head tells its workers of itself."""

    run: str
    """Its name."""
    folder: str
    """The pipeline's, on the head."""
    mark: str
    """A file in there that the head wrote: a worker that sees it shares the folder."""
    variables: dict[str, str]
    """Of the head's environment, for workers whose own does not say."""


class Job(NamedTuple):
    """One stage for one worker. sources: the stages whose outputs it reads."""

    stage: str
    call: Call
    sources: list[str]
    cores: int
    gpu: float
    force: bool


class Done(NamedTuple):
    """A stage that ended well."""

    stage: str
    seconds: float
    ran: bool
    """Whether its command ran; DVC knew the result of the same command on the same files else."""
    entry: Entry
    """Of dvc.lock, if all workers do not share it."""
    log: str | None
    """What it printed, if it ran in a clone, so that its outputs are in the DVC remote."""


class StageError(Exception):
    """A stage that did not. Its arguments: the stage, the reason, the last lines of its log."""


class StoppedError(Exception):
    """The head wants no more of this run."""


class _Here:
    """What this worker process is about."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running: dict[str, list[Terminal]] = defaultdict(list)
        self.stopped: set[str] = set()
        self.gpu_load = dict.fromkeys(gpus(), 0.0)

    @contextlib.contextmanager
    def gpu(self, share: float) -> Iterator[str | None]:
        """The GPU with the most to spare, for as long as the block lasts."""
        if not share or not self.gpu_load:
            yield None
            return
        with self.lock:
            device = min(self.gpu_load, key=lambda each: self.gpu_load[each])
            self.gpu_load[device] += share
        try:
            yield device
        finally:
            with self.lock:
                self.gpu_load[device] -= share


def gpus() -> list[str]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [each for each in visible.split(",") if each.strip() not in ("", "-1")]
    if not shutil.which("nvidia-smi"):
        return []
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
    number = sum(line.startswith("GPU ") for line in listed.stdout.splitlines())
    return [str(each) for each in range(number)]


_HERE = _Here()


class StageWorker(WorkerPlugin):  # type: ignore[misc]
    """Tells the scheduler what a worker has, if it was started without saying, and ends the
    worker's stages with it."""

    name = "rnnlab"
    idempotent = True

    async def setup(self, worker: Any) -> None:
        if "core" not in worker.state.total_resources:
            await worker.set_resources(core=worker.state.nthreads, gpu=len(_HERE.gpu_load))

    def teardown(self, worker: Any) -> None:
        for run in list(_HERE.running):
            stop(run)


def run(job: Job, source: Bundle | None, *before: Done) -> Done:
    """Bring `job`'s stage up to date, `before` being those that it waited for.

    source: what a worker needs that does not share the folder; None if all do.

    Raises StageError if it fails, StoppedError if the head called `stop`.
    """
    started = time.monotonic()
    here = shared(job.call)
    with _HERE.gpu(job.gpu) as gpu:
        _tell(job, began=True)
        folder = here or _clone(job, source, before)
        path = log(folder, job.stage)
        dvc = partial(_dvc, job, folder, _environment(job, folder, gpu), path)
        pulled = not here and bool(job.sources)
        if pulled:
            dvc("w", "pull", "--quiet", "--force", *job.sources)
        options = [*([] if here else ["--pull"]), *(["--force"] if job.force else [])]
        dvc("a" if pulled else "w", "repro", *options, "--single-item", job.stage)
        known: Entry = {}
        if source:  # some worker may have to pull it
            dvc("a", "push", "--quiet", "--run-cache", job.stage)
            known = entry(folder, job.stage)
        printed = path.read_text(encoding="utf-8")
        ran = any(line.startswith(RUNNING) for line in printed.splitlines())
        seconds = time.monotonic() - started
        return Done(job.stage, seconds, ran, known, None if here else printed)


def _clone(job: Job, source: Bundle | None, before: tuple[Done, ...]) -> Path:
    """The pipeline's folder in a clone, with the lock's entries for what the stage reads."""
    if source is None:
        raise StageError(job.stage, f"{get_worker().address} does not see {job.call.folder}.", [])
    try:
        folder = clone.make(source, Path())
    except LabError as trouble:
        raise StageError(job.stage, str(trouble), []) from None
    known = {**source.entries, **{done.stage: done.entry for done in before}}
    with alone(folder / ".dvc/tmp/rnnlab.lock", "worker", PATIENCE):
        put(folder, {stage: known[stage] for stage in job.sources if stage in known})
    return folder


def stop(run: str) -> int:
    """Interrupt the stages of `run` in this process and begin no other; how many there are."""
    with _HERE.lock:
        first = run not in _HERE.stopped
        _HERE.stopped.add(run)
        running = list(_HERE.running[run])
    for terminal in running if first else ():
        terminal.interrupt()
    return len(running)


def shared(call: Call) -> Path | None:
    """The head's folder, if this process shares it."""
    place = os.environ.get(SHARED, call.folder)
    return Path(place) if place and (Path(place) / call.mark).exists() else None


def log(folder: Path, stage: str) -> Path:
    return folder / LOGS / f"{stage.replace('/', '_')}.log"


def _environment(job: Job, folder: Path, gpu: str | None) -> dict[str, str]:
    """This process's own, with this Python, the folder's code, the stage's cores and GPU."""
    known = os.environ
    first = {"PATH": Path(sys.executable).parent, "PYTHONPATH": folder.absolute() / "src"}
    own = {
        name: os.pathsep.join(filter(None, [str(each), known.get(name)]))
        for name, each in first.items()
    }
    own["GIT_TERMINAL_PROMPT"] = "0"
    if gpu is not None:
        own["CUDA_VISIBLE_DEVICES"] = gpu
    return {**dict.fromkeys(THREADS, str(job.cores)), **job.call.variables, **known, **own}


def _dvc(
    job: Job, folder: Path, environment: dict[str, str], path: Path, mode: str, *arguments: str
) -> None:
    """Run DVC, again if it only was in another's way; its output goes to the file `path`.

    Raises StageError if it fails, or is in another's way for `PATIENCE` seconds.
    """
    running, run = _HERE.running[job.call.run], job.call.run
    until = time.monotonic() + PATIENCE
    while True:
        with _HERE.lock:
            if run in _HERE.stopped:
                raise StoppedError
            terminal = Terminal(["--wait-for-lock", *arguments], folder, environment)
            running.append(terminal)
        try:
            code, tail = _follow(job, folder, terminal, path, mode)
        finally:
            running.remove(terminal)
        if code == 0:
            return
        if run in _HERE.stopped:
            raise StoppedError
        if time.monotonic() > until or not any(words in line for line in tail for words in BUSY):
            how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
            raise StageError(job.stage, f"dvc {arguments[0]} {how}", list(tail))
        time.sleep(OFTEN)


def _follow(
    job: Job, folder: Path, terminal: Terminal, path: Path, mode: str
) -> tuple[int, deque[str]]:
    tail: deque[str] = deque(maxlen=TAIL)
    spoken: dict[str, float] = {}
    waiting: list[float] = []
    path.parent.mkdir(exist_ok=True)
    with path.open(mode, encoding="utf-8", buffering=1) as file:

        def line(text: str) -> None:
            file.write(f"{text}\n")
            if text:
                tail.append(text)
                tell("line", text)

        def tell(what: str, text: str) -> None:
            if time.monotonic() - spoken.get(what, 0) > OFTEN:
                spoken[what] = time.monotonic()
                _tell(job, **{what: text})

        def bar(text: str) -> None:
            tell("bar", text)
            waiting.append(time.monotonic()) if text.startswith(WAITING) else waiting.clear()
            if waiting and waiting[-1] - waiting[0] > PATIENCE:
                raise StageError(job.stage, busy(folder), list(tail))

        return terminal.follow(line, bar), tail


def _tell(job: Job, **what: Any) -> None:
    get_worker().log_event(f"rnnlab-{job.call.run}", {"stage": job.stage, **what})
