"""A stage made again beside what was committed, in a small pipeline that leaves real runs: what was
tampered with is found, whichever of weight, number and setting it is, however consistently."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from made import net, results
from projects import dvc, files
from rnnlab.corpora.download import _Mirror
from rnnlab.corpora.origin import MIRRORS
from rnnlab.errors import LabError
from rnnlab.files import sha256, write_sealed
from rnnlab.provenance import again
from rnnlab.provenance.again import DIFFERENT, ELSEWHERE, SAME, WITHIN
from rnnlab.runs import files as runs
from rnnlab.runs.files import RUN, Run
from rnnlab.runs.history import Epoch
from rnnlab.settings.training import Planned

SPLIT = "from pathlib import Path; Path('data.txt').write_text('data')"
TRAIN = """
import sys
from pathlib import Path
import torch, yaml
from torch import nn
from rnnlab.runs.files import Run, write
from rnnlab.runs.history import Epoch

rate = yaml.safe_load(Path("params.yaml").read_text("utf-8"))["rate"]
net = nn.Linear(1, 1, bias=False)
with torch.no_grad():
    net.weight.fill_(float(sys.argv[1]) if sys.argv[1:] else rate)
run = Run(
    lab="names", net="lstm", seed=1, settings={}, data={}, environment={"python": "3.11"},
    fingerprint="f", structure="s", parameters=1, best_epoch=1, scores={"test_accuracy": rate},
)
write(Path("models/names/lstm/seed-1"), run, net, [Epoch(1, 1, 1, 1, 1, 1, 1)])
"""
PIPELINE = f"""
stages:
  train:
    cmd: python stages/train.py
    deps: [data.txt, stages/train.py]
    params: [rate]
    outs: [models/names/lstm/seed-1]
  split:
    cmd: python -c "{SPLIT}"
    outs: [data.txt]
"""
MADE = {"train": [("names", Planned("ours", "lstm", 1, "lstm/seed-1", "train"))]}
FOLDER = Path("models/names/lstm/seed-1")
HERE = {"python": "3.11"}


def found(accuracy=0.5, environment=HERE, digest=None):
    """The report's numbers: as the run gave them, or not."""
    nets = {"lstm": net(test_accuracy={1: accuracy, 2: 0.52, 3: 0.48})}
    told = results({"names": {"ours": nets}}, {})
    digests = {"names/lstm/seed-1": digest or sha256(FOLDER / RUN)}
    return told.model_copy(update={"environments": [environment], "digests": digests})


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """The pipeline, run once."""
    folder = tmp_path_factory.mktemp("pipeline")
    (folder / "dvc.yaml").write_text(PIPELINE, encoding="utf-8")
    (folder / "params.yaml").write_text("rate: 0.5\n", encoding="utf-8")
    (folder / "stages").mkdir()
    (folder / "stages/train.py").write_text(TRAIN, encoding="utf-8")
    dvc(folder, "init", "--no-scm", "--quiet")
    dvc(folder, "repro", "--quiet")
    return folder


@contextlib.contextmanager
def kept(*paths: Path):
    """These files as they were, once the block has ended."""
    before = {path: path.read_bytes() for path in paths}
    try:
        yield
    finally:
        for path, content in before.items():
            path.unlink(missing_ok=True)
            path.write_bytes(content)


@pytest.fixture
def project(pipeline, monkeypatch):
    monkeypatch.chdir(pipeline)
    run = pipeline / FOLDER
    with kept(pipeline / "dvc.lock", pipeline / "params.yaml", *run.iterdir()):
        yield pipeline


def make(told, stage="train", raw=False):
    return {each.stage: each for each in again.again([stage], again.committed(told, MADE), raw)}


def test_a_run_made_again_from_the_cache_has_the_same_bits_and_touches_nothing(project):
    before = files(project)
    outcomes = make(found())
    assert {name: each.verdict for name, each in outcomes.items()} == {"train": SAME}
    assert outcomes["train"].unlike == []
    assert files(project) == before


