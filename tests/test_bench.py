"""The benchmarks: rivals are correct, everyone does the same work, results are what docs show.

No timing is judged here: a figure must be a figure, not a good one.
"""

import json
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
import typer
import yaml
from bench import (
    ROOT,
    accuracy,
    contest,
    gpu,
    growth,
    keras_style,
    measuring,
    packed,
    pipeline,
    report,
    tokenizing,
    training,
    vectors,
    waits,
)
from bench import gate as attack
from bench import names as names_bench
from bench import reviews as files
from bench.__main__ import SECTIONS, begin, flat
from bench.contest import Team, Work
from bench.corpus import Corpus
from bench.gate.tree import digit
from bench.limit import Multiplier
from bench.ours import Ours
from bench.packed import Packed, PackedClassifier, tensors
from torch.utils.flop_counter import FlopCounterMode
from typer.testing import CliRunner

from forks import FORKED
from rnnlab.corpora import sample
from rnnlab.errors import LabError
from rnnlab.labs.sentiment.settings import Shape
from rnnlab.nets.classifier import Classifier
from rnnlab.settings import base
from rnnlab.settings.base import read
from rnnlab.text.vocabulary import Vocabulary
from surnames import surnames

CORES = os.sched_getaffinity(0)
NET = "lstm-1-1-12d"


@pytest.fixture(autouse=True)
def _untracked(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "untracked://")
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")  # threads of processes that start


@pytest.fixture(autouse=True)
def _torch_as_it_was():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def _in_this_process(monkeypatch):
    """Costs are taken here, which is faster; that a process of its own can be asked is tested."""

    def cost(function, **arguments):
        started = time.perf_counter()
        result = function(**arguments)
        return measuring.Cost(time.perf_counter() - started, 50.0, result)

    for module in (accuracy, growth, measuring, names_bench, tokenizing):
        monkeypatch.setattr(module, "cost", cost)


@pytest.fixture
def _forked(monkeypatch):
    """Processes begin with what is imported already; that new ones do too is tested with malloc."""
    monkeypatch.setattr(multiprocessing, "get_context", lambda _: FORKED)


