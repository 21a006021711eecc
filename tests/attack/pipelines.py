"""Whole pipelines that are killed at a random moment, and DVC's files as a kill leaves them."""

import contextlib
import shutil
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

import yaml
from tests.attack import Case, attack, kill, lasting
from tests.attack.bytes import spoil

from rnnlab.pipeline import lockfile, plan
from rnnlab.pipeline.lockfile import entries

STAGES = """
stages:
  source:
    cmd: seq 3 > source.txt
    outs: [source.txt]
  square:
    matrix: {by: [1, 2]}
    cmd: sleep 0.2; sed s/^/${item.by}/ source.txt > square-${item.by}.txt
    deps: [source.txt]
    outs: ["square-${item.by}.txt"]
  total:
    cmd: cat square-1.txt square-2.txt > total.txt
    deps: [square-1.txt, square-2.txt]
    outs: [total.txt]
"""
HEAD = """
from rnnlab import errors
from rnnlab.pipeline.engine import reproduce
errors.guarded(lambda: reproduce(2))
"""


class Unbroken(NamedTuple):
    """A pipeline that nobody killed."""

    seconds: float
    left: dict[str, bytes]


@kill("rnnlab repro")
def repro(dice: Random, folder: Path) -> bool:
    shutil.copytree(_fresh(), folder, dirs_exist_ok=True)
    moment = dice.uniform(0, _whole().seconds)
    head = _start(folder)
    with contextlib.suppress(subprocess.TimeoutExpired):
        head.wait(moment)
    head.send_signal(dice.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT]))
    head.wait()
    for _ in range(60):  # its stages end with it; until then DVC says that the folder is busy
        if _start(folder).wait() == 0:
            return _left(folder) == _whole().left
        time.sleep(0.5)
    return False


def _start(folder: Path) -> subprocess.Popen[bytes]:
    with open(folder / "said.log", "ab") as log:  # noqa: PTH123
        command = [sys.executable, "-c", HEAD]
        return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)


@cache
def _fresh() -> Path:
    folder = lasting()
    init = [sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet"]
    subprocess.run(init, cwd=folder, check=True)
    (folder / "dvc.yaml").write_text(STAGES, encoding="utf-8")
    return folder


@cache
def _whole() -> Unbroken:
    folder = lasting()
    shutil.copytree(_fresh(), folder, dirs_exist_ok=True)
    started = time.monotonic()
    if _start(folder).wait():
        raise RuntimeError((folder / "said.log").read_text())
    return Unbroken(time.monotonic() - started, _left(folder))


def _left(folder: Path) -> dict[str, bytes]:
    """Outputs, and what dvc.lock says of each stage."""
    lock = yaml.safe_dump(entries(folder)).encode()
    return {"dvc.lock": lock, **{each.name: each.read_bytes() for each in folder.glob("*.txt")}}


@attack("dvc.lock")
def lock(dice: Random, folder: Path) -> Case:
    """As a kill leaves it, or worse: it is mended from the copy of before, or made again."""
    shutil.copytree(_done(), folder, dirs_exist_ok=True)
    what = spoil(dice, folder / "dvc.lock")

    def mended() -> bool:
        lockfile.mend(folder)
        # DVC can read it. A name or digest that was turned is another: that stage is made again.
        return isinstance(entries(folder), dict)

    return Case(what, mended, bool, "dvc.lock")


@attack("DVC's locks")
def rwlock(dice: Random, folder: Path) -> Case:
    shutil.copytree(_done(), folder, dirs_exist_ok=True)
    path = folder / ".dvc/tmp/rwlock"
    path.write_bytes(
        dice.choice([b"", b"{", b'{"read": {"sou', b"\0" * 9, dice.randbytes(30), b"{}"])
    )

    def planned() -> bool:
        with contextlib.chdir(folder):
            return plan.make().needs == {}

    return Case(f"rwlock: {path.read_bytes()!r}", planned, bool, "DVC")


@cache
def _done() -> Path:
    """A pipeline that is up to date, with the copy that `rnnlab repro` keeps."""
    folder = lasting()
    shutil.copytree(_fresh(), folder, dirs_exist_ok=True)
    for _ in range(2):
        if _start(folder).wait():
            raise RuntimeError((folder / "said.log").read_text())
    return folder
