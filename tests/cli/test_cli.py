"""The command line's mistakes are one sentence, exit code 1, no traceback."""

import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from places import ROOT
from rnnlab.cli import app, main
from rnnlab.cli.nets import run_folder
from rnnlab.errors import LabError
from rnnlab.labs.params import read_all
from rnnlab.pipeline import engine


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["settings"], "params.yaml is missing"),
        (["workspace", "huge"], "there is no size 'huge'"),
        (["repro", "--folder", "nowhere"], "params.yaml is missing"),
        (["gc"], "holds no pipeline (no .dvc)"),
        (["classify-name", "Satoshi"], "holds no run of 'lstm'"),
        (["runs"], "models holds no run"),
        (["runs", "/names"], "/names holds no run"),
        (["runs", "a**"], "models/a** holds no run"),
        (["seeds"], "reports/metrics.json is missing"),
        (["html"], "reports/metrics.json is missing"),
        (["predict", "Fine."], "models/sentiment holds no run"),
        (["predict", "Fine.", "--net", "gru"], "holds no run of 'gru'"),
        (["predict", ""], "no review is given"),
        (["predict", "--file", "reviews.txt"], "reviews.txt"),
        (["compose", "--start", "日", "--cell", "gru"], "holds no run of 'gru'"),
        (["compose", "--start", "日", "--temperature", "-1"], "temperature must be 0 or more"),
    ],
)
def test_one_sentence_says_what_is_wrong(tmp_path, monkeypatch, capsys, arguments, sentence):
    (tmp_path / "sizes").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["rnnlab", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    # Python prints a text that it is told to end with, and ends with code 1.
    assert isinstance(end.value.code, str)
    assert sentence in end.value.code
    assert end.value.code.startswith("error: ")
    assert "\n" not in end.value.code
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_reviews_in_another_encoding_are_refused_by_the_name_of_their_file(tmp_path, encoding):
    path = tmp_path / "reviews.txt"
    path.write_text("Très bien.\n", encoding)
    for asked, name in ((["--file", str(path)], path), (["-"], "stdin")):
        told = CliRunner().invoke(app, ["predict", *asked], input=path.read_bytes())
        assert isinstance(told.exception, LabError)
        assert str(told.exception) == f"{name} is not UTF-8 text; save it as UTF-8."


@pytest.mark.parametrize("arguments", [["predict", "Fine."], ["compose", "--start", "日"]])
def test_nothing_else_is_said_by_a_process(tmp_path, arguments):
    """Neither a traceback nor what libraries say when they are imported."""
    code = "from rnnlab.cli import main; main()"
    command = [sys.executable, "-c", code, *arguments]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1


def test_the_version_is_that_of_the_package():
    answer = CliRunner().invoke(app, ["--version"])
    assert answer.output == f"rnnlab {metadata.version('rnnlab')}\n"


def test_every_command_shows_an_example():
    commands = [each.name or each.callback.__name__ for each in app.registered_commands]
    assert commands
    for command in (each.replace("_", "-") for each in commands):
        assert "Example: rnnlab" in CliRunner().invoke(app, [command, "--help"]).output


def test_repro_hands_on_what_it_is_asked_and_works_in_its_folder(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(engine, "reproduce", lambda *given: told.append((Path.cwd(), *given)))
    (tmp_path / "here").mkdir()
    shutil.copy(ROOT / "params.yaml", tmp_path / "here")
    monkeypatch.chdir(tmp_path)
    asked = "repro a b --force --jobs 2 --scheduler tcp://host:1 --tls tls --folder here"
    assert CliRunner().invoke(app, asked.split()).exit_code == 0
    takes = read_all(ROOT / "params.yaml").workers
    given = (2, "tcp://host:1", takes, tmp_path / "tls", ["a", "b"], True)
    assert told == [(tmp_path / "here", *given)]


def test_a_page_to_be_read_alone_is_told_where_the_files_are(monkeypatch):
    told = []
    monkeypatch.setattr("rnnlab.pipeline.lockfile.entries", lambda _: {})
    monkeypatch.setattr("rnnlab.report.html.write", lambda *given: told.append(given[3]) or [])
    for asked in ([], ["--files-at", "https://example.org/lab/"]):
        assert CliRunner().invoke(app, ["html", *asked]).exit_code == 0
    assert told == ["", "https://example.org/lab/"]


class Outcome:
    """Of a store that has all runs."""

    added, completed, known = 0, 0, 1


def test_results_that_are_outdated_cost_models_their_cards_alone(tmp_path, monkeypatch):
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports/metrics.json").write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("rnnlab.store.rebuild.rebuild", lambda *_: Outcome())
    monkeypatch.setattr("rnnlab.store.best.publish", lambda *told: [f"published with {told[2]}"])
    answer = CliRunner().invoke(app, ["track"])
    assert answer.exit_code == 0
    assert "published with None" in answer.output
    assert "models without cards: reports/metrics.json: " in answer.output


def test_empty_folders_are_no_nets(tmp_path):
    """As a `dvc pull` that failed leaves them."""
    (tmp_path / "gru/seed-1").mkdir(parents=True)
    with pytest.raises(LabError, match=r"holds no run of 'gru' \(nets there: none\)"):
        run_folder(tmp_path, "gru", None)
