"""All of the report: figures and text, from what `evaluate` left in reports/ alone."""

from pathlib import Path
from typing import Any

from rnnlab.document.parts import Content
from rnnlab.document.results import Results
from rnnlab.document.text import LANGUAGES
from rnnlab.errors import LabError
from rnnlab.files import together, write_text
from rnnlab.labs import parts
from rnnlab.report import claims, pages, render, results
from rnnlab.runs.history import Trained, read_curves


def build(metrics: Path, curves: Path, weights: Path, graph: Path, output: Path) -> None:
    """Draw all figures and write both reports into the folder `output`.

    weights: the folder of those that evaluate kept. graph: the pipeline's graph, as Mermaid
    draws it.
    """
    found = results.read(metrics)
    histories = read_curves(curves)
    for lab, regimes in found.nets.items():
        for regime, nets in regimes.items():
            if regime == "baseline":  # what is fitted at once has no history
                continue
            for net, row in nets.items():
                trained = {Trained(lab, regime, net, seed) for seed in row.runs}
                if missing := trained - set(histories):
                    raise LabError(f"{curves} lacks the run {min(missing)}; {results.AGAIN}.")
    with together(output) as part:
        for lab in parts("figures").values():
            lab.draw(found, histories, part / "figures")
        for lab, each in parts("letters").items():
            each.draw(found, weights / lab, part / "figures")
        write(found, graph, part)


def write(found: Results, graph: Path, output: Path) -> None:
    """Write the report in each language into the folder `output`."""
    for language in LANGUAGES:
        path = output / render.REPORTS[language]
        write_text(path, text(found, graph.read_text(encoding="utf-8"), language))


def text(found: Results, graph: str, language: str, marked: bool = False) -> str:
    """The report in `language`. marked: for the page, see `render.section`."""
    labs = {lab: each.section(found) for lab, each in parts("section").items()}
    shared = {
        "summary": summary(found, language),
        "claims": claims.section(found),
        "provenance": pages.provenance(found),
        "colophon": pages.colophon(found, graph),
    }
    values: dict[str, Any] = {
        name: render.section(f"report/{name}", page, language, marked)
        for name, page in shared.items()
    }
    values["sections"] = [
        render.section(f"labs/{lab}/section", content, language, marked)
        for lab, content in labs.items()
    ]
    return render.tidy(render.fill("report/report", values, language))


def summary(found: Results, language: str) -> Content:
    """The first section, with some lines by each lab."""
    page = pages.summary(found)
    lines = [
        render.fill(f"labs/{lab}/summary", each.values(found), language).strip()
        for lab, each in parts("summary").items()
    ]
    return page._replace(values={**page.values, "labs": "\n".join(lines)})
