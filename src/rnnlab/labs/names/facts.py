"""What the names runs show beyond their mean scores: matrices, pairs, the sweep."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import confusion_matrix

from rnnlab.labs.names.settings import AS_PUBLISHED, NamesSettings
from rnnlab.runs.files import Run, read_history, read_predictions, read_run
from rnnlab.runs.scores import Finished, Runs

Counts = NDArray[np.int64]


class Paired(NamedTuple):
    """Accuracy of one net less that of another, seed by seed, and what it proves.

    A seed gives both nets the same order of names. `None` where too few seeds say nothing, or
    where all differences are equal and t has no spread to go by. The p-values ask whether the
    first net is *better*: one-sided.
    """

    seeds: list[int]
    first: list[float]
    second: list[float]
    differences: list[float]
    mean: float
    interval: tuple[float, float] | None
    """95% confidence interval of the mean difference, by t."""
    t: float | None
    t_p: float | None
    wins: int
    sign_p: float
    """Exact sign test; no n gives less than 0.5ⁿ."""
    wilcoxon_p: float | None
    """Exact signed-rank test."""


class OnNames(NamedTuple):
    """Two nets on the same validation names: how many only one of them got right."""

    only_first: int
    only_second: int
    p: float
    """McNemar's exact test, one-sided: is the first better on names like these?"""


class Rate(NamedTuple):
    """One learning rate of a sweep; no run where training diverged."""

    learning_rate: float
    run: Run | None
    folder: Path

    @property
    def accuracy(self) -> float | None:
        """Validation accuracy at the block of the lowest validation loss."""
        return None if self.run is None else self.run.scores["valid_accuracy"]


def facts(runs: Runs, split_counts: Path, sweeps: Path, settings: NamesSettings) -> dict[str, Any]:
    """What the report says of the names lab beyond its metrics, as plain JSON.

    split_counts: the JSON file, sweeps: the folder of run folders by net, as their stages wrote
    them. Raises LabError if one is missing.
    """
    counts = json.loads(split_counts.read_text(encoding="utf-8"))
    structures = [str(each) for each in settings.nets]
    first = {net: next(iter(seeds.values())) for net, seeds in runs.items()}
    by_rate = sweep_folders(sweeps, runs, settings)
    return {
        "counts": counts,
        "languages": sorted(counts["languages"]),
        "nets": structures,
        "published": settings.published.model_dump(),
        "batched": settings.batched.model_dump(),
        "structures": {net: first[net].run.structure for net in structures},
        "best_epochs": {
            net: [each.run.best_epoch for each in seeds.values()] for net, seeds in runs.items()
        },
        "last_accuracy": {
            net: float(np.mean([last_accuracy(each) for each in seeds.values()]))
            for net, seeds in runs.items()
        },
        "confusion": {net: confusion(seeds.values()).tolist() for net, seeds in runs.items()},
        "sweep": {
            "steps": settings.sweep.steps,
            "seed": settings.sweep.seed,
            "nets": {net: sweep_facts(by_rate[net], net, settings) for net in structures},
        },
        "comparisons": comparisons(runs, structures),
    }


def comparisons(runs: Runs, structures: list[str]) -> list[dict[str, Any]]:
    """Every other net against the tutorial RNN: batched over seeds, as published by name."""
    if "tutorial-rnn" not in structures:
        return []
    rivals = [net for net in structures if net != "tutorial-rnn"]
    return [
        {
            "first": net,
            "second": "tutorial-rnn",
            "batched": paired(accuracies(runs[net]), accuracies(runs["tutorial-rnn"]))._asdict(),
            "as_published": on_names(
                *(_first_folder(runs, each + AS_PUBLISHED) for each in (net, "tutorial-rnn"))
            )._asdict(),
        }
        for net in rivals
    ]


def _first_folder(runs: Runs, net: str) -> Path:
    return next(iter(runs[net].values())).folder


def accuracies(seeds: Mapping[int, Finished]) -> dict[int, float]:
    return {seed: each.run.scores["valid_accuracy"] for seed, each in seeds.items()}


def last_accuracy(run: Finished) -> float:
    """Validation accuracy after the last step, whichever epoch was best."""
    return read_history(run.folder)[-1].valid_accuracy


