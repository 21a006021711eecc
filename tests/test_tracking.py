"""Runs in MLflow: a real SQLite store, and stores that are not there."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from mlflow import MlflowClient

from rnnlab.training.loop import Epoch, Pace
from rnnlab.training.tracking import Tracker, git_commit

TAGS = {"net": "lstm-1-1-100d", "seed": "1", "fingerprint": "f" * 64}
PARAMETERS = {"hidden": 64, "learning_rate": 0.001}


def row(number: int) -> tuple[Epoch, Pace]:
    return Epoch(number, 0.7, 0.5, 0.6, 0.6, 1.0, 2.0), Pace(number, 2.0, 1.0, 1000)


def track(folder: Path, epochs: int, finish: bool = True, **tags: str) -> None:
    (folder / "run").mkdir(exist_ok=True)
    (folder / "run" / "run.json").write_text("{}", encoding="utf-8")
    tracker = Tracker("sentiment", "lstm-1-1-100d seed 1", {**TAGS, **tags}, PARAMETERS)
    for number in range(1, epochs + 1):
        tracker.epoch(*row(number))
    if finish:
        tracker.finish({"test_accuracy": 0.9}, folder / "run")


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


def runs(folder: Path):
    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("sentiment")
    return client, client.search_runs([experiment.experiment_id])


def test_a_run_is_all_there(store):
    track(store, 3)
    client, (run,) = runs(store)
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "lstm-1-1-100d seed 1"
    assert run.data.params == {"hidden": "64", "learning_rate": "0.001"}
    assert run.data.tags.items() >= TAGS.items()
    assert run.data.metrics["test_accuracy"] == 0.9
    assert run.data.metrics["tokens_per_second"] == 500
    history = client.get_metric_history(run.info.run_id, "valid_loss")
    assert [point.step for point in history] == [1, 2, 3]
    assert [each.path for each in client.list_artifacts(run.info.run_id)] == ["run.json"]


def test_an_interrupted_run_is_gone_on_with_and_a_finished_one_is_not(store):
    track(store, 2, finish=False)
    track(store, 3)
    assert len(runs(store)[1]) == 1
    track(store, 3)
    assert len(runs(store)[1]) == 2


def test_many_at_once_share_one_store(store):
    here = str(Path(__file__).parent)
    code = (
        f"import sys; sys.path.insert(0, {here!r}); from test_tracking import *; "
        "track(Path(sys.argv[1]), 3, seed=sys.argv[2])"
    )
    (store / "run").mkdir()
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(store), str(number)])
        for number in range(4)
    ]
    assert [process.wait() for process in processes] == [0, 0, 0, 0]
    found = runs(store)[1]
    assert sorted(run.data.tags["seed"] for run in found) == ["0", "1", "2", "3"]
    assert {run.info.status for run in found} == {"FINISHED"}


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1:9", "nonsense://x", "sqlite:////dev/null/folder/db"]
)
def test_a_store_that_is_not_there_costs_one_line_and_no_run(store, monkeypatch, capsys, uri):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    started = time.monotonic()
    track(store, 3)
    assert time.monotonic() - started < 30
    assert capsys.readouterr().out.count("tracking is off for the rest of this run") == 1


def test_the_commit_is_known_in_git_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_commit() == ""
