"""Stages made again in a folder of their own, and what they give beside what was committed.

The folder has links to the code, the same settings, a DVC cache of its own, and this project's
cache as its remote: nothing here is written to, and what is made there can't be taken for what was
made before.
"""

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from shutil import copyfile
from typing import Any, NamedTuple

from rnnlab.corpora.origin import MIRRORS
from rnnlab.document.results import DatasetOrigin, Results
from rnnlab.files import read_as, read_json, sha256, write_text
from rnnlab.gate.expected import group, pooled, tolerance
from rnnlab.gate.expected import numbers as all_scores
from rnnlab.gate.times import without_times
from rnnlab.pipeline import dvc, lockfile, plan
from rnnlab.pipeline.lockfile import Entry
from rnnlab.provenance.numbers import flat
from rnnlab.runs.files import RUN, Run, read_run
from rnnlab.runs.scores import Spread
from rnnlab.runs.tracking import WHEN
from rnnlab.settings.base import read
from rnnlab.settings.training import MachineSettings, Planned

SAME, WITHIN, DIFFERENT = "same bits", "within tolerance", "different"
ELSEWHERE = "not comparable here"
"""Of what is no run, made again on another machine to other bits: no spread over seeds is known."""
EXACT = (
    "download", "sentiment-tokenize", "sentiment-split", "names-split", "poetry-prepare",
    "poetry-encode",
)  # fmt: skip
"""Stages that count and sort: their bits are the same on every machine."""
CONFIG = """\
[core]
    no_scm = True
    analytics = false
    remote = project
[cache]
    type = "hardlink,copy"
['remote "project"']
    url = {cache}
"""
TIMES = "timings/"
METRICS = "reports/metrics.json"
ORIGINS = "data/raw/provenance.json"
DOWNLOAD = "download"
"""The stage that brings raw data, checked by digest whenever it is brought."""
MAKING = ("facts/stages/", "facts/packages/")
"""Of metrics.json, what says how stages were made: what they took, and with which packages."""
PlannedByStage = Mapping[str, Sequence[tuple[str, Planned]]]
"""The runs that a stage makes, each with its lab."""


class Committed(NamedTuple):
    """What the project in the current folder says that it has computed."""

    entries: dict[str, Entry]
    """dvc.lock's."""
    sources: dict[str, set[str]]
    """Each stage, after those that it reads from, and which these are."""
    cached: set[str]
    """The stages whose outputs DVC's cache has, all of them."""
    cache: Path
    results: Results
    made: PlannedByStage

    def above(self, stages: Iterable[str], known: Callable[[str], bool]) -> list[str]:
        """`stages` and all that they need, in order; what is `known` of that needs nothing."""
        wanted = set(stages)
        found = set(wanted)
        for name in reversed(self.sources):
            if name in wanted or (name in found and not known(name)):
                found |= self.sources[name]
        return [name for name in self.sources if name in found]


class Outcome(NamedTuple):
    """How one stage came out."""

    stage: str
    verdict: str
    seconds: float
    unlike: list[str]
    """What is not as it was, each in words."""


def committed(results: Results, made: PlannedByStage) -> Committed:
    """That of the current folder. Raises LabError if DVC can't read the pipeline."""
    graph = plan.make(force=True)
    with dvc.opened(Path()) as repo:
        cached, cache = dvc.cached(repo), dvc.cache(repo)
    return Committed(lockfile.entries(Path()), graph.sources, cached, cache, results, made)


@contextlib.contextmanager
def scratch(project: Path, cache: Path) -> Iterator[Path]:
    """A folder with the pipeline of `project`, and nothing made yet; it goes when the block ends.

    cache: the project's, which is only read.
    """
    with tempfile.TemporaryDirectory(prefix="rnnlab-again-") as temporary:
        folder = Path(temporary, project.resolve().name)
        (folder / "reports").mkdir(parents=True)
        for name in ("src", "stages", "docs"):
            if (project / name).exists():
                (folder / name).symlink_to((project / name).resolve())
        for name in ("dvc.yaml", "params.yaml"):
            copyfile(project / name, folder / name)
        write_text(folder / ".dvc/config", CONFIG.format(cache=cache.resolve()))
        (folder / ".dvc/tmp").mkdir()
        yield folder


