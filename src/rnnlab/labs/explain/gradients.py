"""Gradient flow: how much of ∂L/∂h_t arrives at h_k, t−k steps earlier.

All of it in fp64, on the cells from zero: in fp32, what is measured here would soon be denormal.
"""

from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from rnnlab.labs.explain.settings import GradientSettings
from rnnlab.labs.explain.subjects import sample, trained, untrained
from rnnlab.labs.sentiment import data
from rnnlab.labs.sentiment.data import Features
from rnnlab.labs.sentiment.settings import SentimentSettings, Shape
from rnnlab.nets.cells import Cell, ElmanCell
from rnnlab.nets.classifier import Classifier
from rnnlab.nets.encoder import at
from rnnlab.nets.library import from_zero
from rnnlab.training.batches import Rows, by_length, pad

Array = NDArray[np.float64]

STATES = ("h", "c", "h and c")
BATCH = 64
LEFT = 0.01
"""A gradient has reached as far back as more than this share of its norm is left."""
LATEST = 0.05
"""The newest steps make a gradient if what the others add is less than this share of it."""
TINY = float(np.finfo(np.float64).tiny)
"""What a norm of zero counts as, so that it has a logarithm."""


def measure_flow(
    nets: Sequence[str],
    settings: GradientSettings,
    lab: SentimentSettings,
    features: Path,
    models: Path,
) -> dict[str, Any]:
    """Gradient flow of `nets`, all their seeds, at initialisation and trained, as plain JSON.

    features, models: the sentiment lab's folders. Raises LabError if a net is not of the lab's
    grid, has no run, or if no review is long enough.
    """
    torch.set_flush_denormal(False)
    torch.set_num_threads(lab.published.training.threads)
    corpus = data.read(features)
    rows = sample(corpus, settings.reviews, settings.distance + 1, None, settings.seed)
    found: dict[str, Any] = {name: {"cell": Shape.of(name).cell, "seeds": {}} for name in nets}
    for name, seed in product(nets, lab.published.seeds):
        moments = {
            "initial": untrained(name, lab.net(name), seed, features),
            "trained": trained(name, lab, seed, features, models),
        }
        found[name]["seeds"][str(seed)] = {
            moment: summary(flow_through(net, corpus, rows, settings.distance))
            for moment, net in moments.items()
        }
    distances = shown(settings.distance)
    counts = {"reviews": len(rows), "distance": settings.distance, "distances": distances}
    return {**counts, "nets": found}


class Flow(NamedTuple):
    """Gradient norms by distance t−k, and what bounds their growth."""

    norms: dict[str, Array]
    """‖∂L/∂h_k‖, and of an LSTM those of c_k and of both, each (reviews, distance + 1), from 0."""
    bound: dict[str, Any] | None
    """Of an Elman net, see `bound`."""


def flow_through(net: Classifier, corpus: Features, rows: Rows, distance: int) -> Flow:
    """Send the reviews `rows`, each longer than `distance`, through `net` and back."""
    cell = from_zero(net.encoder.layers[0][0]).double()  # type: ignore[index]
    lengths = corpus.lengths(rows)
    parts = []
    for batch in by_length(lengths, BATCH, None):
        ids, ends = pad([corpus.sequence(row) for row in rows[batch]])
        x = net.embedding(ids).detach().double()
        labels = torch.from_numpy(corpus.label[rows[batch]].astype(np.float64))
        weight, bias = (each.detach().double() for each in (net.linear.weight, net.linear.bias))
        states = state_gradients(cell, x, ends, labels, weight, bias)
        parts.append(by_distance(states, ends, distance))
    joined = {name: torch.cat([part[name] for part in parts], dim=1) for name in parts[0]}
    return flow(cell, joined)


States = dict[str, torch.Tensor]
"""Of each step and sequence: "h", and of an LSTM "c", and their gradients "dh", "dc"; each
(time, batch, hidden). Of an LSTM "dh and c", too: (time, batch, 2 · hidden)."""


def state_gradients(
    cell: Cell,
    x: torch.Tensor,
    lengths: torch.Tensor,
    labels: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor,
) -> States:
    """∂L/∂h_k, and ∂L/∂c_k, of each sequence's own loss L: binary cross-entropy at its end.

    x: (time, batch, inputs); weight (1, hidden), bias (1,): of the linear layer behind the last
    hidden state. ∂L/∂h_k counts all ways from h_k to L; those from c_k, through h_k or
    c_{k+1}, are counted in ∂L/∂c_k. What step k hands on is h_k and c_k together: in the gradient
    of both, c_k has only the way through c_{k+1}, so that no way counts twice.
    """
    state = cell.start(x[0])
    flat: list[torch.Tensor] = []
    handed: list[torch.Tensor] = []
    for step in x:
        state = cell(step, state)
        flat += state
        state = (state[0], *(each.clone() for each in state[1:]))
        handed += state[1:]
    kinds = len(state)
    last = at(torch.stack(flat[::kinds]), lengths - 1)
    logits = functional.linear(last, weight, bias).squeeze(-1)
    loss = functional.binary_cross_entropy_with_logits(logits, labels, reduction="sum")
    # The loss knows nothing of the last c that was handed on.
    gradients = torch.autograd.grad(loss, flat + handed, materialize_grads=True)
    found = {}
    for number, name in enumerate(STATES[:kinds]):
        found[name] = torch.stack(flat[number::kinds]).detach()
        found[f"d{name}"] = torch.stack(gradients[number : len(flat) : kinds])
    if handed:
        through_c = torch.stack(gradients[len(flat) :])
        found["dh and c"] = torch.cat([found["dh"], through_c], dim=2)
    return found


