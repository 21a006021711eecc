"""The poetry lab: cleaning, split, net, loss, composing, measures, the report's section."""

import contextlib
import gzip
import io
import json
import math
import re
import shutil
import tarfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import get_args
from unittest.mock import Mock

import numpy as np
import pytest
import torch
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.ft2font import FT2Font

import made
from places import MIRROR, needs_mirror
from rnnlab.corpora import tangshi
from rnnlab.corpora.variants import USUAL
from rnnlab.document import style
from rnnlab.document.figures import learning_curve
from rnnlab.document.parts import figure_file
from rnnlab.document.results import DatasetOrigin, Results, StageTimes
from rnnlab.document.text import tell
from rnnlab.errors import LabError
from rnnlab.labs.poetry import (
    baseline,
    compositions,
    data,
    figures,
    gather,
    measures,
    output_layer,
    scores,
    train_as_published,
)
from rnnlab.labs.poetry import train as poetry
from rnnlab.labs.poetry.facts import Facts, Measure
from rnnlab.labs.poetry.predict import Draft, Poet, Style, answer, compose, sample
from rnnlab.labs.poetry.section import MEASURES, _vocabulary, interval, section
from rnnlab.labs.poetry.settings import BaselineSettings, PoetrySettings
from rnnlab.nets.language_model import Dropout, LanguageModel, Output
from rnnlab.report import render
from rnnlab.report.evaluate import histories
from rnnlab.runs import baselines
from rnnlab.runs.catalogue import Runs, collect, summaries
from rnnlab.runs.history import Epoch
from rnnlab.runs.scores import Nets
from rnnlab.settings.base import check
from rnnlab.text.vocabulary import Vocabulary
from rnnlab.training import experiment, machine
from rnnlab.training.experiment import Places

SETTINGS = yaml.safe_load("""
split: {valid_fraction: 0.1, test_fraction: 0.1, seed: 1}
vocabulary: {max_size: 500, min_count: 1}
training:
  embedding: 16
  hidden: 16
  layers: 1
  dropout: 0.0
  clusters: [20, 60]
  batch: 8
  max_symbols: 400
  epochs: 2
  learning_rate: 0.01
  last_learning_rate: 0.1
  weight_decay: 0.01
  clip_norm: 1.0
  device: cpu
  precision: fp32
  threads: 1
seeds: [1]
nets: {rnn: {}, lstm: {}, gru: {}}
published:
  training:
    relu: true
    shuffled: false
    optimizer: rmsprop
    batch: 8
    epochs: 2
    learning_rate: 0.01
    clip_norm: 1.0
    max_symbols: 400
    keep_weights: false
    device: cpu
    precision: fp32
    threads: 1
  seed: 1
  arms:
    as-published: {keep_weights: true}
    all-together: {relu: false, shuffled: true, optimizer: adam, learning_rate: 0.001, epochs: 1}
  again: {seed: 2, epochs: 1, arms: [as-published]}
baseline: {longest: 3}
compose:
  openings: [日, 月]
  temperature: 0.8
  top_k: null
  top_p: 0.95
  max_symbols: 40
  measured: 4
  seed: 1
""")
CHARACTERS = "日月山水风云花鸟人天地春秋江海明清高长白青远近来去行坐看听不无有一千万里上下中外"


def archive(path: Path, poems: list[list[str]]) -> Path:
    records = [
        {"author": "無名", "title": "題", "paragraphs": each, "id": str(number)}
        for number, each in enumerate(poems)
    ]
    content = json.dumps(records, ensure_ascii=False).encode()
    with tarfile.open(path, "w:gz") as tar:
        info = tarfile.TarInfo("chinese-poetry/全唐诗/poet.tang.0.json")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return path


def made_up(number: int) -> list[list[str]]:
    rng = np.random.default_rng(0)

    def line(width: int) -> str:
        return "".join(rng.choice(list(CHARACTERS), width))

    return [
        [f"{line(width)}，{line(width)}。" for _ in range(2)]
        for width in (5 if each % 2 else 7 for each in range(number))
    ]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with cleaned poems, features and a trained net of each cell."""
    root = tmp_path_factory.mktemp("poetry")
    settings = check(PoetrySettings, SETTINGS, "poetry")
    raw = archive(root / "poems.tar.gz", made_up(80))
    (root / "poems").mkdir()
    tangshi.write(
        raw, root / "poems" / "tangshi.parquet", root / "poems" / "cleaning.json", 0.1, 0.1, 1
    )
    data.write(root / "features", tangshi.read(root / "poems" / "tangshi.parquet"), 500, 1)
    for run in settings.runs():
        if run.regime == "ours":
            train(root, run.net, run.seed, settings, "models")
        else:
            training, seed = settings.published.arm(run.net, again=run.regime == "again")
            where = places_of(root / "models" / run.folder, root / "timings" / run.folder)
            train_as_published.train(run.net, seed, training, root / "features", where)
    return root


def places_of(run: Path, timing: Path) -> Places:
    return Places(run, timing.with_name(f"{timing.name}.json"), run.with_suffix(".safetensors"))


def train(root: Path, net: str, seed: int, settings: PoetrySettings, models: str) -> Path:
    run = root / models / net / f"seed-{seed}"
    timing = root / "timings" / net / f"seed-{seed}.json"
    places = Places(run, timing, root / "checkpoints" / f"{net}.safetensors")
    poetry.train(net, seed, settings.net(net), root / "features", places)
    return run


def collected(root: Path) -> Runs:
    planned = check(PoetrySettings, SETTINGS, "poetry").runs()
    return collect(root / "models", root / "timings", planned)


@pytest.fixture(autouse=True, scope="module")
def _untracked() -> Iterator[None]:
    """No tracking store: it takes longer than these trainings."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "Tracker", Mock())
        yield


