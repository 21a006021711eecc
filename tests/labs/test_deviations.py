"""The tables of where a lab's training is not, or may not be, what the published lab did."""

import re
from functools import partial

import pytest

import made
from headings import anchors
from places import ROOT
from rnnlab.document.deviations import HEADINGS
from rnnlab.document.parts import Source, Table, markdown
from rnnlab.document.results import Results
from rnnlab.document.text import LANGUAGES
from rnnlab.labs.names import deviations as names
from rnnlab.labs.names.facts import Facts as Names
from rnnlab.labs.poetry import deviations as poetry
from rnnlab.labs.poetry.facts import ArmRun
from rnnlab.labs.poetry.facts import Facts as Poetry
from rnnlab.labs.poetry.settings import ArmTraining, PoetrySettings
from rnnlab.labs.sentiment import deviations as sentiment
from rnnlab.labs.sentiment.facts import Facts as Reviews
from rnnlab.labs.sentiment.facts import Stopping
from rnnlab.labs.sentiment.settings import SentimentSettings, Training
from rnnlab.report.render import environment
from rnnlab.settings.base import load

LABS = {
    "sentiment": partial(sentiment.rows, seeds=[3, 4]),
    "names": names.rows,
    "poetry": poetry.rows,
}


def results(surnames: dict, poems: dict, epochs: int = 30) -> Results:
    """By the settings of params.yaml, but for those of published trainings that are given."""
    own: Names = made.least(Names)
    single = own.published.training.model_copy(update=surnames)
    published = own.published.model_copy(update={"training": single})
    sweeps = {"lstm/learning_rate": dict.fromkeys([0.16, 0.02, 0.08])}
    sweeps["peephole-lstm/hidden"] = dict.fromkeys([32, 64])
    own = own.model_copy(update={"published": published, "sweeps": sweeps})

    training: ArmTraining = load(PoetrySettings, "poetry").published.training
    training = training.model_copy(update=poems)
    run = ArmRun(training=training, train=[1.0] * epochs, valid=[], last=[], curve=[])
    least: Poetry = made.least(Poetry)
    parts = dict.fromkeys(("train", "valid", "test"), 1234)
    runs = {regime: {"as-published": run} for regime in ("published", "again")}
    arms = least.arms.model_copy(update={"poems": parts, "runs": runs})
    nets = {
        "names": {"published": {"lstm": made.net(valid_accuracy={5: 0.5, 6: 0.5})}},
        "poetry": {
            regime: {"as-published": made.net(test_nll={seed: 1.0})}
            for regime, seed in (("published", 7), ("again", 8))
        },
    }
    reviews: Reviews = made.least(Reviews)
    ways = {"published": load(SentimentSettings, "sentiment").published.training}
    labs = {
        "names": own,
        "poetry": least.model_copy(update={"arms": arms}),
        "sentiment": reviews.model_copy(update={"training": ways}),
    }
    found = made.results(nets, {}, **labs)
    machines = [{"precision": "fp32"}, {"precision": "bf16"}]
    made_on = {"poetry/lstm/seed-1": 0, "poetry/published/as-published/seed-7": 1}
    return found.model_copy(update={"environments": machines, "made_on": made_on})


def table(lab: str, found: Results, language: str) -> str:
    return markdown(Table(HEADINGS, list(LABS[lab](found)), Source()), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_settings_are_those_of_the_trainings(language):
    found = results({"block": 777, "clip_norm": 2.5}, {"learning_rate": 0.3, "batch": 77})
    reviews, surnames, poems = (table(lab, found, language) for lab in LABS)
    assert all(each in surnames for each in ("777", "2.5", "100,000", "0.02", "0.16", "0.035"))
    assert all(each in poems for each in ("RMSprop", "0.3", "77", "1,234", "bf16"))
    assert all(each in reviews for each in ("Adam", "spaCy", "fp32"))
    assert {"en": "| lstm: 5, 6 |", "zh": "| lstm：5、6 |"}[language] in surnames
    other = table("poetry", results({}, {"clip_norm": None, "precision": "fp32"}), language)
    assert {"en": "no clipping", "zh": "不做梯度裁剪"}[language] in other
    assert "fp32" in other
    assert "bf16" not in other


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("steps", "epochs"), [(100_000, 30), (4000, 1)])
def test_a_shorter_training_than_published_is_told(steps, epochs, language):
    found = results({"steps": steps}, {}, epochs)
    surnames, poems = (table(lab, found, language) for lab in ("names", "poetry"))
    assert ("| 100,000 | 4,000 |" in surnames) == (steps < 100_000)
    assert ("| 30 | 1 |" in poems) == (epochs < 30)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("lab", LABS)
def test_no_field_is_empty_and_every_link_leads_to_a_heading(lab, language):
    shown = table(lab, results({"steps": 4000}, {}, 1), language)
    rows = [row.strip("|").split("|") for row in shown.splitlines()]
    assert all(len(row) == len(HEADINGS) and all(map(str.strip, row)) for row in rows)
    own = template(f"labs/{lab}/section", language)
    linked = re.findall(r"\]\(#([^)]+)\)", shown)
    assert linked or lab == "sentiment"
    assert set(linked) <= set(anchors(own))
    files = re.findall(r"\]\(\.\./([^)]+)\)", shown)
    assert all((ROOT / each).is_file() for each in files)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_summary_leads_to_the_table_of_every_lab(language):
    sections = [template(f"labs/{lab}/section", language) for lab in LABS]
    told = re.search(r"{% if comparable %}(.*?){% endif %}", template("report/summary", language))
    for place, text in zip(re.findall(r"\(#([^)]+)\)", told[1]), sections, strict=True):
        part = re.split(r"^### ", text, flags=re.MULTILINE)
        assert any(
            place in anchors(f"### {each}") and 'show("deviations")' in each for each in part
        )


def template(name: str, language: str) -> str:
    templates = environment(language)
    return templates.loader.get_source(templates, f"{name}.{language}.md.j2")[0]


@pytest.mark.parametrize(
    ("epochs", "ended", "told"),
    [
        (2, 0, ["may not have finished learning"]),
        (10, 4, ["4 of 9 trainings", "RNN 2 of 3, LSTM 0 of 1", "ended early (LSTM)"]),
        (10, 0, []),
    ],
)
def test_what_an_early_end_may_change_is_told_by_how_early_it_is(epochs, ended, told):
    own: Training = load(SentimentSettings, "sentiment").published.training
    training = own.model_copy(update={"epochs": epochs, "patience": 3})
    stopping = {
        "rnn": Stopping(runs=3, ended=0, whole=3, moved=2),
        "lstm": Stopping(runs=6, ended=ended, whole=1, moved=0),
    }
    rows = list(sentiment._epochs(training, stopping))
    text = markdown(Table(HEADINGS, rows, Source()), "en")
    assert all(each in text for each in told)
    assert len(rows) == bool(told)
