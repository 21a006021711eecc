"""Small nets of the names lab, one name a step: several in one process against one after the other.

All are the project's own; what is measured is the training of a block of steps, without validation.
"""

import tempfile
from pathlib import Path

from bench.measuring import Row, cost, ratio, summary, take_turns
from bench.ours import PARAMS, SEED, fitted
from rnnlab.labs.names.data import Corpus, read
from rnnlab.labs.names.settings import AS_PUBLISHED, NamesSettings, Training
from rnnlab.labs.names.train import NamesGroup, NamesTask, untrained
from rnnlab.runs.checkpoints import Checkpoint
from rnnlab.settings.base import load
from rnnlab.training import machine, side_by_side

COUNTS = (1, 3, 5, 7, 14, 21, 35)
SEEDS, RATES = 5, (0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0)
"""Of a group: net i has seed i mod SEEDS, and a rate of the published one times one of RATES."""
STEPS = 2000
"""Of one net; of several, a share of these, so that a turn takes about as long."""


def measure(split: Path, repeats: int) -> Row:
    """The section `side-by-side`."""
    chosen = load(NamesSettings, "names", PARAMS).published.side_by_side
    return {
        "rows": [
            {"net": net, "chosen": chosen.at_once, "counts": _counts(net, split, repeats)}
            for net in chosen.nets
        ]
    }


def _counts(net: str, split: Path, repeats: int) -> list[Row]:
    """How many nets, their steps a second all together, and that beside one net's."""

    def rate(count: int) -> float:
        found: float = cost(steps_a_second, net=net, count=count, split=split).result
        return found

    turns = take_turns({str(each): lambda each=each: rate(each) for each in COUNTS}, repeats)
    rates = {count: summary(turns[str(count)]) for count in COUNTS}
    return [
        {"nets": count, "steps_a_second": each, "gain": ratio(each, rates[1])}
        for count, each in rates.items()
    ]


def ratios(section: Row) -> dict[str, float]:
    """Gain of the number that params.yaml chooses; the peephole LSTM has the plain name."""
    found = {}
    for row in section["rows"]:
        name = "names" if row["net"] == "peephole-lstm" else f"names/{row['net']}"
        gains = {each["nets"]: each["gain"]["median"] for each in row["counts"]}
        if row["chosen"] in gains:
            found[f"{name}/side-by-side"] = gains[row["chosen"]]
    return found


def steps_a_second(net: str, count: int, split: Path) -> float:
    """Steps of all nets together; a net alone goes the way of nets alone."""
    published = load(NamesSettings, "names", PARAMS).net(net + AS_PUBLISHED)
    block = max(1, 3 * STEPS // (count + 2))
    corpus, where = read(split), machine.prepare(published)
    trainings = [
        published.model_copy(
            update={
                "learning_rate": published.learning_rate * RATES[number % len(RATES)],
                "block": block,
                "epochs": 1,
            }
        )
        for number in range(count)
    ]
    tasks = [
        _task(net, SEED + number % SEEDS, each, corpus, where)
        for number, each in enumerate(trainings)
    ]
    if count == 1:
        (pace,) = fitted(tasks[0], trainings[0]).pace
        return block / pace.train_seconds
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Checkpoint(Path(folder, "checkpoint"), "")
        heard = [lambda epoch, pace: None] * count
        found = side_by_side.fit(NamesGroup(tasks), trainings, where, checkpoint, heard, "names")
    first = found[0]
    if isinstance(first, Exception):
        raise first
    return block / first.pace[0].train_seconds  # its share of what all took


def _task(
    net: str, seed: int, training: Training, corpus: Corpus, where: machine.Machine
) -> NamesTask:
    made = untrained(training, len(corpus.languages), seed)
    return NamesTask(net, seed, made, corpus, training, where)
