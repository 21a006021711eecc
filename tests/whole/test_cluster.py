"""Stages on a Dask cluster: real scheduler and worker processes on loopback, each in a folder of
its own, with the pipeline's folder shared and without, and what happens when they are killed."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from places import ROOT
from projects import dvc, files
from repository import committed, git
from rnnlab.errors import LabError
from rnnlab.pipeline import crew, engine, plan
from rnnlab.pipeline.lockfile import entries
from waiting import until

TRAIN = """
import os, pathlib, sys, time
source, output, checkpoint, name = map(pathlib.Path, sys.argv[1:])
signs = pathlib.Path(os.environ["SIGNS"])
checkpoint.parent.mkdir(exist_ok=True)
epoch = int(checkpoint.read_text()) if checkpoint.exists() else 0
(signs / "begun" / f"{name}-{time.monotonic_ns()}").write_text(str(epoch))
while epoch < 5:
    while epoch == 2 and not (signs / "go").exists():
        time.sleep(0.02)
    epoch += 1
    checkpoint.write_text(str(epoch))
    print(f"epoch {epoch}/5", flush=True)
output.write_text(source.read_text() * epoch + str(name))
checkpoint.unlink()
"""
PIPELINE = """
stages:
  source:
    cmd: echo 3 > source.txt
    outs: [source.txt]
  train:
    matrix: {net: [a, b, c]}
    cmd: python train.py source.txt model-${item.net}.txt checkpoints/${item.net} ${item.net}
    deps: [source.txt, train.py]
    outs: ["model-${item.net}.txt"]
  report:
    cmd: cat model-*.txt > report.txt
    deps: [model-a.txt, model-b.txt, model-c.txt]
    outs: [{report.txt: {cache: false}}]
