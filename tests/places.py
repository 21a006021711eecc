"""Where the project lies, and the mirror of the real corpora, if it is beside it."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MIRROR = ROOT.parent / "shared" / "data"
needs_mirror = pytest.mark.skipif(
    not MIRROR.is_dir(), reason="the mirror is not beside the project"
)
