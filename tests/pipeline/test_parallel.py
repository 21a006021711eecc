"""Several stages at once, on a small DVC project: the results of a plain `dvc repro`, bit for bit,
failures, interrupts and kills, and what is shown meanwhile."""

import contextlib
import fcntl
import itertools
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import yaml
from dvc.repo import Repo
from dvc.utils.serialize import dumps_yaml, parse_yaml
from hypothesis import given
from hypothesis import strategies as st

from places import ROOT
from projects import dvc, files
from rnnlab.errors import LabError
from rnnlab.files import alone
from rnnlab.pipeline import engine, lockfile, plan, schedule, work
from rnnlab.pipeline.board import Board, Stage
from rnnlab.pipeline.lockfile import entries, put_in_order
from rnnlab.pipeline.terminal import Terminal
from rnnlab.settings.workers import Share
from waiting import until

PIPELINE = """
stages:
  total:
    cmd: cat square-*.txt > total.txt
    deps: [square-1.txt, square-2.txt, square-3.txt]
    outs: [total.txt]
  square:
    matrix:
      by: [1, 2, 3]
    cmd: sleep 0.$((7 - 3 * ${item.by} + 2)); test -s source.txt && echo ${item.by} > square-${item.by}.txt
    deps: [source.txt]
    outs:
      - square-${item.by}.txt
  source:
    cmd: echo 3 > source.txt
    outs: [source.txt]
"""  # noqa: E501
HEAD = """
from rnnlab import errors
from rnnlab.pipeline.engine import reproduce
errors.guarded(lambda: reproduce(3))
"""
FREEING = """
import os, pathlib, signal, time
from rnnlab.pipeline import engine
class Freed:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
pause = time.sleep
def sleep(seconds):
    pause(seconds)
    if seconds == 0.1 and pathlib.Path("square-3.txt").exists():
        engine.time.sleep = pause
        Freed()
engine.time.sleep = sleep
"""
ENDLESS = PIPELINE.replace("test -s", "test ${item.by} != 2 || sleep 1000; test -s")


@pytest.fixture(autouse=True, scope="module")
def heard() -> Iterator[None]:
    """What is started in the background ignores Ctrl-C, and so would the processes of the tests."""
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def heads() -> Iterator[Callable[[Path], subprocess.Popen[str]]]:
    """Starts `rnnlab repro` in a process of its own, which does not outlive the test."""
    started: list[subprocess.Popen[str]] = []

    def start(folder: Path) -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", HEAD], cwd=folder, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, start_new_session=True,
            )
        )  # fmt: skip
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def recorded(folder: Path) -> set[str]:
    """The stages in dvc.lock, as far as it can be read while DVC writes it."""
    with contextlib.suppress(LabError):
        return set(entries(folder))
    return set()


def at_work(folder: Path) -> list[psutil.Process]:
    """What runs in `folder`, the head and this process aside."""
    found = []
    for each in psutil.process_iter():
        if each.pid == os.getpid():
            continue
        try:
            if each.cwd() == str(folder) and "reproduce(3)" not in " ".join(each.cmdline()):
                found.append(each)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def sleeps(folder: Path) -> bool:
    """Does the command that never ends run?"""
    for each in at_work(folder):
        with contextlib.suppress(psutil.NoSuchProcess):  # another one, which has just ended
            if each.cmdline() == ["sleep", "1000"]:
                return True
    return False


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    dvc(folder, "init", "--no-scm", "--quiet")
    (folder / "dvc.yaml").write_text(PIPELINE, encoding="utf-8")
    return folder


