"""All of params.yaml at once."""

from pathlib import Path

from rnnlab.settings.base import Section, check, read
from rnnlab.settings.download import Download
from rnnlab.settings.explain import Explain
from rnnlab.settings.names import Names
from rnnlab.settings.poetry import Poetry
from rnnlab.settings.sentiment import Sentiment


class Settings(Section):
    download: Download
    sentiment: Sentiment
    names: Names
    poetry: Poetry
    explain: Explain


def read_all(path: Path) -> Settings:
    """The whole file, checked. Raises LabError, one sentence, if anything in it is wrong."""
    return check(Settings, read(path), path)
