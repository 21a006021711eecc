"""What the documentation promises, done as a reader would do it, in a clone with one trained net.

docs/extending.md's blocks are applied as they stand. The remote of docs/experiments.md is a
folder, which a web server shows to others.
"""

import contextlib
import itertools
import json
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml
from markdown_it import MarkdownIt
from typer.testing import CliRunner

from clone import Clone, make
from places import ROOT
from rnnlab.cli import app
from rnnlab.corpora.imdb import reviews
from rnnlab.errors import LabError
from rnnlab.text.vocabulary import Vocabulary

NET = "lstm-1-1-100d"
STAGE = f"sentiment-train@{NET}-2077"
RUN = f"models/sentiment/{NET}/seed-2077"
SMALL = {
    "sentiment": {
        "tokens": {"processes": 1},
        "published": {
            "training": {"hidden": 8, "epochs": 2, "precision": "fp32"},
            "seeds": [2077],
            "nets": {NET: {}},
        },
    },
    "explain": {
        "nets": [NET],
        **{part: {"nets": [NET]} for part in ("clipping", "cut", "convolution")},
    },
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Clone:
    clone = make(tmp_path_factory.mktemp("clone"), SMALL)
    clone.dvc("repro", STAGE)
    return clone


# What the pages say ---------------------------------------------------------------------------

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist(page):
    code = re.findall(r"```.*?```|`[^`]+`", page.read_text(encoding="utf-8"), re.DOTALL)
    text = "\n".join(each.strip("`") for each in code)
    commands = {each.name or each.callback.__name__ for each in app.registered_commands}
    commands = {each.replace("_", "-") for each in commands}
    asked = set(re.findall(r"(?:^|&& )rnnlab ([a-z][\w-]*)", text, re.MULTILINE))
    assert asked <= commands
    assert asked or page.name != "README.md"
    targets = re.findall(r"^([a-z%-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert set(re.findall(r"^make ([a-z]+)", text, re.MULTILINE)) <= set(targets)


# A remote -------------------------------------------------------------------------------------


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a web server of plain files, which can be read only."""
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    handler.func.log_message = lambda *_: None
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def published(trained, tmp_path_factory) -> Iterator[Clone]:
    """The committed state, its data in a folder that the web shows for as long as it is used."""
    folder = tmp_path_factory.mktemp("remote")
    trained.dvc("remote", "add", "storage", str(folder))
    with served(folder) as address:
        trained.dvc("remote", "add", "--default", "published", address)
        trained.git("add", "dvc.lock", ".dvc/config")
        trained.git("commit", "--quiet", "--message", "Trained")
        assert "pushed" in trained.dvc("push", "--remote", "storage")
        yield trained


@pytest.fixture(scope="module")
def pulled(published, tmp_path_factory) -> Clone:
    """A fresh clone of it."""
    fresh = tmp_path_factory.mktemp("fresh")
    published.git("clone", "--quiet", str(published.root), str(fresh))
    clone = Clone(fresh)
    assert not (fresh / "models").exists()
    clone.dvc("pull", "--with-deps", STAGE)
    return clone


def test_a_net_is_had_by_its_name_and_by_its_path(published, tmp_path):
    published.git("tag", "--annotate", "sentiment-lstm@v1.0.0", "--message", "The first")
    source = str(published.root)
    places = {
        "by-name": ("artifacts", "get", source, "sentiment-lstm"),
        "by-path": ("get", source, RUN),
    }
    for place, command in places.items():
        published.dvc(*command, "--out", str(tmp_path / place))
    for path in (published.root / RUN).iterdir():
        for place in ("by-name", "by-path"):
            assert (tmp_path / place / path.name).read_bytes() == path.read_bytes()


def test_a_fresh_clone_has_the_run_after_a_pull_and_nothing_to_do(trained, pulled):
    for path in (trained.root / RUN).iterdir():
        assert path.read_bytes() == (pulled.root / RUN / path.name).read_bytes()
    said = pulled.dvc("repro", STAGE)
    assert "Running stage" not in said
    assert "up to date" in said


# An experiment --------------------------------------------------------------------------------


def test_an_experiment_in_a_folder_of_its_own_leaves_this_one_alone_and_is_shown(pulled):
    """As those do that are queued, but without DVC's worker, which takes long to end."""
    before = pulled.git("status", "--porcelain")
    change = f"+sentiment.published.nets.{NET}.hidden=12"
    pulled.dvc("exp", "run", "--temp", "--name", "wide", "--set-param", change, STAGE)
    assert pulled.git("status", "--porcelain") == before
    (baseline,) = [each for each in json.loads(pulled.dvc("exp", "show", "--json"))
                   if each["rev"] != "workspace"]  # fmt: skip
    (experiment,) = [each["revs"][0] for each in baseline["experiments"]]
    assert experiment["name"] == "wide"
    parameters = experiment["data"]["params"]["params.yaml"]["data"]
    assert parameters["sentiment"]["published"]["nets"] == {NET: {"hidden": 12}}
    said = pulled.dvc("params", "diff", "HEAD", "wide")
    assert re.search(rf"sentiment\.published\.nets\.{NET}\.hidden +- +12", said)
    # It complains of the stages that never ran here, and applies the one that did.
    pulled.run("python", "-m", "dvc", "exp", "apply", "wide", ok=False)
    run = json.loads((pulled.root / RUN / "run.json").read_text("utf-8"))
    assert run["settings"]["hidden"] == 12


# The command line -----------------------------------------------------------------------------


def ask(clone: Clone, *command: str, **more) -> str:
    """What `rnnlab` prints in the clone; tests/cli/test_cli.py starts it as a process."""
    with contextlib.chdir(clone.root):
        return CliRunner().invoke(app, command, catch_exceptions=False, **more).output


def test_predict_gives_what_the_pipeline_predicted(trained):
    """From raw text on, for reviews of the test set; in a file, one a line."""
    table = pq.read_table(trained.root / RUN / "predictions.parquet")
    known = dict(zip(table["id"].to_pylist(), table["probability"].to_pylist(), strict=True))
    archive = next((trained.root / "data/raw/imdb").iterdir())
    chosen = [each for each in reviews(archive) if each.id in known][::25]
    file = trained.root / "reviews.txt"
    file.write_text("".join(f"{each.text}\n\n" for each in chosen), encoding="utf-8")
    assert all("\n" not in each.text for each in chosen)
    found = json.loads(ask(trained, "predict", "--file", file.name, "--json"))
    assert found["run"] == RUN
    assert [each["text"] for each in found["predictions"]] == [each.text for each in chosen]
    ours = [each["probability"] for each in found["predictions"]]
    np.testing.assert_allclose(ours, [known[each.id] for each in chosen], atol=1e-6)
    assert {each["label"] for each in found["predictions"]} == {"positive", "negative"}


def test_predict_reads_stdin_and_prints_a_table(trained):
    said = ask(trained, "predict", "-", input="A wonderful film.\nAn awful, dull one.\n")
    assert re.search(r"^(positive|negative) +\d+\.\d% +A wonderful film\.$", said, re.MULTILINE)
    assert said.rstrip().endswith(RUN)


@pytest.mark.parametrize(
    ("review", "sentence"),
    [(" ", "no review is given"), ("?", "knows no word of"), ("Zzyzx qwrtp", "knows no word of")],
)
def test_a_review_without_a_known_word_gets_no_verdict(trained, review, sentence):
    with pytest.raises(LabError, match=sentence):
        ask(trained, "predict", review)


def test_predict_refuses_another_vocabulary(trained):
    path = trained.root / "data/features/sentiment/vocabulary.txt"
    before = path.read_bytes()
    words = Vocabulary.read(path).words
    Vocabulary(["mlif" if word == "film" else word for word in words]).write(path)
    try:
        with pytest.raises(LabError, match="is not the vocabulary that"):
            ask(trained, "predict", "A film.")
    finally:
        path.write_bytes(before)


def test_runs_lists_what_has_been_trained(trained):
    run = json.loads((trained.root / RUN / "run.json").read_text("utf-8"))
    (found,) = json.loads(ask(trained, "runs", "--json"))
    assert found["folder"] == RUN
    assert found["scores"] == run["scores"]
    assert found["seconds"] > 0
    table = ask(trained, "runs", "sentiment")
    assert f"{run['scores']['test_accuracy']:.2%}" in table


# docs/extending.md ----------------------------------------------------------------------------


def sections() -> dict[str, list[tuple[str, str]]]:
    """By heading, the (language, content) of its blocks."""
    tokens = MarkdownIt().parse((ROOT / "docs/extending.md").read_text(encoding="utf-8"))
    found: dict[str, list[tuple[str, str]]] = {}
    for before, token in itertools.pairwise(tokens):
        if before.tag == "h2" and token.type == "inline":
            found[token.content] = []
        elif token.type == "fence":
            found[list(found)[-1]].append((token.info, token.content))
    return found


def change(root: Path, diff: str) -> None:
    """Apply a diff whose hunks are found by their lines, which must occur once."""
    first, *lines = diff.splitlines(keepends=True)
    path = root / first.removeprefix("--- a/").strip()
    text = path.read_text(encoding="utf-8")
    hunks: list[list[str]] = [[]]
    for line in lines:
        if hunks[-1] and hunks[-1][-1][0] == "+" and line[0] != "+":
            hunks.append([])
        hunks[-1].append(line)
    for hunk in hunks:
        old, new = ("".join(line[1:] for line in hunk if line[0] in kept) for kept in (" -", " +"))
        assert f"\n{text}".count(f"\n{old}") == 1, f"{path} does not have once:\n{old}"
        text = f"\n{text}".replace(f"\n{old}", f"\n{new}")[1:]
    path.write_text(text, encoding="utf-8")


def follow(clone: Clone, blocks: list[tuple[str, str]]) -> str:
    """Do what the blocks say, in their order; what their commands print."""
    said = ""
    for language, content in blocks:
        if language == "diff":
            change(clone.root, content)
        elif language in ("python", "jinja"):
            path = clone.root / content.splitlines()[0].strip("{# }")
            path.parent.mkdir(exist_ok=True)
            path.write_text(content, encoding="utf-8")
        elif language == "yaml":
            clone.settings(yaml.safe_load(content))
        else:
            assert language == "sh"
            rnnlab = 'rnnlab() { python -c "from rnnlab.cli import main; main()" "$@"; }'
            said += clone.run("bash", "-euc", f"{rnnlab}\n{content}").stdout
    return said


SECTION = """
from pathlib import Path
from types import SimpleNamespace
from rnnlab.labs import parts
from rnnlab.labs.params import read_all
from rnnlab.report import render
from rnnlab.runs.catalogue import collect, summaries

planned = read_all(Path("params.yaml")).parity.runs()
nets = summaries(collect(Path("models/parity"), Path("timings/parity"), planned))
content = parts("section")["parity"].section(SimpleNamespace(nets={"parity": nets}))
for language in ("en", "zh"):
    print(render.section("labs/parity/section", content, language))
"""
"""What the stage `report` does for the lab, where no other lab has been trained."""


def test_the_example_of_a_net(trained):
    said = follow(trained, sections()["A net"])
    assert re.search(r"^irnn-1-1-100d +2077 ", said, re.MULTILINE)


def test_the_example_of_a_lab(trained):
    said = follow(trained, sections()["A lab"])
    assert re.search(r"^gru +2077 ", said, re.MULTILINE)
    report = trained.run("python", "-c", SECTION).stdout
    assert "## Parity: odd or even?" in report
    assert "## 奇偶性：奇数还是偶数？" in report
    assert len(re.findall(r"^\| GRU \| \d+\.\d \|$", report, re.MULTILINE)) == 2
    assert "*From runs `parity-train@rnn-2077`, `parity-train@gru-2077`.*" in report


def test_the_example_of_a_dataset(trained):
    said = follow(trained, sections()["A dataset"])
    assert "Town(name='Évora', country='Portugal')" in said
    provenance = json.loads((trained.root / "data/raw/provenance.json").read_text("utf-8"))
    assert provenance["towns"]["kind"] == "mirror"