def by_distance(states: States, lengths: torch.Tensor, distance: int) -> States:
    """Each tensor as (distance + 2, batch, hidden): row d is d steps before a sequence's end.

    Zeros stand before a sequence's beginning, as the first state does.
    """
    steps = lengths - 1 - torch.arange(distance + 2).unsqueeze(1)
    batch = torch.arange(len(lengths))
    return {
        name: tensor[steps.clamp(min=0), batch] * (steps >= 0).unsqueeze(-1)
        for name, tensor in states.items()
    }


def flow(cell: Cell, states: States) -> Flow:
    """The norms of `states` by distance, as `by_distance` lays them; of an Elman net, the bound."""
    gradients = {name: states[f"d{name}"][:-1] for name in STATES if f"d{name}" in states}
    norms: dict[str, Array] = {name: each.norm(dim=2).T.numpy() for name, each in gradients.items()}
    return Flow(norms, bound(cell, states) if isinstance(cell, ElmanCell) else None)


def bound(cell: ElmanCell, states: States) -> dict[str, Any]:
    """What bounds the growth of an Elman net's gradient, as plain JSON.

    "eta": the spectral norm of U, which times max f' bounds a step's growth; "radius": U's spectral
    radius; "slope": max over units of f'(z_k), geometric mean over reviews and steps; "eta_met":
    eta times slope. "recent": ‖∂L/∂U − what the newest n steps give to it‖ / ‖∂L/∂U‖ for each n of
    "recent_steps"; "steps_for_95": the first n at which that is at most `LATEST`. Each step gives
    a term of ∂L/∂U = Σ_k (f'(z_k) · ∂L/∂h_k) h_{k-1}ᵀ. L is summed over reviews; steps further
    back than the distance are left out of ∂L/∂U.
    """
    u = cell.from_hidden.weight.detach()
    eta = float(torch.linalg.matrix_norm(u, 2))
    slopes = 1 - states["h"][:-1].square()
    slope = float(slopes.amax(dim=2).clamp(min=TINY).log().mean().exp())
    given = torch.einsum("drh,drj->dhj", slopes * states["dh"][:-1], states["h"][1:])
    whole = given.sum(0)
    missing = whole - torch.cat([torch.zeros_like(given[:1]), given.cumsum(0)])
    recent = (missing.flatten(1).norm(dim=1) / whole.norm().clamp(min=TINY)).numpy()
    steps = shown(len(recent) - 1)
    return {
        "eta": eta,
        "radius": float(torch.linalg.eigvals(u).abs().max()),
        "slope": slope,
        "eta_met": eta * slope,
        "recent": _round(recent[steps]),
        "recent_steps": steps,
        "steps_for_95": int(np.argmax(recent <= LATEST)),
    }


def summary(flow: Flow) -> dict[str, Any]:
    """Curves, their shape and the bound, as plain JSON. All norms relative to those at distance 0.

    "curve" is the geometric mean over reviews; "low" and "high" hold the middle 80% of them.
    """
    states = {}
    for name, norms in flow.norms.items():
        logs = relative(norms)
        chosen = logs[:, shown(logs.shape[1] - 1)]
        low, high = np.percentile(chosen, [10, 90], axis=0)
        curves = {"curve": chosen.mean(0), "low": low, "high": high}
        states[name] = {
            **{curve: _round(np.exp(values)) for curve, values in curves.items()},
            **shape(logs.mean(0)),
        }
    return {"states": states} | ({"bound": flow.bound} if flow.bound else {})


def relative(norms: Array) -> Array:
    """(reviews, distance + 1) → ln(‖∂L/∂h_k‖ / ‖∂L/∂h_t‖)."""
    logs: Array = np.log(np.maximum(norms, TINY))
    return logs - logs[:, :1]


def shape(curve: Array) -> dict[str, Any]:
    """How a curve falls; curve: (distance + 1,), natural logarithms.

    "reach": the first distance at which no more than `LEFT` is left, None if that is further back.
    "exponential", "power": shares of the curve's variance up to there that least-squares lines
    explain, over the distance d (then the curve is an exponential) and over ln(1 + d) (a power
    law). Further back the curve is of what hardly counts, as far as one cares to look.
    """
    gone = np.flatnonzero(curve <= np.log(LEFT))
    reach = int(gone[0]) if len(gone) else None
    fallen = curve if reach is None else curve[: reach + 1]
    steps = np.arange(len(fallen))
    lines = {"exponential": steps, "power": np.log1p(steps)}
    explained = {name: explained_by(over, fallen) for name, over in lines.items()}
    return {"reach": reach, **explained}


def explained_by(over: Array, values: Array) -> float:
    """The share of the variance of `values` that their least-squares line over `over` explains."""
    variance = float(values.var())
    if not variance:
        return 0.0
    line = np.polyval(np.polyfit(over, values, 1), over)
    return 1 - float(((values - line) ** 2).mean()) / variance


def shown(distance: int) -> list[int]:
    """The distances that curves are stored at: all near ones, every fifth of the others."""
    return [d for d in range(distance + 1) if d <= 20 or d % 5 == 0]


def _round(values: Iterable[float]) -> list[float]:
    return [float(f"{value:.4g}") for value in values]
