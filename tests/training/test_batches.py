import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.training.batches import PAD, by_length, pad, pieces
from rnnlab.training.seeding import derive, generator

LENGTHS = st.lists(st.integers(1, 500), min_size=1, max_size=300).map(np.array)


@given(lengths=LENGTHS, size=st.integers(1, 64), seed=st.one_of(st.none(), st.integers(0, 99)))
def test_every_row_is_in_one_batch(lengths, size, seed):
    rng = None if seed is None else np.random.default_rng(seed)
    batches = by_length(lengths, size, rng)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    assert sorted((len(batch) for batch in batches), reverse=True)[0] <= size
    assert sum(len(batch) < size for batch in batches) <= 1


@given(lengths=LENGTHS, most=st.integers(1, 20_000))
def test_pieces_keep_all_rows_in_order_and_hold_no_more_than_asked(lengths, most):
    batch = np.arange(100, 100 + len(lengths))
    cut = pieces(batch, lengths, most)
    assert np.concatenate(cut).tolist() == batch.tolist()
    assert all(len(each) == 1 or len(each) * lengths[each - 100].max() <= most for each in cut)
    assert max(map(len, cut)) - min(map(len, cut)) <= 1
    (whole,) = pieces(batch, lengths, len(batch) * 500)
    assert np.array_equal(whole, batch)


def test_little_is_padded():
    lengths = np.random.default_rng(0).gamma(2.2, 120, 20_000).astype(int) + 10
    batches = by_length(lengths, 128, np.random.default_rng(1))
    total = sum(int(lengths[batch].max()) * len(batch) for batch in batches)
    assert 1 - lengths.sum() / total < 0.05


def test_an_epoch_is_another_order_and_a_seed_the_same():
    lengths = np.random.default_rng(0).integers(1, 400, 2000)
    first, again, other = (
        by_length(lengths, 32, generator("net", 1, "order", epoch)) for epoch in (1, 1, 2)
    )
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


@given(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=20), min_size=1, max_size=9))
def test_pad_keeps_each_sequence(sequences):
    ids, lengths = pad([np.array(each) for each in sequences])
    assert ids.shape == (max(map(len, sequences)), len(sequences))
    for column, sequence in enumerate(sequences):
        assert ids[: lengths[column], column].tolist() == sequence
        assert (ids[lengths[column] :, column] == PAD).all()


def test_seeds_of_other_keys_differ_and_stay():
    """All that is drawn follows from them: of others, no bit of a run would be the same."""
    assert derive("a", 1) == 2057769193037142695
    assert derive("a", 1) != derive("a", 2) != derive("b", 1)
    assert 0 <= derive("x") < 2**63
