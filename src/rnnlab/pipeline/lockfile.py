"""dvc.lock: an entry taken out, put in, and all of them in the order of a plain `dvc repro`."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dvc.repo import Repo
from dvc.utils.serialize import modify_yaml

from rnnlab.settings.base import read

LOCK = "dvc.lock"
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


def put(folder: Path, new: Mapping[str, Entry]) -> None:
    """Put the entries `new` into the dvc.lock of `folder`, in place of those of the same name."""
    if new:
        _change(folder, lambda stages: stages.update(new))


def put_in_order(folder: Path, before: Iterable[str], order: Iterable[str]) -> None:
    """Order the entries as a plain `dvc repro` does: those that were there `before` stay where
    they were, and each new one follows when its turn in `order` comes."""
    names = [*before, *order]
    now = list(entries(folder))
    wanted = sorted(now, key=lambda name: names.index(name) if name in names else len(names))
    if now == wanted:
        return

    def order_anew(stages: dict[str, Entry]) -> None:
        ordered = {name: stages[name] for name in wanted}
        stages.clear()
        stages.update(ordered)

    _change(folder, order_anew)


def _change(folder: Path, change: Callable[[dict[str, Entry]], None]) -> None:
    """Let `change` loose on the entries, in DVC's own way of writing."""
    with _alone(folder), modify_yaml(str(folder / LOCK)) as content:
        content.setdefault("schema", "2.0")
        change(content.setdefault("stages", {}))


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No DVC writes in the project in `folder` for as long as the block lasts."""
    with Repo(str(folder), _wait_for_lock=True) as repo, repo.lock:
        yield
