"""Gradients that must explode, and that must not; and whether clipping acted in trainings."""

from types import SimpleNamespace

from rnnlab.labs.explain import explosion, gather
from rnnlab.labs.explain.settings import ExplosionSettings

SETTINGS = ExplosionSettings(
    radii=[0.1, 3.0],
    learning_rates=[0.1],
    distance=20,
    seeds=[1, 2],
    hidden=8,
    batch=8,
    steps=40,
    clip_norm=0.5,
    recent=10,
)


def test_a_net_that_forgets_never_diverges():
    found = explosion.train(0.01, 0.1, SETTINGS)
    for each in found.values():
        assert each["diverged"] == [False, False]
        assert max(each["norms"]) < 10


def test_a_net_whose_u_stretches_diverges_unless_clipped():
    found = explosion.train(0.5, 3.0, SETTINGS)
    assert found["unclipped"]["diverged"] == [True, True]
    assert min(found["unclipped"]["norms"]) > 1000
    assert found["clipped"]["diverged"] == [False, False]
    assert found == explosion.train(0.5, 3.0, SETTINGS)


def run(limit, *norms):
    epochs = [SimpleNamespace(gradient_norm=mean, gradient_norm_max=most) for mean, most in norms]
    settings = {"clip_norm": limit}
    return SimpleNamespace(run=SimpleNamespace(settings=settings), folder=epochs)


def test_whether_clipping_acted(monkeypatch):
    monkeypatch.setattr(gather, "read_history", lambda folder: folder)
    nets = {
        "a": {1: run(1.0, (0.5, 0.9), (0.6, 3.0)), 2: run(1.0, (1.2, 2.0))},
        "b": {1: run(None, (5, 9))},
    }
    clipped, free = gather.clipped({"names": {"batched": nets}})
    assert (clipped.runs, clipped.epochs, clipped.above, clipped.mostly) == (2, 3, 2, 1)
    assert clipped.largest == 3.0
    assert (free.clip_norm, free.above, free.largest) == (None, 0, 9)
