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
        (["bench_onnx.py", "--small"], "mfcc40-mean  kernel"),
        (["bench_predict.py", "--small"], "| mer predict music.onnx |"),
        (["bench_scale.py", "--small", "--bad", "2"], "2 more that fail"),
    ],
    ids=["results", "systems", "intervals", "extract", "onnx", "predict", "scale"],
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


def test_a_slow_start_and_a_large_file_are_named(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    predict = importlib.import_module("bench_predict")
    forms = {predict.ONNX: 2.5, predict.COMMAND: 2.8, predict.JOBLIB: 14.0}
    usual = {form.format(name): r for form, r in forms.items() for name in predict.MODELS}
    assert predict.beyond(usual, {"music.onnx": 3.5}) == []
    slow = {**usual, "mer predict music.onnx": 3.6, "load(plain.joblib).predict": 10.0}
    assert predict.beyond(slow, {"music.onnx": 4.1}) == [
        "plain is 4.0 times faster than its joblib form",
        "mer predict music.onnx 3.60 > 3.5",
        "4.10 MB > 4",
    ]
