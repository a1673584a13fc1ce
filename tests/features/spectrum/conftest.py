"""Sounds whose spectrum is known."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn import Clip
from mer_sklearn.audio import SAMPLE_RATE


@pytest.fixture
def columns():
    """Return a function from a family and signals to its columns by name, without the family's."""

    def columns(family, *signals):
        family = family.set_output(transform="pandas")
        clips = [Clip(np.asarray(signal, np.float32), SAMPLE_RATE) for signal in signals]
        return family.fit_transform(clips).rename(columns=lambda name: name.split("__", 1)[1])

    return columns


@pytest.fixture
def tone():
    """Return a function from frequencies to two seconds of their sum."""
    time = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    return lambda *hz: 0.2 * sum(np.sin(2 * np.pi * f * time) for f in hz)


@pytest.fixture
def noise(rng):
    """Five seconds of white noise."""
    return 0.1 * rng.normal(size=5 * SAMPLE_RATE)


@pytest.fixture
def pink(noise):
    """The same, falling 3 dB an octave."""
    spectrum = np.fft.rfft(noise)
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[0] = 0
    return 30 * np.fft.irfft(spectrum, len(noise))
