"""What reports/ holds for the report to be made from, put together from what the stages left."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rnnlab.claims import judge
from rnnlab.document.published import published
from rnnlab.document.results import DatasetOrigin, Results
from rnnlab.files import read_as, sha256
from rnnlab.labs import TRAINING, parts
from rnnlab.report import results, stages
from rnnlab.runs import baselines, history
from rnnlab.runs.catalogue import Runs, collect, every, summaries
from rnnlab.runs.files import PREDICTIONS, RUN, read_history
from rnnlab.runs.history import Curves
from rnnlab.runs.predictions import read_predictions

TESTED = TRAINING["sentiment"].headline


class Sources(NamedTuple):
    """Where the stages left what the labs did."""

    models: Path
    timings: Path
    provenance: Path
    places: Mapping[str, Mapping[str, Path]]
    """By lab, what its facts are gathered from beside its runs; and, where its nets are held
    against something, the files of its scores and times, `baseline` and `baseline_times`."""


def write(metrics: Path, curves: Path, weights: Path, sources: Sources, params: Any) -> None:
    """Write all labs' results to `metrics`, the histories of all runs to `curves`, and into the
    folder `weights` those of the nets that the page runs.

    Raises LabError, naming the file, if a run is missing.
    """
    runs = {
        lab: collect(sources.models / lab, sources.timings / lab, getattr(params, lab).runs())
        for lab in TRAINING
    }
    gathering = parts("gather")
    places = {lab: sources.places.get(lab, {}) for lab in gathering}
    nets = {lab: summaries(each) for lab, each in runs.items()}
    for lab, own in places.items():
        if "baseline" in own:
            files = own["baseline"], own["baseline_times"]
            nets[lab]["baseline"] = baselines.read(*files, f"{lab}-baseline")
    machines = environments(runs)
    whole = Results(
        nets=nets,
        claims={},
        facts={lab: each.gather(runs, places[lab], params) for lab, each in gathering.items()},
        data=read_as(sources.provenance, dict[str, DatasetOrigin]),
        environments=machines,
        stages=stages.times(sources.timings / "stages"),
        digests=digests(sources.models),
        made_on={
            each.folder.relative_to(sources.models).as_posix(): machines.index(each.run.environment)
            for each in every(runs).values()
        },
        packages=packages(runs),
    )
    answers = judge.answers({lab: hits(each) for lab, each in runs.items()})
    whole.claims = judge.judge(evidence(whole, answers))
    results.write(metrics, whole)
    history.write_curves(curves, histories(runs))
    for lab, live in parts("live").items():
        live.keep(runs[lab], nets[lab], weights / lab)


def evidence(found: Results, answers: judge.AnswersByPart) -> judge.Evidence:
    """What the claims are judged by: all of it stands in metrics.json, so that the gate can judge
    them again. answers: as `judge.answers` gives them, or as the claims' parts quote them."""
    facts, gathering = found.facts, parts("gather")
    accuracies = published("sentiment")[TESTED].items()
    return judge.Evidence(
        nets=found.nets,
        answers=answers,
        sweeps=gathering["names"].sweep_scores(facts["names"]),
        sweep_steps=facts["names"].published.training.steps,
        falls=gathering["explain"].falls(facts["explain"].gradients),
        newest=facts["explain"].newest,
        courses=gathering["explain"].courses(facts["explain"].convolution),
        last_batches=gathering["poetry"].last_batches(found.nets["poetry"], facts["poetry"]),
        epochs=gathering["poetry"].epochs(facts["poetry"]),
        unknown=facts["poetry"].coverage.unknown,
        coverage={key: each.tokens_share for key, each in facts["sentiment"].coverage.items()},
        published={
            "sentiment": {net: each / 100 for net, each in accuracies},
            "poetry": {"as-published": min(published("poetry")["last_batch_loss_nats"])},
        },
        generated=not found.comparable,
    )


def hits(runs: Runs) -> judge.Hits:
    """Which items each run predicted right; nothing of a lab whose runs keep no predictions."""
    return {
        regime: {
            net: {
                seed: read_predictions(each.folder).right
                for seed, each in seeds.items()
                if (each.folder / PREDICTIONS).exists()
            }
            for net, seeds in nets.items()
        }
        for regime, nets in runs.items()
    }


def histories(runs: Mapping[str, Runs]) -> Curves:
    return {trained: read_history(each.folder) for trained, each in every(runs).items()}


def environments(runs: Mapping[str, Runs]) -> list[dict[str, str | int]]:
    """The machines that the runs were made on, each once."""
    found = {str(each.run.environment): each.run.environment for each in every(runs).values()}
    return list(found.values())


def digests(models: Path) -> dict[str, str]:
    """sha256 of every run's run.json, by its folder below `models`: what binds metrics.json to each
    file of each run, since a run.json has the digests of the others."""
    found = sorted(models.rglob(RUN))
    return {path.parent.relative_to(models).as_posix(): sha256(path) for path in found}


def packages(runs: Mapping[str, Runs]) -> dict[str, list[str]]:
    """By package, the versions that the runs were made with; nothing of runs that don't say."""
    found: dict[str, set[str]] = {}
    for each in every(runs).values():
        for name, version in each.timing.packages.items():
            found.setdefault(name, set()).add(version)
    return {name: sorted(versions) for name, versions in sorted(found.items())}
