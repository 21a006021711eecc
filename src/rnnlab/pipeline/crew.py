"""Who does the work of `rnnlab repro`: stages as Dask tasks, here or on a cluster.

Apart from what plans it, since Dask takes longer to import than there often is to do: nothing.
"""

import contextlib
import logging
import os
import signal
import time
import uuid
import warnings
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, Security

from rnnlab.errors import LabError
from rnnlab.files import write_text
from rnnlab.pipeline import clone, dvc, lockfile, schedule, work
from rnnlab.pipeline.board import Board
from rnnlab.pipeline.clone import Bundle
from rnnlab.pipeline.plan import Plan
from rnnlab.pipeline.terminal import GRACE
from rnnlab.pipeline.work import Call, Done, Job
from rnnlab.settings.workers import Share, Workers

DASK = {
    "distributed.comm.timeouts.connect": "10s",
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.profile.enabled": False,  # stages are processes of their own
    "distributed.admin.tick.interval": "1s",  # at 20 ms, ticks take 4% of a core from the stages
}


class Cluster(NamedTuple):
    """Who does the work of a call. source: what workers need that do not share the folder; None
    if all share it."""

    client: Client
    call: Call
    source: Bundle | None


class Interrupt:
    """Ctrl-C, or a request to end, which is as good: heard for as long as the block lasts."""

    came = False
    awaited = False
    """Whether somebody looks for it: nothing is raised then."""

    def __enter__(self) -> "Interrupt":
        self._before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
        for each, handler in self._before.items():
            if handler is not signal.SIG_IGN:  # as it is for SIGINT in the background
                signal.signal(each, self)
        return self

    def __exit__(self, *_: object) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)

    def __call__(self, *_: Any) -> None:
        self.came = True
        if not self.awaited:
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def caught(self) -> Iterator[None]:
        """Raise it at the block's end. Python drops what is raised while it frees an object."""
        self.awaited = True
        try:
            yield
        finally:
            self.awaited = False
        if self.came:
            raise KeyboardInterrupt


def conduct(
    todo: Plan, cluster: Cluster, board: Board, takes: Workers, interrupt: Interrupt
) -> None:
    """Hand the stages of `todo` to the workers, and stay until the last has ended."""
    topic = f"rnnlab-{cluster.call.run}"
    cluster.client.subscribe_topic(topic, lambda event: board.hear(event[1]))
    futures = _submit(todo, cluster, takes, board.known)
    try:
        _watch(todo, futures, cluster.client, board, interrupt)
    except BaseException:
        board.say("Stopping what runs ...")
        with contextlib.suppress(OSError, TimeoutError):  # the scheduler may be the trouble
            _stop(cluster, futures)
        raise


def _submit(
    todo: Plan, cluster: Cluster, takes: Workers, known: dict[str, float]
) -> dict[str, Future]:
    """known: seconds that stages took."""
    client, run = cluster.client, cluster.call.run
    first = schedule.tails(todo.needs, schedule.expected(todo.needs, known))
    offers = [each["resources"] for each in client.scheduler_info(-1)["workers"].values()]
    most = {key: max(each.get(key, 0) for each in offers) for offer in offers for key in offer}
    source = client.submit(lambda content: content, cluster.source, key=f"source-{run}")
    futures: dict[str, Future] = {}
    # Workers begin with what they get first, before they know what else there is. Sorted so, a
    # stage stays behind those that it needs: their tails are no shorter, and the sort is stable.
    for stage, needs in sorted(todo.needs.items(), key=lambda each: -first[each[0]]):
        kind = schedule.kind(stage)
        share = takes.get(kind, Share())
        cores, gpu = min(share.cores, int(most.get("core", 1))), min(share.gpu, most.get("gpu", 0))
        futures[stage] = client.submit(
            work.run,
            Job(stage, cluster.call, sorted(todo.sources[stage]), cores, gpu, todo.force),
            source,
            *(futures[each] for each in sorted(needs)),
            key=(f"{kind}-{run}", stage),
            pure=False,
            resources={"core": cores, **({"gpu": gpu} if gpu else {})},
            priority=round(first[stage] * 1000),
        )
    return futures


def _watch(
    todo: Plan, futures: dict[str, Future], client: Client, board: Board, interrupt: Interrupt
) -> None:
    """Tell the board how each stage ends; fetch what was done elsewhere."""
    waiting = dict(futures)
    fetching: dict[str, Any] = {}
    with ThreadPoolExecutor(1) as fetcher, interrupt.caught():
        while (waiting or fetching) and not interrupt.came:
            for stage, future in list(waiting.items()):
                ended = _end(client, future)
                if ended is None:
                    continue
                del waiting[stage]
                if isinstance(ended, BaseException):
                    if _own(ended, stage, [futures[each] for each in todo.needs[stage]]):
                        board.fail(stage, *_explained(ended))
                elif ended.log is not None:
                    fetching[stage] = fetcher.submit(_fetch, ended)
                else:
                    board.done(stage, ended.seconds, ended.ran)
            for stage in [each for each, fetched in fetching.items() if fetched.done()]:
                done, trouble = fetching.pop(stage).result()
                if trouble:
                    board.fail(stage, trouble, [])
                else:
                    board.done(stage, done.seconds, done.ran)
            time.sleep(0.1)


def _end(client: Client, future: Future) -> Done | BaseException | None:
    """How a stage ended, well or not; None, if it has not."""
    try:
        if client.status != "running" or future.status in ("cancelled", "lost"):
            raise CancelledError
        if future.status == "pending":
            return None
        ended: Done | BaseException = future.exception(timeout=10) or future.result(timeout=10)
        return ended
    except TimeoutError:  # the worker that had the result is gone: it is done again
        return None
    except CancelledError:
        raise LabError("the Dask scheduler is gone; what is finished is kept: run again.") from None


