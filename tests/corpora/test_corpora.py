"""Reviews, vectors, and the generated corpora."""

import contextlib
import gzip
import hashlib
import itertools
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_archives import make_tar

from places import MIRROR, needs_mirror
from reviews import corpus
from rnnlab.corpora import glove, imdb, sample
from rnnlab.corpora.archives import members, text_lines
from rnnlab.errors import LabError

# --- reviews ---


def aclimdb(path: Path, files: dict[str, bytes]) -> Path:
    return make_tar(path / "acl.tar.gz", {f"aclImdb/{name}": files[name] for name in files})


WHOLE = {
    "train/pos/1_7.txt": b"good",
    "train/neg/1_4.txt": b"bad",
    "test/pos/1_10.txt": b"good",
    "test/neg/1_1.txt": b"bad",
}
"""The least that nets can be trained and tested on."""


def test_labelled_reviews_come_in_archive_order(tmp_path, caplog):
    path = aclimdb(
        tmp_path,
        {
            "README": b"about",
            "train/pos/3_9.txt": "Très bien<br />!".encode(),
            "train/unsup/0_0.txt": b"unlabelled",
            "train/urls_pos.txt": b"http",
            "test/neg/12_1.txt": b"",
            **WHOLE,
        },
    )
    assert list(imdb.reviews(path))[:2] == [
        imdb.Review("train/pos/3_9", "train", 1, 9, "Très bien<br />!"),
        imdb.Review("test/neg/12_1", "test", 0, 1, ""),
    ]
    assert f"{path}: reviews without text, which stay: 1" in caplog.text


@pytest.mark.parametrize(
    "name",
    [
        "train/pos/3.txt",
        "train/pos/3_2.txt",
        "test/neg/1_7.txt",
        "test/neg/a/1_2.txt",
        f"test/neg/1_{'2' * 5000}.txt",  # more digits than Python makes an integer of
    ],
    ids=range(5),
)
def test_a_malformed_name_is_refused(name, tmp_path):
    with pytest.raises(LabError, match=re.escape(name)):
        list(imdb.reviews(aclimdb(tmp_path, {name: b"text"})))


def test_text_that_is_not_utf8_is_refused(tmp_path):
    with pytest.raises(LabError, match=r"1_2\.txt, which is not UTF-8 text .* at byte 3"):
        list(imdb.reviews(aclimdb(tmp_path, {"test/neg/1_2.txt": b"bad\xff"})))


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"README": b""}, "no reviews in train/pos"),
        ({name: WHOLE[name] for name in WHOLE if "pos" in name}, "no reviews in train/neg"),
        ({name: WHOLE[name] for name in WHOLE if "train" in name}, "no reviews in test/pos"),
        ({name: WHOLE[name] for name in WHOLE if "test" in name}, "no reviews in train/pos"),
        (dict.fromkeys(WHOLE, b" \n"), "reviews without text alone in train/pos"),
        (WHOLE | {"test/neg/1_1.txt": b""}, "reviews without text alone in test/neg"),
        (WHOLE | {"train/pos//1_7.txt": b"again"}, r"train/pos/1_7\.txt twice"),
    ],
)
def test_an_archive_that_lacks_reviews_is_refused(files, complaint, tmp_path):
    path = aclimdb(tmp_path, files)
    with pytest.raises(LabError, match=rf"acl\.tar\.gz holds {complaint}"):
        list(imdb.reviews(path))
    with pytest.raises(LabError):
        corpus(tmp_path, imdb.reviews(path), 1, 2)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    files=st.dictionaries(
        st.from_regex(
            r"(train|test)/(pos/[0-9]{1,2}_(7|8|9|10)|neg/[0-9]{1,2}_[1-4])\.(txt|md)",
            fullmatch=True,
        ),
        st.text().map(str.encode) | st.binary(max_size=2),
        max_size=6,
    )
)
def test_whatever_is_in_the_reviews_they_or_a_lab_error_come_out(files, tmp_path):
    with contextlib.suppress(LabError):
        for each in imdb.reviews(aclimdb(tmp_path, WHOLE | files)):
            assert files.get(f"{each.id}.txt", WHOLE.get(f"{each.id}.txt")) == each.text.encode()


@needs_mirror
def test_the_real_reviews_begin_as_they_should():
    first = list(itertools.islice(imdb.reviews(MIRROR / "aclImdb_v1.no-feat.tar.gz"), 200))
    assert [review.id for review in first[:2]] == ["test/neg/0_2", "test/neg/10000_4"]
    assert all(review.label == 0 and 1 <= review.rating <= 4 and review.text for review in first)


# --- vectors ---

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), min_size=1, max_size=8)


