"""Small git repositories, whose commits need no author in git's settings."""

from pathlib import Path

from projects import run

AUTHOR = ["-c", "user.name=Reader", "-c", "user.email=reader@example.org"]


def git(folder: Path, *arguments: str) -> str:
    """What git prints in `folder`."""
    return run(folder, "git", *AUTHOR, *arguments).stdout


def committed(folder: Path, message: str = "All") -> None:
    """Make `folder` a repository, with all that lies in it in one commit."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)
