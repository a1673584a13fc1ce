"""Bands where somebody speaks: which frames count."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.voice import SpeechBands

TIME = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE


@pytest.mark.parametrize(("hz", "band"), [(150, 1), (1_000, 10), (7_000, 34)])
def test_a_tone_stands_in_its_band(row, hz, band):
    found = row(SpeechBands(), 0.5 * np.sin(2 * np.pi * hz * TIME))
    for name in ("mean", "p90", "loud"):
        levels = [found[f"{i}__{name}"] for i in range(40)]
        assert abs(int(np.argmax(levels)) - band) <= 1


def test_pauses_do_not_count(row, rng):
    word = 0.1 * rng.normal(size=SAMPLE_RATE) * np.hanning(SAMPLE_RATE) ** 0.1
    quick, slow = (row(SpeechBands(), np.pad(word, n * 512)) for n in (10, 80))
    for i in range(40):
        for name in ("mean", "std", "p90"):
            assert slow[f"{i}__{name}"] == pytest.approx(quick[f"{i}__{name}"], abs=0.05)


def test_loud_is_the_mean_of_the_loudest_fifth(row):
    """A third of the clip is a loud high tone, the rest a soft low one."""
    is_loud = TIME > 4 / 3
    signal = np.where(is_loud, np.sin(2 * np.pi * 4_000 * TIME), 0.05 * np.sin(500 * TIME))
    found = row(SpeechBands(), signal)
    high = max(range(40), key=lambda i: found[f"{i}__p90"])
    assert found[f"{high}__loud"] > found[f"{high}__mean"] + 10


def test_the_level_shifts_all_means(row, speech):
    soft, loud = (row(SpeechBands(), gain * speech[2]) for gain in (10.0, 100.0))
    for name, value in loud.items():
        gained = 0 if name.endswith("std") else 20
        assert soft[name] + gained == pytest.approx(value, abs=0.1), name


def test_bands_at_the_floor_do_not_vary_at_all(row):
    found = row(SpeechBands(), np.sin(2 * np.pi * 200 * TIME) * np.hanning(TIME.size))
    assert found["39__std"] == 0
    assert found["39__mean"] == pytest.approx(found["35__mean"], abs=1e-4)