def is_word(text: str) -> bool:
    """Numbers after a space would be taken for columns; no published file has such words."""
    return (
        text == text.strip(" ")
        and "  " not in text
        and not any(glove._is_number(p.encode()) for p in text.split(" "))
    )


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(WORDS.filter(is_word), min_size=1, max_size=20, unique=True), data=st.data())
def test_picked_vectors_are_those_of_the_file(words, data, tmp_path):
    table = np.arange(len(words) * 3, dtype=np.float32).reshape(-1, 3) / 8 - 1
    text = "".join(f"{w} {' '.join(map(str, v))}\n" for w, v in zip(words, table, strict=True))
    path = tmp_path / "v.txt.gz"
    path.write_bytes(gzip.compress(text.encode(), 1))

    wanted = data.draw(st.lists(st.sampled_from([*words, "absent"]), unique=True))
    rows, vectors = glove.pick(path, 3, {word: 100 + i for i, word in enumerate(wanted)})
    assert vectors.dtype == np.float32
    found = dict(zip(rows.tolist(), vectors, strict=True))
    assert found.keys() == {100 + i for i, word in enumerate(wanted) if word != "absent"}
    for row, vector in found.items():
        np.testing.assert_array_equal(vector, table[words.index(wanted[row - 100])])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("400000 2\nthe 1 2\n", r"line 1: there are 1 numbers after the word instead of 2"),
        ("the 1 2 3\n", r"line 1: there are 3 numbers after the word instead of 2"),
        ("a 1 2\nthe 1\n", r"line 2: there are 1 numbers"),
        ("a 1 2\nthe 1 2 3\n", r"line 2: there are 3 numbers"),
        ("a 1 2\nthe 1 x\n", r"line 2: could not convert"),
        ("a 1 2\nthe 1 nan\n", r"line 2: a value is not a finite number"),
        ("the  1 2\n", r"line 1: a space stands where a word or a number should"),
        ("a 1 2\nthe  1 2\n", r"line 2: a space stands"),
        ("a 1 2\nthe 1  2\n", r"line 2: a space stands"),
        ("a 1 2\nthe 1 2 \n", r"line 2: a space stands"),
        (" the 1 2\n", r"line 1: a space stands"),
        ("the\t1\t2\n", r"line 1: there are 0 numbers"),
    ],
)
def test_a_wrong_line_is_named(text, complaint, tmp_path):
    path = tmp_path / "v.txt"
    path.write_text(text)
    with pytest.raises(LabError, match=f"v.txt, {complaint}"):
        glove.pick(path, 2, {"the": 0})


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_byte_order_mark_is_no_part_of_the_first_word(ending, tmp_path):
    path = tmp_path / "v.txt"
    path.write_text(f"the 1 2{ending}of 3 4{ending}", encoding="utf-8-sig", newline="")
    rows, vectors = glove.pick(path, 2, {"the": 0, "of": 1})
    assert rows.tolist() == [0, 1]
    assert vectors.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_vectors_in_utf_16_are_refused(encoding, tmp_path):
    path = tmp_path / "v.txt.gz"
    path.write_bytes(gzip.compress("the 1 2\nof 3 4\n".encode(encoding)))
    with pytest.raises(LabError, match=r"v\.txt\.gz is UTF-16 or no text at all; save it as UTF-8"):
        glove.pick(path, 2, {"the": 0})


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    more=st.binary()
    | st.from_regex(rb"(the|of| |\n|\r|\t|[0-9.e-]|nan|inf){0,40}")
    | st.from_regex(rb"(the|of|[a-z\xc3\xa9]{1,4})( -?[0-9.e]{1,4}){1,3}\r?", fullmatch=True)
)
def test_whatever_else_is_in_a_file_of_vectors_they_are_finite_or_a_lab_error_comes_out(
    more, tmp_path
):
    def picked(content, name):
        (tmp_path / name).write_bytes(gzip.compress(content, 1) if "gz" in name else content)
        rows, vectors = glove.pick(tmp_path / name, 2, {"the": 0, "of": 1})
        return dict(zip(rows.tolist(), vectors, strict=True))

    for name in ("v.txt", "v.txt.gz"):
        plain = picked(b"the 1 2\nof 3 4\n", name)
        assert {row: vector.tolist() for row, vector in plain.items()} == {0: [1, 2], 1: [3, 4]}
        with contextlib.suppress(LabError):
            found = picked(b"the 1 2\n" + more + b"\nof 3 4\n", name)
            assert found.keys() == {0, 1}
            assert found[0].tolist() == [1, 2]
            assert all(
                vector.shape == (2,) and np.isfinite(vector).all() for vector in found.values()
            )


def test_words_with_spaces_do_not_disturb_their_beginnings(tmp_path):
    path = tmp_path / "v.txt"
    path.write_text("at name@example.com 1 2\nat 3 4\nat 5 6\n. . . 7 8\n")
    rows, vectors = glove.pick(path, 2, {"at": 0, ". . .": 1, ".": 2})
    assert rows.tolist() == [0, 1]
    assert vectors.tolist() == [[3, 4], [7, 8]]