# --- corpus ---


def test_cleaning_counts_what_falls_away(tmp_path: Path) -> None:
    poems = [
        ["秦川雄帝宅，函谷壯皇居。", "綺殿千尋起，離宮百雉餘。"],  # stays, made simplified
        ["秦川雄帝宅，函谷壯皇居。", "綺殿千尋起，離宮百雉餘。"],  # the same again
        ["秦川雄帝宅，函谷壯皇居。", "綺殿千尋遠，離宮百雉餘。"],  # another reading of it
        ["白日依山盡（一作「去」），黃河入海流。", "欲窮千里目，更上一層樓。（見《某（書）》）"],
        ["春眠不□曉，處處聞啼鳥。"],
        ["（此首缺）"],
        ["一二三。"],
        ["abc，白日依山。"],
        ["噫吁嚱，危乎高哉。", "蜀道之難，難於上青天。"],
    ]
    kept, counts = tangshi.poems(archive(tmp_path / "a.tar.gz", poems))
    dropped = dict.fromkeys(("empty", "gaps", "symbols", "fragments", "doubles", "variants"), 1)
    stayed = {"kept": 3, "five": 2, "seven": 0, "other": 1}
    assert counts == {"read": 9, "with_notes": 2, **dropped, **stayed}
    assert kept[0].text == "秦川雄帝宅，函谷壮皇居。绮殿千寻起，离宫百雉余。"
    assert kept[1].text == "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
    assert [poem.form for poem in kept] == ["five", "five", "other"]
    assert counts["read"] - counts["kept"] == sum(counts[each] for each in dropped)


def test_variants_of_characters_become_the_usual_ones() -> None:
    assert tangshi.simplify("鴈疎鎸徧猨") == "雁疏镌遍猿"
    assert all(len(usual) == 1 for usual in USUAL.values())
    settled = {chr(variant) for variant in USUAL} & set(USUAL.values())
    assert not settled
    assert all(tangshi.simplify(usual) == usual for usual in USUAL.values())


def test_a_part_of_a_poem_is_dropped_and_the_whole_stays(tmp_path: Path) -> None:
    whole = ["床前明月光，疑是地上霜。", "举头望明月，低头思故乡。"]
    kept, counts = tangshi.poems(archive(tmp_path / "a.tar.gz", [whole[:1], whole]))
    assert [poem.text for poem in kept] == ["".join(whole)]
    assert counts["variants"] == 1


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("淮[右]（石）（从雍文华校本改）奔竞。", "淮右奔竞。"),
        ("为见[一]，楚老。（[一]王云「军」疑", "为见，楚老。"),
        ("翻涛更好看。〖2〗。", "翻涛更好看。"),
        ("《采芑》歌言旋。", "采芑歌言旋。"),
        ("。日出，，月落。", "日出，月落。"),
    ],
)
def test_notes_are_taken_out(text: str, clean: str) -> None:
    assert tangshi.without_notes(text) == clean


def test_no_line_pair_of_a_held_out_poem_is_in_training(workspace: Path) -> None:
    rows = tangshi.read(workspace / "poems" / "tangshi.parquet")
    parts = {part: [row["text"] for row in rows if row["part"] == part] for part in tangshi.PARTS}
    counts = json.loads((workspace / "poems" / "cleaning.json").read_text())
    assert len(parts["train"]) == counts["train"]
    for part in ("valid", "test"):
        assert len(parts[part]) == counts[part] == round(0.1 * len(rows))
    assert len(set().union(*parts.values())) == len(rows)


def packed(path: Path, content: bytes, name: str = "0") -> Path:
    """An archive of one file of poems with this content."""
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo(f"chinese-poetry/全唐诗/poet.tang.{name}.json")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return path


