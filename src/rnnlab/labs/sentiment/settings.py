"""The `sentiment` section."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field, model_validator

from rnnlab.errors import LabError
from rnnlab.settings.base import Section, nothing_else
from rnnlab.settings.bounds import Batch, Elements, Epochs, Norm, Rate, Seed, Size
from rnnlab.settings.training import MachineSettings, Optimization, Planned, Split

OURS = "-ours"
"""Ends the name of a net that is trained as well as this lab can."""

Pooling = Literal["last", "max"]
Share = Annotated[float, Field(ge=0, lt=1)]


class Shape(NamedTuple):
    """What a net's name says: lstm-2-1-100d is an LSTM of 2 layers, 1 direction, 100-d vectors."""

    cell: str
    layers: int
    directions: int
    dimension: int

    @classmethod
    def of(cls, net: str) -> "Shape":
        """The shape that the name `net` stands for, of whichever regime; ValueError if none."""
        name = net.removesuffix(OURS)
        match = re.fullmatch(r"(rnn|lstm|gru)-([1-9]|1\d|20)-([12])-([1-9]\d*)d", name)
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


class ReviewVectors(Section):
    """Word vectors from the reviews themselves, those without a label too."""

    dimension: Size
    window: int = Field(ge=1, le=20, description="how far apart neighbours stand, at most")
    length: float = Field(gt=0, description="of every vector")
    seed: Seed


class Net(Section):
    """What one net does otherwise than its regime's `training`; an absent key changes nothing."""

    hidden: Size | None = None
    dropout: Share | None = None
    word_dropout: Share | None = None
    state_dropout: Share | None = None
    batch: Batch | None = None
    epochs: Epochs | None = None
    patience: int | None = Field(None, ge=1)
    learning_rate: Rate | None = None
    clip_norm: Norm | None = None
    max_tokens: int | None = Field(None, ge=1)
    keep_weights: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _empty(cls, changes: Any) -> Any:
        """`lstm-1-1-100d:` with nothing behind it is a net that changes nothing."""
        return nothing_else(changes)


class Training(Optimization, MachineSettings):
    hidden: Size = Field(description="hidden size, per direction")
    vectors: Literal["glove", "reviews"] = Field(description="that the embedding begins with")
    unlabelled: bool = Field(
        description="whether unlabelled reviews are trained on, too, with what the bag of n-grams "
        "says of them in place of a label"
    )
    pooling: Pooling = Field(
        description="what of the last layer is read: each direction's last state, or the greatest "
        "value that each unit takes"
    )
    dropout: Share = Field(description="between layers")
    word_dropout: Share = Field(description="on the words' vectors")
    state_dropout: Share = Field(description="on what pooling leaves")
    max_tokens: int | None = Field(ge=1, description="a longer review's last so many; null: all")
    max_step_states: Elements = Field(
        ge=1,
        description="tokens (padding included) x layers x directions that go through a net at "
        "once, which is what takes memory; a batch that has more does so in pieces",
    )
    keep_weights: bool = Field(
        default=True, description="whether a run's weights are kept beside its predictions"
    )


class Regime(Section):
    """Nets that are trained alike, each with every seed."""

    training: Training
    seeds: list[Seed] = Field(min_length=1)
    nets: dict[Annotated[str, AfterValidator(lambda net: Shape.of(net).name)], Net] = Field(
        min_length=1
    )


class BaselineSettings(Section):
    """Bags of n-grams, which nets are held against."""

    longest: int = Field(ge=1, le=5, description="words of the longest n-grams; all below, too")
    min_count: int = Field(ge=1, description="training reviews that an n-gram is in, at least")
    strength: Rate = Field(description="C of the logistic regression: less is more regular")
    seed: Seed


class SentimentSettings(Section):
    tokens: Tokens
    split: Split
    vocabulary: VocabularySettings
    vectors: Vectors
    review_vectors: ReviewVectors
    published: Regime = Field(description="as the published lab trained")
    ours: Regime = Field(description="what nets of the same kind can do")
    baseline: BaselineSettings

    def net(self, name: str) -> Training:
        """The settings of `lstm-1-1-100d` (as published), `gru-1-2-100d-ours`, and so on.

        Raises LabError if there is no such net.
        """
        key = "ours" if name.endswith(OURS) else "published"
        regime: Regime = getattr(self, key)
        net = name.removesuffix(OURS)
        if net not in regime.nets:
            raise LabError(f"params.yaml: sentiment.{key}.nets has no {net!r}; add it there.")
        return regime.training.model_copy(update=regime.nets[net].model_dump(exclude_unset=True))

    def runs(self) -> list[Planned]:
        """Every run of both regimes."""
        return [
            Planned(name, net, seed, f"{net}{suffix}/seed-{seed}", f"{stage}@{net}-{seed}")
            for name, regime, stage, suffix in (
                ("published", self.published, "sentiment-train", ""),
                ("ours", self.ours, "sentiment-train-ours", OURS),
            )
            for net in regime.nets
            for seed in regime.seeds
        ]

    @model_validator(mode="after")
    def _fits_together(self) -> "SentimentSettings":
        given: dict[str, tuple[str, Sequence[int]]] = {
            "glove": ("vectors.dimensions", self.vectors.dimensions),
            "reviews": ("review_vectors.dimension", [self.review_vectors.dimension]),
        }
        if self.published.training.vectors != "glove" or self.published.training.unlabelled:
            raise ValueError(
                "published.training takes glove vectors and no unlabelled reviews; `ours` may"
            )
        for key in ("published", "ours"):
            regime: Regime = getattr(self, key)
            place, dimensions = given[regime.training.vectors]
            for net in regime.nets:
                dimension = Shape.of(net).dimension
                if dimension not in dimensions:
                    raise ValueError(
                        f"{key}.nets.{net} needs {dimension}-d vectors, which {place} lacks"
                    )
        return self


SECTION = SentimentSettings
