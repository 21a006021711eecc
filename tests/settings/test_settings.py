"""A wrong params.yaml is one sentence with the key's path, before any work."""

import tempfile
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
import yaml
from dvc.utils.serialize import load_yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from places import ROOT
from rnnlab.errors import LabError
from rnnlab.labs.params import read_all
from rnnlab.labs.sentiment.settings import SentimentSettings, Shape
from rnnlab.pipeline.workspace import merged
from rnnlab.settings.base import load, read


def leaves(content: object, above: tuple) -> Iterator[tuple]:
    """The paths to all values that are no mappings."""
    for key, value in content.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*above, key))
        else:
            yield (*above, key)


def changed(tmp_path: Path, key: str, value: object) -> Path:
    settings = read(ROOT / "params.yaml")
    *path, last = key.split("/")
    place = settings
    for each in path:
        place = place[each]
    if value is None:
        del place[last]
    else:
        place[last] = value
    file = tmp_path / "params.yaml"
    file.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("sentiment/published/training/hiden", 3, "sentiment.published.training.hiden .* 'hidden'"),
        ("sentimnt", {}, "sentimnt .* 'sentiment'"),
        ("sentiment/published/nets/lstm-1-1-100d", {"epoch": 1}, "lstm-1-1-100d.epoch .* 'epochs'"),
        ("sentiment/published/training/batch", "many", "sentiment.published.training.batch"),
        (
            "sentiment/published/training/batch",
            0,
            "sentiment.published.training.batch.*from 1 to 100,000.*memory",
        ),
        (
            "sentiment/published/training/learning_rate",
            -1,
            "sentiment.published.training.learning_rate",
        ),
        (
            "sentiment/published/training/device",
            "gpu",
            "sentiment.published.training.device.*'cuda'",
        ),
        ("sentiment/split/valid_fraction", 1.5, "sentiment.split.valid_fraction"),
        ("sentiment/published/seeds", [], "sentiment.published.seeds"),
        (
            "sentiment/published/training/hidden",
            None,
            "sentiment.published.training.hidden is missing",
        ),
        ("sentiment/published/nets/lsmt-1-1-100d", {}, "lsmt-1-1-100d.*is not a net's name"),
        ("sentiment/vectors/dimensions", [100], "needs 300-d vectors"),
        ("sentiment/published/training/patience", 0, "sentiment.published.training.patience"),
        ("download/timeout", 0, "download.timeout"),
        (
            "sentiment/published/training/hidden",
            60_000,
            "sentiment.published.training.hidden.*from 1 to 4,096",
        ),
        (
            "sentiment/published/training/hidden",
            True,
            "sentiment.published.training.hidden.*integer",
        ),
        (
            "sentiment/published/training/threads",
            2**31,
            "sentiment.published.training.threads.*from 1 to 1,024",
        ),
        (
            "sentiment/published/training/epochs",
            2**63,
            "sentiment.published.training.epochs.*from 1 to 10,000",
        ),
        ("sentiment/published/training/max_step_states", 1, "max_step_states.*from 1,000"),
        (
            "sentiment/published/training/clip_norm",
            float("inf"),
            "sentiment.published.training.clip_norm.*finite",
        ),
        ("names/published/learning_rate/lstm", float("nan"), "learning_rate.lstm.*finite"),
        ("names/sweep/learning_rates/lstm", [0.1, -0.2], r"learning_rates.lstm.1: must be from"),
        ("names/batched/seeds", [2**32], "names.batched.seeds.0: must be from 0 to 4,294,967,295"),
        ("poetry/seeds", [-1], "poetry.seeds.0: must be from 0"),
        ("explain/cut/tokens", [30], "explain.*cut.tokens has 30, which is not among seen.tokens"),
        ("explain/cut/nets", ["rnn-2-1-100d"], "explain.cut.nets.0.*only 1-1 nets"),
        (
            "explain/convolution/nets",
            ["rnn-1-1-100d", "rnn-1-1-300d"],
            "explain.convolution.*vectors of one dimension",
        ),
        ("workers/names-train", {"cores": 0}, "workers.names-train.cores: .* equal to 1"),
        ("workers/names-train", {"gpu": 1.5}, "workers.names-train.gpu: .* equal to 1"),
        ("explain/seen/tokens", [50, 25], "explain.seen: tokens must rise"),
        ("explain/memory/distances", [50, 25], "explain.memory: distances must rise"),
        ("explain/occlusion/distance", 205, "explain.occlusion: distance must be a multiple of"),
        ("explain/occlusion/longest", 100, "explain.occlusion: longest must be at least distance"),
        ("poetry/split/valid_fraction", 0.95, "poetry.split: .* must leave a part for training"),
        ("sentiment/published/training/vectors", "reviews", "published.training takes glove"),
        ("poetry/training/layers", 99, "poetry.training.layers: must be from 1 to 20"),
        (
            "sentiment/published/nets/lstm-99-1-100d",
            {},
            "'lstm-99-1-100d' is not a net's name.*1 to 20",
        ),
    ],
)
def test_one_sentence_names_the_key(tmp_path, key, value, sentence):
    with pytest.raises(LabError, match=sentence) as trouble:
        read_all(changed(tmp_path, key, value))
    assert "\n" not in str(trouble.value)