class Workshop:
    """Makes stages again in a scratch folder, each once."""

    def __init__(self, project: Path, folder: Path, known: Committed) -> None:
        self.known = known
        self._folder, self._ready = folder, set[str]()
        settings = read(project / "params.yaml").get("download") or {}
        mirrors = [*os.environ.get(MIRRORS, "").split(), *settings.get("mirrors", [])]
        self.environment = {
            **os.environ,
            # Stages call `python`: the one that runs this, activated or not.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            WHEN: "later",
            MIRRORS: " ".join(address(each, project) for each in mirrors),
        }

    def fetch(self, stages: Sequence[str]) -> None:
        """Bring what `stages` made, from the project's cache.

        DVC is told of no other: it reads all of dvc.lock once for each stage that it is asked for.
        """
        if missing := [each for each in stages if each not in self._ready]:
            lockfile.put(self._folder, {each: self.known.entries[each] for each in missing})
            self._dvc("pull", "--quiet", "--allow-missing")
            self._ready.update(missing)

    def make(self, stage: str) -> Outcome:
        """Run `stage` on what is in the folder, and see what it gives."""
        began = time.monotonic()
        self._dvc("repro", "--quiet", "--single-item", "--force", stage)
        self._ready.add(stage)
        entry = lockfile.entries(self._folder)[stage]
        verdict, unlike = compared(stage, entry, self._folder, self.known)
        return Outcome(stage, verdict, time.monotonic() - began, unlike)

    def _dvc(self, *arguments: str) -> None:
        dvc.run(*arguments, folder=self._folder, environment=self.environment)


def address(mirror: str, folder: Path) -> str:
    """Of a mirror, as a folder may be named from `folder`; with no spaces, which divide them."""
    return mirror if "://" in mirror else (folder / mirror).resolve().as_uri()


def recipe(known: Committed, targets: Sequence[str], raw: bool) -> tuple[list[str], list[str]]:
    """What to fetch, and what to run, both in order, to make `targets` again.

    raw: whether what prepares data is made again too, and only raw data and trained runs are taken
    from the cache. Else all is that the cache has.
    """
    kept = {each for each in known.cached if not raw or each in known.made or each == DOWNLOAD}
    order = known.above(targets, kept.__contains__)
    run = [each for each in order if each in targets or each not in kept]
    return [each for each in order if each not in run], run


def again(targets: Sequence[str], known: Committed, raw: bool = False) -> Iterator[Outcome]:
    """Make `targets` again, with what they need, and tell of each stage that was run."""
    fetch, run = recipe(known, targets, raw)
    with scratch(Path(), known.cache) as folder:
        workshop = Workshop(Path(), folder, known)
        workshop.fetch(fetch)
        yield from map(workshop.make, run)


def failed(outcomes: Iterable[Outcome]) -> bool:
    """Whether anything came out otherwise."""
    return any(each.verdict == DIFFERENT for each in outcomes)


# What came out, beside what was committed --------------------------------------------------------


def compared(stage: str, entry: Entry, folder: Path, known: Committed) -> tuple[str, list[str]]:
    """The verdict on a stage that was made again in `folder`, and what is otherwise, in words.

    entry: its new one in dvc.lock. Bits may differ only where the environment does (another
    machine, precision, PyTorch), and then a run's scores as far as those of two seeds.
    """
    before = {out["path"]: out for out in known.entries.get(stage, {}).get("outs", [])}
    unlike = [
        f"{out['path']}: md5 {out['md5']}, in dvc.lock {before.get(out['path'], {}).get('md5')}"
        for out in entry["outs"]
        if not out["path"].startswith((TIMES, METRICS)) and _other_bits(out, before)
    ]
    if stage == DOWNLOAD:
        unlike = list(_origins_unlike(folder / ORIGINS, known.results.data))
    if any(out["path"] == METRICS for out in entry["outs"]):
        unlike += _numbers_unlike(Path(METRICS), folder / METRICS)
    runs = [
        (read_run(folder / "models" / lab / each.folder), lab, each)
        for lab, each in known.made.get(stage, [])
    ]
    for each in runs:
        unlike += _run_unlike(*each, folder, known)
    if not unlike:
        return SAME, unlike
    if not runs:
        if stage in (*EXACT, "evaluate"):
            return DIFFERENT, unlike
        # What settings decide tells nothing of a stage that has none of a run.
        own = {key: each for key, each in here().items() if key not in ("precision", "threads")}
        found = _changes(own, known.results.environments)
        return ELSEWHERE if found else DIFFERENT, [*found, *unlike]
    found = [
        change
        for run, lab, planned in runs
        for change in _changes(run.environment, _made_on(f"{lab}/{planned.folder}", known))
    ]
    close = found and all(_close(*each, known) for each in runs)
    return WITHIN if close else DIFFERENT, [*found, *unlike]


