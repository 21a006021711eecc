"""The command line's mistakes are one sentence, exit code 1, no traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


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
    listed = rnnlab(ROOT, "--help").stdout
    commands = ["settings", "workspace", "repro", "declare", "check", "expect", "compose"]
    for command in [*commands, "classify-name"]:
        assert command in listed
        assert "Example: rnnlab" in rnnlab(ROOT, command, "--help").stdout
