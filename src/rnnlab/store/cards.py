"""Model cards: what a registered model is, what it was trained on, how well it does, and what for.

As Mitchell et al. (2019) ask, with the front matter that model hubs read.
"""

from collections.abc import Mapping
from pathlib import Path

import yaml

from rnnlab.document.results import DatasetOrigin
from rnnlab.labs import LABS
from rnnlab.runs.catalogue import best
from rnnlab.runs.files import Run
from rnnlab.runs.scores import NetScores

DATA = {
    "sentiment": ("imdb", "glove.6B.100d", "glove.6B.300d"),
    "names": ("names",),
    "poetry": ("tangshi",),
}
LANGUAGES = {"sentiment": ["en"], "names": [], "poetry": ["zh"]}
CARD = """---
{front}---

# rnnlab-{lab}

The net `{net}` of the {lab} lab with seed {seed}, {parameters:,} trained weights: of all runs of
the lab, the one with the best {chosen_by} on the validation part. {answers}

## How well it does

| score | this run | all seeds of the net (mean) |
|---|---|---|
{scores}

{measured}

## What it was trained on

{data}

Settings, seed, environment and the digests of all files stand in its `run.json` (fingerprint
`{fingerprint}`); made on {system} {machine}, {device}, PyTorch {torch}.

## What it is for, and what not

It shows what a recurrent net of this size can do in a lab exercise. It was tested on one held-out
part of one corpus, and on no other text; what it has learned of people, places and languages is
what that corpus says of them. Don't decide anything about anyone by it.

## Licence

The weights: MIT, as the code. The data has terms of its own: docs/data-licences.md.
"""


def card(run: Run, row: NetScores, data: Mapping[str, DatasetOrigin]) -> str:
    """The card of the model of a run. row: its net's scores over seeds; data: where the datasets
    came from."""
    own = {name: data[name] for name in DATA[run.lab] if name in data}
    lab = LABS[run.lab]
    front = {
        "license": "mit",
        **({"language": LANGUAGES[run.lab]} if LANGUAGES[run.lab] else {}),
        "tags": ["recurrent-neural-network", run.lab],
        "datasets": list(own),
        "library_name": "mlflow",
    }
    scores = [
        f"| {name} | {value:.4f} | {row[name].mean:.4f} ({row[name].n}) |"
        for name, value in run.scores.items()
    ]
    generated = any(each.kind == "generated" for each in own.values())
    return CARD.format(
        front=yaml.safe_dump(front, sort_keys=False, allow_unicode=True),
        chosen_by=lab.chosen_by,
        answers=f"It answers raw texts, as {', '.join(map(repr, lab.examples))}.",
        scores="\n".join(scores),
        measured="On **generated corpora**: these figures say nothing of real text."
        if generated
        else "Accuracies as fractions, losses in nats.",
        data="\n".join(_dataset(name, each) for name, each in own.items()),
        **{key: getattr(run, key) for key in ("lab", "net", "seed", "parameters", "fingerprint")},
        **{key: run.environment.get(key) for key in ("system", "machine", "device", "torch")},
    )


def _dataset(name: str, origin: DatasetOrigin) -> str:
    part = f", a subset of {origin.subset.words:,} words" if origin.subset else ""
    return f"- {name}: `{origin.file}`{part}, sha256 `{origin.sha256}`"


def chosen(models: Path) -> dict[str, Path]:
    """By lab, the folder of the run that is registered; nothing of labs without runs below
    `models`."""
    found = {lab: best(models / lab, LABS[lab].chosen_by) for lab in DATA}
    return {lab: folder for lab, folder in found.items() if folder}