POEM = {"title": "題", "author": "無名", "paragraphs": ["日照香爐生紫煙。"]}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ([POEM, POEM | {"title": None}], r"at 1\.title \(Input should be a valid string\)"),
        ([POEM | {"author": 3}], r"at 0\.author"),
        ([POEM | {"paragraphs": "日照"}], r"at 0\.paragraphs \(Input should be a valid array\)"),
        ([POEM | {"paragraphs": [None]}], r"at 0\.paragraphs\.0"),
        ([{"title": "題"}], r"at 0\.author \(Field required\)"),
        ([POEM, 7], "at 1 "),
        ({"poems": [POEM]}, r"\(Input should be a valid array\)"),
        (b"null", "Input should be a valid array"),
        (b"", "Invalid JSON"),
        (b"\xff", "Invalid JSON"),
        (b"[" * 10**6, "Invalid JSON: recursion limit"),
        (json.dumps([POEM | {"title": "\ud800"}]).encode(), "Invalid JSON"),
        (b"9" * 5000, "number out of range"),
    ],
    ids=range(13),
)
def test_json_that_is_no_list_of_poems_is_told(tmp_path: Path, content, complaint) -> None:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    path = packed(tmp_path / "a.tar.gz", text)
    message = rf"a\.tar\.gz: poet\.tang\.0\.json is not a list of poems.*{complaint}"
    with pytest.raises(LabError, match=message):
        tangshi.poems(path)


def test_a_file_of_poems_with_a_number_that_is_none_is_passed_over(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.tar.gz", b"[]", "9" * 5000)
    with pytest.raises(LabError, match="holds no poems"):
        tangshi.poems(path)


@pytest.mark.parametrize(
    ("poems", "complaint"),
    [
        ([], r"no poem is left after cleaning \(\);"),
        (
            [["□□□□□，□□□□□。"], ["（缺）"]],
            r"no poem is left after cleaning \(read 2, with_notes 1, ",
        ),
        (["春眠不覺曉，處處聞啼鳥。"], "too small to be split 20% off"),
    ],
)
def test_too_few_poems_are_told(tmp_path: Path, poems, complaint) -> None:
    path = archive(tmp_path / "a.tar.gz", [list(each) for each in poems])
    with pytest.raises(LabError, match=rf"a\.tar\.gz: .*{complaint}"):
        tangshi.write(path, tmp_path / "poems.parquet", tmp_path / "counts.json", 0.1, 0.1, 1)
    assert [each.name for each in tmp_path.iterdir()] == ["a.tar.gz"]


def test_notes_in_notes_without_end_take_no_longer_than_a_text() -> None:
    depth = 200_000
    began = time.monotonic()
    assert tangshi.without_notes(f"日月，{'（' * depth}山{'）' * depth}") == "日月，"
    assert time.monotonic() - began < 10
    assert tangshi.without_notes("日（一（二（三）四）五）月") == "日月"


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    more=st.lists(
        st.fixed_dictionaries(
            {
                "title": st.text(max_size=3) | st.none(),
                "author": st.text(max_size=3),
                "paragraphs": st.lists(
                    st.text("日月山水（）〖[□，。a\0\ud800", max_size=12), max_size=4
                ),
            }
        )
        | st.none(),
        max_size=2,
    ),
    end=st.just(b"") | st.binary(max_size=3),
)
def test_whatever_else_is_in_the_json_rows_or_a_lab_error_come_out(
    tmp_path: Path, more, end
) -> None:
    def divided(poems: list, end: bytes = b"") -> list[dict[str, str]]:
        path = packed(tmp_path / "a.tar.gz", json.dumps(poems).encode() + end)
        tangshi.write(path, tmp_path / "poems.parquet", tmp_path / "counts.json", 0.25, 0.25, 1)
        return tangshi.read(tmp_path / "poems.parquet")

    plain = [{"title": "題", "author": "無名", "paragraphs": each} for each in made_up(12)]
    assert len(divided(plain)) == 12
    with contextlib.suppress(LabError):
        rows = divided([*plain, *more], end)
        assert 12 <= len(rows) <= 12 + len(more)
        assert {row["part"] for row in rows} == set(tangshi.PARTS)
        assert all(len(tangshi.lines(row["text"])) >= 2 for row in rows)


