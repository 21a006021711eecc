"""The lab's facts, from its runs and what its stages wrote."""

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from rnnlab.files import read_as
from rnnlab.labs.poetry import data, log
from rnnlab.labs.poetry.data import COVERAGE
from rnnlab.labs.poetry.facts import LENGTH_EDGES, ArmRun, Arms, Difference, Facts, LengthBand
from rnnlab.labs.poetry.scores import error, read_poems
from rnnlab.labs.poetry.settings import FIRST, ArmTraining, PoetrySettings
from rnnlab.runs.catalogue import Finished, Runs, Seeds, first
from rnnlab.runs.files import read_history, read_steps
from rnnlab.runs.scores import Regimes

BLOCK = 10
"""Training steps that a point of an arm's curve is the mean of."""


def gather(runs: Mapping[str, Runs], places: Mapping[str, Path], params: Any) -> Facts:
    """What the report says of the lab beyond its scores.

    places: `cleaning`, `composed` and `output_layer`, the files that the stages prepare, compose
    and output-layer wrote, and `features`, the folder that the stage encode wrote. Raises
    LabError if a file is missing or broken.
    """
    settings: PoetrySettings = params.poetry
    files = {**places, "coverage": places["features"] / COVERAGE}
    written = ("cleaning", "coverage", "output_layer", "composed")
    fields: Mapping[str, Any] = Facts.model_fields
    regimes = runs["poetry"]
    nets = regimes["ours"].items()
    poems = data.read(places["features"])
    return Facts(
        training=settings.training,
        vocabulary=settings.vocabulary,
        compose=settings.compose,
        epochs={net: first(seeds).run.settings["epochs"] for net, seeds in nets},
        best_epochs={net: [each.run.best_epoch for each in seeds.values()] for net, seeds in nets},
        structures={net: first(seeds).run.structure for net, seeds in nets}
        | {FIRST: first(regimes["published"][FIRST]).run.structure},
        arms=arms(regimes, poems),
        lengths={
            net: by_length(first(seeds).folder)
            for nets in (regimes["ours"], regimes["published"])
            for net, seeds in nets.items()
        },
        differences=[
            difference(one, other, regimes["ours"])
            for one, other in combinations(regimes["ours"], 2)
        ],
        **{
            name: read_as(files[name], fields[name].annotation, seal=name != "output_layer")
            for name in written
        },
    )


def arms(regimes: Runs, poems: data.Poems) -> Arms:
    """How the trainings of the published net went."""
    train, valid, test = (log.read_by_it(poems, part) for part in ("train", "valid", "test"))
    found = {
        regime: {arm: _arm(first(seeds)) for arm, seeds in regimes[regime].items()}
        for regime in ("published", "again")
    }
    size = found["published"]["as-published"].training.batch
    return Arms(
        poems={"train": len(train), "valid": len(valid), "test": len(test)},
        batches=len(log.batches(train, size)),
        block=BLOCK,
        runs=found,
    )


def _arm(run: Finished) -> ArmRun:
    history, steps = read_history(run.folder), read_steps(run.folder)
    return ArmRun(
        training=ArmTraining.model_validate(run.run.settings),
        train=[epoch.train_loss for epoch in history],
        valid=[epoch.valid_loss for epoch in history],
        last=last_of(steps),
        curve=[blocks(epoch) for epoch in steps],
    )


def blocks(losses: list[float]) -> list[float]:
    """Means over `BLOCK` steps each; the last may be of fewer."""
    starts = range(0, len(losses), BLOCK)
    return [round(fmean(losses[start : start + BLOCK]), 4) for start in starts]


def last_of(steps: list[list[float]]) -> list[list[float]]:
    """Of each epoch, the batches that the published log shows."""
    return [epoch[-log.LAST :] for epoch in steps]


def last_batches(nets: Regimes, found: Facts) -> dict[str, dict[int, list[list[float]]]]:
    """Published net → its seed → by epoch, what its training lost on the batches of the log."""
    return {
        arm: {next(iter(nets["published"][arm].runs)): run.last}
        for arm, run in found.arms.runs["published"].items()
    }


def epochs(found: Facts) -> dict[str, int]:
    """How long each net was trained, by `<regime>/<net>`."""
    ours = {f"ours/{net}": each for net, each in found.epochs.items()}
    arms = {
        f"{regime}/{arm}": run.training.epochs
        for regime, runs in found.arms.runs.items()
        for arm, run in runs.items()
    }
    return ours | arms


def by_length(folder: Path) -> list[LengthBand]:
    """What poems of like length cost the net whose run lies in `folder`; no empty bands."""
    parts = {part: read_poems(folder, part) for part in ("train", "test")}
    bands = []
    for start, end in zip(LENGTH_EDGES, (*LENGTH_EDGES[1:], None), strict=True):
        inside = {
            part: (each.symbols >= start) & (each.symbols < (end or np.inf))
            for part, each in parts.items()
        }
        if all(each.any() for each in inside.values()):
            losses = {
                part: float(each.nats[inside[part]].sum() / each.symbols[inside[part]].sum())
                for part, each in parts.items()
            }
            poems = int(inside["test"].sum())
            bands.append(LengthBand(start=start, end=end, poems=poems, **losses))
    return bands


def difference(one: str, other: str, nets: Mapping[str, Seeds]) -> Difference:
    """How much more the net `one` loses than `other` on the test poems."""
    poems = {
        net: [read_poems(nets[net][seed].folder, "test") for seed in nets[one].keys() & nets[other]]
        for net in (one, other)
    }
    less = [np.mean([each.nats for each in poems[net]], 0) for net in (one, other)]
    apart = poems[one][0]._replace(nats=less[0] - less[1])
    nats, half = float(apart.nats.sum() / apart.symbols.sum()), 1.96 * error(apart)
    return Difference(one=one, other=other, nats=nats, low=nats - half, high=nats + half)
