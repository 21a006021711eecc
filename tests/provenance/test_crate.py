"""What is handed on: the crate, the datasets' descriptions, the models' cards."""

import json
from pathlib import Path

import pytest
import yaml

from made import least, net, results
from places import ROOT
from repository import committed
from rnnlab.document.results import DatasetOrigin
from rnnlab.errors import LabError
from rnnlab.files import sha256
from rnnlab.labs import LABS, Lab
from rnnlab.provenance import crate, croissant
from rnnlab.provenance.licences import TERMS, terms
from rnnlab.report.results import write
from rnnlab.runs.files import Run
from rnnlab.store.cards import card

OWN = {"test_accuracy": {1: 0.5, 2: 0.6}, "valid_loss": {1: 0.3, 2: 0.4}}
OTHER = {"test_accuracy": {1: 0.1, 2: 0.1}, "valid_loss": {1: 0.9, 2: 0.9}}
RUN = Run(
    lab="names", net="lstm", seed=1, settings={}, data={}, environment={"torch": "2"},
    fingerprint="f00", structure="s", parameters=1234, best_epoch=1,
    scores={"test_accuracy": 0.5, "valid_loss": 0.3},
)  # fmt: skip

PLACES = tuple(map(Path, ("reports", "docs/pipeline.mmd", "models", "timings/stages")))
"""What a crate is made of."""


def origin(**changes) -> DatasetOrigin:
    told = {"kind": "mirror", "file": "names/names.zip", "sha256": "ab" * 32, "notes": "Names."}
    return least(DatasetOrigin).model_copy(update={**told, "subset": None, **changes})


