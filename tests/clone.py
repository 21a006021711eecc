"""A clone of the project as a newcomer has it: the committed files, git, an environment for it."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from places import ROOT
from projects import environment, run
from repository import committed, git
from rnnlab.pipeline.workspace import merged
from rnnlab.settings.base import read


class Clone(NamedTuple):
    root: Path

    @property
    def environment(self) -> dict[str, str]:
        """Nobody looks into a clone's tracking store."""
        return {**environment(self.root / "src"), "RNNLAB_TRACKING": "later"}

    def run(self, *command: str, ok: bool = True) -> subprocess.CompletedProcess[str]:
        return run(self.root, *command, ok=ok, env=self.environment)

    def dvc(self, *command: str) -> str:
        done = self.run(sys.executable, "-m", "dvc", *command)
        return done.stdout + done.stderr

    def git(self, *command: str) -> str:
        return git(self.root, *command)

    def settings(self, changes: dict[str, Any]) -> None:
        """Lay `changes` over params.yaml."""
        path = self.root / "params.yaml"
        content = overlaid(read(path), changes)
        path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), "utf-8")


def copy_committed(root: Path, *without: str) -> None:
    """Copy the tree's committed files to the folder `root`, but for those named in `without`."""
    listed = git(ROOT, "ls-files", "-z").split("\0")
    for name in {*filter(None, listed)} - {*without}:
        if (ROOT / name).exists():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name, follow_symlinks=False)


def make(root: Path, changes: dict[str, Any]) -> Clone:
    """The tree's committed files in the folder `root`, a repository of their own, in the demo's
    size with `changes` over it.

    Without dvc.lock: of other settings it says nothing, and DVC writes all of it anew each time.
    """
    copy_committed(root, "dvc.lock")
    settings = merged(read(root / "params.yaml"), read(root / "sizes/demo.yaml"))
    text = yaml.safe_dump(merged(settings, changes), sort_keys=False, allow_unicode=True)
    (root / "params.yaml").write_text(text, "utf-8")
    committed(root)
    return Clone(root)


def overlaid(content: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`content` with `changes` over it, key by key at every depth."""
    result = dict(content)
    for key, value in changes.items():
        old = result.get(key)
        nested = isinstance(value, dict) and isinstance(old, dict)
        result[key] = overlaid(old, value) if nested else value
    return result
