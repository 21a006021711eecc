"""All that the report shows, as metrics.json holds it."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from rnnlab.claims.ledger import Claim
from rnnlab.runs.scores import Regimes, runs_of


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Subset(_Entry):
    words: int
    of: int


class Dataset(_Entry):
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


class Spent(_Entry):
    """What all stages of one kind took; memory in MiB."""

    stages: int
    all_seconds: float
    longest_seconds: float
    peak_memory: float


class StageTimes(_Entry):
    kinds: dict[str, Spent]
    core_seconds: float
    wall_seconds: float
    """In which at least one stage ran."""


class Results(BaseModel):
    """What labs, claims and machines gave; each lab's facts have the model of its own folder."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    nets: dict[str, Regimes]
    """Lab → regime → net."""
    claims: dict[str, Claim]
    facts: Mapping[str, Any]
    """By lab."""
    data: dict[str, Dataset]
    environments: list[dict[str, str | int]]
    stages: StageTimes

    @property
    def comparable(self) -> bool:
        """Whether these are the published corpora, so that the labs' figures compare with ours."""
        return all(each.kind != "generated" for each in self.data.values())

    @property
    def runs(self) -> tuple[str, ...]:
        """The stages that made all runs."""
        labs = [nets for regimes in self.nets.values() for nets in regimes.values()]
        return tuple(stage for nets in labs for stage in runs_of(nets))
