"""All of params.yaml at once."""

from pathlib import Path

from pydantic import Field

from rnnlab.settings.base import Section, check, read
from rnnlab.settings.download import Download
from rnnlab.settings.explain import Explain
from rnnlab.settings.names import Names
from rnnlab.settings.poetry import Poetry
from rnnlab.settings.sentiment import Sentiment
from rnnlab.settings.workers import Workers


class Settings(Section):
    download: Download
    sentiment: Sentiment
    names: Names
    poetry: Poetry
    explain: Explain
    workers: Workers = Field(default_factory=dict)


def read_all(path: Path) -> Settings:
    """The whole file, checked. Raises LabError, one sentence, if anything in it is wrong."""
    return check(Settings, read(path), path)
