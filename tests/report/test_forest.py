"""The figure of all claims: every part is there, turned so that the right is what was claimed."""

from functools import partial

import pytest

from rnnlab.claims import claims
from rnnlab.claims.ledger import Claim, Part
from rnnlab.document.text import tell
from rnnlab.report import forest
from rnnlab.report.forest import turned


def one(claim: str, **numbers) -> forest.Turned:
    """The only row of a ledger with one part of `claim`."""
    part = Part(verdict="inconclusive", **numbers)
    (row,) = turned({claim: Claim(verdict="inconclusive", parts=[part])})
    return row


@pytest.mark.parametrize(
    ("name", "part", "unit", "value", "scale", "shown"),
    [
        ("K1", "1-1-100d", "accuracy", 0.05, "points", 5),
        ("K2", "second direction, 2 and 5 layers", "accuracy", -0.01, "points", 1),
        ("K4", "RNN, 300-d − 100-d", "accuracy", 0.01, "points", -1),
        ("K6", "lstm by accuracy", "accuracy", -0.02, "points", -2),
        ("K6", "lstm by loss", "loss", -0.25, "nats", 0.25),
        ("K7", "exponentially in the RNN", "ratio", 8.0, "times", 8),
        ("K7", "far more slowly in the LSTM", "ratio", 8.0, "times", 4),
        ("K8", "as published", "nats", 5.5, "nats", -0.5),
        ("K9", "after training", "steps", 40.0, "times", 0.25),
        ("K11", "LSTM slower", "ratio", 3.0, "times", 3),
        ("K11", "RNN less steady", "share", 0.05, "points", 5),
        ("K9", "before training", "steps", 5.0, "times", 2),
    ],
)
def test_what_was_claimed_lies_to_the_right(name, part, unit, value, scale, shown):
    row = one(name, name=part, unit=unit, effect=value)
    assert row.scale == scale
    assert row.effect == pytest.approx(shown)


def test_an_interval_is_turned_with_its_effect():
    numbers = {"effect": -0.01, "low": -0.03, "high": 0.01, "published": -0.02}
    row = one("K3", name="2 layers − 1", unit="accuracy", **numbers)
    assert row.ends == pytest.approx((-1, 3))
    assert row.published == pytest.approx(2)


def test_a_difference_has_its_margin_beside_the_line():
    assert one("K1", name="1-1-100d", unit="accuracy").margin == pytest.approx(0.5)
    assert one("K3", name="2 layers − 1", unit="accuracy").margin == pytest.approx(0.25)
    assert one("K9", name="after training", unit="steps").margin == 0


def test_every_verdict_has_a_look_of_its_own():
    marks = [(each["color"], each["marker"]) for each in forest.LOOKS.values()]
    assert len({colour for colour, _ in marks}) == len({shape for _, shape in marks}) == 4


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_part_has_a_row(language):
    known = {"verdict": "reproduced", "unit": "accuracy", "effect": 0.01, "low": 0, "high": 1}
    parts = {
        name: [Part(name=part.name, **known) for part in rule.parts]
        for name, rule in claims.load().rules.items()
        if isinstance(rule, claims.Differences)
    }
    found = {name: Claim(verdict="reproduced", parts=each) for name, each in parts.items()}
    figure = forest.draw(found, partial(tell, language=language))
    (axes,) = figure.axes
    labels = [each.get_text() for each in axes.get_yticklabels()]
    assert len(labels) == sum(map(len, parts.values()))
    names = {
        each.get_text().split()[0]: each.get_position()[1] for each in axes.texts[: len(parts)]
    }
    assert list(names) == list(parts)
    below = [min(at for at in axes.get_yticks() if at > place) for place in names.values()]
    assert below == [place + 1 for place in names.values()]


@pytest.mark.parametrize("effects", [(4.94, 5.03), (7.0, 7.1)])
def test_there_is_room_beside_the_line_and_the_marks(effects):
    known = {"verdict": "inconclusive", "unit": "nats"}
    parts = [
        Part(name=name, effect=effect, **known)
        for name, effect in zip(("lstm", "rnn"), effects, strict=True)
    ]
    ledger = {"K8": Claim(verdict="inconclusive", parts=parts)}
    (axes,) = forest.draw(ledger, partial(tell, language="en")).axes
    low, high = axes.get_xlim()
    assert min(-low, high) > 0.15 * (high - low)
    marks = [effect - 6 for effect in effects]
    assert min(*(each - low for each in marks), *(high - each for each in marks)) > 0.02 * (
        high - low
    )


def test_the_legend_has_what_is_drawn():
    shown = Part(name="1-1-100d", verdict="inconclusive", unit="accuracy", effect=0.01)
    untold = Part(name="2-1-100d", verdict="not testable here", unit="accuracy")
    claim = Claim(verdict="inconclusive", parts=[shown, untold])
    (legend,) = forest.draw({"K1": claim}, partial(tell, language="en")).legends
    assert [each.get_text() for each in legend.get_texts()] == ["inconclusive", "published"]