@needs_mirror
@pytest.mark.parametrize("dimension", [100, 300])
def test_the_real_vectors_are_picked(dimension):
    manifest = json.loads((MIRROR / "manifest.json").read_text(encoding="utf-8"))
    entry = manifest["datasets"][f"glove.6B.{dimension}d"]
    path = MIRROR / entry["file"]
    assert sum(1 for _ in text_lines(path, f".{dimension}d.txt")) == entry["subset"]["words"]
    rows, vectors = glove.pick(path, dimension, {"the": 7, "xyzzyx": 8})
    assert rows.tolist() == [7]
    assert vectors.shape == (1, dimension)


# --- generated corpora ---


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generated")
    return folder, sample.generate(folder, 2077)


def test_the_same_seed_gives_the_same_bytes_everywhere(generated):
    _, provenance = generated
    # Fixed here, so that another machine or library version that differs is noticed.
    digests = "".join(provenance[name]["sha256"] for name in sorted(provenance))
    assert hashlib.sha256(digests.encode()).hexdigest()[:16] == "a3899b4859fbf3bb"


def test_another_seed_gives_other_data(generated, tmp_path):
    _, provenance = generated
    other = sample.generate(tmp_path, 1)
    assert all(other[name]["sha256"] != provenance[name]["sha256"] for name in provenance)


def test_generated_provenance_says_so(generated):
    folder, provenance = generated
    assert set(provenance) == {"imdb", "names", "tangshi", "glove.6B.100d", "glove.6B.300d"}
    for name, entry in provenance.items():
        assert entry["kind"] == "generated"
        assert [path.name for path in (folder / name).iterdir()] == [Path(entry["file"]).name]


def test_generated_reviews(generated):
    folder, provenance = generated
    reviews = list(imdb.reviews(folder / provenance["imdb"]["file"]))
    for split, label in itertools.product(("train", "test"), (0, 1)):
        count = sum(review.split == split and review.label == label for review in reviews)
        assert count == sample.REVIEWS[split]
    lengths = [len(review.text.replace("<br />", " ").split()) for review in reviews]
    assert min(lengths) >= 18
    assert max(lengths) <= 120
    assert {review.rating for review in reviews} == {1, 2, 3, 4, 7, 8, 9, 10}
    assert sum("<br />" in review.text for review in reviews) > 100
    assert not any("{" in review.text for review in reviews)


def test_generated_vectors_tell_the_sentiment(generated):
    folder, provenance = generated
    words = {"wonderful": 0, "brilliant": 1, "awful": 2, "n't": 3, ",": 4, "albrook": 5}
    for dimension in (100, 300):
        path = folder / provenance[f"glove.6B.{dimension}d"]["file"]
        assert sum(1 for _ in text_lines(path, f".{dimension}d.txt")) > 3000
        rows, vectors = glove.pick(path, dimension, words)
        assert sorted(rows.tolist()) == [0, 1, 2, 3, 4]  # family names have none
        by_row = dict(zip(rows.tolist(), vectors, strict=True))
        assert by_row[0] @ by_row[1] > 0 > by_row[0] @ by_row[2]


def test_generated_names(generated):
    folder, provenance = generated
    with zipfile.ZipFile(folder / provenance["names"]["file"]) as archive:
        names = {name: archive.read(name).decode().splitlines() for name in archive.namelist()}
    assert len(names) == 18
    assert all(re.fullmatch(r"data/names/\w+\.txt", name) for name in names)
    everything = list(itertools.chain.from_iterable(names.values()))
    assert 1800 < len(everything) < 2500
    assert len(set(everything)) < len(everything)
    assert not "".join(everything).isascii()
    assert "Han" in names["data/names/Chinese.txt"]
    assert "Han" in names["data/names/Korean.txt"]


def test_generated_poems(generated):
    folder, provenance = generated
    path = folder / provenance["tangshi"]["file"]
    poems = [
        poem
        for _, content in members(path, r"全唐诗/poet\.tang\.\d+\.json", strip_root=True)
        for poem in json.loads(content)
    ]
    assert len(poems) == sample.POEMS
    assert {poem["paragraphs"][0][0] for poem in poems} >= set("日紅山夜湖海月")
    texts = ["".join(poem["paragraphs"]) for poem in poems]
    assert len(set(texts)) < len(texts)
    assert any("（" in text for text in texts)
    assert any("□" in text for text in texts)
    plain = [re.sub(r"（.*?）", "", text) for text in texts]
    assert {len(line) for text in plain for line in re.split("[，。]", text)[:-1]} == {5, 7}
    assert {len(re.split("[，。]", text)) - 1 for text in plain} == {4, 8}
    assert 200 < len(set("".join(plain))) < 400
