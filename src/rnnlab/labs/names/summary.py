"""What the report's first section says of the lab."""

from typing import Any

from rnnlab.document.results import Results
from rnnlab.document.text import percent
from rnnlab.runs.scores import Nets


def values(results: Results) -> dict[str, Any]:
    """The best net of each regime."""
    regimes = results.nets["names"]
    return {"batched": _best(regimes["ours"]), "single": _best(regimes["published"])}


def _best(nets: Nets) -> dict[str, str]:
    best = max(nets, key=lambda net: nets[net]["valid_accuracy"].mean)
    return {"net": best, "accuracy": percent(nets[best]["valid_accuracy"].mean, 1)}
