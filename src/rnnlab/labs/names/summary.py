"""What the report's first section says of the lab."""

from typing import Any

from rnnlab.document.results import Results
from rnnlab.document.text import spread
from rnnlab.labs.names.facts import BASELINE
from rnnlab.labs.names.section import fewer, most_accurate, versus

LSTM = "lstm"


def values(results: Results) -> dict[str, Any]:
    """What is no net, and the net that validation chooses, in batches and as published; the nets of
    K5 as published."""
    nets, facts = results.nets["names"], results.facts["names"]
    single = nets["published"]
    return {
        "against": versus(nets, facts.counts.test.pairs),
        "fewer": fewer(results),
        "best": most_accurate(facts),
        "single": {
            name: spread(single[net]["valid_accuracy"], 1, 100)
            for name, net in (("rnn", BASELINE), ("lstm", LSTM))
            if net in single
        },
    }
