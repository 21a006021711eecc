"""The gate on a small project of its own: what it catches, what it lets pass, what it says.

test_demo.py holds it against the real pipeline and the real report.
"""

import itertools
import math
import os
import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from made import least, net, results
from places import ROOT
from projects import dvc
from rnnlab import cli
from rnnlab.claims.judge import judge
from rnnlab.claims.ledger import NOT_REPRODUCED, REPRODUCED, Claim
from rnnlab.cli.project import PROJECT
from rnnlab.docparts import seal
from rnnlab.document.results import Results
from rnnlab.errors import LabError
from rnnlab.gate import declared, expected, finding, lock, manifest
from rnnlab.gate.compare import compare
from rnnlab.gate.times import without_times
from rnnlab.labs.sentiment.facts import Facts
from rnnlab.pipeline.dependencies import load
from rnnlab.pipeline.graph import mermaid
from rnnlab.report import assemble, render
from rnnlab.report.evaluate import evidence
from rnnlab.report.results import write
from rnnlab.runs.scores import NetScores, spread
from rnnlab.settings.base import read

RULES = "0123456789ab"
SEEDS = {1: (0.86, 0.87, 0.865), 2: (0.76, 0.77, 0.763)}
LSTM, RNN = "sentiment/ours/lstm-1-1", "sentiment/ours/rnn-1-1"
PIPELINE = """\
stages:
  clean:
    cmd: python stages/copy.py data/raw.txt data/clean.txt
    deps: [data/raw.txt, stages/copy.py]
    params: [clean]
    outs: [data/clean.txt]
  train:
    matrix: {net: "${nets}"}
    cmd: python stages/copy.py data/clean.txt models/${item.net}
    deps: [data/clean.txt, stages/copy.py]
    params: ["nets.${item.net}"]
    outs: ["models/${item.net}"]
  evaluate:
    cmd: python stages/copy.py models/lstm reports/out.txt
    deps: [models, stages/copy.py]
    outs: [reports/out.txt: {cache: false}]
"""


def scored(values: Iterable[float], parameters: int) -> NetScores:
    by_seed = dict(enumerate(values, 1))
    return net(
        parameters,
        test_accuracy=by_seed,
        test_loss={seed: 1 - value for seed, value in by_seed.items()},
        train_seconds={1: 3.5, 2: 4.5},
    )


def metrics(lstm: float = 0.0, seeds: Callable = tuple, verdict: str = REPRODUCED) -> Results:
    """Two nets; `lstm` is added to one's accuracies, `seeds` chooses among those of each net."""
    nets = {
        "lstm-1-1": scored(seeds([value + lstm for value in SEEDS[1]]), 1234),
        "rnn-1-1": scored(seeds(SEEDS[2]), 567),
    }
    claim = Claim(verdict=verdict, parts=[])
    facts = least(Facts).model_copy(update={"parts": {"test": 25000}})
    return results({"sentiment": {"ours": nets}}, {"K1": claim}, sentiment=facts)


def states(findings, *wanted):
    return [each for each in findings if each.state in wanted]


def trouble(findings):
    return states(findings, finding.DRIFTS, finding.MISSING)


# Tables -------------------------------------------------------------------------------------

REPORT = """\
# Report

## Accuracy

| net | accuracy | time |
|---|---|---|
| lstm | 86.50 ± 0.50 | 1,234 |
| rnn | 76.43 | – |

*From a run.*
"""


def test_an_equal_text_holds():
    (found,) = compare("report.md", REPORT, REPORT)
    assert (found.state, found.what) == (finding.HOLDS, "report.md, all text")
    assert found.found == "10 lines, 4 numbers"


