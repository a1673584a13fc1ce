"""Voices made by a source and a filter."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from mer_sklearn.audio import SAMPLE_RATE


@pytest.fixture
def row():
    """Return a family's columns of one signal by name, without the family's own."""

    def row(family, signal):
        values = family.fit_transform(np.asarray(signal, np.float32)[None])[0]
        names = (name.split("__", 1)[1] for name in family.get_feature_names_out())
        return dict(zip(names, values.tolist(), strict=True))

    return row


@pytest.fixture
def tone():
    """Return a tone of harmonics up to 9 kHz whose f0, in Hz, is given for every sample."""

    def tone(f0, tilt=1.0):
        f0 = np.asarray(f0, float)
        phase, signal = 2 * np.pi * np.cumsum(f0) / SAMPLE_RATE, np.zeros(len(f0))
        for k in range(1, int(9_000 / f0.min()) + 1):
            signal += (k * f0 < 9_000) * np.sin(k * phase + k * k) / k**tilt
        return 0.3 * signal / np.abs(signal).max()

    return tone


@pytest.fixture
def pulses():
    """Return a glottis: pulses of given f0 whose periods and strengths vary at random."""

    def pulses(f0=120.0, seconds=3.0, jitter=0.0, shimmer=0.0, seed=1):
        rng = np.random.default_rng(seed)
        n_pulses, n_samples = int(f0 * seconds), int(seconds * SAMPLE_RATE)
        periods = SAMPLE_RATE / f0 * (1 + jitter * rng.normal(size=n_pulses))
        strengths = 1 + shimmer * rng.normal(size=n_pulses)
        at = np.cumsum(periods)
        signal = np.zeros(n_samples + 2)
        for place, strength in zip(at, strengths, strict=True):
            if place < n_samples:
                below, share = int(place), place % 1
                signal[below : below + 2] += strength * np.array([1 - share, share])
        return 0.3 * lfilter([1], [1, -0.9], signal[:n_samples])

    return pulses


@pytest.fixture
def vowel(pulses):
    """Return a vowel: pulses, the fall of a glottis, resonators, the rise at the lips."""

    def vowel(formants, f0=120.0, seconds=1.0):
        signal = lfilter([1], [1, -1.96, 0.9604], pulses(f0, seconds))
        for hz, width in zip((*formants, 3_500, 4_500), (80, 90, 120, 200, 250), strict=True):
            radius = np.exp(-np.pi * width / SAMPLE_RATE)
            poles = [1, -2 * radius * np.cos(2 * np.pi * hz / SAMPLE_RATE), radius**2]
            signal = lfilter([sum(poles)], poles, signal)
        signal = np.diff(signal, prepend=0)
        return 0.5 * signal / np.abs(signal).max()

    return vowel
