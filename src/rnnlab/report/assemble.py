"""All sections together: figures from the runs, the text from metrics.json alone."""

import json
from pathlib import Path
from typing import Any

from rnnlab.report import explain, names, poetry, render, sentiment, summary

LABS = {"sentiment": sentiment, "names": names, "poetry": poetry}
"""The sections: each module draws its figures and tells its template what to show."""


def build(metrics: Path, models: Path, graph: Path, output: Path) -> None:
    """Draw all figures and write both reports into the folder `output`.

    graph: the pipeline's graph, as Mermaid draws it.
    """
    results = json.loads(metrics.read_text(encoding="utf-8"))
    facts, comparable = results["facts"], published(results["facts"]["data"])
    for name, lab in LABS.items():
        lab.draw(facts[name], results[name], comparable, models / name, output / "figures")
    explain.draw(facts["explain"], output / "figures")
    render.write(output, context(results, graph.read_text(encoding="utf-8")))


def context(results: dict[str, Any], graph: str) -> dict[str, Any]:
    """What the templates are told: nothing that is not in metrics.json, but for the graph.

    So whoever has metrics.json can render the text again, and see whether it was edited since.
    """
    facts = results["facts"]
    return {
        "graph": graph.strip(),
        "provenance": facts["data"],
        "environments": facts["environments"],
        "stages": facts["stages"],
        **{
            name: lab.context(facts[name], results[name], published(facts["data"]))
            for name, lab in LABS.items()
        },
        "explain": explain.context(facts["explain"], facts["sentiment"]),
        "claims": explain.claims(results["claims"]),
        "summary": summary.context(results, published(facts["data"])),
    }


def published(data: dict[str, dict[str, Any]]) -> bool:
    """Whether these are the published corpora, so that the labs' figures compare with ours."""
    return all(source["kind"] != "generated" for source in data.values())