@pytest.mark.parametrize(
    ("old", "new", "words", "amount"),
    [
        ("86.50 ±", "86.60 ±", ('row "lstm"', 'column "accuracy"'), "+0.1"),
        ("± 0.50", "± 0.49", ('row "lstm"', 'column "accuracy"'), "-0.01"),
        ("1,234", "1,334", ('row "lstm"', 'column "time"'), "+100"),
        ("| – |", "| 5 |", ('row "rnn"', 'column "time"'), ""),
        ("| net |", "| nett |", ('row "net"',), ""),
    ],
)
def test_a_changed_field_is_named_with_its_amount(old, new, words, amount):
    (found,) = trouble(compare("report.md", REPORT.replace(old, new), REPORT))
    assert all(word in found.what for word in ("report.md", 'table "Accuracy"', *words))
    assert found.amount == amount


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("From a run", "From a walk"),
        ("| rnn | 76.43 | – |\n", ""),
        ("\n*From a run.*\n", ""),
        ("\n", "\r\n"),
        ("## Accuracy", "##  Accuracy"),
        ("| rnn | 76.43", "|  rnn | 76.43"),
        ("| – |", "| – | |"),
        ("# Report", "| Report |"),
    ],
)
def test_any_other_edit_is_caught(old, new):
    assert trouble(compare("report.md", REPORT.replace(old, new), REPORT))


LINES = st.lists(st.text("|#ab 1.\r-", max_size=6), max_size=6).map("\n".join)


@given(found=LINES, right=LINES)
def test_of_any_two_texts_that_differ_something_is_told(found, right):
    assert bool(trouble(compare("report.md", found, right))) is (found != right)


# Expectations --------------------------------------------------------------------------------


def test_what_is_proposed_holds_for_what_it_was_proposed_from(tmp_path):
    proposed = expected.propose(metrics(), [], RULES)
    expected.write(tmp_path / "e.yaml", proposed)
    again = expected.load(tmp_path / "e.yaml")
    assert again == proposed
    assert not trouble(expected.compare(metrics(), again))
    assert f"{LSTM}/train_seconds" not in again.numbers
    assert again.orderings == [f"{LSTM}/test_accuracy > {RNN}/test_accuracy"]


def test_a_tolerance_is_never_tighter_than_the_sampling_error():
    bounds = expected.propose(metrics(seeds=lambda values: [0.86] * 3), [], RULES).numbers
    limit = bounds[f"{LSTM}/test_accuracy"].tolerance
    assert limit >= math.sqrt(0.86 * 0.14 / 25000)
    assert bounds[f"{LSTM}/parameters"].tolerance == 0


def test_seeds_of_one_cell_or_depth_say_nothing_of_another():
    scores = {
        "rnn-1-1": [0.6, 0.7, 0.8],
        "rnn-5-1": [0.4, 0.6, 0.8],
        "lstm-1-1": [0.86, 0.861, 0.862],
        "lstm-1-2": [0.85, 0.86, 0.87],
    }
    place = "sentiment/published/{}/test_accuracy"
    found = {place.format(net): spread(dict(enumerate(each))) for net, each in scores.items()}
    assert expected.pooled(found) == {
        place.format("rnn-1"): pytest.approx(0.1),
        place.format("rnn-5"): pytest.approx(0.2),
        place.format("lstm-1"): pytest.approx(math.sqrt((0.001**2 + 0.01**2) / 2)),
    }


def test_a_single_seed_has_a_tolerance_too():
    bounds = expected.propose(metrics(seeds=lambda values: values[:1]), [], RULES).numbers
    assert bounds[f"{LSTM}/test_accuracy"].tolerance == 0.01
    assert bounds[f"{LSTM}/test_loss"].tolerance > 0


def test_an_ordering_that_is_there_stays_even_if_it_no_longer_holds():
    kept = [f"{LSTM}/test_accuracy > {RNN}/test_accuracy"]
    below = metrics(lstm=-0.2)
    proposed = expected.propose(below, kept, RULES)
    assert proposed.orderings == kept
    (found,) = trouble(expected.compare(below, proposed))
    assert found.what == kept[0]
    assert found.amount == "-0.099"


