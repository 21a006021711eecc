"""The lab's facts, from its runs, its sweeps and the counts of its lists."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rnnlab.claims.judge import Reached, SweepScores
from rnnlab.claims.significance import Paired, paired
from rnnlab.files import read_as
from rnnlab.labs.names.facts import BASELINE, HELD_OUT, Confused, Counts, Facts, Tried
from rnnlab.labs.names.settings import DIVERGED, NamesSettings
from rnnlab.runs.catalogue import Runs, Seeds, first, of_nets, summaries
from rnnlab.runs.files import read_history, read_run
from rnnlab.runs.predictions import read_predictions
from rnnlab.runs.scores import spread

CONFUSIONS, EXAMPLES = 8, 5
"""How many pairs of languages are told, and surnames of each."""


def gather(runs: Mapping[str, Runs], places: Mapping[str, Path], params: Any) -> Facts:
    """What the report says of the lab beyond its scores.

    places: `counts`, the file that the split stage wrote, and `models`, the folder of all runs.
    Raises LabError if one is missing.
    """
    settings: NamesSettings = params.names
    own = runs["names"]
    counts = read_as(places["counts"], Counts)
    slips = settings.printed_folders()
    return Facts(
        counts=counts,
        published=settings.published,
        batched=settings.batched,
        baseline=settings.baseline,
        structures={net: first(seeds).run.structure for net, seeds in own["ours"].items()},
        last_accuracy=of_nets(own, last_accuracy),
        confusion=of_nets(own, confusion),
        confused={
            net: confused(seeds, sorted(counts.languages)) for net, seeds in own["ours"].items()
        },
        sweeps=sweeps(places["models"], settings),
        printed={slip: tried(reached(places["models"], each)) for slip, each in slips.items()},
        comparisons=comparisons(own),
    )


def sweeps(models: Path, settings: NamesSettings) -> dict[str, dict[float, Tried]]:
    """`<net>/<setting>` → value → what its runs below `models` reached.

    Raises LabError if a run is missing.
    """
    return {
        name: {value: tried(reached(models, folders)) for value, folders in values.items()}
        for name, values in settings.sweeps().items()
    }


def sweep_scores(found: Facts) -> SweepScores:
    """What each run of each sweep reached: `<net>/<setting>` → value → seed → (validation
    accuracy, validation loss), both None where training diverged."""
    return {
        name: {value: scores(each) for value, each in values.items()}
        for name, values in found.sweeps.items()
    }


def scores(runs: Tried) -> dict[int, Reached]:
    """What `tried` was told, but for the order of seeds."""
    ended = (
        {seed: (value, runs.loss.values[seed]) for seed, value in runs.accuracy.values.items()}
        if runs.accuracy and runs.loss
        else {}
    )
    return {**ended, **dict.fromkeys(runs.diverged, (None, None))}


def reached(models: Path, folders: Mapping[int, str]) -> dict[int, Reached]:
    """Of the runs in `folders` below `models`, by seed."""
    found: dict[int, Reached] = {}
    for seed, folder in folders.items():
        if (models / folder / DIVERGED).exists():
            found[seed] = None, None
        else:
            scores = read_run(models / folder).scores
            found[seed] = scores["valid_accuracy"], scores["valid_loss"]
    return found


def tried(runs: Mapping[int, Reached]) -> Tried:
    """What the `runs` of one value reached, by seed, over those that ended."""
    accuracies, losses = (
        {seed: value for seed, each in runs.items() if (value := each[place]) is not None}
        for place in (0, 1)
    )
    return Tried(
        accuracy=spread(accuracies) if accuracies else None,
        loss=spread(losses) if losses else None,
        diverged=[seed for seed in runs if seed not in accuracies],
    )


def last_accuracy(seeds: Seeds) -> float:
    """Validation accuracy after the last step, whichever epoch was best; mean over a net's runs."""
    histories = [read_history(each.folder) for each in seeds.values()]
    return float(np.mean([rows[-1].valid_accuracy for rows in histories]))


def confusion(seeds: Seeds) -> list[list[int]]:
    """(languages, languages) names held out, actual by predicted, summed over a net's runs."""
    languages = len(first(seeds).run.settings["languages"])
    counts = sum(read_predictions(each.folder).confusion(languages) for each in seeds.values())
    rows: list[list[int]] = np.asarray(counts).tolist()
    return rows


def confused(seeds: Seeds, languages: Sequence[str]) -> list[Confused]:
    """The pairs of languages that a net's runs confuse most often.

    languages: by number. An id is the language and the surname, with a slash between.
    """
    found = [read_predictions(each.folder) for each in seeds.values()]
    label, predicted = found[0].label, np.array([each.predicted for each in found])
    counts = np.sum([each.confusion(len(languages)) for each in found], axis=0)
    of = np.bincount(label, minlength=len(languages))
    np.fill_diagonal(counts, 0)
    rows = []
    for place in np.argsort(-counts, axis=None, kind="stable")[:CONFUSIONS]:
        actual, other = divmod(int(place), len(languages))
        if not counts[actual, other]:
            break
        always = found[0].id[(label == actual) & (predicted == other).all(0)]
        rows.append(
            Confused(
                actual=languages[actual],
                predicted=languages[other],
                names=float(counts[actual, other] / len(found)),
                of=int(of[actual]),
                examples=[str(each).partition("/")[2] for each in always[:EXAMPLES]],
            )
        )
    return rows


def comparisons(runs: Runs) -> dict[str, dict[str, Paired]]:
    """Every other net against BASELINE, over the seeds that both have: regime → net."""
    return {
        regime: {
            net: paired(row[metric].values, nets[BASELINE][metric].values)
            for net, row in nets.items()
            if net != BASELINE and BASELINE in nets
        }
        for regime, nets in summaries(runs).items()
        for metric in [f"{HELD_OUT[regime]}_accuracy"]
    }
