"""The published labs' figures, which the report sets its own beside."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def published(lab: str) -> dict[str, Any]:
    """What published.yaml in the folder of `lab` says."""
    text = files(f"rnnlab.labs.{lab}").joinpath("published.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))
