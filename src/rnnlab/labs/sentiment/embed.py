"""From tokens to what the sentiment nets read: vocabulary, word vectors, ids, coverage."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from rnnlab.corpora import glove
from rnnlab.errors import LabError
from rnnlab.files import only_file, replacing, write_json
from rnnlab.labs.sentiment import data
from rnnlab.labs.sentiment.settings import Vectors
from rnnlab.labs.sentiment.settings import Vocabulary as VocabularySettings
from rnnlab.text.vectors import coverage, fill_unknown
from rnnlab.text.vocabulary import Vocabulary


def build(
    corpus: Path,
    split: Path,
    vectors: Mapping[int, Path],
    output: Path,
    vocabulary_settings: VocabularySettings,
    vectors_settings: Vectors,
) -> None:
    """Write vocabulary.txt, vectors, ids and coverage.json into the folder `output`.

    corpus: the tokenized reviews. split: table `id, part`. vectors: the folder of the GloVe file of
    each dimension.
    """
    table = pq.read_table(split)
    parts = dict(zip(table["id"].to_pylist(), table["part"].to_pylist(), strict=True))
    counts = data.count(corpus, parts, "train")
    vocabulary = Vocabulary.count(
        counts, vocabulary_settings.max_size, vocabulary_settings.min_count
    )
    if len(vocabulary) == 2:
        raise LabError(
            f"no word of {corpus} occurs {vocabulary_settings.min_count} times in its training "
            "part; lower sentiment.vocabulary.min_count in params.yaml."
        )
    vocabulary.write(output / data.WORDS)
    data.write(output, data.encode(corpus, parts, vocabulary))
    report = {
        f"{dimension}d": _vectors(vocabulary, counts, folder, output, dimension, vectors_settings)
        for dimension, folder in vectors.items()
    }
    write_json(output / data.COVERAGE, report)


def _vectors(
    vocabulary: Vocabulary,
    counts: Counter[str],
    folder: Path,
    output: Path,
    dimension: int,
    settings: Vectors,
) -> dict[str, int | float]:
    """Write the vectors of one dimension; returns their coverage of the training part."""
    rows, known = glove.pick(only_file(folder), dimension, vocabulary.ids)
    rng = np.random.default_rng([settings.seed, dimension])
    vectors = fill_unknown(len(vocabulary), rows, known, settings.unknown, rng)
    with replacing(data.vectors_file(output, dimension)) as part:
        save_file({"vectors": torch.from_numpy(vectors)}, part)
    return coverage(
        len(vocabulary), rows, _occurrences(vocabulary, counts), _outside(vocabulary, counts)
    )


def _occurrences(vocabulary: Vocabulary, counts: Counter[str]) -> NDArray[np.int64]:
    return np.array([counts[word] for word in vocabulary.words], dtype=np.int64)


def _outside(vocabulary: Vocabulary, counts: Counter[str]) -> int:
    return sum(number for word, number in counts.items() if word not in vocabulary.ids)
