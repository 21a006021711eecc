"""Every seeded run in MLflow, and no run lost to it: what is on disk is complete without."""

import getpass
import hashlib
import json
import logging
import os
import queue
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from filelock import FileLock
from tqdm import tqdm

from rnnlab import git, packages
from rnnlab.errors import LabError, plain
from rnnlab.runs import files as runs
from rnnlab.runs.files import Identity, Made, Run
from rnnlab.runs.history import Epoch, Pace

DEFAULT_STORE = "mlflow.db"
SETTINGS = "settings.yaml"
MOST = 1000
"""Metrics that MLflow takes at a time."""
CURVES = "valid_loss", "valid_accuracy"
"""Scores that every epoch has too; a run's own are logged as `best_…`."""
WHEN = "RNNLAB_TRACKING"
"""In the environment: `later` leaves all to `rnnlab track`."""
PATIENCE = 60
ABOUT = """One run for each net and seed, and for each net with several seeds a summary above them:
mean, standard deviation and 95% interval of every score. docs/tracking.md says what is where."""
WRITTEN = ("dvc.lock", "reports")
"""What of the files in git the pipeline itself writes."""
OFF = "tracking is off until this run ends"
LATER = "the run is not in the tracking store; `rnnlab track` brings it there later"


class _Step(NamedTuple):
    do: Callable[[], None]
    trouble: str
    """What is said when it fails."""
    always: bool = False
    """Even after trouble."""