def here() -> dict[str, str | int]:
    """This machine, as a run describes it."""
    from rnnlab.training import machine

    return machine.prepare(MachineSettings(device="auto", precision="auto", threads=1)).describe()


def _other_bits(out: Mapping[str, Any], before: Mapping[str, Mapping[str, Any]]) -> bool:
    return bool(before.get(out["path"], {}).get("md5") != out["md5"])


def _origins_unlike(made: Path, before: Mapping[str, DatasetOrigin]) -> Iterator[str]:
    """Datasets that hold something else, from whatever mirror they came."""
    for name, origin in read_as(made, dict[str, DatasetOrigin]).items():
        for field in ("sha256", "content_sha256", "subset"):
            told = getattr(before[name], field) if name in before else None
            if getattr(origin, field) != told:
                yield f"{name}: {field} is {told} in metrics.json, {getattr(origin, field)} here"


def _numbers_unlike(before: Path, after: Path) -> Iterator[str]:
    """Numbers and words of metrics.json that are others, but for times."""
    one, other = (
        {"/".join(map(str, key)): value for key, value in flat(without_times(read_json(each)))}
        for each in (before, after)
    )
    for key in {**one, **other}:
        if one.get(key) != other.get(key) and not key.startswith(MAKING):
            yield f"{METRICS}: {key} is {one.get(key)}, made again {other.get(key)}"


def _run_unlike(
    run: Run, lab: str, planned: Planned, folder: Path, known: Committed
) -> Iterator[str]:
    """How a run made again is not what metrics.json says of it."""
    if planned.net not in known.results.nets[lab].get(planned.regime, {}):
        return
    told = {metric: each.mean for metric, each in _told(run, lab, planned, known).items()}
    for metric, value in run.scores.items():
        if told.get(metric) != value:
            where = f"{lab}/{planned.regime}/{planned.net}/{metric}/values/{planned.seed}"
            yield f"{where} is {told.get(metric)} in metrics.json, {value} made again"
    quoted = known.results.digests.get(f"{lab}/{planned.folder}")
    if quoted is not None and quoted != sha256(folder / "models" / lab / planned.folder / RUN):
        yield f"{lab}/{planned.folder}/{RUN} has another digest than metrics.json quotes"


def _made_on(folder: str, known: Committed) -> list[dict[str, str | int]]:
    """Where the run in `folder` was made; all places that the report knows, if it doesn't say."""
    there, which = known.results.environments, known.results.made_on
    return [there[which[folder]]] if folder in which else there


def _changes(
    environment: Mapping[str, str | int], there: Sequence[Mapping[str, str | int]]
) -> list[str]:
    """What of an `environment` is otherwise than in any of those `there`, in words."""
    found = {key: dict.fromkeys(str(each.get(key)) for each in there) for key in environment}
    return [
        f"{key} is {environment[key]} here, {' or '.join(values)} where the report was made"
        for key, values in found.items()
        if values and list(values) != [str(environment[key])]
    ]


def _close(run: Run, lab: str, planned: Planned, known: Committed) -> bool:
    """Whether each score is as near to the committed one as those of two seeds may be."""
    told, deviations = _told(run, lab, planned, known), pooled(all_scores(known.results))
    parts = getattr(known.results.facts.get(lab), "parts", {})
    for metric, value in run.scores.items():
        if metric not in told:
            return False
        deviation = deviations.get(group(f"{lab}/{planned.regime}/{planned.net}/{metric}"))
        limit = tolerance(metric, told[metric], deviation, parts.get(metric.split("_")[0]))
        if not abs(value - told[metric].mean) <= limit:
            return False
    return True


def _told(run: Run, lab: str, planned: Planned, known: Committed) -> dict[str, Spread]:
    """What metrics.json says of a run's scores: the value of its seed, the deviation of all."""
    net = known.results.nets[lab].get(planned.regime, {}).get(planned.net)
    scores = {each: net[each] for each in run.scores if each in net.metrics} if net else {}
    return {
        metric: Spread(mean=value, std=score.std, n=1, values={planned.seed: value})
        for metric, score in scores.items()
        if (value := score.values.get(planned.seed)) is not None
    }