def test_an_archive_without_poems_is_told(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.tar.gz", "wb") as file, tarfile.open(fileobj=file, mode="w"):
        pass
    with pytest.raises(LabError, match="holds no poems"):
        tangshi.poems(tmp_path / "a.tar.gz")


@needs_mirror
def test_a_slice_of_the_real_poems() -> None:
    kept, counts = tangshi.poems(MIRROR / "tang-poems.tar.gz")
    assert counts["read"] == 57607
    assert counts["kept"] > 50000
    assert counts["five"] + counts["seven"] > 0.9 * counts["kept"]
    assert all(tangshi._WHOLE.fullmatch(poem.text) for poem in kept)


# --- characters ---


def test_encode_and_decode() -> None:
    known = data.vocabulary(["日日月", "日山"], 10, 1)
    assert known.words[:5] == ["<pad>", "<unk>", "<start>", "<end>", "日"]
    ids = data.encode("日山", known)
    assert ids[0] == data.START_ID
    assert ids[-1] == data.END_ID
    assert data.decode(ids, known) == "日山"
    assert data.decode(data.encode("日海", known), known) == "日□"


def test_the_vocabulary_comes_from_the_training_part_alone(tmp_path: Path) -> None:
    rows = [
        {"id": "1", "text": "日月日月", "part": "train"},
        {"id": "2", "text": "日海湖", "part": "test"},
    ]
    data.write(tmp_path, rows, 10, 2)
    report = json.loads((tmp_path / "coverage.json").read_text())
    assert report["test_unknown"] == 2
    assert report["unknown_kinds"] == 2
    # 日: 2 + 1 of 4 + 6; <unk>: 0 + 1 of 4 + 6
    assert report["unigram_nll"] == pytest.approx(-(math.log(0.3) + 2 * math.log(0.1)) / 3)
    poems = data.read(tmp_path)
    assert poems.lengths(np.array([0, 1])).tolist() == [5, 4]


@pytest.mark.parametrize(
    ("text", "most", "least", "complaint"),
    [
        ("日月", 10, 2, "no character of the poems occurs 2 times .* lower poetry.vocabulary.min"),
        ("".join(map(chr, range(0x4E00, 0x4E00 + 2**15))), 2**16, 1, "must be below 32,764"),
    ],
    ids=["too few", "too many"],
)
def test_a_vocabulary_of_no_character_or_of_too_many_is_refused(
    tmp_path: Path, text: str, most: int, least: int, complaint: str
) -> None:
    with pytest.raises(LabError, match=complaint):
        data.write(tmp_path, [{"id": "1", "text": text, "part": "train"}], most, least)


# --- net ---


@pytest.mark.parametrize("clusters", [(), (5,), (4, 9), (4, 9, 100)])
def test_all_probabilities_add_up_and_agree_with_the_loss(clusters: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    layer, table, x = Output(12, 6, clusters), torch.randn(12, 6), torch.randn(12, 6)
    layer.bias.data.normal_()
    probabilities = layer.log_probabilities(x, table)
    assert torch.allclose(probabilities.exp().sum(1), torch.ones(12), atol=1e-6)
    targets = torch.arange(12)
    nats = layer.surprise(x, targets, table).nats
    assert torch.allclose(nats, -probabilities[targets, targets], atol=1e-6)


def test_without_clusters_it_is_the_plain_softmax() -> None:
    torch.manual_seed(0)
    layer, table, x = Output(9, 4), torch.randn(9, 4), torch.randn(3, 4)
    expected = torch.log_softmax(x @ table.T + layer.bias, 1)
    assert torch.allclose(layer.log_probabilities(x, table), expected, atol=1e-6)
    assert layer.surprise(x, expected.argmax(1), table).hits.all()


@pytest.mark.parametrize("clusters", [(), (5,), (4, 9)])
def test_the_biases_begin_with_how_frequent_symbols_are(clusters: tuple[int, ...]) -> None:
    layer, table, x = Output(12, 6, clusters), torch.zeros(12, 6), torch.zeros(1, 6)
    counts = torch.arange(12, 0, -1)
    layer.begin_with(counts)
    expected = (counts + 1) / (counts + 1).sum()
    assert torch.allclose(layer.log_probabilities(x, table).exp()[0], expected, atol=1e-6)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_going_on_step_by_step_equals_reading_at_once(cell: str, layers: int) -> None:
    torch.manual_seed(0)
    net = LanguageModel(cell, 30, 8, 8, layers).eval()
    ids = torch.randint(30, (6, 3))
    whole, _ = net.states(ids)
    state, steps = None, []
    for row in ids:
        out, state = net.states(row[None], state)
        steps.append(out)
    assert torch.allclose(whole, torch.cat(steps), atol=1e-6)


def test_the_loss_counts_real_symbols_only(workspace: Path) -> None:
    settings = check(PoetrySettings, SETTINGS, "poetry").training
    where = machine.prepare(settings)
    poems = data.read(workspace / "features")
    net = poetry.language_model("gru", 50, settings, 1)
    task = poetry.PoetryTask("gru", 1, net, poems, settings, where)
    rows = poems.rows("valid")
    together = task.score(rows)
    alone = [task.score(rows[place : place + 1]) for place in range(len(rows))]
    assert together.items == int(poems.lengths(rows).sum())
    assert together.loss.item() == pytest.approx(sum(each.loss.item() for each in alone), rel=1e-5)
    assert together.correct == sum(each.correct for each in alone)


def test_weights_decay_but_the_table_and_biases_do_not(workspace: Path) -> None:
    settings = check(PoetrySettings, SETTINGS, "poetry").training.model_copy(
        update={"weight_decay": 0.5}
    )
    where = machine.prepare(settings)
    net = poetry.language_model("lstm", 50, settings, 1)
    task = poetry.PoetryTask("lstm", 1, net, data.read(workspace / "features"), settings, where)
    before = {name: each.detach().clone() for name, each in net.named_parameters()}
    optimizer = task.optimizer()
    for each in net.parameters():
        each.grad = torch.zeros_like(each)
    optimizer.step()
    for name, each in net.named_parameters():
        spared = name == "embedding.weight" or each.dim() == 1
        share = 1.0 if spared else 1 - settings.learning_rate * 0.5
        assert torch.allclose(each, before[name] * share), name


def test_every_poem_is_in_one_batch_and_pieces_keep_to_their_size(workspace: Path) -> None:
    settings = check(PoetrySettings, SETTINGS, "poetry").training.model_copy(
        update={"max_symbols": 100}
    )
    where = machine.prepare(settings)
    poems = data.read(workspace / "features")
    net = poetry.language_model("rnn", 50, settings, 1)
    task = poetry.PoetryTask("rnn", 1, net, poems, settings, where)
    task.optimizer()
    batches = task.train_batches(1)
    assert sorted(np.concatenate(batches)) == poems.rows("train").tolist()
    cut = [piece for batch in batches for piece in task.pieces(batch)]
    assert all(task.batch(rows).ids.numel() <= 100 for rows in cut)
    assert len(cut) > len(batches)
    assert [task.items(batch) for batch in batches] == [
        sum(task.score(piece).items for piece in task.pieces(batch)) for batch in batches
    ]


def test_scores_of_a_run(workspace: Path) -> None:
    run = collected(workspace)["ours"]["gru"][1]
    found = run.run.scores
    assert found["perplexity"] == pytest.approx(math.exp(found["test_nll"]))
    assert found["perplexity_hanzi"] == pytest.approx(math.exp(found["test_nll_hanzi"]))
    assert found["test_nll_hanzi"] > found["test_nll"]
    assert found["test_nll_upper"] >= found["test_nll"]
    assert 0 < found["test_nll"] < 5
    poems = scores.read_poems(run.folder, "test")
    assert found["test_nll"] == pytest.approx(poems.nats.sum() / poems.symbols.sum())
    assert found["test_nll_error"] == pytest.approx(scores.error(poems))
    assert len(scores.read_poems(run.folder, "train").row) == len(poems.row)


def test_a_run_repeated_gives_the_same_bits(workspace: Path) -> None:
    settings = check(PoetrySettings, SETTINGS, "poetry")
    again = train(workspace, "gru", 1, settings, "again")
    for name in ("model.safetensors", "run.json", "history.csv"):
        first = workspace / "models" / "gru" / "seed-1" / name
        assert first.read_bytes() == (again / name).read_bytes()


def test_the_error_of_the_mean_is_over_poems() -> None:
    poems = scores.ByPoem(np.arange(2), np.array([2.0, 6.0]), np.array([2, 2]))
    assert scores.error(poems) == pytest.approx(1.0)


# --- composing ---


@pytest.fixture(scope="module")
def poet(workspace: Path) -> Poet:
    return Poet.load(workspace / "models" / "gru" / "seed-1", workspace / "features")


@pytest.mark.parametrize(("form", "width"), [("five", 5), ("seven", 7)])
@pytest.mark.parametrize("lines", [1, 4, 5, 8])
def test_forms_are_kept(poet: Poet, form: str, width: int, lines: int) -> None:
    for poem in poet.compose(
        ["日", "山水"], Style(form=form, lines=lines, temperature=2.0, top_p=None)
    ):  # type: ignore[arg-type]
        said = tangshi.lines(poem)
        assert [len(line) for line in said] == [width] * lines
        assert poem[-1] in "。？！"
        assert len(poem) == lines * (width + 1)
        if lines % 2 == 0:
            assert measures.well_punctuated(poem)


@pytest.mark.parametrize("form", ["free", "five", "seven"])
def test_an_acrostic_opens_its_lines_with_the_given_characters(poet: Poet, form: str) -> None:
    (poem,) = poet.compose(["春江花月"], Style(form=form, acrostic=True, temperature=1.5))  # type: ignore[arg-type]
    said = tangshi.lines(poem)
    assert [line[0] for line in said] == list("春江花月")
    assert len({len(line) for line in said}) == 1
    assert measures.well_punctuated(poem)


def test_a_long_opening_runs_over_several_lines(poet: Poet) -> None:
    (poem,) = poet.compose(["日月山水风，云花"], Style(form="five"))
    assert poem.startswith("日月山水风，云花") or poem.startswith("日月山水风；云花")
    with pytest.raises(LabError, match="room for 5"):
        poet.compose(["日月山水风云"], Style(form="five", lines=1))


def test_free_poems_end_or_are_cut(poet: Poet) -> None:
    for poem in poet.compose(["日", "月"], Style(most=7, temperature=3, top_p=None)):
        assert 1 <= len(poem) <= 7
        assert "□" not in poem


def test_traditional_openings_are_converted(poet: Poet) -> None:
    assert poet.compose(["雲風"], Style(seed=3))[0].startswith("云风")


@pytest.mark.parametrize(
    ("opening", "words"),
    [("龘", "never seen 龘"), ("", "empty"), ("日a", "'a'.*no Chinese"), ("  ", "empty")],
)
def test_an_opening_that_cannot_be_used_is_told(poet: Poet, opening: str, words: str) -> None:
    with pytest.raises(LabError, match=words):
        poet.compose(["日", opening], Style())


def test_composing_is_reproducible_and_follows_the_seed(workspace: Path, poet: Poet) -> None:
    run, features = workspace / "models" / "gru" / "seed-1", workspace / "features"
    batch = poet.compose(["日", "月", "日"], Style(seed=5))
    assert compose(run, features, ["日", "月", "日"], Style(seed=5)) == batch
    assert poet.compose(["日"], Style(seed=5)) == batch[:1]
    assert batch[0] != batch[2]
    assert poet.compose(["日"], Style(seed=6)) != batch[:1]
    greedy = Style(temperature=0, seed=1), Style(temperature=0, seed=2)
    assert poet.compose(["日"], greedy[0]) == poet.compose(["日"], greedy[1])
    assert poet.compose([], Style()) == []


def test_a_vocabulary_that_is_another_is_told(workspace: Path, tmp_path: Path) -> None:
    *words, last = Vocabulary.read(workspace / "features" / data.WORDS).words
    Vocabulary([*words[:-1], last, words[-1]]).write(tmp_path / data.WORDS)
    with pytest.raises(LabError, match="is not the vocabulary that"):
        Poet.load(workspace / "models" / "gru" / "seed-1", tmp_path)


def test_an_answer_does_not_depend_on_its_place(workspace: Path, poet: Poet) -> None:
    answers = answer(workspace / "models" / "gru" / "seed-1", workspace / "features")
    first, second, third = answers(["日", "月", "日"])
    assert first == third == {"poem": poet.compose(["日"], Style())[0]}
    assert second["poem"].startswith("月")


def test_top_k_and_top_p_bar_the_rest() -> None:
    scores = torch.log(torch.tensor([0.1, 0.5, 0.3, 0.1]))
    dice = torch.Generator().manual_seed(0)

    def drawn(**limits: float | None) -> set[int]:
        style = Style(temperature=1, **limits)  # type: ignore[arg-type]
        return {sample(scores, style, dice) for _ in range(199)}

    assert drawn(top_k=2, top_p=None) == {1, 2}
    assert drawn(top_p=0.5) == {1}
    assert drawn(top_p=None) == {0, 1, 2, 3}
    assert sample(scores, Style(temperature=0), dice) == 1


@pytest.mark.parametrize(
    "wrong", [{"temperature": -1}, {"top_k": 0}, {"top_p": 0.0}, {"lines": 0}, {"form": "six"}]
)
def test_a_style_that_cannot_be_is_told(wrong: dict[str, float]) -> None:
    with pytest.raises(LabError, match=next(iter(wrong))):
        Style(**wrong)  # type: ignore[arg-type]


def test_a_draft_ends_with_the_end_symbol() -> None:
    draft = Draft([], Style(form="five", lines=1))
    for _ in range(5):
        assert draft.allowed() == ("hanzi",)
        draft.take("hanzi")
    assert draft.allowed() == ("closing",)
    draft.take("closing")
    assert draft.allowed() == ("end",)
    draft.take("end")
    assert draft.done


# --- measures ---

REAL = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"


def test_measures_of_poems_made_by_hand() -> None:
    odd = "白日依山，黄河入海流，白日依山。白日依山。"
    found = measures.measure([REAL, odd], measures.lines_of(["黄河入海流，欲穷千里。"]))
    halves = dict.fromkeys(("line_length", "punctuation", "repetition", "rhyme"), 0.5)
    assert found == {"poems": 2, **halves, "copying": 1.0}
    assert measures.measure([REAL], frozenset({"黄河入海", "白日依山尽，"}))["copying"] == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("流", "楼", True),
        ("光", "乡", True),
        ("霜", "山", False),
        ("行", "明", True),
        ("行", "光", True),
    ],
)
def test_rhymes(one: str, other: str, same: bool) -> None:
    assert bool(measures.rhymes_of(one) & measures.rhymes_of(other)) == same


