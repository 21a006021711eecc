"""Whether dvc.lock, the code, params.yaml and reports/ belong together: by hash, without a run."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rnnlab.errors import LabError
from rnnlab.gate.finding import DRIFTS, HOLDS, MISSING, Finding
from rnnlab.settings import base

Entries = Mapping[str, Any]
"""dvc.lock's entries for one stage."""
REPRO = "run `dvc repro`"


def check(root: Path) -> list[Finding]:
    """Every stage of the DVC project at `root` against its entry in dvc.lock.

    What lies in the workspace is hashed as DVC does it. Data that does not (a fresh clone has
    none) is taken from dvc.lock, where what one stage read must be what another wrote.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    logging.getLogger("dvc").setLevel(logging.CRITICAL)
    try:
        locked = _locked(root / "dvc.lock")
        with Repo(str(root)) as repo:
            stages = list(repo.index.stages)
            if not stages:
                raise LabError(f"{root / 'dvc.yaml'} is missing, or has no stages.")
            return [*_states(stages, locked), *_chain(locked, {each.name for each in stages})]
    except LabError as trouble:
        return [Finding(MISSING, "the pipeline", amount=str(trouble))]
    except DvcException as trouble:
        reason = " ".join(str(trouble).split())
        return [Finding(MISSING, "the pipeline", amount=f"DVC can't read it: {reason}")]


def _locked(path: Path) -> dict[str, Entries]:
    stages = base.read(path).get("stages")
    if not isinstance(stages, dict) or not all(isinstance(each, dict) for each in stages.values()):
        raise LabError(f"{path} has no stages; {REPRO}.")
    return stages


def _states(stages: list[Any], locked: Mapping[str, Entries]) -> Iterator[Finding]:
    """What of each stage is as dvc.lock has it, and what is not.

    Stages in order are counted by grid; a file or setting that changed is one line, with the
    number of stages that it concerns.
    """
    data = {Path(out.fs_path) for stage in stages for out in stage.outs if out.use_cache}
    in_order: Counter[str] = Counter()
    changed: dict[tuple[str, str], list[str]] = defaultdict(list)
    for stage in stages:
        name = stage.name
        if name not in locked:
            yield Finding(MISSING, f"stage {name}", "never run", "", REPRO)
            continue
        found = list(_changes(stage, data))
        for change in found:
            changed[change].append(name)
        in_order[name.split("@")[0]] += not found
    for group, number in (+in_order).items():
        yield Finding(HOLDS, f"stage {group}", f"{number} as in dvc.lock")
    for (what, how), names in changed.items():
        state = MISSING if how == "deleted" else DRIFTS
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield Finding(state, what, how, "as in dvc.lock", f"{names[0]}{more}; {REPRO}")


def _changes(stage: Any, data: set[Path]) -> Iterator[tuple[str, str]]:
    """What of `stage` is not as dvc.lock has it, and how: modified, new, deleted.

    data: the outputs that DVC keeps; they, what lies in them and what they lie in may be absent.
    """
    if stage.changed_stage():
        yield f"command of {stage.name}", "modified"
    for entry in (*stage.deps, *stage.outs):
        for how in entry.workspace_status().values():
            path = Path(entry.fs_path)
            if isinstance(how, dict):
                yield from ((f"{entry.def_path}: {key}", change) for key, change in how.items())
            elif _there(path) or not any(
                path.is_relative_to(each) or each.is_relative_to(path) for each in data
            ):
                yield entry.def_path, how


def _there(path: Path) -> bool:
    """A folder without files is none: a `dvc pull` that failed leaves such."""
    return path.is_file() or any(each.is_file() for each in path.rglob("*"))


def _chain(locked: Mapping[str, Entries], current: set[str]) -> Iterator[Finding]:
    """Whether each stage read what another wrote, by dvc.lock's own hashes.

    A folder that holds several outputs, or a file in one, has a hash that can't be had from
    theirs without the data: the first is compared by size and number of files, the second
    between the stages that read it.
    """
    entries = {name: entry for name, entry in locked.items() if name in current}
    written = {out["path"]: out for entry in entries.values() for out in entry.get("outs", [])}
    first: dict[str, Entries] = {}
    links, broken = 0, False
    for name, entry in entries.items():
        for dep in entry.get("deps", []):
            path = dep["path"]
            inside = [out for place, out in written.items() if place.startswith(f"{path}/")]
            total = {
                "size": sum(out["size"] for out in inside),
                "nfiles": sum(out.get("nfiles", 1) for out in inside),
            }
            source = written.get(path) or (total if inside else first.setdefault(path, dep))
            keys = ("size", "nfiles") if inside else ("md5",)
            links += 1
            read, made = ([f"{key} {each.get(key)}" for key in keys] for each in (dep, source))
            if read != made:
                broken = True
                advice = f"remove from {path} what no stage makes, and {REPRO}" if inside else REPRO
                what = f"{path}, read by {name}"
                yield Finding(DRIFTS, what, " ".join(read), " ".join(made), advice)
    if not broken:
        yield Finding(HOLDS, "dvc.lock, what a stage read is what another wrote", f"{links} links")
