"""The benchmarks run in their small form, and their limits bite."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["results.py", "--small", "--only", "rendered"], "| ceiling |"),
        (["results.py", "--small", "--only", "systems"], "| transductive | 14 classes"),
        (["check_intervals.py", "--small", "--corpora", "2"], "| such models |"),
        (["bench_extract.py", "--small", "--stages", "plain"], "| family mfcc |"),
        (["bench_scale.py", "--small", "--only", "engine"], "known by their stamps"),
        (["bench_scale.py", "--small", "--only", "memory"], "the caller grows by"),
    ],
    ids=["results", "systems", "intervals", "extract", "engine", "memory"],
)
def test_the_small_form_prints_its_table(words, sentence):
    command = [sys.executable, str(FOLDER / words[0]), *words[1:]]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert sentence in run.stdout


@pytest.fixture
def extract(monkeypatch):
    """The benchmark of extraction, as a module."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("bench_extract")


def test_what_is_too_slow_is_named(extract):
    usual = {"read_audio": 1.2, "plain": 2.0, extract.peers.KAISER: 10.0, extract.peers.SHARED: 7.0}
    assert extract.beyond(usual) == []
    assert extract.beyond({**usual, "plain": 2.4}) == ["plain 2.40 > 2.3"]
    (sentence,) = extract.beyond({**usual, extract.peers.KAISER: 4.0})
    assert sentence == f"plain is 2.0 times faster than {extract.peers.KAISER}, not 4"


def test_the_stages_of_a_preset_are_all_there(extract, tmp_path):
    (file,) = extract.rendered(tmp_path, small=True)[-1:]
    families = extract.preset("plain")
    spent = extract.shares(families, file)
    assert {"decode", "mix", "resample", "spectrum"} <= set(spent)
    assert {f"family {family.name}" for family in families} <= set(spent)
    assert {f"series {name}" for family in families for name in family.needs} <= set(spent)
    assert min(spent.values()) >= 0
