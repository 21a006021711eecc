"""The `download` section."""

from typing import Literal

from pydantic import Field

from rnnlab.settings.base import Section
from rnnlab.settings.bounds import Seed

Dataset = Literal["imdb", "names", "tangshi", "glove.6B.100d", "glove.6B.300d"]


class Download(Section):
    origin: Literal["published", "generated"] = Field(
        description="published: the real corpora; generated: small ones that the project makes"
    )
    mirrors: list[str] = Field(description="folders or base URLs that hold a manifest.json")
    datasets: list[Dataset]
    retries: int = Field(ge=0, le=100, description="further tries after a transfer that failed")
    timeout: float = Field(
        gt=0, le=3600, description="seconds without a byte before a try has failed"
    )
    slowest: int = Field(ge=1, description="bytes a second, on average, below which a try fails")
    seed: Seed = Field(description="of the generated corpora")
