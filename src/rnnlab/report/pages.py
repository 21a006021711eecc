"""The report's first section: what was found, and what was not reproduced, in a few lines."""

from typing import Any

from rnnlab.claims.judge import INCONCLUSIVE, NOT_REPRODUCED, REPRODUCED
from rnnlab.document.published import published
from rnnlab.labs.names.settings import AS_PUBLISHED

Results = dict[str, Any]
"""All of metrics.json."""

TOLERANCE = 1.0
"""Points that a net may stay below the published accuracy and count as equal to it."""


def context(results: Results, comparable: bool) -> dict[str, Any]:
    """What the section's template shows; comparable: beside the published figures."""
    accuracy = {
        net: 100 * row["test_accuracy"]["mean"] for net, row in results["sentiment"].items()
    }
    names = {net: 100 * row["valid_accuracy"]["mean"] for net, row in results["names"].items()}
    single = {net: value for net, value in names.items() if net.endswith(AS_PUBLISHED)}
    batched = {net: value for net, value in names.items() if net not in single}
    nll = {net: row["valid_nll"]["mean"] for net, row in results["poetry"].items()}
    verdicts: dict[str, list[str]] = {REPRODUCED: [], NOT_REPRODUCED: [], INCONCLUSIVE: []}
    for name, claim in sorted(results["claims"].items()):
        verdicts[claim["verdict"]].append(name)
    return {
        "sentiment": {"nets": len(accuracy), **_extremes(accuracy)},
        "compared": _compared(accuracy) if comparable else None,
        "names": {"batched": _extremes(batched), "single": _extremes(single)},
        "poetry": {
            "nll": nll,
            "best": min(nll, key=lambda net: nll[net]),
            "published": published()["poetry"]["last_batch_loss_nats"] if comparable else None,
        },
        "reproduced": verdicts[REPRODUCED],
        "not_reproduced": verdicts[NOT_REPRODUCED],
        "inconclusive": verdicts[INCONCLUSIVE],
        "subset": any(source["subset"] for source in results["facts"]["data"].values()),
        "generated": not comparable,
    }


def _extremes(accuracy: dict[str, float]) -> dict[str, Any]:
    """The best net and the worst, with their accuracies in percent."""
    best, worst = (choose(accuracy, key=lambda net: accuracy[net]) for choose in (max, min))
    return {"best": best, "most": accuracy[best], "worst": worst, "least": accuracy[worst]}


def _compared(accuracy: dict[str, float]) -> dict[str, Any]:
    """Our nets beside those published: how many, and by how many points which stay below."""
    theirs: dict[str, float] = published()["sentiment"]["test_accuracy"]
    differences = {net: accuracy[net] - theirs[net] for net in accuracy if net in theirs}
    return {
        "nets": len(differences),
        "below": {net: each for net, each in differences.items() if each < -TOLERANCE},
        "best": max(theirs.values()),
        "mean": sum(differences.values()) / len(differences) if differences else None,
    }