@pytest.fixture
def _one_core(monkeypatch):
    monkeypatch.setattr(contest.os, "sched_getaffinity", lambda _: {min(CORES)})


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Short reviews; in the positive ones word 2 is common, in the others word 3."""
    rng = np.random.default_rng(1)
    lengths = rng.integers(3, 12, 600)
    label = rng.integers(0, 2, 600).astype(np.int8)
    told = np.repeat(3 - label, lengths)
    ids = np.where(rng.random(lengths.sum()) < 0.5, told, rng.integers(4, 50, lengths.sum()))
    path = tmp_path_factory.mktemp("data") / "reviews.npz"
    offsets = np.concatenate([[0], lengths.cumsum()])
    part = np.where(np.arange(600) % 5, "train", "valid")
    id = np.arange(600).astype(str)
    files.write(path, files.Reviews(ids.astype(np.int32), offsets, id, part, label, "made up"))
    return path


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("corpora")
    sample.generate(folder, 1)
    return folder


def archive(raw: Path) -> Path:
    return raw / "imdb" / "aclImdb_v1.tar.gz"


# --- the contenders ---


def test_reviews_come_back_from_their_file(data):
    found = files.read(data)
    assert (found.words, found.source) == (50, "made up")
    assert found.sequence(3).tolist() == found.ids[found.offsets[3] : found.offsets[4]].tolist()


def test_timed_batches_are_as_long_as_the_epoch():
    reviews = files.generate(20_000, 100)
    warming, *timed = files.chosen(reviews, 4)
    trained = reviews.rows("train")
    assert all(len(rows) == files.BATCH for rows in timed)
    assert set(reviews.part[np.concatenate(timed)]) == {"train"}
    assert reviews.lengths(warming).mean() < min(reviews.lengths(rows).mean() for rows in timed)
    mean = reviews.lengths(np.concatenate(timed)).mean()
    assert mean == pytest.approx(reviews.lengths(trained).mean(), rel=0.1)


@pytest.mark.parametrize("style", ["seed-style", "tutorial-style"])
def test_the_rivals_learn(data, style, monkeypatch):
    monkeypatch.setitem(packed.WORDS, style, 60)
    monkeypatch.setattr(packed, "RATE", 0.01)
    contender = Packed(style, NET, Work(data, 4))
    losses = contender.train([1, 2, 3, 4] * 15)["losses"]
    assert losses[0] == pytest.approx(0.69, abs=0.1)
    assert losses[-1] < 0.5 < losses[0]


def test_the_seed_style_trains_all_its_rows():
    net = PackedClassifier(400_000, Shape("lstm", 1, 1, 2), 8)
    assert net.embedding.weight.shape == (400_000, 2)
    ids, lengths = torch.ones(3, 2, dtype=torch.int64), torch.tensor([3, 2])
    net(ids, lengths).sum().backward()
    assert net.embedding.weight.grad is not None
    assert not net.embedding.weight.grad.is_sparse


@pytest.mark.usefixtures("_one_core")
def test_all_count_the_same_tokens_in_the_same_batches(data):
    reviews = files.read(data)
    cycle = [1, 2, 3, 4]
    expected = sum(int(reviews.lengths(rows).sum()) for rows in files.chosen(reviews, 4)[1:])
    ours = Ours("ours-fp32", NET, Work(data, 4))
    done = ours.train(cycle * 2)
    assert done["tokens"] == 2 * expected
    assert ours.task.machine.precision == "fp32"
    assert done["seconds"] > 0
    assert Packed("tutorial-style", NET, Work(data, 4)).train(cycle)["tokens"] == expected


@pytest.mark.usefixtures("_one_core")
def test_ours_learns(data):
    ours = Ours("ours-fp32", NET, Work(data, 4))
    first = ours.train([1, 2, 3, 4] * 2)["losses"][0]
    for _ in range(3):
        last = ours.train([1, 2, 3, 4] * 10)["losses"][0]
    assert last < first - 0.1


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("directions", [1, 2])
def test_rivals_and_ours_are_the_same_net(data, cell, directions):
    """With the same weights: the same logits. So the work is equal."""
    theirs = PackedClassifier(50, Shape(cell, 2, directions, 12), 8)
    ours = Classifier(theirs.embedding.weight.detach(), cell, 8, 2, directions)
    library = theirs.recurrent.state_dict()
    state = {
        f"encoder.layers.{layer}.{way}.{kind}_l0": library[f"{kind}_l{layer}{end}"]
        for layer in range(2)
        for way, end in list(enumerate(["", "_reverse"]))[:directions]
        for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    }
    state |= {f"linear.{key}": value for key, value in theirs.linear.state_dict().items()}
    state["embedding.weight"] = theirs.embedding.weight.detach()
    ours.load_state_dict(state)
    reviews = files.read(data)
    ids, lengths, _ = tensors(reviews, np.arange(20), 50)
    with torch.no_grad():
        assert torch.allclose(ours(ids, lengths), theirs(ids, lengths), atol=1e-5)


def test_a_word_outside_the_small_vocabulary_is_unknown(data):
    ids, lengths, _ = tensors(files.read(data), np.arange(20), 10)
    assert ids.max() < 10
    assert (ids == 1).any()
    assert (ids != 0).sum(0).tolist() == lengths.tolist()


@pytest.mark.skipif(not keras_style.PACKAGES.exists(), reason="Keras is not installed")
@pytest.mark.parametrize("backend", keras_style.BACKENDS)
@pytest.mark.usefixtures("_one_core")
def test_keras_trains_too(data, backend):
    with keras_style.teams(backend) as (team,):
        team.enter("keras", NET, Work(data, 4))
        (done,) = team.ask(contest.train, "keras", [1, 2] * 20)
    reviews = files.read(data)
    chosen = files.chosen(reviews, 4)
    assert done["tokens"] == 20 * sum(int(reviews.lengths(chosen[each]).sum()) for each in (1, 2))
    assert done["losses"][-1] < done["losses"][0]


def test_operations_are_those_of_the_products():
    """Counted by hand for one layer, and by PyTorch's own counter for the forward pass."""
    assert contest.operations("lstm-1-1-100d") == 3 * 2 * 4 * 64 * (100 + 64)
    one, two = (contest.operations(f"gru-{layers}-2-100d") for layers in (1, 2))
    assert two - one == 3 * 2 * 3 * 64 * (128 + 64) * 2


