"""A contender is a process that trains when asked: it reads lines of JSON and answers with lines.

{"build": {"style": …}} makes a net, {"style": …, "train": [0, 1, …]} trains it a step on each of
these batches and tells tokens, seconds and losses, {"forget": …} lets go of it. Needs the standard
library alone.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any, Protocol


class Trainer(Protocol):
    """A net with its optimizer and its batches."""

    def train(self, batches: list[int]) -> dict[str, Any]:
        """A step on each batch: {tokens: real ones, seconds, losses: nats a review, by step}."""
        ...


def serve(build: Callable[..., Trainer]) -> None:
    """Answer requests until stdin ends. What libraries print goes to stderr."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    trainers: dict[str, Trainer] = {}
    for line in sys.stdin:
        try:
            answer = _answer(json.loads(line), trainers, build)
        except Exception as error:  # told to the one who asked
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _answer(
    request: dict[str, Any], trainers: dict[str, Trainer], build: Callable[..., Trainer]
) -> dict[str, Any]:
    if "train" in request:
        return trainers[request["style"]].train(request["train"])
    if "build" in request:
        trainers[request["build"]["style"]] = build(**request["build"])
    else:
        trainers.pop(request["forget"])
    return {}
