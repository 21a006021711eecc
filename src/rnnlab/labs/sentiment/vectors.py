"""Word vectors of the reviews' own: from which words stand beside each other in them."""

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from rnnlab.files import SEAL, read_table, sealing
from rnnlab.labs.sentiment import data
from rnnlab.labs.sentiment.settings import ReviewVectors
from rnnlab.text import cooccurrence
from rnnlab.text.vocabulary import Vocabulary


def build(
    labelled: Path,
    unlabelled: Path,
    split: Path,
    features: Path,
    output: Path,
    settings: ReviewVectors,
) -> None:
    """Write the vectors of the vocabulary's words into the folder `output`.

    labelled, unlabelled: the tokenized reviews. Of the labelled ones the training part alone is
    counted, so that nothing is known of the reviews that nets are chosen by and tested on. split:
    table `id, part`. features: the folder that holds the vocabulary.
    """
    table = read_table(split, ("id", "part"))
    parts = dict(zip(table["id"].to_pylist(), table["part"].to_pylist(), strict=True))
    more = [each for group in data.batches(unlabelled) for each in group["id"].to_pylist()]
    vocabulary = Vocabulary.read(features / data.WORDS)
    known = data.encode(labelled, parts, vocabulary)
    rows = [known.sequence(row) for row in known.rows("train")]
    others = data.encode(unlabelled, dict.fromkeys(more, "train"), vocabulary) if more else None
    if others is not None:
        rows += [others.sequence(row) for row in others.rows("train")]
    found = cooccurrence.vectors(
        rows, len(vocabulary), settings.dimension, settings.seed, settings.window
    )
    scaled = (settings.length * found).astype(np.float32)
    with sealing(data.vectors_file(output, settings.dimension), scaled.nbytes) as part:
        save_file({"vectors": scaled}, part, SEAL)
