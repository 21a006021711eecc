"""The `names` section."""

from collections.abc import Mapping
from typing import Literal, cast

from pydantic import Field, model_validator

from rnnlab.errors import LabError
from rnnlab.settings.base import Section
from rnnlab.settings.training import MachineSettings, Optimization, Planned

Structure = Literal["tutorial-rnn", "lstm", "peephole-lstm", "gru"]
AS_PUBLISHED = "-as-published"
"""Ends the name of a net that is trained as the course reports did."""


class Split(Section):
    valid_fraction: float = Field(gt=0, lt=1)
    seed: int


class Net(Section):
    hidden: int = Field(ge=1, description="hidden size")


class Published(MachineSettings):
    """One name a step, plain SGD: a random language, then a random name of it."""

    steps: int = Field(ge=1)
    block: int = Field(ge=1, description="steps from one point of the curves to the next")
    clip_norm: float | None = Field(gt=0, description="largest gradient norm; null: no clipping")
    learning_rate: dict[Structure, float] = Field(description="of SGD")
    seeds: list[int] = Field(min_length=1)

    @property
    def epochs(self) -> int:
        return self.steps // self.block

    @property
    def batch(self) -> int:
        return 1


class Batched(MachineSettings):
    """Many names at once, each once an epoch, Adam."""

    batch: int = Field(ge=1, description="names a step")
    epochs: int = Field(ge=1)
    clip_norm: float | None = Field(gt=0, description="largest gradient norm; null: no clipping")
    learning_rate: dict[Structure, float] = Field(description="of Adam")
    seeds: list[int] = Field(min_length=1)

    @property
    def block(self) -> None:
        return None


class Sweep(Section):
    """The published regime over other learning rates."""

    steps: int = Field(ge=1)
    seed: int
    learning_rates: dict[Structure, list[float]] = Field(description="of SGD")


class Training(Optimization, MachineSettings):
    """How one net is trained, whichever the regime."""

    structure: Structure
    hidden: int
    block: int | None = Field(description="as published: steps an epoch; batched: null")

    @property
    def regime(self) -> str:
        return "batched" if self.block is None else "as-published"


class NamesSettings(Section):
    split: Split
    nets: dict[Structure, Net] = Field(min_length=1)
    published: Published
    batched: Batched
    sweep: Sweep

    def net(self, name: str) -> Training:
        """The settings of `lstm` (batched), `lstm-as-published`, and so on.

        Raises LabError if there is no such net.
        """
        structure = cast(Structure, name.removesuffix(AS_PUBLISHED))
        if structure not in self.nets:
            raise LabError(f"params.yaml: names.nets has no {structure!r}; add it there.")
        regime = self.published if name.endswith(AS_PUBLISHED) else self.batched
        return self._training(structure, regime, regime.epochs, regime.learning_rate[structure])

    def _training(
        self, structure: Structure, regime: "Published | Batched", epochs: int, rate: float
    ) -> Training:
        return Training(
            structure=structure,
            hidden=self.nets[structure].hidden,
            learning_rate=rate,
            epochs=epochs,
            batch=regime.batch,
            block=regime.block,
            clip_norm=regime.clip_norm,
            device=regime.device,
            precision=regime.precision,
            threads=regime.threads,
        )

    def swept(self, structure: str) -> list[Training]:
        """The settings of a sweep's runs over `structure`, one a learning rate, rising."""
        swept = cast(Structure, structure)
        epochs = self.sweep.steps // self.published.block
        return [
            self._training(swept, self.published, epochs, rate)
            for rate in sorted(self.sweep.learning_rates[swept])
        ]

    def published_too(self, training: Training) -> bool:
        """Whether a sweep's run is one of the published regime as well, so not trained twice."""
        name = training.structure + AS_PUBLISHED
        return self.sweep.seed in self.published.seeds and training == self.net(name)

    def runs(self) -> list[Planned]:
        """Every run but the sweeps'."""
        return [
            Planned(regime, net, seed, f"{net}{suffix}/seed-{seed}", f"{stage}@{net}-{seed}")
            for regime, stage, suffix, seeds in (
                ("ours", "names-train", "", self.batched.seeds),
                ("published", "names-train-as-published", AS_PUBLISHED, self.published.seeds),
            )
            for net in self.nets
            for seed in seeds
        ]

    @model_validator(mode="after")
    def _whole_blocks(self) -> "NamesSettings":
        for key, steps in (("published", self.published.steps), ("sweep", self.sweep.steps)):
            if steps % self.published.block:
                raise ValueError(f"{key}.steps must be a multiple of published.block")
        return self

    @model_validator(mode="after")
    def _rates_for_all(self) -> "NamesSettings":
        places: dict[str, Mapping[Structure, object]] = {
            "published.learning_rate": self.published.learning_rate,
            "batched.learning_rate": self.batched.learning_rate,
            "sweep.learning_rates": self.sweep.learning_rates,
        }
        for place, rates in places.items():
            for net in self.nets:
                if not rates.get(net):
                    raise ValueError(f"{place} needs a rate for {net}")
        return self


SECTION = NamesSettings
