"""Histories are read back as they were written, to the bit."""

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from rnnlab.runs import history
from rnnlab.runs.history import Curves, Epoch, Trained

NUMBERS = st.floats(allow_nan=False, allow_subnormal=False)  # trainings flush those to zero
NAMES = st.text('abz019.,;-" 诗', min_size=1)
EPOCHS = st.builds(Epoch, st.integers(1), *[NUMBERS] * 6)
RUNS = st.builds(Trained, NAMES, NAMES, NAMES, st.integers())
HISTORIES = st.lists(EPOCHS, min_size=1, max_size=4).map(
    lambda rows: [dataclasses.replace(each, epoch=n) for n, each in enumerate(rows, 1)]
)


@given(curves=st.dictionaries(RUNS, HISTORIES, max_size=5))
def test_curves_come_back_to_the_bit_and_in_order(tmp_path_factory, curves):
    path = tmp_path_factory.mktemp("curves") / "curves.csv"
    history.write_curves(path, curves)
    again = history.read_curves(path)
    assert list(again.items()) == list(curves.items())
    assert all(type(row.epoch) is int for rows in again.values() for row in rows)


@given(epochs=HISTORIES)
def test_a_run_s_history_comes_back_to_the_bit(tmp_path_factory, epochs):
    path = tmp_path_factory.mktemp("history") / "history.csv"
    history.write_history(path, epochs)
    assert history.read_history(path) == epochs


def made(*losses: float) -> list[Epoch]:
    return [Epoch(number, 2.0, 0.5, loss, 0.5, 1.0, 1.0) for number, loss in enumerate(losses, 1)]


CURVES: Curves = {
    Trained("sentiment", "ours", "gru-2-1-100d", 1): made(1.0, 0.0),
    Trained("sentiment", "ours", "gru-2-1-100d", 2): made(2.0),
    Trained("sentiment", "published", "gru-2-1-100d", 1): made(3.0),
}


def test_curves_have_a_row_an_epoch_of_every_run(tmp_path):
    history.write_curves(tmp_path / "curves.csv", CURVES)
    heading, *rows = (tmp_path / "curves.csv").read_text(encoding="utf-8").splitlines()
    fields = [field.name for field in dataclasses.fields(Epoch)]
    assert heading.split(",") == ["lab", "regime", "net", "seed", *fields]
    assert [row.split(",")[:5] + row.split(",")[7:8] for row in rows] == [
        ["sentiment", "ours", "gru-2-1-100d", "1", "1", "1.0"],
        ["sentiment", "ours", "gru-2-1-100d", "1", "2", "0.0"],
        ["sentiment", "ours", "gru-2-1-100d", "2", "1", "2.0"],
        ["sentiment", "published", "gru-2-1-100d", "1", "1", "3.0"],
    ]


def test_a_net_s_histories_are_those_of_its_lab_and_regime():
    found = history.of(CURVES, "sentiment", "ours", "gru-2-1-100d")
    assert [[row.valid_loss for row in rows] for rows in found] == [[1.0, 0.0], [2.0]]
    assert history.of(CURVES, "names", "ours", "gru-2-1-100d") == []
