"""The n-gram model: against the formulae written out, and what they imply."""

import itertools
from collections import Counter

import numpy as np
import pytest

from rnnlab.labs.poetry.data import END_ID, START_ID, Poems
from rnnlab.labs.poetry.kneser_ney import KneserNey, discounts

SYMBOLS = 9


def poems(texts: list[list[int]]) -> Poems:
    ids = [[START_ID, *text, END_ID] for text in texts]
    flat = np.concatenate([np.array(each, dtype=np.int16) for each in ids])
    names = np.array([str(number) for number in range(len(ids))])
    return Poems(flat, np.cumsum([0, *map(len, ids)]), names, np.array(["train"] * len(ids)))


def made_up(number: int, seed: int = 0) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    return [(4 + rng.geometric(0.5, size=rng.integers(1, 8)) % 5).tolist() for _ in range(number)]


class Written:
    """Chen and Goodman's formulae as they stand, by dictionaries."""

    def __init__(self, texts: list[list[int]], longest: int) -> None:
        self.counts: list[Counter] = [Counter() for _ in range(longest)]
        sequences = [(START_ID, *text, END_ID) for text in texts]
        grams = [
            {(s, end): s[end - n : end] for s in sequences for end in range(n, len(s) + 1)}
            for n in range(1, longest + 2)
        ]
        for n in range(1, longest + 1):
            every = Counter(
                s[end - n : end] for s in sequences for end in range(max(n, 2), len(s) + 1)
            )
            if n == longest:
                self.counts[n - 1] = every
                continue
            before = Counter(gram[1:] for gram in set(grams[n].values()))
            begins = {gram: each for gram, each in every.items() if gram[0] == START_ID}
            self.counts[n - 1] = before + Counter(begins)

    def share(self, history: tuple[int, ...], symbol: int) -> float:
        """history: no longer than the model's grams allow."""
        counts = self.counts[len(history)]
        lower = self.share(history[1:], symbol) if history else 1 / (SYMBOLS - 2)
        follow = {gram: each for gram, each in counts.items() if gram[:-1] == history}
        if not follow:
            return lower
        taken = discounts(np.array(list(counts.values())))
        total = sum(follow.values())
        own = follow.get((*history, symbol), 0)
        freed = sum(taken[min(each, 3)] for each in follow.values())
        return (own - taken[min(own, 3)]) / total + freed / total * lower


@pytest.mark.parametrize("longest", [2, 3, 4])
def test_it_says_what_the_formulae_say(longest):
    texts = made_up(30)
    held_out = made_up(10, seed=1)
    both = poems(texts + held_out)
    model = KneserNey(both, np.arange(30), SYMBOLS, longest)
    found = model.surprises(np.arange(30, 40))
    written = Written(texts, longest)
    expected = [
        written.share((START_ID, *text, END_ID)[max(0, end - longest + 1) : end], symbol)
        for text in held_out
        for end, symbol in enumerate([*text, END_ID], 1)
    ]
    assert np.exp(-found.nats) == pytest.approx(np.array(expected))
    assert found.targets.tolist() == [each for text in held_out for each in [*text, END_ID]]
    assert set(found.poem) == set(range(30, 40))


@pytest.mark.parametrize("history", [[], [5], [5, 6], [8, 8, 8]])
def test_all_probabilities_add_up(history):
    texts = made_up(40)
    nexts = [1, *range(4, SYMBOLS)]
    asked = poems([*texts, *([*history, symbol] for symbol in nexts), history])
    model = KneserNey(asked, np.arange(40), SYMBOLS, 3)
    shares = 0.0
    for row in range(40, 40 + len(nexts)):
        shares += np.exp(-model.surprises(np.array([row])).nats[len(history)])
    shares += np.exp(-model.surprises(np.array([40 + len(nexts)])).nats[-1])  # it ends there
    assert shares == pytest.approx(1)


def test_discounts_are_chen_and_goodmans():
    counts = np.array([1] * 8 + [2] * 4 + [3] * 2 + [4])
    share = 8 / (8 + 2 * 4)
    expected = [0, 1 - 2 * share * 4 / 8, 2 - 3 * share * 2 / 4, 3 - 4 * share * 1 / 2]
    assert discounts(counts) == pytest.approx(expected)
    assert discounts(np.array([1, 1, 5])).tolist() == [0, 0.5, 0.5, 0.5]


def test_longer_grams_tell_more_of_what_they_have_seen():
    seen = poems(made_up(40))
    losses = [
        KneserNey(seen, np.arange(40), SYMBOLS, n).surprises(np.arange(40)).nats.mean()
        for n in (2, 3, 4)
    ]
    assert all(one > other for one, other in itertools.pairwise(losses))
