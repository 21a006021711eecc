"""Runs in MLflow: real tiny trainings, a real SQLite store, a real server that is killed, and
stores that are not there."""

import getpass
import json
import multiprocessing
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest
import torch
from filelock import FileLock, Timeout
from mlflow import MlflowClient
from scipy import stats
from typer.testing import CliRunner

from forks import FORKED
from repository import committed, git
from rnnlab.cli import app
from rnnlab.errors import LabError
from rnnlab.files import write_sealed
from rnnlab.labs.names import train as lab
from rnnlab.labs.names.settings import Training
from rnnlab.runs import files as runs
from rnnlab.runs.catalogue import best
from rnnlab.runs.files import Made
from rnnlab.runs.tracking import Tracker, connect, git_commit, milliseconds
from rnnlab.store.best import publish
from rnnlab.store.rebuild import rebuild
from rnnlab.training.experiment import Places
from surnames import surnames
from waiting import PATIENCE, answers, until

NET = "lstm"


def train(folder: Path, seed: int = 1, epochs: int = 3) -> Path:
    """One real training of the names lab in `folder`, on surnames that endings tell apart."""
    split = folder / "names.parquet"
    if not split.exists():
        surnames(split, starts=8, test=0.1)
    settings = Training(
        structure="lstm", block=None, hidden=8, batch=16, epochs=epochs, clip_norm=1.0,
        learning_rate=0.01, device="cpu", precision="fp32", threads=1,
    )  # fmt: skip
    place = f"names/{NET}/seed-{seed}"
    places = Places(
        folder / "models" / place, folder / f"timings/{place}.json",
        folder / f"checkpoints/{place}.safetensors",
    )  # fmt: skip
    lab.train(NET, seed, settings, split, places)
    return places.output


def training(folder: Path, *arguments: int) -> multiprocessing.Process:
    """`train` in a process of its own; what it prints is in the file said-<seed>."""
    process = FORKED.Process(target=_train_there, args=(folder, dict(os.environ), *arguments))
    process.start()
    return process


def _train_there(folder: Path, environment: dict[str, str], seed: int, epochs: int) -> None:
    os.chdir(folder)
    os.environ.clear()  # it is that of the process that all are forked from
    os.environ.update(environment)
    with Path(f"said-{seed}").open("w", encoding="utf-8") as file, redirect_stdout(file):
        train(folder, seed, epochs)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with no store in it yet, which is the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    deterministic = torch.are_deterministic_algorithms_enabled()
    yield tmp_path
    torch.use_deterministic_algorithms(deterministic)


def untracked(monkeypatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "untracked://")


def track():
    return rebuild(Path("models"), Path("timings"))


def found(uri: str | None = None, which: str = "tags.seed != ''"):
    client = MlflowClient(uri or f"sqlite:///{Path('mlflow.db').absolute()}")
    experiment = client.get_experiment_by_name("names")
    return client, client.search_runs([experiment.experiment_id], which, order_by=["tags.seed"])


def one():
    client, (run,) = found()
    return client, run


def summaries():
    return found(which="tags.seeds != ''")[1]


def told_of(metric: str) -> bool:
    """Does the store know of one run's `metric`?"""
    client = MlflowClient(f"sqlite:///{Path('mlflow.db').absolute()}")
    experiment = client.get_experiment_by_name("names")
    found = client.search_runs([experiment.experiment_id]) if experiment else []
    return any(metric in run.data.metrics for run in found)


def until_said(words: str, capsys) -> None:
    """Wait until this process has printed `words`."""
    heard = ""

    def said() -> bool:
        nonlocal heard
        heard += "".join(capsys.readouterr())
        return words in heard

    until(said, said=lambda: heard)


