"""The lab's facts, from its runs, its sweeps and the counts of its lists."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from rnnlab.claims.significance import on_names, paired
from rnnlab.files import reading
from rnnlab.labs.names.facts import BASELINE, Comparison, Counts, Facts, NetSweep, Reached, Sweep
from rnnlab.labs.names.settings import NamesSettings, Structure
from rnnlab.labs.names.train import DIVERGED, rate_folder
from rnnlab.runs.catalogue import Finished, Runs, Seeds, first
from rnnlab.runs.files import read_history, read_run
from rnnlab.runs.predictions import read_predictions

Right = NDArray[np.bool_]
"""Which validation names a run predicted right."""
T = TypeVar("T")


def gather(runs: Mapping[str, Runs], places: Mapping[str, Path], params: Any) -> Facts:
    """What the report says of the lab beyond its scores.

    places: `counts`, the file that the split stage wrote, and `sweeps`, the folder of the sweeps'
    run folders by net. Raises LabError if one is missing.
    """
    settings: NamesSettings = params.names
    own = runs["names"]
    with reading(places["counts"]):
        counts = Counts.model_validate_json(places["counts"].read_bytes())
    return Facts(
        counts=counts,
        published=settings.published,
        batched=settings.batched,
        structures={net: first(seeds).run.structure for net, seeds in own["ours"].items()},
        best_epochs=of_nets(own, best_epochs),
        last_accuracy=of_nets(own, last_accuracy),
        confusion=of_nets(own, confusion),
        sweep=Sweep(
            steps=settings.sweep.steps,
            seed=settings.sweep.seed,
            nets={net: sweep(net, own, places["sweeps"], settings) for net in settings.nets},
        ),
        comparisons=comparisons(own),
    )


def sweeps(
    runs: Runs, places: Mapping[str, Path], settings: NamesSettings
) -> dict[str, dict[float, Right | None]]:
    """Structure → learning rate → which validation names were predicted right.

    None where training diverged. places: as `gather` takes them. Raises LabError if a run is
    missing.
    """
    return {
        net: {
            rate: None if diverged(folder) else right(folder)
            for rate, folder in swept(net, runs, places["sweeps"], settings).items()
        }
        for net in settings.nets
    }


def of_nets(runs: Runs, fact: Callable[[Seeds], T]) -> dict[str, dict[str, T]]:
    """Regime → net → the `fact` of the net's runs."""
    return {
        regime: {net: fact(seeds) for net, seeds in nets.items()} for regime, nets in runs.items()
    }


def right(folder: Path) -> Right:
    """Which validation names the run in `folder` predicted right. Raises LabError if it is
    missing."""
    with reading(folder):
        return read_predictions(folder).right


def best_epochs(seeds: Seeds) -> list[int]:
    return [each.run.best_epoch for each in seeds.values()]


def last_accuracy(seeds: Seeds) -> float:
    """Validation accuracy after the last step, whichever epoch was best; mean over a net's runs."""
    last = [read_history(each.folder)[-1] for each in seeds.values()]
    return float(np.mean([row.valid_accuracy for row in last]))


def confusion(seeds: Seeds) -> list[list[int]]:
    """(languages, languages) validation names, actual by predicted, summed over a net's runs."""
    languages = len(first(seeds).run.settings["languages"])
    counts = sum(read_predictions(each.folder).confusion(languages) for each in seeds.values())
    rows: list[list[int]] = np.asarray(counts).tolist()
    return rows


def comparisons(runs: Runs) -> dict[str, Comparison]:
    """Every other net against BASELINE: ours over seeds, as published by name."""
    ours, published = runs["ours"], runs["published"]
    if BASELINE not in ours:
        return {}
    return {
        net: Comparison(
            ours=paired(accuracies(ours[net]), accuracies(ours[BASELINE])),
            published=on_names(*(right(first(published[each]).folder) for each in (net, BASELINE))),
        )
        for net in ours
        if net != BASELINE
    }


def accuracies(seeds: Seeds) -> dict[int, float]:
    return {seed: each.run.scores["valid_accuracy"] for seed, each in seeds.items()}


def sweep(net: Structure, runs: Runs, folder: Path, settings: NamesSettings) -> NetSweep:
    """One net's sweep: what each rate reached, which was best, and whether by more than luck.

    folder: that of all sweeps. Raises LabError if a run is missing.
    """
    folders = swept(net, runs, folder, settings)
    rates = {rate: None if diverged(each) else reached(each) for rate, each in folders.items()}
    ended = {rate: each.valid_accuracy for rate, each in rates.items() if each}
    best = max(ended, key=lambda rate: ended[rate], default=None)
    published = settings.published.learning_rate[net]
    better = None
    if best is not None and best != published and published in ended:
        better = on_names(right(folders[best]), right(folders[published]))
    run = shared(net, runs, settings)
    return NetSweep(
        rates=rates,
        best_rate=best,
        better_than_published=better,
        shared_run=run.stage if run else None,
    )


def swept(net: Structure, runs: Runs, folder: Path, settings: NamesSettings) -> dict[float, Path]:
    """Learning rate, rising → the folder of its run in the sweep over `net`.

    folder: that of all sweeps.
    """
    rates = [each.learning_rate for each in settings.swept(net)]
    folders = {rate: folder / net / rate_folder(rate) for rate in rates}
    run = shared(net, runs, settings)
    return folders | ({settings.published.learning_rate[net]: run.folder} if run else {})


def shared(net: Structure, runs: Runs, settings: NamesSettings) -> Finished | None:
    """The run of the published regime that is one of the sweep's too, and not trained twice."""
    if any(map(settings.published_too, settings.swept(net))):
        return runs["published"][net][settings.sweep.seed]
    return None


def diverged(folder: Path) -> bool:
    return (folder / DIVERGED).exists()


def reached(folder: Path) -> Reached:
    scores = read_run(folder).scores
    return Reached(valid_accuracy=scores["valid_accuracy"], valid_loss=scores["valid_loss"])
