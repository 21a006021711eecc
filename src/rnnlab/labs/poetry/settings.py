"""The `poetry` section."""

from typing import Annotated, Literal, cast

from pydantic import BeforeValidator, Field, model_validator

from rnnlab.errors import LabError
from rnnlab.settings.base import Section
from rnnlab.settings.bounds import Batch, Epochs, Layers, Norm, Rate, Seed, Size
from rnnlab.settings.training import MachineSettings, Optimization, Planned, Split

Cell = Literal["rnn", "lstm", "gru"]


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


Changes = Annotated[Net, BeforeValidator(lambda changes: changes or {})]
"""`lstm:` with nothing behind it is a net that changes nothing."""


class PoetrySettings(Section):
    split: Split
    vocabulary: VocabularySettings
    training: Training
    seeds: list[Seed] = Field(min_length=1)
    nets: dict[Cell, Changes] = Field(min_length=1)
    compose: Compose

    def net(self, name: str) -> Training:
        """The training settings of the net `name`. Raises LabError if it is not in the grid."""
        cell = cast(Cell, name)
        if cell not in self.nets:
            raise LabError(f"params.yaml: poetry.nets has no {name!r}; add it there.")
        return self.training.model_copy(update=self.nets[cell].model_dump(exclude_unset=True))

    def runs(self) -> list[Planned]:
        """Every run of the grid."""
        return [
            Planned("ours", net, seed, f"{net}/seed-{seed}", f"poetry-train@{net}-{seed}")
            for net in self.nets
            for seed in self.seeds
        ]


SECTION = PoetrySettings
