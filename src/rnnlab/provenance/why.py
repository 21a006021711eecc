"""Where a number of the report comes from: all that is known of it, put together."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rnnlab import packages
from rnnlab.document.results import Results
from rnnlab.errors import LabError
from rnnlab.files import digest, read_json, read_text
from rnnlab.pipeline.dependencies import script
from rnnlab.pipeline.lockfile import Entry
from rnnlab.provenance import numbers, origin
from rnnlab.provenance.again import Committed
from rnnlab.provenance.numbers import Number
from rnnlab.provenance.origin import Origin
from rnnlab.provenance.places import Place, Report
from rnnlab.report.results import read
from rnnlab.runs import tracking
from rnnlab.runs.catalogue import finished
from rnnlab.runs.files import RUN, Run, Timing

MODELS, TIMINGS = Path("models"), Path("timings")


class Trained(NamedTuple):
    """A run that a number rests on, as far as its files are here."""

    stage: str
    folder: Path
    seed: int
    digest: str | None
    """Of its run.json, as metrics.json quotes it."""
    run: Run | None
    timing: Timing | None
    tracked: str | None
    """Its id in the tracking store, if that has it."""


class Stage(NamedTuple):
    """A stage that a number rests on."""

    name: str
    function: str
    command: str
    code: str
    """Digest of the code that decides what it computes."""
    files: int
    """Of that code."""
    data: dict[str, str]
    """What else it read: md5 by path, as dvc.lock has it."""


class Answer(NamedTuple):
    """All that is known of where a number comes from."""

    number: Number
    places: list[Place]
    origin: Origin
    stages: list[Stage]
    above: list[str]
    """The stages whose outputs these need, from raw data on."""
    runs: list[Trained]
    packages: list[str]
    """Versions that are not those of the lock, in words: of the runs and of what is installed."""


def report(metrics: Path, graph: Path) -> Report:
    """The report of metrics.json. Raises LabError if a file is missing or broken."""
    read(metrics)  # says what is wrong with it
    return Report(read_json(metrics), read_text(graph))


def candidates(asked: str, shown: Report) -> list[Number]:
    """The numbers that `asked` may mean: a key, or a figure with words around it.

    Of a figure, those that the report shows so; of these, those whose key or place has most of the
    words. If none is shown, what the report computes it from. Raises LabError if there is none.
    """
    figure = numbers.figure(asked)
    if figure is None:
        if not (named := numbers.keyed(shown.content, asked)):
            raise LabError(f"reports/metrics.json has no key {asked!r}; `rnnlab why 87.16`, say.")
        return named
    found = numbers.shown_as(shown.content, figure)
    at = {each: _where(each, figure, shown) for each in found}
    at = {each: text for each, text in at.items() if text}
    if not at:
        at = dict(_computed_from(figure, shown))
    if not at and not found:
        raise LabError(f"neither the report nor metrics.json has the number {figure}.")
    words = numbers.words(asked)
    scores = {
        each: sum(word in f"{each.name} {text}".lower() for word in words)
        for each, text in (at or dict.fromkeys(found, "")).items()
    }
    return [each for each in scores if scores[each] == max(scores.values())]


def _where(number: Number, figure: str, shown: Report) -> str:
    places = [each for each in shown.places([number]) if each.has(figure)]
    return " ".join(f"{each.heading} {each.where} {each.text}" for each in places)


def _computed_from(figure: str, shown: Report) -> Iterator[tuple[Number, str]]:
    for place in shown.standing(figure):
        for each in shown.behind(place):
            yield each, f"{place.heading} {place.where} {place.text}"


def answer(number: Number, shown: Report, known: Committed) -> Answer:
    """Where `number` comes from."""
    english = shown.places([number])
    places = [*english, *shown.places([number], "zh")]
    found = origin.origin(number, shown.results, shown.sources(english))
    names = origin.with_names(found.stages, known.sources)
    above = [each for each in known.above(names, lambda _: False) if each not in names]
    runs = [
        _run(name, lab, each, shown.results)
        for name in names
        for lab, each in known.made.get(name, [])
        if _concerns(number, lab, each)
    ]
    stages = [_stage(each, known.entries[each]) for each in names if each in known.entries]
    return Answer(number, places, found, stages, above, runs, _unlike(shown.results))


def _concerns(number: Number, lab: str, planned: Any) -> bool:
    """A stage may train many runs: whether `number` is of this one. Of facts, of all."""
    if number.key[0] != lab:
        return True
    own = number.key[1:3] == (planned.regime, planned.net)
    return own and (number.key[-2] != "values" or str(planned.seed) == number.key[-1])


def _stage(name: str, entry: Entry) -> Stage:
    deps = {each["path"]: each["md5"] for each in entry.get("deps", [])}
    code = {path: md5 for path, md5 in deps.items() if path.startswith(("src/", "stages/"))}
    return Stage(
        name,
        origin.computed(script(entry)),
        entry["cmd"],
        digest(code),
        len(code),
        {path: md5 for path, md5 in deps.items() if path not in code},
    )


def _run(stage: str, lab: str, planned: Any, results: Results) -> Trained:
    place = f"{lab}/{planned.folder}"
    folder = MODELS / place
    there = finished(folder, MODELS, TIMINGS) if (folder / RUN).exists() else None
    run = there and there.run
    return Trained(
        stage=stage,
        folder=folder,
        seed=planned.seed,
        digest=results.digests.get(place),
        run=run,
        timing=there and there.timing,
        tracked=_tracked(run) if run else None,
    )


def _tracked(run: Run) -> str | None:
    """The run's id in the tracking store. A store is asked, not made."""
    store = tracking.store()
    if store.startswith("sqlite:///") and not Path(store.removeprefix("sqlite:///")).exists():
        return None
    with tracking.in_store():
        client = tracking.connect()
        experiment = client.get_experiment_by_name(run.lab)
        if experiment is None:
            return None
        found = tracking.active(tracking.find(client, experiment.experiment_id, run))
        return str(found[0].info.run_id) if found else None


def _unlike(results: Results) -> list[str]:
    made = [
        f"runs were made with {each}"
        for name, versions in results.packages.items()
        for version in versions
        for each in packages.unlike({name: version})
    ]
    return [*made, *(f"here is {each}" for each in packages.drift())]
