"""Commands that ask what has been trained."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, cast

import typer

from rnnlab.cli.show import answer, cut, table
from rnnlab.errors import LabError

Models = Annotated[Path, typer.Option(help="where the runs lie")]
Timings = Annotated[Path, typer.Option(help="where their times lie")]
Features = Annotated[Path, typer.Option(help="what the nets were trained on")]
Json = Annotated[bool, typer.Option("--json", help="as JSON, for programs")]
FIRST = "run `dvc repro` first"
Seed = Annotated[int | None, typer.Option(help="which of its runs; the first")]


def runs(
    lab: Annotated[str | None, typer.Argument(help="one lab's only, as sentiment or names")] = None,
    models: Models = Path("models"),
    timings: Timings = Path("timings"),
    json: Json = False,
) -> None:
    """What has been trained, with its scores: a table for each lab.

    Example: rnnlab runs sentiment
    """
    from rnnlab.runs import catalogue

    found = catalogue.read(models, timings, lab)
    tables = (f"{name}\n{table(map(catalogue.row, each))}" for name, each in found.items())
    answer("\n\n".join(tables), catalogue.plain(found), json)


def predict(
    texts: Annotated[
        list[str] | None, typer.Argument(help="reviews; - reads them from stdin, one a line")
    ] = None,
    file: Annotated[Path | None, typer.Option(help="a file of reviews, one a line")] = None,
    net: Annotated[
        str | None, typer.Option(help="which sentiment net; that of the lowest validation loss")
    ] = None,
    seed: Seed = None,
    models: Models = Path("models/sentiment"),
    features: Annotated[Path, typer.Option(help="where the nets' vocabulary lies")] = Path(
        "data/features/sentiment"
    ),
    json: Json = False,
) -> None:
    """Are film reviews positive? Each with the probability that it is.

    Example: rnnlab predict "A quiet film, and a great one."

    Example: rnnlab predict --file reviews.txt --net lstm-1-1-100d --json
    """
    from rnnlab.labs.sentiment.predict import LABELS, Critic

    reviews = list(_reviews(texts or [], file))
    if not reviews:
        raise LabError('no review is given; say rnnlab predict "text", --file or - (see --help).')
    folder = run_folder(models, net, seed) if net else best_run(models, seed)
    probabilities = Critic.load(folder, features).probabilities(reviews)
    labels = [LABELS[share > 0.5] for share in probabilities]
    judged = list(zip(reviews, labels, probabilities, strict=True))
    named = [dict(zip(("text", "label", "probability"), each, strict=True)) for each in judged]
    shown = [
        {"": label, "P(positive)": f"{share:.1%}", "review": cut(text, 25)}
        for text, label, share in judged
    ]
    content = {"run": folder.as_posix(), "predictions": named}
    answer(f"{table(shown)}\nby {folder}", content, json)


def classify_name(
    surnames: Annotated[list[str], typer.Argument(help="one surname or more")],
    net: Annotated[str, typer.Option(help="which net of the names lab")] = "lstm",
    seed: Seed = None,
    models: Models = Path("models/names"),
    json: Json = False,
) -> None:
    """The three likeliest languages of each surname, with their probabilities.

    Example: rnnlab classify-name Satoshi Kowalski
    """
    from rnnlab.labs.names.predict import Linguist

    folder = run_folder(models, net, seed)
    linguist = Linguist(folder)
    found, lines = [], []
    for surname in surnames:
        guesses = linguist.guesses(surname)
        found.append({"surname": surname, "languages": [each._asdict() for each in guesses]})
        likeliest = ", ".join(f"{each.language} {each.probability:.1%}" for each in guesses)
        lines.append(f"{surname}: {likeliest}")
    answer("\n".join(lines), {"run": folder.as_posix(), "predictions": found}, json)


def compose(
    start: Annotated[list[str], typer.Option(help="opening characters; give it again for more")],
    cell: Annotated[str, typer.Option(help="rnn, lstm or gru")] = "gru",
    form: Annotated[str, typer.Option(help="free, or five or seven characters a line")] = "free",
    acrostic: Annotated[bool, typer.Option(help="each given character opens a line")] = False,
    temperature: Annotated[float, typer.Option(help="0: always the likeliest character")] = 0.8,
    top_k: Annotated[int | None, typer.Option(help="draw among so many of the likeliest")] = None,
    top_p: Annotated[float | None, typer.Option(help="draw among this much probability")] = 0.95,
    lines: Annotated[int, typer.Option(help="of a poem in five- or seven-character form")] = 4,
    seed: Annotated[int, typer.Option(help="of the draws")] = 2077,
    models: Models = Path("models/poetry"),
    features: Features = Path("data/features/poetry"),
    json: Json = False,
) -> None:
    """Poems that begin with the characters given, one for each --start.

    Example: rnnlab compose --start 日 --start 月 --cell gru --form five
    """
    from rnnlab.labs.poetry.predict import Form, Style
    from rnnlab.labs.poetry.predict import compose as write

    style = Style(
        cast(Form, form), acrostic, lines, temperature, top_k=top_k, top_p=top_p, seed=seed
    )
    folder = run_folder(models, cell, None)
    poems = write(folder, features, start, style)
    found = [{"start": s, "poem": poem} for s, poem in zip(start, poems, strict=True)]
    answer("\n".join(poems), {"run": folder.as_posix(), "poems": found}, json)


def _reviews(texts: list[str], file: Path | None) -> Iterable[str]:
    """The reviews given as arguments, in stdin (for `-`) and in `file`; empty ones are none."""
    for text in texts:
        if text == "-":
            yield from _lines(sys.stdin.buffer.read(), "stdin")
        elif text.strip():
            yield text
    if file is not None:
        yield from _lines(file.read_bytes(), str(file))


def _lines(content: bytes, name: str) -> list[str]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise LabError(f"{name} is not UTF-8 text; save it as UTF-8.") from None
    return [line.strip() for line in text.split("\n") if line.strip()]


def best_run(models: Path, seed: int | None) -> Path:
    """The folder of the sentiment run (with `seed`) that its lab calls best."""
    from rnnlab.labs import LABS
    from rnnlab.runs.catalogue import best

    found = best(models, LABS["sentiment"].chosen_by, seed)
    if found is None:
        raise LabError(f"{models} holds no run{_with(seed)}; {FIRST}.")
    return found


def run_folder(models: Path, net: str, seed: int | None) -> Path:
    """The folder of a net's run; of its first one, if `seed` is None."""
    from rnnlab.runs.files import RUN

    found = sorted((models / net).glob(f"seed-{'*' if seed is None else seed}/{RUN}"))
    if not found:
        nets = sorted({run.parts[-3] for run in models.glob(f"*/seed-*/{RUN}")})
        known = ", ".join(nets) or "none"
        raise LabError(
            f"{models} holds no run of {net!r}{_with(seed)} (nets there: {known}); {FIRST}."
        )
    return found[0].parent


def _with(seed: int | None) -> str:
    return "" if seed is None else f" with seed {seed}"
