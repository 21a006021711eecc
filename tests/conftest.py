"""Which tests begin first, where several workers share them (`make test`)."""

from pathlib import Path

LONGEST = ("whole/test_demo.py", "whole/test_docs.py", "pipeline/test_parallel.py",
           "runs/test_tracking.py", "test_bench.py")  # fmt: skip


def pytest_collection_modifyitems(items):
    """The longest files first: else one worker still has them when the other has nothing left."""
    order = {Path(__file__).parent / path: place for place, path in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path, len(LONGEST)))
