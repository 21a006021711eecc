"""What metrics.json holds of the lab: of its stages' files, what the report shows."""

from typing import Literal

from rnnlab.labs.explain.settings import (
    ClippingSettings,
    ConvolutionSettings,
    CutSettings,
    ExplosionSettings,
    MemoryCell,
    MemorySettings,
    MemoryTask,
    OcclusionSettings,
    SeenSettings,
)
from rnnlab.settings.base import Entry


class Structure(Entry):
    """A cell of 3 inputs and 5 hidden units, as PyTorch prints it."""

    text: str
    parameters: int
    """Weights, counted one by one."""


class Example(Entry):
    """The published examples, run; tensors as nested rows."""

    x: list[list[float]]
    """(1, 3): what one step of the LSTM cell reads."""
    h: list[list[float]]
    c: list[list[float]]
    """(1, 5) each: the states that it leaves."""
    library: str
    """The net of the library route, as PyTorch prints it."""
    library_parameters: int
    output_shape: list[int]
    output: list[list[float]]


class Cells(Entry):
    """The cells from zero, beside PyTorch's."""

    structures: dict[str, Structure]
    """By class."""
    example: Example
    equality: dict[str, dict[str, dict[str, float]]]
    """By cell and precision (fp32, fp64), the fields of `rnnlab.nets.library.Discrepancy`: the
    largest differences from PyTorch's net."""
    sizes: int
    """Random sizes that cells were compared at, beside the published ones."""
    bounds: dict[str, int]
    """The largest of the random sizes: time, batch, inputs and hidden."""


class Decay(Entry):
    """Norms of the gradient of one state by distance, relative to the norm at distance 0.

    `curve`, `low` and `high` are as long as `Gradients.distances`.
    """

    curve: list[float]
    """Geometric mean over reviews."""
    low: list[float]
    high: list[float]
    """Between the two lie the middle 80% of the reviews."""
    reach: int | None
    """The first distance at which no more than 1% is left; None if it is further back."""
    exponential: float
    power: float
    """Shares of the variance of the curve up to `reach`, in logarithms, that an exponential and a
    power law explain."""


class Bound(Entry):
    """What bounds the growth of an Elman net's gradient; U are its weights from h to h."""

    eta: float
    """Largest singular value of U, which times max f′ bounds a step's growth."""
    radius: float
    """Spectral radius of U."""
    slope: float
    """max f′ over units, geometric mean over reviews and steps."""
    steps_for_95: int
    """The fewest newest steps that, summed alone, leave at most 5% of the norm of ∂L/∂U missing."""


State = Literal["h", "c", "h and c"]
When = Literal["initial", "trained"]


class Moment(Entry):
    """A net at initialisation, or trained."""

    states: dict[State, Decay]
    bound: Bound | None = None
    """Of an Elman net."""

    @property
    def whole(self) -> Decay:
        """Of all that a step hands on."""
        return self.states.get("h and c") or self.states["h"]


class Flow(Entry):
    """How gradients flow back through one net."""

    seeds: dict[int, dict[When, Moment]]

    def moment(self, when: When) -> dict[int, Moment]:
        """By seed."""
        return {seed: moments[when] for seed, moments in self.seeds.items()}


class Gradients(Entry):
    reviews: int
    distance: int
    """Steps before a review's end that were looked back."""
    distances: list[int]
    """At which curves are kept."""
    nets: dict[str, Flow]


class Trial(Entry):
    """One net's training in a memory task."""

    steps: int | None
    """After which it had learnt the task; None if it had not when training ended."""
    right: float
    """Its share of right answers then."""


Climb = dict[int, dict[int, Trial]]
"""Distance in steps → seed; a net that failed was not tried further back."""


def reach(climb: Climb) -> list[int]:
    """Each seed's last distance before the first that it did not learn; 0 if there is none."""
    found = dict.fromkeys(next(iter(climb.values())), 0)
    for distance, trials in climb.items():
        found |= {seed: distance for seed, trial in trials.items() if trial.steps is not None}
    return list(found.values())


class Memory(Entry):
    settings: MemorySettings
    tasks: dict[MemoryTask, dict[MemoryCell, Climb]]


class ClippingRun(Entry):
    """One small training."""

    net: str
    learning_rate: float
    clip_norm: float | None
    """None: not clipped."""
    losses: list[float]
    """Nats a review, by step."""
    norms: list[float]
    """Of the gradient before clipping, by step."""
    largest_norm: float
    diverged_at: int | None
    """The step whose loss or norm was no longer finite."""
    valid_loss: float | None
    """None if it is not finite."""
    valid_accuracy: float