def found():
    nets = {"published": {"lstm": net(**OTHER)}, "ours": {"lstm": net(**OWN)}}
    told = results({"names": nets}, {})
    return told.model_copy(update={"data": {"names": origin(), "tangshi": origin()}})


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A folder with all that a crate is made of, at its least."""
    write(tmp_path / "reports/metrics.json", found())
    names = ["curves.csv", "report.md", "report.zh.md", "figures/loss.png"]
    texts = [f"reports/{each}" for each in names]
    for name in ("dvc.yaml", *crate.PIPELINE, "docs/pipeline.mmd", *texts):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{name}\n", encoding="utf-8")
    committed(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def graph(folder: Path) -> dict[str, dict]:
    content = json.loads((folder / "ro-crate-metadata.json").read_text("utf-8"))
    return {each["@id"]: each for each in content["@graph"]}


def ids(value) -> set[str]:
    """All that an entity points to."""
    if isinstance(value, list):
        return set().union(*map(ids, value))
    return {value["@id"]} if isinstance(value, dict) else set()


def test_a_crate_says_of_every_file_what_it_is(project):
    files = crate.write(Path("deposit"), *PLACES)
    told = graph(project / "deposit")
    listed = {path.relative_to("deposit").as_posix() for path in files}
    assert listed - {"ro-crate-metadata.json"} == ids(told["./"]["hasPart"])
    for name in ids(told["./"]["hasPart"]) - {"dvc.yaml"}:
        assert told[name]["sha256"] == sha256(project / "deposit" / name)
        assert told[name]["encodingFormat"]


def test_a_crate_points_to_nothing_that_it_does_not_describe(project):
    crate.write(Path("deposit"), *PLACES)
    told = graph(project / "deposit")
    pointed = set().union(*(ids(value) for each in told.values() for value in each.values()))
    assert {each for each in pointed - told.keys() if not each.startswith("https:")} == set()


def test_a_crate_is_of_a_workflow_that_was_run(project):
    """What the profiles say must be there."""
    crate.write(Path("deposit"), *PLACES)
    told = graph(project / "deposit")
    root, run = told["./"], told["#run"]
    assert ids(root["conformsTo"]) == set(crate.PROFILES)
    assert all(told[each]["@type"] == "CreativeWork" for each in crate.PROFILES)
    assert {"name", "description", "datePublished", "license"} <= root.keys()
    workflow = told[root["mainEntity"]["@id"]]
    assert set(workflow["@type"]) == {"File", "SoftwareSourceCode", "ComputationalWorkflow"}
    assert told[workflow["programmingLanguage"]["@id"]]["@type"] == "ComputerLanguage"
    assert (run["@type"], run["instrument"]["@id"]) == ("CreateAction", workflow["@id"])
    assert ids(root["mentions"]) == {"#run"}
    assert {"params.yaml", "#names"} <= ids(run["object"])
    assert {"reports/report.md", "reports/metrics.json", "reports/figures/loss.png"} <= ids(
        run["result"]
    )


def test_the_same_project_gives_the_same_crate(project):
    for name in ("one", "other"):
        crate.write(Path(name), *PLACES)
    one, other = (
        {path.name: path.read_bytes() for path in (project / name).rglob("*") if path.is_file()}
        for name in ("one", "other")
    )
    assert one == other


def test_a_crate_goes_to_a_new_folder_alone(project):
    with pytest.raises(LabError, match="reports is not empty"):
        crate.write(Path("reports"), *PLACES)


@pytest.mark.parametrize("name", ["dvc.yaml", "dvc.lock", "reports/report.md"])
def test_what_a_crate_lacks_is_named_and_nothing_is_written(project, name):
    (project / name).unlink()
    with pytest.raises(LabError, match=f"{name} is missing"):
        crate.write(Path("deposit"), *PLACES)
    assert not Path("deposit").exists()


def test_a_crate_that_failed_can_be_made_again(project, monkeypatch):
    with monkeypatch.context() as without:
        without.delitem(TERMS, "tangshi")
        with pytest.raises(LabError, match="has no terms of 'tangshi'"):
            crate.write(Path("deposit"), *PLACES)
    assert crate.write(Path("deposit"), *PLACES)


def test_croissant_has_what_the_standard_asks_for():
    told = croissant.describe("names", origin(), "2026-11-25")
    needed = {"@context", "@type", "conformsTo", "name", "description", "url", "license"}
    assert needed | {"creator", "datePublished", "version", "distribution"} <= told.keys()
    assert told["@context"]["@vocab"] == "https://schema.org/"
    used = {key for key in told if not key.startswith("@")}
    prefixed = {key for key in used if str(told["@context"].get(key, "")).startswith("cr:")}
    assert prefixed == {"citeAs"}
    (file,) = told["distribution"]
    assert file["@type"] == "cr:FileObject"
    assert file["sha256"] == "ab" * 32
    assert file["encodingFormat"] == "application/zip"
    assert "://" in file["contentUrl"]


def test_a_subset_is_described_as_one():
    part = {"words": 1095, "of": 400000}
    told = croissant.describe(
        "names", DatasetOrigin(**{**origin().model_dump(), "subset": part}), ""
    )
    assert "A subset: 1095 of 400000 words." in told["description"]


def test_every_dataset_has_terms_and_the_page_on_licences_knows_them():
    known = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))["download"]["datasets"]
    assert TERMS.keys() == set(known)
    page = " ".join((ROOT / "docs/data-licences.md").read_text("utf-8").split())
    for each in ("Large Movie Review Dataset", "Public Domain Dedication", "names no licence"):
        assert each in page


def test_what_the_project_makes_up_is_its_own():
    assert terms("imdb", origin(kind="generated")).title == "Generated corpus of rnnlab"


def test_a_card_tells_scores_of_the_run_and_of_its_net_in_its_own_regime():
    text = card(RUN, found())
    assert "| test_accuracy | 0.5000 | 0.5500 (2) |" in text
    front = yaml.safe_load(text.split("---")[1])
    assert front["datasets"] == ["names"]
    assert "1,234 trained weights" in text
    assert "ab" * 32 in text
    assert "generated" not in text


def test_a_run_of_ours_finds_its_net_whose_name_has_no_suffix():
    ours = RUN.model_copy(update={"net": f"{RUN.net}-ours"})
    assert "| test_accuracy | 0.5000 | 0.5500 (2) |" in card(ours, found())


def test_a_lab_that_is_new_has_a_card_too(monkeypatch):
    told = found()
    monkeypatch.setitem(LABS, "parity", Lab("valid_accuracy", "valid_loss", ("0110",)))
    told.nets["parity"] = told.nets["names"]
    text = card(RUN.model_copy(update={"lab": "parity"}), told)
    assert "'0110'" in text
    assert "language" not in yaml.safe_load(text.split("---")[1])


def test_a_card_of_generated_corpora_says_so():
    told = found().model_copy(update={"data": {"names": origin(kind="generated")}})
    assert "**generated corpora**" in card(RUN, told)


def test_no_card_is_written_of_another_run_s_results():
    with pytest.raises(LabError, match="has no lstm of names with seed 1"):
        card(RUN.model_copy(update={"scores": {"valid_loss": 0.31}}), found())
