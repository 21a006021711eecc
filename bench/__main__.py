"""`python -m bench`: measure, write bench/results.json, render docs/speed.md."""

import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from bench import (
    accuracy,
    before,
    growth,
    machine,
    names,
    pipeline,
    report,
    side_by_side,
    tokenizing,
    training,
    vectors,
    waits,
)
from bench.contest import NETS
from bench.corpus import Corpus
from bench.measuring import Row
from rnnlab import docparts
from rnnlab.errors import LabError, guarded
from rnnlab.files import read_json, write_json

CACHE = Path(__file__).parent / "cache"


class Section(NamedTuple):
    minutes: int
    """That it takes, about."""
    ratios: Callable[[Row], dict[str, float]]


SECTIONS = {
    "training": Section(21, training.ratios),
    "limits": Section(2, training.limits_ratios),
    "before": Section(5, before.ratios),
    "malloc": Section(4, training.malloc_ratios),
    "names": Section(3, names.ratios),
    "side-by-side": Section(3, side_by_side.ratios),
    "tokenize": Section(6, tokenizing.ratios),
    "vectors": Section(2, vectors.ratios),
    "pipeline": Section(4, pipeline.ratios),
    "growth": Section(4, growth.ratios),
    "waits": Section(12, waits.ratios),
    "accuracy": Section(30, accuracy.ratios),
    "stages": Section(0, pipeline.stages_ratios),
}
DEFAULT = tuple(SECTIONS)[:-2]


def main(
    only: Annotated[str, typer.Option(help=f"of {', '.join(DEFAULT)}")] = ",".join(DEFAULT),
    seconds: Annotated[float, typer.Option(help="about what a turn of training takes")] = 4.0,
    repeats: Annotated[int, typer.Option(min=1, help="turns of each contender")] = 3,
    nets: Annotated[str, typer.Option(help="for training")] = ",".join(NETS),
    with_accuracy: Annotated[
        bool,
        typer.Option("--accuracy", help="also test accuracy against the seed style: half an hour"),
    ] = False,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="for --accuracy; those of params.yaml if not given")
    ] = None,
    pipeline_folder: Annotated[
        Path | None,
        typer.Option("--stages", help="also what the stages of the pipeline there took"),
    ] = None,
    output: Annotated[
        Path, typer.Option(help="results, merged with what is there")
    ] = report.RESULTS,
    cache: Annotated[Path, typer.Option(help="prepared corpora")] = CACHE,
    page: Annotated[Path, typer.Option(help="what to render")] = report.PAGE,
) -> None:
    """Measure the project beside what people would use instead, on this machine.

    Example: python -m bench --only training --nets lstm-1-1-100d --seconds 8
    """
    docparts.named(output, page.parent.parent)
    wanted = [each for each in only.split(",") if each]
    if unknown := [each for each in wanted if each not in DEFAULT]:
        raise LabError(f"--only: there is no {unknown[0]!r}; choose from {', '.join(DEFAULT)}.")
    wanted += ["accuracy"] * with_accuracy + ["stages"] * (pipeline_folder is not None)
    typer.echo("preparing the corpora")
    corpus, here = Corpus(cache), machine.describe()
    turns = here["precision"], seconds, repeats
    changes = {"epochs": epochs} if epochs else {}
    work: dict[str, Callable[[], Row]] = {
        "training": lambda: training.measure(corpus.reviews(), nets.split(","), *turns),
        "limits": lambda: training.limits(corpus.reviews(), here["precision"], repeats),
        "before": lambda: before.measure(corpus.reviews(), cache, *turns),
        "malloc": lambda: training.malloc(corpus.reviews(), *turns),
        "names": lambda: names.measure(corpus.names()),
        "side-by-side": lambda: side_by_side.measure(corpus.names(), repeats),
        "tokenize": lambda: tokenizing.measure(corpus.archive, repeats),
        "vectors": lambda: vectors.measure(corpus.features() / "vocabulary.txt", cache, repeats),
        "pipeline": lambda: pipeline.measure(cache, repeats),
        "growth": lambda: growth.measure(corpus.archive, corpus.raw),
        "waits": lambda: waits.measure(cache),
        "accuracy": lambda: accuracy.measure(corpus.features(), changes),
        "stages": lambda: pipeline.stages(pipeline_folder or Path()),
    }
    results = begin(output, here)
    for number, name in enumerate(wanted):
        left = sum(SECTIONS[each].minutes for each in wanted[number:])
        typer.echo(f"{name} ({number + 1} of {len(wanted)}), about {left} min to go")
        load = round(os.getloadavg()[0], 2)  # above 1, others are at work too
        started = time.perf_counter()
        section = work[name]()
        minutes = (time.perf_counter() - started) / 60
        results["sections"][name] = {
            "corpora": corpus.source,
            "load_at_start": load,
            "minutes": minutes,
            **section,
        }
        write_json(output, results)  # what is measured stays, whatever comes
        results["ratios"] = flat(results["sections"])
        write_json(output, results)
        report.write(output, report.GPU, page)
    typer.echo(json.dumps(results["ratios"], indent=2))


def begin(output: Path, here: Row) -> Row:
    """What `output` holds already, if from this machine and these versions; else nothing yet.

    A rival that is not installed here is not measured anew, and its version stays.
    """
    fresh = {"ratios": {}, "machine": here, "versions": machine.versions(), "sections": {}}
    if not output.exists():
        return fresh
    found: Row = read_json(output)
    known = found.get("versions", {}) | fresh["versions"]
    if found.get("machine") == here and found.get("versions") == known:
        return found
    typer.echo(f"{output} is of another machine or other versions; beginning anew", err=True)
    return fresh


def flat(sections: Mapping[str, Row]) -> dict[str, float]:
    """All ratios by name, in the order of `SECTIONS`."""
    found: dict[str, float] = {}
    for name, section in SECTIONS.items():
        found |= section.ratios(sections[name]) if name in sections else {}
    return found


if __name__ == "__main__":
    guarded(lambda: typer.run(main))
