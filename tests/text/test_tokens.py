"""Reviews → tokens."""

import os
import queue
import signal
import subprocess
import sys
from types import SimpleNamespace

import psutil
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from reviews import corpus, review
from rnnlab.text import tokens


def test_breaks_case_and_white_space():
    assert tokens.words("It's GOOD.<br /><br/>Isn't it?\n\t ok") == [
        "it", "'s", "good", ".", "is", "n't", "it", "?", "ok",
    ]  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=5))
def test_a_chunk_holds_what_each_text_holds(texts):
    batch = tokens.tokenize([review(number, text) for number, text in enumerate(texts)])
    assert batch.schema.equals(tokens.SCHEMA)
    assert batch["tokens"].to_pylist() == [tokens.words(text) for text in texts]


def test_memory_is_let_go_of_without_changing_a_token(monkeypatch):
    texts = [f"word{number} and wörd{number}ish" for number in range(50)]
    expected = [tokens.words(text) for text in texts]
    monkeypatch.setattr(tokens, "_MOST_STRINGS", 10)
    assert [tokens.words(text) for text in texts] == expected


def test_processes_and_chunks_decide_nothing(tmp_path):
    reviews = [review(number, f"Film number {number} is fine.") for number in range(23)]
    one = pq.read_table(corpus(tmp_path, reviews, 1, 23))
    two = pq.read_table(corpus(tmp_path, reviews, 2, 5))
    assert one["tokens"].to_pylist() == two["tokens"].to_pylist()
    assert one["id"].to_pylist() == [each.id for each in reviews]


ENDLESS = """
import itertools
from reviews import review
from rnnlab.text import tokens
reviews = (review(number, "Fine. " * 50) for number in itertools.count())
for _ in tokens.tokenize_all(reviews, 100, 2):
    print("cut", flush=True)
"""


def test_its_processes_end_with_it_however_it_ended():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", ENDLESS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        process.stdout.readline()
        workers = psutil.Process(process.pid).children(recursive=True)
        cutting = [each for each in workers if "resource_tracker" not in " ".join(each.cmdline())]
        assert len(cutting) == 2
        process.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(cutting, timeout=60)
    assert alive == []


def test_one_that_begins_after_its_parent_ended_ends_too(monkeypatch):
    """Its parent by then is another, so that it must ask for the one that it was born to."""
    asked = queue.SimpleQueue()
    monkeypatch.setattr(tokens, "_nlp", [])
    monkeypatch.setattr(tokens, "_end_with", asked.put)
    born_to = SimpleNamespace(pid=os.getppid() + 1)
    monkeypatch.setattr(tokens.multiprocessing, "parent_process", lambda: born_to)
    tokens.words("Fine.")
    assert asked.get(timeout=60) == born_to.pid
