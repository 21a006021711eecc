"""What git says of the project."""

import subprocess
from pathlib import Path

from rnnlab.errors import LabError


def said(*arguments: str, folder: Path = Path()) -> str:
    """What a git command prints in `folder`. Raises LabError if it fails, or there is no git."""
    command = ["git", *arguments]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, encoding="utf-8", check=False
        )
    except OSError as trouble:
        raise LabError(f"`git` can't be run: {trouble}") from None
    if done.returncode:
        reason = " ".join(done.stderr.split())
        raise LabError(f"`git {arguments[0]}` failed in {folder}: {reason}")
    return done.stdout
