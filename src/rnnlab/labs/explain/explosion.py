"""Exploding gradients for real: RNNs whose U stretches, trained by plain SGD, clipped and not.

The adding problem of `rnnlab.labs.explain.memory`. SGD, since Adam divides by the gradient's size.
"""

import math
from typing import Any

import torch
from tqdm import tqdm

from rnnlab.labs.explain.memory import Nets, adding
from rnnlab.labs.explain.settings import ExplosionSettings
from rnnlab.training.optimizers import SGD
from rnnlab.training.seeding import derive, generator
from rnnlab.training.stacked import clip

GUESSING, MUCH = 1 / 6, 10
"""The squared error of the best answer that does not look: the variance of the sum; how often as
much counts as diverged."""


def train_all(settings: ExplosionSettings) -> dict[str, Any]:
    """`train` at every learning rate and radius, as plain JSON."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.set_deterministic_debug_mode("error")
    found = []
    for rate in settings.learning_rates:
        for radius in settings.radii:
            both = train(rate, radius, settings)
            found.append({"learning_rate": rate, "radius": radius, **both})
            gone = {how: sum(each["diverged"]) for how, each in both.items()}
            tqdm.write(f"rate {rate}, spectral radius {radius}: diverged {gone}")
    return {"settings": settings.model_dump(), "trainings": found}


def train(rate: float, radius: float, settings: ExplosionSettings) -> dict[str, dict[str, Any]]:
    """Train an RNN of each seed clipped, and the same not; U starts as radius · orthogonal.

    Of "clipped" and "unclipped", an entry a seed: "loss", the mean over the last
    `settings.recent` steps, None if it is not finite; "diverged", whether that is so or more than
    MUCH times what guessing gets; "norms", the largest finite gradient norm met, before clipping.
    """
    half = len(settings.seeds)
    own = [derive("explosion", seed) for seed in settings.seeds] * 2
    nets = Nets("rnn", 2, settings.hidden, 1, own)
    nets.make_orthogonal()
    with torch.no_grad():
        nets.from_hidden.mul_(radius)
    optimizer = SGD(nets.parameters(), rate=rate)
    limits = torch.tensor([settings.clip_norm] * half + [math.inf] * half)
    rngs = [generator("explosion", seed) for seed in settings.seeds * 2]
    largest = torch.zeros(2 * half)
    losses: list[torch.Tensor] = []
    for _ in tqdm(range(settings.steps), f"radius {radius}", leave=False, disable=None):
        batch = adding(settings, settings.distance, rngs)
        loss = (nets(batch.inputs).squeeze(2) - batch.target).square().mean(1)
        optimizer.zero_grad()
        loss.sum().backward()
        norms = clip(nets.parameters(), limits)
        largest = torch.where(norms.isfinite(), torch.maximum(largest, norms), largest)
        optimizer.step()
        losses.append(loss.detach())
    last = torch.stack(losses[-settings.recent :]).mean(0)
    parts = {"clipped": slice(half), "unclipped": slice(half, None)}
    return {
        name: {
            "loss": [_rounded(each) for each in last[part].tolist()],
            "diverged": (~(last[part] <= MUCH * GUESSING)).tolist(),
            "norms": [_rounded(each) for each in largest[part].tolist()],
        }
        for name, part in parts.items()
    }


def _rounded(value: float) -> float | None:
    return float(f"{value:.4g}") if math.isfinite(value) else None
