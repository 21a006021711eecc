"""The lab's facts, from its runs and data."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rnnlab.files import read_as
from rnnlab.labs.sentiment import data
from rnnlab.labs.sentiment.facts import (
    LENGTH_EDGES,
    Calibration,
    Coverage,
    Ensemble,
    Facts,
    LengthBand,
    Mistakes,
    Stopping,
)
from rnnlab.labs.sentiment.measures import scores
from rnnlab.labs.sentiment.settings import OURS, SentimentSettings, Shape, Training
from rnnlab.runs.catalogue import Runs, Seeds, first, of_nets
from rnnlab.runs.files import read_history
from rnnlab.runs.predictions import read_predictions

CALIBRATED = (1, 1, 100)
"""Layers, directions and dimension of the published nets whose calibration is looked at."""
BINS = 10
"""Of equal width, from 0 to 1."""
FEWEST = 10
"""Reviews of a bin that is shown."""


def gather(runs: Mapping[str, Runs], places: Mapping[str, Path], params: Any) -> Facts:
    """What the report says of the lab beyond its scores.

    places: `features`, the folder that the embed stage wrote, and `mistakes`, the file of the stage
    mistakes. Raises LabError if one is missing or broken.
    """
    settings: SentimentSettings = params.sentiment
    regimes, features = runs["sentiment"], places["features"]
    corpus = data.read(features)
    tested = corpus.rows("test")
    lengths = dict(zip(corpus.id[tested].tolist(), corpus.lengths(tested).tolist(), strict=True))
    return Facts(
        parts={part: len(corpus.rows(part)) for part in ("train", "valid", "test")},
        training={"published": settings.published.training, "ours": settings.ours.training},
        vocabulary=settings.vocabulary,
        structures=of_nets(regimes, lambda seeds: first(seeds).run.structure),
        best_epochs=of_nets(
            regimes, lambda seeds: [each.run.best_epoch for each in seeds.values()]
        ),
        stopping=stopping(regimes["published"], settings.published.training),
        confusion=of_nets(regimes, confusion),
        ensembles={
            net: ensemble(seeds) for net, seeds in regimes["ours"].items() if len(seeds) > 1
        },
        bands={
            net: by_length(seeds, lengths)
            for net, seeds in regimes["published"].items()
            if Shape.of(net)[1:3] == (1, 1)
        },
        calibration={
            f"{net}{OURS * (regime == 'ours')}": calibration(seeds)
            for regime, nets in regimes.items()
            for net, seeds in nets.items()
            if regime == "ours" or Shape.of(net)[1:] == CALIBRATED
        },
        mistakes=read_as(places["mistakes"], Mistakes),
        coverage=read_as(features / data.COVERAGE, dict[str, Coverage]),
    )


def stopping(nets: Mapping[str, Seeds], training: Training) -> dict[str, Stopping]:
    """How the runs of each cell ended; training: what all nets share, whose patience is tried."""
    found: dict[str, Stopping] = {}
    for net, seeds in nets.items():
        told = found.setdefault(Shape.of(net).cell, Stopping(runs=0, ended=0, whole=0, moved=0))
        for each in seeds.values():
            losses = [epoch.valid_loss for epoch in read_history(each.folder)]
            whole = each.run.settings["patience"] is None
            told.runs += 1
            told.ended += len(losses) < each.run.settings["epochs"]
            told.whole += whole
            told.moved += whole and kept(losses, training.patience) != each.run.best_epoch
    return found


def kept(losses: Sequence[float], patience: int | None) -> int:
    """The epoch, from 1, that a training with these validation losses and `patience` would keep."""
    best = 0
    for epoch, loss in enumerate(losses):
        if patience and epoch > best + patience:
            break
        if loss < losses[best]:
            best = epoch
    return best + 1


def confusion(runs: Seeds) -> list[list[int]]:
    """(2, 2) test reviews, actual by predicted, of all `runs` together."""
    found = [read_predictions(each.folder).confusion(2) for each in runs.values()]
    counts: list[list[int]] = np.sum(found, axis=0).tolist()
    return counts


def ensemble(runs: Seeds) -> Ensemble:
    """What `runs` of one net get together on the test reviews."""
    found = [read_predictions(each.folder) for each in runs.values()]
    given = [each.probability for each in found if each.probability is not None]
    tested = scores(found[0].label, np.mean(given, axis=0))
    return Ensemble(test_accuracy=tested["accuracy"], test_loss=tested["loss"])


def by_length(runs: Seeds, tokens: Mapping[str, int]) -> list[LengthBand]:
    """Accuracy in bands of review length, over the reviews of all `runs` together.

    tokens: how many each test review has.
    """
    found = [read_predictions(each.folder) for each in runs.values()]
    right = np.concatenate([each.right for each in found])
    lengths = np.array([tokens[review] for each in found for review in each.id])
    bands = []
    for start, end in zip(LENGTH_EDGES, [*LENGTH_EDGES[1:], None], strict=True):
        inside = right[(lengths >= start) & (lengths < (end or np.inf))]
        if reviews := len(inside) // len(found):
            hits = float(inside.mean())
            error = float(np.sqrt(hits * (1 - hits) / reviews))
            band = LengthBand(start=start, end=end, reviews=reviews, accuracy=hits, error=error)
            bands.append(band)
    return bands


def calibration(runs: Seeds) -> list[Calibration]:
    """How often the reviews that all `runs` together give about some probability are positive."""
    found = [read_predictions(each.folder) for each in runs.values()]
    said = np.concatenate([each.probability for each in found if each.probability is not None])
    label = np.concatenate([each.label for each in found])
    bins = np.minimum((BINS * said).astype(int), BINS - 1)
    rows = []
    for each in range(BINS):
        inside = bins == each
        if (reviews := int(inside.sum()) // len(found)) >= FEWEST:
            share = float(label[inside].mean())
            error = float(np.sqrt(share * (1 - share) / reviews))
            mean = float(said[inside].mean())
            rows.append(Calibration(said=mean, positive=share, error=error, reviews=reviews))
    return rows