def test_no_ordering_is_proposed_within_the_noise():
    assert expected.propose(metrics(lstm=-0.1), [], RULES).orderings == []


def test_a_number_out_of_its_tolerance_drifts():
    bounds = expected.propose(metrics(), [], RULES)
    drifting = [each.what for each in trouble(expected.compare(metrics(lstm=0.05), bounds))]
    assert drifting == [f"{LSTM}/test_accuracy", f"{LSTM}/test_loss"]


def test_a_mean_that_is_not_of_its_values_drifts():
    content = metrics()
    bounds = expected.propose(content, [], RULES)
    content.nets["sentiment"]["ours"]["rnn-1-1"]["test_accuracy"].mean += 1e-6
    (found,) = trouble(expected.compare(content, bounds))
    assert found.what == f"{RNN}/test_accuracy/mean"


def test_a_verdict_that_changed_drifts_and_a_net_that_is_gone_is_missing():
    bounds = expected.propose(metrics(), [], RULES)
    content = metrics(verdict=NOT_REPRODUCED)
    (found,) = trouble(expected.compare(content, bounds))
    assert (found.state, found.what) == (finding.DRIFTS, "verdict on K1")
    del content.nets["sentiment"]["ours"]["rnn-1-1"]
    assert finding.exit_code(expected.compare(content, bounds)) == 2


