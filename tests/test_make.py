"""The Makefile, with commands in the place of the real ones that note how they are called."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

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


def test_without_a_workspace_nothing_is_made(project):
    assert called(project, "size-huge") == ["workspace huge"]
