"""The `explain` section: why gates win, measured."""

from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, model_validator

from rnnlab.labs.sentiment.settings import Shape
from rnnlab.settings.base import Section
from rnnlab.settings.bounds import Batch, Epochs, Norm, Rate, Seed, Size, Steps

MemoryCell = Literal["rnn", "rnn-orthogonal", "lstm", "lstm-open", "gru"]
"""rnn-orthogonal: its U starts orthogonal; lstm-open: its forget gates start open."""
MemoryTask = Literal["recall", "adding"]


Model = TypeVar("Model", bound=Section)


def _one_layer(net: str) -> str:
    if Shape.of(net)[1:3] != (1, 1):
        raise ValueError(f"{net} has several layers or directions; only 1-1 nets are explained")
    return net


OneLayer = Annotated[str, AfterValidator(_one_layer)]
"""A net's name."""


def rising(section: Model, name: str) -> Model:
    """`section`, if the list of the name `name` rises."""
    values = getattr(section, name)
    if sorted(set(values)) != values:
        raise ValueError(f"{name} must rise")
    return section


class GradientSettings(Section):
    reviews: int = Field(ge=2, description="test reviews, drawn among the long enough ones")
    distance: int = Field(ge=2, description="steps before a review's end to look back")
    seed: Seed


class MemorySettings(Section):
    tasks: list[MemoryTask] = Field(min_length=1)
    cells: list[MemoryCell] = Field(min_length=1)
    distances: list[Annotated[int, Field(ge=1, le=10_000)]] = Field(
        min_length=1, description="steps that the answer lies back, rising"
    )
    seeds: list[Seed] = Field(min_length=1)
    hidden: Size
    answers: int = Field(ge=2, le=1000, description="symbols to be recalled")
    distractors: int = Field(ge=1, le=1000, description="symbols that stand in between")
    within: float = Field(gt=0, le=1, description="a sum given so near to the true one is right")
    batch: Batch = Field(description="sequences a step")
    steps: Steps = Field(description="of training, at most")
    learning_rate: Rate = Field(description="of Adam")
    clip_norm: Norm
    forget_bias: float = Field(
        ge=-100, le=100, description="that lstm-open's forget gates start with"
    )
    solved: float = Field(gt=0, le=1, description="share of right answers that counts as learnt")
    recent: int = Field(ge=2, description="steps whose sequences, new to the net, it is taken over")

    @model_validator(mode="after")
    def _rising(self) -> "MemorySettings":
        return rising(self, "distances")


class ClippingSettings(Section):
    nets: list[OneLayer] = Field(min_length=1)
    reviews: int = Field(ge=1, description="training reviews, drawn once")
    max_tokens: int = Field(ge=1, description="a longer review's last so many")
    batch: Batch
    epochs: Epochs
    learning_rates: list[Rate] = Field(min_length=1, description="of Adam")
    clip_norm: Norm
    seed: Seed


class ExplosionSettings(Section):
    radii: list[Annotated[float, Field(gt=0, le=100)]] = Field(
        min_length=1, description="spectral radii that U starts with"
    )
    learning_rates: list[Rate] = Field(min_length=1, description="of SGD")
    distance: int = Field(ge=1, le=10_000, description="N of the adding problem")
    seeds: list[Seed] = Field(min_length=1)
    hidden: Size
    batch: Batch
    steps: Steps
    clip_norm: Norm = Field(description="of the half of the nets that is clipped")
    recent: int = Field(
        ge=1, description="last steps, whose mean loss is what a training ends with"
    )


class OcclusionSettings(Section):
    reviews: int = Field(ge=1, description="test reviews, drawn among those of suitable length")
    window: int = Field(ge=1, description="tokens masked at once")
    distance: int = Field(ge=1, description="how far before the end windows are masked")
    longest: int = Field(ge=1, description="tokens of the longest review taken")
    seed: Seed

    @model_validator(mode="after")
    def _whole_windows(self) -> "OcclusionSettings":
        if self.distance % self.window:
            raise ValueError("distance must be a multiple of window")
        if self.longest < self.distance:
            raise ValueError("longest must be at least distance")
        return self


class SeenSettings(Section):
    reviews: int = Field(ge=2, description="test reviews, drawn among those longer than all views")
    tokens: list[Annotated[int, Field(ge=1)]] = Field(
        min_length=1, description="views: so many of a review's last tokens, rising"
    )
    seed: Seed

    @model_validator(mode="after")
    def _rising(self) -> "SeenSettings":
        return rising(self, "tokens")


class CutSettings(Section):
    nets: list[OneLayer] = Field(min_length=1, description="trained on the ends of reviews")
    tokens: list[Annotated[int, Field(ge=1)]] = Field(
        min_length=1, description="ends: so many of a review's last tokens, rising"
    )

    @model_validator(mode="after")
    def _rising(self) -> "CutSettings":
        return rising(self, "tokens")


class ConvolutionSettings(Section):
    nets: list[OneLayer] = Field(
        min_length=1, description="recurrent ones, of sentiment.published.nets, with its settings"
    )
    widths: list[Size] = Field(min_length=1, description="of the windows, in words")
    filters: Size = Field(description="of each width")
    epochs: Epochs
    every: int = Field(ge=1, description="steps from one check to the next")
    reviews: int = Field(ge=1, description="of the training part and of validation's, in a check")
    seed: Seed = Field(description="that these are drawn by")

    @model_validator(mode="after")
    def _same_vectors(self) -> "ConvolutionSettings":
        if len({Shape.of(net).dimension for net in self.nets}) > 1:
            raise ValueError("nets must have vectors of one dimension, which are the other's too")
        return self


class ExplainSettings(Section):
    nets: list[OneLayer] = Field(
        min_length=1, description="of sentiment.published.nets, one layer and direction"
    )
    gradients: GradientSettings
    memory: MemorySettings
    clipping: ClippingSettings
    explosion: ExplosionSettings
    occlusion: OcclusionSettings
    seen: SeenSettings
    cut: CutSettings
    convolution: ConvolutionSettings


SECTION = ExplainSettings
