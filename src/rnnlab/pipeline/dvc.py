"""All that the project uses of DVC's inside, which DVC promises nobody to keep as it is.

pyproject.toml holds DVC to one line of releases; tests/pipeline/test_dvc.py holds what is relied on
here to the DVC that is installed.
"""

import contextlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dvc.exceptions import DvcException
from dvc.lock import LockError, make_lock
from dvc.repo import Repo
from dvc.repo.reproduce import get_active_graph, plan_repro
from dvc.rwlock import RWLOCK_FILE, RWLOCK_LOCK
from dvc.schema import COMPILED_LOCKFILE_SCHEMA
from dvc.utils.serialize import dumps_yaml, load_yaml
from voluptuous import Invalid

from rnnlab.errors import LabError

Stage = Any
"""One of DVC's: `name`, `deps`, `outs`."""
File = Any
"""What a stage reads or writes, as DVC has it: `def_path` as dvc.yaml writes it, `fs_path` whole,
`use_cache` of what DVC keeps."""


class BusyError(LabError):
    """Some other DVC holds a lock."""


@contextlib.contextmanager
def opened(folder: Path, memory: str | None = None) -> Iterator[Repo]:
    """The DVC project in `folder`, for as long as the block lasts.

    memory: the folder where DVC keeps what it knows of files by their times and sizes, if not its
    own. Raises BusyError if another DVC holds a lock that is wanted, LabError if DVC can't read it.
    """
    try:
        with Repo(
            str(folder), config={"core": {"site_cache_dir": memory}} if memory else {}
        ) as repo:
            yield repo
    except LockError as error:
        raise BusyError(busy(folder, str(error))) from None
    except DvcException as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise LabError(f"DVC can't read the pipeline here: {reason}.") from None


def busy(folder: Path, said: str = "") -> str:
    """What to say when another process holds one of DVC's locks of the project in `folder`.

    said: by DVC, which names who reads or writes what this one wants; who holds the lock of all
    stands in its file.
    """
    named, holder = re.search(r"\(PID (\d+)\)", said), folder / ".dvc/tmp/lock"
    text = named[1] if named else holder.read_text() if holder.is_file() else ""
    return (
        f"another DVC (process {text.strip() or 'unknown'}) works in this folder; wait until it "
        "has ended, or end it, and run again."
    )


