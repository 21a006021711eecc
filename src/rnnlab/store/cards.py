"""Model cards: what a registered model is, what it was trained on, how well it does, and what for.

As Mitchell et al. (2019) ask, with the front matter that model hubs read.
"""

from pathlib import Path

import yaml

from rnnlab.document.results import DatasetOrigin, Results
from rnnlab.errors import LabError
from rnnlab.labs import LABS, parts
from rnnlab.runs.catalogue import best
from rnnlab.runs.files import Run
from rnnlab.runs.scores import NetScores

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


def card(run: Run, found: Results) -> str:
    """The card of the model of a run. Raises LabError if the results are not those of this run."""
    row = _over_seeds(run, found)
    lab = LABS[run.lab]
    own = {name: found.data[name] for name in lab.datasets if name in found.data}
    front = {
        "license": "mit",
        **({"language": [lab.language]} if lab.language else {}),
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


def _over_seeds(run: Run, found: Results) -> NetScores:
    """The scores of its net, in the regime that it was trained in."""
    score = "valid_loss"
    rows = ((net, row) for nets in found.nets[run.lab].values() for net, row in nets.items())
    for net, row in rows:  # a run of ours is called gru-1-2-100d-ours, its row gru-1-2-100d
        if run.net.startswith(net) and row[score].values.get(run.seed) == run.scores[score]:
            return row
    trouble = f"reports/metrics.json has no {run.net} of {run.lab} with seed {run.seed} as it is in"
    raise LabError(f"{trouble} models/; run `dvc repro evaluate`.")


def _dataset(name: str, origin: DatasetOrigin) -> str:
    part = f", a subset of {origin.subset.words:,} words" if origin.subset else ""
    return f"- {name}: `{origin.file}`{part}, sha256 `{origin.sha256}`"


def chosen(models: Path) -> dict[str, Path]:
    """By lab, the folder of the run that is registered; nothing of labs without runs below
    `models`."""
    found = {lab: best(models / lab, LABS[lab].chosen_by) for lab in parts("predict")}
    return {lab: folder for lab, folder in found.items() if folder}
