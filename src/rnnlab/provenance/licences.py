"""The terms of each dataset as data; docs/data-licences.md says what is known of them, and what
not."""

from typing import NamedTuple

from rnnlab.document.results import DatasetOrigin
from rnnlab.errors import LabError


class Terms(NamedTuple):
    title: str
    home: str
    """The page that describes the dataset."""
    licence: str
    """An address, or in words what is known where there is none."""
    cite: str


MIT = "https://spdx.org/licenses/MIT"
PDDL = "https://opendatacommons.org/licenses/pddl/1-0/"
GENERATED = Terms(
    "Generated corpus of rnnlab", "src/rnnlab/corpora/sample.py", MIT, "The rnnlab authors"
)
_GLOVE = (
    "https://nlp.stanford.edu/projects/glove/",
    PDDL,
    "Pennington, Socher and Manning 2014, GloVe: Global vectors for word representation, EMNLP",
)
TERMS = {
    "imdb": Terms(
        "Large Movie Review Dataset v1.0",
        "https://ai.stanford.edu/~amaas/data/sentiment/",
        "none named; the reviews are their authors' texts, taken from IMDb",
        "Maas et al. 2011, Learning word vectors for sentiment analysis, ACL, pages 142-150",
    ),
    "glove.6B.100d": Terms("GloVe 6B, 100 dimensions", *_GLOVE),
    "glove.6B.300d": Terms("GloVe 6B, 300 dimensions", *_GLOVE),
    "names": Terms(
        "Surnames of 18 languages",
        "https://docs.pytorch.org/tutorials/intermediate/char_rnn_classification_tutorial.html",
        "not known: the archive holds no licence",
        "Robertson, Classifying names with a character-level RNN, PyTorch tutorials",
    ),
    "tangshi": Terms(
        "Complete Tang Poems, chinese-poetry",
        "https://github.com/chinese-poetry/chinese-poetry",
        MIT,
        "chinese-poetry, JackeyGao and contributors, commit 99ebbef",
    ),
}


def terms(name: str, dataset: DatasetOrigin) -> Terms:
    """Those of what was used under the name: a corpus that the project makes up is its own.

    Raises LabError if they are not known.
    """
    if dataset.kind == "generated":
        return GENERATED
    if name not in TERMS:
        raise LabError(f"provenance/licences.py has no terms of {name!r}; add them.")
    return TERMS[name]