def test_what_it_reads_is_made_too_where_the_cache_lacks_it_or_raw_is_asked_for(project):
    assert list(make(found(), raw=True)) == ["split", "train"]
    (data,) = (project / ".dvc/cache/files").rglob(md5(project, "data.txt")[2:])
    with kept(data):
        data.chmod(0o644)
        data.unlink()
        assert list(make(found())) == ["split", "train"]


def md5(project, path):
    entries = yaml.safe_load((project / "dvc.lock").read_text("utf-8"))["stages"]
    (out,) = (out for each in entries.values() for out in each["outs"] if out["path"] == path)
    return out["md5"]


def committed_anew(project):
    """What lies in the folder, with dvc.lock and the cache, as if it had been computed."""
    dvc(project, "commit", "--force", "--quiet", "train")


def test_a_weight_that_was_tampered_with_is_found_though_all_digests_fit(project):
    subprocess.run([sys.executable, "stages/train.py", "0.6"], check=True)
    committed_anew(project)
    outcome = make(found())["train"]
    assert outcome.verdict == DIFFERENT
    assert any(line.startswith(f"{FOLDER}: md5") for line in outcome.unlike)
    assert any("another digest than metrics.json quotes" in line for line in outcome.unlike)


def test_a_setting_that_was_tampered_with_is_found(project):
    (project / "params.yaml").write_text("rate: 0.51\n", encoding="utf-8")
    committed_anew(project)
    outcome = make(found())["train"]
    assert outcome.verdict == DIFFERENT
    assert any("0.51 made again" in line for line in outcome.unlike)


def test_a_shell_that_is_not_activated_makes_it_with_this_python(project, tmp_path, monkeypatch):
    other = tmp_path / "python"
    other.write_text("#!/bin/sh\nexit 7\n", encoding="utf-8")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert make(found())["train"].verdict == SAME


def test_a_stage_that_fails_is_told_in_a_sentence(project):
    (project / "params.yaml").write_text("rate: nothing\n", encoding="utf-8")
    with pytest.raises(LabError, match=r"failed in .*rnnlab-again"):
        make(found())


# What came out, beside what was committed ---------------------------------------------------------


@pytest.fixture
def rerun(tmp_path, monkeypatch):
    """Leaves a run of that accuracy in a folder of its own, which is the current one."""
    monkeypatch.chdir(tmp_path)

    def write(accuracy):
        run = Run(
            lab="names", net="lstm", seed=1, settings={}, data={}, environment=HERE,
            fingerprint="f", structure="s", parameters=1, best_epoch=1,
            scores={"test_accuracy": accuracy},
        )  # fmt: skip
        runs.write(FOLDER, run, None, [Epoch(1, 1, 1, 1, 1, 1, 1)])

    return write


def compared(told):
    """The verdict on the run that lies here, its bits being those of dvc.lock."""
    entry = {"outs": [{"path": str(FOLDER), "md5": "a"}]}
    known = again.Committed({"train": entry}, {}, set(), Path(), told, MADE)
    return again.compared("train", entry, Path(), known)


def test_a_number_that_was_tampered_with_is_found(rerun):
    rerun(0.5)
    assert compared(found(accuracy=0.5)) == (SAME, [])
    unlike = "names/ours/lstm/test_accuracy/values/1 is 0.55 in metrics.json, 0.5 made again"
    assert compared(found(accuracy=0.55)) == (DIFFERENT, [unlike])


def test_another_machine_s_run_may_differ_as_two_seeds_do(rerun):
    elsewhere = {**HERE, "python": "3.10"}
    rerun(0.51)
    verdict, unlike = compared(found(environment=elsewhere))
    assert verdict == WITHIN
    assert "python is 3.11 here, 3.10 where the report was made" in unlike
    rerun(2.5)
    assert compared(found(environment=elsewhere))[0] == DIFFERENT


