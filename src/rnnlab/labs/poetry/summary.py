"""What the report's first section says of the lab."""

from typing import Any

from rnnlab.document.published import published
from rnnlab.document.results import Results
from rnnlab.document.text import number


def values(results: Results) -> dict[str, Any]:
    """Every net's held-out loss, beside the published ones."""
    nets = results.nets["poetry"]["ours"]
    return {
        "losses": [
            f"{net.upper()} {number(row['valid_nll'].mean, 3)}" for net, row in nets.items()
        ],
        "published": published("poetry")["last_batch_loss_nats"] if results.comparable else None,
    }
