"""All that the report shows, as metrics.json holds it."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from rnnlab.claims.ledger import Claim
from rnnlab.runs.scores import Nets, NetScores, Regimes, higher_is_better, runs_of
from rnnlab.settings.base import Entry


def best_by(nets: Nets, score: str) -> str:
    """The net with the best mean `score`, the first of equals."""
    sign = 1 if higher_is_better(score) else -1
    return max(nets, key=lambda net: sign * nets[net][score].mean)


class Subset(Entry):
    words: int
    of: int


class DatasetOrigin(Entry):
    """Where one dataset came from."""

    kind: str
    """mirror, official or generated."""
    address: str | None
    file: str
    bytes: int
    sha256: str
    content_sha256: str | None
    content_files: int | None
    subset: Subset | None
    notes: str


class KindSpent(Entry):
    """What all stages of one kind took; memory in MiB."""

    stages: int
    all_seconds: float
    longest_seconds: float
    peak_memory: float


class StageTimes(Entry):
    kinds: dict[str, KindSpent]
    core_seconds: float
    wall_seconds: float
    """In which at least one stage ran."""


class Results(Entry):
    """What labs, claims and machines gave; each lab's facts have the model of its own folder."""

    nets: dict[str, Regimes]
    """Lab → regime → net."""
    claims: dict[str, Claim]
    facts: Mapping[str, Any]
    """By lab."""
    data: dict[str, DatasetOrigin]
    environments: list[dict[str, str | int]]
    """The machines that runs were made on, each once."""
    stages: StageTimes
    digests: dict[str, str] = Field(default_factory=dict)
    """sha256 of each run's run.json, which has those of its other files; by its folder below
    models/."""
    made_on: dict[str, int] = Field(default_factory=dict)
    """By a run's folder below models/, which of `environments` it was made on."""
    packages: dict[str, list[str]] = Field(default_factory=dict)
    """By package, the versions that the runs were made with, where they say so."""

    @property
    def comparable(self) -> bool:
        """Whether these are the published corpora, so that the labs' figures compare with ours."""
        return all(each.kind != "generated" for each in self.data.values())

    @property
    def runs(self) -> tuple[str, ...]:
        """The stages that made all runs."""
        nets = [nets for regimes in self.nets.values() for nets in regimes.values()]
        return tuple(stage for each in nets for stage in runs_of(each))

    def rows(self) -> Iterator[tuple[str, str, str, NetScores]]:
        """Lab, regime and name of every net, and its scores."""
        for lab, regimes in self.nets.items():
            for regime, nets in regimes.items():
                for net, scores in nets.items():
                    yield lab, regime, net, scores
