"""The `poetry` section."""

from typing import Annotated, Literal, cast

from pydantic import BeforeValidator, Field, model_validator

from rnnlab.errors import LabError
from rnnlab.settings.base import Section, nothing_else
from rnnlab.settings.bounds import Batch, Epochs, Layers, Norm, Rate, Seed, Size
from rnnlab.settings.training import MachineSettings, Optimization, Planned, Split

Cell = Literal["rnn", "lstm", "gru"]
Arm = Literal["as-published", "without-relu", "shuffled", "adam", "all-together"]
"""A training of the published net: as its log shows, or with something changed."""
FIRST: Arm = "as-published"
CUT = 30
"""Symbols after which the published exercise cuts off a poem."""


class VocabularySettings(Section):
    max_size: int = Field(ge=1, description="characters at most, the commonest first")
    min_count: int = Field(ge=1, description="times that a character occurs in the training part")


class Net(Section):
    """What one net does otherwise than `poetry.training`; an absent key changes nothing."""

    embedding: Size | None = None
    hidden: Size | None = None
    layers: Layers | None = None
    dropout: float | None = Field(None, ge=0, lt=1)
    batch: Batch | None = None
    epochs: Epochs | None = None
    learning_rate: Rate | None = None
    weight_decay: float | None = Field(None, ge=0, le=100)
    clip_norm: Norm | None = None


class Training(Optimization, MachineSettings):
    embedding: Size = Field(description="width of a character's vector, in and out")
    hidden: Size
    layers: Layers
    dropout: float = Field(ge=0, lt=1, description="on vectors, between layers, on states")
    weight_decay: float = Field(
        ge=0, le=100, description="of AdamW, on the matrices between vectors"
    )
    clusters: list[int] = Field(
        description="the output's clusters begin at these ranks of frequency; []: one plain softmax"
    )
    max_symbols: int = Field(
        ge=1,
        description="symbols, padding included, that go through a net at once; a batch that has "
        "more does so in pieces",
    )

    @model_validator(mode="after")
    def _ascending(self) -> "Training":
        if self.clusters != sorted(set(self.clusters)) or min(self.clusters, default=1) < 1:
            raise ValueError("clusters must be ascending, as in [500, 2200]")
        return self


class ArmTraining(Optimization, MachineSettings):
    """How the published net is trained; its sizes are fixed, see `nets.course_poet`."""

    relu: bool = Field(description="whether one stands between the scores and their softmax")
    shuffled: bool = Field(description="whether batches come in random order, or short to long")
    optimizer: Literal["rmsprop", "adam"]
    max_symbols: int = Field(ge=1, description="as in poetry.training")
    keep_weights: bool = Field(description="whether a run's weights are kept, to compose with")


class ArmChanges(Section):
    """What one arm does otherwise than `poetry.published.training`; an absent key: nothing."""

    relu: bool | None = None
    shuffled: bool | None = None
    optimizer: Literal["rmsprop", "adam"] | None = None
    learning_rate: Rate | None = None
    epochs: Epochs | None = None
    keep_weights: bool | None = None


class Again(Section):
    """Arms that are trained with another seed, so far as they are compared; no weights are kept."""

    seed: Seed
    epochs: Epochs
    arms: list[Arm] = Field(min_length=1)


class PublishedRun(Section):
    """The published run made again, and what differs from it in one thing, or in all."""

    training: ArmTraining
    seed: Seed
    arms: dict[Arm, Annotated[ArmChanges, BeforeValidator(nothing_else)]] = Field(min_length=1)
    again: Again

    @model_validator(mode="after")
    def _known(self) -> "PublishedRun":
        if FIRST not in self.arms:
            raise ValueError(f"arms must have {FIRST}, which the others are held against")
        if strange := [arm for arm in self.again.arms if arm not in self.arms]:
            raise ValueError(f"again.arms has {strange[0]!r}, which is not one of arms")
        if self.again.seed == self.seed:
            raise ValueError("again.seed must be another than seed")
        return self

    def arm(self, name: str, again: bool = False) -> tuple[ArmTraining, Seed]:
        """The settings and the seed of the arm `name`. Raises LabError if there is no such arm."""
        arm = cast(Arm, name)
        if arm not in self.arms:
            raise LabError(f"params.yaml: poetry.published.arms has no {name!r}; add it there.")
        changes = self.arms[arm].model_dump(exclude_unset=True)
        if again:
            changes |= {"epochs": self.again.epochs, "keep_weights": False}
        return self.training.model_copy(update=changes), (self.again if again else self).seed

    def runs(self) -> list[Planned]:
        """Every arm's run, then those with the other seed."""
        return [
            *(self._run("published", arm, self.seed, "as-published") for arm in self.arms),
            *(self._run("again", arm, self.again.seed, "again") for arm in self.again.arms),
        ]

    def _run(self, regime: str, arm: str, seed: Seed, how: str) -> Planned:
        folder = f"published/{arm}/seed-{seed}"
        return Planned(regime, arm, seed, folder, f"poetry-train-{how}@{arm}")


class BaselineSettings(Section):
    longest: int = Field(ge=2, le=4, description="symbols of the longest n-grams that are counted")


class Compose(Section):
    openings: list[str] = Field(min_length=1, description="one poem each in the report")
    temperature: float = Field(ge=0, le=100, description="0: always the likeliest symbol")
    top_k: int | None = Field(ge=1, description="draw among so many; null: all")
    top_p: float | None = Field(gt=0, le=1, description="draw among this much probability; null: 1")
    max_symbols: int = Field(
        ge=1, le=10_000, description="a poem that has not ended by then is cut off"
    )
    measured: int = Field(
        ge=1, le=100_000, description="poems whose measures are taken, of each net"
    )
    seed: Seed


class Division(Split):
    test_fraction: float = Field(gt=0, lt=1)

    @model_validator(mode="after")
    def _some_left(self) -> "Division":
        if self.valid_fraction + self.test_fraction >= 1:
            raise ValueError("valid_fraction and test_fraction must leave a part for training")
        return self


Changes = Annotated[Net, BeforeValidator(nothing_else)]
"""`lstm:` with nothing behind it is a net that changes nothing."""


class PoetrySettings(Section):
    split: Division
    vocabulary: VocabularySettings
    training: Training
    seeds: list[Seed] = Field(min_length=1)
    nets: dict[Cell, Changes] = Field(min_length=1)
    published: PublishedRun
    baseline: BaselineSettings
    compose: Compose

    def net(self, name: str) -> Training:
        """The training settings of the net `name`. Raises LabError if it is not in the grid."""
        cell = cast(Cell, name)
        if cell not in self.nets:
            raise LabError(f"params.yaml: poetry.nets has no {name!r}; add it there.")
        return self.training.model_copy(update=self.nets[cell].model_dump(exclude_unset=True))

    def runs(self) -> list[Planned]:
        """Every run of the grid, then the published one's."""
        ours = [
            Planned("ours", net, seed, f"{net}/seed-{seed}", f"poetry-train@{net}-{seed}")
            for net in self.nets
            for seed in self.seeds
        ]
        return [*ours, *self.published.runs()]


SECTION = PoetrySettings
