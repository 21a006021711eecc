"""Trouble that is not a bug: told in one sentence, without a traceback."""

import errno
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

INTERRUPTED = "interrupted; run again to go on from what is finished."
_CTRL_C = 130
"""The exit code by which Typer tells of Ctrl-C in a command."""


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


def shortage(error: BaseException, place: Any, extent: str = "") -> str | None:
    """What to say if `error` tells of a full disk or of too many open files, else None.

    place: what was to be opened or written. extent: how far that went.
    """
    # Libraries that are not Python's own have the system's error in their words alone.
    number, words = getattr(error, "errno", None), str(error)
    more = extent and f" ({extent})"
    if any(number == each or os.strerror(each) in words for each in (errno.ENOSPC, errno.EDQUOT)):
        return f"the disk is full: {place} has no room{more}; free some space and run again."
    if any(number == each or os.strerror(each) in words for each in (errno.EMFILE, errno.ENFILE)):
        return (
            f"too many files are open, {place} can't be another{more}; raise the limit "
            "(`ulimit -n 4096`) or end other programs, and run again."
        )
    return None


def guarded(command: Callable[[], Any]) -> None:
    """Run `command`; expected trouble ends in one line and exit code 1, without a traceback."""
    try:
        command()
    except LabError as trouble:
        sys.exit(f"error: {plain(str(trouble))}")
    except OSError as trouble:
        place = trouble.filename or "something"
        said = shortage(trouble, place) or f"{place}: {trouble.strerror}."
        if trouble.filename is None and trouble.errno is None:
            raise
        sys.exit(f"error: {plain(said)}")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except SystemExit as end:
        if end.code != _CTRL_C:
            raise
        sys.exit(INTERRUPTED)