def test_two_lines_cannot_rhyme() -> None:
    assert not measures.rhymes("白日依山尽，黄河入海流。")


# --- report ---


@pytest.fixture(scope="module")
def places(workspace: Path) -> dict[str, Path]:
    """What the facts are gathered from, beside the runs."""
    settings = check(PoetrySettings, SETTINGS, "poetry")
    poems, features = workspace / "poems", workspace / "features"
    found = {
        "cleaning": poems / "cleaning.json",
        "composed": poems / "composed.json",
        "features": features,
        "output_layer": workspace / "timings" / "output-layer.json",
    }
    models = workspace / "models"
    compositions.write(poems / "tangshi.parquet", features, models, found["composed"], settings)
    output_layer.compare(features, settings.training, found["output_layer"])
    return found


def gathered(workspace: Path, places: dict[str, Path]) -> Facts:
    params = SimpleNamespace(poetry=check(PoetrySettings, SETTINGS, "poetry"))
    return gather.gather({"poetry": collected(workspace)}, places, params)


def test_facts(workspace: Path, places: dict[str, Path]) -> None:
    facts = gathered(workspace, places)
    assert list(facts.composed.measured) == ["real", "rnn", "lstm", "gru"]
    assert facts.composed.measured["gru"]["poems"] == 4
    assert len(facts.composed.written["rnn"]["five"]) == 2
    for way, poems in facts.composed.as_published.items():
        assert [poem[0] for poem in poems] == ["日", "月"], way
    assert all(len(poem) <= 30 for poem in facts.composed.written["rnn"]["greedy"])
    assert [each.clusters for each in facts.output_layer] == [False, False, True]
    assert facts.epochs == dict.fromkeys(("rnn", "lstm", "gru"), 2)
    assert facts.arms.batches == 8
    assert facts.arms.poems["train"] == 64
    run = facts.arms.runs["published"]["as-published"]
    assert [len(run.train), len(run.valid), len(run.last)] == [2, 2, 2]
    assert [each[0] for each in run.curve] == pytest.approx(run.train, abs=1e-4)
    assert list(facts.arms.runs["again"]) == ["as-published"]
    kept = {path.parent for path in (workspace / "models/published").rglob("model.safetensors")}
    assert kept == {workspace / "models/published/as-published/seed-1"}
    assert sum(each.poems for each in facts.lengths["lstm"]) == 8
    first = facts.differences[0]
    losses = [collected(workspace)["ours"][net][1].run.scores for net in (first.one, first.other)]
    apart = losses[0]["test_nll"] - losses[1]["test_nll"]
    assert first.nats == pytest.approx(apart)
    assert first.low < apart < first.high
    low, high = interval(summaries(collected(workspace))["ours"]["gru"], "test_nll")
    assert low < collected(workspace)["ours"]["gru"][1].run.scores["test_nll"] < high


