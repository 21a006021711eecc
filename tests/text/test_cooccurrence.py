"""Vectors from neighbours: what comes in like company points alike."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.text import cooccurrence


def sequences(seed, number=400):
    """Each of 1, 2 stands between 3 and 4; each of 5, 6 between 7 and 8."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(number):
        inner, left, right = ((1, 2), 3, 4) if rng.random() < 0.5 else ((5, 6), 7, 8)
        rows.append(np.array([left, rng.choice(inner), right]))
    return rows


def test_symbols_in_like_company_point_alike():
    found = cooccurrence.vectors(sequences(1), 9, 4, seed=1)
    alike = found @ found.T
    assert alike[1, 2] > 0.9
    assert alike[5, 6] > 0.9
    assert abs(alike[1, 5]) < 0.3


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), width=st.integers(1, 12), symbols=st.integers(9, 20))
def test_rows_have_length_one_or_no_neighbours(seed, width, symbols):
    found = cooccurrence.vectors(sequences(seed, 30), symbols, width, seed=seed)
    assert found.shape == (symbols, width)
    assert np.isfinite(found).all()
    seen = np.isin(np.arange(symbols), np.concatenate(sequences(seed, 30)))
    lengths = np.linalg.norm(found, axis=1)
    assert not lengths[~seen].any()
    assert all(each == pytest.approx(1, abs=1e-5) or each == 0 for each in lengths)


def test_the_same_bits_each_time():
    first, second = (cooccurrence.vectors(sequences(2), 9, 5, seed=3) for _ in range(2))
    assert first.tobytes() == second.tobytes()
