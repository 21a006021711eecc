"""What can be changed by hand, kind by kind."""

import json
import re
from collections.abc import Callable
from hashlib import md5
from random import Random
from typing import NamedTuple

import yaml

from bench.gate.tree import Tree, another, digit, flip
from bench.measuring import Row
from rnnlab import docparts
from rnnlab.cli.project import PARTS
from rnnlab.gate.pages import END_OF_RULES
from rnnlab.gate.times import is_time
from rnnlab.gate.verdicts import judged
from rnnlab.pipeline.lockfile import entries
from rnnlab.report import assemble, results
from rnnlab.report.render import REPORTS
from rnnlab.runs.scores import spread
from rnnlab.settings.base import read

CAUGHT, PASSES, OPEN = "must be found", "must pass", "can't be found"
"""What is wanted of a kind of change: it contradicts something; it changes nothing that a reader is
told; all that it touches was made to fit, so that only computing again would find it."""

Change = Callable[[Random, Tree], str]
"""Change a tree; what was changed, in words."""

SEALED = [page for page, parts in PARTS.items() if parts]
"""Pages with parts that commands wrote."""


class Kind(NamedTuple):
    change: Change
    wanted: str
    data: bool
    """Whether it needs the data."""


KINDS: dict[str, Kind] = {}


def kind(name: str, wanted: str = CAUGHT, data: bool = False) -> Callable[[Change], Change]:
    """Register a function that makes changes of the kind `name`."""

    def register(change: Change) -> Change:
        KINDS[name] = Kind(change, wanted, data)
        return change

    return register


# Reports and numbers ---------------------------------------------------------------------------


@kind("report: a digit")
def _(rng: Random, tree: Tree) -> str:
    return digit(rng, tree, f"reports/{rng.choice(list(REPORTS.values()))}")


@kind("report: a line gone, twice, or elsewhere")
def _(rng: Random, tree: Tree) -> str:
    name = f"reports/{rng.choice(list(REPORTS.values()))}"
    lines = tree.text(name).split("\n")
    number = rng.choice([each for each, line in enumerate(lines[:-2]) if line != lines[each + 1]])
    how = rng.choice(["gone", "twice", "moved"])
    lines[number : number + 2] = {
        "gone": lines[number + 1 : number + 2],
        "twice": [lines[number], *lines[number : number + 2]],
        "moved": lines[number : number + 2][::-1],
    }[how]
    tree.write(name, "\n".join(lines))
    return f"{name}, line {number + 1} {how}"


@kind("report: a figure, CSV or table for DVC, its time put back")
def _(rng: Random, tree: Tree) -> str:
    names = [*tree.files("reports/figures/*"), *tree.files("reports/plots/*")]
    return flip(rng, tree, rng.choice([*names, "reports/curves.csv", "reports/scores.json"]))


@kind("report: a file gone")
def _(rng: Random, tree: Tree) -> str:
    names = [*tree.files("reports/figures/*"), *tree.files("reports/*.*")]
    name = rng.choice(names)
    tree.remove(name)
    return name


@kind("metrics.json: a number")
def _(rng: Random, tree: Tree) -> str:
    return digit(rng, tree, "reports/metrics.json", keep_time=True)


@kind("metrics.json: a verdict or a number of a claim, all else made to fit")
def _(rng: Random, tree: Tree) -> str:
    content = json.loads(tree.text("reports/metrics.json"))
    claim = rng.choice(sorted(content["claims"]))
    part = rng.choice(content["claims"][claim]["parts"])
    keys = [key for key, value in part.items() if isinstance(value, float)]
    key = rng.choice([*keys, "verdict"])
    before = part[key]
    if key == "verdict":
        verdicts = ("reproduced", "not reproduced", "inconclusive")
        part[key] = rng.choice([each for each in verdicts if each != before])
    else:
        part[key] = 0.9 if key.startswith("p_") else before * rng.uniform(1.01, 2) + 1e-3
    settle(tree, content)
    return f"{claim}, {part['name']}: {key} {before} → {part[key]}"


@kind("metrics.json: a mean that is not of its values, all else made to fit")
def _(rng: Random, tree: Tree) -> str:
    content = json.loads(tree.text("reports/metrics.json"))
    place, metric = _a_score(rng, content)
    metric["mean"] *= rng.uniform(1.001, 1.1)
    settle(tree, content)
    return place


@kind("a consistent forgery: a net's scores, judged, rendered and locked again", OPEN)
def _(rng: Random, tree: Tree) -> str:
    content = json.loads(tree.text("reports/metrics.json"))
    place, metric = _a_score(rng, content)
    values = {seed: value * 1.001 for seed, value in metric["values"].items()}
    metric.update(spread({int(seed): value for seed, value in values.items()}).model_dump())
    settle(tree, content, rejudged=True)
    return place


