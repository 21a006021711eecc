"""The `names` section."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Annotated, Literal, TypeVar, cast

from pydantic import Field, model_validator

from rnnlab.errors import LabError
from rnnlab.settings.base import Section
from rnnlab.settings.bounds import Batch, Epochs, Norm, Rate, Seed, Size, Steps
from rnnlab.settings.training import MachineSettings, Optimization, Planned, Split

T = TypeVar("T")
Structure = Literal["tutorial-rnn", "lstm", "peephole-lstm", "gru"]
Small = Literal["tutorial-rnn", "peephole-lstm"]
"""Those that can be trained several at once (`rnnlab.nets.namer`)."""
DIVERGED = "diverged.txt"
"""Stands, with the reason, in the folder of a sweep's run that diverged."""
AS_PUBLISHED = "-as-published"
"""Ends the name of a net that is trained as the course reports did."""


class Net(Section):
    hidden: Size = Field(description="hidden size")


class Regime(MachineSettings):
    clip_norm: Norm | None = Field(description="largest gradient norm; null: no clipping")
    learning_rate: dict[Structure, Rate] = Field(description="of SGD as published, else of Adam")
    seeds: list[Seed] = Field(min_length=1)


class Published(Regime):
    """One name a step, plain SGD: a random language, then a random name of it."""

    steps: Steps
    block: Steps = Field(description="steps from one point of the curves to the next")
    side_by_side: dict[Small, Annotated[int, Field(ge=1)]] = Field(
        description="how many runs of a sweep are trained at once; measured (docs/speed.md)"
    )


class Batched(Regime):
    """Many names at once, each once an epoch, Adam."""

    batch: Batch = Field(description="names a step")
    epochs: Epochs


class SweepSettings(Section):
    """The published regime over other learning rates."""

    steps: Steps
    seed: Seed
    learning_rates: dict[Structure, list[Rate]] = Field(description="of SGD")


class Training(Optimization, MachineSettings):
    """How one net is trained, whichever the regime."""

    structure: Structure
    hidden: Size
    block: Steps | None = Field(None, description="as published: steps an epoch; batched: null")

    @property
    def regime(self) -> str:
        return "batched" if self.block is None else "as-published"


class NamesSettings(Section):
    split: Split
    nets: dict[Structure, Net] = Field(min_length=1)
    published: Published
    batched: Batched
    sweep: SweepSettings

    def net(self, name: str) -> Training:
        """The settings of `lstm` (batched), `lstm-as-published`, and so on.

        Raises LabError if there is no such net.
        """
        net = cast(Structure, name.removesuffix(AS_PUBLISHED))
        if net not in self.nets:
            raise LabError(f"params.yaml: names.nets has no {net!r}; add it there.")
        if name.endswith(AS_PUBLISHED):
            single = self.published
            return self._as_published(net, single.steps, single.learning_rate[net])
        return self._training(net, self.batched, self.batched.learning_rate[net])

    def swept(self, structure: str) -> list[Training]:
        """The settings of a sweep's runs over `structure`, one a learning rate, rising."""
        net = cast(Structure, structure)
        rates = sorted(self.sweep.learning_rates[net])
        return [self._as_published(net, self.sweep.steps, rate) for rate in rates]

    def groups(self, runs: Sequence[T], structure: str) -> list[Sequence[T]]:
        """`runs` of `structure`, cut into those that are trained side by side."""
        size = self.published.side_by_side.get(cast(Small, structure), 1)
        return [runs[start : start + size] for start in range(0, len(runs), size)]

    def _as_published(self, net: Structure, steps: int, rate: float) -> Training:
        epochs = steps // self.published.block
        return self._training(net, self.published, rate, batch=1, epochs=epochs)

    def _training(self, net: Structure, regime: Regime, rate: float, **more: int) -> Training:
        # One by one: what a stage reads of its regime is what dvc.yaml declares.
        fields = type(regime).model_fields.keys() & Training.model_fields.keys()
        shared = {name: getattr(regime, name) for name in fields - {"learning_rate"}}
        own = {"structure": net, "hidden": self.nets[net].hidden, "learning_rate": rate}
        return Training.model_validate({**shared, **own, **more})

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
    def _consistent(self) -> "NamesSettings":
        """Sweeps and curves have whole blocks, and every net has its rates."""
        for key, steps in (("published", self.published.steps), ("sweep", self.sweep.steps)):
            if steps % self.published.block:
                raise ValueError(f"{key}.steps must be a multiple of published.block")
        for place in ("published.learning_rate", "batched.learning_rate", "sweep.learning_rates"):
            for net in self.nets:
                if not attrgetter(place)(self).get(net):
                    raise ValueError(f"{place} needs a rate for {net}")
        return self


def rate_folder(rate: float) -> str:
    """The folder of a sweep's run at the learning rate `rate`."""
    return f"rate-{rate:g}"


SECTION = NamesSettings