"""


class Cluster:
    """`dask scheduler`, and workers that can be killed."""

    def __init__(self, folder: Path, *more: str) -> None:
        """more: options of scheduler and workers alike."""
        self.folder, self.more = folder, more
        file = folder / "scheduler.json"
        self.scheduler = self._start(
            folder, "dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
            "--scheduler-file", str(file), *(["--protocol", "tls", *more] if more else []),
        )  # fmt: skip
        until(lambda: file.exists() and file.read_text("utf-8"), self.scheduler)
        self.address = json.loads(file.read_text("utf-8"))["address"]
        self.workers: list[subprocess.Popen[bytes]] = []

    def add(self, **variables: str) -> None:
        place = self.folder / f"worker-{len(self.workers)}"
        place.mkdir()
        self.workers.append(
            self._start(
                place, "dask_worker", self.address, "--no-nanny", "--nthreads", "1",
                "--no-dashboard", "--local-directory", str(place), *self.more, **variables,
            )
        )  # fmt: skip

    def _start(self, folder: Path, module: str, *arguments: str, **variables: str):
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{module}", *arguments], cwd=folder,
            env={**os.environ, **variables}, stdout=(folder / f"{module}.log").open("wb"),
            stderr=subprocess.STDOUT,
        )  # fmt: skip


@pytest.fixture
def options() -> list[str]:
    """Of scheduler and workers."""
    return []


@pytest.fixture
def certificates(tmp_path, options) -> Path:
    """The folder that docs/workers.md makes, and the cluster asks for it."""
    text = (ROOT / "docs/workers.md").read_text(encoding="utf-8")
    command = text[text.index("mkdir tls") : text.index("# then copy")].replace("tls/", "./tls/")
    subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True, capture_output=True)
    for option, file in (("ca-file", "ca"), ("cert", "cert"), ("key", "key")):
        options += [f"--tls-{option}", str(tmp_path / f"tls/{file}.pem")]
    return tmp_path / "tls"


@pytest.fixture
def cluster(tmp_path, options) -> Iterator[Cluster]:
    folder = tmp_path / "cluster"
    folder.mkdir()
    cluster = Cluster(folder, *options)
    yield cluster
    for each in [*cluster.workers, cluster.scheduler]:
        with contextlib.suppress(ProcessLookupError):
            each.kill()
        each.wait()


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    """A pipeline in git, committed."""
    folder = tmp_path_factory.mktemp("template")
    git(folder, "init", "--quiet")
    dvc(folder, "init", "--quiet")
    (folder / ".gitignore").write_text("/*.txt\n/logs\n/checkpoints\n", encoding="utf-8")
    (folder / "train.py").write_text(TRAIN, encoding="utf-8")
    (folder / "dvc.yaml").write_text(PIPELINE, encoding="utf-8")
    committed(folder)
    return folder


def copy(template: Path, place: Path) -> Path:
    """The pipeline in the folder `here` of `place`, where its trainings give their signs."""
    (place / "begun").mkdir()
    (place / "go").touch()
    return shutil.copytree(template, place / "here")


@pytest.fixture(scope="module")
def plain(template, tmp_path_factory) -> dict[str, bytes]:
    """What a plain `dvc repro` leaves."""
    place = tmp_path_factory.mktemp("plain")
    folder = copy(template, place)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGNS", str(place))
        dvc(folder, "repro", "--quiet")
    return files(folder)


@pytest.fixture
def here(template, tmp_path, monkeypatch) -> Path:
    """The pipeline in the current folder, committed, with another as its DVC remote."""
    folder = copy(template, tmp_path)
    remote = f"[core]\n    remote = folder\n['remote \"folder\"']\n    url = {tmp_path}/remote\n"
    (folder / ".dvc/config").write_text(remote, encoding="utf-8")
    git(folder, "commit", "--quiet", "--all", "--message", "A remote")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SIGNS", str(tmp_path))
    return folder


def trainings_wait(here: Path) -> Path:
    """After their second epoch, for the file that is returned."""
    go = here.parent / "go"
    go.unlink()
    return go


def begun(here: Path) -> list[str]:
    """The trainings that were begun, by name, once for each time."""
    return sorted(path.name.split("-")[0] for path in (here.parent / "begun").iterdir())


def head(here: Path, address: str) -> subprocess.Popen[str]:
    code = (
        "from rnnlab import errors; from rnnlab.pipeline.engine import reproduce; "
        f"errors.guarded(lambda: reproduce(scheduler={address!r}))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=here, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip


# With the folder shared ---------------------------------------------------------------------------


def test_workers_that_share_the_folder_use_it(plain, here, cluster, capsys):
    cluster.add()
    cluster.add()
    engine.reproduce(scheduler=cluster.address)
    assert "2 workers, sharing this folder" in capsys.readouterr().out
    assert files(here) == plain
    assert not list(cluster.folder.glob("worker-*/rnnlab-*"))
    assert plan.make().needs == {}


def test_a_worker_killed_in_a_training_costs_the_epochs_since_its_checkpoint(here, cluster):
    go = trainings_wait(here)
    cluster.add()
    process = head(here, cluster.address)
    until(lambda: begun(here), process)
    until(lambda: any((here / "checkpoints").glob("?")), process)
    cluster.add()
    cluster.workers[0].kill()
    until(lambda: len(begun(here)) == 2, process)
    go.touch()
    said = process.communicate(timeout=120)[0]
    assert process.returncode == 0, said
    starts = sorted(int(path.read_text("utf-8")) for path in (here.parent / "begun").iterdir())
    assert starts[:3] == [0, 0, 0]
    assert 0 < starts[3] <= 2
    assert len(starts) == 4
    assert plan.make().needs == {}
    assert {path.name for path in here.glob("*.txt")} == {
        "source.txt", "model-a.txt", "model-b.txt", "model-c.txt", "report.txt"
    }  # fmt: skip
    assert (here / "model-a.txt").read_text(encoding="utf-8") == "3\n" * 5 + "a"


def test_a_scheduler_that_goes_away_loses_nothing_that_is_finished(here, cluster):
    trainings_wait(here)
    cluster.add()
    process = head(here, cluster.address)
    until(lambda: any((here / "checkpoints").glob("?")), process)
    cluster.scheduler.send_signal(signal.SIGKILL)
    said = process.communicate(timeout=200)[0]
    assert process.returncode == 1
    assert "Traceback" not in said
    assert "the Dask scheduler is gone; what is finished is kept: run again." in said
    assert "interrupted" in said
    assert list(entries(here)) == ["source"]
    cluster.workers[0].wait(timeout=200)


def test_a_cluster_with_tls_takes_work_from_who_holds_the_certificate(
    plain, here, certificates, cluster
):
    assert cluster.address.startswith("tls://")
    cluster.add()
    with pytest.raises(LabError, match=r"asks for certificates; name .* --tls"):
        engine.reproduce(scheduler=cluster.address)
    with pytest.raises(LabError, match="can't be used"):
        engine.reproduce(scheduler=cluster.address.replace("tls", "tcp"))
    with pytest.raises(LabError, match=r"ca\.pem is missing; docs/workers\.md"):
        engine.reproduce(scheduler=cluster.address, tls=here)
    engine.reproduce(scheduler=cluster.address, tls=certificates)
    assert files(here) == plain


def test_a_cluster_that_is_not_there_is_one_sentence(here, monkeypatch):
    client = partial(crew.Client, timeout="1s")
    monkeypatch.setattr(crew, "Client", lambda address, **_: client(address))
    with pytest.raises(LabError, match=r"the Dask cluster at tcp://127\.0\.0\.1:9 can't be used"):
        engine.reproduce(scheduler="tcp://127.0.0.1:9")


# Without ------------------------------------------------------------------------------------------


def test_workers_without_the_folder_clone_pull_push_and_the_head_trains_nothing(
    plain, here, cluster, capsys
):
    dvc(here, "repro", "--quiet", "source")  # what is done here is handed over
    cluster.add(RNNLAB_FOLDER="")
    cluster.add(RNNLAB_FOLDER="")
    engine.reproduce(scheduler=cluster.address)
    assert "2 workers, with data by the DVC remote" in capsys.readouterr().out
    assert begun(here) == ["a", "b", "c"]
    assert files(here) == plain
    assert plan.make().needs == {}
    assert "epoch 5/5" in (here / "logs/train@a.log").read_text(encoding="utf-8")
    models = [path.name for path in cluster.folder.glob("worker-*/rnnlab-*/model-*.txt")]
    assert sorted(models) == ["model-a.txt", "model-b.txt", "model-c.txt"]
    assert not list(cluster.folder.glob("worker-*/rnnlab-*/report.txt"))  # it is not in the cache


def test_code_that_is_not_committed_is_refused_in_one_sentence(here, cluster):
    (here / "train.py").write_text("changed", encoding="utf-8")
    cluster.add(RNNLAB_FOLDER="")
    with pytest.raises(LabError, match=r"last commit, and train\.py differ"):
        engine.reproduce(scheduler=cluster.address)
    dvc(here, "remote", "remove", "folder")
    git(here, "checkout", "--quiet", "train.py")
    git(here, "commit", "--quiet", "--all", "--message", "no remote")
    with pytest.raises(LabError, match="there is no DVC remote"):
        engine.reproduce(scheduler=cluster.address)
