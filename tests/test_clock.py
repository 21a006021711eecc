"""What stages took: written by each, added up by kind."""

import json

import pytest
from rnnlab.clock import peak_memory, timed

from rnnlab.errors import LabError
from rnnlab.report import stages


def test_what_a_stage_took_is_written_at_its_end(tmp_path):
    path = tmp_path / "stages" / "download.json"
    with timed(path):
        assert not path.exists()
    spent = json.loads(path.read_text(encoding="utf-8"))
    assert spent["ended"] > spent["started"]
    assert 1 < spent["peak_memory"] <= peak_memory()


def test_a_stage_that_fails_took_nothing(tmp_path):
    with pytest.raises(LabError), timed(tmp_path / "download.json"):
        raise LabError("no network")
    assert not list(tmp_path.iterdir())


def write(folder, name, started, ended, peak_memory=100.0):
    text = json.dumps({"started": started, "ended": ended, "peak_memory": peak_memory})
    (folder / f"{name}.json").write_text(text, encoding="utf-8")


def test_a_grid_s_stages_are_added_up(tmp_path):
    write(tmp_path, "download", 100, 103)
    write(tmp_path, "names-train@lstm-1", 103, 113)
    write(tmp_path, "names-train@lstm-2", 104, 124, peak_memory=250.0)
    facts = stages.facts(tmp_path)
    assert facts["kinds"]["names-train"] == {
        "stages": 2, "all_seconds": 30, "longest_seconds": 20, "peak_memory": 250,
    }  # fmt: skip
    assert (facts["core_seconds"], facts["wall_seconds"]) == (33, 24)


def test_the_pause_between_two_sittings_took_no_time(tmp_path):
    write(tmp_path, "download", 100, 103)
    write(tmp_path, "names-train@lstm-1", 1000, 1010)
    write(tmp_path, "names-train@lstm-2", 1002, 1004)
    assert stages.facts(tmp_path)["wall_seconds"] == 13


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "download.json").write_text("{}", encoding="utf-8")
    with pytest.raises(LabError, match=str(tmp_path)):
        stages.facts(tmp_path)