def test_a_nets_products_are_all_there():
    """By PyTorch's own counter."""
    products = Multiplier("fp32", NET, "cpu")
    with FlopCounterMode(display=False) as counter:
        done = products.train([0, 0])
    assert done["tokens"] == counter.get_total_flops()
    with pytest.raises(ValueError, match="more than one layer"):
        Multiplier("fp32", "lstm-2-1-12d", "cpu")


@pytest.mark.parametrize("trainer", [Ours, Packed])
def test_a_profile_is_shares(trainer, data):
    style = "ours-fp32" if trainer is Ours else "tutorial-style"
    contest.build("profiled", trainer, style, NET, Work(data, 4))
    found = training.profile("profiled", [1, 2])
    contest.forget("profiled")
    assert 0.5 < sum(found["operations"].values()) <= 1.0001
    assert len(found["operations"]) == training.TOP


# --- turns, teams, processes ---


def test_contenders_take_turns():
    seen = []
    measures = {name: lambda name=name: seen.append(name) or len(seen) for name in "ab"}
    found = measuring.take_turns(measures, 3)
    assert "".join(seen) == "ababab"
    a, b = measuring.summary(found["a"]), measuring.summary(found["b"])
    assert a == {"median": 3, "low": 1, "high": 5, "values": [1, 3, 5]}
    assert measuring.ratio(b, a)["values"] == [2, 4 / 3, 6 / 5]


def test_an_exponent_is_found():
    rows = [{"reviews": size, "square": 3 * size**2, "flat": 5} for size in (1, 2, 4, 8)]
    assert measuring.exponent(rows, "square") == pytest.approx(2)
    assert measuring.exponent(rows, "flat") == pytest.approx(0)


@pytest.mark.usefixtures("_forked")
def test_a_contest_from_end_to_end(data, monkeypatch):
    """Real processes in both arrangements, a rival that can't take part, and the ratios."""
    monkeypatch.setattr(keras_style, "PACKAGES", ROOT / "nothing")
    monkeypatch.setattr(training, "SIZES", (32, 64, 128))
    monkeypatch.setattr(training, "NET", "rnn-1-1-4d")
    monkeypatch.setattr(training, "WORDS", {"tutorial-style": 25_000, "no-style": 0})
    section = training.measure(data, ["gru-1-1-12d"], "fp32", 0.05, 2)
    rows = {row["contender"]: row for row in section["rows"]}
    assert set(rows) == {"ours-fp32", "tutorial-style"}
    assert all(len(row["tokens_per_second"]["values"]) == 2 for row in rows.values())
    assert len(rows["ours-fp32"]["tried"]) == min(2, len(CORES))
    tried = rows["ours-fp32"]["tried"]
    assert rows["ours-fp32"]["arrangement"] == max(tried, key=tried.get)
    found = training.ratios(section)
    names = ("tutorial-style", "tutorial-style-fp32", "fp32-peak")
    assert set(found) == {f"gru-1-1-12d/{each}" for each in names}
    assert all(value > 0 for value in found.values())
    assert [each["precision"] for each in section["products"]] == ["fp32", "bf16"]
    assert all(each["peak_share"] > 0 for each in section["products"])


@pytest.mark.usefixtures("_one_core")
def test_what_malloc_takes_is_measured(data, monkeypatch):
    monkeypatch.setattr(training, "WORDS", {"tutorial-style": 25_000})
    monkeypatch.setattr(training, "NET", "gru-1-1-12d")
    section = training.malloc(data, "fp32", 0.05, 2)
    assert list(section["rows"]) == ["ours-fp32", "tutorial-style", "tutorial-style-kept"]
    ours, _, kept = (row["tokens_per_second"] for row in section["rows"].values())
    assert training.malloc_ratios(section) == {
        "gru-1-1-12d/tutorial-style-kept": measuring.ratio(ours, kept)["median"]
    }


