"""The `names` section."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple, cast

from pydantic import Field, model_validator

from rnnlab.errors import LabError
from rnnlab.settings.base import Section
from rnnlab.settings.bounds import Batch, Epochs, Norm, Rate, Seed, Size, Steps
from rnnlab.settings.training import MachineSettings, Optimization, Planned, Split

Small = Literal["tutorial-rnn", "peephole-lstm"]
"""Those that can be trained several at once (`rnnlab.nets.namer`)."""
Large = Literal["lstm", "gru"]
Structure = Literal["tutorial-rnn", "lstm", "peephole-lstm", "gru", "bilstm"]
Printed = Literal["peephole-tanh-twice", "peephole-last-letter", "peephole-as-printed"]
"""The hand-written LSTM with slips of the published report's print: each alone, and both."""
PEEPHOLE: Small = "peephole-lstm"
"""The same without them."""
PRINTED: tuple[Printed, ...] = (
    "peephole-tanh-twice",
    "peephole-last-letter",
    "peephole-as-printed",
)
DIVERGED = "diverged.txt"
"""Stands, with the reason, in the folder of a run that diverged where that is a finding."""
AS_PUBLISHED = "-as-published"
"""Ends the name of a net that is trained as the course reports did."""


class Fractions(Split):
    """What the batched regime holds out; the published one validates on both parts together."""

    test_fraction: float = Field(gt=0, lt=1)

    @model_validator(mode="after")
    def _something_is_left(self) -> "Fractions":
        if self.valid_fraction + self.test_fraction >= 1:
            raise ValueError("valid_fraction and test_fraction leave nothing to train on")
        return self


class Net(Section):
    hidden: Size = Field(description="hidden size, a direction")
    dropout: float = Field(0.0, ge=0, lt=1, description="of the bilstm's states")
    unseen: float = Field(
        0.0, ge=0, lt=1, description="share of letters it does not see in training"
    )


Rates = Annotated[dict[Structure, Rate], Field(description="of SGD as published, else of Adam")]


class Alone(Section):
    """Nets that are trained one by one."""

    nets: list[Large]
    seeds: list[Seed] = Field(min_length=1)


class SideBySide(Section):
    """Nets of which many are trained at once."""

    nets: list[Small]
    seeds: list[Seed] = Field(min_length=1)
    at_once: int = Field(ge=1, description="nets in one process; measured (docs/speed.md)")


class Single(MachineSettings):
    steps: Steps
    block: Steps = Field(description="steps from one point of the curves to the next")
    clip_norm: Norm | None = Field(description="largest gradient norm; null: no clipping")


class Published(Section):
    """One name a step, plain SGD: a random language, then a random name of it."""

    training: Single
    learning_rate: Rates
    alone: Alone
    side_by_side: SideBySide


class Many(MachineSettings):
    batch: Batch = Field(description="names a step")
    clip_norm: Norm | None = Field(description="largest gradient norm; null: no clipping")
    last_learning_rate: float = Field(ge=0, le=1, description="share of it that is left at the end")


class Batched(Section):
    """Many names at once, each once an epoch, Adam."""

    training: Many
    learning_rate: Rates
    epochs: dict[Structure, Epochs]
    seeds: list[Seed] = Field(min_length=1)


class HiddenSizes(Section):
    sizes: list[Size]
    seeds: list[Seed] = Field(min_length=1)


class SweepSettings(Section):
    """The published regime over other values than those named best."""

    learning_rates: dict[Literal["tutorial-rnn", "lstm", "peephole-lstm"], list[Rate]]
    hidden: HiddenSizes = Field(description="of the hand-written LSTM")


class BaselineSettings(Section):
    """A logistic regression on a name's n-grams of letters, which nets are held against."""

    longest: int = Field(ge=1, le=8, description="letters of the longest n-grams; all below, too")
    strengths: list[Rate] = Field(min_length=1, description="C: validation chooses one")


