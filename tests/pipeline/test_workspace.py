"""A workspace is whole after `rnnlab workspace`, whatever an earlier call left."""

import compileall
import shutil
from pathlib import Path

import pytest
import yaml
from dvc.repo import Repo

from places import ROOT
from projects import dvc
from rnnlab.errors import LabError
from rnnlab.pipeline.workspace import CACHE, collect_garbage, is_one, prepare

PIPELINE = """
stages:
  make:
    cmd: python -c "print(${download.retries})" > made.txt
    params: [download.retries]
    outs: [made.txt]
"""


@pytest.fixture
def project(tmp_path) -> Path:
    (tmp_path / "sizes").mkdir()
    (tmp_path / "sizes/small.yaml").write_text("download: {retries: 0}\n", encoding="utf-8")
    (tmp_path / "dvc.yaml").write_text(PIPELINE, encoding="utf-8")
    shutil.copyfile(ROOT / ".dvcignore", tmp_path / ".dvcignore")
    settings = "download: {mirrors: [], retries: 3}\n"
    (tmp_path / "params.yaml").write_text(settings, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("left", ["nothing", "an empty folder", "a DVC project without its cache"])
def test_one_that_was_left_half_made_is_finished(project, left):
    workspace = project / "workspaces/small"
    if left != "nothing":
        (workspace / ".dvc").mkdir(parents=True)
    if left.startswith("a DVC"):
        dvc(workspace, "init", "--no-scm", "--force")
    assert prepare(project, "small") == workspace
    assert CACHE in (workspace / ".dvc/config").read_text(encoding="utf-8")
    assert (workspace / ".dvc/plots").is_symlink()


def test_edited_settings_stay_and_it_is_said(project, capsys):
    path = prepare(project, "small") / "params.yaml"
    (project / "sizes/small.yaml").write_text("download: {retries: 1}\n", encoding="utf-8")
    prepare(project, "small")
    assert "retries: 1" in path.read_text(encoding="utf-8")
    assert capsys.readouterr().err == ""
    edited = path.read_text(encoding="utf-8").replace("retries: 1", "retries: 7")
    path.write_text(edited, encoding="utf-8")
    prepare(project, "small")
    assert path.read_text(encoding="utf-8") == edited
    assert "params.yaml was edited and stays as it is; delete it" in capsys.readouterr().err


@pytest.mark.parametrize("section", ["{mirors: [], retries: 3}", "{mirrors: x, retries: 3}"])
def test_settings_that_are_wrong_are_left_to_their_check(project, section):
    (project / "params.yaml").write_text(f"download: {section}\n", encoding="utf-8")
    settings = prepare(project, "small") / "params.yaml"
    assert yaml.safe_load(settings.read_text("utf-8"))["download"] == {
        **yaml.safe_load(section),
        "retries": 0,
    }


def test_mirrors_are_seen_from_the_workspace(project):
    mirrors = ["../shared/data", "shelf", "/abs", "http://x", "file:///abs"]
    settings = {"download": {"mirrors": mirrors, "retries": 3}}
    (project / "params.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    workspace = prepare(project, "small")
    seen = yaml.safe_load((workspace / "params.yaml").read_text("utf-8"))["download"]["mirrors"]
    assert seen == ["../../../shared/data", "../../shelf", "/abs", "http://x", "file:///abs"]
    folders = [(workspace / path).resolve() for path in seen[:2]]
    assert folders == [(project / path).resolve() for path in mirrors[:2]]


def test_what_python_compiles_is_no_change_of_the_code(project):
    (project / "src/part").mkdir(parents=True)
    (project / "src/part/code.py").write_text("", encoding="utf-8")
    stage = PIPELINE.replace("    params:", "    deps: [src/part]\n    params:")
    (project / "dvc.yaml").write_text(stage, encoding="utf-8")
    workspace = prepare(project, "small")
    dvc(workspace, "repro")
    compileall.compile_dir(project / "src", quiet=1)
    assert list(project.rglob("*.pyc"))
    assert Repo(str(workspace)).status() == {}


@pytest.mark.parametrize("place", ["", "workspaces/small"])
def test_garbage_is_what_no_size_uses(project, place):
    dvc(project, "init", "--no-scm")
    workspace = prepare(project, "small")
    for folder in (project, workspace):
        dvc(folder, "repro")
    (project / "params.yaml").write_text("download: {mirrors: [], retries: 4}\n", encoding="utf-8")
    dvc(project, "repro")
    cached = project / ".dvc/cache/files/md5"
    before = {each.read_text() for each in cached.rglob("*") if each.is_file()}
    assert before == {"0\n", "3\n", "4\n"}
    collect_garbage(project / place, dry=True)
    assert len([each for each in cached.rglob("*") if each.is_file()]) == 3
    collect_garbage(project / place, dry=False)
    assert {each.read_text() for each in cached.rglob("*") if each.is_file()} == {"0\n", "4\n"}


def test_from_a_folder_within_a_project_nothing_is_deleted(project):
    dvc(project, "init", "--no-scm")
    dvc(project, "repro")
    (project / "docs").mkdir()
    (project / "params.yaml").write_text("download: {mirrors: [], retries: 4}\n", encoding="utf-8")
    with pytest.raises(LabError, match=r"docs holds no pipeline \(no \.dvc\)"):
        collect_garbage(project / "docs", dry=False)
    cached = project / ".dvc/cache/files/md5"
    assert [each.read_text() for each in cached.rglob("*") if each.is_file()] == ["3\n"]


def test_what_dvc_says_of_garbage_is_followed_by_a_sentence(project):
    (project / ".dvc").mkdir()
    (project / "dvc.yaml").write_text("stages: [", encoding="utf-8")
    with pytest.raises(LabError, match="`dvc gc` failed"):
        collect_garbage(project, dry=True)


def test_a_clone_in_a_folder_of_that_name_is_no_workspace(tmp_path):
    (tmp_path / "workspaces/clone/src").mkdir(parents=True)
    assert not is_one(tmp_path / "workspaces/clone")
