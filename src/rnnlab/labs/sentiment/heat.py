"""Reviews that a net is sure of and wrong about, word by word: what picture and page share, and
the page's words, which stand in the picture's place."""

from collections.abc import Iterator
from functools import partial
from html import escape
from importlib.resources import files
from pathlib import Path

from rnnlab.document.parts import figure_file
from rnnlab.document.results import Results
from rnnlab.document.text import Say, Text, signed, tell
from rnnlab.labs.sentiment.facts import Facts, Mistake

PICTURE = "sentiment-mistakes"
DESCRIPTION = Text(
    "Reviews that the net is sure of and wrong about, word by word",
    "网络有把握却判错的影评，逐词着色",
)
HEADLINES = (
    Text(
        "negative, called positive with {share}% (words {first} to {last} of {all})",
        "实为负面，判为正面的概率 {share}%（全文 {all} 个词元中的第 {first} 至 {last} 个）",
    ),
    Text(
        "positive, called negative with {share}% (words {first} to {last} of {all})",
        "实为正面，判为负面的概率 {share}%（全文 {all} 个词元中的第 {first} 至 {last} 个）",
    ),
)
"""By label."""
SIDES = {
    "for": Text("speaks for “positive”", "倾向“正面”"),
    "against": Text("speaks for “negative”", "倾向“负面”"),
}
DEEPEST = 0.55
"""Share of a side's colour behind an excerpt's heaviest word: what stands on it stays legible."""
MARKED = 0.25
"""Of the largest weight of an excerpt: words of so much or more are underlined."""
WORD = '<span class="{kind}" style="--heat: {depth:.1f}%" title="{weight}">{word}</span>'
SCRIPT, STYLE = "", files(__package__).joinpath("heat.css").read_text(encoding="utf-8")


def side(weight: float) -> str:
    return "for" if weight > 0 else "against"


def strengths(review: Mistake) -> list[float]:
    """Sizes of the weights, the largest as 1."""
    most = max(map(abs, review.weights)) or 1.0
    return [abs(weight) / most for weight in review.weights]


def headline(review: Mistake, say: Say) -> str:
    wrong = 1 - review.probability if review.label else review.probability
    first, last = review.start + 1, review.start + len(review.words)
    places = {"first": first, "last": last, "all": review.tokens}
    return say(HEADLINES[review.label]).format(share=f"{100 * wrong:.1f}", **places)


def html(results: Results, _: Path, language: str) -> str:
    """The words, for the page; "" if there are none."""
    facts: Facts = results.facts["sentiment"]
    reviews = facts.mistakes.reviews
    if not reviews:
        return ""
    say: Say = partial(tell, language=language)
    shown = [
        f'<p class="title">{headline(each, say)}</p>\n<p lang="en">{" ".join(_words(each))}</p>\n'
        for each in reviews
    ]
    still = figure_file(PICTURE, language)
    head = f'<section class="heat" data-still="{still}" aria-label="{say(DESCRIPTION)}" hidden>'
    return f"{head}\n{''.join(shown)}<p>{_key(say)}</p>\n</section>\n"


def _words(review: Mistake) -> Iterator[str]:
    for word, weight, strength in zip(review.words, review.weights, strengths(review), strict=True):
        kind = f"{side(weight)} marked" if strength >= MARKED else side(weight)
        told = {"depth": 100 * DEEPEST * strength, "weight": signed(weight)}
        yield WORD.format(kind=kind, word=escape(word), **told)


def _key(say: Say) -> str:
    return " ".join(
        f'<span class="{kind} marked" style="--heat: {100 * DEEPEST:.1f}%">{say(text)}</span>'
        for kind, text in SIDES.items()
    )
