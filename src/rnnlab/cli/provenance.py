"""Commands that ask where numbers come from, and make them again."""

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnnlab.cli.nets import Json, Models
from rnnlab.cli.project import AUDIT_LOG, PROJECT
from rnnlab.cli.show import answer, cut, table
from rnnlab.errors import LabError

if TYPE_CHECKING:
    from rnnlab.provenance.again import Committed, Outcome
    from rnnlab.provenance.audit import Audit
    from rnnlab.provenance.places import Report
    from rnnlab.provenance.why import Answer, Stage, Trained

LISTED = 30
"""Candidates, places, runs that are shown at most."""


def why(
    asked: Annotated[
        list[str], typer.Argument(help="a number of the report, words around it, or its key")
    ],
    make: Annotated[bool, typer.Option("--again", help="make it again, and compare")] = False,
    json: Json = False,
) -> None:
    """Where a number of the report comes from: places, function, stages, runs; and make it again.

    Example: rnnlab why 87.16

    Example: rnnlab why "LSTM, 87.16 % of the test reviews" --again

    Example: rnnlab why sentiment/lstm-1-1-100d/test_accuracy
    """
    from rnnlab.provenance import again, why

    shown = why.report(PROJECT.metrics, PROJECT.graph)
    question = " ".join(asked)
    found = why.candidates(question, shown)
    if len(found) > 1:
        rows = [{"key": each.name, "value": f"{each.value:.10g}"} for each in found]
        more = f"\n… and {len(found) - LISTED} more." if len(found) > LISTED else ""
        text = f"{question} may be {len(found)} numbers; ask for one by its key:\n"
        answer(f"{text}{table(rows[:LISTED])}{more}", {"candidates": rows}, json)
        raise typer.Exit(1)
    known = _committed(shown)
    told = why.answer(found[0], shown, known)
    outcomes = list(_again(told, known)) if make else []
    text = "\n".join([*_told(told), *(_outcomes(outcomes) if make else [])])
    answer(text, {**_plain(told), "again": [each._asdict() for each in outcomes]}, json)
    raise typer.Exit(int(again.failed(outcomes)))


def audit(
    budget: Annotated[str, typer.Option(help="time to spend: 90s, 10m, 1h")] = "10m",
    seed: Annotated[
        str, typer.Option(help="of the draw; today's date and the commit if not given")
    ] = "",
    json: Json = False,
) -> None:
    """Draw results at random and make them again, from raw data on: are they what is committed?

    What the report leans on is drawn more often. Each stage made again becomes a row of
    reports/audits.csv. Exit code 1 if one is different.

    Example: rnnlab audit --budget 10m
    """
    import time

    from rnnlab.pipeline.engine import times
    from rnnlab.provenance import again, audit_log, why
    from rnnlab.provenance import audit as auditing
    from rnnlab.runs.tracking import git_commit

    until = time.monotonic() + auditing.seconds(budget)
    audit_log.read(AUDIT_LOG)  # what is wrong with it is said before the work
    shown = why.report(PROJECT.metrics, PROJECT.graph)
    known = _committed(shown)
    date, commit = time.strftime("%Y-%m-%d", time.gmtime()), git_commit()
    seed = seed or f"{date} {commit}"
    expected = auditing.expected(known, times())
    left = until - time.monotonic()
    drawn = auditing.draw(auditing.carried(known), known, expected, left, seed)
    machine = "{system} {machine}, {device} {cpu_capability} {precision}, PyTorch {torch}"
    where = machine.format(**again.here())
    outcomes = []
    with again.scratch(Path(), known.cache) as folder:
        workshop = again.Workshop(Path(), folder, known)
        for each in auditing.conduct(drawn, known, expected, until, workshop):
            outcomes.append(each)
            audit_log.add(AUDIT_LOG, [audit_log.Row(date, commit, where, each.stage, each.verdict)])
            typer.echo("\n".join(_outcome(each)), err=True)
    done = auditing.told(outcomes, drawn)
    summary = auditing.summary(done)
    answer(f"Seed: {seed}.\n{summary}", _audited(done, seed), json)
    raise typer.Exit(int(again.failed(outcomes)))


def crate(
    folder: Annotated[Path, typer.Argument(help="a new folder to write to")],
    models: Models = Path("models"),
) -> None:
    """The report with all that says how it came about, to deposit: a Workflow Run RO-Crate.

    With it go a description of each dataset (Croissant) and a card of each lab's best model.

    Example: rnnlab crate deposit
    """
    from rnnlab.provenance.crate import write

    files = write(folder, PROJECT.reports, PROJECT.graph, models, Path("timings/stages"))
    typer.echo(f"{folder}: {len(files)} files; docs/sharing.md says how to deposit them.")


