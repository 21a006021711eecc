"""The audit log grows, and nothing else."""

import pytest

from repository import committed
from rnnlab.errors import LabError
from rnnlab.provenance.audit_log import Row, add

ROW = Row("2026-11-25", "abc", "Linux x86_64, cpu AVX512 bf16", "train@1", "same bits")
HEAD = "date,commit,machine,what,verdict\n"
LINE = '2026-11-25,abc,"Linux x86_64, cpu AVX512 bf16",train@1,same bits\n'


def test_rows_are_added_below_those_that_are_there(tmp_path):
    path = tmp_path / "audits.csv"
    add(path, [ROW])
    add(path, [ROW, ROW])
    assert path.read_text(encoding="utf-8") == HEAD + 3 * LINE


def test_a_committed_row_that_is_gone_is_told(tmp_path):
    path = tmp_path / "audits.csv"
    add(path, [ROW])
    committed(tmp_path)
    add(path, [ROW])
    path.write_text(HEAD, encoding="utf-8")
    with pytest.raises(LabError, match=r"lacks rows that are committed"):
        add(path, [ROW])
    assert path.read_text(encoding="utf-8") == HEAD
