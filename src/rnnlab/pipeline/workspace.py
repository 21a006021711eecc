"""The same pipeline in another size: a folder with its own settings, data and results."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from rnnlab.errors import LabError
from rnnlab.files import digest, replacing, write_text
from rnnlab.pipeline import dvc
from rnnlab.settings.base import read

CACHE = "../../.dvc/cache"
WORKSPACES = "workspaces"


def prepare(root: Path, size: str) -> Path:
    """Make or refresh the workspace of `size` (a file in sizes/) under the project's `root`.

    It holds copies of dvc.yaml and .dvcignore, links to the code, params.yaml as the size changes
    it, and a DVC project of its own that shares the root's cache: what one size has computed,
    another that needs the same gets without computing. Returns its folder.

    Settings that somebody has edited in the workspace stay. Raises LabError if there is no such
    size.
    """
    changes = root / "sizes" / f"{size}.yaml"
    if not changes.exists():
        known = ", ".join(sorted(path.stem for path in changes.parent.glob("*.yaml")))
        raise LabError(f"there is no size {size!r}: {changes} is missing. Known: {known}.")
    workspace = root / WORKSPACES / size
    (workspace / "reports").mkdir(parents=True, exist_ok=True)
    for name in ("src", "stages", "docs"):
        _link(workspace / name, Path("../..") / name)
    for name in ("dvc.yaml", ".dvcignore"):
        with replacing(workspace / name) as copy:
            shutil.copyfile(root / name, copy)
    settings = merged(read(root / "params.yaml"), read(changes))
    _move_mirrors(settings.get("download"))
    _write_settings(workspace / "params.yaml", settings, size)
    if not _configured(workspace):
        config = (f"config cache.dir {CACHE}", "config core.analytics false")
        for command in ("init --no-scm --quiet --force", *config[::-1]):
            dvc.run(*command.split(), folder=workspace)
    _link(workspace / ".dvc" / "plots", Path("../../../.dvc/plots"))
    return workspace


def is_one(folder: Path) -> bool:
    """Whether `folder` is a size's workspace, and not the project's root."""
    return folder.resolve().parent.name == WORKSPACES and (folder / "src").is_symlink()


def needs_pipeline(folder: Path) -> None:
    """Raises LabError if `folder` is that of no DVC project.

    DVC itself would look for one in the folders above.
    """
    if not (folder / ".dvc").is_dir():
        raise LabError(f"{folder.resolve()} holds no pipeline (no .dvc); run this where one is.")


def collect_garbage(folder: Path, dry: bool) -> None:
    """Delete from DVC's cache what neither the project nor any of its workspaces uses.

    folder: the project's, or that of one of its workspaces. They share one cache, in which a plain
    `dvc gc --workspace` keeps only what the folder that it runs in uses. dry: say what would go.
    Raises LabError if it is neither, or DVC fails.
    """
    needs_pipeline(folder)
    here = folder.resolve()
    root = here.parent.parent if is_one(here) else here
    projects = [root, *(each.parent for each in sorted(root.glob(f"{WORKSPACES}/*/dvc.yaml")))]
    others = [str(each) for each in projects if each != here]
    command = ["gc", "--workspace", *(["--dry"] if dry else ["--force"])]
    if others:
        command += ["--projects", *others]
    done = subprocess.run([sys.executable, "-m", "dvc", *command], cwd=here, check=False)
    if done.returncode:
        raise LabError("`dvc gc` failed, see above; put that right and run again.")


def _write_settings(path: Path, settings: dict[str, Any], size: str) -> None:
    """Unless somebody has edited them since: then they stay, and it is said."""
    body = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
    if path.exists():
        head, _, rest = path.read_text(encoding="utf-8").partition("\n")
        if head != _head(size, rest):
            print(
                f"{path} was edited and stays as it is; delete it for the settings of "
                f"sizes/{size}.yaml.",
                file=sys.stderr,
            )
            return
    write_text(path, f"{_head(size, body)}\n{body}")


def _head(size: str, body: str) -> str:
    """The first line of settings as they were made."""
    return f"# ../../params.yaml as sizes/{size}.yaml changes it ({digest(body)[:12]})"


def merged(settings: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`settings` with `changes` over them, section by section.

    What params.yaml names (nets, arms) is replaced as a whole: a size says which it trains.
    """
    result = dict(settings)
    for key, value in changes.items():
        named = key in ("nets", "arms")
        nested = isinstance(value, dict) and isinstance(result.get(key), dict) and not named
        result[key] = merged(result[key], value) if nested else value
    return result


def _configured(workspace: Path) -> bool:
    """Whether the last that is written when a workspace is made is there."""
    config = workspace / ".dvc/config"
    return config.exists() and CACHE in config.read_text(encoding="utf-8")


def _move_mirrors(download: Any) -> None:
    """Let the section's mirrors be seen from the workspace. What is wrong with the section is told
    when its settings are checked."""
    if isinstance(download, dict) and isinstance(mirrors := download.get("mirrors"), list):
        download["mirrors"] = [_from_workspace(mirror) for mirror in mirrors]


def _from_workspace(mirror: Any) -> Any:
    """A mirror's folder as seen two folders further down; addresses and absolute paths stay."""
    if not isinstance(mirror, str) or "://" in mirror or Path(mirror).is_absolute():
        return mirror
    return os.path.normpath(Path("../..") / mirror)


def _link(path: Path, target: Path) -> None:
    if not path.is_symlink():
        path.symlink_to(target, target_is_directory=True)