def test_a_process_told_to_keep_its_blocks_keeps_them():
    """What the variables are for: a freed block of 256 MiB stays with the process."""
    code = "[len(b'x' * (1 << 28)), __import__('psutil').Process().memory_info().rss][-1]"
    held = []
    for told in ({}, training.KEEP):
        with Team(Multiplier, [CORES], **told) as team:
            held += team.ask(eval, code)
    assert 200 < (held[1] - held[0]) / 2**20 < 300


def test_a_mistaken_name_is_told_first(data):
    with pytest.raises(LabError, match="--nets: 'lstm-1' is not a net's name"):
        training.measure(data, ["lstm-1-1-100d", "lstm-1"], "fp32", 0.1, 1)


@pytest.mark.usefixtures("_forked")
def test_a_broken_contender_says_why(data):
    with Team(Packed, [{min(CORES)}]) as team:
        with pytest.raises(KeyError, match="no-style"):
            team.enter("no-style", NET, Work(data, 4))
        with pytest.raises(LabError, match=r"ours-no can't train lstm-1-1-12d: .*ours-no"):
            contest.race(NET, {"ours-no": [team]}, Work(data, 4), 0.1, 1)


def test_a_cost_is_seconds_and_peak_memory_of_the_whole_tree(tmp_path, monkeypatch):
    """The child lives until it has been looked at, however busy the machine."""
    child = (
        "import pathlib, sys, time\n"
        "x, (full, seen) = bytearray(200 << 20), map(pathlib.Path, sys.argv[1:])\n"
        "full.touch()\n"
        "while time.sleep(0.5) or not seen.exists(): pass"
    )
    parent = "import subprocess, sys; x = bytearray(300 << 20); "
    parent += "subprocess.run([sys.executable, '-c', *sys.argv[1:]])"
    full, seen = tmp_path / "full", tmp_path / "seen"
    children = measuring.psutil.Process.children

    def look(*asked, **how):
        if full.exists():
            looks.append(1)
        if len(looks) > 1:  # the one before was at both
            seen.touch()
        return children(*asked, **how)

    looks = []
    monkeypatch.setattr(measuring.psutil.Process, "children", look)
    told = [child, str(full), str(seen)]
    spent = measuring.cost(subprocess.check_call, args=[sys.executable, "-c", parent, *told])
    assert 500 < spent.peak_mib < 640
    assert spent.seconds > 0.5
    with pytest.raises(subprocess.CalledProcessError, match="exit status 3"):
        measuring.cost(subprocess.check_call, args=[sys.executable, "-c", "raise SystemExit(3)"])


# --- the other sections, small ---


@pytest.mark.usefixtures("_in_this_process")
def test_both_train_to_an_accuracy(tmp_path, monkeypatch):
    monkeypatch.setattr("bench.corpus._mirror", lambda: None)
    monkeypatch.setitem(packed.WORDS, "seed-style", 2500)
    monkeypatch.setattr(accuracy, "RATE", 0.01)
    changes = {"epochs": 2, "hidden": 8, "batch": 32, "precision": "fp32", "learning_rate": 0.01}
    section = accuracy.measure(Corpus(tmp_path).features(), changes)
    assert [row["contender"] for row in section["rows"]] == ["ours", "seed-style"]
    for done in section["rows"]:
        assert 0.5 < done["test_accuracy"] <= 1
        assert done["epochs"][1]["train_loss"] < done["epochs"][0]["train_loss"]
    points = 100 * (section["rows"][0]["test_accuracy"] - section["rows"][1]["test_accuracy"])
    assert list(accuracy.ratios(section).values()) == [points]


