"""What reaches a terminal: no passwords, no control characters."""

import sys

import pytest
import typer

from rnnlab.errors import LabError, guarded, plain


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("at http://user:sEcReT@host:5000/x?y", "at http://…@host:5000/x?y"),
        ("postgresql+psycopg2://u:p@ss@db/x", "postgresql+psycopg2://…@db/x"),
        ("sqlite:///mlflow.db and a@b.org", "sqlite:///mlflow.db and a@b.org"),
        ("\x1b[31mred\x1b]0;title\x07 \x9b2J", "[31mred]0;title 2J"),
        ("古诗, 50 %", "古诗, 50 %"),
    ],
)
def test_a_message_is_made_plain(told, shown):
    assert plain(told) == shown


def test_trouble_is_told_plainly():
    def fail():
        raise LabError("no store at http://me:secret@host\x1b[2J")

    with pytest.raises(SystemExit) as ended:
        guarded(fail)
    assert str(ended.value) == "error: no store at http://…@host[2J"


def test_ctrl_c_ends_a_command_in_a_sentence(monkeypatch):
    def command():
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "argv", ["rnnlab"])
    with pytest.raises(SystemExit) as ended:
        guarded(lambda: typer.run(command))
    assert ended.value.code == "interrupted; run again to go on from what is finished."


def test_a_command_ends_with_its_own_code(monkeypatch):
    def command():
        raise typer.Exit(2)

    monkeypatch.setattr(sys, "argv", ["rnnlab"])
    with pytest.raises(SystemExit) as ended:
        guarded(lambda: typer.run(command))
    assert ended.value.code == 2
