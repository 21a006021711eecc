"""What `dvc metrics` and `dvc plots` show: small tables from metrics.json and the histories."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rnnlab.files import write_json, write_text
from rnnlab.runs.files import read_history

HEADLINES = {"sentiment": "test_accuracy", "names": "valid_accuracy", "poetry": "valid_nll"}
"""The score by which each lab's nets are compared."""

Rows = Iterator[dict[str, Any]]


def write(metrics: Path, models: Path, scores: Path, output: Path) -> None:
    """Write the file `scores`, and curves.csv, confusion.csv and grid.csv into `output`.

    metrics: the file metrics.json. models: the folder of all runs. Nothing here differs when a
    run is repeated: no times.
    """
    results = json.loads(metrics.read_text(encoding="utf-8"))
    write_json(scores, headlines(results))
    for name, rows in {
        "curves": curves(results, models),
        "confusion": confusion(results["facts"]),
        "grid": grid(results),
    }.items():
        write_text(output / f"{name}.csv", _csv(rows))


def headlines(results: Mapping[str, Any]) -> dict[str, Any]:
    """Lab → net → its headline score, the mean over seeds."""
    return {
        lab: {net: {score: row[score]["mean"]} for net, row in results[lab].items()}
        for lab, score in HEADLINES.items()
    }


def curves(results: Mapping[str, Any], models: Path) -> Rows:
    """A row an epoch of every run; losses in nats, accuracies as fractions."""
    for lab in HEADLINES:
        for net, row in results[lab].items():
            for seed in row["valid_loss"]["values"]:
                for epoch in read_history(models / lab / net / f"seed-{seed}"):
                    yield {
                        "lab": lab,
                        "net": net,
                        "seed": seed,
                        "epoch": epoch.epoch,
                        "train_loss": epoch.train_loss,
                        "valid_loss": epoch.valid_loss,
                        "train_accuracy": epoch.train_accuracy,
                        "valid_accuracy": epoch.valid_accuracy,
                    }


def confusion(facts: Mapping[str, Any]) -> Rows:
    """A row a field of every net's confusion matrix, its seeds added up.

    share: of the items of the actual class.
    """
    classes = {"sentiment": ["negative", "positive"], "names": facts["names"]["languages"]}
    for lab, labels in classes.items():
        for net, matrix in facts[lab]["confusion"].items():
            for actual, row in zip(labels, matrix, strict=True):
                for predicted, items in zip(labels, row, strict=True):
                    yield {
                        "lab": lab,
                        "net": net,
                        "actual": actual,
                        "predicted": predicted,
                        "items": items,
                        "share": items / max(sum(row), 1),
                    }


def grid(results: Mapping[str, Any]) -> Rows:
    """A row a run of the sentiment grid: its test accuracy in percent."""
    shapes = results["facts"]["sentiment"]["shapes"]
    for net, row in results["sentiment"].items():
        form = shapes[net]
        for seed, accuracy in row["test_accuracy"]["values"].items():
            yield {
                "net": net,
                "cell": form["cell"],
                "shape": net.removeprefix(f"{form['cell']}-"),
                "seed": seed,
                "test_accuracy": 100 * accuracy,
            }


def _csv(rows: Rows) -> str:
    text = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(text, list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow(row)
    return text.getvalue()
