"""The report's section on the lab: what each part of it shows, put together."""

from rnnlab.document.parts import Content
from rnnlab.document.results import Results
from rnnlab.document.text import Text
from rnnlab.labs.explain import facts
from rnnlab.labs.explain.answer import answer
from rnnlab.labs.explain.shown import cells, convolution, explosion, gradients, memory, reviews
from rnnlab.labs.sentiment.facts import Facts as ReviewFacts

TITLE = Text("Why gates win, measured", "门为什么有效：实测")


def section(results: Results) -> Content:
    found: facts.Facts = results.facts["explain"]
    of_reviews: ReviewFacts = results.facts["sentiment"]
    nets = results.nets["sentiment"]["published"]
    lengths = reviews.lengths(of_reviews.bands, nets)
    parts = {
        **gradients.parts(found, nets),
        **memory.parts(found),
        **explosion.parts(found),
        **convolution.parts(found),
        **reviews.parts(found, nets),
        **lengths,
        **cells.parts(found),
    }
    values = {
        **gradients.prose(found),
        **memory.prose(found),
        **explosion.prose(found),
        **convolution.prose(found),
        **reviews.prose(found),
        **cells.prose(found),
        "clip_norm": of_reviews.training["published"].clip_norm,
        "by_length": bool(lengths),
        "leads": reviews.leads(of_reviews.bands),
        "answer": answer(found, nets, results.claims),
    }
    return Content(TITLE, parts, values)
