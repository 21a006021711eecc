"""What clipping does: nets on a slice of the reviews, trained with it and without, step by step."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from tqdm import tqdm

from rnnlab.labs.explain.settings import Clipping
from rnnlab.labs.sentiment import data as feature_files
from rnnlab.labs.sentiment import train as sentiment
from rnnlab.labs.sentiment.data import Features
from rnnlab.labs.sentiment.settings import SentimentSettings, Shape
from rnnlab.nets.classifier import Classifier
from rnnlab.runs import files as runs
from rnnlab.training import machine
from rnnlab.training.batches import Rows, by_length, pad
from rnnlab.training.machine import Machine
from rnnlab.training.seeding import generator


def explain(settings: Clipping, lab: SentimentSettings, features: Path) -> dict[str, Any]:
    """Train every net at every learning rate, clipped and not; see `train`. Plain JSON.

    features: the sentiment lab's folder; `lab` gives hidden size, device and precision. The runs
    of one net start from the same weights and see the same batches.
    """
    where = machine.prepare(lab.training)
    corpus = feature_files.read(features)
    rows = {}
    for part, most in (("train", settings.reviews), ("valid", max(settings.reviews // 2, 1))):
        drawn = generator("clipping", part, settings.seed).permutation(corpus.rows(part))
        rows[part] = np.sort(drawn[:most])
    found = []
    for name in settings.nets:
        shape = Shape.of(name)
        vectors = runs.load_tensors(features / f"vectors-{shape.dimension}d.safetensors")["vectors"]
        for rate in settings.learning_rates:
            for limit in (None, settings.clip_norm):
                net = sentiment.classifier(vectors, shape, lab.training, settings.seed)
                curves = train(net, corpus, rows, rate, limit, settings, where)
                found.append({"net": name, "cell": shape.cell, "learning_rate": rate,
                              "clip_norm": limit, **curves})  # fmt: skip
                tqdm.write(
                    f"{name}, rate {rate}, clipping at {limit}: validation loss "
                    f"{curves['valid_loss']}, largest norm {curves['largest_norm']}"
                )
    return {"settings": settings.model_dump(), "runs": found}


def train(
    net: Classifier,
    corpus: Features,
    rows: dict[str, Rows],
    rate: float,
    limit: float | None,
    settings: Clipping,
    where: Machine,
) -> dict[str, Any]:
    """Train `net`; "losses" (nats a review) and "norms" (before clipping) of every step.

    Beside them what is left after the last step: "valid_loss", "valid_accuracy". Training ends
    where a loss or norm is no longer finite; "diverged_at" is that step, else None.
    """
    net.to(where.device).train()
    optimizer = torch.optim.Adam(net.parameters(), rate, fused=True)
    losses: list[float] = []
    norms: list[float] = []
    diverged = None
    for batch in _batches(corpus, rows["train"], settings):
        optimizer.zero_grad(set_to_none=True)
        loss, _ = _score(net, corpus, batch, settings.max_tokens, where)
        (loss / len(batch)).backward()
        norm = float(nn.utils.clip_grad_norm_(net.parameters(), limit or math.inf))
        if not (math.isfinite(norm) and math.isfinite(loss.item())):
            diverged = len(losses)
            break
        optimizer.step()
        losses.append(loss.item() / len(batch))
        norms.append(norm)
    valid_loss, valid_accuracy = _evaluate(net, corpus, rows["valid"], settings, where)
    return {
        "losses": [float(f"{value:.4g}") for value in losses],
        "norms": [float(f"{value:.4g}") for value in norms],
        "largest_norm": float(f"{max(norms, default=0.0):.4g}"),
        "diverged_at": diverged,
        "valid_loss": valid_loss,
        "valid_accuracy": valid_accuracy,
    }


def _batches(corpus: Features, rows: Rows, settings: Clipping) -> Sequence[Rows]:
    lengths = np.minimum(corpus.lengths(rows), settings.max_tokens)
    batches: list[Rows] = []
    for epoch in range(settings.epochs):
        rng = generator("clipping", "order", settings.seed, epoch)
        batches += [rows[batch] for batch in by_length(lengths, settings.batch, rng)]
    return batches


def _score(
    net: Classifier, corpus: Features, rows: Rows, most: int, where: Machine
) -> tuple[torch.Tensor, int]:
    """Loss summed over the reviews `rows`, and how many of them are predicted right."""
    ids, lengths = pad([corpus.sequence(row, most) for row in rows])
    labels = torch.from_numpy(corpus.label[rows].astype(np.float32)).to(where.device)
    with where.autocast():
        logits = net(ids.to(where.device), lengths.to(where.device))
    loss = functional.binary_cross_entropy_with_logits(logits, labels, reduction="sum")
    return loss, int(((logits > 0) == (labels > 0.5)).sum())


def _evaluate(
    net: Classifier, corpus: Features, rows: Rows, settings: Clipping, where: Machine
) -> tuple[float | None, float]:
    """Loss (nats a review; None if not finite) and accuracy over the reviews `rows`."""
    net.eval()
    loss, right = 0.0, 0
    with torch.inference_mode():
        for batch in by_length(corpus.lengths(rows), 256, None):
            one, hits = _score(net, corpus, rows[batch], settings.max_tokens, where)
            loss, right = loss + one.item(), right + hits
    mean = loss / len(rows)
    return (round(mean, 4) if math.isfinite(mean) else None), right / len(rows)
