"""The lab's facts, from its runs and data."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from rnnlab.files import read_sealed
from rnnlab.labs.sentiment import data
from rnnlab.labs.sentiment.facts import LENGTH_EDGES, Ensemble, Facts, LengthBand
from rnnlab.labs.sentiment.measures import scores
from rnnlab.labs.sentiment.settings import SentimentSettings, Shape
from rnnlab.runs.catalogue import Runs, Seeds, first
from rnnlab.runs.predictions import read_predictions

T = TypeVar("T")


def gather(runs: Mapping[str, Runs], places: Mapping[str, Path], params: Any) -> Facts:
    """What the report says of the lab beyond its scores.

    places: `features`, the folder that the embed stage wrote.
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
        structures=_of_each(regimes, lambda seeds: first(seeds).run.structure),
        best_epochs=_of_each(
            regimes, lambda seeds: [each.run.best_epoch for each in seeds.values()]
        ),
        confusion=_of_each(regimes, confusion),
        ensembles={
            net: ensemble(seeds) for net, seeds in regimes["ours"].items() if len(seeds) > 1
        },
        bands={
            net: by_length(seeds, lengths)
            for net, seeds in regimes["published"].items()
            if Shape.of(net)[1:3] == (1, 1)
        },
        coverage=read_sealed(features / data.COVERAGE),
    )


def _of_each(regimes: Runs, fact: Callable[[Seeds], T]) -> dict[str, dict[str, T]]:
    """The `fact` of each net: regime → net."""
    return {
        regime: {net: fact(seeds) for net, seeds in nets.items()}
        for regime, nets in regimes.items()
    }


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
