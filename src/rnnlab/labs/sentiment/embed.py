"""From tokens to what the sentiment nets read: vocabulary, word vectors, ids, coverage."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from rnnlab.corpora import glove
from rnnlab.errors import LabError
from rnnlab.files import SEAL, only_file, read_table, sealing, write_sealed
from rnnlab.labs.sentiment import data, settings
from rnnlab.text.vectors import coverage, fill_unknown
from rnnlab.text.vocabulary import Vocabulary

LEAST_SHARE = 0.3
"""Of the training part's running text that must have a vector, or the vectors are not of its words.
In 250 of IMDB's reviews the 135 most common tokens make 60% of the text; punctuation and figures,
which vectors of other languages have too, make 13%."""


def build(
    corpus: Path,
    split: Path,
    vectors: Mapping[int, Path],
    output: Path,
    vocabulary_settings: settings.VocabularySettings,
    vectors_settings: settings.Vectors,
) -> None:
    """Write vocabulary.txt, vectors, ids and coverage.json into the folder `output`.

    corpus: the tokenized reviews. split: table `id, part`. vectors: the folder of the GloVe file of
    each dimension. Raises LabError if no word is common enough, or if a GloVe file has vectors for
    less than LEAST_SHARE of the text.
    """
    table = read_table(split, ["id", "part"])
    parts = dict(zip(table["id"].to_pylist(), table["part"].to_pylist(), strict=True))
    counts = data.count(corpus, parts, "train")
    least = vocabulary_settings.min_count
    vocabulary = Vocabulary.count(counts, vocabulary_settings.max_size, least)
    if len(vocabulary) == 2:
        raise LabError(
            f"no word of {corpus} occurs {least} times in its training part; "
            "lower sentiment.vocabulary.min_count in params.yaml."
        )
    vocabulary.write(output / data.WORDS)
    data.write(output, data.encode(corpus, parts, vocabulary))
    occurrences = np.array([counts[word] for word in vocabulary.words], dtype=np.int64)
    outside = counts.total() - int(occurrences.sum())
    report = {}
    for dimension, folder in vectors.items():
        file = only_file(folder)
        rows, known = glove.pick(file, dimension, vocabulary.ids)
        report[f"{dimension}d"] = coverage(len(vocabulary), rows, occurrences, outside)
        if (share := report[f"{dimension}d"]["tokens_share"]) < LEAST_SHARE:
            raise LabError(
                f"{file} has vectors for {share:.1%} of the training part's text, less than "
                f"{LEAST_SHARE:.0%}; check that it holds GloVe's vectors of English words in "
                "lower case: UTF-8, a word and its numbers on each line, one space between them."
            )
        rng = np.random.default_rng([vectors_settings.seed, dimension])
        filled = fill_unknown(len(vocabulary), rows, known, vectors_settings.unknown, rng)
        with sealing(data.vectors_file(output, dimension), filled.nbytes) as part:
            save_file({"vectors": filled}, part, SEAL)
    write_sealed(output / data.COVERAGE, report)
