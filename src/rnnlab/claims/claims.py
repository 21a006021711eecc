"""The claims as claims.yaml has them: wording, what is compared, by which rule."""

from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Wording(_Entry):
    """One text in both languages."""

    en: str
    zh: str


class PartRule(_Entry):
    """A difference with a direction."""

    name: str
    """In English; `zh` is the same where it is empty."""
    zh: str = ""
    direction: Literal["up", "down"]
    pairs: list[str]

    @property
    def sign(self) -> int:
        return 1 if self.direction == "up" else -1

    @property
    def nets(self) -> list[tuple[str, str]]:
        """(minuend, subtrahend) of each pair."""
        return [(first, second) for first, second in (pair.split(" - ") for pair in self.pairs)]


class Differences(_Entry):
    """All parts go their way, by at least the margin."""

    lab: str
    regime: str
    metric: str
    margin: float
    parts: list[PartRule]


class Sweeps(_Entry):
    """The named learning rates are the best of their sweeps."""

    named: dict[str, float]
    steps: int


class DecayRule(_Entry):
    """The RNN's gradients fall exponentially, and so much faster than the LSTM's."""

    explained: float
    slower: float


class LossRule(_Entry):
    """Held-out losses are so many nats or more."""

    nats: float


class ClaimRule(_Entry):
    """A claim, and one of the four rules."""

    en: str
    zh: str
    shown_in: str
    differences: Differences | None = None
    sweeps: Sweeps | None = None
    decay: DecayRule | None = None
    losses: LossRule | None = None


class Claims(_Entry):
    claims: dict[str, ClaimRule]
    sections: dict[str, Wording]


@cache
def load() -> Claims:
    """The file beside this one."""
    text = files("rnnlab.claims").joinpath("claims.yaml").read_text(encoding="utf-8")
    return Claims.model_validate(yaml.safe_load(text))