@pytest.mark.parametrize("text", ["a: [", "- 1\n", "", "a: \xff"])
def test_a_file_that_is_no_settings_is_told_by_name(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(LabError, match=r"params\.yaml"):
        read_all(path)


def test_yaml_is_read_as_dvc_reads_it(tmp_path):
    path = tmp_path / "params.yaml"
    text = "a: [010, 0o17, 1_000, 1e3]\nb: {c: yes, d: no, f: 2020-01-01, g: ~}\ne: 12:30\n"
    path.write_text(text, "utf-8")
    assert read(path) == load_yaml(str(path))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: found duplicate key .a.* keep one"),
        ("a: " + "9" * 5000, "not valid YAML.*5000 digits"),
        ("'a\0': 1", "not valid YAML"),
        ("a: " + "[" * 101 + "]" * 101, "nested too deep, over 100 levels"),
        ("a: " + "[" * 20_000 + "]" * 20_000, "nested too deep"),
        ("a: " + "[" * 10**6, "nested too deep|not valid YAML"),  # was the end of Python, too
        ("a: " + "{a: " * 20_000, "nested too deep|not valid YAML"),
        ("a:\n" + "- " * 20_000 + "1", "nested too deep"),
        ("? " * 20_000, "nested too deep"),
    ],
)
def test_yaml_that_could_be_taken_two_ways_is_refused(tmp_path, text, sentence):
    path = tmp_path / "params.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(LabError, match=sentence):
        read(path)


@pytest.mark.parametrize(
    ("section", "hint"),
    [("sentimnt", "Did you mean 'sentiment'?"), ("x", "Known here: download, sentiment, ")],
)
def test_a_section_that_is_missing_is_told_with_what_was_meant(section, hint):
    with pytest.raises(LabError) as told:
        load(SentimentSettings, section, ROOT / "params.yaml")
    assert f"params.yaml: the section {section!r} is missing. {hint}" in str(told.value)


def test_an_integer_of_thousands_of_digits_is_told_by_its_bits(tmp_path):
    path = tmp_path / "params.yaml"
    text = (ROOT / "params.yaml").read_text("utf-8")
    path.write_text(text.replace("    hidden: 64\n", f"    hidden: 0x{'f' * 6000}\n", 1), "utf-8")
    with pytest.raises(LabError, match=r"training\.hidden: .* \(got 'an integer of 24,000 bits'\)"):
        load(SentimentSettings, "sentiment", path)


