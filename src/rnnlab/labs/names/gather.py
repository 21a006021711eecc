"""The lab's facts, from its runs, its sweeps and the counts of its lists."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from rnnlab.claims.judge import Reached, SweepScores
from rnnlab.claims.significance import on_names, paired
from rnnlab.files import read_sealed, reading
from rnnlab.labs.names.facts import BASELINE, Comparison, Counts, Facts, NetSweep, Sweep
from rnnlab.labs.names.settings import DIVERGED, NamesSettings, Structure, rate_folder
from rnnlab.runs.catalogue import Finished, Runs, Seeds, first, summaries
from rnnlab.runs.files import read_history, read_run
from rnnlab.runs.predictions import read_predictions

T = TypeVar("T")


def gather(runs: Mapping[str, Runs], places: Mapping[str, Path], params: Any) -> Facts:
    """What the report says of the lab beyond its scores.

    places: `counts`, the file that the split stage wrote, and `sweeps`, the folder of the sweeps'
    run folders by net. Raises LabError if one is missing.
    """
    settings: NamesSettings = params.names
    own, plan = runs["names"], settings.sweep
    written = read_sealed(places["counts"])
    with reading(places["counts"]):
        counts = Counts.model_validate(written)
    swept = {str(net): sweep(net, own, places["sweeps"], settings) for net in settings.nets}
    return Facts(
        counts=counts,
        published=settings.published,
        batched=settings.batched,
        structures={net: first(seeds).run.structure for net, seeds in own["ours"].items()},
        last_accuracy=of_nets(own, last_accuracy),
        confusion=of_nets(own, confusion),
        sweep=Sweep(steps=plan.steps, seed=plan.seed, nets=swept),
        comparisons=comparisons(own),
    )


def sweeps(runs: Runs, places: Mapping[str, Path], settings: NamesSettings) -> SweepScores:
    """What each run of each sweep reached: `<net>/learning_rate` → rate → seed → (validation
    accuracy, validation loss), both None where training diverged.

    places: as `gather` takes them. Raises LabError if a run is missing.
    """
    return {
        f"{net}/learning_rate": {
            rate: {settings.sweep.seed: reached(run)}
            for rate, run in folders(net, runs, places["sweeps"], settings).items()
        }
        for net in settings.nets
    }


def reached(run: Path | None) -> Reached:
    """Of the run in a folder; None: it diverged."""
    if run is None:
        return None, None
    scores = read_run(run).scores
    return scores["valid_accuracy"], scores["valid_loss"]


def of_nets(runs: Runs, fact: Callable[[Seeds], T]) -> dict[str, dict[str, T]]:
    """Regime → net → the `fact` of the net's runs."""
    return {
        regime: {net: fact(seeds) for net, seeds in nets.items()} for regime, nets in runs.items()
    }


def last_accuracy(seeds: Seeds) -> float:
    """Validation accuracy after the last step, whichever epoch was best; mean over a net's runs."""
    histories = [read_history(each.folder) for each in seeds.values()]
    return float(np.mean([rows[-1].valid_accuracy for rows in histories]))


def confusion(seeds: Seeds) -> list[list[int]]:
    """(languages, languages) validation names, actual by predicted, summed over a net's runs."""
    languages = len(first(seeds).run.settings["languages"])
    counts = sum(read_predictions(each.folder).confusion(languages) for each in seeds.values())
    rows: list[list[int]] = np.asarray(counts).tolist()
    return rows


def comparisons(runs: Runs) -> dict[str, Comparison]:
    """Every other net against BASELINE: ours over seeds, as published by name."""
    if BASELINE not in runs["ours"]:
        return {}
    accuracy = {net: row["valid_accuracy"].values for net, row in summaries(runs)["ours"].items()}
    right = {
        net: read_predictions(first(seeds).folder).right for net, seeds in runs["published"].items()
    }
    return {
        net: Comparison(
            ours=paired(accuracy[net], accuracy[BASELINE]),
            published=on_names(right[net], right[BASELINE]),
        )
        for net in runs["ours"]
        if net != BASELINE
    }


def sweep(net: Structure, runs: Runs, folder: Path, settings: NamesSettings) -> NetSweep:
    """One net's sweep: what each rate reached, which was best, and whether by more than luck.

    folder: that of all sweeps. Raises LabError if a run is missing.
    """
    found = folders(net, runs, folder, settings)
    ended = {rate: run for rate, run in found.items() if run}
    reached = {rate: read_run(run).scores["valid_accuracy"] for rate, run in ended.items()}
    best = max(reached, key=lambda rate: reached[rate], default=None)
    published = settings.published.learning_rate[net]
    better = None
    if best is not None and best != published and published in ended:
        better = on_names(*(read_predictions(ended[rate]).right for rate in (best, published)))
    run = shared(net, runs, settings)
    return NetSweep(
        rates={rate: reached.get(rate) for rate in found},
        best_rate=best,
        better_than_published=better,
        shared_run=run and run.stage,
    )


def folders(
    net: Structure, runs: Runs, folder: Path, settings: NamesSettings
) -> dict[float, Path | None]:
    """Learning rate, rising → the folder of its run in the sweep over `net`; None: it diverged.

    folder: that of all sweeps.
    """
    rates = [each.learning_rate for each in settings.swept(net)]
    found = {rate: folder / net / rate_folder(rate) for rate in rates}
    if run := shared(net, runs, settings):
        found[settings.published.learning_rate[net]] = run.folder
    return {rate: None if (run / DIVERGED).exists() else run for rate, run in found.items()}


def shared(net: Structure, runs: Runs, settings: NamesSettings) -> Finished | None:
    """The run of the published regime that is one of the sweep's too, and not trained twice."""
    if any(map(settings.published_too, settings.swept(net))):
        return runs["published"][net][settings.sweep.seed]
    return None
