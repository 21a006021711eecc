"""The command `rnnlab`."""

from pathlib import Path
from typing import Annotated

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


def main() -> None:
    """Run the command; expected trouble ends in one line, exit code 1."""
    errors.guarded(app)