def test_the_picker_and_the_dict_pick_the_same(tmp_path, monkeypatch):
    words = ["<pad>", "<unk>", *(f"w{number}" for number in range(300)), "naïve"]
    Vocabulary(words).write(tmp_path / "vocabulary.txt")
    monkeypatch.setattr(vectors, "LINES", 2000)
    section = vectors.measure(tmp_path / "vocabulary.txt", tmp_path, 1)
    assert 180 < int(section["found"].split()[0]) < 300
    glove = next(tmp_path.glob("glove*")).read_text(encoding="utf-8").splitlines()
    assert len(glove) == len({line.split()[0] for line in glove}) == 2000
    assert {len(line.split()) for line in glove} == {101}
    assert set(vectors.ratios(section)) == {"vectors/dict-loop", "vectors/dict-loop-memory"}


def test_reviews_stream_on_past_the_end_of_the_archive(raw):
    found = list(tokenizing.stream(archive(raw), 1700))
    assert len({review.id for review in found}) == 1700
    assert found[0].text == found[1500].text


@pytest.mark.usefixtures("_in_this_process")
def test_tokenizing_is_measured(raw, monkeypatch):
    monkeypatch.setattr(tokenizing, "TIMES", (1, 16))
    monkeypatch.setattr(tokenizing, "REVIEWS", 200)
    monkeypatch.setattr(tokenizing, "BASE", 30)
    section = tokenizing.measure(archive(raw), 1)
    assert [row["reviews"] for row in section["memory"]] == [30, 480]
    assert all(rates["median"] > 0 for rates in section["reviews_per_second"].values())
    assert set(tokenizing.ratios(section)) == {"tokenize/plain-loop", "tokenize/memory-16-times"}


@pytest.mark.usefixtures("_in_this_process")
def test_growth_is_measured(raw, monkeypatch):
    monkeypatch.setattr(growth, "TIMES", (1, 2))
    monkeypatch.setattr(growth, "BASE", 100)
    section = growth.measure(archive(raw), raw)
    assert [row["step"] for row in section["rows"]] == ["tokenize", "embed", "train"] * 2
    assert set(section["exponents"]) == {"tokenize", "embed", "train"}
    assert len(growth.ratios(section)) == 6


@pytest.mark.usefixtures("_in_this_process")
def test_names_are_measured_to_the_same_accuracy(tmp_path, monkeypatch):
    surnames(tmp_path / "names.parquet", starts=10, languages=2)
    monkeypatch.setattr(names_bench, "SEEDS", (1,))
    params = base.read(names_bench.PARAMS)
    params["names"]["published"]["training"] |= {"steps": 200, "block": 100}
    epochs = params["names"]["batched"]["epochs"]
    epochs |= dict.fromkeys(epochs, 3)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    monkeypatch.setattr(names_bench, "PARAMS", tmp_path / "params.yaml")
    section = names_bench.measure(tmp_path / "names.parquet")
    assert section["examples"] == 200
    assert [row["net"] for row in section["rows"]] == ["tutorial-rnn", "lstm"]
    assert all(0.5 <= row["accuracy"] <= 1 for row in section["rows"])
    assert "names/one-at-a-time-by-example" in names_bench.ratios(section)


def test_the_time_to_an_accuracy_is_that_of_the_first_point_there():
    points = ((1.0, 0.3), (2.0, 0.6), (3.0, 0.5))
    curve = [{"seconds": seconds, "accuracy": accuracy} for seconds, accuracy in points]
    assert names_bench.reached(curve, 0.5) == 2.0
    assert names_bench.reached(curve, 0.9) is None


def test_the_bare_pipeline_has_as_many_stages_files_and_parameters(tmp_path):
    lock = read(ROOT / "dvc.lock")["stages"].values()
    pipeline.bare(ROOT / "dvc.lock", tmp_path)
    stages = read(tmp_path / "dvc.yaml")["stages"].values()
    assert len(stages) == len(lock)
    for ours, bare in zip(lock, stages, strict=True):
        for key in ("deps", "outs"):
            assert len(bare.get(key, [])) == len(ours.get(key, []))
        keys = ours.get("params", {}).values()
        assert len(bare.get("params", [])) == sum(map(len, keys))
    outs = {out for stage in stages for out in stage.get("outs", [])}
    deps = {dep for stage in stages for dep in stage["deps"]}
    assert outs & deps, "stages read what others write, as ours do"
    assert all((tmp_path / dep).exists() for dep in deps - outs)


