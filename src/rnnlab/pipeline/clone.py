"""The project in another folder: the same commit, its data by way of the DVC remote."""

import tempfile
from pathlib import Path
from typing import NamedTuple

from rnnlab import git
from rnnlab.errors import LabError
from rnnlab.files import alone, write_text
from rnnlab.pipeline import dvc, lockfile
from rnnlab.pipeline.plan import Plan
from rnnlab.pipeline.workspace import is_one, prepare

PATIENCE = 600.0
"""Seconds that one worker waits for another to clone."""


class Bundle(NamedTuple):
    """What it takes to make the folder."""

    bundle: bytes
    """The commit with all before it, as `git bundle` packs it."""
    commit: str
    part: str
    """The pipeline's folder, seen from the repository's."""
    settings: str
    """params.yaml, which git does not have in a workspace."""
    entries: dict[str, lockfile.Entry]
    """The head's dvc.lock."""
    remote: str
    """Name of the DVC remote that head and workers hand data over by."""
    url: str


def source(folder: Path, plan: Plan) -> Bundle:
    """All of the pipeline in `folder` that another folder needs to do the stages of `plan`.

    Raises LabError if there is no commit that has their code, or no DVC remote.
    """
    root = Path(git.said("rev-parse", "--show-toplevel", folder=folder).rstrip("\n"))
    part = folder.resolve().relative_to(root.resolve()).as_posix()
    in_workspace = is_one(folder)
    files = {"dvc.yaml"}.union(*plan.files.values())
    place = folder
    if in_workspace:  # links to what git has, a copy, and settings, which are sent along
        place = root
        files -= {"params.yaml"}
    status = ("status", "--porcelain", "--untracked-files=all", "--", *sorted(files))
    changed = git.said(*status, folder=place)
    if changed:
        names = ", ".join(line[2:].strip() for line in changed.splitlines())
        raise LabError(
            f"workers without this folder get the last commit, and {names} differ from it; "
            "commit them, or share the folder."
        )
    with dvc.opened(folder) as repo:
        remote = dvc.default_remote(repo)
    if not remote:
        raise LabError(
            "a worker does not see this folder, and there is no DVC remote to hand data over "
            "by; share the folder, or name a remote with `dvc remote add --default`."
        )
    with tempfile.TemporaryDirectory() as temporary:
        bundle = Path(temporary) / "bundle"
        git.said("bundle", "create", "--quiet", str(bundle), "HEAD", folder=folder)
        commit = git.said("rev-parse", "HEAD", folder=folder).strip()
        settings = (folder / "params.yaml").read_text("utf-8") if in_workspace else ""
        entries = lockfile.entries(folder)
        return Bundle(bundle.read_bytes(), commit, part, settings, entries, *remote)


def make(source: Bundle, parent: Path) -> Path:
    """The pipeline's folder in a clone of `source` below `parent`, made if there is none."""
    root = parent.absolute() / f"rnnlab-{source.commit[:12]}"
    folder = root / source.part
    with alone(Path(f"{root}.lock"), "worker that clones", PATIENCE):
        if not root.exists():
            with tempfile.TemporaryDirectory(dir=root.parent) as temporary:
                bundle, part = Path(temporary) / "bundle", Path(temporary) / "clone"
                bundle.write_bytes(source.bundle)
                git.said("clone", "--quiet", "--no-checkout", str(bundle), str(part))
                git.said("checkout", "--quiet", "--detach", source.commit, folder=part)
                part.rename(root)
        settings = folder / "params.yaml"
        known = settings.read_text(encoding="utf-8") if settings.exists() else ""
        if source.settings and known != source.settings:
            prepare(root, folder.name)
            write_text(settings, source.settings)
        with dvc.opened(folder) as repo:  # its remote may be seen from elsewhere
            dvc.set_default_remote(repo, source.remote, source.url)
    return folder