@pytest.mark.parametrize(
    "text", ["", "numbers: 3", "numbers: {a: {value: x, tolerance: 1}}", "a: [", "other: {}"]
)
def test_a_broken_expected_yaml_is_one_sentence(tmp_path, text):
    (tmp_path / "e.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match=r"e\.yaml") as sentence:
        expected.load(tmp_path / "e.yaml")
    assert "\n" not in str(sentence.value)


BOUND = "numbers: {a: {value: 1.0, tolerance: 1.0}}\n"
REST = "orderings: []\nverdicts: {}\nrules: 0123456789ab\n"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (BOUND.replace("tolerance: 1.0", "tolerance: .inf") + REST, "numbers.a.tolerance"),
        (BOUND.replace("tolerance: 1.0", "tolerance: .nan") + REST, "numbers.a.tolerance"),
        (BOUND.replace("tolerance: 1.0", "tolerance: -1.0") + REST, "numbers.a.tolerance"),
        (BOUND.replace("tolerance", "tolerence") + REST, "Did you mean 'tolerance'"),
        (BOUND + REST.replace("orderings", "ordering"), "Did you mean 'orderings'"),
        (BOUND + REST.replace("orderings: []\n", ""), "orderings is missing"),
        (BOUND + REST.replace("orderings: []", "orderings: [a > b, a > b]"), "stands there twice"),
        (BOUND + REST.replace("orderings: []", "orderings: [a < b]"), "must read `a > b`"),
        (BOUND + REST.replace("{}", "{K1: as published}"), "verdicts.K1"),
        (BOUND + BOUND + REST, "line 2"),
        ("numbers: {}\nnumbers: {}\n" + REST, "line 2"),
    ],
)
def test_what_makes_expectations_worthless_is_refused_by_name(tmp_path, text, named):
    (tmp_path / "e.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(LabError) as sentence:
        expected.load(tmp_path / "e.yaml")
    assert named in str(sentence.value)


def widened(reason: str) -> expected.Expected:
    found = expected.propose(metrics(), [], RULES)
    place = f"{LSTM}/test_accuracy"
    bound = found.numbers[place].model_copy(update={"tolerance": 0.5, "widened": reason})
    return found.model_copy(update={"numbers": {**found.numbers, place: bound}})


def test_a_wider_tolerance_is_named_and_needs_a_reason():
    (found,) = trouble(expected.compare(metrics(), widened("")))
    assert (found.state, found.found) == (finding.DRIFTS, "0.5")
    assert found.what == f"tolerance of {LSTM}/test_accuracy, widened"
    assert not trouble(expected.compare(metrics(), widened("another machine")))
    reasons = [each.amount for each in expected.compare(metrics(), widened("another machine"))]
    assert "another machine" in reasons


def test_a_reason_is_written_and_read(tmp_path):
    expected.write(tmp_path / "e.yaml", widened("another machine"))
    assert expected.load(tmp_path / "e.yaml") == widened("another machine")


def test_a_tolerance_that_a_person_widened_stays_while_it_is_wider():
    before = widened("another machine")
    again = expected.propose(metrics(), [], RULES, before.numbers)
    assert again.numbers == before.numbers
    few = expected.propose(metrics(seeds=lambda values: values[:1]), [], RULES, before.numbers)
    assert few.numbers[f"{LSTM}/test_accuracy"].widened == "another machine"
    narrow = before.numbers[f"{LSTM}/test_accuracy"].model_copy(update={"tolerance": 1e-6})
    again = expected.propose(metrics(), [], RULES, {f"{LSTM}/test_accuracy": narrow})
    assert again == expected.propose(metrics(), [], RULES)


def test_on_another_machine_the_tolerances_stay_those_of_the_file():
    moved = metrics(lstm=0.001)
    assert not trouble(expected.compare(moved, expected.propose(metrics(), [], RULES)))


def test_an_ordering_that_holds_and_was_deleted_is_missed():
    bounds = expected.propose(metrics(), [], RULES).model_copy(update={"orderings": []})
    (found,) = trouble(expected.compare(metrics(), bounds))
    assert found.what == f"ordering {LSTM}/test_accuracy > {RNN}/test_accuracy"


def test_times_are_told_by_their_names():
    content = without_times(
        {
            "sentiment": {"ours": {"rnn": {"train_seconds": {"mean": 3.5}, "parameters": 567}}},
            "facts": {"stages": {"core_seconds": 3.2, "kinds": [{"peak_memory": 1, "stages": 2}]}},
        }
    )
    assert content == {
        "sentiment": {"ours": {"rnn": {"parameters": 567}}},
        "facts": {"stages": {"kinds": [{"stages": 2}]}},
    }


# dvc.lock ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A DVC project with a grid, run once."""
    root = tmp_path_factory.mktemp("made")
    for folder in ("stages", "data", "reports"):
        (root / folder).mkdir()
    (root / "stages/copy.py").write_text(
        "import pathlib, shutil, sys\n"
        "pathlib.Path(sys.argv[2]).parent.mkdir(exist_ok=True)\n"
        "shutil.copy(*sys.argv[1:])\n"
    )
    (root / "data/raw.txt").write_text("raw")
    (root / "dvc.yaml").write_text(PIPELINE)
    (root / "params.yaml").write_text("clean: {x: 1}\nnets: {lstm: {}, rnn: {size: 3}}\n")
    dvc(root, "init", "--no-scm", "--quiet")
    dvc(root, "repro", "--quiet")
    return root


@pytest.fixture
def project(made, tmp_path):
    root = tmp_path / "project"
    shutil.copytree(made, root, symlinks=True)
    return root


def test_a_project_just_run_is_in_order(project):
    findings = lock.check(project)
    assert not trouble(findings)
    assert finding.exit_code(findings) == 0
    assert [each.found for each in findings if each.what == "stage train"] == ["2 as in dvc.lock"]


def test_neither_cache_nor_data_is_needed(project):
    shutil.rmtree(project / ".dvc/cache")
    shutil.rmtree(project / "models")
    (project / "data/clean.txt").unlink()
    assert not trouble(lock.check(project))
    (project / "models/lstm").mkdir(parents=True)  # as a `dvc pull` that failed leaves them
    assert not trouble(lock.check(project))


@pytest.mark.parametrize(
    ("file", "old", "new", "what", "code"),
    [
        ("stages/copy.py", "import", "import os,", "stages/copy.py", 1),
        ("params.yaml", "size: 3", "size: 4", "params.yaml: nets.rnn", 1),
        ("params.yaml", "x: 1", "x: 2", "params.yaml: clean", 1),
        ("dvc.yaml", "models/lstm reports", "models/rnn reports", "command of evaluate", 1),
        ("reports/out.txt", "raw", "row", "reports/out.txt", 1),
        ("params.yaml", "rnn: {size: 3}", "rnn: {size: 3}, gru: {}", "stage train@gru", 2),
        ("dvc.lock", "train@rnn", "train@rnn2", "stage train@rnn", 2),
        ("dvc.lock", "schema: '2.0'", "schema: [", "the pipeline", 2),
        ("dvc.yaml", "stages:", "stages: [", "the pipeline", 2),
    ],
)
def test_what_changed_since_the_run_is_named(project, file, old, new, what, code):
    path = project / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    found = trouble(lock.check(project))
    assert any(each.what == what for each in found)
    assert finding.exit_code(found) == code


def test_a_setting_that_is_null_is_there(project):
    params = project / "params.yaml"
    params.write_text(
        params.read_text("utf-8").replace("clean: {x: 1}", "clean:"), encoding="utf-8"
    )
    dvc(project, "repro", "-q")
    assert not trouble(lock.check(project))


def test_hashes_that_no_stage_handed_on_are_caught(project):
    """As after a stage was run again, and those behind it were not."""
    shutil.rmtree(project / "models")
    (project / "data/clean.txt").unlink()
    path = project / "dvc.lock"
    text = path.read_text()
    md5 = text.split("path: data/clean.txt")[1].split("md5: ")[1].split()[0]
    start, end = text.split("train@lstm:", 1)
    path.write_text(start + "train@lstm:" + end.replace(md5, "a" * 32, 1))
    assert any("data/clean.txt, read by train@lstm" in each.what for each in lock.check(project))


def test_a_leftover_that_no_stage_makes_is_caught(project):
    (project / "models/old").write_text("of a net that is no longer in the grid")
    dvc(project, "repro", "--quiet")
    (found,) = trouble(lock.check(project))
    assert "remove from models what no stage makes" in found.amount


def without_data(project):
    for folder in ("models", ".dvc/cache"):
        shutil.rmtree(project / folder)
    (project / "data/clean.txt").unlink()


def relocked(project, change):
    content = read(project / "dvc.lock")
    change(content["stages"])
    (project / "dvc.lock").write_text(yaml.safe_dump(content, sort_keys=False))


def digit(md5: str) -> str:
    return f"{'1' if md5[0] != '1' else '2'}{md5[1:]}"


@pytest.mark.parametrize("stage", ["clean", "train@lstm", "train@rnn", "evaluate"])
@pytest.mark.parametrize("kind", ["deps", "outs"])
def test_any_digest_that_is_not_the_others_is_found_without_data(project, stage, kind):
    without_data(project)

    def change(stages):
        (file, *_) = stages[stage][kind]
        file["md5"] = digit(file["md5"])

    relocked(project, change)
    assert trouble(lock.check(project))


@pytest.mark.parametrize(
    ("stage", "kind"),
    [
        *itertools.product(["clean", "train@lstm", "evaluate"], ["deps", "outs"]),
        *itertools.product(["clean", "train@lstm"], ["params"]),
    ],
)
def test_what_is_gone_from_dvc_lock_is_found_without_data(project, stage, kind):
    without_data(project)
    relocked(project, lambda stages: stages[stage].pop(kind))
    assert any("not in dvc.lock" in each.found for each in trouble(lock.check(project)))


def test_an_entry_of_a_stage_that_is_gone_is_found(project):
    relocked(project, lambda stages: stages.update({"train@gru": stages["train@rnn"]}))
    (found,) = trouble(lock.check(project))
    assert (found.what, found.found) == ("dvc.lock, entries of no stage", "1")
    assert "train@gru" in found.amount


def test_a_file_whose_time_and_size_are_as_before_is_hashed(project):
    path = project / "reports/out.txt"
    before = path.stat()
    path.write_text("row")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    (found,) = trouble(lock.check(project))
    assert (found.what, found.found) == ("reports/out.txt", "modified")


def test_a_dependency_dropped_from_dvc_yaml_is_found(project):
    path = project / "dvc.yaml"
    path.write_text(path.read_text().replace("[models, stages/copy.py]", "[models]"))
    (found,) = trouble(lock.check(project))
    assert (found.what, found.found) == ("stages/copy.py", "not in dvc.yaml")
    (project / "src").mkdir()
    graph = project / "graph.mmd"
    graph.write_text(mermaid(load(path)) + "\n")
    (found,) = trouble(declared.check(project, graph))
    assert found.what == "stages/copy.py, imported by evaluate"


def test_code_that_is_no_python_is_a_finding(project):
    (project / "src").mkdir()
    (project / "stages/copy.py").write_text("import (\n")
    found = trouble(declared.check(project, project / "none.mmd"))
    assert any("stages/copy.py is no Python" in each.amount for each in found)


def test_a_list_of_the_data_binds_what_dvc_lock_says_of_folders(project):
    """A folder's digest that stands in one place can't be told wrong without it."""
    assert manifest.write(project / "data.md5", project)
    listed = manifest.read(project / "data.md5")
    assert list(listed) == ["data/clean.txt", "models/lstm", "models/rnn"]
    assert not trouble(lock.check(project, listed))
    without_data(project)
    assert not trouble(lock.check(project, listed))
    assert not manifest.write(project / "data.md5", project)
    for file in listed:
        changed = {**listed, file: digit(listed[file])}
        assert any(file in each.what for each in trouble(lock.check(project, changed)))
        gone = {each: md5 for each, md5 in listed.items() if each != file}
        assert file == "data/clean.txt" or trouble(lock.check(project, gone))


@pytest.mark.parametrize("line", ["", "x" * 32 + "  a", "0" * 32 + "  models/lstm"])
def test_a_broken_list_of_the_data_is_one_sentence(project, line):
    manifest.write(project / "data.md5", project)
    with (project / "data.md5").open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(LabError, match=r"data\.md5, line 4 is no md5 of another file"):
        manifest.read(project / "data.md5")


@pytest.mark.parametrize("file", ["dvc.lock", "dvc.yaml", "stages/copy.py", "reports/out.txt"])
def test_a_missing_file_is_code_2(project, file):
    (project / file).unlink()
    assert finding.exit_code(lock.check(project)) == 2


# All together --------------------------------------------------------------------------------


def judged() -> Results:
    """Results that can be judged, with the verdicts on them; no net that a claim is about."""
    found = metrics()
    found.facts["explain"].gradients.nets.clear()
    found.facts["poetry"].arms.runs = {"published": {}}
    found.nets["names"] = {}
    found.claims = judge(evidence(found, {}))
    return found


@pytest.fixture
def complete(project, monkeypatch):
    """The project with metrics.json, pages and expectations, and reports of one table."""

    def text(found: Results, graph: str, language: str) -> str:
        nets = found.nets["sentiment"]["ours"].items()
        rows = [f"| {name} | {row['test_accuracy'].mean:.4f} |" for name, row in nets]
        return "\n".join([f"# {language}", graph, "| net | accuracy |", "|---|---|", *rows, ""])

    monkeypatch.setattr(assemble, "text", text)
    (project / "docs").mkdir()
    for name in ("README.md", "docs/claims.md"):
        shutil.copy(ROOT / name, project / name)
    (project / "results.json").write_text("{}")
    for name, parts in PROJECT.pages.items():
        if name not in ("README.md", "docs/claims.md"):
            part = "<!-- one -->\n| 12 |\n" + seal("| 12 |\n", project, [project / "results.json"])
            (project / name).write_text(f"In 3 minutes:\n{part * parts}")
    graph = mermaid(load(project / "dvc.yaml")) + "\n"
    (project / "docs/pipeline.mmd").write_text(graph)
    (project / "src").mkdir()
    write(project / "reports/metrics.json", judged())
    for language, name in render.REPORTS.items():
        path = project / "reports" / name
        path.write_text(text(judged(), graph, language), encoding="utf-8")
    monkeypatch.chdir(project)
    assert CliRunner().invoke(cli.app, ["expect"]).exit_code == 0
    return project


def run():
    result = CliRunner().invoke(cli.app, ["check"])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_all_in_order_is_code_0(complete):
    result = run()
    assert result.exit_code == 0, result.output
    assert " 0 drift, 0 missing" in result.output


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("reports/report.md", "0.8650", "0.8750"),
        ("reports/report.zh.md", "0.8650", "0.8651"),
        ("reports/metrics.json", "0.865", "0.866"),
        ("reports/expected.yaml", "value: 0.865,", "value: 0.965,"),
        ("stages/copy.py", "import", "import os,"),
    ],
)
def test_any_change_is_code_1(complete, file, old, new):
    path = complete / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    result = run()
    assert result.exit_code == 1, result.output
    assert "DRIFTS" in result.output


