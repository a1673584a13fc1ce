"""The examples run. The smallest forms of the benchmarks stand in `test_benchmarks.py`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_example(script):
    subprocess.run([sys.executable, script], check=True, cwd=ROOT, capture_output=True, timeout=120)
