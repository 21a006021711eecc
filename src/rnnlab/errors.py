"""Trouble that is not a bug: told in one sentence, without a traceback."""

import errno
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class LabError(Exception):
    """A user's mistake, or trouble from outside.

    Its message is one sentence that names the file or key and says what to do.
    """


@contextmanager
def about(subject: object) -> Iterator[None]:
    """Put `subject`, a file say, before the sentence of a LabError that is raised in the block."""
    try:
        yield
    except LabError as trouble:
        raise LabError(f"{subject}: {trouble}") from None


def plain(text: str) -> str:
    """`text` for a terminal or a log: no passwords of addresses, no control characters."""
    text = re.sub(r"(?<=://)[^/\s]*@", "…@", text)
    return "".join(each for each in text if each.isprintable() or each == "\n")


def guarded(command: Callable[[], Any]) -> None:
    """Run `command`; expected trouble ends in one line and exit code 1, without a traceback."""
    try:
        command()
    except LabError as trouble:
        sys.exit(f"error: {plain(str(trouble))}")
    except OSError as trouble:
        if trouble.errno == errno.ENOSPC:
            place = trouble.filename
            sys.exit(f"error: the disk is full ({place}); free some space and run again.")
        if trouble.filename is None:
            raise
        sys.exit(f"error: {trouble.filename}: {trouble.strerror}.")
    except KeyboardInterrupt:
        sys.exit("interrupted; run again to go on from what is finished.")
