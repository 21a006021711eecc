"""A stage as a program; what stages took: written by each, added up by kind."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from joblib import Parallel, delayed

from clone import make
from places import ROOT
from rnnlab import stage
from rnnlab.errors import LabError
from rnnlab.report import stages
from rnnlab.settings.base import read


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Runs a function as `stages/names_train.py` with arguments; gives what it exits with."""
    monkeypatch.delenv("DVC_STAGE", raising=False)

    def start(main, *arguments, timings=tmp_path / "timings"):
        monkeypatch.setattr(sys, "argv", ["stages/names_train.py", *arguments])
        with pytest.raises(SystemExit) as end:
            stage.run(main, timings)
        return end.value.code

    return start


def test_what_a_stage_took_is_written_at_its_end_under_its_name(run, tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_STAGE", "names-train@lstm-1")
    path = tmp_path / "timings" / "names-train@lstm-1.json"

    def main() -> None:
        assert not path.exists()

    assert run(main) == 0
    spent = json.loads(path.read_text(encoding="utf-8"))
    assert spent["ended"] > spent["started"]
    assert 0 < spent["core_seconds"] <= stage.core_seconds()
    assert 1 < spent["peak_memory"] <= stage.peak_memory()


def test_waiting_costs_nothing_but_what_a_child_did_does():
    before = stage.core_seconds()
    time.sleep(0.5)
    assert stage.core_seconds() - before < 0.25
    busy = "import time\nwhile time.process_time() < 0.5: pass"
    subprocess.run([sys.executable, "-c", busy], check=True)
    assert stage.core_seconds() - before > 0.4


def _busy(seconds: float) -> None:
    held = bytearray(300 * 2**20)
    while time.process_time() < seconds:
        held[0] = 1


def test_workers_that_stay_idle_are_counted(run, tmp_path):
    """As those of sentiment-tokenize, whose gigabyte and minutes were left out."""

    def main() -> None:
        Parallel(n_jobs=2)(delayed(_busy)(1.0) for _ in range(2))

    before = stage.core_seconds()
    assert run(main) == 0
    spent = json.loads((tmp_path / "timings" / "names-train.json").read_text(encoding="utf-8"))
    assert spent["core_seconds"] - before > 2
    assert spent["peak_memory"] > 300


def test_by_hand_the_name_is_the_script_s_and_arguments_have_their_types(run, tmp_path):
    given = []

    def main(net: str, seed: int) -> None:
        given.extend((net, seed))

    assert run(main, "lstm", "7") == 0
    assert given == ["lstm", 7]
    assert [path.name for path in tmp_path.rglob("*.json")] == ["names-train.json"]
    assert run(main, "lstm", "seven") != 0
    assert given == ["lstm", 7]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("names-train@lstm-as-published-7", ["lstm-as-published", 7]),
        ("workspaces/demo/dvc.yaml:names-train@gru-1", ["gru", 1]),
        ("names-train@x; touch PWNED #-1", ["x; touch PWNED #", 1]),
        ("names-train@--help-1", ["--help", 1]),
    ],
)
def test_a_grid_s_stage_has_its_arguments_from_its_name(run, monkeypatch, name, arguments):
    monkeypatch.setenv("DVC_STAGE", name)
    given = []

    def main(net: str, seed: int, again: bool = False) -> None:
        given.extend((net, seed, again))

    assert run(main, "--again", timings=None) == 0
    assert given == [*arguments, True]
    assert run(main, "rnn", "3", timings=None) == 0
    assert given[3:] == ["rnn", 3, False]


def test_no_command_holds_what_params_yaml_may_say():
    stages = read(ROOT / "dvc.yaml")["stages"]
    assert [each["cmd"] for each in stages.values() if "$" in each["cmd"]] == []


def test_a_net_s_name_that_is_a_command_is_not_run(tmp_path):
    clone = make(tmp_path, {"poetry": {"nets": {"x; touch PWNED #": {}}}})
    seed = read(tmp_path / "params.yaml")["poetry"]["seeds"][0]
    name = f"poetry-train@x; touch PWNED #-{seed}"
    done = clone.run(
        sys.executable, "-m", "dvc", "repro", "--single-item", "--force", name, ok=False
    )
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "error: params.yaml: poetry.nets" in said
    assert not list(tmp_path.rglob("PWNED*"))


def test_a_stage_that_is_not_timed_writes_nothing(run, tmp_path):
    assert run(lambda: None, timings=None) == 0
    assert not list(tmp_path.iterdir())


def test_a_stage_that_fails_took_nothing(run, tmp_path):
    def main() -> None:
        raise LabError("no network")

    assert run(main) == "error: no network"
    assert not list(tmp_path.iterdir())


def write(folder: Path, name: str, started: float, ended: float, peak_memory: float = 100.0):
    spent = {"started": started, "ended": ended, "core_seconds": (ended - started) / 2}
    text = json.dumps({**spent, "peak_memory": peak_memory})
    (folder / f"{name}.json").write_text(text, encoding="utf-8")


def test_a_grid_s_stages_are_added_up(tmp_path):
    write(tmp_path, "download", 100, 103)
    write(tmp_path, "names-train@lstm-1", 103, 113)
    write(tmp_path, "names-train@lstm-2", 104, 124, peak_memory=250.0)
    found = stages.times(tmp_path)
    assert found.kinds["names-train"].model_dump() == {
        "stages": 2,
        "all_seconds": 15,
        "longest_seconds": 10,
        "peak_memory": 250,
    }
    assert (found.core_seconds, found.wall_seconds) == (16.5, 24)


def test_the_pause_between_two_sittings_took_no_time(tmp_path):
    write(tmp_path, "download", 100, 103)
    write(tmp_path, "names-train@lstm-1", 1000, 1010)
    write(tmp_path, "names-train@lstm-2", 1002, 1004)
    assert stages.times(tmp_path).wall_seconds == 13


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "download.json").write_text("{}", encoding="utf-8")
    with pytest.raises(LabError, match=str(tmp_path)):
        stages.times(tmp_path)
