"""What one stage wrote and another reads: damaged bytes, or content that can not be."""

import pickle
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from safetensors.numpy import save_file
from tests.attack import Case, attack, lasting
from tests.attack.bytes import spoil
from torch import nn

from rnnlab.corpora import names as surnames
from rnnlab.corpora import split, tangshi
from rnnlab.corpora.imdb import Review
from rnnlab.corpora.names import Line
from rnnlab.files import SEAL, read_sealed, sealing, write_sealed, write_table
from rnnlab.labs.names import data as names
from rnnlab.labs.poetry import data as poetry
from rnnlab.labs.sentiment import data as sentiment
from rnnlab.runs import files as runs
from rnnlab.runs import history
from rnnlab.runs.history import Epoch, Pace
from rnnlab.runs.predictions import read_predictions
from rnnlab.text import sequences, tokens
from rnnlab.text.vocabulary import Vocabulary

Read = Callable[[Path], Any]
WORDS = ["a", "fine", "film", "dull", "long"]


@cache
def written() -> Path:
    """A folder with a little of all that stages write, by the code that writes it."""
    folder = lasting()
    dice = Random(1)
    reviews = [
        Review(f"{part}/{n}", part, n % 2, 1, " ".join(dice.choices(WORDS, k=5)))
        for part in ("train", "test")
        for n in range(20)
    ]
    tokens.write(folder / "imdb.parquet", iter([tokens.tokenize(reviews)]))
    parts = split.reviews(folder / "imdb.parquet", 0.25, 1)
    write_table(folder / "sentiment.parquet", parts)
    known = Vocabulary(["<pad>", "<unk>", *WORDS])
    of = dict(zip(*(parts[each].to_pylist() for each in ("id", "part")), strict=True))
    known.write(folder / "sentiment" / sentiment.WORDS)
    sentiment.write(folder / "sentiment", sentiment.encode(folder / "imdb.parquet", of, known))
    _vectors(folder / "sentiment", np.random.default_rng(1).normal(size=(7, 100)))
    lines = [Line(f"L{n % 3}", "".join(dice.choices("abcdef", k=6))) for n in range(60)]
    write_table(folder / "names.parquet", surnames.split(lines, 0.25, 0.25, 1))
    poems = [
        {"id": str(n), "part": part, "text": "".join(dice.choices("日月山水", k=5)) + "。"}
        for n, part in enumerate(["train", "valid", "test"] * 5)
    ]
    columns = {**{each: [poem.get(each, "x") for poem in poems] for each in tangshi.Poem._fields}}
    columns["part"] = [poem["part"] for poem in poems]
    write_table(folder / "tangshi.parquet", pa.table(columns))
    poetry.write(folder / "poetry", poems, 100, 1)
    _run(folder)
    return folder


def _vectors(folder: Path, values: Any) -> None:
    with sealing(sentiment.vectors_file(folder, 100)) as part:
        save_file({"vectors": values.astype(np.float32)}, part, SEAL)


def _run(folder: Path) -> None:
    facts = {
        "lab": "names",
        "net": "lstm",
        "seed": 1,
        "settings": {},
        "data": {},
        "fingerprint": "f",
    }
    run = runs.Run(
        **facts, environment={}, structure="", parameters=6, best_epoch=1,
        scores={"valid_loss": 1.0, "valid_accuracy": 0.5},
    )  # fmt: skip
    epochs = [Epoch(n, 2.0 / n, 0.5, 2.0, 0.5, 1.0, 1.0) for n in (1, 2, 3)]
    predictions = {"id": ["a", "b"], "label": [0, 1], "predicted": [0, 0]}
    runs.write(folder / "run", run, _net(), epochs, pa.table(predictions))
    write_sealed(folder / "time.json", runs.timing([Pace(1, 1.0, 1.0, 9)]).model_dump())
    history.write_curves(
        folder / "curves.csv", {history.Trained("names", "ours", "lstm", 1): epochs}
    )


def _net() -> nn.Module:
    torch.manual_seed(1)
    return nn.Linear(2, 2)


def _weights(folder: Path) -> list[Any]:
    net = _net()
    runs.read_weights(folder / "run", net)
    return [each.tolist() for each in net.parameters()]


def _encoded(folder: Path) -> Any:
    parts = dict.fromkeys([f"{part}/{n}" for part in ("train", "test") for n in range(20)], "train")
    known = Vocabulary.read(folder / "sentiment" / sentiment.WORDS)
    return sentiment.encode(folder / "imdb.parquet", parts, known)


