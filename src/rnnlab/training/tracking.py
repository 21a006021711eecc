"""Every seeded run in MLflow, and no run lost to it: what is on disk is complete without."""

import logging
import os
import subprocess
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from filelock import FileLock
from tqdm import tqdm

from rnnlab.training.loop import Epoch, Pace

DEFAULT_STORE = "mlflow.db"


class Tracker:
    """One run in the tracking store.

    The store is `MLFLOW_TRACKING_URI`, or SQLite in the current folder, where a bare `mlflow ui`
    finds it. At the first trouble the tracker says so in one line and falls silent.
    """

    def __init__(
        self, experiment: str, name: str, tags: dict[str, str], parameters: dict[str, Any]
    ) -> None:
        """tags: `fingerprint` among them; an interrupted run of the same is gone on with."""
        self._on = True
        self._client: Any = None
        self._run_id = ""
        self._guarded(lambda: self._start(experiment, name, tags, parameters))

    def epoch(self, row: Epoch, pace: Pace) -> None:
        """Log a row of the history, and the epoch's rate."""
        metrics = {key: value for key, value in asdict(row).items() if key != "epoch"}
        metrics["tokens_per_second"] = pace.tokens / pace.train_seconds
        self._guarded(lambda: self._log(metrics, row.epoch))

    def finish(self, scores: dict[str, float], folder: Path) -> None:
        """Log the final scores and the run's folder, and close the run."""
        self._guarded(lambda: self._finish(scores, folder))

    def fail(self) -> None:
        """Close the run as failed."""
        self._guarded(lambda: self._client.set_terminated(self._run_id, "FAILED"))

    def _start(
        self, experiment: str, name: str, tags: dict[str, str], parameters: dict[str, Any]
    ) -> None:
        _be_brief()
        from mlflow import MlflowClient
        from mlflow.entities import Param, RunTag

        uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{Path(DEFAULT_STORE).absolute()}"
        # Two trainings that start at once must not both lay out a new database.
        with FileLock(f"{DEFAULT_STORE}.lock") if uri.startswith("sqlite") else nullcontext():
            self._client = MlflowClient(uri)
            found = self._client.get_experiment_by_name(experiment)
            experiment_id = (
                found.experiment_id if found else self._client.create_experiment(experiment)
            )
        same = f"tags.fingerprint = '{tags['fingerprint']}' and tags.seed = '{tags['seed']}'"
        earlier = [
            run
            for run in self._client.search_runs([experiment_id], same)
            if run.info.status != "FINISHED"
        ]
        run = earlier[0] if earlier else self._client.create_run(experiment_id, run_name=name)
        self._client.update_run(run.info.run_id, status="RUNNING")
        self._client.log_batch(
            run.info.run_id,
            params=[Param(key, str(value)) for key, value in parameters.items()],
            tags=[RunTag(key, value) for key, value in tags.items()],
        )
        self._run_id = run.info.run_id

    def _log(self, metrics: dict[str, float], step: int) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        batch = [Metric(key, float(value), now, step) for key, value in metrics.items()]
        self._client.log_batch(self._run_id, metrics=batch)

    def _finish(self, scores: dict[str, float], folder: Path) -> None:
        self._log(scores, 0)
        for path in sorted(folder.iterdir()):
            self._client.log_artifact(self._run_id, str(path))
        self._client.set_terminated(self._run_id, "FINISHED")

    def _guarded(self, step: Callable[[], None]) -> None:
        if not self._on:
            return
        try:
            step()
        except Exception as error:  # whatever goes wrong in a tracking store, training goes on
            reason = " ".join(str(error).split())[:200]
            tqdm.write(f"tracking is off for the rest of this run: {reason}")
            self._on = False


def _be_brief() -> None:
    """Give up on a silent server after seconds, not minutes, and keep migrations quiet."""
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    for name in ("alembic", "mlflow", "urllib3"):
        logging.getLogger(name).setLevel(logging.ERROR)


def git_commit() -> str:
    """The commit that is checked out, "+changes" behind it if files differ; "" outside git."""
    try:
        command = ["git", "describe", "--always", "--abbrev=40", "--dirty=+changes", "--exclude=*"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
