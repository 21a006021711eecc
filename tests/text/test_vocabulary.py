from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rnnlab.errors import LabError
from rnnlab.text.vectors import coverage, fill_unknown
from rnnlab.text.vocabulary import PADDING, UNKNOWN, Vocabulary

WORD = st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=6)
COUNTS = st.dictionaries(WORD, st.integers(1, 9), max_size=40).map(Counter)


@given(counts=COUNTS, max_size=st.integers(1, 50), min_count=st.integers(1, 5))
@example(counts=Counter({UNKNOWN: 1}), max_size=1, min_count=1)
def test_the_commonest_words_are_kept(counts, max_size, min_count):
    vocabulary = Vocabulary.count(counts, max_size, min_count)
    words = vocabulary.words[2:]
    assert len(words) <= max_size
    assert all(counts[word] >= min_count for word in words)
    left_out = set(counts) - set(words) - {PADDING, UNKNOWN}
    if len(words) == max_size:
        assert all(counts[word] <= counts[words[-1]] for word in left_out)
    else:
        assert all(counts[word] < min_count for word in left_out)


@given(counts=COUNTS)
def test_the_order_of_counting_decides_nothing(counts):
    backwards = Counter(dict(reversed(list(counts.items()))))
    assert Vocabulary.count(counts, 20, 1).words == Vocabulary.count(backwards, 20, 1).words


@given(counts=COUNTS)
def test_written_and_read_it_is_the_same(tmp_path_factory, counts):
    path = tmp_path_factory.mktemp("vocabulary") / "vocabulary.txt"
    vocabulary = Vocabulary.count(counts, 100, 1)
    vocabulary.write(path)
    assert Vocabulary.read(path).words == vocabulary.words
    assert Vocabulary.read(path).encode([*vocabulary.words, "no such word"])[-1] == 1


def test_words_named_like_the_reserved_ones_are_unknown():
    vocabulary = Vocabulary.count(Counter({PADDING: 5, UNKNOWN: 5, "film": 5}), 10, 1)
    assert vocabulary.words == [PADDING, UNKNOWN, "film"]


@pytest.mark.parametrize("text", ["film\nbook\n", f"{PADDING}\n{UNKNOWN}\nfilm\nfilm\n", "\xff"])
def test_a_wrong_file_is_told_by_name(tmp_path, text):
    path = tmp_path / "vocabulary.txt"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(LabError, match=r"vocabulary\.txt"):
        Vocabulary.read(path)


def test_unknown_words_are_drawn_like_the_known():
    rng = np.random.default_rng(0)
    known = rng.normal(3.0, 0.5, (500, 4)).astype(np.float32)
    rows = np.arange(2, 502)
    drawn = fill_unknown(2000, rows, known, "normal", np.random.default_rng(1))
    assert np.array_equal(drawn[rows], known)
    assert (drawn[0] == 0).all()
    assert abs(drawn[502:].mean() - 3.0) < 0.05
    assert abs(drawn[502:].std() - 0.5) < 0.05
    assert (fill_unknown(2000, rows, known, "zero", rng)[502:] == 0).all()


def test_coverage_counts_types_and_running_tokens():
    found = coverage(5, np.array([2, 4]), np.array([0, 0, 10, 5, 3]), 2)
    assert (found["types"], found["types_with_vector"]) == (3, 2)
    assert found["tokens"] == 20
    assert found["tokens_share"] == pytest.approx(13 / 20)
