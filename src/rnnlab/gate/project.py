"""Where the files lie that the gate holds to each other."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Project(NamedTuple):
    root: Path
    """Of the DVC project."""
    reports: Path
    graph: Path
    """Of the pipeline, as Mermaid draws it."""
    rules: Path
    """The page of the claims' rules."""
    pages: Mapping[str, int]
    """Pages with parts that commands wrote, as seen from `home`, and how many such parts."""
    expects: bool = True
    """Whether there must be expectations: no commit keeps those of a workspace."""

    @property
    def home(self) -> Path:
        """Where docs/ lies: a workspace has a link to the project's."""
        return self.graph.resolve().parents[1]

    @property
    def metrics(self) -> Path:
        return self.reports / "metrics.json"

    @property
    def manifest(self) -> Path:
        return self.reports / "data.md5"

    @property
    def expected(self) -> Path:
        return self.reports / "expected.yaml"
