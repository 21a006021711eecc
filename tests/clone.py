"""A clone of the project as a newcomer has it: the committed files, git, an environment for it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from places import ROOT
from rnnlab.pipeline.workspace import merged
from rnnlab.settings.base import read


class Clone(NamedTuple):
    root: Path

    @property
    def environment(self) -> dict[str, str]:
        known = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW")}
        binaries = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {**known, "PATH": binaries, "PYTHONPATH": str(self.root / "src")}

    def run(self, *command: str, ok: bool = True, **more: Any) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command, cwd=self.root, env=self.environment, capture_output=True, encoding="utf-8",
            check=False, **more,
        )  # fmt: skip
        assert done.returncode == 0 or not ok, done.stdout[-3000:] + done.stderr[-3000:]
        return done

    def dvc(self, *command: str) -> str:
        done = self.run(sys.executable, "-m", "dvc", *command)
        return done.stdout + done.stderr

    def git(self, *command: str) -> str:
        name = ["-c", "user.name=Reader", "-c", "user.email=reader@example.org"]
        return self.run("git", *name, *command).stdout

    def settings(self, changes: dict[str, Any]) -> None:
        """Lay `changes` over params.yaml."""
        path = self.root / "params.yaml"
        content = overlaid(read(path), changes)
        path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), "utf-8")


def make(root: Path, changes: dict[str, Any]) -> Clone:
    """The tree's committed files in the folder `root`, a repository of their own, in the demo's
    size with `changes` over it.

    Without dvc.lock: of other settings it says nothing, and DVC writes all of it anew each time.
    """
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).exists() and name != "dvc.lock":
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name, follow_symlinks=False)
    clone = Clone(root)
    settings = merged(read(root / "params.yaml"), read(root / "sizes/demo.yaml"))
    text = yaml.safe_dump(merged(settings, changes), sort_keys=False, allow_unicode=True)
    (root / "params.yaml").write_text(text, "utf-8")
    clone.git("init", "--quiet")
    clone.git("add", "--all")
    clone.git("commit", "--quiet", "--message", "All of it")
    return clone


def overlaid(content: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`content` with `changes` over it, key by key at every depth."""
    result = dict(content)
    for key, value in changes.items():
        old = result.get(key)
        nested = isinstance(value, dict) and isinstance(old, dict)
        result[key] = overlaid(old, value) if nested else value
    return result