def run(
    *arguments: str, folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> None:
    """Call DVC in a process of its own, in `folder` (None: here).

    Raises LabError, with the end of what it said, if it fails.
    """
    command = [sys.executable, "-m", "dvc", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = " ".join((done.stdout + done.stderr).split())[-600:]
        raise LabError(f"`dvc {' '.join(arguments)}` failed in {folder or 'this folder'}: {said}")


def try_lock(repo: Repo) -> bool:
    """Take DVC's lock of all, after the few seconds that DVC waits for it; False if another has it.

    `repo.lock.unlock()` gives it back.
    """
    try:
        repo.lock.lock()
    except LockError:
        return False
    return True


# Stages ---------------------------------------------------------------------------------------


class Graph(NamedTuple):
    """All stages by the name that DVC calls them by, each after those that it reads from."""

    stages: dict[str, Stage]
    sources: dict[str, set[str]]
    """Whose outputs each of them reads."""


def graph(repo: Repo) -> Graph:
    """The stages in the order in which a plain `dvc repro` takes them."""
    active = get_active_graph(repo.index.graph)
    stages = {stage.addressing: stage for stage in plan_repro(active)}
    sources = {
        name: {other.addressing for other in active.successors(stage)}
        for name, stage in stages.items()
    }
    return Graph(stages, sources)


def outdated(stage: Stage) -> bool:
    """Whether `dvc status` has something to say of it. Call it under DVC's lock."""
    return any(state != ["always changed"] for state in stage.status().values())


def command_changed(stage: Stage) -> bool:
    """Since dvc.lock was written."""
    return bool(stage.changed_stage())


def cache(repo: Repo) -> Path:
    """The folder of its cache, which may be read as a remote, too."""
    return Path(repo.cache.local.path).parents[1]


def settings(stage: Stage) -> dict[str, list[str]]:
    """The files of settings that a stage reads, and the keys that it reads there, as `a.b.c`."""
    return {dep.def_path: dep.params for dep in stage.deps if hasattr(dep, "params")}


def reads(stage: Stage) -> list[File]:
    """What a stage depends on beside settings."""
    return [dep for dep in stage.deps if not hasattr(dep, "params")]


def cached(repo: Repo) -> set[str]:
    """The names of the stages whose outputs DVC's cache has, all of them."""
    return {
        stage.addressing
        for stage in repo.index.stages
        if not any(out.use_cache and out.changed_cache() for out in stage.outs)
    }


# Hashes ---------------------------------------------------------------------------------------


class Digest(NamedTuple):
    """What dvc.lock says of the content of a file or folder."""

    md5: str
    """Of a folder, that of the list of its files, with `.dir` behind it."""
    size: int
    files: int | None
    """In a folder."""


@contextlib.contextmanager
def unbelieving(folder: Path) -> Iterator[Repo]:
    """As `opened`, but it hashes what lies there: a file whose time and size are as they were may
    have another content all the same."""
    with tempfile.TemporaryDirectory() as nothing, opened(folder, nothing) as repo:
        yield repo


def digest(file: File) -> Digest:
    """Of what lies there now."""
    meta, known = file._get_hash_meta()
    return Digest(known.value, meta.size, meta.nfiles)


def files(file: File) -> dict[str, str]:
    """The md5 of each file that `file` is or holds now, by path as dvc.yaml would write it."""
    _, _, found = file._build(
        file.cache, file.fs_path, file.fs, file.hash_name, ignore=file.dvcignore, dry_run=True,
        no_progress_bar=True,
    )  # fmt: skip
    if not found.hash_info.isdir:
        return {file.def_path: found.hash_info.value}
    return {"/".join((file.def_path, *key)): known.value for key, (_, known) in found.iteritems()}


def folder_digest(files: Mapping[str, str]) -> str:
    """The md5 of a folder, by those of its `files`, whose paths are as seen from it."""
    from hashlib import md5

    listed = [{"md5": files[path], "relpath": path} for path in sorted(files)]
    return f"{md5(json.dumps(listed).encode()).hexdigest()}.dir"  # noqa: S324


# DVC's files ----------------------------------------------------------------------------------


def load(path: Path) -> dict[str, Any]:
    """A YAML file of DVC's, to be changed and written by `dump`."""
    content: dict[str, Any] = load_yaml(str(path))
    return content


def dump(content: Mapping[str, Any]) -> str:
    """As DVC writes it."""
    text: str = dumps_yaml(content)
    return text


def is_lock(content: Mapping[str, Any]) -> bool:
    """Whether `content` is what a dvc.lock may hold."""
    try:
        COMPILED_LOCKFILE_SCHEMA(content)
    except Invalid:
        return False
    return True


def mend_users(repo: Repo) -> None:
    """Remove DVC's list of who reads and writes what, if a DVC was ended while it wrote it.

    DVC writes it in place and can't read half of it: it would refuse all work from then on.
    """
    folder = Path(repo.tmp_dir)
    with make_lock(str(folder / RWLOCK_LOCK), tmp_dir=str(folder)):
        try:
            json.loads((folder / RWLOCK_FILE).read_bytes())
        except FileNotFoundError:
            pass
        except ValueError:
            (folder / RWLOCK_FILE).unlink()


# Remotes --------------------------------------------------------------------------------------


def default_remote(repo: Repo) -> tuple[str, str] | None:
    """Name and address of the remote that a bare `dvc push` goes to."""
    name = repo.config["core"].get("remote")
    return (name, repo.config["remote"][name]["url"]) if name else None


def set_default_remote(repo: Repo, name: str, url: str) -> None:
    """For this folder alone."""
    if repo.config["remote"].get(name, {}).get("url") != url:
        with repo.config.edit("local") as config:
            config["core"]["remote"] = name
            config["remote"][name] = {"url": url}


# The command ----------------------------------------------------------------------------------


def main(arguments: list[str]) -> int:
    """`dvc` with `arguments`, in this process; its exit code."""
    from dvc.cli import main as command
    from dvc.utils.serialize import _yaml

    # To write a stage's entry DVC reads all of dvc.lock with what keeps comments. It has none, and
    # a plain reading, which gives the same bytes in the end, takes a sixth of the time.
    _yaml.parse_yaml_for_update = _yaml.parse_yaml
    return int(command(arguments))