PARAMS = read(ROOT / "params.yaml")
LEAVES = [
    tuple(path)
    for name in ("sentiment", "names", "poetry", "explain", "download", "workers")
    for path in leaves(PARAMS.get(name, {}), (name,))
]
# No subnormal numbers: trainings in the same process have them flushed to 0.
HOSTILE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(min_value=2**31),
    st.floats(allow_subnormal=False), st.text(max_size=20), st.just([]), st.just({}),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)  # fmt: skip


@given(st.sampled_from(LEAVES), HOSTILE)
@settings(max_examples=100, deadline=None)
def test_any_value_anywhere_is_taken_or_told_in_one_sentence(path, value):
    content = deepcopy(PARAMS)
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "params.yaml")
        file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        try:
            read_all(file)
        except LabError as trouble:
            assert "\n" not in str(trouble)  # noqa: PT017
            assert len(str(trouble)) < 1000  # noqa: PT017


@pytest.mark.parametrize("size", [path.stem for path in sorted((ROOT / "sizes").glob("*.yaml"))])
def test_every_size_is_in_order(tmp_path, size):
    settings = merged(read(ROOT / "params.yaml"), read(ROOT / "sizes" / f"{size}.yaml"))
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    read_all(path)


@pytest.mark.parametrize("part", ["", "/clipping", "/cut", "/convolution"])
def test_explain_asks_for_no_net_that_is_not_trained(tmp_path, part):
    path = changed(tmp_path, f"explain{part}/nets", ["lstm-1-1-50d"])
    with pytest.raises(LabError, match=r"explain asks for lstm-1-1-50d, which is not in senti"):
        read_all(path)


def test_a_net_changes_only_what_it_says(tmp_path):
    path = changed(tmp_path, "sentiment/published/nets/lstm-1-1-100d", {"epochs": 3})
    settings = load(SentimentSettings, "sentiment", path)
    net, whole = settings.net("lstm-1-1-100d"), settings.published.training
    assert net.epochs == 3
    assert net.model_copy(update={"epochs": whole.epochs}) == whole
    with pytest.raises(LabError, match="no 'lstm-9-1-100d'"):
        settings.net("lstm-9-1-100d")


def test_a_net_may_be_trained_in_both_ways(tmp_path):
    path = changed(tmp_path, "sentiment/ours/nets", {"lstm-1-1-100d": {"hidden": 7}})
    settings = load(SentimentSettings, "sentiment", path)
    assert settings.net("lstm-1-1-100d-ours").hidden == 7 != settings.net("lstm-1-1-100d").hidden
    runs = [each for each in settings.runs() if each.net == "lstm-1-1-100d"]
    assert len({each.folder for each in runs}) == len({each.stage for each in runs}) == len(runs)
    seed = settings.ours.seeds[0]
    (own,) = [each for each in runs if each.regime == "ours" and each.seed == seed]
    assert own.stage == f"sentiment-train-ours@lstm-1-1-100d-{seed}"
    assert own.folder == f"lstm-1-1-100d-ours/seed-{seed}"


def test_names_say_shapes():
    assert Shape.of("lstm-2-1-300d") == ("lstm", 2, 1, 300)
    for wrong in ("lstm-0-1-100d", "lstm-1-3-100d", "lstm-1-1", "cnn-1-1-100d"):
        with pytest.raises(ValueError, match="is not a net's name"):
            Shape.of(wrong)


@pytest.mark.parametrize("key", ["sentiment/published/nets/rnn-1-1-100d", "poetry/nets/rnn"])
@pytest.mark.parametrize("value", [[], "", 0, False])
def test_what_changes_a_net_is_a_mapping_or_nothing(key, value, tmp_path):
    with pytest.raises(LabError, match=key.replace("/", r"\.")):
        read_all(changed(tmp_path, key, value))


def test_an_endless_key_is_told_in_a_line(tmp_path):
    with pytest.raises(LabError) as told:
        read_all(changed(tmp_path, f"names/{'a' * 10_000}", 1))
    assert len(str(told.value)) < 500
