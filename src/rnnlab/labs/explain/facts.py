"""What the explain stages found, as the report shows it."""

import json
from pathlib import Path
from typing import Any

from rnnlab.errors import LabError
from rnnlab.runs.files import read_history
from rnnlab.runs.scores import Runs

SECTIONS = ("cells", "gradients", "memory", "clipping", "occlusion")


def read(folder: Path) -> dict[str, Any]:
    """All that the stages wrote into `folder` (data/explain), one entry a stage.

    Raises LabError if one is missing.
    """
    found = {}
    for section in SECTIONS:
        path = folder / f"{section}.json"
        if not path.exists():
            raise LabError(f"{path} is missing; run `dvc repro` first.")
        found[section] = json.loads(path.read_text(encoding="utf-8"))
    return found


def facts(found: dict[str, Any], reviews: Runs) -> dict[str, Any]:
    """What of `read`'s findings goes into metrics.json: all but the decay of each single review.

    With it go the gradient norms of the explained nets' own training, epoch by epoch.
    reviews: the sentiment lab's runs.
    """
    explained = found["gradients"]["nets"]
    nets = {name: _without_rates(net) for name, net in explained.items()}
    norms = {}
    for name, net in explained.items():
        history = read_history(reviews[name][net["seed"]].folder)
        norms[name] = {
            "mean": [round(row.gradient_norm, 3) for row in history],
            "largest": [round(row.gradient_norm_max, 3) for row in history],
        }
    return {**found, "gradients": {**found["gradients"], "nets": nets}, "norms": norms}


def _without_rates(net: dict[str, Any]) -> dict[str, Any]:
    shown = dict(net)
    for when in ("initial", "trained"):
        states = {
            name: {key: value for key, value in state.items() if key != "rates"}
            for name, state in net[when]["states"].items()
        }
        shown[when] = {**net[when], "states": states}
    return shown
