"""All of the report: figures and text, from what `evaluate` left in reports/ alone."""

from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from rnnlab.document.parts import Content, figure_file
from rnnlab.document.results import Results
from rnnlab.document.text import LANGUAGES, tell
from rnnlab.errors import LabError
from rnnlab.files import all_or_none, read_text, write_text
from rnnlab.labs import TRAINING, parts
from rnnlab.report import claims, pages, render, results
from rnnlab.runs.history import Curves, Trained, read_curves


def build(metrics: Path, curves: Path, weights: Path, graph: Path, output: Path) -> None:
    """Draw all figures and write both reports into the folder `output`.

    weights: the folder of those that evaluate kept. graph: the pipeline's graph, as Mermaid
    draws it.
    """
    found = results.read(metrics)
    histories = read_curves(curves)
    for lab, regime, net, scores in found.rows():
        if regime == "baseline":  # what is fitted at once has no history
            continue
        trained = {Trained(lab, regime, net, seed) for seed in scores.runs}
        if missing := trained - set(histories):
            run = " ".join(map(str, min(missing)))
            raise LabError(f"{curves} lacks the run {run}; {results.AGAIN}.")
    with all_or_none(output) as part:
        for language in LANGUAGES:
            draw(found, histories, weights, part / "figures", language)
        write(found, graph, part)


def draw(found: Results, histories: Curves, weights: Path, folder: Path, language: str) -> None:
    """Draw all figures, with words of `language`, into `folder`. weights: as `build` has them."""
    from rnnlab.document import style
    from rnnlab.report import forest

    say = partial(tell, language=language)
    with style.applied():
        style.save(forest.draw(found.claims, say), folder / figure_file("claims", language))
        figures = [each.draw(found, histories, say) for each in parts("figures").values()]
        for lab, each in parts("letters").items():
            figures.append(each.draw(found, weights / lab, say))
        for name, figure in chain.from_iterable(figures):
            style.save(figure, folder / figure_file(name, language))


def write(found: Results, graph: Path, output: Path) -> None:
    """Write the report in each language into the folder `output`."""
    for language in LANGUAGES:
        path = output / render.REPORTS[language]
        write_text(path, text(found, read_text(graph), language))


def text(found: Results, graph: str, language: str, marked: bool = False) -> str:
    """The report in `language`: what labs explain, then the labs that train nets of their own.

    marked: for the page, see `render.section`.
    """
    labs = {lab: each.section(found) for lab, each in parts("section").items()}
    shared = {
        "summary": summary(found, language),
        "claims": claims.section(found),
        "provenance": pages.provenance(found),
        "limitations": pages.limitations(found),
        "colophon": pages.colophon(found, graph),
    }
    values: dict[str, Any] = {
        name: render.section(f"report/{name}", page, language, marked)
        for name, page in shared.items()
    }
    sections = {
        lab: render.section(f"labs/{lab}/section", content, language, marked)
        for lab, content in labs.items()
    }
    values["explained"] = [each for lab, each in sections.items() if lab not in TRAINING]
    values["sections"] = [each for lab, each in sections.items() if lab in TRAINING]
    values["appendices"] = [
        render.section(f"labs/{lab}/appendix", content, language, marked)
        for lab, content in labs.items()
        if render.has(f"labs/{lab}/appendix")
    ]
    return render.tidy(render.fill("report/report", values, language))


def summary(found: Results, language: str) -> Content:
    """The first section, with some lines by each lab."""
    page = pages.summary(found)
    lines = {
        lab: render.fill(f"labs/{lab}/summary", each.values(found), language).strip()
        for lab, each in parts("summary").items()
    }
    labs = [line for lab, line in lines.items() if lab in TRAINING]
    rest = [line for lab, line in lines.items() if lab not in TRAINING]
    more = {"labs": "\n".join(labs), "explained": "\n".join(rest)}
    return page._replace(values={**page.values, **more})