class Training(Optimization, MachineSettings):
    """How one net is trained, whichever the regime."""

    structure: Structure | Printed
    hidden: Size
    dropout: float = 0.0
    unseen: float = 0.0
    block: Steps | None = Field(None, description="as published: steps an epoch; batched: null")

    @property
    def regime(self) -> str:
        return "batched" if self.block is None else "as-published"


class Asked(NamedTuple):
    """A run as published that is to be trained."""

    name: str
    seed: int
    training: Training
    folder: str
    """Of its files, below those of all models and of all times."""
    probe: bool = True
    """Whether only its scores are wanted: its weights are not kept, and that it diverges is a
    finding, and no trouble."""


class NamesSettings(Section):
    split: Fractions
    nets: dict[Structure, Net] = Field(min_length=1)
    published: Published
    batched: Batched
    sweep: SweepSettings
    baseline: BaselineSettings

    def net(self, name: str) -> Training:
        """The settings of `lstm` (batched), `lstm-as-published`, and so on.

        Raises LabError if there is no such net.
        """
        net = cast(Structure, name.removesuffix(AS_PUBLISHED))
        if net not in self.nets:
            raise LabError(f"params.yaml: names.nets has no {net!r}; add it there.")
        if name.endswith(AS_PUBLISHED):
            return self._as_published(net, self.nets[net].hidden)
        regime = self.batched
        return Training(
            **regime.training.model_dump(),
            **self.nets[net].model_dump(),
            structure=net,
            learning_rate=regime.learning_rate[net],
            epochs=regime.epochs[net],
        )

    def swept(self, net: str, rate: float, seed: int) -> Asked:
        """The run of `net` as published at another learning rate than that named best."""
        structure = cast(Structure, net)
        training = self._as_published(structure, self.nets[structure].hidden, rate)
        folder = f"names-sweep/{net}/rate-{rate:g}/seed-{seed}"
        return Asked(f"{net}-rate-{rate:g}", seed, training, folder)

    def side_by_side(self, net: Small) -> list[Asked]:
        """The runs of a small net as published, at all learning rates, with all seeds."""
        name, seeds = f"{net}{AS_PUBLISHED}", self.published.side_by_side.seeds
        training = self.net(name)
        own = [Asked(name, seed, training, _folder(net, seed), probe=False) for seed in seeds]
        rates = self.sweep.learning_rates[net]
        return own + [self.swept(net, rate, seed) for rate in rates for seed in seeds]

    def sized(self) -> list[Asked]:
        """The runs of the hand-written LSTM as published, with other hidden sizes."""
        sweep = self.sweep.hidden
        return [
            Asked(f"{PEEPHOLE}-hidden-{size}", seed, training, _size_folder(size, seed))
            for size in sweep.sizes
            for training in [self._as_published(PEEPHOLE, size)]
            for seed in sweep.seeds
        ]

    def printed(self) -> list[Asked]:
        """The runs of the hand-written LSTM as published, with slips of its print."""
        training = self.net(PEEPHOLE + AS_PUBLISHED)
        return [
            Asked(each, seed, training.model_copy(update={"structure": each}), folder)
            for each, folders in self.printed_folders().items()
            for seed, folder in folders.items()
        ]

    def printed_folders(self) -> dict[Printed, dict[int, str]]:
        """By structure and seed, those of `printed`."""
        seeds = self.published.side_by_side.seeds
        return {each: {n: f"names-printed/{each}/seed-{n}" for n in seeds} for each in PRINTED}

    def sweeps(self) -> dict[str, dict[float, dict[int, str]]]:
        """`<net>/<setting>` → value, rising → seed → the run's folder below the models'.

        The value named best is among them: its runs are those of the regime `published`.
        """
        found: dict[str, dict[float, dict[int, str]]] = {}
        seeds = self.seeds()
        for net, rates in self.sweep.learning_rates.items():
            if net in seeds:
                own = {seed: _folder(net, seed) for seed in seeds[net]}
                found[f"{net}/learning_rate"] = {self.published.learning_rate[net]: own} | {
                    rate: {seed: self.swept(net, rate, seed).folder for seed in own}
                    for rate in rates
                }
        if PEEPHOLE in seeds:
            hidden = self.sweep.hidden
            found[f"{PEEPHOLE}/hidden"] = {
                size: {seed: _size_folder(size, seed) for seed in hidden.seeds}
                for size in hidden.sizes
            }
            own = {seed: _folder(PEEPHOLE, seed) for seed in seeds[PEEPHOLE]}
            found[f"{PEEPHOLE}/hidden"][self.nets[PEEPHOLE].hidden] = own
        return {name: dict(sorted(values.items())) for name, values in found.items()}

    def seeds(self) -> dict[Structure, list[int]]:
        """Those of each net as published."""
        alone, beside = self.published.alone, self.published.side_by_side
        known = dict.fromkeys(beside.nets, beside.seeds) | dict.fromkeys(alone.nets, alone.seeds)
        return {net: known[net] for net in self.nets if net in known}

    def runs(self) -> list[Planned]:
        """Every run of both regimes: neither those beside the values named best nor misprints."""
        many = [
            Planned("ours", net, seed, f"{net}/seed-{seed}", f"names-train@{net}-{seed}")
            for net in self.nets
            for seed in self.batched.seeds
        ]
        one = [
            Planned("published", net, seed, f"{net}{AS_PUBLISHED}/seed-{seed}", stage)
            for net, seeds in self.seeds().items()
            for seed in seeds
            for stage in [
                f"names-train-side-by-side@{net}"
                if net in self.published.side_by_side.nets
                else f"names-train-as-published@{net}-{seed}"
            ]
        ]
        return many + one

    def _as_published(self, net: Structure, hidden: int, rate: float | None = None) -> Training:
        """rate: None for that named best."""
        regime = self.published
        shared = regime.training.model_dump()
        epochs = shared.pop("steps") // shared["block"]
        rate = regime.learning_rate[net] if rate is None else rate
        own: dict[str, Any] = {"structure": net, "hidden": hidden, "learning_rate": rate}
        return Training(**shared, **own, batch=1, epochs=epochs)

    @model_validator(mode="after")
    def _consistent(self) -> "NamesSettings":
        """Curves have whole blocks, every net has its rates, and no value is tried twice."""
        published, batched, tried = self.published, self.batched, self.sweep.learning_rates
        if published.training.steps % published.training.block:
            raise ValueError("published.training: steps must be a multiple of block")
        seeds = self.seeds()
        for place, given, nets in (
            ("published.learning_rate needs a rate", published.learning_rate, seeds),
            ("batched.learning_rate needs a rate", batched.learning_rate, self.nets),
            ("batched.epochs needs a number", batched.epochs, self.nets),
            ("sweep.learning_rates needs rates", tried, [net for net in seeds if net != "gru"]),
        ):
            for net in nets:
                if net not in given:
                    raise ValueError(f"{place} for {net}")
        for net, rates in tried.items():
            _once(f"sweep.learning_rates.{net}", [*rates, published.learning_rate.get(net)])
        own = [net.hidden for name, net in self.nets.items() if name == PEEPHOLE]
        _once("sweep.hidden.sizes", [*self.sweep.hidden.sizes, *own])
        return self


def _once(place: str, values: Sequence[float | None]) -> None:
    if len(set(values)) < len(values):
        raise ValueError(f"{place} has a value twice, or that which is named best; leave it out")


def _folder(net: str, seed: int) -> str:
    """Of a run of the published regime."""
    return f"names/{net}{AS_PUBLISHED}/seed-{seed}"


def _size_folder(size: int, seed: int) -> str:
    return f"names-hidden/hidden-{size}/seed-{seed}"


SECTION = NamesSettings
