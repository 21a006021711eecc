"""The claims as claims.yaml has them: wording, what is compared, by which rule."""

from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import Field

from rnnlab.settings.base import Entry


class Wording(Entry):
    """One text in both languages."""

    en: str
    zh: str


class PartRule(Entry):
    """A difference with a direction."""

    name: str
    direction: Literal["up", "down"]
    pairs: list[str]

    @property
    def sign(self) -> int:
        return 1 if self.direction == "up" else -1

    @property
    def nets(self) -> list[str]:
        """Minuend and subtrahend of each pair, in turn."""
        return [net for pair in self.pairs for net in pair.split(" - ")]


class Differences(Entry):
    """All parts go their way, by at least the margin."""

    lab: str
    metric: str
    margin: float
    parts: list[PartRule]


class Sweeps(Entry):
    """The named learning rates are the best of their sweeps."""

    named: dict[str, float]
    steps: int


class DecayRule(Entry):
    """The RNN's gradients fall exponentially, and so much faster than the LSTM's."""

    explained: float
    slower: float


class LossRule(Entry):
    """Held-out losses are so many nats or more."""

    nats: float


Rule = Differences | Sweeps | DecayRule | LossRule
"""What a claim is judged by; the fields tell which it is."""


class Told(Wording):
    """A claim in words."""

    shown_in: str
    """One of the file's sections."""
    parts: dict[str, str] = Field(default_factory=dict)
    """The Chinese names of parts, where they differ."""


class Claims(Entry):
    rules: dict[str, Rule]
    wording: dict[str, Told]
    sections: dict[str, Wording]


@cache
def load() -> Claims:
    """The file beside this one."""
    text = files("rnnlab.claims").joinpath("claims.yaml").read_text(encoding="utf-8")
    return Claims.model_validate(yaml.safe_load(text))
