"""dvc.lock: an entry taken out, put in, and all of them in the order of a plain `dvc repro`."""

import contextlib
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

from rnnlab.errors import LabError
from rnnlab.files import replacing, write_text
from rnnlab.pipeline import dvc
from rnnlab.pipeline.dvc import BusyError
from rnnlab.settings.base import read

LOCK = "dvc.lock"
PATIENCE = 600.0
"""Seconds that an entry waits for another process to let go of DVC's lock."""
KEPT = ".dvc/tmp/rnnlab/dvc.lock"
"""A whole copy of it, from when a plan was last made."""
Entry = dict[str, Any]
"""What dvc.lock says of one stage: its command, and the hashes of all that it read and wrote."""


def entries(folder: Path) -> dict[str, Entry]:
    """dvc.lock's entries by stage, in their order; none if there is no dvc.lock."""
    if not (folder / LOCK).exists():
        return {}
    return read(folder / LOCK).get("stages") or {}


def entry(folder: Path, stage: str) -> Entry:
    """One of them, while other stages may be written."""
    with _alone(folder):
        return entries(folder)[stage]


def names(folder: Path) -> list[str]:
    """The stages that have an entry, in order, while others may be written."""
    with _alone(folder):
        return list(entries(folder))


def put(folder: Path, new: Mapping[str, Entry]) -> None:
    """Put the entries `new` into the dvc.lock of `folder`, in place of those of the same name."""
    if new:
        _change(folder, lambda stages: stages.update(new))


def put_in_order(folder: Path, before: Iterable[str], order: Iterable[str]) -> None:
    """Order the entries as a plain `dvc repro` does: those that were there `before` stay where
    they were, and each new one follows when its turn in `order` comes."""
    known = [*before, *order]

    def order_anew(stages: dict[str, Entry]) -> None:
        place = {name: known.index(name) if name in known else len(known) for name in stages}
        ordered = {name: stages[name] for name in sorted(stages, key=place.__getitem__)}
        stages.clear()
        stages.update(ordered)

    _change(folder, order_anew)


def mend(folder: Path) -> None:
    """Bring back a whole dvc.lock if a DVC was ended while it wrote it, and keep a copy of it.

    DVC writes it in place, and refuses all work if it finds half of it. What the copy does not know
    comes from DVC's cache of runs, without computing. Call it where no DVC writes.
    """
    lock, kept = folder / LOCK, folder / KEPT
    if not lock.exists() or (kept.exists() and lock.read_bytes() == kept.read_bytes()):
        return
    if _whole(lock):
        with replacing(kept) as part:
            shutil.copyfile(lock, part)
        return
    with replacing(folder / f"{LOCK}.broken") as part:
        shutil.copyfile(lock, part)
    if kept.exists() and _whole(kept):
        with replacing(lock) as part:
            shutil.copyfile(kept, part)
        how = "the copy from before is back"
    else:
        lock.unlink()
        how = "it is made again"
    tqdm.write(
        f"{LOCK} was broken off while it was written; {how} ({LOCK}.broken is what was there)"
    )


def _whole(lock: Path) -> bool:
    """Whether it is what DVC writes, to the end of its last line and of its last file's entry.

    An end between two files or two stages can't be told; DVC then makes the last stage again.
    """
    try:
        content = read(lock)
    except LabError:
        return False
    if not dvc.is_lock(content):
        return False
    files = [
        file
        for stage in content.get("stages", {}).values()
        for file in (*stage.get("deps", []), *stage.get("outs", []))
    ]
    complete = all(
        "size" in file and ("nfiles" in file) == str(file.get("md5")).endswith(".dir")
        for file in files
    )
    return complete and lock.read_bytes().endswith(b"\n")


def _change(folder: Path, change: Callable[[dict[str, Entry]], None]) -> None:
    """Let `change` loose on the entries, and write them as DVC does, but in one move."""
    with _alone(folder):
        content = dvc.load(folder / LOCK) if (folder / LOCK).exists() else {}
        content.setdefault("schema", "2.0")
        before = list(content.setdefault("stages", {}).items())
        change(content["stages"])
        if list(content["stages"].items()) != before:
            write_text(folder / LOCK, dvc.dump(content))


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No DVC writes in the project in `folder` for as long as the block lasts.

    Raises BusyError if another holds DVC's lock for `PATIENCE` seconds.
    """
    until = time.monotonic() + PATIENCE
    with dvc.opened(folder) as repo:
        while not dvc.try_lock(repo):
            if time.monotonic() > until:
                raise BusyError(dvc.busy(folder))
        try:
            yield
        finally:
            repo.lock.unlock()