@pytest.mark.parametrize("place", ["cleaning", "composed", "features", "output_layer"])
def test_a_missing_or_broken_file_is_told(
    workspace: Path, places: dict[str, Path], tmp_path: Path, place: str
) -> None:
    path = places[place]
    copy = tmp_path / path.name
    if path.is_dir():
        shutil.copytree(path, copy)
        file = copy / data.COVERAGE
    else:
        file = copy
    for content in ("{", '{"surplus": 1}'):
        file.write_text(content, encoding="utf-8")
        with pytest.raises(LabError, match=f"{file} is broken"):
            gathered(workspace, {**places, place: copy})
    file.unlink()
    with pytest.raises(LabError, match=f"{file} is missing"):
        gathered(workspace, {**places, place: copy})


def fitted(workspace: Path) -> Nets:
    """The n-gram models."""
    output, timing = workspace / "baseline", workspace / "timings" / "baseline.json"
    baseline.build(workspace / "features", output, timing, BaselineSettings(longest=3))
    return baselines.read(output / baselines.SCORES, timing, "poetry-baseline")


def results(workspace: Path, facts: Facts, kind: str) -> Results:
    """As they are read from metrics.json; kind: of the corpus."""
    found = {"kind": kind, "address": None, "file": "a", "bytes": 1, "sha256": "b"}
    found |= {"content_sha256": None, "content_files": None, "subset": None, "notes": ""}
    return Results(
        nets={"poetry": {**summaries(collected(workspace)), "baseline": fitted(workspace)}},
        claims={},
        facts={"poetry": Facts.model_validate_json(facts.model_dump_json())},
        data={"tangshi": DatasetOrigin.model_validate(found)},
        environments=[],
        stages=StageTimes(kinds={}, core_seconds=0, wall_seconds=0),
    )


