"""The claims as claims.yaml has them: wording, what is compared, by which rule."""

from collections.abc import Mapping
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
    regime: str = "published"
    metric: str | None = None
    """None: that of the claim."""
    direction: Literal["up", "down"]
    pairs: list[str]

    @property
    def sign(self) -> int:
        return 1 if self.direction == "up" else -1

    @property
    def weights(self) -> Mapping[str, float]:
        """Net → its weight in the difference: the pairs are averaged."""
        found: dict[str, float] = {}
        for pair in self.pairs:
            for net, sign in zip(pair.split(" - "), (1, -1), strict=True):
                found[net] = found.get(net, 0.0) + sign / len(self.pairs)
        return found


class SameCoverage(Entry):
    """Vectors of these dimensions must cover the running text alike."""

    dimensions: tuple[int, int]
    within: float
    """Largest difference between their shares of running tokens."""


class Differences(Entry):
    """Each part goes its way; less than the margin does not count."""

    lab: str
    metric: str
    margin: float
    parts: list[PartRule]
    same_coverage: SameCoverage | None = None


class Sweeps(Entry):
    """The values named best are the best of their sweeps, by accuracy and by loss."""

    named: dict[str, float]
    """By sweep, as `<net>/<setting>`."""
    steps: int
    near: float
    """Values within this factor of the named one count as the same."""


class Newest(Entry):
    """The newest steps give nearly all of ∂L/∂U."""

    steps: int
    moments: dict[str, str]
    """Part → the moment that it is of."""


class DecayRule(Entry):
    """The RNN's gradients fall exponentially, and so much faster than the LSTM's."""

    slower: float


class LossRule(Entry):
    """Losses on the batches that the published log shows are so many nats or more."""

    nats: float
    epochs: int
    """Of the published training: a shorter one has not had the time to converge."""
    unknown: float
    """Largest share of unknown characters: these have one symbol, and fewer symbols, fewer nats."""
    stalled: str
    """The net of the regime `published` whose training itself is judged."""
    trained: dict[str, str]
    """Part → `<regime>/<net>`, judged once trained."""


class CourseRule(Entry):
    """Recurrent nets converge more slowly, and less steadily, than a convolutional one."""

    level: float
    """Validation accuracy, the steps to which are counted."""
    convolution: str
    recurrent: dict[str, str]
    """What its parts are named by → net."""


Rule = Differences | Sweeps | Newest | DecayRule | LossRule | CourseRule
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
