"""`python -m bench`: measure, write bench/results.json, render docs/speed.md."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import typer

from bench import (
    accuracy,
    growth,
    machine,
    malloc,
    names,
    pipeline,
    report,
    stages,
    tokenizing,
    training,
    vectors,
)
from bench.corpus import Corpus
from rnnlab.errors import LabError, guarded
from rnnlab.files import write_json

HERE = Path(__file__).parent
SECTIONS: dict[str, ModuleType] = {
    "training": training,
    "malloc": malloc,
    "names": names,
    "tokenize": tokenizing,
    "vectors": vectors,
    "pipeline": pipeline,
    "growth": growth,
    "accuracy": accuracy,
    "stages": stages,
}
DEFAULT = ("training", "malloc", "names", "tokenize", "vectors", "pipeline", "growth")


def main(
    only: Annotated[str, typer.Option(help=f"of {', '.join(DEFAULT)}")] = ",".join(DEFAULT),
    seconds: Annotated[float, typer.Option(help="about what a turn of training takes")] = 4.0,
    repeats: Annotated[int, typer.Option(min=1, help="turns of each contender")] = 3,
    nets: Annotated[str, typer.Option(help="for training")] = ",".join(training.NETS),
    with_accuracy: Annotated[
        bool,
        typer.Option("--accuracy", help="also test accuracy against the seed style: half an hour"),
    ] = False,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="for --accuracy; those of params.yaml if not given")
    ] = None,
    pipeline_folder: Annotated[
        Path | None,
        typer.Option("--stages", help="also what stages took in this folder's pipeline"),
    ] = None,
    output: Annotated[Path, typer.Option(help="results, merged with what is there")] = (
        HERE / "results.json"
    ),
    cache: Annotated[Path, typer.Option(help="prepared corpora")] = HERE / "cache",
    page: Annotated[Path, typer.Option(help="what to render")] = report.PAGE,
) -> None:
    """Measure the project beside what people would use instead, on this machine.

    Example: python -m bench --only training --nets lstm-1-1-100d --seconds 8
    """
    wanted = [each for each in only.split(",") if each]
    unknown = [each for each in wanted if each not in DEFAULT]
    if unknown:
        raise LabError(f"--only: there is no {unknown[0]!r}; choose from {', '.join(DEFAULT)}.")
    wanted += ["accuracy"] * with_accuracy + ["stages"] * (pipeline_folder is not None)
    typer.echo("preparing the corpora")
    corpus = Corpus(cache)
    here = machine.describe()
    results = begin(output, here)
    work: Mapping[str, Callable[[], dict[str, Any]]] = {
        "training": lambda: training.measure(
            corpus.reviews(), cache, here["precision"], nets.split(","), seconds, repeats
        ),
        "malloc": lambda: malloc.measure(
            corpus.reviews(), cache, here["precision"], seconds, repeats
        ),
        "names": lambda: names.measure(corpus.names()),
        "tokenize": lambda: tokenizing.measure(corpus.archive, repeats),
        "vectors": lambda: vectors.measure(corpus.features() / "vocabulary.txt", cache, repeats),
        "pipeline": lambda: pipeline.measure(cache, repeats),
        "growth": lambda: growth.measure(corpus.archive, corpus.raw),
        "accuracy": lambda: accuracy.measure(
            corpus.features(), {"epochs": epochs} if epochs else {}
        ),
        "stages": lambda: stages.measure(pipeline_folder or Path()),
    }
    for number, name in enumerate(wanted):
        left = sum(getattr(SECTIONS[each], "MINUTES", 0) for each in wanted[number:])
        typer.echo(f"{name} ({number + 1} of {len(wanted)}), about {left} min to go")
        load = machine.load_average()
        started = time.perf_counter()
        section = work[name]()
        results["sections"][name] = {
            "corpora": corpus.source,
            "load_at_start": load,
            "minutes": (time.perf_counter() - started) / 60,
            **section,
        }
        results["ratios"] = flat(results["sections"])
        write_json(output, results)  # what is measured stays, whatever comes
        report.write(output, report.GPU, page)
    typer.echo(json.dumps(results["ratios"], indent=2))


def begin(output: Path, here: dict[str, Any]) -> dict[str, Any]:
    """What `output` holds already, if from this machine and these versions; else nothing yet."""
    fresh = {"ratios": {}, "machine": here, "versions": machine.versions(), "sections": {}}
    if not output.exists():
        return fresh
    found: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
    same = all(found.get(key) == fresh[key] for key in ("machine", "versions"))
    if not same:
        typer.echo(f"{output} is of another machine or other versions; beginning anew", err=True)
    return found if same else fresh


def flat(sections: Mapping[str, dict[str, Any]]) -> dict[str, float]:
    """All ratios by name, in the order of `SECTIONS`."""
    return {
        name: value
        for each, module in SECTIONS.items()
        if each in sections
        for name, value in module.ratios(sections[each]).items()
    }


if __name__ == "__main__":
    guarded(lambda: typer.run(main))
