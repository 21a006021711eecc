"""Which number of metrics.json a question is about."""

import pytest

from rnnlab.provenance.numbers import figure, figures, keyed, leaves, shown_as, shows

CONTENT = {
    "sentiment": {
        "published": {
            "lstm-1-1-100d": {
                "test_accuracy": {"mean": 0.86574, "n": 2, "values": {"1": 0.86, "2": 0.87148}},
                "parameters": 1234567,
            }
        }
    },
    "facts": {"swept": {"0.02": [0.5, True, None, "0.5"]}},
}


def names(asked):
    text = figure(asked)
    found = keyed(CONTENT, asked) if text is None else shown_as(CONTENT, text)
    return [each.name for each in found]


def test_what_is_true_or_false_is_no_number():
    assert [each.name for each in leaves(CONTENT["facts"])] == ["swept/0.02/0"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("86.57", 0.86574),
        ("86.6", 0.86574),
        ("0.8657", 0.86574),
        ("1,234,567", 1234567),
        ("0.71", -0.0071),
        ("0.003", 0.0034),
    ],
)
def test_a_figure_shows_a_number_rounded_or_in_percent(text, value):
    assert shows(text, value)
    assert not shows(text, value * 1.1)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("86.57", "86.57"),
        ("the LSTM (lstm-1-1-100d) gets 86.57% right", "86.57"),
        ("seed 1: 1,234,567 parameters", "1,234,567"),
        ("test accuracy", None),
        ("gru-2-2-300d", None),
        ("sentiment/lstm-1-1-100d/test_accuracy/values/2", None),
    ],
)
def test_the_figure_among_words(asked, expected):
    assert figure(asked) == expected


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ("sentiment/lstm-1-1-100d/test_accuracy", "test_accuracy/mean"),
        ("sentiment/published/lstm-1-1-100d/test_accuracy/mean", "test_accuracy/mean"),
        ("lstm-1-1-100d/test_accuracy/values/2", "test_accuracy/values/2"),
        ("86.57", "test_accuracy/mean"),
        ("87.148", "test_accuracy/values/2"),
    ],
)
def test_a_key_may_leave_parts_out_and_means_the_mean(asked, key):
    assert names(asked) == [f"sentiment/published/lstm-1-1-100d/{key}"]


def test_what_is_not_there_is_not_found():
    assert names("sentiment/gru/test_accuracy") == []
    assert names("12.34") == []


def test_a_name_holds_no_figures():
    assert figures("gru-1-2-100d, seed 2077: 86.57 of 100 names") == ["2077", "86.57", "100"]
