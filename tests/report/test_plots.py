"""The tables that DVC's metrics and plots are drawn from."""

import csv
import errno
import json
import os

import pytest

from made import least, net, results
from rnnlab.errors import LabError
from rnnlab.labs import part
from rnnlab.report import plots
from rnnlab.report.results import write


@pytest.fixture
def tables(tmp_path):
    """What `plots.write` makes of a metrics.json with a net or two of each lab."""
    nets = {
        "sentiment": {"published": {"gru-2-1-100d": net(test_accuracy={1: 0.25, 2: 0.75})}},
        "names": {
            "ours": {"lstm": net(valid_accuracy={1: 0.9}, test_accuracy={1: 0.5})},
            "published": {"lstm": net(valid_accuracy={1: 0.4})},
        },
        "poetry": {"ours": {"rnn": net(perplexity_hanzi={1: 5.5}, train_seconds={1: 3.0})}},
    }
    matrices = {
        "sentiment": {"published": {"gru-2-1-100d": [[3, 1], [0, 0]]}},
        "names": {"ours": {"lstm": [[2, 2], [1, 3]]}},
    }
    facts = {
        lab: least(part(lab, "facts").Facts).model_copy(update={"confusion": each})
        for lab, each in matrices.items()
    }
    counts, (language,) = facts["names"].counts, facts["names"].counts.languages.values()
    languages = {"Thai": language, "Czech": language}
    facts["names"].counts = counts.model_copy(update={"languages": languages})
    write(tmp_path / "metrics.json", results(nets, {}, **facts))
    plots.write(tmp_path / "metrics.json", tmp_path / "scores.json", tmp_path / "plots")
    return tmp_path


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_net_has_its_lab_s_headline_score_and_no_other(tables):
    assert json.loads((tables / "scores.json").read_text("utf-8")) == {
        "sentiment": {"published": {"gru-2-1-100d": {"test_accuracy": 0.5}}},
        "names": {
            "ours": {"lstm": {"test_accuracy": 0.5}},
            "published": {"lstm": {"valid_accuracy": 0.4}},
        },
        "poetry": {"ours": {"rnn": {"perplexity_hanzi": 5.5}}},
    }


def test_confusion_is_in_shares_of_the_actual_class(tables):
    confusion = table(tables / "plots/confusion.csv")
    assert {(row["lab"], row["regime"]) for row in confusion} == {
        ("sentiment", "published"),
        ("names", "ours"),
    }
    shares = {(row["net"], row["actual"], row["predicted"]): row["share"] for row in confusion}
    assert shares["gru-2-1-100d", "negative", "positive"] == "0.25"
    assert shares["gru-2-1-100d", "positive", "positive"] == "0.0"  # no positive one at all
    assert shares["lstm", "Thai", "Thai"] == "0.75"


def test_the_grid_has_a_row_a_run(tables):
    grid = table(tables / "plots/grid.csv")
    assert [(row["cell"], row["shape"], row["seed"], row["test_accuracy"]) for row in grid] == [
        ("gru", "2-1-100d", "1", "25.0"),
        ("gru", "2-1-100d", "2", "75.0"),
    ]


def test_a_full_disk_leaves_the_tables_of_before(tables, monkeypatch):
    before = {path.name: path.read_bytes() for path in (tables / "plots").iterdir()}
    synced = []

    def full(file: int) -> None:
        synced.append(file)
        if len(synced) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(LabError, match=r"the disk is full: .*grid\.csv"):
        plots.write(tables / "metrics.json", tables / "scores.json", tables / "plots")
    assert {path.name: path.read_bytes() for path in (tables / "plots").iterdir()} == before