@pytest.fixture
def here(template, tmp_path, monkeypatch) -> Path:
    """The project in a folder of its own, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return shutil.copytree(template, tmp_path, dirs_exist_ok=True)


@pytest.fixture(scope="module")
def finished(template, tmp_path_factory) -> Path:
    """The project after `rnnlab repro`, twice, so that it has kept a copy of dvc.lock."""
    folder = shutil.copytree(template, tmp_path_factory.mktemp("finished"), dirs_exist_ok=True)
    with contextlib.chdir(folder):
        engine.reproduce(jobs=2)
        engine.reproduce(jobs=2)
    return folder


@pytest.fixture
def done(finished, here) -> Path:
    """The same in a folder of its own, which is the current one."""
    return shutil.copytree(finished, here, dirs_exist_ok=True)


# The same as one stage at a time ------------------------------------------------------------------


def test_files_lock_and_caches_are_those_of_a_plain_repro(here, template, capsys):
    plain = shutil.copytree(template, here / "plain")
    for by in ("[1, 2]", "[1, 2, 3]"):  # then with more to do, behind what is done
        text = PIPELINE.replace("[1, 2, 3]", by).replace(", square-3.txt", "")
        for folder in (plain, here):
            (folder / "dvc.yaml").write_text(text, encoding="utf-8")
        dvc(plain, "repro")
        engine.reproduce(jobs=3)
        assert files(here) == files(plain)
    assert (here / "total.txt").read_text(encoding="utf-8") == "1\n2\n"
    assert "up to date" in dvc(here, "repro")
    capsys.readouterr()
    engine.reproduce(jobs=3)
    assert "up to date" in capsys.readouterr().out


def test_dvc_lock_read_plainly_is_written_to_the_same_bytes():
    text = (ROOT / "dvc.lock").read_text(encoding="utf-8")
    assert dumps_yaml(parse_yaml(text, "dvc.lock")) == text


def test_what_is_wanted_alone_is_done(here):
    engine.reproduce(jobs=2, targets=["square@2"])
    assert sorted(entries(here)) == ["source", "square@2"]
    assert engine.forecast(2, targets=["square"])[:-1] == ["square@1", "square@3"]


def test_what_is_up_to_date_is_done_again_by_force(done, capsys):
    before = (done / "square-1.txt").stat().st_mtime_ns
    engine.reproduce(jobs=2, targets=["square@1"], force=True)
    said = capsys.readouterr().out
    assert (done / "square-1.txt").stat().st_mtime_ns > before
    assert "2 done" in said
    assert "Running stage" in (done / "logs/square@1.log").read_text("utf-8")
    assert plan.make().needs == {}


def test_a_forecast_does_nothing(here):
    first = engine.forecast(2)
    assert first == ["source", "square@1", "square@2", "square@3", "total", "5 stages to do."]
    assert not (here / "dvc.lock").exists()


def test_a_forecast_knows_what_is_done_and_how_long_it_took(done):
    assert engine.forecast(2) == ["Everything is up to date."]
    again = engine.forecast(2, targets=["total"], force=True)
    assert re.fullmatch(r"5 stages to do, about \d+ min on 2 cores by .*", again[-1])


def test_a_target_that_is_no_stage_is_one_sentence(here):
    with pytest.raises(LabError, match=r"has no stage 'sqare'"):
        engine.reproduce(jobs=2, targets=["sqare"])


def test_new_entries_of_the_lock_come_in_order_and_old_ones_stay(here):
    (here / "dvc.lock").write_text(
        "schema: '2.0'\nstages:\n" + "".join(f"  {name}:\n    cmd: x\n" for name in "qcxba"),
        encoding="utf-8",
    )
    put_in_order(here, before="qx", order="abc")
    assert list(entries(here)) == ["q", "x", "a", "b", "c"]


def test_stages_that_take_all_cores_run_alone_and_the_longest_begins_first(here, capsys):
    times = "date +%s.%N > begin-${item.by}; sleep 0.3; date +%s.%N > end-${item.by}; test -s"
    (here / "dvc.yaml").write_text(PIPELINE.replace("test -s", times), encoding="utf-8")
    known = {"source": 1, "square@1": 2, "square@2": 9, "square@3": 4, "total": 1}
    engine.TIMES.parent.mkdir()
    engine.TIMES.write_text(json.dumps(known), encoding="utf-8")
    engine.reproduce(jobs=2, takes={"square": Share(cores=8)})
    begun = re.findall(r"^begins: (\S+)", capsys.readouterr().out, re.MULTILINE)
    assert begun == ["source", "square@2", "square@3", "square@1", "total"]
    spans = sorted(
        [float((here / f"{end}-{by}").read_text()) for end in ("begin", "end")] for by in (1, 2, 3)
    )
    assert all(one[1] < other[0] for one, other in itertools.pairwise(spans))


def test_stages_are_spread_over_the_gpus(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,5")
    here = work._Here()
    with here.gpu(0.5) as first, here.gpu(0.25) as second, here.gpu(0.25) as third:
        assert (first, second, third) == ("2", "5", "5")
        with here.gpu(0) as none:
            assert none is None
    assert set(here.gpu_load.values()) == {0.0}
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with work._Here().gpu(0.5) as none:
        assert none is None


# Trouble ------------------------------------------------------------------------------------------


def test_a_broken_pipeline_is_one_sentence(here):
    (here / "dvc.yaml").write_text("stages: [", encoding="utf-8")
    with pytest.raises(LabError, match=r"dvc\.yaml"):
        engine.reproduce(jobs=2)


def test_a_share_for_a_stage_that_is_not_there_is_one_sentence(here):
    with pytest.raises(LabError, match=r"workers\.sqare is no stage .*square"):
        engine.reproduce(jobs=2, takes={"sqare": Share(cores=2)})


def test_a_share_for_a_grid_that_is_empty_is_no_trouble(here):
    cube = "  cube:\n    matrix: {by: []}\n    cmd: sleep ${item.by}\n"
    (here / "dvc.yaml").write_text(PIPELINE + cube, encoding="utf-8")
    assert engine.forecast(2, {"cube": Share(cores=2)})[-1] == "5 stages to do."


def test_when_a_stage_fails_those_go_on_that_do_not_need_it(here, capsys):
    failing = "test ${item.by} != 2 || { echo no such luck; exit 7; }; test -s"
    (here / "dvc.yaml").write_text(PIPELINE.replace("test -s", failing), encoding="utf-8")
    with pytest.raises(LabError, match="square@2 failed"):
        engine.reproduce(jobs=2)
    said = capsys.readouterr().out
    assert re.search(r"^square@1 +done", said, re.MULTILINE)
    assert re.search(r"^square@2 +failed", said, re.MULTILINE)
    assert re.search(r"^square@3 +done", said, re.MULTILINE)
    assert re.search(r"^total +not started +waits for square@2", said, re.MULTILINE)
    assert re.search(r"The end of logs/square@2\.log:\n(.*\n)*  no such luck", said)
    assert "no such luck" in (here / "logs/square@2.log").read_text(encoding="utf-8")
    assert list(entries(here)) == ["source", "square@1", "square@3"]
    assert not (here / "total.txt").exists()
    assert plan.make().needs == {"square@2": set(), "total": {"square@2"}}


def test_ctrl_c_on_a_terminal_ends_all_and_loses_nothing(here):
    (here / "dvc.yaml").write_text(ENDLESS, encoding="utf-8")
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (30, 100))
    process = subprocess.Popen(
        [sys.executable, "-c", HEAD], cwd=here, start_new_session=True,
        stdin=theirs, stdout=theirs, stderr=theirs,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
    )  # fmt: skip
    os.close(theirs)
    said = ""

    def read() -> str:
        nonlocal said
        if select.select([ours], [], [], 0.1)[0]:
            with contextlib.suppress(OSError):
                said += os.read(ours, 1 << 16).decode(errors="replace")
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said)

    until(lambda: re.search(r"square@2 +[━╸╺]+ +\d:\d\d.*\s+3 of 5 stages, \d:", read()), said=read)
    os.write(ours, b"\x03")
    until(lambda: read() and process.poll() is not None, said=read)
    shown = read()
    assert process.returncode == 1
    assert "Traceback" not in shown
    assert re.search(r"^square@1 +done", shown, re.MULTILINE)
    assert re.search(r"^square@2 +interrupted", shown, re.MULTILINE)
    assert re.search(r"^total +not started", shown, re.MULTILINE)
    assert "interrupted; run again to go on" in shown
    until(lambda: not at_work(here))
    assert list(entries(here)) == ["source", "square@1", "square@3"]
    os.close(ours)


def test_ctrl_c_while_python_frees_an_object_is_not_lost(here):
    (here / "dvc.yaml").write_text(ENDLESS, encoding="utf-8")
    head = subprocess.run(
        [sys.executable, "-c", FREEING + HEAD], cwd=here, start_new_session=True, check=False,
        capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert head.returncode == 1, head.stderr
    assert "Traceback" not in head.stderr
    assert "interrupted; run again to go on" in head.stderr, head.stderr
    assert re.search(r"^square@2 +interrupted", head.stdout, re.MULTILINE)
    until(lambda: not at_work(here))


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("share", [0, 0.5])
def test_a_dvc_lock_that_was_broken_off_is_mended(done, capsys, share, kept):
    before = (done / "dvc.lock").read_bytes()
    if not kept:
        shutil.rmtree(done / ".dvc/tmp/rnnlab")
    (done / "dvc.lock").write_bytes(before[: round(share * len(before))])
    capsys.readouterr()
    engine.reproduce()
    said = capsys.readouterr().out
    assert entries(done) == yaml.safe_load(before)["stages"]
    assert "dvc.lock was broken off" in said
    assert (done / "dvc.lock.broken").exists()
    assert ("Everything is up to date" in said) == kept


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_an_end_in_the_middle_leaves_nothing_behind_and_loses_nothing(here, heads, how):
    (here / "dvc.yaml").write_text(ENDLESS, encoding="utf-8")
    process = heads(here)
    until(lambda: {"square@1", "square@3"} <= recorded(here) and sleeps(here))
    process.send_signal(how)
    said = process.communicate(timeout=200)[0]
    until(lambda: not at_work(here))
    assert process.returncode != 0
    if how != signal.SIGKILL:
        assert "Traceback" not in said
        assert re.search(r"^square@1 +done", said, re.MULTILINE)
        assert re.search(r"^square@2 +interrupted", said, re.MULTILINE)
        assert re.search(r"^total +not started", said, re.MULTILINE)
        assert "run again" in said
    assert plan.make().needs == {"square@2": set(), "total": {"square@2"}}


def test_a_stage_that_is_killed_has_failed(here, heads):
    (here / "dvc.yaml").write_text(ENDLESS, encoding="utf-8")
    process = heads(here)
    until(lambda: sleeps(here) and "square@1" in recorded(here))
    next(each for each in at_work(here) if each.name() == "sleep").parent().kill()
    said = process.communicate(timeout=200)[0]
    assert process.returncode == 1
    assert "square@2 failed, see above" in said


def test_a_second_rnnlab_repro_is_refused_and_told_by_whom(here, heads):
    (here / "dvc.yaml").write_text(ENDLESS, encoding="utf-8")
    process = heads(here)
    until(lambda: sleeps(here))
    with pytest.raises(LabError, match=rf"another `rnnlab repro` \(process {process.pid}\) is at"):
        engine.reproduce(jobs=1)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=200)
    with alone(Path(engine.LOCK), "`rnnlab repro`"):
        assert "square@2" in plan.make().needs


def test_beside_a_dvc_repro_it_is_refused_and_told_by_whom(here):
    (here / "dvc.yaml").write_text(ENDLESS, encoding="utf-8")
    command = [sys.executable, "-m", "dvc", "repro"]
    with subprocess.Popen(command, cwd=here, start_new_session=True) as plain:
        until(lambda: sleeps(here))
        with pytest.raises(LabError, match=rf"another DVC \(process {plain.pid}\) works in this"):
            engine.reproduce(jobs=1)
        os.killpg(plain.pid, signal.SIGKILL)
    assert "square@2" in plan.make().needs


def test_a_lock_that_another_holds_for_ever_is_waited_for_so_long_and_no_longer(here, monkeypatch):
    monkeypatch.setattr(lockfile, "PATIENCE", 0.1)
    monkeypatch.setattr("dvc.lock.DEFAULT_TIMEOUT", 0)
    with Repo(str(here)) as repo, repo.lock:
        with pytest.raises(LabError, match=rf"another DVC \(process {os.getpid()}\) works"):
            lockfile.put(here, {"a": {"cmd": "x"}})
        with pytest.raises(LabError, match=rf"another DVC \(process {os.getpid()}\) works"):
            engine.reproduce(jobs=1)


# The terminal -------------------------------------------------------------------------------------


def test_what_a_command_prints_is_told_apart_from_its_progress(here):
    program = """
