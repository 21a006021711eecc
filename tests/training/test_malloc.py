"""What a process has freed goes back to the system, once it is much."""

import subprocess
import sys

import pytest

FILL = """
import sys
import psutil, torch
from rnnlab.training import machine, malloc

def held():
    return psutil.Process().memory_info().rss / 2**20

machine._keep_large_blocks()
malloc.KEPT = float(sys.argv[1]) * 2**20
blocks = [torch.ones(1 << 18) for _ in range(400)]  # 1 MiB each
del blocks[1::2]
full = held()
malloc.give_back(int(sys.argv[2]) * 2**20)
freed = full - held()
assert all(bool((block == 1).all()) for block in blocks)
print(freed)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems manage memory otherwise")
@pytest.mark.parametrize(
    ("limit", "ahead", "least", "most"),
    [(100, 0, 150, 250), (100_000, 0, -50, 50), (100_000, 128, 150, 250)],
)
def test_freed_memory_goes_back_beyond_a_limit_and_ahead_of_large_blocks(limit, ahead, least, most):
    command = [sys.executable, "-c", FILL, str(limit), str(ahead)]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    assert least < float(ended.stdout) < most
