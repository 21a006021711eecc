"""The report with all that says how it came about, as a Workflow Run RO-Crate to deposit.

Profiles: https://w3id.org/ro/wfrun/workflow/0.5 and those that it builds on.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rocrate.model import ComputerLanguage, ContextEntity, File
from rocrate.rocrate import ROCrate

from rnnlab import git
from rnnlab.document.results import Results
from rnnlab.errors import LabError
from rnnlab.files import all_or_none, read_as, sha256, write_json, write_text
from rnnlab.packages import LOCKS, installed
from rnnlab.provenance import croissant
from rnnlab.provenance.licences import MIT, terms
from rnnlab.report import results
from rnnlab.report.render import REPORTS
from rnnlab.runs.files import read_run
from rnnlab.runs.tracking import git_commit
from rnnlab.stage import Spent
from rnnlab.store import cards

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
ABOUT = (
    "Recurrent networks for sentiment, surnames and Tang poems, trained by a DVC pipeline from raw "
    "archives on: the report in English and Chinese, all its numbers, the pipeline with its "
    "settings and the digests of all that it read and wrote."
)
ACTION = {
    "name": "All stages of the pipeline",
    "description": "dvc.lock has the digests of what each stage read and wrote; the report's "
    "section on how it was made tells on which machines, and how long it took.",
}
TERMS = "https://w3id.org/ro/terms/workflow-run#"
"""Of the profile's, what RO-Crate itself has no term for."""
FORMATS = {
    ".md": "text/markdown",
    ".json": "application/json",
    ".csv": "text/csv",
    ".png": "image/png",
    ".yaml": "application/yaml",
    ".cff": "application/yaml",
    ".lock": "application/yaml",
}
"""By ending; of all others, plain text."""
ROOT = LOCKS[0].parent
"""The project's; a workspace has its own pipeline, settings and results alone."""
OF_PROJECT = (*("LICENSE", "CITATION.cff", "docs/data-licences.md"), *(lock.name for lock in LOCKS))
WORKFLOW, PIPELINE = "dvc.yaml", ("params.yaml", "dvc.lock")
METRICS = "metrics.json"
GIVEN = (METRICS, "curves.csv", *REPORTS.values())
MORE = ("expected.yaml", "audits.csv")
"""What only the root's reports have, or only after an audit."""


def write(folder: Path, reports: Path, graph: Path, models: Path, stages: Path) -> list[Path]:
    """Write the crate of the project in the current folder to `folder`; its files.

    graph: the pipeline's, as Mermaid draws it. models: of the runs, whose best get a card. stages:
    their times, which tell when the last one ended; what is not here is left out. Raises LabError
    if there is no report, or something lies in `folder` already; nothing is written then.
    """
    if folder.exists() and any(folder.iterdir()):
        raise LabError(f"{folder} is not empty; name a new folder.")
    for path in (*map(Path, (WORKFLOW, *PIPELINE)), graph, *(reports / each for each in GIVEN)):
        if not path.is_file():
            advice = "run this in the pipeline's folder, after `dvc repro`"
            raise LabError(f"{path} is missing; {advice}.")
    with all_or_none(folder) as part:
        _fill(part, reports, graph, models, stages)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _fill(folder: Path, reports: Path, graph: Path, models: Path, stages: Path) -> None:
    """Write the crate to `folder`; the rest as for `write`."""
    found = results.read(reports / METRICS)
    date = _date()
    made = _described(folder, found, date) + _cards(folder, found, models)
    crate = ROCrate(version="1.1")
    crate.name, crate.description = "rnnlab: a lab report on recurrent networks", ABOUT
    crate.datePublished, crate.license = date, _licence(crate)
    crate.metadata.extra_terms["sha256"] = TERMS + "sha256"
    authors = crate.add(_entity(crate, "#authors", "Organization", name="The rnnlab authors"))
    crate.root_dataset["author"] = crate.root_dataset["publisher"] = authors
    crate.root_dataset["conformsTo"] = [
        crate.add(_entity(crate, place, "CreativeWork", name=name, version=version))
        for place, (name, version) in PROFILES.items()
    ]
    workflow = crate.add_workflow(WORKFLOW, WORKFLOW, main=True, lang=_language(crate))
    workflow["name"], workflow["license"] = "The pipeline", _licence(crate)
    workflow["version"], workflow["encodingFormat"] = git_commit(), "application/yaml"
    workflow["hasPart"] = crate.add(_code(crate))
    for name in OF_PROJECT:
        _file(crate, ROOT / name, name)
    settings, *_ = [_file(crate, Path(name), name) for name in (*PIPELINE, graph.as_posix())]
    given = [_file(crate, path, path.as_posix()) for path in _reported(reports)]
    for path in made:
        _file(crate, path, path.relative_to(folder).as_posix())
    data = [crate.add(_dataset(crate, name, found)) for name in found.data]
    action = crate.add_action(
        workflow,
        identifier="#run",
        object=[settings, *data],
        result=given,
        properties={**ACTION, "agent": authors, **_ended(stages)},
    )
    crate.root_dataset["mentions"] = action
    crate.write(folder)


