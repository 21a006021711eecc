"""One way to write: whole or not there, and a full disk told with the file's name."""

import errno
import os
import resource
import subprocess
import sys

import pytest
from safetensors import SafetensorError

from rnnlab.errors import LabError
from rnnlab.files import (
    all_or_none,
    alone,
    only_file,
    read_as,
    read_sealed,
    replacing,
    write_json,
    write_sealed,
    write_text,
)


@pytest.mark.parametrize(
    "trouble",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
        SafetensorError("Error while serializing: IoError(No space left on device (os error 28))"),
    ],
)
def test_a_full_disk_is_one_sentence_and_leaves_what_was_there(tmp_path, trouble):
    path = tmp_path / "model.safetensors"
    write_text(path, "before")

    def fill() -> None:
        with replacing(path) as part:
            part.write_text("half of")
            raise trouble

    with pytest.raises(LabError, match=r"disk is full: .*model.safetensors .*\(7 bytes"):
        fill()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_other_trouble_is_not_taken_for_a_full_disk(tmp_path):
    with pytest.raises(ValueError, match="something else"), replacing(tmp_path / "a"):
        raise ValueError("something else")
    assert list(tmp_path.iterdir()) == []


def test_too_many_open_files_are_one_sentence_and_leave_what_was_there(tmp_path):
    path = tmp_path / "report.md"
    write_text(path, "before")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    held = []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, limits[1]))
        with pytest.raises(OSError, match="Too many open files"):
            held.extend(open(os.devnull) for _ in range(100))  # noqa: PTH123, SIM115
        while len(held) < 100:  # to the last one
            try:
                held.append(open(os.devnull))  # noqa: PTH123, SIM115
            except OSError:
                break
        with pytest.raises(LabError, match=r"too many files are open, .*report\.md .*ulimit -n"):
            write_text(path, "after")
    finally:
        for each in held:
            each.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_files_that_belong_together_are_all_new_or_all_old(tmp_path):
    names = ("figures/a.png", "figures/b.png", "report.md")
    for name in names:
        write_text(tmp_path / name, "old")

    def draw(trouble: bool) -> None:
        with all_or_none(tmp_path) as part:
            for name in names:
                if trouble and name == "report.md":
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                write_text(part / name, "new")

    with pytest.raises(OSError, match="No space"):
        draw(trouble=True)
    assert {(tmp_path / name).read_text() for name in names} == {"old"}
    draw(trouble=False)
    assert {(tmp_path / name).read_text() for name in names} == {"new"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["figures", "report.md"]


@pytest.mark.parametrize("names", [[], ["a.zip", "b.zip"]])
def test_a_folder_of_no_file_or_of_two_is_not_that_of_one(tmp_path, names):
    (tmp_path / "a folder").mkdir()
    for name in names:
        (tmp_path / name).touch()
    held = rf"must hold exactly one file, but holds {len(names)}; run `dvc repro` again\.$"
    with pytest.raises(LabError, match=held):
        only_file(tmp_path)
    (tmp_path / "b.zip").unlink(missing_ok=True)
    (tmp_path / "a.zip").touch()
    assert only_file(tmp_path) == tmp_path / "a.zip"


def test_every_byte_of_a_sealed_file_counts(tmp_path):
    path = tmp_path / "counts.json"
    write_sealed(path, {"words": 12, "名": [1.5, None]})
    assert read_sealed(path) == {"words": 12, "名": [1.5, None]}
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(LabError, match=r"counts\.json is broken .*; delete it and run"):
            read_sealed(path)


@pytest.mark.parametrize(
    ("content", "fault"),
    [({"a": [1]}, "a: Input should be a valid integer"), ([1], "Input should be a valid dict")],
)
def test_a_file_of_another_kind_is_one_sentence_that_names_the_field(tmp_path, content, fault):
    path = tmp_path / "counts.json"
    write_json(path, {"a": 1})
    assert read_as(path, dict[str, int], seal=False) == {"a": 1}
    write_json(path, content)
    with pytest.raises(LabError, match=rf"counts\.json is broken \({fault}") as caught:
        read_as(path, dict[str, int], seal=False)
    assert "\n" not in str(caught.value)


def test_one_that_finds_another_at_work_is_told_by_whom_and_waits_so_long_and_no_longer(tmp_path):
    lock = tmp_path / "lock"
    code = (
        "import sys, time; from pathlib import Path; from rnnlab.files import alone\n"
        "with alone(Path(sys.argv[1]), 'test'): print('in', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(lock)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        refused = pytest.raises(LabError, match=rf"another test \(process {other.pid}\) is at work")
        with refused, alone(lock, "test", patience=0.2):
            pytest.fail("it is not alone")
        other.kill()
    with alone(lock, "test"):
        pass
