"""What metrics.json holds of the lab."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from rnnlab.labs.explain.settings import Clipping, Memory, MemoryCell, Occlusion


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")


# The cells from zero -----------------------------------------------------------------------------


class Structure(_Entry):
    """A cell of 3 inputs and 5 hidden units, as PyTorch prints it."""

    text: str
    parameters: int
    """Weights, counted one by one."""


class Example(_Entry):
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


class Deviation(_Entry):
    """The largest differences from PyTorch's net (`rnnlab.nets.library.Difference`)."""

    outputs: float
    states: float
    gradients: float


class Bounds(_Entry):
    """The largest of the random sizes."""

    time: int
    batch: int
    inputs: int
    hidden: int


class Cells(_Entry):
    structures: dict[str, Structure]
    """By class."""
    example: Example
    equality: dict[str, dict[str, Deviation]]
    """By cell and precision (fp32, fp64)."""
    sizes: int
    """Random sizes that cells were compared at, beside the published ones."""
    bounds: Bounds


# Gradients through time --------------------------------------------------------------------------


class Decay(_Entry):
    """Norms of the gradient of one state by distance, relative to the norm at distance 0.

    `curve`, `low` and `high` are as long as `Gradients.distances`.
    """

    curve: list[float]
    """Geometric mean over reviews."""
    low: list[float]
    high: list[float]
    """Between the two lie the middle 80% of the reviews."""
    at_end: float
    """The norm at distance 0 itself, geometric mean over reviews."""
    rate: float
    rate_low: float
    rate_high: float
    """Decay per step of the norm's logarithm, and its 95% interval."""
    factor: float
    factor_low: float
    factor_high: float
    """exp(-rate): what a step leaves of the norm."""
    explained: float
    """Share of the variance of the mean curve, in logarithms, that its line explains."""


class Bound(_Entry):
    """What bounds the growth of an Elman net's gradient; U are its weights from h to h."""

    eta: float
    """Largest singular value of U, which times max f′ bounds a step's growth."""
    radius: float
    """Spectral radius of U."""
    slope: float
    """max f′ over units, geometric mean over reviews and steps."""
    eta_met: float
    """`eta` times `slope`."""
    recent: list[float]
    recent_steps: list[int]
    """Share of the norm of ∂L/∂U that is missing if so many newest steps alone are summed."""
    steps_for_95: int
    """The fewest newest steps that leave at most 5% missing."""


class Moment(_Entry):
    """A net at initialisation, or trained."""

    states: dict[Literal["h", "c"], Decay]
    bound: Bound | None = None
    """Of an Elman net."""


class Flow(_Entry):
    """How gradients flow back through one net."""

    seed: int
    """Of the run that was measured."""
    initial: Moment
    trained: Moment

    @property
    def moments(self) -> dict[str, Moment]:
        return {"initial": self.initial, "trained": self.trained}


class Gradients(_Entry):
    reviews: int
    distance: int
    """Steps before a review's end that were looked back."""
    distances: list[int]
    """At which curves are kept."""
    nets: dict[str, Flow]


# The memory task ---------------------------------------------------------------------------------


class Recall(_Entry):
    """Nets of one cell at one distance, an entry a seed."""

    accuracy: list[float]
    largest_norm: list[float | None]
    """Largest gradient norm of the training, before clipping; None if one was not finite."""
    steps: int
    """Of training."""


Treatment = Literal["clipped", "unclipped"]


class MemoryTask(_Entry):
    settings: Memory
    cells: dict[MemoryCell, dict[int, dict[Treatment, Recall]]]
    """By cell, and distance in steps."""


# Clipping ----------------------------------------------------------------------------------------


class ClippingRun(_Entry):
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


class ClippingRuns(_Entry):
    settings: Clipping
    runs: list[ClippingRun]


# Occlusion ---------------------------------------------------------------------------------------


class Band(_Entry):
    """Reviews whose decisive window lies `start` to `end - 1` tokens before the end."""

    start: int
    end: int
    reviews: int
    accuracy: float | None
    """None of no review."""


class Influence(_Entry):
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
    median_distance: float
    """From a review's end to the middle of its decisive window, in tokens."""
    bands: list[Band]


class MaskedReviews(_Entry):
    settings: Occlusion
    reviews: int
    nets: dict[str, Influence]


class Norms(_Entry):
    """Gradient norms of a net's own training before clipping, by epoch."""

    mean: list[float]
    largest: list[float]


class Facts(_Entry):
    cells: Cells
    gradients: Gradients
    memory: MemoryTask
    clipping: ClippingRuns
    occlusion: MaskedReviews
    norms: dict[str, Norms]
    """By net, of the run whose gradients were measured."""
