"""The command line's mistakes are one sentence, exit code 1, no traceback."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rnnlab.cli import app


def rnnlab(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = "from rnnlab.cli import main; main()"
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["settings"], "params.yaml is missing"),
        (["workspace", "huge"], "there is no size 'huge'"),
        (["repro", "--folder", "nowhere"], "params.yaml is missing"),
        (["classify-name", "Satoshi"], "holds no run of 'lstm'"),
        (["runs"], "models holds no run"),
        (["predict", "Fine."], "models/sentiment holds no run"),
        (["predict", "Fine.", "--net", "gru"], "holds no run of 'gru'"),
        (["predict", ""], "no review is given"),
        (["predict", "--file", "reviews.txt"], "reviews.txt"),
        (["compose", "--start", "日", "--cell", "gru"], "holds no run of 'gru'"),
        (["compose", "--start", "日", "--temperature", "-1"], "temperature must be 0 or more"),
    ],
)
def test_one_sentence_says_what_is_wrong(tmp_path, arguments, sentence):
    (tmp_path / "sizes").mkdir()
    result = rnnlab(tmp_path, *arguments)
    assert result.returncode == 1
    assert sentence in result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1


def test_every_command_shows_an_example():
    listed = CliRunner().invoke(app, "--help").output
    commands = re.findall(r"^│ ([a-z-]+) ", listed.split("Commands")[1], re.MULTILINE)
    assert {"repro", "runs", "predict", "classify-name", "compose"} <= set(commands)
    for command in commands:
        assert "Example: rnnlab" in CliRunner().invoke(app, [command, "--help"]).output
