"""The nets that the report shows at work, letter by letter.

They are those trained in batches: every training name has been seen, by both in the same order,
and the accuracy beside them in the report is of a test that chose nothing.
"""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.corpora.folding import SYMBOLS
from rnnlab.files import reading, replacing
from rnnlab.runs.catalogue import Runs
from rnnlab.runs.files import MODEL, written
from rnnlab.runs.scores import Regimes

Array = NDArray[np.float64]
Weights = Mapping[str, Array]

SHOWN = ("tutorial-rnn", "lstm")
REGIME = "ours"
GATES = "ifgo"
"""Input, forget, candidate, output: the order of PyTorch's LSTM."""


class Steps(NamedTuple):
    """What a net does with a name: arrays of (letters, …)."""

    states: Mapping[str, Array]
    """h, the hidden state behind each letter; of an LSTM's last layer also c and its gates i, f, g,
    o. (letters, hidden)."""
    probabilities: Array
    """(letters, languages): what the net would answer if the name ended here."""


def chosen(regimes: Regimes) -> dict[str, int]:
    """Of each net shown, the seed whose run validation finds best; the first of equals."""
    rows = regimes[REGIME]
    accuracies = {net: rows[net]["valid_accuracy"].values for net in SHOWN if net in rows}
    return {net: max(values, key=values.__getitem__) for net, values in accuracies.items()}


def keep(runs: Runs, regimes: Regimes, folder: Path) -> None:
    """Copy the weights of the runs `chosen` into `folder`. Raises LabError if they are broken."""
    folder.mkdir(parents=True, exist_ok=True)
    for net, seed in chosen(regimes).items():
        with replacing(path(folder, net)) as part:
            shutil.copyfile(written(runs[REGIME][net][seed].folder, MODEL), part)


def path(folder: Path, net: str) -> Path:
    """The file of a net's weights in the folder that `keep` writes."""
    return folder / f"{net}.safetensors"


def read(folder: Path, net: str) -> Weights:
    """The weights that `keep` left. Raises LabError if they are missing or broken."""
    from safetensors.numpy import load_file

    file = path(folder, net)
    with reading(file):
        return {name: each.astype(np.float64) for name, each in load_file(file).items()}


def follow(net: str, weights: Weights, ids: Iterable[int]) -> Steps:
    """Read the symbols `ids` one by one, with the net's formulas as `rnnlab.nets.namer` has them.

    tests/labs/names/test_letters.py proves it, and letters.js, equal to PyTorch's nets.
    """
    letters = np.eye(len(SYMBOLS))[list(ids)]
    return _tutorial_rnn(weights, letters) if net == "tutorial-rnn" else _lstm(weights, letters)


def _tutorial_rnn(weights: Weights, letters: Array) -> Steps:
    """The last letter's output comes from the hidden state before it."""
    h = np.zeros(len(weights["i2h.bias"]))
    hidden, outputs = [], []
    for letter in letters:
        both = np.concatenate([letter, h])
        outputs.append(weights["i2o.weight"] @ both + weights["i2o.bias"])
        h = weights["i2h.weight"] @ both + weights["i2h.bias"]
        hidden.append(h)
    return Steps({"h": np.array(hidden)}, _softmax(np.array(outputs)))


def _lstm(weights: Weights, letters: Array) -> Steps:
    """Layer by layer; what is shown is the last one's."""
    below, states = letters, {}
    layers = sum(name.startswith("recurrent.bias_ih_l") for name in weights)
    for layer in range(layers):
        of_x, of_h, *biases = (
            weights[f"recurrent.{kind}_l{layer}"]
            for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        h = c = np.zeros(of_h.shape[1])
        rows = []
        for x in below:
            i, f, g, o = np.split(of_x @ x + of_h @ h + sum(biases), len(GATES))
            i, f, g, o = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)
            c = f * c + i * g
            h = o * np.tanh(c)
            rows.append((h, c, i, f, g, o))
        states = dict(zip("hc" + GATES, np.array(rows).transpose(1, 0, 2), strict=True))
        below = states["h"]
    return Steps(states, _softmax(below @ weights["linear.weight"].T + weights["linear.bias"]))


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _softmax(outputs: Array) -> Array:
    powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    shares: Array = powers / powers.sum(axis=1, keepdims=True)
    return shares
