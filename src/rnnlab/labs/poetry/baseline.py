"""What nets are held against: n-gram models, fitted to the training part at once."""

import time
from pathlib import Path

from rnnlab.files import read_sealed, write_sealed
from rnnlab.labs.poetry import data
from rnnlab.labs.poetry.kneser_ney import KneserNey
from rnnlab.labs.poetry.scores import scores
from rnnlab.labs.poetry.settings import BaselineSettings
from rnnlab.runs.baselines import SCORES
from rnnlab.text.vocabulary import Vocabulary


def build(features: Path, output: Path, timing: Path, settings: BaselineSettings) -> None:
    """Fit models of 2-grams, of up to 3-grams, and so on, and score each on the test poems.

    Writes into the folder `output` the scores of each by name, and into `timing` its seconds.
    """
    known = Vocabulary.read(features / data.WORDS)
    unknown_kinds = read_sealed(features / data.COVERAGE)["unknown_kinds"]
    poems = data.read(features)
    found: dict[str, dict[str, float]] = {}
    seconds: dict[str, float] = {}
    for longest in range(2, settings.longest + 1):
        started = time.process_time()
        model = KneserNey(poems, poems.rows("train"), len(known), longest)
        valid, tested = (model.surprises(poems.rows(part)) for part in ("valid", "test"))
        name = f"{longest}-grams"
        seconds[name] = time.process_time() - started
        found[name] = {
            "parameters": model.parameters,
            "valid_loss": float(valid.nats.mean()),
            **scores(tested, known, unknown_kinds),
        }
    write_sealed(output / SCORES, found)
    write_sealed(timing, seconds)
