"""What a pull request did to the conclusions, from two commits of a small repository."""

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from repository import committed, git
from rnnlab import cli
from rnnlab.errors import LabError

LSTM, RNN = "sentiment/ours/lstm/test_accuracy", "sentiment/ours/rnn/test_accuracy"


def part(effect: float, verdict: str, unit: str = "accuracy") -> dict:
    interval = {"low": effect - 0.01, "high": effect + 0.01}
    return {"name": "1-1", "verdict": verdict, "unit": unit, "effect": effect, **interval}


def save(root: Path, claims: dict, lstm: float = 0.86, orderings: tuple = (f"{LSTM} > {RNN}",)):
    nets = {"lstm": {"test_accuracy": {"mean": lstm}}, "rnn": {"test_accuracy": {"mean": 0.8}}}
    metrics = {"sentiment": {"ours": nets}, "claims": claims}
    (root / "reports").mkdir(exist_ok=True)
    (root / "reports/metrics.json").write_text(json.dumps(metrics))
    (root / "reports/expected.yaml").write_text(yaml.safe_dump({"orderings": list(orderings)}))


def claim(verdict: str, *parts: dict) -> dict:
    return {"verdict": verdict, "parts": list(parts)}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The first commit: K1 reproduced, the LSTM ahead."""
    monkeypatch.chdir(tmp_path)
    save(tmp_path, {"K1": claim("reproduced", part(0.06, "reproduced"))})
    committed(tmp_path)
    return tmp_path


def said(base: str = "HEAD") -> str:
    return CliRunner().invoke(cli.app, ["conclusions", base], catch_exceptions=False).output


def test_nothing_changed_is_two_sentences(project):
    assert said().split("\n")[:3] == ["No verdict changed.", "", "No ordering changed."]


def test_a_verdict_that_turned_is_told_with_effect_and_interval(project):
    save(project, {"K1": claim("inconclusive", part(0.004, "inconclusive"))})
    assert "| K1 | reproduced | inconclusive |" in said()
    row = "| K1/1-1 | reproduced | inconclusive | +6 [+5, +7] | +0.4 [-0.6, +1.4] |"
    assert row in said()


def test_an_effect_that_left_its_interval_is_told_though_the_verdict_stays(project):
    save(project, {"K1": claim("reproduced", part(0.065, "reproduced"))})
    assert "K1" not in said()
    save(project, {"K1": claim("reproduced", part(0.1, "reproduced"))})
    assert "| K1/1-1 | +6 [+5, +7] | +10 [+9, +11] |" in said()


def test_orderings_that_turned_came_or_went_are_told(project):
    kept = {"K1": claim("reproduced", part(0.06, "reproduced"))}
    save(project, kept, lstm=0.79)
    assert f"| {LSTM} > {RNN} | holds, +0.06 | does not hold, -0.01 |" in said()
    save(project, kept, orderings=())
    assert f"| {LSTM} > {RNN} | holds, +0.06 | not asked for |" in said()


def test_a_commit_without_a_report_and_one_that_there_is_not(project):
    git(project, "rm", "--quiet", "-r", "--cached", "reports")
    git(project, "commit", "--quiet", "--message", "None")
    assert "| K1 | not there | reproduced |" in said()
    with pytest.raises(LabError, match="git knows no commit 'elsewhere'"):
        said("elsewhere")


def test_a_broken_report_is_one_sentence(project):
    (project / "reports/metrics.json").write_text("{")
    with pytest.raises(LabError, match="can't be read"):
        said()
