"""What every trained net has in common."""

from typing import Literal, NamedTuple

from pydantic import Field

from rnnlab.settings.base import Section
from rnnlab.settings.bounds import Batch, Epochs, Norm, Rate, Seed, Threads


class MachineSettings(Section):
    """Where and how the arithmetic is done. Bits depend on it; accuracy should not."""

    device: Literal["auto", "cpu", "cuda"] = Field(description="auto: CUDA where there is one")
    precision: Literal["auto", "fp32", "bf16"] = Field(
        description="auto: bf16 autocast where the processor multiplies bf16 natively, else fp32"
    )
    threads: Threads = Field(description="threads of one net on a CPU")


class Optimization(Section):
    """How a net is fitted."""

    batch: Batch = Field(description="examples a step")
    epochs: Epochs
    learning_rate: Rate = Field(description="of Adam, at first")
    last_learning_rate: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="share of it that is left at the end of a straight fall",
    )
    clip_norm: Norm | None = Field(description="largest gradient norm; null: no clipping")
    patience: int | None = Field(
        default=None,
        ge=1,
        description="epochs in a row without a lower validation loss that end a training early; "
        "null: none do",
    )


class Split(Section):
    """What a corpus holds out for validation."""

    valid_fraction: float = Field(gt=0, lt=1)
    seed: Seed


class Planned(NamedTuple):
    """A run that params.yaml asks for."""

    regime: str
    """How it is trained: `published`, as the course reports did, or `ours`."""
    net: str
    seed: Seed
    folder: str
    """Of its files, below the lab's."""
    stage: str
    """Which stage makes it: `sentiment-train@lstm-1-1-100d-2077`."""
