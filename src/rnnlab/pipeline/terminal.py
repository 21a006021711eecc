"""A DVC command on a terminal of its own: what it prints, how far it is, and its end.

The terminal is there for three things. Progress bars show themselves on one. Its end hangs up,
so nothing that the command started outlives the process that watches it, however that one ends.
And it interrupts the whole command as Ctrl-C does.

Run as a program, this is the command's own side: it takes the terminal and hands over to DVC.
"""

import codecs
import contextlib
import fcntl
import os
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

SIZE = (24, 120)
"""Lines and columns; a progress bar fills the width."""
GRACE = 10.0
"""Seconds from an interrupt to the kill of a command that does not end by itself."""
_BAR = re.compile(r"!|.*\d+%.*\[\d+:\d+<.*")
"""A progress bar that was left standing; a lone ! is DVC's before it starts."""
_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """`dvc` with `arguments`, begun in `folder`."""

    def __init__(self, arguments: list[str], folder: Path, environment: Mapping[str, str]) -> None:
        self._ours, theirs = os.openpty()
        try:
            termios.tcsetwinsize(theirs, SIZE)
            attributes = termios.tcgetattr(theirs)
            attributes[1] &= ~termios.OPOST  # no carriage returns of its own
            attributes[3] &= ~termios.ECHO  # no echo of what is written to it
            termios.tcsetattr(theirs, termios.TCSANOW, attributes)
            command = [sys.executable, "-m", __name__, *arguments]
            place: Any = {"cwd": folder, "env": environment, "start_new_session": True}
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, **place
            )
        finally:
            os.close(theirs)
        self._deadline: float | None = None

    def follow(self, line: Callable[[str], None], progress: Callable[[str], None]) -> int:
        """The command's exit code, once it has ended (negative: the signal that ended it).

        `line` gets each whole line that it prints, `progress` what stands in the last, unfinished
        one whenever that changes: a bar.
        """
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest = ""
        try:
            while True:
                text = decoder.decode(self._read())
                if not text and self._process.poll() is not None:
                    break
                *lines, rest = (rest + text).split("\n")
                for each in lines:
                    if not _BAR.fullmatch(_shown(each)):
                        line(_shown(each))
                rest = "\r".join(rest.rsplit("\r", 2)[-2:])  # what is written over is gone
                if text and _shown(rest):
                    progress(_shown(rest))
                if self._deadline and time.monotonic() > self._deadline:
                    self._kill()
            if _shown(rest):
                line(_shown(rest))
            return self._process.wait()
        finally:
            self._kill()
            self._process.wait()
            # Forgotten before it is closed: its number may soon be another file's.
            ours, self._ours = self._ours, -1
            os.close(ours)

    def interrupt(self) -> None:
        """Ctrl-C to all that the command started; a kill after a while if that does not end it."""
        with contextlib.suppress(OSError):  # it has ended
            os.write(self._ours, b"\x03")
            self._deadline = time.monotonic() + GRACE

    def _read(self) -> bytes:
        """What there is to read, b"" after a moment without, or at the end."""
        with contextlib.suppress(OSError):  # how Linux says that the other side is closed
            if select.select([self._ours], [], [], 0.2)[0]:
                return os.read(self._ours, 1 << 16)
        return b""

    def _kill(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)


def _shown(line: str) -> str:
    """What a terminal would show in the end of a line that is written over after each return."""
    parts = _CODES.sub("", line).split("\r")
    return next((part.rstrip() for part in reversed(parts) if part.strip()), "")


if __name__ == "__main__":
    fcntl.ioctl(sys.stderr, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGHUP, signal.default_int_handler)  # DVC puts its locks away
    from rnnlab.pipeline.dvc import main

    sys.exit(main(sys.argv[1:]))