def content(client, run) -> dict:
    """All that a store has of a run, but for its id, its times and where it keeps files."""
    system = ("tokens_per_second", "system/")
    return {
        "name": run.info.run_name,
        "status": run.info.status,
        "params": run.data.params,
        "tags": {key: value for key, value in run.data.tags.items() if "mlflow." not in key},
        "metrics": {
            key: [
                (point.step, None if key.startswith(system) else point.value)
                for point in client.get_metric_history(run.info.run_id, key)
            ]
            for key in run.data.metrics
        },
        "inputs": [(each.dataset.name, each.dataset.digest) for each in run.inputs.dataset_inputs],
        "files": sorted(each.path for each in client.list_artifacts(run.info.run_id)),
    }


def bits(folder: Path) -> dict[str, bytes]:
    """All files of all runs in `folder`, by their paths there."""
    models = folder / "models"
    return {
        str(path.relative_to(models)): path.read_bytes()
        for path in models.rglob("*")
        if path.is_file()
    }


# A training tells the store -------------------------------------------------------------------


def test_a_training_tells_all_but_pictures(place):
    folder = train(place)
    client, (run,) = found()
    facts, history = runs.read_run(folder), runs.read_history(folder)
    assert (run.info.status, run.info.run_name) == ("FINISHED", "lstm seed 1")
    what = {"net": "lstm", "seed": 1, **facts.tags, **facts.settings}
    assert run.data.params == {key: str(value) for key, value in what.items()}
    expected = {"lab": "names", "net": "lstm", "seed": "1", "structure": "lstm",
                "regime": "batched", "fingerprint": facts.fingerprint}  # fmt: skip
    assert run.data.tags.items() >= expected.items()
    for key in ("train_loss", "valid_loss", "valid_accuracy", "gradient_norm"):
        points = client.get_metric_history(run.info.run_id, key)
        expected = [(row.epoch, getattr(row, key)) for row in history]
        assert [(point.step, point.value) for point in points] == expected
    assert run.data.metrics["best_valid_accuracy"] == facts.scores["valid_accuracy"]
    assert run.data.metrics["system/process_memory_usage_megabytes"] > 10
    assert 0 <= run.data.metrics["system/cpu_utilization_percentage"] <= 100
    inputs = [(each.dataset, each.tags[0].value) for each in run.inputs.dataset_inputs]
    assert {(each.name, part) for each, part in inputs} == {
        ("names-training", "training"), ("names-validation", "validation"), ("names-test", "test")
    }  # fmt: skip
    assert {each.source for each, _ in inputs} == {json.dumps(facts.data)}
    assert run.data.tags["mlflow.user"] == getpass.getuser()
    assert content(client, run)["files"] == ["history.csv", "run.json", "settings.yaml"]


def test_an_interrupted_run_is_gone_on_with(place, monkeypatch):
    with monkeypatch.context() as other:
        other.chdir(place)
        untracked(other)
        folder = train(place)
    run = runs.read_run(folder)
    pace = runs.read_timing(place / "timings/names/lstm/seed-1.json").epochs
    rows = list(zip(runs.read_history(folder), pace, strict=True))
    Tracker(run, Made()).epoch(*rows[0])
    until(lambda: Path("mlflow.db").exists() and told_of("valid_loss"))
    tracker = Tracker(run, Made())
    for row in rows:
        tracker.epoch(*row)
    tracker.finish(run, folder)
    assert [each.info.status for each in found()[1]] == ["FINISHED"]
    client, (told,) = found()
    points = client.get_metric_history(told.info.run_id, "valid_loss")
    assert [point.step for point in points] == [1, 2, 3]


def test_a_run_that_is_trained_again_is_in_the_store_once(place):
    folder = train(place)
    before = content(*one())
    shutil.rmtree(folder)
    train(place)
    assert content(*one()) == before
    tracker = Tracker(runs.read_run(folder), Made())
    tracker.fail()
    assert content(*one()) == before


