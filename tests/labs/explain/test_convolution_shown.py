"""What the section shows of a convolutional net beside recurrent ones."""

import numpy as np

from rnnlab.labs.explain import facts
from rnnlab.labs.explain.shown import convolution


def course(accuracy, train_loss, losses=(0.7, 0.6, 0.5, 0.4)):
    steps = [2 * each for each in range(1, len(accuracy) + 1)]
    return facts.Course(
        losses=list(losses), steps=steps, train_loss=train_loss, valid_accuracy=accuracy
    )


def test_a_row_tells_steps_to_the_level_and_setbacks_by_seed():
    seeds = {
        1: course([0.6, convolution.level(), 0.9], [0.6, 0.7, 0.4]),
        2: course([0.6, 0.7, 0.7], [0.6, 0.5, 0.4]),
    }
    found = facts.Learner(beyond=1234, seeds=seeds)
    weights, steps, setbacks, _, accuracy = convolution._learner(found)
    assert (weights, steps) == ("1,234", ("4, > 6", "4、> 6"))
    assert (setbacks.en, accuracy.en) == ("25.0, 0.0", "90.0, 70.0")


def test_the_spread_is_that_of_batches_and_not_of_the_way_down():
    way = np.linspace(0.7, 0.2, 400)
    noise = np.random.default_rng(1).normal(0, 0.03, 400)
    assert convolution.spread(way.tolist()) < 0.002
    # Of nine values' mean each value is a part itself.
    expected = 0.03 * np.sqrt(1 - 1 / convolution.SMOOTHED)
    np.testing.assert_allclose(convolution.spread((way + noise).tolist()), expected, rtol=0.1)