def _a_score(rng: Random, content: Row) -> tuple[str, Row]:
    labs = [lab for lab in content if lab not in ("claims", "facts")]
    nets = [
        (f"{lab}/{regime}/{net}", scores)
        for lab in labs
        for regime, nets in content[lab].items()
        for net, scores in nets.items()
    ]
    place, scores = rng.choice(nets)
    scored = [key for key, value in scores.items() if isinstance(value, dict) and "mean" in value]
    metric = rng.choice([key for key in scored if not is_time(key)])
    return f"{place}/{metric}", scores[metric]


def settle(tree: Tree, content: Row, rejudged: bool = False) -> None:
    """Write `content` as metrics.json, with reports and dvc.lock as if the pipeline had made it."""
    metrics = "reports/metrics.json"
    tree.write(metrics, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    found = results.read(tree.root / metrics)
    if rejudged:
        found.claims = judged(found)
        results.write(tree.root / metrics, found)
    for language, name in REPORTS.items():
        text = assemble.text(found, tree.text("docs/pipeline.mmd"), language)
        tree.write(f"reports/{name}", text)
    lock(tree, metrics, *(f"reports/{name}" for name in REPORTS.values()))


def lock(tree: Tree, *names: str) -> None:
    """Write the digests of files, as they are now, into dvc.lock."""
    text = tree.text("dvc.lock")
    for name in names:
        content = (tree.root / name).read_bytes()
        known = f"md5: {md5(content).hexdigest()}\n      size: {len(content)}"  # noqa: S324
        place = rf"(path: {re.escape(name)}\n      hash: md5\n      )md5: \w+\n      size: \d+"
        text = re.sub(place, rf"\g<1>{known}", text)
    tree.write("dvc.lock", text)


# Expectations ----------------------------------------------------------------------------------

EXPECTED = "reports/expected.yaml"


def expectations(change: Callable[[Random, Row], str]) -> Change:
    """A change to the content of expected.yaml."""

    def changed(rng: Random, tree: Tree) -> str:
        content = read(tree.root / EXPECTED)
        told = change(rng, content)
        tree.write(EXPECTED, yaml.safe_dump(content, sort_keys=False, width=120))
        return told

    return changed


@kind("expected.yaml: a tolerance widened, endless, or no number")
@expectations
def _(rng: Random, content: Row) -> str:
    place = rng.choice(sorted(content["numbers"]))
    bound = content["numbers"][place]
    wider = bound["tolerance"] * rng.uniform(1.1, 100) + 1e-3
    bound["tolerance"] = rng.choice([wider, wider, float("inf"), float("nan"), -1.0, "wide"])
    return f"{place}: {bound['tolerance']}"


@kind("expected.yaml: a number moved, gone, or under another name")
@expectations
def _(rng: Random, content: Row) -> str:
    place = rng.choice(sorted(content["numbers"]))
    how = rng.choice(["moved", "gone", "renamed"])
    bound = content["numbers"][place] if how == "moved" else content["numbers"].pop(place)
    if how == "moved":
        bound["value"] += 2 * bound["tolerance"] + 1
    elif how == "renamed":
        content["numbers"][place[:-1]] = bound
    return f"{place} {how}"


@kind("expected.yaml: an ordering gone, turned round, twice, or misspelt")
@expectations
def _(rng: Random, content: Row) -> str:
    orderings = content["orderings"]
    place = rng.randrange(len(orderings))
    more, less = orderings[place].split(" > ")
    how = rng.choice(["gone", "all gone", "turned", "twice", "misspelt"])
    content["orderings"] = {
        "gone": orderings[:place] + orderings[place + 1 :],
        "all gone": [],
        "turned": [*orderings[:place], f"{less} > {more}", *orderings[place + 1 :]],
        "twice": [*orderings, orderings[place]],
        "misspelt": [*orderings[:place], f"{more} > {less}x", *orderings[place + 1 :]],
    }[how]
    return f"{more} > {less} {how}"


@kind("expected.yaml: a verdict changed or gone")
@expectations
def _(rng: Random, content: Row) -> str:
    place = rng.choice(sorted(content["verdicts"]))
    before = content["verdicts"].pop(place)
    if rng.random() < 0.7:
        others = ("reproduced", "not reproduced", "inconclusive", "as published")
        content["verdicts"][place] = rng.choice([each for each in others if each != before])
    return f"{place}: {before} → {content['verdicts'].get(place, 'gone')}"


@kind("expected.yaml: a key twice, misspelt, or one that there is not")
def _(rng: Random, tree: Tree) -> str:
    lines = tree.text(EXPECTED).split("\n")
    places = [n for n, line in enumerate(lines) if re.match(r"  \S+: \{value", line)]
    number, how = rng.choice(places), rng.choice(["twice", "misspelt", "unknown"])
    if how == "twice":
        lines.insert(number, lines[number])
    elif how == "misspelt":
        lines[number] = lines[number].replace("tolerance", "tolerence")
    else:
        lines.append("ordering: []")
    tree.write(EXPECTED, "\n".join(lines))
    return f"{lines[number].strip()} {how}"


# dvc.lock --------------------------------------------------------------------------------------


def locked(change: Callable[[Random, str, Row], str]) -> Change:
    """A change to the entry of one of dvc.lock's stages."""

    def changed(rng: Random, tree: Tree) -> str:
        content = read(tree.root / "dvc.lock")
        stage = rng.choice(sorted(content["stages"]))
        told = change(rng, stage, content["stages"])
        tree.write("dvc.lock", yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
        return f"{stage}: {told}"

    return changed


@kind("dvc.lock: a digest")
@locked
def _(rng: Random, stage: str, stages: Row) -> str:
    file = rng.choice([*stages[stage].get("deps", []), *stages[stage]["outs"]])
    file["md5"] = another(rng, file["md5"])
    return file["path"]


@kind("dvc.lock: a size or a number of files")
@locked
def _(rng: Random, stage: str, stages: Row) -> str:
    file = rng.choice([*stages[stage].get("deps", []), *stages[stage]["outs"]])
    key = rng.choice([each for each in ("size", "nfiles") if each in file])
    file[key] += rng.choice([-1, 1, 1000])
    return f"{file['path']}, {key}"


@kind("dvc.lock: what a stage read or wrote gone, or called otherwise")
@locked
def _(rng: Random, stage: str, stages: Row) -> str:
    kind_ = rng.choice([each for each in ("deps", "outs") if stages[stage].get(each)])
    files = stages[stage][kind_]
    place, how = rng.randrange(len(files)), rng.choice(["gone", "renamed", "all gone"])
    told = f"{files[place]['path']} {how}"
    if how == "renamed":
        files[place]["path"] += "x"
    elif how == "gone":
        del files[place]
    else:
        del stages[stage][kind_]
    return told


@kind("dvc.lock: a command or a setting")
@locked
def _(rng: Random, stage: str, stages: Row) -> str:
    entry = stages[stage]
    if "params" not in entry or rng.random() < 0.3:
        entry["cmd"] += " --again"
        return entry["cmd"]
    file = rng.choice(sorted(entry["params"]))
    key = rng.choice(sorted(entry["params"][file]))
    if rng.random() < 0.3:
        del entry["params"][file][key]
        return f"{key} gone"
    entry["params"][file][key] = {"another": 1}
    return key


@kind("dvc.lock: a stage gone")
@locked
def _(rng: Random, stage: str, stages: Row) -> str:
    del stages[stage]
    return "gone"


@kind("dvc.lock: an entry of a stage that is not in dvc.yaml")
@locked
def _(rng: Random, stage: str, stages: Row) -> str:
    stages[f"{stage}-gone"] = stages[stage]
    return "one too many"


# Code, settings, pipeline ----------------------------------------------------------------------


def _code_of(tree: Tree) -> list[tuple[str, str]]:
    """(stage, file of code) for all that stages of the lock depend on, folders left out."""
    return [
        (stage, dep["path"])
        for stage, entry in entries(tree.root).items()
        for dep in entry.get("deps", [])
        if dep["path"].endswith(".py")
    ]


@kind("code: a byte of what a stage depends on, its time put back")
def _(rng: Random, tree: Tree) -> str:
    return flip(rng, tree, rng.choice(_code_of(tree))[1])


@kind("code: changed, and dropped from dvc.yaml and dvc.lock")
def _(rng: Random, tree: Tree) -> str:
    file = rng.choice([path for _, path in _code_of(tree) if path.startswith("src/")])
    tree.write(file, tree.text(file) + "\n# another\n")
    text = re.sub(rf"{re.escape(file)},\s*", "", tree.text("dvc.yaml"))
    tree.write("dvc.yaml", text)
    content = read(tree.root / "dvc.lock")
    for entry in content["stages"].values():
        entry["deps"] = [each for each in entry.get("deps", []) if each["path"] != file]
    tree.write("dvc.lock", yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
    return file


@kind("dvc.yaml: a dependency, a setting, an output or a stage dropped, or another command")
def _(rng: Random, tree: Tree) -> str:
    content = read(tree.root / "dvc.yaml")
    name = rng.choice(sorted(content["stages"]))
    stage = content["stages"][name]
    keys = [key for key in ("deps", "params", "outs") if key in stage]
    how = rng.choice([*keys, *keys, "cmd", "stage"])
    if how == "stage":
        del content["stages"][name]
        told = "dropped"
    elif how == "cmd":
        stage["cmd"] += " --again"
        told = "another command"
    else:
        told = f"{how}: {stage[how].pop(rng.randrange(len(stage[how])))}"
    tree.write("dvc.yaml", yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
    return f"{name}: {told}"


@kind("params.yaml: a setting that a stage reads")
def _(rng: Random, tree: Tree) -> str:
    content = read(tree.root / "params.yaml")
    lists = [
        (stage, key)
        for stage, entry in entries(tree.root).items()
        for key in entry.get("params", {}).get("params.yaml", {})
    ]
    place = content
    *path, last = rng.choice(lists)[1].split(".")
    for each in path:
        place = place[each]
    last = next(key for key in place if str(key) == last)
    place[last] = {**place[last], "another": 1} if isinstance(place[last], dict) else 77
    tree.write("params.yaml", yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
    return ".".join([*path, str(last)])


@kind("the graph of the pipeline")
def _(rng: Random, tree: Tree) -> str:
    lines = tree.text("docs/pipeline.mmd").split("\n")
    number = rng.randrange(1, len(lines) - 1)
    told = lines.pop(number)
    tree.write("docs/pipeline.mmd", "\n".join(lines))
    return told


# Data ------------------------------------------------------------------------------------------


@kind("data: a byte of a corpus, vector, net or prediction, its time put back", data=True)
def _(rng: Random, tree: Tree) -> str:
    return flip(rng, tree, rng.choice([*tree.files("data/**/*"), *tree.files("models/**/*")]))


@kind("data: a file gone, or one too many", data=True)
def _(rng: Random, tree: Tree) -> str:
    name = rng.choice(tree.files("models/*/*/seed-*/*"))
    if rng.random() < 0.5:
        tree.remove(name)
        return f"{name} gone"
    more = f"{name}.more"
    tree.write(more, "one too many")
    return more


@kind("data.md5: a line")
def _(rng: Random, tree: Tree) -> str:
    lines = tree.text("reports/data.md5").split("\n")
    number, how = rng.randrange(len(lines) - 1), rng.choice(["another digit", "gone", "twice"])
    told = lines[number]
    if how == "another digit":
        lines[number] = another(rng, told[:32]) + told[32:]
    else:
        lines[number : number + 1] = [] if how == "gone" else [told, told]
    tree.write("reports/data.md5", "\n".join(lines))
    return f"{told} {how}"


# Rules and pages -------------------------------------------------------------------------------


@kind("the claims' rules: a number on their page, or in claims.yaml")
def _(rng: Random, tree: Tree) -> str:
    if rng.random() < 0.3:
        name = "src/rnnlab/claims/claims.yaml"
        before, rest = tree.text(name).split("\nwording:\n")
        start = before.index("\nrules:")
        rules = another(rng, before[start:])
        tree.write(name, f"{before[:start]}{rules}\nwording:\n{rest}", keep_time=True)
        return name
    name = "docs/claims.md"
    rules, end, rest = tree.text(name).partition(END_OF_RULES)
    tree.write(name, another(rng, rules) + end + rest)
    return name


@kind("a page: a number that a command wrote, or what it was made from")
def _(rng: Random, tree: Tree) -> str:
    page = rng.choice(SEALED)
    if page == "docs/speed.md" and rng.random() < 0.3:
        return digit(rng, tree, "bench/results.json", keep_time=True)
    text = tree.text(page)
    made = [part.text for part in docparts.parts(text, tree.root)[0] if re.search(r"\d", part.text)]
    part = rng.choice(made)
    tree.write(page, text.replace(part, another(rng, part)))
    return page


@kind("a page: a seal gone")
def _(rng: Random, tree: Tree) -> str:
    page = rng.choice(SEALED)
    tree.write(page, docparts.SEAL.sub("", tree.text(page), count=1))
    return page


# What must pass --------------------------------------------------------------------------------


@kind("harmless: a comment, a message, a page's prose", PASSES)
def _(rng: Random, tree: Tree) -> str:
    name, text = rng.choice(
        [
            ("dvc.yaml", "\n# A comment.\n"),
            ("params.yaml", "\n# A comment.\n"),
            ("src/rnnlab/errors.py", "\n# A comment.\n"),
            ("src/rnnlab/gate/finding.py", "\n# A comment.\n"),
            ("docs/design.md", "\nA line.\n"),
            ("docs/reproducing.md", "\nA line.\n"),
        ]
    )
    tree.write(name, tree.text(name) + text)
    return name
