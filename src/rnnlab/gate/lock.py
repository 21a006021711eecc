"""Whether dvc.lock, the code, params.yaml and reports/ belong together: by hash, without a run."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnlab.errors import LabError
from rnnlab.gate import manifest
from rnnlab.gate.finding import DRIFTS, HOLDS, MISSING, Finding
from rnnlab.pipeline import dvc
from rnnlab.pipeline.dvc import Digest
from rnnlab.pipeline.lockfile import Entry
from rnnlab.pipeline.plan import overlap
from rnnlab.settings import base

REPRO = "run `dvc repro`"
ABSENT = object()


def check(root: Path, listed: Mapping[str, str] | None = None) -> list[Finding]:
    """Every stage of the DVC project at `root` against its entry in dvc.lock.

    What lies in the workspace is hashed, whatever DVC remembers of it. Data that does not lie there
    (a fresh clone has none) is taken from dvc.lock, where all that is said of one file must be one,
    and what is said of a folder must follow from the files in it. listed: as `manifest.read` gives
    it, if there is a list of them.
    """
    logging.getLogger("dvc").setLevel(logging.CRITICAL)
    try:
        locked = _locked(root / "dvc.lock")
        with dvc.unbelieving(root) as repo:
            stages = list(repo.index.stages)
            if not stages:
                raise LabError(f"{root / 'dvc.yaml'} is missing, or has no stages.")
            current = {each.name: locked[each.name] for each in stages if each.name in locked}
            found = [*_states(root, stages, locked), *_leftovers(locked, current), *_chain(current)]
            if listed is not None:
                kept = [out.def_path for each in stages for out in each.outs if out.use_cache]
                found += manifest.check(listed, _data(current, kept))
            return found
    except LabError as trouble:
        return [Finding(MISSING, "the pipeline", amount=str(trouble))]


def _locked(path: Path) -> dict[str, Entry]:
    content = base.read(path)
    stages = content.get("stages")
    if not isinstance(stages, dict) or not dvc.is_lock(content):
        raise LabError(f"{path} is not what DVC writes; {REPRO}.")
    return stages


# Each stage by itself --------------------------------------------------------------------------


def _states(
    root: Path, stages: Sequence[dvc.Stage], locked: Mapping[str, Entry]
) -> Iterator[Finding]:
    """What of each stage is as dvc.lock has it, and what is not.

    Stages in order are counted by grid; a file or setting that changed is one line, with the
    number of stages that it concerns.
    """
    data = {Path(out.fs_path) for stage in stages for out in stage.outs if out.use_cache}
    named = {path for stage in stages for path in dvc.settings(stage)}
    contents = {path: base.read(root / path) for path in named if (root / path).is_file()}
    in_order: Counter[str] = Counter()
    changed: dict[tuple[str, str], list[str]] = defaultdict(list)
    for stage in stages:
        name = stage.name
        if name not in locked:
            yield Finding(MISSING, f"stage {name}", "never run", "", REPRO)
            continue
        found = list(_changes(stage, locked[name], data, contents))
        for change in found:
            changed[change].append(name)
        in_order[name.split("@")[0]] += not found
    for group, number in (+in_order).items():
        yield Finding(HOLDS, f"stage {group}", f"{number} as in dvc.lock")
    for (what, how), names in changed.items():
        state = MISSING if how in ("deleted", "not in dvc.lock") else DRIFTS
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield Finding(state, what, how, "as in dvc.lock", f"{names[0]}{more}; {REPRO}")


def _leftovers(locked: Mapping[str, Entry], current: Mapping[str, Entry]) -> Iterator[Finding]:
    """Entries of stages that are gone: nothing else would look at what they say."""
    if gone := [name for name in locked if name not in current]:
        what = f"take out of dvc.lock: {', '.join(gone)}"
        yield Finding(DRIFTS, "dvc.lock, entries of no stage", str(len(gone)), "0", what)


def _changes(
    stage: dvc.Stage, entry: Entry, data: set[Path], files: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """What of `stage` is not as its `entry` has it, and how.

    data: the outputs that DVC keeps; they, what lies in them and what they lie in may be absent.
    files: the contents of files of settings.
    """
    if dvc.command_changed(stage):
        yield f"command of {stage.name}", "modified"
    yield from _changed_settings(dvc.settings(stage), entry, files)
    for kind, used in (("deps", dvc.reads(stage)), ("outs", stage.outs)):
        known = _digests(entry, kind)
        for file in used:
            if how := _change(file, known.get(file.def_path), data):
                yield file.def_path, how
        declared = {file.def_path for file in used}
        yield from ((path, "not in dvc.yaml") for path in known if path not in declared)


def _changed_settings(
    declared: Mapping[str, Sequence[str]], entry: Entry, files: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Keys of settings, and how they are not as the `entry` has them.

    declared: keys by file; files: their contents, as far as they are there.
    """
    known = entry.get("params", {})
    for path, keys in declared.items():
        for key in keys:
            if key not in known.get(path, {}):
                yield f"{path}: {key}", "not in dvc.lock"
            elif (value := _setting(files.get(path), key)) is ABSENT:
                yield f"{path}: {key}", "deleted"
            elif value != known[path][key]:
                yield f"{path}: {key}", "modified"
    for path, keys in known.items():
        undeclared = (key for key in keys if key not in declared.get(path, []))
        yield from ((f"{path}: {key}", "not in dvc.yaml") for key in undeclared)


