"""Modulation of speech: rates of syllables, and which windows count."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.voice import SpeechModulation

RATES = {"0.6-1.4_hz": 1.0, "1.4-2.5_hz": 2.0, "2.5-4_hz": 3.3, "4-6_hz": 5.0, "6-10_hz": 8.0}


def noise_at(rate, seconds=4.0):
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    noise = np.random.default_rng(0).normal(size=time.size)
    return 0.1 * noise * np.exp(1.5 * np.sin(2 * np.pi * rate * time))


@pytest.mark.parametrize("name", RATES)
def test_syllables_stand_at_their_rate(row, name):
    found = row(SpeechModulation(), noise_at(RATES[name]))
    for band in (3, 9, 15):
        at_rates = {rate: found[f"band_{band}_{rate}"] for rate in RATES}
        assert max(at_rates, key=at_rates.get) == name


def test_what_stands_still_is_not_modulated(row):
    time = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    steady = row(SpeechModulation(), np.sin(2 * np.pi * 1_000 * time))
    moving = row(SpeechModulation(), noise_at(5.0))
    assert steady["band_7_4-6_hz"] < moving["band_7_4-6_hz"] - 1


def test_silence_around_the_speech_counts_little(row):
    signal = noise_at(5.0)
    alone, padded = (row(SpeechModulation(), np.pad(signal, n)) for n in (0, 4 * SAMPLE_RATE))
    for band in (3, 9, 15):
        name = f"band_{band}_4-6_hz"
        assert padded[name] == pytest.approx(alone[name], abs=0.4)