class ClippingRuns(Entry):
    settings: ClippingSettings
    runs: list[ClippingRun]


class Exploding(Entry):
    """Nets of one treatment, an entry a seed."""

    loss: list[float | None]
    """Mean squared error at the end; None if it is not finite."""
    diverged: list[bool]
    """Whether that is so, or more than ten times what guessing gets."""
    norms: list[float]
    """The largest finite gradient norm met, before clipping."""


class Explosion(Entry):
    """RNNs whose U starts with one spectral radius, trained by SGD at one rate."""

    learning_rate: float
    radius: float
    clipped: Exploding
    unclipped: Exploding

    @property
    def treatments(self) -> dict[str, Exploding]:
        return {"clipped": self.clipped, "unclipped": self.unclipped}


class Explosions(Entry):
    settings: ExplosionSettings
    trainings: list[Explosion]

    def diverged(self, treatment: str) -> tuple[int, int]:
        """How many nets did, and of how many."""
        found = [gone for each in self.trainings for gone in each.treatments[treatment].diverged]
        return sum(found), len(found)


class Clipped(Entry):
    """The labs' own trainings of one regime, and whether clipping acted in them."""

    lab: str
    regime: str
    clip_norm: float | None
    """None: not clipped."""
    runs: int
    epochs: int
    above: int
    """Epochs with a gradient norm above `clip_norm`, of all; 0 if there is none."""
    mostly: int
    """Epochs whose mean norm was above it."""
    largest: float
    """Gradient norm, before clipping."""


class Band(Entry):
    """Reviews whose decisive window lies `start` to `end - 1` tokens before the end."""

    start: int
    end: int
    reviews: int
    accuracy: float | None
    """None of no review."""


class Influence(Entry):
    """What masked windows change in one net's logits; lists go by window, the last one first."""

    seed: int
    """Of the run that was measured."""
    accuracy: float
    """On the reviews as they are."""
    share: list[float]
    """A window's part of a review's total change, averaged over reviews."""
    share_error: list[float]
    """Its standard error."""
    decisive: list[int]
    """Reviews whose logit this window changes most."""
    bands: list[Band]


class MaskedReviews(Entry):
    settings: OcclusionSettings
    reviews: int
    nets: dict[str, Influence]


class View(Entry):
    """What a net makes of its view of the reviews."""

    accuracy: list[float]
    """By seed."""
    lost: float
    error: float
    """Mean accuracy on whole reviews less that on the view, and its standard error."""


class Seen(Entry):
    views: dict[str, View]
    """The reviews' last tokens, by their number; "whole" ones; "shuffled" ones."""
    seeds: list[int]


class SeenReviews(Entry):
    settings: SeenSettings
    reviews: int
    nets: dict[str, Seen]


class CutReviews(Entry):
    """Nets trained on as many last tokens as they are fed; views: "whole" is as published."""

    settings: CutSettings
    reviews: int
    nets: dict[str, Seen]


class Course(Entry):
    """How one training went."""

    losses: list[float]
    """Nats a review, by step."""
    steps: list[int]
    """After which the net was checked; the other lists go by check."""
    train_loss: list[float]
    valid_accuracy: list[float]


class Learner(Entry):
    beyond: int
    """Weights beyond the embedding."""
    seeds: dict[int, Course]


class Courses(Entry):
    """A convolutional net and recurrent ones that learnt from the same batches."""

    settings: ConvolutionSettings
    nets: dict[str, Learner]


Norms = dict[Literal["mean", "largest"], list[float]]
"""Gradient norms of a training before clipping, by epoch."""


class Facts(Entry):
    cells: Cells
    gradients: Gradients
    memory: Memory
    clipping: ClippingRuns
    explosion: Explosions
    occlusion: MaskedReviews
    seen: SeenReviews
    cut: CutReviews
    convolution: Courses
    clipped: list[Clipped]
    norms: dict[str, Norms]
    """By net, of its first seed."""

    @property
    def newest(self) -> dict[str, dict[int, int]]:
        """Moment → seed → the fewest newest steps that give 95% of an Elman net's ∂L/∂U."""
        found: dict[str, dict[int, int]] = {}
        for flow in self.gradients.nets.values():
            for seed, moments in flow.seeds.items():
                for name, moment in moments.items():
                    if moment.bound:
                        found.setdefault(name, {})[seed] = moment.bound.steps_for_95
        return found
