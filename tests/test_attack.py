"""A short form of `python -m tests.attack`: a few hostile inputs of each kind, no kills."""

import time
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import attack
from tests.attack import ATTACKS, GOOD, Case

from rnnlab.errors import LabError

attack.load()


@pytest.mark.parametrize("name", ATTACKS)
@given(st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_hostile_input_is_refused_in_one_sentence_or_does_no_harm(name, number):
    with TemporaryDirectory() as folder:
        case = ATTACKS[name](Random(number), Path(folder))
        outcome, said = attack.judge(case)
    assert outcome in GOOD, (case.what, outcome, said)


def refuse(sentence: str) -> None:
    raise LabError(sentence)


@pytest.mark.parametrize(
    ("read", "outcome"),
    [
        (lambda: refuse("a.txt is broken; make it again."), "refused"),
        (lambda: refuse("something is broken."), "unclear"),
        (lambda: refuse("a.txt\nis broken."), "unclear"),
        (lambda: 1, "harmless"),
        (lambda: 2, "silent"),
        (lambda: {}["key"], "traceback"),
        (lambda: time.sleep(60), "hang"),
    ],
)
def test_what_becomes_of_an_input_is_told_apart(read, outcome):
    case = Case("anything", read, lambda answer: answer == 1, "a.txt")
    assert attack.judge(case, seconds=0.2).outcome == outcome