def test_the_section_in_both_languages_and_its_figures(
    workspace: Path, places: dict[str, Path], tmp_path: Path
) -> None:
    made = gathered(workspace, places)
    found = {kind: results(workspace, made, kind) for kind in ("mirror", "generated")}
    for language in render.REPORTS:
        curves, told = histories({"poetry": collected(workspace)}), partial(tell, language=language)
        with style.applied():
            for name, figure in figures.draw(found["mirror"], curves, told):
                style.save(figure, tmp_path / "figures" / figure_file(name, language))
        for kind, each in found.items():
            text = render.section("labs/poetry/section", section(each), language)
            shown = re.findall(r"\]\((figures/[^)]+)\)", text)
            assert len(shown) == 3
            assert all((tmp_path / each).stat().st_size > 5000 for each in shown)
            text += render.section("labs/poetry/appendix", section(each), language)
            assert ("6.45" in text) == (kind == "mirror")
            assert "日" in text


def test_tables_tell_which_stages_and_runs_they_came_from(
    workspace: Path, places: dict[str, Path]
) -> None:
    parts = section(results(workspace, gathered(workspace, places), "mirror")).parts
    runs = tuple(f"poetry-train@{net}-1" for net in ("rnn", "lstm", "gru"))
    assert parts["scores"].source == (("poetry-encode", "poetry-baseline"), runs)
    assert parts["curves"].source == (("poetry-encode",), runs)
    assert parts["arms"].source.runs == (
        "poetry-train-as-published@as-published",
        "poetry-train-as-published@all-together",
        "poetry-train-again@as-published",
    )
    assert parts["poems_lstm"].source == (("poetry-compose",), runs[1:2])
    assert parts["measures"].source == (("poetry-compose",), runs)