def _own(error: BaseException, stage: str, needs: list[Future]) -> bool:
    """Whether `stage` itself failed: Dask gives the error to those too that wait for it."""
    if isinstance(error, work.StageError):
        return bool(error.args[0] == stage)
    return not any(each.status == "error" for each in needs)


def _explained(error: BaseException) -> tuple[str, list[str]]:
    if isinstance(error, work.StageError):
        return error.args[1], error.args[2]
    if isinstance(error, KilledWorker):
        return "the worker that ran it was lost, again and again", []
    return f"{type(error).__name__}: {error}", []


def _fetch(done: Done) -> tuple[Done, str]:
    """Check out what a worker did in a clone of its own; what went wrong, if anything did."""
    write_text(work.log(Path(), done.stage), done.log or "")
    lockfile.put(Path(), {done.stage: done.entry})
    try:
        dvc.run("--wait-for-lock", "pull", "--quiet", "--force", "--run-cache", done.stage)
    except LabError as trouble:
        return done, str(trouble)
    return done, ""


def _stop(cluster: Cluster, futures: dict[str, Future]) -> None:
    """Interrupt what runs, and wait until it has ended."""
    client, run = cluster.client, cluster.call.run
    client.cancel(list(futures.values()))
    deadline = time.monotonic() + GRACE + 5
    while time.monotonic() < deadline and client.status == "running":
        if not any(client.run(work.stop, run, on_error="ignore").values()):
            return
        time.sleep(0.2)


# Who does the work --------------------------------------------------------------------------------


@contextlib.contextmanager
def local(cores: int, board: Board) -> Iterator[Cluster]:
    """This process: a thread for each core, which waits for the processes of a stage."""
    with (
        _call() as call,
        LocalCluster(
            n_workers=1,
            threads_per_worker=cores,
            processes=False,
            memory_limit=0,
            resources={"core": cores, "gpu": len(work.gpus())},
            dashboard_address="127.0.0.1:8787",
            worker_dashboard_address="127.0.0.1:0",  # else it listens to all the world
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        page = f"http://127.0.0.1:{cluster.scheduler.http_server.port}/status"
        board.say(f"Up to {cores} at a time. Dask's dashboard: {page}")
        yield Cluster(client, call, None)


def _security(tls: Path | None) -> Security | None:
    """Encryption both ways by the files ca.pem, cert.pem and key.pem in the folder `tls`, without
    which nothing is sent. Raises LabError if one is missing."""
    if tls is None:
        return None
    ca, cert, key = (tls / name for name in ("ca.pem", "cert.pem", "key.pem"))
    if missing := [each for each in (ca, cert, key) if not each.is_file()]:
        raise LabError(f"{missing[0]} is missing; docs/workers.md says how to make it.")
    client = {"tls_client_cert": str(cert), "tls_client_key": str(key)}
    return Security(require_encryption=True, tls_ca_file=str(ca), **client)


@contextlib.contextmanager
def remote(address: str, todo: Plan, board: Board, tls: Path | None) -> Iterator[Cluster]:
    """A Dask cluster that runs already; tls: see `_security`."""
    with _call() as call, contextlib.ExitStack() as stack:
        security = _security(tls)
        if address.startswith("tls") and tls is None:
            raise LabError(f"{address} asks for certificates; name their folder with --tls.")
        try:
            client = stack.enter_context(Client(address, timeout="10s", security=security))
            client.wait_for_workers(1, timeout="30s")
        except (OSError, ValueError, TimeoutError) as error:
            reason = "no worker has joined it" if isinstance(error, TimeoutError) else str(error)
            raise LabError(
                f"the Dask cluster at {address} can't be used: {' '.join(reason.split())}."
            ) from None
        try:
            client.register_plugin(work.StageWorker())
            places = client.run(work.shared, call)
        except ImportError as error:
            raise LabError(
                f"a worker of {address} lacks this project ({error}); install it there."
            ) from None
        source = None if all(places.values()) else _source(todo)
        how = "sharing this folder" if source is None else "with data by the DVC remote"
        shown = "dashboard" in client.scheduler_info(0)["services"]
        link = f" Dask's dashboard: {client.dashboard_link}" if shown else ""
        board.say(f"{len(places)} worker{'s' * (len(places) != 1)}, {how}.{link}")
        board.cores = sum(client.nthreads().values())
        yield Cluster(client, call, source)


def _source(todo: Plan) -> Bundle:
    """What workers without the folder need; its data is pushed to the DVC remote."""
    away = todo.without(todo.at_home)
    source = clone.source(Path(), away)
    inputs = set[str]().union(*away.sources.values()) - away.needs.keys()
    if inputs:
        dvc.run("--wait-for-lock", "push", "--quiet", "--run-cache", *sorted(inputs))
    return source


@contextlib.contextmanager
def _call() -> Iterator[Call]:
    """This call, with a file in the folder that tells who sees it, and a Dask that says little."""
    for name in logging.root.manager.loggerDict:
        # It logs connections that are lost with tracebacks: it is said in a sentence here.
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)
    run = uuid.uuid4().hex
    mark = Path(f".dvc/tmp/rnnlab-{run}")
    variables = {key: value for key, value in os.environ.items() if key == work.TRACKING}
    mark.touch()
    try:
        with dask.config.set(DASK), warnings.catch_warnings(action="ignore"):
            yield Call(run, str(Path.cwd()), str(mark), variables)
    finally:
        mark.unlink()
