"""The published labs' figures."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def published() -> dict[str, Any]:
    """By lab, as published.yaml beside this file has them; accuracies in percent."""
    text = files("rnnlab.report").joinpath("published.yaml").read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return content
