"""What is to be done: the stages that are not up to date, by DVC's own status and graph."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from rnnlab.errors import LabError
from rnnlab.pipeline import dvc, lockfile
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
    with dvc.opened(Path()) as repo, repo.lock:  # else a stage's DVC may be writing dvc.lock
        dvc.mend_users(repo)
        lockfile.mend(Path(repo.root_dir))
        stages, sources = dvc.graph(repo)
        wanted = _wanted(targets, sources)
        # Not `repo.status()`, which would read all anew.
        changed = wanted if force else {name for name in wanted if dvc.outdated(stages[name])}
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
            files={name: _files(stages[name], stages.values()) for name in names},
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


def _with_followers(names: set[str], sources: dict[str, set[str]]) -> set[str]:
    """`names`, and all stages that read what they write, directly or not."""
    found: set[str] = set()
    for name, above in sources.items():  # a stage comes after those that it reads from
        if name in names or above & found:
            found.add(name)
    return found


def _files(stage: dvc.Stage, stages: Iterable[dvc.Stage]) -> list[str]:
    outs = [out.fs_path for each in stages for out in each.outs]
    deps = [dep for dep in stage.deps if not any(overlap(dep.fs_path, out) for out in outs)]
    return [dep.def_path for dep in deps]


def overlap(path: str, out: str) -> bool:
    """Whether one of two paths is the other, or lies in it."""
    return f"{path}/".startswith(f"{out}/") or f"{out}/".startswith(f"{path}/")
