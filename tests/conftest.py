"""Fixtures that all tests share: a seeded generator, the real data, a cache of their own."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("MER_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture
def rng():
    return np.random.default_rng(440)


@pytest.fixture
def mer_data():
    """The folder of real audio, read in place."""
    if not DATA.is_dir():
        pytest.skip(f"no real data: set MER_DATA to its folder (looked in {DATA})")
    return DATA


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """Keep the tests out of the user's feature cache."""
    monkeypatch.setenv("MER_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