class Tracker:
    """One run in the tracking store while it is trained.

    The store is `MLFLOW_TRACKING_URI`, or SQLite in the current folder, where a bare `mlflow ui`
    finds it. It is told by a thread, so that no training waits for MLflow's import (as long as
    PyTorch's own) or for a server; at the end, the run waits PATIENCE seconds at most. At the first
    trouble the tracker says so in one line and falls silent until the run ends; then it tries once
    more to log all. What fails again is left to `rnnlab track`, and so is everything where the
    environment has RNNLAB_TRACKING=later. Of a run that the store has already, finished, nothing is
    told: trained again, it is the same.
    """

    def __init__(self, run: Identity, made: Made) -> None:
        """An interrupted run of the same fingerprint is gone on with."""
        self._run, self._made, self._started = run, made, milliseconds()
        self._rows: list[tuple[Epoch, Pace]] = []
        self._store, self._on, self._silent = store(), True, False
        self._client: Any = None
        self._run_id: str | None = None
        """None until it has begun, and of a run that the store has already."""
        self._steps: queue.SimpleQueue[_Step | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        if os.environ.get(WHEN) != "later":
            self._thread.start()
        self._steps.put(_Step(self._begin, OFF))

    def epoch(self, row: Epoch, pace: Pace) -> None:
        """Log a row of the history, the epoch's rate and how busy the machine was."""
        self._rows.append((row, pace))
        self._steps.put(_Step(lambda: self._epoch(row, pace), OFF))

    def finish(self, run: Run, folder: Path) -> None:
        """Log the final scores and the run's small files, and close the run."""
        self._end(_Step(lambda: self._finish(run, folder), LATER, always=True))

    def fail(self) -> None:
        """Close the run as failed."""
        self._end(_Step(self._fail, "the run's failure is not in the tracking store"))

    def _end(self, last: _Step) -> None:
        self._steps.put(last)
        self._steps.put(None)
        if self._thread.ident is not None:
            self._thread.join(PATIENCE)
            if self._thread.is_alive():
                self._silent = True
                tqdm.write(f"{last.trouble}: the store has not answered for {PATIENCE} s")

    def _work(self) -> None:
        """What the thread does: each step, one after the other."""
        for step in iter(self._steps.get, None):
            try:
                if self._on or step.always:
                    step.do()
            except Exception as error:  # whatever goes wrong in a store, training goes on
                self._on = False
                if not self._silent:
                    tqdm.write(f"{step.trouble}: {reason(error)}")

    def _begin(self) -> None:
        self._client = connect(self._store)
        self._run_id = begin(self._client, self._run, self._made, self._started)

    def _epoch(self, row: Epoch, pace: Pace) -> None:
        if self._run_id:
            log(self._client, self._run_id, measured(row, pace))

    def _fail(self) -> None:
        if self._run_id:
            self._client.set_terminated(self._run_id, "FAILED")

    def _finish(self, run: Run, folder: Path) -> None:
        whole = self._on
        if not whole:  # it is not known what the store has been told
            self._begin()
        if not self._run_id:
            return
        metrics = [each for row in self._rows for each in measured(*row)]
        new = final(run, metrics[-1].timestamp)
        if not whole:
            new = missing(self._client, self._run_id, metrics + new)
        log(self._client, self._run_id, new)
        log_inputs(self._client, self._run_id, run)
        log_files(self._client, self._run_id, folder)
        self._client.set_terminated(self._run_id, "FINISHED")
        if not whole:
            tqdm.write("tracking: the store is back, and the run is all there")


# What a store is told, by a training or from the files that it left -----------------------------


def connect(uri: str = "") -> Any:
    """A client of the store at `uri`; if that is empty, of `store()`."""
    _be_brief()
    from mlflow import MlflowClient

    # Two trainings that start at once must not both lay out a new database.
    uri = uri or store()
    laying = FileLock(f"{_database(uri)}.lock", PATIENCE)
    with laying if uri.startswith("sqlite") else nullcontext():
        return MlflowClient(uri)


def _database(uri: str) -> str:
    """The file of a plain SQLite address, by whose name those in other folders know it too; of any
    other address, a name in the current folder."""
    path = uri.removeprefix("sqlite:///")
    plain = path not in (uri, "") and "?" not in path and ":memory:" not in path
    return path if plain and Path(path).parent.is_dir() else DEFAULT_STORE


def store() -> str:
    """The address of `MLFLOW_TRACKING_URI`, or of SQLite in the current folder."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{Path(DEFAULT_STORE).absolute()}"


class StoreError(LabError):
    """The tracking store can't be used."""


@contextmanager
def in_store() -> Iterator[None]:
    """Whatever goes wrong in a tracking store, as one sentence."""
    try:
        yield
    except Exception as error:  # MLflow passes on what its databases and requests raise
        raise StoreError(
            f"the tracking store {plain(store())} can't be used ({reason(error)}); "
            "fix it, or unset MLFLOW_TRACKING_URI to use the one in this folder, and run again."
        ) from None


def experiment(client: Any, lab: str) -> str:
    """The id of the lab's experiment, made if there is none."""
    from mlflow.exceptions import MlflowException

    if (found := client.get_experiment_by_name(lab)) is None:
        try:
            return str(client.create_experiment(lab, tags={"mlflow.note.content": ABOUT}))
        except MlflowException:  # another training has just made it
            if (found := client.get_experiment_by_name(lab)) is None:
                raise
    return str(found.experiment_id)


def find(client: Any, experiment_id: str, run: Identity) -> list[Any]:
    """The store's runs of the same fingerprint, those that a user has deleted too."""
    from mlflow.entities import ViewType

    same = f"tags.fingerprint = '{run.fingerprint}' and tags.seed = '{run.seed}'"
    return list(client.search_runs([experiment_id], same, ViewType.ALL))


def active(found: list[Any]) -> list[Any]:
    """Those that no user has deleted."""
    return [each for each in found if each.info.lifecycle_stage == "active"]


def begin(client: Any, run: Identity, made: Made, started: int) -> str | None:
    """The id of a run that is not finished: an interrupted one of the same, or a new one.

    It has all that is known beforehand: name, tags, settings, data. None if the store has the same
    run, finished. started: in milliseconds.
    """
    experiment_id = experiment(client, run.lab)
    earlier = [each.info for each in active(find(client, experiment_id, run))]
    if any(each.status == "FINISHED" for each in earlier):
        return None
    if earlier:
        run_id = earlier[0].run_id
        client.update_run(run_id, status="RUNNING")
    else:
        name = f"{run.net} seed {run.seed}"
        run_id = client.create_run(experiment_id, started, run_name=name).info.run_id
    describe(client, run_id, run, made)
    return str(run_id)


def describe(client: Any, run_id: str, run: Identity, made: Made) -> None:
    """Tags to group by, settings as parameters, data as inputs; to do it again changes nothing."""
    from mlflow.entities import Param, RunTag

    what = {"net": run.net, **run.tags, "seed": run.seed}
    tags = {
        "fingerprint": run.fingerprint,
        "lab": run.lab,
        **what,
        "git_commit": made.git_commit,
        "dvc_experiment": made.experiment,
        "packages": ", ".join(f"{name} {version}" for name, version in made.packages.items()),
        **{key: run.environment[key] for key in ("device", "precision")},
        **{f"data.{name}": digest for name, digest in run.data.items()},
        # What MLflow's own columns show: user, source, version.
        "mlflow.user": getpass.getuser(),
        "mlflow.source.name": made.script,
        "mlflow.source.type": "LOCAL",
        "mlflow.source.git.commit": made.git_commit.partition("+")[0],
    }
    client.log_batch(
        run_id,
        params=[Param(key, str(value)) for key, value in {**what, **run.settings}.items()],
        tags=[RunTag(key, str(value)) for key, value in tags.items() if value != ""],
    )
    log_inputs(client, run_id, run)


def log_inputs(client: Any, run_id: str, run: Identity) -> None:
    """The data by the part that it played; whether a run was tested is known at its end."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    parts = ["training", "validation"]
    if isinstance(run, Run) and any(score.startswith("test_") for score in run.scores):
        parts.append("test")
    files = json.dumps(run.data)
    digest = hashlib.sha256(files.encode()).hexdigest()[:32]  # a store takes at most 36 characters
    inputs = [
        DatasetInput(
            Dataset(f"{run.lab}-{part}", digest, "local", files),
            [InputTag("mlflow.data.context", part)],
        )
        for part in parts
    ]
    client.log_inputs(run_id, inputs)


def measured(row: Epoch, pace: Pace | None, at: int = 0) -> list[Any]:
    """An epoch as MLflow's metrics; pace: None if it is not known, and then the time is `at`."""
    from mlflow.entities import Metric

    values = {key: float(value) for key, value in asdict(row).items() if key != "epoch"}
    if pace is not None:
        values["tokens_per_second"] = pace.tokens / pace.train_seconds
        values |= {f"system/{name}": value for name, value in pace.system.items()}
        at = milliseconds(pace.ended) if pace.ended else at
    return [Metric(key, value, at, row.epoch) for key, value in values.items()]


def final(run: Run, at: int) -> list[Any]:
    """The scores of the finished run, which are those of its best epoch's weights."""
    from mlflow.entities import Metric

    scores = {(f"best_{key}" if key in CURVES else key): value for key, value in run.scores.items()}
    values = {**scores, "best_epoch": float(run.best_epoch), "parameters": float(run.parameters)}
    return [
        Metric(key, value, at, 0) for key, value in values.items()
    ]  # of one step: drawn as bars


def log(client: Any, run_id: str, metrics: list[Any]) -> None:
    """Log `metrics`; to log one again changes nothing, since its time is the same."""
    for start in range(0, len(metrics), MOST):
        client.log_batch(run_id, metrics=metrics[start : start + MOST])


def missing(client: Any, run_id: str, metrics: list[Any]) -> list[Any]:
    """Those of `metrics` that the store's run does not have yet."""
    names = {each.key for each in metrics} & client.get_run(run_id).data.metrics.keys()
    histories = (client.get_metric_history(run_id, name) for name in names)
    known = {(each.key, each.step) for history in histories for each in history}
    return [each for each in metrics if (each.key, each.step) not in known]


def log_files(client: Any, run_id: str, folder: Path) -> None:
    """The run's small files: its weights and predictions stay in its folder, which DVC keeps."""
    for name in (runs.RUN, runs.HISTORY):
        client.log_artifact(run_id, str(folder / name))
    settings = runs.read_run(folder).settings
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary, SETTINGS)
        text = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
        path.write_text(text, encoding="utf-8")
        client.log_artifact(run_id, str(path))


def milliseconds(seconds: float | None = None) -> int:
    """`seconds` since 1970, or now."""
    return round(1000 * (time.time() if seconds is None else seconds))


def reason(error: Exception) -> str:
    """What went wrong in a store, as one short line."""
    return plain(" ".join(str(error).split()))[:200]


def _be_brief() -> None:
    """Give up on a silent server after seconds, not minutes; keep quiet, towards outside too."""
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    for name in ("alembic", "mlflow", "urllib3"):
        logging.getLogger(name).setLevel(logging.ERROR)


def made() -> Made:
    """How what this process trains comes about."""
    script = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
    experiment = os.environ.get("DVC_EXP_NAME", "")
    used = packages.used()
    return Made(git_commit=git_commit(), script=script, experiment=experiment, packages=used)


def git_commit() -> str:
    """The commit that is checked out, "+changes" behind it if files differ; "" outside git.

    What the pipeline itself writes may differ: it does from a run's first stage on.
    """
    but = [f":(top,exclude){each}" for each in WRITTEN]
    try:
        commit = git.said("rev-parse", "HEAD").strip()
        changed = git.said("diff", "--name-only", commit, "--", ":/", *but)
    except LabError:
        return ""
    return f"{commit}+changes" if changed else commit
