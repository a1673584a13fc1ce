"""Rhythms to be found: clicks, drums, and families as rows of named values."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE


@pytest.fixture(scope="session")
def clicks():
    """Return a function that renders clicks of some number a minute."""

    def clicks(per_minute: float, seconds: float = 15.0) -> np.ndarray:
        signal = np.zeros(round(seconds * SAMPLE_RATE))
        times = np.arange(0.3, seconds, 60 / per_minute)
        signal[(times * SAMPLE_RATE).astype(int)] = 0.8
        return signal

    return clicks


@pytest.fixture(scope="session")
def noise():
    """Fifteen seconds of white noise."""
    return 0.1 * np.random.default_rng(440).normal(size=15 * SAMPLE_RATE)


@pytest.fixture(scope="session")
def tone():
    """Fifteen seconds of a steady tone."""
    return 0.5 * np.sin(2 * np.pi * 440 * np.arange(15 * SAMPLE_RATE) / SAMPLE_RATE)


@pytest.fixture(scope="session")
def row():
    """Return a function that computes the values of a family by name, without the family's."""

    def row(family, signal) -> dict[str, float]:
        names = [name.partition("__")[2] for name in family.column_names()]
        values = family.fit_transform(np.asarray(signal, np.float32)[None])[0]
        return dict(zip(names, map(float, values), strict=True))

    return row