def test_a_wait_counts_its_processes_work():
    burn = "import time\nwhile time.process_time() < 0.5: pass"
    spent, told = waits.spent_on(lambda: subprocess.check_output([sys.executable, "-c", burn]))
    assert told == b""
    assert 0.5 <= spent["core_seconds"] < 5
    assert spent["seconds"] > 0


def test_the_longest_files_of_tests_come_first(tmp_path):
    for name, seconds in (("one", 0.1), ("two", 0.4)):
        text = f"import time\ndef test_{name}(): time.sleep({seconds})\n"
        (tmp_path / "tests").mkdir(exist_ok=True)
        (tmp_path / "tests" / f"test_{name}.py").write_text(text)
    found = tmp_path / "tests.xml"
    options = ["-p", "no:cacheprovider", "--rootdir", ".", f"--junitxml={found}"]
    subprocess.run([sys.executable, "-m", "pytest", *options], cwd=tmp_path, check=True)
    files = waits.longest(found)
    assert list(files) == ["test_two.py", "test_one.py"]
    assert files["test_two.py"] >= 0.4


def test_the_peak_of_a_pipeline_is_read_where_its_stages_wrote_it(tmp_path):
    spent = tmp_path / "timings" / "stages"
    spent.mkdir(parents=True)
    for name, peak in {"download": 60.0, "names-train@a": 500.0, "names-train@b": 640.0}.items():
        facts = {"started": 1.0, "ended": 4.0, "core_seconds": 2.0, "peak_memory": peak}
        (spent / f"{name}.json").write_text(json.dumps(facts), encoding="utf-8")
    section = pipeline.stages(tmp_path)
    rows = {
        row["stage"]: (row["times"], row["seconds"], row["peak_mib"]) for row in section["rows"]
    }
    assert rows == {"download": (1, 2.0, 60.0), "names-train": (2, 4.0, 640.0)}
    assert pipeline.stages_ratios(section) == {"stages/largest-peak": 0.25}
    with pytest.raises(LabError, match="bring the pipeline there up to date"):
        pipeline.stages(tmp_path / "elsewhere")


def test_corpora_are_generated_where_no_mirror_is(tmp_path, monkeypatch):
    monkeypatch.setattr("bench.corpus._mirror", lambda: None)
    monkeypatch.setattr("bench.corpus.GENERATED", (50, 100))
    corpus = Corpus(tmp_path)
    assert corpus.source == "generated"
    assert files.read(corpus.reviews()).source.startswith("generated")
    assert corpus.names().exists()
    assert (corpus.features() / "vocabulary.txt").exists()
    monkeypatch.setattr(corpus, "source", "real")
    corpus.reviews().unlink()
    found = files.read(corpus.reviews())
    assert (len(found.label), set(found.part)) == (1000, {"train", "valid"})
    assert found.words == len(Vocabulary.read(corpus.features() / "vocabulary.txt"))


# --- the GPU's, on the CPU as far as it goes ---


def test_the_gpus_needs_no_heavy_package():
    absent = ("dvc", "mlflow", "spacy", "pandas", "matplotlib", "jinja2", "requests")
    code = f"import sys; sys.modules.update(dict.fromkeys({absent})); import bench.gpu"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.usefixtures("_one_core", "_forked")