def _setting(content: Any, key: str) -> Any:
    """What stands at `a.b.c`, which may be None; ABSENT if nothing does."""
    for name in key.split("."):
        found = content if isinstance(content, dict) else {}
        content = next((value for each, value in found.items() if str(each) == name), ABSENT)
    return content


def _change(file: dvc.File, known: Digest | None, data: set[Path]) -> str:
    """How `file` is not as the lock has it; nothing if it is, or if it may be absent and is."""
    path = Path(file.fs_path)
    if known is None:
        return "not in dvc.lock"
    if _there(path):
        return "" if dvc.digest(file) == known else "modified"
    related = any(path.is_relative_to(each) or each.is_relative_to(path) for each in data)
    return "" if related else "deleted"


def _there(path: Path) -> bool:
    """A folder without files is none: a `dvc pull` that failed leaves such."""
    return path.is_file() or any(each.is_file() for each in path.rglob("*"))


def _digests(entry: Entry, kind: str) -> dict[str, Digest]:
    """By path; what lacks one is left out. kind: deps or outs."""
    return {
        each["path"]: Digest(each["md5"], each["size"], each.get("nfiles"))
        for each in entry.get(kind, [])
        if "md5" in each and "size" in each
    }


# What one stage read is what another wrote -------------------------------------------------------


def _data(entries: Mapping[str, Entry], kept: Sequence[str]) -> dict[str, Digest]:
    """What dvc.lock says of data, by path: what DVC keeps, and what of it stages read."""
    return {
        path: digest
        for entry in entries.values()
        for kind in ("deps", "outs")
        for path, digest in _digests(entry, kind).items()
        if any(overlap(path, out) for out in kept)
    }


def _chain(entries: Mapping[str, Entry]) -> list[Finding]:
    """Whether all that dvc.lock says of one file or folder is one, whoever wrote or read it.

    A folder that holds several outputs has a digest that follows from theirs if all are files. If
    some are folders it can't be had without the data: size and number of files must add up.
    """
    written = {
        path: (name, digest)
        for name, entry in entries.items()
        for path, digest in _digests(entry, "outs").items()
    }
    first, links = dict(written), 0
    findings = []
    for name, entry in entries.items():
        for path, read in _digests(entry, "deps").items():
            links += 1
            source, right = first.setdefault(path, (name, read))
            if read != right:
                findings.append(_broken(f"{path}, read by {name}", read, right, source))
    for path, (name, digest) in first.items():
        inside = {
            place.removeprefix(f"{path}/"): each
            for place, (_, each) in written.items()
            if place.startswith(f"{path}/")
        }
        if inside and path not in written:
            right = _gathered(inside, digest)
            if digest != right:
                advice = f"remove from {path} what no stage makes"
                findings.append(_broken(f"{path}, read by {name}", digest, right, advice))
    return findings or [
        Finding(HOLDS, "dvc.lock, what is said of one file is one", f"{links} links")
    ]


def _gathered(inside: Mapping[str, Digest], folder: Digest) -> Digest:
    """What the `folder` that holds the outputs `inside`, and nothing else, must be."""
    whole = all(each.files is None for each in inside.values())
    md5 = dvc.folder_digest({path: each.md5 for path, each in inside.items()})
    size, files = (
        sum(each.size for each in inside.values()),
        sum(each.files or 1 for each in inside.values()),
    )
    return Digest(md5 if whole else folder.md5, size, files)


def _broken(what: str, found: Digest, right: Digest, advice: str) -> Finding:
    here, there = (f"{each.md5[:8]}, {each.size} B" for each in (found, right))
    return Finding(DRIFTS, what, here, there, f"{advice}; {REPRO}")