def test_of_several_machines_the_run_s_own_is_compared_with(rerun):
    machines = [{**HERE, "python": "3.10"}, HERE]
    rerun(0.51)
    for place, verdict in enumerate((WITHIN, DIFFERENT)):
        made_on = {"names/lstm/seed-1": place}
        told = found().model_copy(update={"environments": machines, "made_on": made_on})
        assert compared(told)[0] == verdict


def test_another_machine_s_measurement_is_not_compared_where_its_bits_differ():
    before, after = ({"outs": [{"path": "measured.txt", "md5": md5}]} for md5 in "ab")
    for machine, verdict in (({}, ELSEWHERE), (again.here(), DIFFERENT)):
        told = found(environment=machine, digest="a")
        known = again.Committed({"measure": before}, {}, set(), Path(), told, MADE)
        assert again.compared("measure", after, Path(), known)[0] == verdict


def test_a_score_that_the_report_lacks_is_near_to_none():
    told = results({"names": {"ours": {"lstm": net(test_accuracy={1: 0.5, 2: 0.52})}}}, {})
    known = again.Committed({}, {}, set(), Path(), told, MADE)
    run = SimpleNamespace(scores={"test_accuracy": 0.5, "test_f1": 0.5})
    ((lab, planned),) = MADE["train"]
    assert not again._close(run, lab, planned, known)
    assert again._close(SimpleNamespace(scores={"test_accuracy": 0.5}), lab, planned, known)


def test_numbers_of_metrics_json_are_compared_but_for_times(tmp_path):
    one = {
        "a": {"mean": 0.5, "train_seconds": {"mean": 3}},
        "facts": {"stages": {"n": 1}, "b": [1]},
    }
    other = {"a": {"mean": 0.6, "train_seconds": 4}, "facts": {"stages": {}, "b": [1]}}
    for name, content in (("one", one), ("other", other)):
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    assert list(again._numbers_unlike(tmp_path / "one", tmp_path / "other")) == [
        "reports/metrics.json: a/mean is 0.5, made again 0.6"
    ]


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [({"address": "/elsewhere", "kind": "official"}, SAME), ({"sha256": "other"}, DIFFERENT)],
)
def test_raw_data_is_the_same_from_whatever_mirror(tmp_path, changes, verdict):
    told = results({}, {})
    origins = {name: origin.model_dump() for name, origin in told.data.items()}
    name = next(iter(origins))
    origins[name].update(changes)
    write_sealed(tmp_path / again.ORIGINS, origins)
    entry = {"outs": [{"path": "data/raw", "md5": "another"}]}
    known = again.Committed({}, {}, set(), tmp_path, told, {})
    assert again.compared(again.DOWNLOAD, entry, tmp_path, known)[0] == verdict


def test_a_mirror_in_a_folder_with_a_blank_stays_one(tmp_path, monkeypatch):
    monkeypatch.delenv(MIRRORS, raising=False)
    folder = tmp_path / "a b"
    folder.mkdir()
    (folder / "params.yaml").write_text("download: {mirrors: [../c d]}\n", "utf-8")
    known = again.Committed({}, {}, set(), tmp_path, results({}, {}), {})
    (mirror,) = again.Workshop(folder, tmp_path, known).environment[MIRRORS].split()
    assert _Mirror(mirror, None)._base == tmp_path / "c d"


def test_mirrors_of_the_variable_come_first_and_may_be_folders_beside_the_project(
    tmp_path, monkeypatch
):
    monkeypatch.setenv(MIRRORS, "../own https://example.org/data")
    (tmp_path / "params.yaml").write_text("download: {mirrors: [../shared]}\n", "utf-8")
    known = again.Committed({}, {}, set(), tmp_path, results({}, {}), {})
    found = again.Workshop(tmp_path, tmp_path, known).environment[MIRRORS].split()
    own, shared = ((tmp_path.parent / name).as_uri() for name in ("own", "shared"))
    assert found == [own, "https://example.org/data", shared]