def sweep_folders(
    sweeps: Path, runs: Runs, settings: NamesSettings
) -> dict[str, dict[float, Path]]:
    """Structure → learning rate, rising → the folder of its run in the sweep.

    sweeps: what `rnnlab.labs.names.sweep` wrote, by structure. Where the published regime trains
    the very same run, that is it.
    """
    return {
        net: {
            each.learning_rate: runs[net + AS_PUBLISHED][settings.sweep.seed].folder
            if settings.published_too(each)
            else sweeps / net / f"rate-{each.learning_rate:g}"
            for each in settings.swept(net)
        }
        for net in settings.nets
    }


def sweep_facts(
    folders: Mapping[float, Path], structure: str, settings: NamesSettings
) -> dict[str, Any]:
    """One net's sweep: what each rate reached, which was best, and whether by more than luck.

    `better_than_published`: the best rate's run against the published rate's, name by name;
    None if they are the same, or if either is not there.
    """
    rates = swept(folders)
    winner = best(rates)
    published = settings.net(structure + AS_PUBLISHED).learning_rate
    theirs = next((each for each in rates if each.learning_rate == published), None)
    test = None
    if winner and theirs and theirs.run and winner is not theirs:
        test = on_names(winner.folder, theirs.folder)._asdict()
    return {
        "published_rate": published,
        "best_rate": winner.learning_rate if winner else None,
        "rates": [
            {
                "learning_rate": each.learning_rate,
                "valid_accuracy": each.accuracy,
                "valid_loss": each.run.scores["valid_loss"] if each.run else None,
            }
            for each in rates
        ],
        "better_than_published": test,
    }


def confusion(runs: Iterable[Finished]) -> Counts:
    """(languages, languages) validation names, actual by predicted, summed over `runs`."""
    total: Counts | None = None
    for each in runs:
        predicted = read_predictions(each.folder)
        labels = range(len(each.run.settings["languages"]))
        matrix = confusion_matrix(predicted["label"], predicted["predicted"], labels=list(labels))
        total = matrix.astype(np.int64) if total is None else total + matrix
    if total is None:
        raise ValueError("no runs")
    return total


def paired(first: Mapping[int, float], second: Mapping[int, float]) -> Paired:
    """Compare two nets' accuracies, given by seed, over the seeds that both have."""
    seeds = sorted(set(first) & set(second))
    one, two = [first[seed] for seed in seeds], [second[seed] for seed in seeds]
    differences = np.array(one) - np.array(two)
    wins, decided = int((differences > 0).sum()), int((differences != 0).sum())
    interval = t = t_p = wilcoxon_p = None
    if len(seeds) > 1 and np.ptp(differences) > 0:
        test = stats.ttest_rel(one, two, alternative="greater")
        t, t_p = float(test.statistic), float(test.pvalue)
        both = stats.ttest_rel(one, two).confidence_interval(0.95)
        interval = (float(both.low), float(both.high))
    if decided > 1:
        signed_ranks = stats.wilcoxon(differences, alternative="greater", method="exact")
        wilcoxon_p = float(signed_ranks.pvalue)
    sign_p = float(stats.binomtest(wins, decided, alternative="greater").pvalue) if decided else 1.0
    return Paired(
        seeds, one, two, differences.tolist(), float(differences.mean()),
        interval, t, t_p, wins, sign_p, wilcoxon_p,
    )  # fmt: skip


def on_names(first: Path, second: Path) -> OnNames:
    """Compare the runs in two folders name by name."""
    right = []
    for folder in (first, second):
        predicted = read_predictions(folder)
        right.append(predicted["label"] == predicted["predicted"])
    only_first, only_second = int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())
    differing = only_first + only_second
    test = stats.binomtest(only_first, differing, alternative="greater") if differing else None
    return OnNames(only_first, only_second, float(test.pvalue) if test else 1.0)


def swept(folders: Mapping[float, Path]) -> list[Rate]:
    """The runs of one net's sweep, by rising learning rate.

    folders: as `sweep_folders` has them. Raises LabError if a run is missing.
    """
    rates = []
    for rate, folder in folders.items():
        run = None if (folder / "diverged.txt").exists() else read_run(folder)
        rates.append(Rate(rate, run, folder))
    return rates


def best(rates: Iterable[Rate]) -> Rate | None:
    """The rate of the highest validation accuracy; None if all diverged."""
    ended = [rate for rate in rates if rate.accuracy is not None]
    return max(ended, key=lambda rate: rate.accuracy or 0.0, default=None)
