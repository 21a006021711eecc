"""Small DVC projects in folders of their own: how to run DVC there, and what it leaves."""

import subprocess
import sys
from pathlib import Path


def dvc(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "dvc", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def files(folder: Path) -> dict[str, bytes]:
    """All that a run leaves: outputs, dvc.lock, the cache with what was run before."""
    places = [*folder.glob("*.*"), *(folder / ".dvc/cache").rglob("*")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in places if path.is_file()}
