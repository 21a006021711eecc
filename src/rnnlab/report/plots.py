"""What `dvc metrics` and `dvc plots` show beside reports/curves.csv: small tables."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rnnlab.document.results import Results
from rnnlab.files import all_or_none, write_json
from rnnlab.labs import TRAINING, Lab
from rnnlab.report import results
from rnnlab.runs.history import write_rows
from rnnlab.runs.scores import Nets

Rows = Iterator[dict[str, Any]]
CONFUSION = "lab regime net actual predicted items share"
GRID = "net cell shape seed test_accuracy"


def write(metrics: Path, scores: Path, output: Path) -> None:
    """Write the file `scores`, and confusion.csv and grid.csv into the folder `output`.

    Nothing here differs when a run is repeated: no times.
    """
    found = results.read(metrics)
    with all_or_none(output) as part:
        write_rows(part / "confusion.csv", confusion(found))
        write_rows(part / "grid.csv", grid(found))
        write_json(scores, headlines(found))


def headlines(found: Results) -> dict[str, Any]:
    """Lab → regime → net → its headline score, the mean over seeds."""
    return {
        name: {
            regime: {net: {metric: row[metric].mean} for net, row in nets.items()}
            for regime, nets in found.nets[name].items()
            for metric in [headline(lab, nets)]
        }
        for name, lab in TRAINING.items()
    }


def headline(lab: Lab, nets: Nets) -> str:
    """The score by which `nets` of one regime are compared."""
    known = all(lab.headline in row.metrics for row in nets.values())
    return lab.headline if known else lab.chosen_by


def confusion(found: Results) -> Rows:
    """A row a field of every net's confusion matrix, its seeds added up.

    share: of the items of the actual class.
    """
    matrices = (
        (lab, facts.classes, regime, net, counts)
        for lab, facts in found.facts.items()
        for regime, nets in getattr(facts, "confusion", {}).items()
        for net, counts in nets.items()
    )
    for lab, classes, regime, net, counts in matrices:
        for actual, row in zip(classes, counts, strict=True):
            for predicted, items in zip(classes, row, strict=True):
                share = items / max(sum(row), 1)
                yield _row(CONFUSION, lab, regime, net, actual, predicted, items, share)


def grid(found: Results) -> Rows:
    """A row a run of the published sentiment grid: its test accuracy in percent."""
    for net, row in found.nets["sentiment"]["published"].items():
        cell, _, shape = net.partition("-")
        for seed, accuracy in row["test_accuracy"].values.items():
            yield _row(GRID, net, cell, shape, seed, 100 * accuracy)


def _row(names: str, *values: str | float) -> dict[str, Any]:
    return dict(zip(names.split(), values, strict=True))