def _committed(shown: "Report") -> "Committed":
    from rnnlab.labs.params import read_all
    from rnnlab.provenance import again, origin

    return again.committed(shown.results, origin.planned(read_all(Path("params.yaml"))))


def _again(told: "Answer", known: "Committed") -> "Iterator[Outcome]":
    """The stages of the number made again; and what gathers it, from what all others left before,
    if that is here."""
    from rnnlab.provenance import again, audit

    names = [each.name for each in told.stages if audit.tells(each.name, known)]
    gathers = known.sources.get(audit.GATHERS, {""}) <= known.cached
    if not names and not gathers:
        raise LabError(f"{told.number.name} rests on no stage whose outputs DVC keeps.")
    yield from again.again(names, known)
    if gathers:
        yield from again.again([audit.GATHERS], known)


def _told(told: "Answer") -> Iterator[str]:
    yield f"{told.number.name} = {told.number.value!r}, in {PROJECT.metrics}"
    yield "\nWhere it stands"
    for place in told.places[:LISTED]:
        where = f"{place.where}: " if place.where else ""
        start = f"  {place.file}:{place.line}  {place.heading}: "
        yield start + cut(f"{where}{place.text}", len(start))
    if not told.places:
        yield "  nowhere: the report does not show it"
    yield "\nComputed by"
    for function in told.origin.functions:
        yield f"  {function}"
    for function in dict.fromkeys(each.function for each in told.stages):
        yield f"  {function}"
    yield "\nFrom"
    if told.above:
        yield f"  {', '.join(told.above)}, and of their outputs:"
    for stage in told.stages[:LISTED]:
        yield from _stage(stage, [each for each in told.runs if each.stage == stage.name])
    yield "\nPackages"
    yield from (f"  {each}" for each in told.packages or ["as requirements.txt pins them"])
    yield "\nTo make it again, in a folder of its own or here"
    yield f"  rnnlab why {shlex.quote(told.number.name)} --again"
    if names := " ".join(each.name for each in told.stages):
        yield f"  dvc repro --force --single-item {names}"


def _stage(stage: "Stage", runs: "Sequence[Trained]") -> Iterator[str]:
    yield f"  {stage.name} (`{stage.command}`; {stage.files} files of code, {stage.code[:12]})"
    read = [f"{path} {md5[:12]}" for path, md5 in stage.data.items()]
    if read:
        yield f"    reads {', '.join(read)}"
    for each in runs:
        commit = each.timing.git_commit if each.timing else ""
        known = {
            "run.json": each.digest,
            "fingerprint": each.run and each.run.fingerprint,
            "commit": commit,
            "MLflow run": each.tracked,
        }
        told = ", ".join(f"{key} {value[:12]}" for key, value in known.items() if value)
        yield f"    {each.folder}: seed {each.seed}, {told or 'not here'}"
        if each.run:
            data = ", ".join(f"{name} {value[:12]}" for name, value in each.run.data.items())
            yield f"      data by sha256: {data}"


def _outcomes(outcomes: "Sequence[Outcome]") -> Iterator[str]:
    yield "\nMade again"
    for each in outcomes:
        yield from _outcome(each)


def _outcome(each: "Outcome") -> Iterator[str]:
    yield f"  {each.stage}: {each.verdict} ({each.seconds:.0f} s)"
    yield from (f"    {line}" for line in each.unlike[:LISTED])


def _plain(told: "Answer") -> dict[str, Any]:
    """The answer as plain values, digests in full."""
    runs = [
        {
            **{"stage": each.stage, "folder": each.folder.as_posix(), "seed": each.seed},
            **{"digest": each.digest, "mlflow": each.tracked},
            "run": each.run and each.run.model_dump(exclude={"structure"}),
            "commit": each.timing and each.timing.git_commit,
        }
        for each in told.runs
    ]
    return {
        "key": told.number.name,
        "value": told.number.value,
        "places": [each._asdict() for each in told.places],
        "functions": told.origin.functions,
        "stages": [each._asdict() for each in told.stages],
        "above": told.above,
        "runs": runs,
        "packages": told.packages,
    }


def _audited(done: "Audit", seed: str) -> dict[str, Any]:
    return {
        "seed": seed,
        "outcomes": [each._asdict() for each in done.outcomes],
        "draws": len(done.draw.stages),
        "left_out": done.left_out,
        "reach": done.draw.reach,
        "bound": done.bound,
    }