import sys, time
from tqdm import tqdm
for _ in tqdm(range(3), "epoch 1", leave=False, disable=None, mininterval=0):
    tqdm.write("said with \\x1b[31mcolour\\x1b[0m")
    time.sleep(0.05)
print("schön")
assert not sys.stdin.isatty()
sys.exit(3)
"""
    (here / "program.py").write_text(program, encoding="utf-8")
    (here / "dvc.yaml").write_text(
        f"stages: {{only: {{cmd: '{sys.executable} program.py'}}}}", encoding="utf-8"
    )
    lines: list[str] = []
    bars: list[str] = []
    code = Terminal(["repro", "only"], here, os.environ).follow(lines.append, bars.append)
    assert code not in (0, None)
    assert lines.count("said with colour") == 3
    assert "schön" in lines
    assert any(re.match(r"epoch 1: +\d+%", each) for each in bars)
    assert not any("%|" in line for line in lines)


def test_a_command_that_will_not_stop_is_killed(here, monkeypatch):
    monkeypatch.setattr("rnnlab.pipeline.terminal.GRACE", 0.5)
    command = "trap '' INT; sleep 0.5; echo deaf; sleep 1000; sleep 1000"
    (here / "dvc.yaml").write_text(f'stages: {{only: {{cmd: "{command}"}}}}', encoding="utf-8")
    terminal = Terminal(["repro", "only"], here, os.environ)
    code = terminal.follow(lambda line: terminal.interrupt() if line == "deaf" else None, print)
    assert code == -signal.SIGKILL
    until(lambda: not at_work(here))


# Which first, and how long ------------------------------------------------------------------------


@st.composite
def pipelines(draw) -> tuple[dict[str, set[str]], dict[str, float]]:
    number = draw(st.integers(1, 12))
    needs = {
        str(i): {str(j) for j in draw(st.sets(st.integers(0, i - 1)))} if i else set()
        for i in range(number)
    }
    return needs, {stage: draw(st.floats(0.1, 100)) for stage in needs}


@given(pipelines(), st.integers(1, 6))
def test_no_schedule_beats_the_critical_path_or_the_cores(pipeline, cores):
    needs, seconds = pipeline
    taken = dict.fromkeys(needs, 1)
    took = schedule.makespan(needs, seconds, cores, taken)
    longest, work = max(schedule.tails(needs, seconds).values()), sum(seconds.values())
    assert took >= longest * (1 - 1e-9)
    assert took >= work / cores * (1 - 1e-9)
    assert took <= (work / cores + longest) * (1 + 1e-9)  # Graham 1969: any list schedule is
    assert schedule.makespan(needs, seconds, 1, taken) == pytest.approx(work)


def test_a_stage_that_takes_more_cores_than_there_are_takes_all():
    needs, seconds = {"a": set(), "b": set(), "c": set()}, {"a": 2.0, "b": 1.0, "c": 1.0}
    assert schedule.makespan(needs, seconds, 2, {"a": 8, "b": 1, "c": 1}) == 3
    assert schedule.makespan(needs, seconds, 2, {"a": 1, "b": 1, "c": 1}) == 2


def test_a_forecast_counts_the_cores_that_stages_take(monkeypatch):
    needs = {"poetry-train@a": set(), "poetry-train@b": set()}
    todo = plan.Plan([*needs], needs, needs, set(), {})
    monkeypatch.setattr(plan, "make", lambda *_: todo)
    known = dict.fromkeys(needs, 600.0)
    monkeypatch.setattr(engine, "times", lambda: known)
    takes = {"poetry-train": Share(cores=2)}
    assert "about 20 min on 2 cores" in engine.forecast(2, takes)[-1]
    assert Board(todo, known, 2, takes)._left(known) == 1200


def test_what_is_expected_of_a_stage_is_what_it_or_its_kind_took():
    known = {"train@a": 10.0, "train@b": 20.0, "embed": 3.0}
    wanted = schedule.expected(["train@a", "train@c", "report"], known)
    assert wanted == {"train@a": 10, "train@c": 15, "report": 11}
    assert schedule.expected(["x"], {}) == {"x": 1}


def test_a_training_tells_how_far_it_is():
    stage = Stage(began=time.monotonic() - 100)
    assert stage.left(None) is None
    assert stage.left(130) == pytest.approx(30, abs=1)
    stage.hear({"line": "lstm seed 1 epoch 2/4: train 0.6 (60%), 0 min 9 s left"})
    assert stage.left(None) == pytest.approx(100, abs=1)
    stage.hear({"bar": "lstm seed 1 epoch 3:  50%|#####     | 5/10 [00:01<00:01, 5 step/s]"})
    assert stage.says == "lstm seed 1 epoch 3 50%"
    assert stage.left(None) == pytest.approx(60, abs=1)
