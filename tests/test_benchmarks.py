"""The benchmarks of scores run in their small form."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["results.py", "--small"], "| ceiling |"),
        (["check_intervals.py", "--small", "--corpora", "2"], "| such models |"),
        (["bench_scale.py", "--small", "--only", "engine"], "known by their stamps"),
        (["bench_scale.py", "--small", "--only", "memory"], "the caller grows by"),
    ],
    ids=["results", "intervals", "engine", "memory"],
)
def test_the_small_form_prints_its_table(words, sentence):
    command = [sys.executable, str(FOLDER / words[0]), *words[1:]]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert sentence in run.stdout
