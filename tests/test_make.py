"""The Makefile, with commands in the place of the real ones that note how they are called."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from places import ROOT

RNNLAB = """#!/bin/sh
echo "$@" >> called
case "$1 $2" in
  "workspace small") echo workspaces/small ;;
  workspace*) exit 1 ;;
esac
"""
LOCKS = ("requirements.txt", "requirements-cpu.txt", "requirements-cuda.txt")


@pytest.fixture
def project(tmp_path) -> Path:
    """A folder whose environment is up to date."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    command = tmp_path / ".venv/bin/rnnlab"
    command.parent.mkdir(parents=True)
    command.write_text(RNNLAB, encoding="utf-8")
    command.chmod(0o755)
    for name in (*LOCKS, "pyproject.toml", ".venv/.ready"):
        (tmp_path / name).touch()
    return tmp_path


def called(project: Path, target: str) -> list[str]:
    """What `rnnlab` is called with by `make target`."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    subprocess.run(["make", target], cwd=project, env=environment, capture_output=True, check=False)
    return (project / "called").read_text(encoding="utf-8").splitlines()


def test_a_size_is_made_in_its_workspace(project):
    (project / "workspaces/small").mkdir(parents=True)
    made = ["workspace small", "repro --folder workspaces/small"]
    assert called(project, "size-small") == made
    assert (project / "workspaces/small/called").read_text(encoding="utf-8") == "track\n"


def test_without_a_workspace_nothing_is_made(project):
    assert called(project, "size-huge") == ["workspace huge"]


def test_a_size_that_was_not_made_is_named(project):
    done = subprocess.run(
        ["make", "check", "SIZE=demo"], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode
    assert "workspaces/demo is not there; run `make demo` first." in done.stderr
    assert not (project / "called").exists()


def test_a_broken_environment_is_made_anew(project):
    (project / ".venv/bin/python").touch()  # as one leaves it that was broken off
    (project / ".venv/.ready").unlink()
    (project / "python").write_text('#!/bin/sh\necho "$@" > made\nexit 1\n', encoding="utf-8")
    (project / "python").chmod(0o755)
    command = ["make", "setup", "PYTHON=./python"]
    subprocess.run(command, cwd=project, capture_output=True, check=False)
    assert (project / "made").read_text() == "-m venv .venv\n"
    assert not (project / ".venv").exists()


def pinned() -> dict[str, dict[str, str]]:
    """Each lock's packages, and their versions."""
    pin = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in LOCKS}
    return {name: dict(pin.findall(text)) for name, text in texts.items()}


def test_what_is_declared_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    locked = {name: version for lock in pinned().values() for name, version in lock.items()}
    for each in map(Requirement, wanted):
        version = locked[canonicalize_name(each.name)]
        assert each.specifier.contains(version), f"{each}, but {version} is locked: `make lock`"


def test_both_builds_of_pytorch_are_of_one_version():
    versions = [pinned()[f"requirements-{kind}.txt"]["torch"] for kind in ("cpu", "cuda")]
    assert len({version.partition("+")[0] for version in versions}) == 1