def test_experiments_and_commits_are_told_apart(place, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "wider-nets")
    git(place, "init", "--quiet")
    git(place, "commit", "--quiet", "--allow-empty", "--message", "First")
    train(place)
    commit = git(place, "rev-parse", "HEAD").strip()
    tags = one()[1].data.tags
    assert (tags["dvc_experiment"], tags["mlflow.source.git.commit"]) == ("wider-nets", commit)
    timing = runs.read_timing(place / "timings/names/lstm/seed-1.json")
    assert timing.experiment == "wider-nets"


def test_a_net_with_several_seeds_has_a_summary_above_them(place, monkeypatch):
    with monkeypatch.context() as without:
        untracked(without)
        for seed in (1, 2):
            train(place, seed)
    assert track() == (2, 0, 0)
    (summary,) = summaries()
    assert (summary.info.run_name, summary.info.status) == ("lstm, 2 seeds", "FINISHED")
    assert summary.data.params["learning_rate"] == "0.01"
    client, seeds = found()
    assert {run.data.tags["mlflow.parentRunId"] for run in seeds} == {summary.info.run_id}
    accuracies = [run.data.metrics["best_valid_accuracy"] for run in seeds]
    told = {key: summary.data.metrics[f"valid_accuracy/{key}"] for key in ("mean", "std")}
    assert told == pytest.approx({"mean": np.mean(accuracies), "std": np.std(accuracies, ddof=1)})
    t = stats.ttest_1samp([runs.read_run(place / f"models/names/lstm/seed-{seed}").scores[
        "valid_loss"] for seed in (1, 2)], 0).confidence_interval()  # fmt: skip
    told = [summary.data.metrics[f"valid_loss/{key}"] for key in ("low", "high")]
    assert told == pytest.approx([t.low, t.high])
    assert track() == (0, 0, 2)
    train(place, 3)
    assert track() == (0, 1, 2)
    (more,) = summaries()
    assert (more.info.run_name, more.info.run_id) == ("lstm, 3 seeds", summary.info.run_id)
    assert more.data.tags["seeds"] == "1, 2, 3"
    client.delete_run(summary.info.run_id)
    train(place, 4)
    track()
    assert summaries() == []


def test_many_at_once_share_one_store(place, monkeypatch):
    with monkeypatch.context() as without:
        untracked(without)
        train(place)  # the data
    processes = [training(place, seed, 1) for seed in range(4)]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    runs_ = found()[1]
    assert [run.data.tags["seed"] for run in runs_] == [str(seed) for seed in range(4)]
    assert {run.info.status for run in runs_} == {"FINISHED"}


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1:9", "nonsense://x", "sqlite:////dev/null/folder/db"]
)
def test_a_store_that_is_not_there_costs_two_lines_and_no_run(place, monkeypatch, capsys, uri):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    folder = train(place)
    said = capsys.readouterr().out
    assert said.count("tracking is off until this run ends") == 1
    assert said.count("`rnnlab track` brings it there later") == 1
    assert runs.read_run(folder).best_epoch
    done = CliRunner().invoke(app, ["track"])
    assert isinstance(done.exception, LabError)
    assert "can't be used" in str(done.exception)


def test_one_at_a_time_lays_out_a_store_from_whatever_folder(place, monkeypatch):
    monkeypatch.setattr("rnnlab.runs.tracking.PATIENCE", 0.1)
    (place / "other").mkdir()
    monkeypatch.chdir(place / "other")
    with FileLock(place / "mlflow.db.lock"), pytest.raises(Timeout):
        connect(f"sqlite:///{place / 'mlflow.db'}")


