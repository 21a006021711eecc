"""Training and validation parts."""

import pytest

from reviews import corpus, review
from rnnlab.corpora import split
from rnnlab.errors import LabError


def test_the_split_is_stratified_seeded_and_deaf_to_order():
    ids = [f"train/{'pos' if number % 2 else 'neg'}/{number}_9" for number in range(400)]
    labels = [number % 2 for number in range(400)]
    train, valid = split.train_valid(ids, labels, 0.2, 7)
    assert sorted(train + valid) == sorted(ids)
    assert len(valid) == 80
    assert sum("pos" in each for each in valid) == 40
    assert split.train_valid(ids[::-1], labels[::-1], 0.2, 7) == (train, valid)
    assert split.train_valid(ids, labels, 0.2, 8)[1] != valid


@pytest.mark.parametrize(
    ("labels", "what"),
    [
        ([], "0 rows of 0 labels; use"),
        ([1], "1 rows of 1 labels, only 1 of 1; use"),
        ([0, 0, 0, 0, 1], "5 rows of 2 labels, only 1 of 1; use"),
        (["five", "seven"] * 2, "4 rows of 2 labels, only 2 of 'seven'; use"),
    ],
)
def test_a_corpus_too_small_to_be_split_is_described(labels, what):
    with pytest.raises(LabError, match=f"too small to be split 20% off, .* it has {what}"):
        split.train_valid([str(number) for number in range(len(labels))], labels, 0.2, 7)


def test_a_tokenized_corpus_too_small_to_be_split_is_named(tmp_path):
    path = corpus(tmp_path, [review(1, "a film")], 1, 1)
    with pytest.raises(LabError, match=rf"{path.name}: it is too small"):
        split.reviews(path, 0.2, 7)
