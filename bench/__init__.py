"""How fast the project is, beside what people would use instead. `python -m bench --help`."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
"""The project."""
