"""Loudness in dB: what its columns promise, by signals whose values are known."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.dynamics import Loudness

TIME = np.arange(10 * SAMPLE_RATE) / SAMPLE_RATE
TONE = np.sin(2 * np.pi * 997 * TIME)


def test_a_full_scale_sine_of_997_hz(row):
    """The calibration of BS.1770: -3.01 LUFS in one channel."""
    found = row(Loudness(), TONE)
    assert found["loudness"] == pytest.approx(-3.01, abs=0.15)
    assert found["level"] == pytest.approx(-3.01, abs=0.1)
    assert found["crest"] == pytest.approx(3.01, abs=0.1)
    assert found["range"] < 0.1
    assert found["quiet"] == 0
    assert found["silence"] == 0


def test_pauses_do_not_count_in_the_loudness_but_in_the_level(row):
    """Gated: a tone of 5 s before silence of 5 s is as loud as the tone alone."""
    half = row(Loudness(), np.where(TIME < 5, TONE, 0.0))
    assert half["loudness"] == pytest.approx(-3.01, abs=0.4)
    assert half["level"] == pytest.approx(-6.02, abs=0.2)
    assert half["low_energy"] == pytest.approx(0.5, abs=0.02)
    assert half["quiet"] == pytest.approx(0.5, abs=0.02)
    assert half["silence"] == pytest.approx(0.5, abs=0.02)


def test_soft_passages_are_gated_relative_to_the_others(row):
    """20 dB softer is left out, 6 dB softer is not."""
    soft, softer = (row(Loudness(), np.where(TIME < 5, 1.0, g) * TONE) for g in (0.5, 0.1))
    assert softer["loudness"] == pytest.approx(-3.01, abs=0.3)
    mean = 10 * np.log10((1 + 0.25) / 2) - 3.01
    assert soft["loudness"] == pytest.approx(mean, abs=0.3)


def test_bass_is_less_loud_than_it_is_strong(row):
    low, high = (row(Loudness(), 0.5 * np.sin(2 * np.pi * hz * TIME)) for hz in (50, 4_000))
    assert low["level"] == pytest.approx(high["level"], abs=0.1)
    assert high["loudness"] - low["loudness"] > 6


def test_a_square_wave_has_no_crest(row):
    assert row(Loudness(), 0.5 * np.sign(TONE + 1e-9))["crest"] == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("per_second", [-5.0, -2.0, 3.0])
def test_a_fade_has_its_slope(per_second, row):
    gain = 10 ** (per_second * TIME / 20)
    found = row(Loudness(), TONE * gain / gain.max())
    assert found["slope"] == pytest.approx(per_second, abs=0.1)
    assert found["range"] == pytest.approx(abs(per_second) * 10 * 0.9, abs=0.5)
    assert found["change"] == pytest.approx(abs(per_second), abs=1.5)


def test_a_recording_6_db_louder_is_6_db_louder_and_nothing_else(real_clips, row):
    song = real_clips["emotify/full/rock/5.mp3"]
    soft, loud = row(Loudness(), 0.5 * song), row(Loudness(), song)
    for name, value in loud.items():
        louder = 6.02 if name in ("level", "loudness") else 0.0
        assert value - soft[name] == pytest.approx(louder, abs=5e-3), name


def test_silence(row):
    found = row(Loudness(), np.zeros(SAMPLE_RATE))
    assert found["level"] == pytest.approx(-100)
    assert found["loudness"] == pytest.approx(-70)
    assert found["silence"] == 1
    others = [v for k, v in found.items() if k not in ("level", "loudness", "silence")]
    assert others == pytest.approx([0.0] * len(others), abs=1e-4)


@pytest.mark.parametrize("seconds", [0.05, 0.2, 1.0])
def test_the_ends_of_a_tone_are_as_loud_as_its_middle(row, seconds):
    tone = 0.1 * np.sqrt(2) * np.sin(2 * np.pi * 440 * TIME[: round(seconds * SAMPLE_RATE)])
    found = row(Loudness(), tone)
    assert found["level"] == pytest.approx(-20, abs=0.1)
    assert found["loudness"] == pytest.approx(-20.7, abs=0.2)
    assert found["crest"] == pytest.approx(3.01, abs=0.1)
    assert found["change"] < 1
    assert found["std"] < 0.05
    assert found["low_energy"] < 0.01


@pytest.mark.parametrize("n_samples", [1, 100, 512, 1_000, 1_500])
def test_a_few_samples_have_their_own_level(row, n_samples):
    found = row(Loudness(), np.full(n_samples, 0.5))
    assert found["level"] == pytest.approx(-6.02, abs=0.01)
    assert found["crest"] == pytest.approx(0, abs=0.01)
    assert found["change"] == pytest.approx(0, abs=0.01)
