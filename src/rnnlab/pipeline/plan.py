"""What is to be done: the stages that are not up to date, by DVC's own status and graph."""

import contextlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dvc.exceptions import DvcException
from dvc.lock import LockError, make_lock
from dvc.repo import Repo
from dvc.repo.reproduce import get_active_graph, plan_repro
from dvc.rwlock import RWLOCK_FILE, RWLOCK_LOCK

from rnnlab.errors import LabError
from rnnlab.pipeline import lockfile
from rnnlab.pipeline.lockfile import BusyError
from rnnlab.pipeline.schedule import kind


class Plan(NamedTuple):
    """Stages by name, in the order in which a plain `dvc repro` would take them."""

    order: list[str]
    """All stages of the pipeline."""
    needs: dict[str, set[str]]
    """Those that have something to do, and which of these each waits for."""
    sources: dict[str, set[str]]
    """Whose outputs each of them reads."""
    at_home: set[str]
    """Those of them that write or read, somewhere above them, what DVC does not keep, which
    therefore can't be handed from one folder to another."""
    files: dict[str, list[str]]
    """What each of them reads that no stage writes: code, and the files of its settings."""
    force: bool = False
    """Whether they run even if DVC has the result of the same command on the same files."""

    def without(self, names: set[str]) -> "Plan":
        """The same less the stages `names`."""
        needs = {name: above - names for name, above in self.needs.items() if name not in names}
        return self._replace(needs=needs, sources={name: self.sources[name] for name in needs})

    def followers(self, names: set[str]) -> set[str]:
        """`names`, and all that is to be done that waits for one of them, directly or not."""
        return _with_followers(names, self.needs)


def make(targets: Sequence[str] = (), force: bool = False) -> Plan:
    """The plan for the pipeline in the current folder.

    targets: stages, or whole grids of them, that are wanted, with all that they need; none: all.
    force: all of them, up to date or not. Raises LabError if DVC can't read the pipeline, or it has
    no such stage.
    """
    with told(Path()), Repo() as repo, repo.lock:  # else a stage's DVC may be writing dvc.lock
        _mend(Path(repo.tmp_dir))
        lockfile.mend(Path(repo.root_dir))
        graph = get_active_graph(repo.index.graph)
        stages = {stage.addressing: stage for stage in plan_repro(graph)}
        sources = {
            name: {other.addressing for other in graph.successors(stage)}
            for name, stage in stages.items()
        }
        wanted = _wanted(targets, sources)
        changed = wanted if force else _changed(repo, map(stages.__getitem__, wanted))
        uncached = {
            name for name, stage in stages.items() if not all(out.use_cache for out in stage.outs)
        }
        changed = _with_followers(changed, sources) & wanted
        names = [name for name in stages if name in changed]
        return Plan(
            order=list(stages),
            needs={name: sources[name] & changed for name in names},
            sources={name: sources[name] for name in names},
            at_home=_with_followers(uncached, sources) & changed,
            files={name: _files(stages[name], graph) for name in names},
            force=force,
        )


def _wanted(targets: Sequence[str], sources: dict[str, set[str]]) -> set[str]:
    """The stages `targets`, and all above them; all that there are, of none."""
    found: set[str] = set() if targets else set(sources)
    for target in targets:
        meant = {name for name in sources if target in (name, kind(name))}
        if not meant:
            raise LabError(f"dvc.yaml has no stage {target!r}; `dvc stage list` shows all.")
        found |= meant
    for name in reversed(sources):  # a stage comes after those that it reads from
        found |= sources[name] if name in found else set()
    return found


def _changed(repo: Repo, stages: Iterable[Any]) -> set[str]:
    """Those of `stages` that are not up to date: `repo.status()`, which would read all anew.

    Under DVC's lock.
    """
    states = {name: state for stage in stages for name, state in stage.status().items()}
    return {name for name, state in states.items() if state != ["always changed"]}


def _mend(folder: Path) -> None:
    """Remove DVC's list of who reads and writes what, if a DVC was ended while it wrote it.

    DVC writes it in place and can't read half of it: it would refuse all work from then on.
    """
    with make_lock(str(folder / RWLOCK_LOCK), tmp_dir=str(folder)):
        try:
            json.loads((folder / RWLOCK_FILE).read_bytes())
        except FileNotFoundError:
            pass
        except ValueError:
            (folder / RWLOCK_FILE).unlink()


@contextlib.contextmanager
def told(folder: Path) -> Iterator[None]:
    """What DVC finds wrong with the pipeline in `folder`, as one sentence."""
    try:
        yield
    except LockError as error:
        raise BusyError(lockfile.busy(folder, str(error))) from None
    except DvcException as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise LabError(f"DVC can't read the pipeline here: {reason}.") from None


def _with_followers(names: set[str], sources: dict[str, set[str]]) -> set[str]:
    """`names`, and all stages that read what they write, directly or not."""
    found: set[str] = set()
    for name, above in sources.items():  # a stage comes after those that it reads from
        if name in names or above & found:
            found.add(name)
    return found


def _files(stage: Any, graph: Any) -> list[str]:
    outs = [out.fs_path for each in graph for out in each.outs]
    deps = [dep for dep in stage.deps if not any(_overlap(dep.fs_path, out) for out in outs)]
    return [dep.def_path for dep in deps]


def _overlap(path: str, out: str) -> bool:
    return f"{path}/".startswith(f"{out}/") or f"{out}/".startswith(f"{path}/")