@pytest.mark.parametrize(
    "file",
    [
        "reports/report.md", "reports/report.zh.md", "reports/metrics.json",
        "reports/expected.yaml", "dvc.lock", "dvc.yaml",
    ],
)  # fmt: skip
@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe{", b"[1, 2]"])
def test_a_missing_or_broken_file_is_code_2_or_drift_and_no_traceback(complete, file, content):
    path = complete / file
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    result = run()
    assert result.exit_code in ((2,) if content is None else (1, 2)), result.output
    assert Path(file).name in result.output or "pipeline" in result.output


def test_a_workspace_needs_no_expectations(complete, monkeypatch):
    workspace = complete.parent / "workspaces/demo"
    workspace.parent.mkdir()
    complete.rename(workspace)
    (workspace / "src").rename(complete.parent / "src")
    (workspace / "src").symlink_to("../../src")
    monkeypatch.chdir(workspace)
    (workspace / "reports/expected.yaml").unlink()
    result = run()
    assert result.exit_code == 0, result.output
    assert "none needed in a workspace" in result.output


def test_metrics_that_lack_what_the_report_shows_are_one_sentence(complete):
    (complete / "reports/metrics.json").write_text('{"facts": {}}')
    result = run()
    assert result.exit_code == 2
    assert "reports/metrics.json: sentiment: field required" in result.output


def test_expect_keeps_what_a_person_widened(complete):
    path = complete / "reports/expected.yaml"
    text = path.read_text(encoding="utf-8")
    bound = re.search(rf"{LSTM}/test_accuracy: {{value: 0.865, tolerance: ([0-9.]+)", text)
    text = text.replace(bound[0], bound[0].replace(bound[1], "0.5, widened: cold"))
    path.write_text(text, encoding="utf-8")
    assert CliRunner().invoke(cli.app, ["expect"]).exit_code == 0
    bound = expected.load(path).numbers[f"{LSTM}/test_accuracy"]
    assert (bound.tolerance, bound.widened) == (0.5, "cold")


def test_a_claim_that_is_not_known_is_a_finding(complete, monkeypatch):
    def text(found: Results, *_: str) -> str:
        return "".join({"K0": "one"}[name] for name in found.claims)

    monkeypatch.setattr(assemble, "text", text)
    result = CliRunner().invoke(cli.app, ["check"], catch_exceptions=False)
    assert result.exit_code == 2
    assert "reports/metrics.json is broken" in result.output
    with pytest.raises(LabError, match=r"metrics\.json is broken"):
        CliRunner().invoke(cli.app, ["html"], catch_exceptions=False)


def test_expect_without_metrics_is_one_sentence(complete):
    (complete / "reports/metrics.json").unlink()
    result = CliRunner().invoke(cli.app, ["expect"])
    assert isinstance(result.exception, LabError)
