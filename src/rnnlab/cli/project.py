"""Where the files of the project lie that commands read and write, seen from its folder."""

from pathlib import Path

from rnnlab.gate.project import Project

DOCS = Path("docs")
PARTS = {
    "README.md": 0,
    "docs/claims.md": 2,
    "docs/gate.md": 1,
    "docs/reproducing.md": 1,
    "docs/speed.md": 1,
    "docs/workers.md": 2,
}
"""Pages with numbers, and how many parts of each a command wrote."""
PROJECT = Project(
    root=Path(),
    reports=Path("reports"),
    graph=DOCS / "pipeline.mmd",
    rules=DOCS / "claims.md",
    pages=PARTS,
)
AUDIT_LOG = PROJECT.reports / "audits.csv"