def _date() -> str:
    """Of the last commit: the same project gives the same crate."""
    try:
        return git.said("show", "--no-patch", "--format=%cs", "HEAD").strip()
    except LabError:
        why = "the crate names the code's commit; run this in a clone made by git."
        raise LabError(why) from None


def _described(folder: Path, found: Results, date: str) -> list[Path]:
    """Each dataset as Croissant, in the folder `croissant`."""
    paths = {name: folder / "croissant" / f"{name}.json" for name in found.data}
    for name, path in paths.items():
        write_json(path, croissant.describe(name, found.data[name], date))
    return list(paths.values())


def _cards(folder: Path, found: Results, models: Path) -> list[Path]:
    """The card of each lab's best model whose run is here, in the folder `models`."""
    paths = []
    for lab, place in cards.chosen(models).items():
        path = folder / "models" / f"rnnlab-{lab}.md"
        write_text(path, cards.card(read_run(place), found))
        paths.append(path)
    return paths


def _reported(reports: Path) -> Iterable[Path]:
    yield from (reports / each for each in GIVEN)
    yield from (reports / each for each in MORE if (reports / each).exists())
    yield from sorted(reports.glob("figures/*.png"))
    yield from sorted(reports.glob("nets/**/*.safetensors"))


def _file(crate: ROCrate, path: Path, name: str) -> File:
    """`path`, as `name` in the crate."""
    told = {
        "encodingFormat": FORMATS.get(path.suffix, "text/plain"),
        "contentSize": str(path.stat().st_size),
        "sha256": sha256(path),
    }
    return crate.add_file(path, name, properties=told)


def _entity(crate: ROCrate, place: str, kind: str, **properties: Any) -> ContextEntity:
    return ContextEntity(crate, place, properties={"@type": kind, **properties})


def _licence(crate: ROCrate) -> ContextEntity:
    return crate.add(_entity(crate, MIT, "CreativeWork", name="MIT License"))


def _language(crate: ROCrate) -> ComputerLanguage:
    version = installed("dvc")
    told = {"name": "DVC", "url": "https://dvc.org", "version": version}
    return crate.add(ComputerLanguage(crate, "#dvc", properties=told))


def _code(crate: ROCrate) -> ContextEntity:
    commit = git_commit()
    return _entity(
        crate, "#code", "SoftwareSourceCode", name="rnnlab", version=commit, license=_licence(crate)
    )


def _dataset(crate: ROCrate, name: str, found: Results) -> ContextEntity:
    dataset = found.data[name]
    told = terms(name, dataset)
    return _entity(
        crate,
        f"#{name}",
        "CreativeWork",
        name=told.title,
        description=dataset.notes,
        url=told.home,
        license=told.licence,
        citation=told.cite,
        sha256=dataset.sha256,
        contentSize=str(dataset.bytes),
        subjectOf=crate.get(f"croissant/{name}.json"),
    )


def _ended(stages: Path) -> dict[str, str]:
    ends = [read_as(path, Spent, seal=False).ended for path in sorted(stages.glob("*.json"))]
    return {"endTime": datetime.fromtimestamp(int(max(ends)), UTC).isoformat()} if ends else {}
