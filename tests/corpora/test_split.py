"""Training and validation parts."""

import pytest

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
    with pytest.raises(LabError, match="too small"):
        split.train_valid(["a"], [1], 0.2, 7)
