"""A workspace is whole after `rnnlab workspace`, whatever an earlier call left."""

import subprocess
import sys

import pytest

from rnnlab.pipeline.workspace import CACHE, prepare


@pytest.mark.parametrize("left", ["nothing", "an empty folder", "a DVC project without its cache"])
def test_one_that_was_left_half_made_is_finished(tmp_path, left):
    (tmp_path / "sizes").mkdir()
    (tmp_path / "sizes/small.yaml").write_text("download: {retries: 0}\n", encoding="utf-8")
    (tmp_path / "dvc.yaml").write_text("stages: {}\n", encoding="utf-8")
    settings = "download: {mirrors: [], retries: 3}\n"
    (tmp_path / "params.yaml").write_text(settings, encoding="utf-8")
    workspace = tmp_path / "workspaces/small"
    if left != "nothing":
        (workspace / ".dvc").mkdir(parents=True)
    if left.startswith("a DVC"):
        init = [sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet", "--force"]
        subprocess.run(init, cwd=workspace, check=True)
    assert prepare(tmp_path, "small") == workspace
    assert CACHE in (workspace / ".dvc/config").read_text(encoding="utf-8")
    assert (workspace / ".dvc/plots").is_symlink()
