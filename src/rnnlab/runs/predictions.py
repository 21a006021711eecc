"""What a run predicted of each item of its test."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from rnnlab.files import reading
from rnnlab.runs.files import PREDICTIONS, written


class Predictions(NamedTuple):
    """What a net said of each item of a test, sorted by id; arrays of one length."""

    id: NDArray[np.str_]
    label: NDArray[np.int64]
    predicted: NDArray[np.int64]
    """Classes by number, as labels are."""
    probability: NDArray[np.float64] | None
    """Of two classes, that of the second; None of more."""

    @property
    def right(self) -> NDArray[np.bool_]:
        correct: NDArray[np.bool_] = self.predicted == self.label
        return correct

    def confusion(self, classes: int) -> NDArray[np.int64]:
        """(classes, classes): how many items, actual by predicted."""
        counts: NDArray[np.int64] = np.zeros((classes, classes), dtype=np.int64)
        np.add.at(counts, (self.label, self.predicted), 1)
        return counts


def read_predictions(folder: Path) -> Predictions:
    """Of two classes, a run keeps the probability of the second alone.

    Raises LabError if the file is missing or was changed.
    """
    path = written(folder, PREDICTIONS)
    with reading(path):
        table = pq.read_table(path)
    columns = {name: table[name].to_numpy() for name in table.column_names}
    label = columns["label"].astype(int)
    if "predicted" in columns:
        return Predictions(columns["id"], label, columns["predicted"].astype(int), None)
    share = columns["probability"]
    return Predictions(columns["id"], label, (share > 0.5).astype(int), share)
