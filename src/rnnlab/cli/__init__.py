"""The command `rnnlab`: the pipeline's commands; others are in `nets`, `provenance`, `seeds`."""

from pathlib import Path
from typing import Annotated

import typer

from rnnlab import errors
from rnnlab.cli import nets, provenance
from rnnlab.cli.project import PROJECT
from rnnlab.cli.seeds import seeds
from rnnlab.errors import LabError

app = typer.Typer(
    help="Recurrent networks in a pipeline that rebuilds its own lab report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    *(nets.runs, nets.predict, nets.classify_name, nets.compose, seeds),
    *(provenance.why, provenance.audit, provenance.crate),
):
    app.command()(command)


def _tell_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"rnnlab {version('rnnlab')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="and no more")
    ] = False,
) -> None:
    """What stands before a command; the help is the app's."""


@app.command()
def settings(
    path: Annotated[Path, typer.Argument(help="the settings to check")] = Path("params.yaml"),
) -> None:
    """Check the settings, all sections, before any work.

    Example: rnnlab settings params.yaml
    """
    from rnnlab.labs.params import Params, read_all

    read_all(path)
    typer.echo(f"{path} is in order: {', '.join(Params.model_fields)}.")


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
def gc(dry: Annotated[bool, typer.Option("--dry", help="say what would go")] = False) -> None:
    """Delete from DVC's cache what neither the project nor any of its workspaces uses.

    Example: rnnlab gc --dry
    """
    from rnnlab.pipeline.workspace import collect_garbage

    collect_garbage(Path(), dry)


@app.command()
def repro(
    targets: Annotated[
        list[str] | None,
        typer.Argument(help="stages, or grids of them, with all that they need; none: everything"),
    ] = None,
    jobs: Annotated[int, typer.Option(help="cores to use here; 0: all", min=0)] = 0,
    scheduler: Annotated[
        str, typer.Option(help="a Dask cluster that does the work, as tcp://host:8786")
    ] = "",
    tls: Annotated[
        Path | None, typer.Option(help="folder with the cluster's ca.pem, cert.pem and key.pem")
    ] = None,
    folder: Annotated[Path, typer.Option(help="the pipeline's folder")] = Path(),
    dry: Annotated[
        bool, typer.Option("--dry", help="say what there is to do, and do nothing")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="do again what is up to date")] = False,
) -> None:
    """Bring the pipeline up to date as `dvc repro` does, but with several stages at once.

    How much of a machine a stage takes, section `workers` of params.yaml says. What a stage
    prints goes to logs/. docs/workers.md tells about clusters.

    Example: rnnlab repro names-train report --jobs 2
    """
    import os

    from rnnlab.labs.params import read_all
    from rnnlab.pipeline.engine import forecast, reproduce

    takes = read_all(folder / "params.yaml").workers
    certificates = tls and tls.absolute()
    os.chdir(folder)  # where DVC names stages from
    if dry:
        typer.echo("\n".join(forecast(jobs, takes, targets or [], force)))
    else:
        reproduce(jobs, scheduler, takes, certificates, targets or [], force)


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

    In a workspace, expectations are checked if `rnnlab expect` has proposed some.

    Exit code 1 if something drifts, 2 if something is missing.

    Example: rnnlab check
    """
    from rnnlab.gate import check as gate
    from rnnlab.gate import finding
    from rnnlab.pipeline.workspace import is_one

    findings = gate.check(PROJECT._replace(expects=not is_one(Path())))
    typer.echo(finding.table(findings))
    raise typer.Exit(finding.exit_code(findings))


@app.command()
def conclusions(base: Annotated[str, typer.Argument(help="a commit, branch or tag")]) -> None:
    """What has changed in the conclusions since `base`: verdicts, orderings, and their effects.

    Markdown, for the summary of a pull request.

    Example: rnnlab conclusions main
    """
    from rnnlab.gate import conclusions as gate

    typer.echo(gate.compare(gate.at(base, PROJECT.reports), gate.here(PROJECT.reports)))


@app.command()
def expect() -> None:
    """Propose reports/expected.yaml, values and tolerances, from the seeds in metrics.json.

    Example: rnnlab expect && git diff reports/expected.yaml
    """
    from rnnlab.gate import check as gate

    proposed, listed = gate.expect(PROJECT)
    typer.echo(
        f"{PROJECT.expected}: {len(proposed.numbers)} numbers, {len(proposed.orderings)} "
        f"orderings, {len(proposed.verdicts)} verdicts. Look at the changes, then commit it."
    )
    if not listed:
        typer.echo(
            f"{PROJECT.manifest} stays as it was, since not all of the data lies here; "
            "run `dvc repro` or `dvc pull`, then this again.",
            err=True,
        )


@app.command("html")
def pages(
    files_at: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Where the project's files are read, if the page is published without them: "
            "its links to docs/ lead there.",
        ),
    ] = "",
) -> None:
    """Make a self-contained page, reports/report.html, of the report in each language.

    Example: rnnlab html
    """
    from rnnlab.pipeline import lockfile
    from rnnlab.report.html import write

    for path in write(PROJECT.reports, PROJECT.graph, lockfile.entries(Path()), files_at):
        typer.echo(path)


@app.command()
def track(
    models: nets.Models = Path("models"),
    timings: nets.Timings = Path("timings"),
    features: nets.Features = Path("data/features"),
) -> None:
    """Bring every run on disk into the tracking store, once each: after `dvc pull`, an outage, ….

    The best run of each lab is registered as a model that answers raw text. The store is
    MLFLOW_TRACKING_URI, or mlflow.db in this folder, which `mlflow ui` shows.

    Example: rnnlab track && mlflow ui
    """
    from rnnlab.report import results
    from rnnlab.store.best import publish
    from rnnlab.store.rebuild import rebuild

    done = rebuild(models, timings)
    typer.echo(f"runs: {done.added} added, {done.completed} completed, {done.known} known")
    metrics, found = PROJECT.metrics, None
    if metrics.exists() and models == Path("models"):
        try:
            found = results.read(metrics)
        except LabError as trouble:
            typer.echo(f"models without cards: {trouble}", err=True)
    for line in publish(models, features, found):
        typer.echo(line)


def main() -> None:
    """Run the command; expected trouble ends in one line, exit code 1."""
    errors.guarded(app)