@pytest.mark.parametrize(
    ("share", "said"), [(0.2, "No net is shown to rhyme more often"), (0.9, "by chance: GRU (")]
)
def test_more_rhymes_than_by_chance_are_told_where_there_are(
    workspace: Path, places: dict[str, Path], share: float, said: str
) -> None:
    facts = gathered(workspace, places)
    for name, row in facts.composed.measured.items():
        row["poems"], row["rhyme"] = 300, share if name == "gru" else 0.1
    facts.composed.chance_of_rhyme = 0.2
    found = section(results(workspace, facts, "mirror"))
    assert said in render.section("labs/poetry/section", found, "en")


@pytest.mark.parametrize(("symbols", "capped"), [(104, True), (90, False)])
def test_a_vocabulary_that_is_full_is_told_by_its_size(symbols: int, capped: bool) -> None:
    facts = made.least(Facts)
    coverage = facts.coverage.model_copy(update={"vocabulary": symbols})
    settings = facts.vocabulary.model_copy(update={"max_size": 100})
    told = _vocabulary(facts.model_copy(update={"coverage": coverage, "vocabulary": settings}))
    assert (told["capped"], told["known"]) == (capped, str(symbols - 4))


def test_every_measure_has_a_heading_and_a_label() -> None:
    assert tuple(MEASURES) == get_args(Measure)
    assert list(figures.LABELS) == list(MEASURES)


def test_curves_show_every_epoch_of_nets_that_differ_in_number() -> None:
    runs = {
        net: [[Epoch(number, *[5.0] * 6) for number in range(1, epochs + 1)]]
        for net, epochs in {"rnn": 2, "lstm": 5, "gru": 3}.items()
    }
    drawn = figures.learning_curves(runs, 6.0, None, partial(tell, language="en"))
    assert {1, 2, 3, 4, 5} <= set(drawn.axes[0].get_xticks())


def test_a_curve_is_the_mean_of_all_runs_and_ends_with_the_first() -> None:
    runs = [
        [Epoch(number, *[float(height)] * 6) for number in range(1, epochs + 1)]
        for height, epochs in ((2, 3), (4, 2))
    ]
    axes = style.new().axes[0]
    learning_curve(axes, runs, "valid_loss", fmt="-")
    assert axes.lines[0].get_xydata().tolist() == [[1, 3], [2, 3]]


def test_the_font_has_the_characters() -> None:
    font = FT2Font(style.chinese_font())
    assert all(font.get_char_index(ord(each)) for each in "日红山夜湖海月，。")


def test_settings_that_cannot_be_are_told() -> None:
    wrong = {**SETTINGS, "training": {**SETTINGS["training"], "clusters": [9, 4]}}  # type: ignore[dict-item]
    with pytest.raises(LabError, match="ascending"):
        check(PoetrySettings, wrong, "poetry")
    with pytest.raises(LabError, match=r"poetry\.nets has no 'mlp'"):
        check(PoetrySettings, SETTINGS, "poetry").net("mlp")


def test_dropout_keeps_the_mean_and_acts_in_training_only():
    torch.manual_seed(1)
    dropout, x = Dropout(0.25), torch.ones(400, 500)
    out = dropout(x)
    assert out.unique().tolist() == pytest.approx([0, 1 / 0.75])
    assert out.mean().item() == pytest.approx(1, abs=0.01)
    assert dropout(x.bfloat16()).dtype == torch.bfloat16
    assert dropout.eval()(x) is x
