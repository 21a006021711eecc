"""The lab's facts, from its runs and data."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rnnlab.files import read_json
from rnnlab.labs.sentiment import data
from rnnlab.labs.sentiment.facts import LENGTH_EDGES, Facts, LengthBand
from rnnlab.labs.sentiment.settings import SentimentSettings, Shape
from rnnlab.runs.catalogue import Finished, Runs, Seeds, first
from rnnlab.runs.predictions import read_predictions


def gather(runs: Mapping[str, Runs], places: Mapping[str, Path], params: Any) -> Facts:
    """What the report says of the lab beyond its scores.

    places: `features`, the folder that the embed stage wrote.
    """
    settings: SentimentSettings = params.sentiment
    nets, features = runs["sentiment"]["ours"], places["features"]
    corpus = data.read(features)
    tested = corpus.rows("test")
    lengths = dict(zip(corpus.id[tested].tolist(), corpus.lengths(tested).tolist(), strict=True))
    return Facts(
        parts={part: len(corpus.rows(part)) for part in ("train", "valid", "test")},
        training=settings.training,
        structures={net: first(seeds).run.structure for net, seeds in nets.items()},
        best_epochs={
            net: [each.run.best_epoch for each in seeds.values()] for net, seeds in nets.items()
        },
        confusion={"ours": {net: confusion(seeds) for net, seeds in nets.items()}},
        bands={
            net: by_length(seeds.values(), lengths, LENGTH_EDGES)
            for net, seeds in nets.items()
            if Shape.of(net).layers == Shape.of(net).directions == 1
        },
        coverage=read_json(features / data.COVERAGE),
    )


def confusion(seeds: Seeds) -> list[list[int]]:
    """(2, 2) test reviews, actual by predicted, negative first; summed over a net's runs."""
    counts = sum(read_predictions(each.folder).confusion(2) for each in seeds.values())
    rows: list[list[int]] = np.asarray(counts).tolist()
    return rows


def by_length(
    runs: Iterable[Finished], lengths: dict[str, int], edges: Iterable[int]
) -> list[LengthBand]:
    """Accuracy in bands of review length, over the reviews of all `runs` together.

    lengths: tokens of each test review. edges: where the bands begin, ascending.
    """
    starts = list(edges)
    right = np.zeros(len(starts))
    number = np.zeros(len(starts), dtype=np.int64)
    folders = [each.folder for each in runs]
    for folder in folders:
        found = read_predictions(folder)
        band = np.digitize([lengths[review] for review in found.id], starts) - 1
        number += np.bincount(band, minlength=len(starts))
        right += np.bincount(band, weights=found.right, minlength=len(starts))
    rows = zip(starts, [*starts[1:], None], number.tolist(), right.tolist(), strict=True)
    return [_band(start, end, n, hits / n, len(folders)) for start, end, n, hits in rows if n]


def _band(start: int, end: int | None, number: int, accuracy: float, seeds: int) -> LengthBand:
    reviews = number // seeds
    error = float(np.sqrt(accuracy * (1 - accuracy) / reviews))
    return LengthBand(start=start, end=end, reviews=reviews, accuracy=accuracy, error=error)