FILES: dict[str, Read] = {
    "imdb.parquet": lambda folder: (
        split.reviews(folder / "imdb.parquet", 0.25, 1),
        _encoded(folder),
    ),
    "sentiment/ids.npy": lambda folder: sentiment.read(folder / "sentiment"),
    "sentiment/offsets.npy": lambda folder: sentiment.read(folder / "sentiment"),
    "sentiment/rows.parquet": lambda folder: sentiment.read(folder / "sentiment"),
    "sentiment/vocabulary.txt": _encoded,
    "sentiment/vectors-100d.safetensors": lambda folder: sentiment.read_vectors(
        folder / "sentiment", 100
    ).tolist(),
    "names.parquet": lambda folder: names.read(folder / "names.parquet"),
    "tangshi.parquet": lambda folder: tangshi.read(folder / "tangshi.parquet"),
    "poetry/ids.npy": lambda folder: poetry.read(folder / "poetry"),
    "poetry/offsets.npy": lambda folder: poetry.read(folder / "poetry"),
    "poetry/rows.parquet": lambda folder: poetry.read(folder / "poetry"),
    "poetry/vocabulary.txt": lambda folder: Vocabulary.read(folder / "poetry/vocabulary.txt").words,
    "poetry/coverage.json": lambda folder: read_sealed(folder / "poetry/coverage.json"),
    "run/run.json": lambda folder: runs.read_run(folder / "run"),
    "run/history.csv": lambda folder: runs.read_history(folder / "run"),
    "run/predictions.parquet": lambda folder: read_predictions(folder / "run"),
    "run/model.safetensors": _weights,
    "time.json": lambda folder: runs.read_timing(folder / "time.json"),
}


@attack("intermediates: bytes")
def damaged(dice: Random, folder: Path) -> Case:
    name = dice.choice(list(FILES))
    shutil.copytree(written(), folder, dirs_exist_ok=True)
    what = spoil(dice, folder / name)
    right = pickle.dumps(FILES[name](written()))
    return Case(
        f"{name}: {what}",
        lambda: FILES[name](folder),
        lambda answer: pickle.dumps(answer) == right,
        Path(name).name,
    )


@attack("intermediates: another file's")
def mixed(dice: Random, folder: Path) -> Case:
    """Of another kind, with a right digest. (One whole vocabulary for another is no damage: a run's
    fingerprint, and DVC, tell them apart.)"""
    name = dice.choice(list(FILES))
    other = dice.choice([each for each in FILES if each != name and "vocabulary" not in each])
    shutil.copytree(written(), folder, dirs_exist_ok=True)
    shutil.copy(folder / other, folder / name)
    right = pickle.dumps(FILES[name](written()))
    return Case(
        f"{other} in place of {name}",
        lambda: FILES[name](folder),
        lambda answer: pickle.dumps(answer) == right,
        str(folder / Path(name).parent),
    )


@attack("intermediates: values")
def impossible(dice: Random, folder: Path) -> Case:
    """What can't be, with a right digest: as of a stage that went wrong."""
    shutil.copytree(written(), folder, dirs_exist_ok=True)
    lab, read = dice.choice([("sentiment", sentiment.read), ("poetry", poetry.read)])
    place = folder / lab
    ids, offsets = np.load(place / "ids.npy"), np.load(place / "offsets.npy")
    at = dice.randrange(len(ids))
    how = dice.choice(
        ["ids", "padding", "order", "short", "long", "float", "words", "rows", "vectors"]
    )
    if how in ("ids", "padding"):
        ids[at] = 0 if how == "padding" else dice.choice([-1, -7, 100, 30_000])
    elif how == "order":
        offsets[dice.randrange(len(offsets))] += dice.choice([-1000, 1000])
    elif how == "short":
        ids = ids[:at]
    elif how == "long":
        offsets = np.append(offsets, len(ids))
    sequences.write(place, ids.astype(float) if how == "float" else ids, offsets)
    if how == "words":
        Vocabulary(["<pad>", "<unk>"]).write(place / "vocabulary.txt")
    if how == "rows":
        write_table(
            place / "rows.parquet", pa.table({"id": ["a"], "part": ["train"], "label": [1]})
        )
    if how == "vectors":
        values = np.ones((7, 100))
        values[dice.randrange(7), dice.randrange(100)] = dice.choice([np.nan, np.inf])
        _vectors(folder / "sentiment", values)
        return Case(
            "a vector that is no number",
            lambda: sentiment.read_vectors(folder / "sentiment", 100),
            names="vectors-100d",
        )
    return Case(f"{lab}: {how}", lambda: read(place), names=str(place))


@attack("curves")
def curves(dice: Random, folder: Path) -> Case:
    """Kept in git and hashed by DVC, so without a digest of its own: only tracebacks are wrong."""
    shutil.copy(written() / "curves.csv", folder)
    what = spoil(dice, folder / "curves.csv")
    read = lambda: history.read_curves(folder / "curves.csv")  # noqa: E731
    return Case(what, read, lambda answer: True, "curves.csv")
