"""The pages around the labs: what the first screen says of a claim."""

import pytest

from rnnlab.claims.ledger import Claim, Part
from rnnlab.report import pages


def claim(verdict, **parts):
    """A claim on steps; parts: their verdicts by name."""
    found = [Part(name=name, verdict=each, unit="steps") for name, each in parts.items()]
    return Claim(verdict=verdict, parts=found)


@pytest.mark.parametrize(
    ("verdict", "parts", "en", "zh"),
    [
        (
            "partly reproduced",
            {"before training": "reproduced", "after training": "not reproduced"},
            "(reproduced: *before training*; not reproduced: *after training*)",
            "（得到重现：“训练前”；未能重现：“训练后”）",
        ),
        (
            "inconclusive",
            {"before training": "reproduced", "after training": "inconclusive"},
            "(1 reproduced, 1 inconclusive)",
            "（1 项得到重现，1 项证据不足）",
        ),
        ("reproduced", {"before training": "reproduced"}, "nearest states only", "状态学习"),
    ],
)
def test_of_a_claim_that_holds_in_part_the_parts_are_named(verdict, parts, en, zh):
    told = pages.linked("K9", claim(verdict, **parts))
    assert told.en.endswith(en)
    assert told.zh.endswith(zh)
