"""One way to write: whole or not there, and a full disk told with the file's name."""

import errno
import os

import pytest
from safetensors import SafetensorError

from rnnlab.errors import LabError
from rnnlab.files import replacing, write_text


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
