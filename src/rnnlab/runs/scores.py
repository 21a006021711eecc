"""What nets scored, and the spread over seeds."""

import statistics
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from rnnlab.settings.base import Entry


class Spread(Entry):
    """One score over seeds."""

    mean: float
    std: float | None
    """Sample standard deviation; None of a single seed."""
    n: int
    values: dict[int, float]
    """By seed."""


class NetScores(BaseModel):
    """One net's scores: each a `Spread`, by the name of its metric."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Spread]

    parameters: int
    """Trained weights, counted one by one."""
    runs: dict[int, str]
    """By seed, the stage that made the run."""

    def __getitem__(self, metric: str) -> Spread:
        return self.__pydantic_extra__[metric]

    @property
    def metrics(self) -> Mapping[str, Spread]:
        return self.__pydantic_extra__


Nets = dict[str, NetScores]
Regimes = dict[str, Nets]
"""A lab's part of metrics.json: regime → net."""


def runs_of(nets: Nets) -> tuple[str, ...]:
    """The stages that made the runs of `nets`."""
    return tuple(dict.fromkeys(stage for net in nets.values() for stage in net.runs.values()))


def higher_is_better(metric: str) -> bool:
    """Of accuracies; losses (`valid_loss`, `valid_nll`) are better if lower."""
    return metric.endswith("accuracy")


def spread(values: Mapping[int, float]) -> Spread:
    """`values` by seed, with their mean and standard deviation."""
    numbers = list(values.values())
    std = statistics.stdev(numbers) if len(numbers) > 1 else None
    return Spread(mean=statistics.fmean(numbers), std=std, n=len(numbers), values=dict(values))
