"""What reaches a terminal: no passwords, no control characters."""

import pytest

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
