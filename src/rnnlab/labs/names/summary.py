"""What the report's first section says of the lab."""

from typing import Any

from rnnlab.document.results import Results
from rnnlab.labs.names.section import best_published, versus


def values(results: Results) -> dict[str, Any]:
    """The best net of each regime, over all that was tried, and what is no net."""
    return {"against": versus(results.nets["names"]), "best": best_published(results)}
