"""Programs in folders of their own: how to run them there, DVC above all, and what it leaves."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from places import ROOT


def environment(*code: Path) -> dict[str, str]:
    """For programs: this Python is `python`, the packages in `code` are found, and no MLflow store
    of whoever runs the tests is."""
    known = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW")}
    binaries = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**known, "PATH": binaries, "PYTHONPATH": os.pathsep.join(map(str, code))}


def run(
    folder: Path, *command: str, ok: bool = True, **more: Any
) -> subprocess.CompletedProcess[str]:
    """A program that has run in `folder`. It must not fail, unless `ok` is False."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", check=False, **more
    )
    assert done.returncode == 0 or not ok, done.stdout[-3000:] + done.stderr[-3000:]
    return done


def dvc(folder: Path, *arguments: str) -> str:
    """What DVC prints in `folder`."""
    command = [sys.executable, "-m", "dvc", *arguments]
    return run(folder, *command, env=environment(ROOT / "src")).stdout


def files(folder: Path) -> dict[str, bytes]:
    """All that a run leaves: outputs, dvc.lock, the cache with what was run before."""
    places = [*folder.glob("*.*"), *(folder / ".dvc/cache").rglob("*")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in places if path.is_file()}