def test_a_store_that_says_nothing_costs_a_run_its_patience_and_no_more(place, monkeypatch, capsys):
    monkeypatch.setattr("rnnlab.runs.tracking.PATIENCE", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{silent.getsockname()[1]}")
        folder = train(place)
    said = capsys.readouterr().out
    assert "`rnnlab track` brings it there later: the store has not answered for 1 s" in said
    assert runs.read_run(folder).best_epoch


def test_all_of_it_can_be_left_for_later(place, monkeypatch):
    monkeypatch.setenv("RNNLAB_TRACKING", "later")
    train(place)
    assert not Path("mlflow.db").exists()
    monkeypatch.delenv("RNNLAB_TRACKING")
    assert track() == (1, 0, 0)
    _, (run,) = found()
    assert run.info.status == "FINISHED"


# The store is rebuilt from what is on disk ----------------------------------------------------


def test_runs_trained_without_a_store_are_brought_in_once_and_whole(place, monkeypatch):
    for seed in (1, 2):
        train(place, seed)
    assert track() == (0, 2, 0)
    client, told = found()
    told = [content(client, run) for run in told]
    clone = place / "clone"
    clone.mkdir()
    monkeypatch.chdir(clone)
    with monkeypatch.context() as without:
        untracked(without)
        for seed in (1, 2):
            train(clone, seed)
    assert bits(clone) == bits(place)
    assert track() == (2, 0, 0)
    client, rebuilt = found()
    assert [content(client, run) for run in rebuilt] == told
    pictures = {"confusion-matrix.png", "learning-curves.png"}
    assert set(told[0]["files"]) == {"history.csv", "run.json", "settings.yaml", *pictures}
    assert track() == (0, 0, 2)
    assert [content(client, run) for run in found()[1]] == told
    # The times are those of the training, not of the bringing in.
    timing = runs.read_timing(clone / "timings/names/lstm/seed-1.json")
    assert milliseconds(timing.started) == rebuilt[0].info.start_time
    assert milliseconds(timing.epochs[-1].ended) == rebuilt[0].info.end_time


def test_a_run_that_was_brought_in_but_not_ended_is_ended(place):
    train(place, 1)
    assert track() == (0, 1, 0)
    client, (run,) = found()
    client.update_run(run.info.run_id, status="RUNNING")  # as if killed before the last word
    assert track() == (0, 1, 0)
    assert found()[1][0].info.status == "FINISHED"


def test_two_that_bring_runs_in_wait_for_each_other(place, monkeypatch, capsys):
    with monkeypatch.context() as without:
        untracked(without)
        train(place)
    with ThreadPoolExecutor(1) as pool, FileLock("mlflow.db.track.lock"):
        second = pool.submit(track)
        until_said("another `rnnlab track` (process", capsys)
        assert not Path("mlflow.db").exists()
    assert second.result() == (1, 0, 0)


def test_without_times_a_run_is_brought_in_all_the_same(place, monkeypatch):
    with monkeypatch.context() as without:
        untracked(without)
        train(place)
    (place / "timings/names/lstm/seed-1.json").unlink()
    assert track() == (1, 0, 0)
    _, (run,) = found()
    assert "valid_loss" in run.data.metrics
    assert "tokens_per_second" not in run.data.metrics


def test_a_run_that_was_deleted_in_the_store_stays_deleted(place):
    train(place)
    client, (run,) = found()
    client.delete_run(run.info.run_id)
    assert track() == (0, 0, 1)
    assert found()[1] == []
    (said,) = publish(Path("models"), Path("features"))
    assert said.startswith("no model of models/names/lstm/seed-1: its run was deleted in the track")
    assert client.search_registered_models() == []


def test_broken_runs_are_named_and_the_others_are_brought_in(place, monkeypatch):
    broken = ["run.json", "history.csv", "predictions.parquet"]
    with monkeypatch.context() as without:
        untracked(without)
        for seed in range(4):
            train(place, seed)
    for seed, name in enumerate(broken):
        (place / f"models/names/lstm/seed-{seed}/{name}").write_text("{", encoding="utf-8")
    with pytest.raises(LabError, match="dvc checkout") as told:
        track()
    assert [str(told.value).count(f"names/lstm/seed-{seed} (") for seed in range(4)] == [1, 1, 1, 0]
    assert [run.data.tags["seed"] for run in found()[1]] == ["3"]


def test_the_best_run_with_weights_is_found_by_validation(place, monkeypatch):
    untracked(monkeypatch)
    models = place / "models/names"
    assert best(models, "valid_accuracy") is None
    for seed, epochs in ((1, 1), (2, 20)):
        train(place, seed, epochs)
    assert best(models, "valid_accuracy") == models / "lstm/seed-2"
    run = runs.read_run(models / "lstm/seed-2")
    run = run.model_copy(update={"files": {runs.HISTORY: run.files[runs.HISTORY]}})
    write_sealed(models / "lstm/seed-2" / runs.RUN, run.model_dump())
    assert best(models, "valid_accuracy") == models / "lstm/seed-1"


# A server that is killed ----------------------------------------------------------------------


class Server:
    """`mlflow server` on loopback; the same address and the same database when started again."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder, self.uri = folder, f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--workers", "1",
             "--port", str(self.port), "--backend-store-uri", "sqlite:///server.db"],
            cwd=self.folder, env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
            start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until(lambda: answers(f"{self.uri}/health"), self.process, PATIENCE, pause=0.2)

    def kill(self) -> None:
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture
def server(place, tmp_path_factory, monkeypatch):
    server = Server(tmp_path_factory.mktemp("server"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.uri)
    yield server
    server.kill()


def epochs_told(uri: str) -> list[int]:
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("names")
    for run in client.search_runs([experiment.experiment_id]) if experiment else []:
        return [each.step for each in client.get_metric_history(run.info.run_id, "valid_loss")]
    return []


def test_a_server_that_dies_in_the_middle_costs_no_run_and_no_metric(place, server):
    server.start()
    epochs = 80
    process = training(place, 1, epochs)
    told = until(lambda: epochs_told(server.uri), process)
    server.kill()
    process.join()
    assert process.exitcode == 0
    said = (place / "said-1").read_text(encoding="utf-8")
    assert said.count("tracking is off until this run ends") == 1
    assert said.count("`rnnlab track` brings it there later") == 1
    assert len(told) < epochs
    server.start()
    assert len(epochs_told(server.uri)) < epochs
    for counts in ((0, 1, 0), (0, 0, 1)):
        assert track() == counts
        client, (run,) = found(server.uri)
        history = content(client, run)["metrics"]
        for key in ("valid_loss", "tokens_per_second", "system/cpu_utilization_percentage"):
            assert [step for step, _ in history[key]] == list(range(1, epochs + 1))
        assert run.info.status == "FINISHED"


def test_a_server_that_comes_late_is_told_all_by_the_training_itself(
    place, server, capsys, monkeypatch
):
    with monkeypatch.context() as without:
        untracked(without)
        folder = train(place)
    run = runs.read_run(folder)
    pace = runs.read_timing(place / "timings/names/lstm/seed-1.json").epochs
    tracker = Tracker(run, Made())  # the server is not there yet
    for row in zip(runs.read_history(folder), pace, strict=True):
        tracker.epoch(*row)
    until_said("tracking is off", capsys)
    server.start()
    tracker.finish(run, folder)
    assert "the store is back" in capsys.readouterr().out
    client, (told,) = found(server.uri)
    history = content(client, told)["metrics"]["valid_loss"]
    assert history == [(row.epoch, row.valid_loss) for row in runs.read_history(folder)]
    assert (told.info.status, told.data.tags["seed"]) == ("FINISHED", "1")
    assert track() == (0, 1, 0)  # the pictures


def test_the_commit_is_known_in_git_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_commit() == ""


def test_a_commit_s_files_that_differ_are_told_but_for_the_pipeline_s_own(tmp_path, monkeypatch):
    for name in ("dvc.lock", "reports/metrics.json", "params.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    committed(tmp_path)
    monkeypatch.chdir(tmp_path / "reports")
    (tmp_path / "dvc.lock").write_text("schema: '2.0'")
    Path("metrics.json").write_text("{}")
    assert re.fullmatch("[0-9a-f]{40}", git_commit())
    (tmp_path / "params.yaml").write_text("a: 1")
    assert re.fullmatch(r"[0-9a-f]{40}\+changes", git_commit())
