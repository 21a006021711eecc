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


class Rule(_Entry):
    """What a claim is judged by: one of the four."""

    differences: Differences | None = None
    sweeps: Sweeps | None = None
    decay: DecayRule | None = None
    losses: LossRule | None = None


class Told(Wording):
    """A claim in words."""

    shown_in: str
    """One of the file's sections."""
    parts: dict[str, str] = {}
    """The Chinese names of parts, where they differ."""


class Claims(_Entry):
    rules: dict[str, Rule]
    wording: dict[str, Told]
    sections: dict[str, Wording]


@cache
def load() -> Claims:
    """The file beside this one."""
    text = files("rnnlab.claims").joinpath("claims.yaml").read_text(encoding="utf-8")
    return Claims.model_validate(yaml.safe_load(text))
