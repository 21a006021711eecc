"""What has been trained: the runs on disk, those of a plan or all."""

import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from rnnlab.errors import LabError
from rnnlab.runs.files import RUN, Run, Timing, kept_weights, read_run, read_timing
from rnnlab.runs.history import Trained
from rnnlab.runs.scores import NetScores, Regimes, higher_is_better, spread
from rnnlab.settings.training import Planned

T = TypeVar("T")

LEFT_OUT = (
    *("padding", "test_nll_hanzi", "test_nll_upper", "test_nll_error", "test_nll_hanzi_error"),
    *("test_unknown", "perplexity", "logged_loss"),
)
"""Scores that qualify others: not in the tables, which are wide enough."""


class Finished(NamedTuple):
    """A run on disk."""

    run: Run
    timing: Timing
    folder: Path
    stage: str = ""
    """Which stage made it, if that is known."""


Seeds = dict[int, Finished]
"""One net's runs by seed."""
Runs = dict[str, dict[str, Seeds]]
"""A lab's runs: regime → net → seed."""


def collect(models: Path, timings: Path, planned: Iterable[Planned]) -> Runs:
    """Read the `planned` runs of one lab from its folders below models/ and timings/.

    Raises LabError, naming the file, if one is not there.
    """
    found: Runs = {}
    for each in planned:
        folder = models / each.folder
        timing = read_timing(timings / f"{each.folder}.json")
        seeds = found.setdefault(each.regime, {}).setdefault(each.net, {})
        seeds[each.seed] = Finished(read_run(folder), timing, folder, each.stage)
    return found


def first(seeds: Seeds) -> Finished:
    """A net's run with its first seed."""
    return next(iter(seeds.values()))


def of_nets(runs: Runs, fact: Callable[[Seeds], T]) -> dict[str, dict[str, T]]:
    """Regime → net → the `fact` of the net's runs."""
    return {
        regime: {net: fact(seeds) for net, seeds in nets.items()} for regime, nets in runs.items()
    }


def summaries(runs: Runs) -> Regimes:
    """Each score of each net's runs, and their times, over seeds."""
    return of_nets(runs, _net)


def _net(seeds: Seeds) -> NetScores:
    """All scores are those of the runs, but for the last two."""
    spreads: dict[str, Any] = {
        name: spread({seed: each.run.scores[name] for seed, each in seeds.items()})
        for name in first(seeds).run.scores
    }
    for name, time in (("train_seconds", "seconds"), ("tokens_per_second", "tokens_per_second")):
        spreads[name] = spread({seed: getattr(each.timing, time) for seed, each in seeds.items()})
    runs = {seed: each.stage for seed, each in seeds.items()}
    return NetScores(parameters=first(seeds).run.parameters, runs=runs, **spreads)


def best(models: Path, score: str, seed: int | None = None) -> Path | None:
    """Of the runs in `models`/net/seed-… that kept their weights, the folder of the one with the
    best `score`.

    The first of equals; with `seed`, among the runs with it; None if there is none.
    """
    found = sorted(models.glob(f"*/seed-{'*' if seed is None else seed}/{RUN}"))
    runs = {path.parent: read_run(path.parent) for path in found}
    sign = 1 if higher_is_better(score) else -1
    usable = (folder for folder, run in runs.items() if kept_weights(run))
    return max(usable, key=lambda each: sign * runs[each].scores[score], default=None)


def every(labs: Mapping[str, Runs]) -> dict[Trained, Finished]:
    """All runs of all labs, in one row."""
    return {
        Trained(lab, regime, net, seed): each
        for lab, regimes in labs.items()
        for regime, nets in regimes.items()
        for net, seeds in nets.items()
        for seed, each in seeds.items()
    }


def read(models: Path, timings: Path, lab: str | None = None) -> dict[str, list[Finished]]:
    """The runs below the folder `models` (of `lab`, if given) by lab, in the order of their names.

    A sweep is a lab of its own here. Raises LabError if there is no run.
    """
    found: dict[str, list[Finished]] = {}
    for path in sorted(models.glob(f"*/**/{RUN}")):
        name = path.parent.relative_to(models).parts[0]
        if lab in (None, name):
            found.setdefault(name, []).append(finished(path.parent, models, timings))
    if not found:
        raise LabError(f"{models / lab if lab else models} holds no run; run `dvc repro` first.")
    return found


def finished(folder: Path, models: Path, timings: Path) -> Finished:
    """The run in a folder below `models`; if its times are not there, it took NaN seconds."""
    name = folder.relative_to(models)
    path = timings / name.with_name(f"{name.name}.json")
    unknown = Timing(seconds=math.nan, tokens_per_second=math.nan, epochs=[])
    return Finished(read_run(folder), read_timing(path) if path.exists() else unknown, folder)


def plain(found: dict[str, list[Finished]]) -> list[dict[str, Any]]:
    """Every run as plain values; times that are not known are None."""
    facts = ("net", "seed", "best_epoch", "parameters", "scores")
    times = ("seconds", "tokens_per_second")
    return [
        {
            "lab": lab,
            **{key: getattr(each.run, key) for key in facts},
            **{key: _known(getattr(each.timing, key)) for key in times},
            "folder": each.folder.as_posix(),
        }
        for lab, runs in found.items()
        for each in runs
    ]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def row(each: Finished) -> dict[str, str]:
    """The run as a row of a table, as people read numbers; headings are narrow."""
    run, timing = each.run, each.timing
    timed = _known(timing.seconds) is not None
    scores = {
        name.replace("_", "\n"): f"{value:.2%}" if "accuracy" in name else f"{value:.4f}"
        for name, value in run.scores.items()
        if name not in LEFT_OUT
    }
    return {
        **{"net": run.net, "seed": str(run.seed), **scores, "best\nepoch": str(run.best_epoch)},
        "parameters": f"{run.parameters:,}",
        "time": f"{timing.seconds:,.0f} s" if timed else "–",
        "tokens/s": f"{timing.tokens_per_second:,.0f}" if timed else "–",
    }
