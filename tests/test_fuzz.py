"""Damaged files are read or refused: no other error, no crash, no hang, little memory."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
N_FILES = int(os.environ.get("MER_FUZZ", "320"))  # 2000 for the whole

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")


@pytest.fixture
def robustness(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("robustness")


def test_damaged_files_are_read_or_refused(robustness, capsys):
    counts = robustness.fuzz(N_FILES, seed=17)
    assert counts["FAULT"] == 0, capsys.readouterr().out
    assert counts["read"] + counts["refused"] == N_FILES
    assert min(counts["read"], counts["refused"]) > N_FILES // 10  # the damage does something


def test_a_seed_makes_the_same_damage(robustness):
    content = bytes(range(256)) * 40
    copies = [robustness.damaged(content, np.random.default_rng([1, 2])) for _ in range(2)]
    assert copies[0] == copies[1] != content


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("raise TypeError('not ours')", "TypeError: not ours"),
        ("import os; os.kill(os.getpid(), 11)", "ended with -11"),
        ("import time; time.sleep(60)", "ended with -14"),
        ("import numpy; numpy.ones(2**28)", "MemoryError"),
        ("raise AudioError('it is bad')", "without the file"),
    ],
    ids=["error", "crash", "hang", "memory", "sentence"],
)
def test_each_kind_of_fault_is_seen(robustness, tmp_path, code, fault):
    """A reader that fails on the second of three files: the third is read all the same."""
    source = (BENCHMARKS / "robustness.py").read_text()
    source = source.replace("ALARM_S = 10", "ALARM_S = 2").replace(
        "            samples = read_audio(path).signal\n",
        f"            if '1' in Path(path).stem: {code}\n            samples = np.zeros(1)\n",
    )
    (tmp_path / "faulty.py").write_text(source)
    robustness.__file__, kept = str(tmp_path / "faulty.py"), robustness.__file__
    try:
        words = dict(robustness.outcomes([Path("0.wav"), Path("1.wav"), Path("2.wav")]))
    finally:
        robustness.__file__ = kept
    assert fault in words[Path("1.wav")]
    assert words[Path("0.wav")] == words[Path("2.wav")] == "read"
