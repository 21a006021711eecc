"""The tables that DVC's metrics and plots are drawn from."""

import csv
import json

import pytest

from rnnlab.report import plots


def summary(*values):
    mean = sum(values) / len(values)
    return {"mean": mean, "std": None, "n": len(values),
            "values": {str(seed): value for seed, value in enumerate(values, 1)}}  # fmt: skip


@pytest.fixture
def results(tmp_path):
    """metrics.json with a net or two of each lab, and the histories of their runs."""
    shape = {"cell": "gru", "layers": 2, "directions": 1, "dimension": 100}
    labs = {
        "sentiment": {"gru-2-1-100d": {"test_accuracy": summary(0.25, 0.75)}},
        "names": {"lstm": {"valid_accuracy": summary(0.5)}},
        "poetry": {"rnn": {"valid_nll": summary(5.5)}},
    }
    facts = {
        "sentiment": {"shapes": {"gru-2-1-100d": shape},
                      "confusion": {"gru-2-1-100d": [[3, 1], [0, 0]]}},
        "names": {"languages": ["Czech", "Thai"], "confusion": {"lstm": [[2, 2], [1, 3]]}},
    }  # fmt: skip
    for lab, nets in labs.items():
        for net, row in nets.items():
            row["valid_loss"] = summary(*(1.0 for _ in next(iter(row.values()))["values"]))
            for seed in row["valid_loss"]["values"]:
                folder = tmp_path / "models" / lab / net / f"seed-{seed}"
                folder.mkdir(parents=True)
                (folder / "history.csv").write_text(
                    "epoch,train_loss,train_accuracy,valid_loss,valid_accuracy,"
                    f"gradient_norm,gradient_norm_max\n1,2,0.5,{seed},0.5,1,1\n2,1,0.5,0,0.5,1,1\n"
                )
    (tmp_path / "metrics.json").write_text(json.dumps({**labs, "claims": {}, "facts": facts}))
    return tmp_path


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_tables_say_what_the_runs_did(results):
    scores = results / "scores.json"
    plots.write(results / "metrics.json", results / "models", scores, results / "plots")
    assert json.loads(scores.read_text("utf-8")) == {
        "sentiment": {"gru-2-1-100d": {"test_accuracy": 0.5}},
        "names": {"lstm": {"valid_accuracy": 0.5}},
        "poetry": {"rnn": {"valid_nll": 5.5}},
    }
    curves = table(results / "plots/curves.csv")
    assert [(row["lab"], row["seed"], row["epoch"], row["valid_loss"]) for row in curves] == [
        ("sentiment", "1", "1", "1.0"),
        ("sentiment", "1", "2", "0.0"),
        ("sentiment", "2", "1", "2.0"),
        ("sentiment", "2", "2", "0.0"),
        ("names", "1", "1", "1.0"),
        ("names", "1", "2", "0.0"),
        ("poetry", "1", "1", "1.0"),
        ("poetry", "1", "2", "0.0"),
    ]
    confusion = table(results / "plots/confusion.csv")
    shares = {(row["net"], row["actual"], row["predicted"]): row["share"] for row in confusion}
    assert shares["gru-2-1-100d", "negative", "positive"] == "0.25"
    assert shares["gru-2-1-100d", "positive", "positive"] == "0.0"  # no positive one at all
    assert shares["lstm", "Thai", "Thai"] == "0.75"
    grid = table(results / "plots/grid.csv")
    assert [(row["cell"], row["shape"], row["test_accuracy"]) for row in grid] == [
        ("gru", "2-1-100d", "25.0"),
        ("gru", "2-1-100d", "75.0"),
    ]
