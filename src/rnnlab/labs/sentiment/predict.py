"""A trained net judges reviews: raw text through the pipeline's own tokenizer and vocabulary."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rnnlab.errors import LabError
from rnnlab.labs.sentiment.data import WORDS
from rnnlab.labs.sentiment.settings import Shape, Training
from rnnlab.labs.sentiment.train import classifier
from rnnlab.nets.classifier import Classifier
from rnnlab.runs import files as runs
from rnnlab.text.tokens import words
from rnnlab.text.vocabulary import UNKNOWN, Vocabulary
from rnnlab.training.batches import by_length, pad

BATCH = 64
LABELS = ("negative", "positive")
FEATURES = (WORDS,)
"""What `answer` reads of the features' folder."""


class Critic:
    """A sentiment net and its vocabulary; in fp32, on the CPU."""

    def __init__(self, net: Classifier, known: Vocabulary, most: int | None) -> None:
        """most: tokens at a review's end that are read; None: all."""
        self.net, self.known, self.most = net.eval(), known, most

    @classmethod
    def load(cls, run: Path, features: Path) -> "Critic":
        """The net in the run folder `run`, the vocabulary in the folder `features`.

        Raises LabError if one is missing, or they don't belong together.
        """
        facts = runs.read_run(run)
        training = Training.model_validate(facts.settings)
        path = features / WORDS
        known = Vocabulary.read(path)
        runs.check_data(run, facts, path)
        shape = Shape.of(facts.net)
        net = classifier(torch.zeros(len(known), shape.dimension), shape, training, facts.seed)
        runs.read_weights(run, net)
        return cls(net, known, training.max_tokens)

    def ids(self, text: str) -> list[int]:
        """What the net reads of `text`. Raises LabError if it knows no word of that."""
        found = self.known.encode(words(text))
        if set(found) <= {self.known.ids[UNKNOWN]}:
            raise LabError(f"the net knows no word of {text[:40]!r}; give it a review in English.")
        return found[-self.most :] if self.most else found

    @torch.inference_mode()
    def probabilities(self, texts: Sequence[str]) -> list[float]:
        """The probability that each of `texts` is a positive review; LabError as for `ids`."""
        sequences = [np.array(self.ids(text), dtype=np.int64) for text in texts]
        lengths = np.array([len(each) for each in sequences], dtype=np.int64)
        found = np.zeros(len(texts))
        for rows in by_length(lengths, BATCH, None):
            logits = self.net(*pad([sequences[row] for row in rows]))
            found[rows] = torch.sigmoid(logits.double()).numpy()
        return found.tolist()


def answer(run: Path, features: Path) -> Callable[[Sequence[str]], list[dict[str, Any]]]:
    """What the net in the folder `run` says of reviews: `class`, positive or negative, and its
    `probability`. features: the folder that holds the vocabulary; see `Critic.load`."""
    critic = Critic.load(run, features)

    def judged(reviews: Sequence[str]) -> list[dict[str, Any]]:
        shares = critic.probabilities(reviews)
        return [
            {"class": LABELS[share > 0.5], "probability": max(share, 1 - share)} for share in shares
        ]

    return judged


def classes(_: runs.Run) -> Sequence[str]:
    """What a run tells apart, in the order of its predictions' numbers."""
    return LABELS
