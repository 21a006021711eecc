"""The command `rnnlab`."""

from pathlib import Path
from typing import Annotated, cast

import typer

from rnnlab import errors

app = typer.Typer(
    help="Recurrent networks in a pipeline that rebuilds its own lab report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def settings(
    path: Annotated[Path, typer.Argument(help="the settings to check")] = Path("params.yaml"),
) -> None:
    """Check the settings, all sections, before any work.

    Example: rnnlab settings params.yaml
    """
    from rnnlab.settings.everything import Settings, read_all

    read_all(path)
    typer.echo(f"{path} is in order: {', '.join(Settings.model_fields)}.")


@app.command()
def workspace(
    size: Annotated[str, typer.Argument(help="a file in sizes/, as demo or quick")],
) -> None:
    """Make or refresh the folder of another size of the pipeline, and print where it is.

    Example: rnnlab workspace demo
    """
    from rnnlab.pipeline.workspace import prepare

    typer.echo(prepare(Path(), size))


@app.command()
def repro(
    jobs: Annotated[int, typer.Option(help="stages at a time; 0: one for each core")] = 0,
    folder: Annotated[Path, typer.Option(help="the pipeline's folder")] = Path(),
) -> None:
    """Bring the pipeline up to date as `dvc repro` does, but with several stages at once.

    Example: rnnlab repro --jobs 2
    """
    import os

    from rnnlab.pipeline.parallel import reproduce
    from rnnlab.settings.everything import read_all

    read_all(folder / "params.yaml")
    os.chdir(folder)  # where DVC names stages from
    reproduce(jobs or os.cpu_count() or 1)


@app.command()
def declare(path: Annotated[Path, typer.Argument(help="the pipeline")] = Path("dvc.yaml")) -> None:
    """Correct the code that each stage in dvc.yaml declares, and the pipeline's graph in docs/.

    Example: rnnlab declare
    """
    from rnnlab.pipeline.dependencies import declare as correct
    from rnnlab.pipeline.graph import write_graph

    changed = correct(path)
    write_graph(path, path.parent / "docs" / "pipeline.mmd")
    typer.echo(f"corrected: {', '.join(changed)}" if changed else "nothing to correct")


@app.command()
def check() -> None:
    """Check that reports, metrics.json, expectations, code and dvc.lock belong together.

    Exit code 1 if something drifts, 2 if something is missing.

    Example: rnnlab check
    """
    from rnnlab.report import finding, gate

    findings = gate.check(Path())
    typer.echo(finding.table(findings))
    raise typer.Exit(finding.exit_code(findings))


@app.command()
def expect() -> None:
    """Propose reports/expected.yaml, values and tolerances, from the seeds in metrics.json.

    Example: rnnlab expect && git diff reports/expected.yaml
    """
    from rnnlab.report import gate

    proposed, path = gate.expect(Path())
    typer.echo(
        f"{path}: {len(proposed.numbers)} numbers, {len(proposed.orderings)} orderings, "
        f"{len(proposed.verdicts)} verdicts. Look at the changes, then commit it."
    )


@app.command("classify-name")
def classify_name(
    surnames: Annotated[list[str], typer.Argument(help="one surname or more")],
    net: Annotated[str, typer.Option(help="which net of the names lab")] = "lstm",
    seed: Annotated[int | None, typer.Option(help="which of its runs; the first")] = None,
    models: Annotated[Path, typer.Option(help="where the runs lie")] = Path("models/names"),
) -> None:
    """The three likeliest languages of each surname, with their probabilities.

    Example: rnnlab classify-name Satoshi Kowalski
    """
    from rnnlab.labs.names import classify

    folder = run_folder(models, net, seed)
    for surname in surnames:
        guesses = classify(folder, surname)
        likeliest = ", ".join(f"{each.language} {each.probability:.1%}" for each in guesses)
        typer.echo(f"{surname}: {likeliest}")


@app.command()
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
    models: Annotated[Path, typer.Option(help="where the runs lie")] = Path("models/poetry"),
    features: Annotated[Path, typer.Option(help="what the nets were trained on")] = Path(
        "data/features/poetry"
    ),
) -> None:
    """Poems that begin with the characters given, one for each --start.

    Example: rnnlab compose --start 日 --start 月 --cell gru --form five
    """
    from rnnlab.labs.composing import Form, Style
    from rnnlab.labs.composing import compose as write

    style = Style(
        cast(Form, form), acrostic, lines, temperature, top_k=top_k, top_p=top_p, seed=seed
    )
    for poem in write(run_folder(models, cell, None), features, start, style):
        typer.echo(poem)


def run_folder(models: Path, net: str, seed: int | None) -> Path:
    """The folder of a net's run; of its first one, if `seed` is None."""
    found = sorted((models / net).glob("seed-*" if seed is None else f"seed-{seed}"))
    if not found:
        known = ", ".join(sorted(path.name for path in models.glob("*"))) or "none"
        raise errors.LabError(
            f"{models} holds no run of {net!r}{'' if seed is None else f' with seed {seed}'} "
            f"(nets there: {known}); run `dvc repro` or `dvc pull` first."
        )
    return found[0]


def main() -> None:
    """Run the command; expected trouble ends in one line, exit code 1."""
    errors.guarded(app)
