"""Hostile input by the thousand, and kills at any moment, thrown at the project's own code.

    python -m tests.attack                        # 2,000 inputs, 200 kills; docs/reproducing.md
    python -m tests.attack --only checkpoints     # one kind of input, nothing written

A kind of input is a function with `@attack`: it makes one hostile input with the dice that it gets,
in a folder of its own, and says what reads it. A kind of kill is a function with `@kill`. Both are
in this package's modules, all of which are imported; tests/test_attack.py draws a few inputs of
each kind.
"""

import atexit
import contextlib
import importlib
import pkgutil
import shutil
import signal
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from rnnlab.errors import LabError

DEADLINE = 30.0
"""Seconds after which whatever reads an input hangs."""


class Case(NamedTuple):
    """One hostile input, already made."""

    what: str
    """What is wrong with it, for whom it is shown to."""
    read: Callable[[], Any]
    """The project's code on it."""
    fine: Callable[[Any], bool] = lambda answer: False
    """Whether what `read` returned is right all the same: as of the input before it was spoilt."""
    names: str = ""
    """What a refusal must name: a file or a key."""


Make = Callable[[Random, Path], Case]
Killed = Callable[[Random, Path], bool]
"""Start real work in a folder, kill it at a random moment, let it go on to its end: are the bits
those of work that nobody killed?"""

ATTACKS: dict[str, Make] = {}
KILLS: dict[str, Killed] = {}
OFTEN: dict[str, int] = {}
"""How often each kind of kill is taken, beside the others."""

GOOD = ("refused", "harmless")
"""One sentence that names what is wrong; or the answer is the right one."""
BAD = ("traceback", "hang", "silent", "unclear")
"""Any other exception; no end within the deadline; a wrong answer without a word; a sentence that
does not name what is wrong, or is more than a line."""


def attack(name: str) -> Callable[[Make], Make]:
    """Register a function that makes hostile inputs of the kind `name`."""

    def register(make: Make) -> Make:
        ATTACKS[name] = make
        return make

    return register


def kill(name: str, often: int = 1) -> Callable[[Killed], Killed]:
    """Register a function that kills work of the kind `name`."""

    def register(killed: Killed) -> Killed:
        KILLS[name], OFTEN[name] = killed, often
        return killed

    return register


def load() -> None:
    """Import all modules of this package, so that all kinds are registered."""
    for module in pkgutil.iter_modules(__path__):
        if module.name != "__main__":
            importlib.import_module(f"{__name__}.{module.name}")


def lasting() -> Path:
    """A new folder, there until this process ends."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


class Verdict(NamedTuple):
    outcome: str
    """One of `GOOD` or of `BAD`."""
    said: str
    """The sentence, the traceback or the answer."""


def judge(case: Case, seconds: float = DEADLINE) -> Verdict:
    """What becomes of an input."""
    try:
        with _deadline(seconds):
            answer = case.read()
    except LabError as refusal:
        said = str(refusal)
        clear = case.names in said and "\n" not in said and len(said) < 1000
        return Verdict("refused" if clear else "unclear", said)
    except _Late:
        return Verdict("hang", f"nothing in {seconds:g} s")
    except Exception:  # what no user should see: told as such, whatever it is
        return Verdict("traceback", traceback.format_exc())
    return Verdict("harmless" if case.fine(answer) else "silent", repr(answer)[:200])


class _Late(BaseException):
    """The deadline is over. No Exception, so that nothing takes it for trouble of its own."""


@contextlib.contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    def over(*_: Any) -> None:
        raise _Late

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
