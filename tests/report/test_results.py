"""metrics.json is read as it was written; what is wrong with it is one sentence."""

import json
import re

import pytest

from made import least, net, results
from rnnlab.claims.ledger import Claim
from rnnlab.errors import LabError
from rnnlab.report import assemble
from rnnlab.report.results import read, write
from rnnlab.runs.history import write_curves

RUN = {1: 0.1 + 0.2, 2: 1 / 3}
OLD = {
    "sentiment": {
        "lstm-1-1-100d": {
            "test_accuracy": {"mean": 0.5, "std": None, "n": 1, "values": {"1": 0.5}},
            "parameters": 3,
        }
    },
    "names": {},
    "poetry": {},
    "claims": {"K1": {"verdict": "reproduced", "evidence": "4 of 4 shapes", "parts": []}},
    "facts": {},
}
"""As of a time when a lab's nets were not told apart by regime, and claims held sentences."""


@pytest.fixture
def whole(tmp_path):
    """A file with something in every field, and what it was written from."""
    nets = {"sentiment": {"ours": {"lstm-1-1-100d": net(test_accuracy=RUN, test_loss=RUN)}}}
    found = results(nets, {"K1": least(Claim)})
    write(tmp_path / "metrics.json", found)
    return tmp_path / "metrics.json", found


def test_what_is_read_is_what_was_written(whole):
    path, found = whole
    assert read(path) == found
    before = path.read_bytes()
    write(path, read(path))
    assert path.read_bytes() == before


def test_a_number_stands_at_lab_regime_net_metric(whole):
    content = json.loads(whole[0].read_text("utf-8"))
    spread = content["sentiment"]["ours"]["lstm-1-1-100d"]["test_accuracy"]
    assert spread["values"] == {"1": 0.1 + 0.2, "2": 1 / 3}
    assert content["sentiment"]["ours"]["lstm-1-1-100d"]["runs"] == {"1": "train@1", "2": "train@2"}


def test_a_run_whose_history_is_missing_is_told_before_anything_is_drawn(whole, tmp_path):
    metrics, _ = whole
    curves, output = tmp_path / "curves.csv", tmp_path / "drawn"
    write_curves(curves, {})
    said = r"curves\.csv lacks the run .*lstm-1-1-100d.*; run `dvc repro -f evaluate`\.$"
    with pytest.raises(LabError, match=said):
        assemble.build(metrics, curves, tmp_path / "nets", tmp_path / "pipeline.mmd", output)
    assert not output.exists()


def fails(path, *words: str) -> None:
    with pytest.raises(LabError) as trouble:
        read(path)
    said = str(trouble.value)
    assert said.startswith(str(path))
    assert "run `dvc repro" in said
    assert "\n" not in said
    assert all(word in said for word in words), said


def place(content: dict, keys: list[str]) -> dict:
    for key in keys:
        content = content[key]
    return content


@pytest.mark.parametrize(
    "field",
    [
        "poetry",
        "claims",
        "facts",
        "facts.data",
        "facts.names",
        "claims.K1.verdict",
        "facts.explain.gradients.reviews",
        "sentiment.ours.lstm-1-1-100d.parameters",
        "sentiment.ours.lstm-1-1-100d.test_loss.std",
    ],
)
def test_a_field_that_is_missing_is_named(whole, field):
    path, _ = whole
    content = json.loads(path.read_text("utf-8"))
    *keys, last = field.split(".")
    del place(content, keys)[last]
    path.write_text(json.dumps(content), encoding="utf-8")
    fails(path, field, "field required", "other code")


@pytest.mark.parametrize(
    "field",
    [
        "vision",
        "facts.weather",
        "claims.K1.evidence",
        "facts.sentiment.shapes",
        "sentiment.ours.lstm-1-1-100d.test_loss.median",
    ],
)
def test_a_field_that_is_too_much_is_named(whole, field):
    path, _ = whole
    content = json.loads(path.read_text("utf-8"))
    *keys, last = field.split(".")
    place(content, keys)[last] = 1
    path.write_text(json.dumps(content), encoding="utf-8")
    fails(path, field, "extra inputs are not permitted")


def test_a_value_of_the_wrong_kind_is_named(whole):
    path, _ = whole
    text = path.read_text("utf-8").replace(f"{0.1 + 0.2!r}", '"many"')
    path.write_text(text, encoding="utf-8")
    fails(path, "sentiment.ours.lstm-1-1-100d.test_accuracy.values.1", "valid number")


def test_a_file_of_older_code_is_told(tmp_path):
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps(OLD), encoding="utf-8")
    fails(path, "sentiment.lstm-1-1-100d", "other code")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"{", "not valid JSON"),
        (b"", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[1, 2]", "all of it"),
        (b"{} {}", "not valid JSON"),
    ],
)
def test_a_broken_file_is_told(tmp_path, content, word):
    path = tmp_path / "metrics.json"
    path.write_bytes(content)
    fails(path, word)


def test_a_file_that_is_missing_is_told(tmp_path):
    fails(tmp_path / "metrics.json", "is missing")


def test_no_number_is_written_that_json_has_not(whole):
    path, found = whole
    before = path.read_bytes()
    found.nets["sentiment"]["ours"]["lstm-1-1-100d"]["test_loss"].mean = float("nan")
    with pytest.raises(ValueError, match=re.escape("Out of range float values")):
        write(path, found)
    assert path.read_bytes() == before