def test_the_gpus_measurements(data):
    work = Work(data, 2)
    (first, *_) = rows = gpu.table(work, ["rnn-1-1-4d"], 1)
    assert first["tokens_per_second"]["median"] > 0
    assert len(rows) == 4
    with_shares = [contest.with_share(row, {"fp32": 1e9, "bf16": 2e9}) for row in rows]
    found = training.ratios({"default": "ours-bf16", "rows": with_shares})
    assert {f"rnn-1-1-4d/{style}" for style in packed.WORDS} < set(found)
    busy = gpu.until_busy(work, "rnn-1-1-4d", 2)
    assert [row["processes"] for row in busy] == [1, 2]
    done = gpu.grid(work, ["rnn-1-1-4d", "gru-1-1-4d"], 0.5, 1, epochs=10)
    assert done["projected_minutes"] > 0


def test_a_machine_without_cuda_is_told_so(data):
    if torch.cuda.is_available():
        pytest.skip("there is one")
    app = typer.Typer()
    app.command()(gpu.main)
    done = CliRunner().invoke(app, [str(data)])
    assert done.exit_code == 1
    assert "PyTorch sees no CUDA device" in str(done.exception)


# --- the gate's ---


def test_a_tree_is_put_back_to_the_byte_and_the_time(tmp_path):
    (tmp_path / "a.txt").write_text("12")
    (tmp_path / "b.txt").write_text("34")
    before = [(path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(tmp_path.iterdir())]
    tree = attack.Tree(tmp_path, has_data=False)
    digit(Random(1), tree, "a.txt", keep_time=True)
    assert (tmp_path / "a.txt").read_text() != "12"
    assert (tmp_path / "a.txt").stat().st_mtime_ns == before[0][1]
    tree.remove("b.txt")
    tree.write("c.txt", "one too many")
    tree.restore()
    after = [(path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(tmp_path.iterdir())]
    assert after == before


def test_what_was_missed_and_what_was_complained_of_is_wrong():
    names = {each.wanted: name for name, each in attack.KINDS.items()}
    rows = [
        {"kind": name, "found": found} for name in names.values() for found in (0, 2)
    ]  # fmt: skip
    assert list(attack.wrong(rows)) == [
        {"kind": names[attack.CAUGHT], "found": 0},
        {"kind": names[attack.PASSES], "found": 2},
    ]
    assert "Of 2 changes that must be found, 50.0% were." in attack.page(rows)


def test_a_kind_of_change_that_is_not_there_is_told_of():
    with pytest.raises(LabError, match="no kind has 'typo' in its name"):
        attack.main(only="typo")


def test_the_page_of_the_gate_shows_the_committed_rates():
    rows = json.loads(attack.RESULTS.read_text(encoding="utf-8"))
    assert attack.page(rows).strip() in attack.PAGE.read_text(encoding="utf-8")


# --- results and page ---


def test_ratios_stand_flat_at_the_top(tmp_path):
    results = begin(tmp_path / "results.json", {"cores": 2})
    assert next(iter(results)) == "ratios"
    results["sections"]["vectors"] = {
        name: {"seconds": measuring.summary([1.0]), "peak_mib": measuring.summary([1.0])}
        for name in ("ours", "dict-loop")
    }
    assert flat(results["sections"]) == {"vectors/dict-loop": 1.0, "vectors/dict-loop-memory": 1.0}
    (tmp_path / "results.json").write_text(json.dumps(results))
    assert begin(tmp_path / "results.json", {"cores": 2}) == results
    assert begin(tmp_path / "results.json", {"cores": 4})["sections"] == {}
    results["versions"] |= {"a rival that is not here": "1"}
    (tmp_path / "results.json").write_text(json.dumps(results))
    assert begin(tmp_path / "results.json", {"cores": 2}) == results
    results["versions"] |= {"python": "2.7"}
    (tmp_path / "results.json").write_text(json.dumps(results))
    assert begin(tmp_path / "results.json", {"cores": 2})["sections"] == {}


def test_the_page_says_what_is_not_measured(tmp_path):
    text = report.render(tmp_path / "none.json", tmp_path / "none either.json")
    assert text.count("Not measured") == len(SECTIONS) + 1
    assert "None" not in text


def test_the_committed_page_shows_the_committed_results():
    text = report.PAGE.read_text(encoding="utf-8")
    assert text.startswith(report.render(report.RESULTS, report.GPU) + "<!-- made: text ")
