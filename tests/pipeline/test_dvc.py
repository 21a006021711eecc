"""What rnnlab.pipeline.dvc relies on, held to the DVC that is installed."""

import json
import os
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from places import ROOT
from projects import dvc as command
from rnnlab.errors import LabError
from rnnlab.pipeline import dvc
from rnnlab.pipeline.dvc import Digest
from rnnlab.settings.base import read

PIPELINE = """\
stages:
  last:
    cmd: cat data/folder/a.txt > data/last.txt
    deps: [data/folder]
    outs: [data/last.txt]
  first:
    matrix: {size: [1, 2]}
    cmd: mkdir -p data/more && echo ${item.size} > data/more/${item.size}.txt
    params: [knobs]
    outs: ["data/more/${item.size}.txt"]
  middle:
    cmd: mkdir data/folder && cat data/more/1.txt > data/folder/a.txt
    deps: [data/more]
    outs: [data/folder]
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("project")
    (root / "dvc.yaml").write_text(PIPELINE)
    (root / "params.yaml").write_text("knobs: {a: 1}\n")
    (root / "data").mkdir()
    command(root, "init", "--no-scm", "-q")
    command(root, "repro", "-q")
    return root


@pytest.fixture
def made(run, monkeypatch) -> Path:
    """The project, as the current folder: DVC names stages as seen from there."""
    monkeypatch.chdir(run)
    return run


def entry(root: Path, stage: str) -> dict:
    return read(root / "dvc.lock")["stages"][stage]


def test_the_version_is_of_the_line_that_pyproject_names():
    needed = re.search(r'"dvc>=([\d.]+),<', (ROOT / "pyproject.toml").read_text("utf-8"))
    assert version("dvc").startswith(f"{needed[1]}.")


def test_stages_come_in_the_order_of_a_plain_repro(made):
    with dvc.opened(made) as repo:
        stages, sources = dvc.graph(repo)
    said = command(made, "repro", "--dry")
    order = re.findall(r"Stage '(\S+)'", said)
    assert list(stages) == order == ["first@1", "first@2", "middle", "last"]
    assert sources["middle"] == {"first@1", "first@2"}
    assert sources["last"] == {"middle"}


def test_what_is_outdated_is_what_status_names(made):
    path = made / "params.yaml"
    path.write_text("knobs: {a: 2}\n")
    try:
        named = json.loads(command(made, "status", "--json"))
        with dvc.opened(made) as repo, repo.lock:
            stages = dvc.graph(repo).stages
            found = {name for name, each in stages.items() if dvc.outdated(each)}
            assert found == set(named) == {"first@1", "first@2"}
            assert dvc.settings(stages["first@1"]) == {"params.yaml": ["knobs"]}
            assert not dvc.command_changed(stages["first@1"])
    finally:
        path.write_text("knobs: {a: 1}\n")


def test_a_changed_command_is_seen(made):
    path = made / "dvc.yaml"
    path.write_text(PIPELINE.replace("cat data/folder", "cat  data/folder"))
    try:
        with dvc.opened(made) as repo:
            assert dvc.command_changed(dvc.graph(repo).stages["last"])
    finally:
        path.write_text(PIPELINE)


def test_digests_are_those_that_dvc_writes(made):
    with dvc.opened(made) as repo:
        for name, stage in dvc.graph(repo).stages.items():
            for kind, files in (("deps", dvc.reads(stage)), ("outs", stage.outs)):
                for file, known in zip(files, entry(made, name).get(kind, []), strict=True):
                    right = Digest(known["md5"], known["size"], known.get("nfiles"))
                    assert file.def_path == known["path"]
                    assert dvc.digest(file) == right


def test_a_folder_s_digest_follows_from_its_files(made):
    files = {f"{size}.txt": entry(made, f"first@{size}")["outs"][0]["md5"] for size in (2, 1)}
    assert dvc.folder_digest(files) == entry(made, "middle")["deps"][0]["md5"]


def test_a_file_whose_time_was_put_back_is_hashed_all_the_same(made):
    """`dvc status` believes the time and the size."""
    path = made / "data/last.txt"
    before, text = path.stat(), path.read_text()
    path.chmod(0o644)
    path.write_text("9\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    try:
        assert json.loads(command(made, "status", "--json", "last")) == {}
        with dvc.unbelieving(made) as repo:
            assert dvc.digest(dvc.graph(repo).stages["last"].outs[0]) != Digest(
                *(entry(made, "last")["outs"][0][key] for key in ("md5", "size")), None
            )
    finally:
        path.write_text(text)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_lock_is_told_from_what_is_none(made):
    content = read(made / "dvc.lock")
    assert dvc.is_lock(content)
    assert dvc.dump(dvc.load(made / "dvc.lock")) == (made / "dvc.lock").read_text("utf-8")
    del content["stages"]["last"]["cmd"]
    assert not dvc.is_lock(content)


def test_one_has_the_lock_at_a_time(made, monkeypatch):
    with dvc.opened(made) as repo, dvc.opened(made) as other:
        assert dvc.try_lock(repo)
        monkeypatch.setattr("dvc.lock.DEFAULT_TIMEOUT", 0)
        assert not dvc.try_lock(other)
        assert f"process {os.getpid()}" in dvc.busy(made)
        repo.lock.unlock()
        assert dvc.try_lock(other)
        other.lock.unlock()


@pytest.mark.parametrize("content", ["{", ""])
def test_a_broken_list_of_users_is_removed(made, content):
    path = made / ".dvc/tmp/rwlock"
    path.write_text(content)
    with dvc.opened(made) as repo, repo.lock:
        dvc.mend_users(repo)
    assert not path.exists()
    command(made, "repro", "-q")


def test_a_remote_is_the_folder_s_own(made):
    with dvc.opened(made) as repo:
        assert dvc.default_remote(repo) is None
        dvc.set_default_remote(repo, "here", "https://example.org")
    with dvc.opened(made) as repo:
        assert dvc.default_remote(repo) == ("here", "https://example.org")
    assert "example.org" in (made / ".dvc/config.local").read_text()


def test_a_pipeline_that_dvc_cannot_read_is_one_sentence(tmp_path):
    with pytest.raises(LabError, match="DVC can't read the pipeline here"), dvc.opened(tmp_path):
        pass


def test_nothing_else_of_the_project_imports_dvc():
    for path in (ROOT / "src").rglob("*.py"):
        if path.name != "dvc.py":
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"^\s*(from|import) dvc\b", text, re.MULTILINE), path


def test_what_the_cache_lacks_of_a_stage_is_seen(made):
    (file,) = (made / ".dvc/cache/files/md5").rglob(entry(made, "last")["outs"][0]["md5"][2:])
    content = file.read_bytes()
    with dvc.opened(made) as repo:
        assert dvc.cache(repo) == made / ".dvc/cache"
        assert dvc.cached(repo) == dvc.graph(repo).stages.keys()
    try:
        file.unlink()
        with dvc.opened(made) as repo:
            known = dvc.cached(repo)
            assert "last" not in known
            assert "first@2" in known
    finally:
        file.write_bytes(content)
