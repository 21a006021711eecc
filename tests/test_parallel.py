"""Several stages at once, on a small DVC project: order, results, failure, nothing to do."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from rnnlab.errors import LabError
from rnnlab.pipeline import parallel

PIPELINE = """
stages:
  source:
    cmd: echo 3 > source.txt
    outs: [source.txt]
  square:
    matrix:
      by: [1, 2, 3]
    cmd: test -s source.txt && echo ${item.by} > square-${item.by}.txt
    deps: [source.txt]
    outs:
      - square-${item.by}.txt
  total:
    cmd: cat square-*.txt > total.txt
    deps: [square-1.txt, square-2.txt, square-3.txt]
    outs: [total.txt]
"""


def dvc(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "dvc", *arguments], check=True)


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    dvc("init", "--no-scm", "--quiet")
    (tmp_path / "dvc.yaml").write_text(PIPELINE, encoding="utf-8")
    return tmp_path


def test_the_results_are_those_of_one_stage_at_a_time(project):
    parallel.reproduce(jobs=3)
    assert (project / "total.txt").read_text(encoding="utf-8") == "1\n2\n3\n"
    together = (project / "dvc.lock").read_text(encoding="utf-8")
    assert parallel.outdated() == {}
    (project / "dvc.lock").unlink()
    dvc("repro", "--quiet", "--force", "--no-run-cache")
    one_by_one = (project / "dvc.lock").read_text(encoding="utf-8")
    assert yaml.safe_load(together) == yaml.safe_load(one_by_one)


def test_a_broken_pipeline_is_one_sentence(project):
    (project / "dvc.yaml").write_text("stages: [", encoding="utf-8")
    with pytest.raises(LabError, match=r"dvc\.yaml"):
        parallel.reproduce(jobs=2)


def test_a_failure_keeps_what_is_finished_and_starts_nothing_more(project):
    broken = PIPELINE.replace("echo ${item.by} >", "test ${item.by} != 2 && echo ${item.by} >")
    (project / "dvc.yaml").write_text(broken, encoding="utf-8")
    with pytest.raises(LabError, match="square@2 failed"):
        parallel.reproduce(jobs=3)
    assert (project / "square-1.txt").exists()
    assert not (project / "total.txt").exists()
    (project / "dvc.yaml").write_text(PIPELINE, encoding="utf-8")
    parallel.reproduce(jobs=2)
    assert (project / "total.txt").read_text(encoding="utf-8") == "1\n2\n3\n"


def test_a_stage_waits_for_what_it_reads():
    waiting = {"a": set(), "b": {"a"}, "c": set(), "d": {"b", "c"}}
    assert parallel.ready(waiting, set()) == ["a", "c"]
    assert parallel.ready(waiting, {"a"}) == ["c"]
    del waiting["a"]
    assert parallel.ready(waiting, {"c"}) == ["b"]
