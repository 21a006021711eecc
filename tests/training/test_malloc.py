"""What a process has freed goes back to the system, once it is much."""

import sys
from multiprocessing.connection import Connection

import psutil
import pytest
import torch

from forks import FORKED
from rnnlab.training import machine, malloc


def freed(answer: Connection, limit: int, ahead: int) -> None:
    """Answers how many MiB of 200 that a new process has freed it gives back."""

    def held() -> float:
        return psutil.Process().memory_info().rss / 2**20

    machine._keep_large_blocks()
    malloc.KEPT = limit * 2**20
    blocks = [torch.ones(1 << 18) for _ in range(400)]  # 1 MiB each
    del blocks[1::2]
    full = held()
    malloc.give_back(ahead * 2**20)
    given = full - held()
    assert all(bool((block == 1).all()) for block in blocks)
    answer.send(given)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems manage memory otherwise")
@pytest.mark.parametrize(
    ("limit", "ahead", "least", "most"),
    [(100, 0, 150, 250), (100_000, 0, -50, 50), (100_000, 128, 150, 250)],
)
def test_freed_memory_goes_back_beyond_a_limit_and_ahead_of_large_blocks(limit, ahead, least, most):
    here, there = FORKED.Pipe()
    process = FORKED.Process(target=freed, args=(there, limit, ahead))
    process.start()
    there.close()  # so that a process that has failed leaves nothing to wait for
    given = here.recv()
    process.join()
    assert process.exitcode == 0
    assert least < given < most
