"""What the report's first section says of the lab."""

from typing import Any

from rnnlab.document.results import Results
from rnnlab.labs.explain.answer import answer


def values(results: Results) -> dict[str, Any]:
    """The numbers that say why gates win."""
    nets = results.nets["sentiment"]["published"]
    return {"answer": answer(results.facts["explain"], nets, results.claims)}
