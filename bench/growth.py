"""How time and memory grow with the corpus: tokenize, embed and train at 1, 2, 4 and 8 times it."""

import tempfile
from pathlib import Path
from typing import Any

from bench.contest import exponent
from bench.processes import cost
from bench.tokenizing import stream
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load

MINUTES = 4
PARAMS = Path(__file__).parent.parent / "params.yaml"
BASE = 3_000
TIMES = (1, 2, 4, 8)
NET = "lstm-1-1-100d"


def measure(
    archive: Path, raw: Path, base: int = BASE, changes: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The section `growth`: a row for each step and size, and each step's exponents.

    changes: to sentiment.training of params.yaml. One epoch is trained.
    """
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for times in TIMES:
            place = {"folder": str(Path(folder, str(times)))}
            steps = (
                ("tokenize", tokenize, {"archive": str(archive.absolute()), "count": base * times}),
                ("embed", embed, {"raw": str(raw.absolute())}),
                ("train", train, {"changes": changes or {}}),
            )
            for name, function, arguments in steps:
                spent = cost(function, **place, **arguments)
                rows.append({"step": name, "reviews": base * times, "seconds": spent.seconds,
                             "peak_mib": spent.peak_mib})  # fmt: skip
    return {"net": NET, "rows": rows, "exponents": exponents(rows)}


def ratios(section: dict[str, Any]) -> dict[str, float]:
    return {
        f"growth/{step}-{what}-exponent": value
        for step, both in section["exponents"].items()
        for what, value in both.items()
    }


def exponents(rows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """For each step, b in cost ≈ a · reviews^b, of its seconds and of its memory."""
    found = {}
    for step in dict.fromkeys(row["step"] for row in rows):
        of_step = [row for row in rows if row["step"] == step]
        sizes = [row["reviews"] for row in of_step]
        found[step] = {
            "time": exponent(sizes, [row["seconds"] for row in of_step]),
            "memory": exponent(sizes, [row["peak_mib"] for row in of_step]),
        }
    return found


def tokenize(folder: str, archive: str, count: int) -> None:
    """As the stage does, on the first `count` reviews; every fifth goes to the test set.

    Labels are made up: the archive has one after the other, and the split wants both.
    """
    from rnnlab.text import tokens

    chunk = load(SentimentSettings, "sentiment", PARAMS).tokens.chunk
    reviews = (
        review._replace(label=number % 2, split="train" if number % 5 else "test")
        for number, review in enumerate(stream(Path(archive), count))
    )
    tokens.write(Path(folder, "tokens.parquet"), tokens.tokenize_all(reviews, chunk, 0))


def embed(folder: str, raw: str) -> None:
    """Split, then as the stage does."""
    from rnnlab.corpora import split
    from rnnlab.labs.sentiment import embed as embedding

    settings = load(SentimentSettings, "sentiment", PARAMS)
    corpus, parts = Path(folder, "tokens.parquet"), Path(folder, "split.parquet")
    split.write(parts, split.reviews(corpus, **settings.split.model_dump()))
    vectors = settings.vectors.model_copy(update={"dimensions": [100]})
    embedding.build(
        corpus, parts, Path(raw), Path(folder, "features"), settings.vocabulary, vectors
    )


def train(folder: str, changes: dict[str, Any]) -> None:
    """One epoch, without tracking."""
    from rnnlab.labs.sentiment import data as features
    from rnnlab.labs.sentiment.settings import shape
    from rnnlab.labs.sentiment.train import SentimentTask, classifier
    from rnnlab.runs import files as runs
    from rnnlab.training import machine
    from rnnlab.training.loop import fit

    committed = load(SentimentSettings, "sentiment", PARAMS).training
    training = committed.model_copy(update={"device": "cpu", "epochs": 1, **changes})
    where = machine.prepare(training)
    place = Path(folder, "features")
    vectors = runs.load_tensors(place / "vectors-100d.safetensors")["vectors"]
    net = classifier(vectors, shape(NET), training, 2077)
    task = SentimentTask(NET, 2077, net, features.read(place), training, where)
    fit(task, 1, training.clip_norm, where, Path(folder, "checkpoint"), "bench")
