"""The `sentiment` section."""

import re
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field, model_validator

from rnnlab.errors import LabError
from rnnlab.settings.base import Section
from rnnlab.settings.bounds import Batch, Elements, Epochs, Norm, Rate, Seed, Size
from rnnlab.settings.training import MachineSettings, Optimization, Planned, Split


class Shape(NamedTuple):
    """What a net's name says: lstm-2-1-100d is an LSTM of 2 layers, 1 direction, 100-d vectors."""

    cell: str
    layers: int
    directions: int
    dimension: int

    @classmethod
    def of(cls, net: str) -> "Shape":
        """The shape that the name `net` stands for; ValueError if it is no such name."""
        match = re.fullmatch(r"(rnn|lstm|gru)-([1-9]|1\d|20)-([12])-([1-9]\d*)d", net)
        if match is None:
            raise ValueError(
                f"{net!r} is not a net's name; write <rnn|lstm|gru>-<1 to 20 layers>-<1|2>-"
                "<dimension>d, as in lstm-2-1-100d"
            )
        cell, *sizes = match.groups()
        return cls(cell, *map(int, sizes))

    @property
    def name(self) -> str:
        """The net's name."""
        return f"{self.cell}-{self.layers}-{self.directions}-{self.dimension}d"


class Tokens(Section):
    chunk: int = Field(ge=1, le=100_000, description="reviews tokenized at a time")
    processes: int = Field(ge=0, le=1024, description="0: as many as there are cores")


class VocabularySettings(Section):
    max_size: int = Field(ge=1, description="words at most, the commonest first")
    min_count: int = Field(ge=1, description="times that a word occurs in the training part")


class Vectors(Section):
    dimensions: list[Literal[100, 300]] = Field(min_length=1)
    unknown: Literal["normal", "zero"] = Field(
        description="words without a vector. normal: drawn around the known vectors' mean with "
        "their standard deviation, per dimension; zero: zeros"
    )
    seed: Seed


class Net(Section):
    """What one net does otherwise than `sentiment.training`; an absent key changes nothing."""

    hidden: Size | None = None
    dropout: float | None = Field(None, ge=0, lt=1)
    batch: Batch | None = None
    epochs: Epochs | None = None
    learning_rate: Rate | None = None
    clip_norm: Norm | None = None
    max_tokens: int | None = Field(None, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _empty(cls, changes: Any) -> Any:
        """`lstm-1-1-100d:` with nothing behind it is a net that changes nothing."""
        return changes or {}


class Training(Optimization, MachineSettings):
    hidden: Size = Field(description="hidden size, per direction")
    dropout: float = Field(ge=0, lt=1, description="between layers")
    max_tokens: int | None = Field(ge=1, description="a longer review's last so many; null: all")
    max_step_states: Elements = Field(
        ge=1,
        description="tokens (padding included) x layers x directions that go through a net at "
        "once, which is what takes memory; a batch that has more does so in pieces",
    )


class Again(Section):
    """Nets that are trained with further seeds too, to tell a difference from chance."""

    nets: list[str]
    seeds: list[Seed]


class SentimentSettings(Section):
    tokens: Tokens
    split: Split
    vocabulary: VocabularySettings
    vectors: Vectors
    training: Training
    seeds: list[Seed] = Field(min_length=1)
    nets: dict[Annotated[str, AfterValidator(lambda net: Shape.of(net).name)], Net] = Field(
        min_length=1
    )
    again: Again

    def net(self, name: str) -> Training:
        """The training settings of the net `name`. Raises LabError if it is not in the grid."""
        if name not in self.nets:
            raise LabError(f"params.yaml: sentiment.nets has no {name!r}; add it there.")
        return self.training.model_copy(update=self.nets[name].model_dump(exclude_unset=True))

    def runs(self) -> list[Planned]:
        """Every run of the grid, a net's own seeds together."""
        again = dict.fromkeys(self.again.nets, self.again.seeds)
        return [
            Planned("ours", net, seed, f"{net}/seed-{seed}", f"{stage}@{net}-{seed}")
            for net in self.nets
            for stage, seeds in (
                ("sentiment-train", self.seeds),
                ("sentiment-train-again", again.get(net, [])),
            )
            for seed in seeds
        ]

    @model_validator(mode="after")
    def _fits_together(self) -> "SentimentSettings":
        for net in self.nets:
            dimension = Shape.of(net).dimension
            if dimension not in self.vectors.dimensions:
                raise ValueError(
                    f"nets.{net} needs {dimension}-d vectors, which vectors.dimensions lacks"
                )
        for net in self.again.nets:
            if net not in self.nets:
                raise ValueError(f"again.nets has {net!r}, which nets lacks")
        for seed in self.again.seeds:
            if seed in self.seeds:
                raise ValueError(f"again.seeds has {seed}, which seeds has already")
        return self


SECTION = SentimentSettings
