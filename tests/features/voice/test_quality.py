"""Voice quality: spectra whose balance is known."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.ops import BIN_HZ
from mer_sklearn.features.voice import VoiceQuality

N = 2 * SAMPLE_RATE
LONG = 10 * SAMPLE_RATE  # of noise, whose levels have to be averaged


def shaped_noise(db_at, seed=0):
    """Return noise whose level in dB is a function of the frequency in Hz."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=LONG))
    hz = np.fft.rfftfreq(LONG, 1 / SAMPLE_RATE)
    signal = np.fft.irfft(spectrum * 10 ** (db_at(hz) / 20), LONG)
    return 0.1 * signal / signal.std()


def sines(*pairs):
    """Return sines of given frequency (that of the bin nearest to it) and level in dB."""
    time = np.arange(N) / SAMPLE_RATE
    return sum(
        0.1 * 10 ** (db / 20) * np.sin(2 * np.pi * round(hz / BIN_HZ) * BIN_HZ * time)
        for hz, db in pairs
    )


@pytest.mark.parametrize("difference", [-20, 0, 10])
def test_the_alpha_ratio_is_that_of_two_tones(row, difference):
    found = row(VoiceQuality(), sines((500, 0), (2_500, difference)))
    assert found["alpha_ratio__p10"] == pytest.approx(difference, abs=0.2)
    assert found["hammarberg__mean"] == pytest.approx(-difference, abs=0.2)


def test_the_alpha_ratio_of_white_noise_is_that_of_the_bandwidths(row):
    found = row(VoiceQuality(), shaped_noise(np.zeros_like))
    assert found["alpha_ratio__mean"] == pytest.approx(10 * np.log10(4_000 / 950), abs=0.2)


def test_what_rumbles_below_50_hz_is_no_part_of_the_alpha_ratio(row):
    found = row(VoiceQuality(), sines((20, 10), (500, 0), (2_500, -10)))
    assert found["alpha_ratio__p10"] == pytest.approx(-10, abs=0.3)


@pytest.mark.parametrize("fall", [0.0, 4.0, 8.0])
def test_slopes_are_those_of_the_noise(row, fall):
    found = row(VoiceQuality(), shaped_noise(lambda hz: -fall * hz / 1_000))
    for band in ("500-1500", "1500-5000", "5000-10000"):
        assert found[f"slope_{band}_hz__mean"] == pytest.approx(-fall, abs=0.6), band
    assert found["slope_0-500_hz__mean"] == pytest.approx(-fall, abs=2.0)


def test_harmonics_are_found_at_multiples_of_f0(row):
    found = row(VoiceQuality(), sines((200, 0), (400, -6), (600, -15), (1_000, -20)))
    assert found["h1_h2__p10"] == pytest.approx(6, abs=0.5)
    assert found["h1_h3__p10"] == pytest.approx(15, abs=0.5)
    assert found["h1_a2__p10"] == pytest.approx(20, abs=0.5)


def test_a3_is_the_strongest_bin_about_the_third_formant(row):
    found = row(VoiceQuality(), sines((200, 0), (400, -6), (2_600, -30)))
    assert found["h1_a3__p10"] == pytest.approx(30, abs=0.5)


def test_bands_hold_what_lies_in_them(row):
    found = row(VoiceQuality(), sines((700, 0), (2_500, -10)))
    assert found["band_500-1000_hz__p90"] == pytest.approx(-10 * np.log10(1.1), abs=0.1)
    assert found["band_2000-3000_hz__p10"] == pytest.approx(-10 - 10 * np.log10(1.1), abs=0.1)
    assert found["band_4000-5500_hz__p10"] < -60


def test_the_centroid_is_in_octaves_above_1_khz(row):
    for hz, octaves in ((500, -1), (1_000, 0), (4_000, 2)):
        assert row(VoiceQuality(), sines((hz, 0)))["centroid__p10"] == pytest.approx(
            octaves, abs=0.02
        )


def test_a_steady_sound_has_no_flux(row):
    steady, moving = sines((300, 0)), shaped_noise(np.zeros_like)
    assert row(VoiceQuality(), steady)["flux__p10"] < 0.05
    assert row(VoiceQuality(), moving)["flux__p10"] > 0.5


def test_a_full_sine_has_level_0(row):
    assert row(VoiceQuality(), 10 * sines((300, 0)))["level__p90"] == pytest.approx(0, abs=0.05)


def test_loud_frames_are_those_that_count_in_loud(row):
    """Soft bass, then loud treble: the loudest 40 % are treble."""
    half = np.arange(N) < N / 2
    signal = np.where(half, sines((200, -15)), sines((3_000, 0)))
    found = row(VoiceQuality(), signal)
    assert found["alpha_ratio__loud"] > 20 > found["alpha_ratio__mean"]


def test_only_the_level_depends_on_the_level(row, speech):
    soft, loud = (row(VoiceQuality(), gain * speech[7]) for gain in (10.0, 100.0))
    for name, value in loud.items():
        gained = 20 if name.startswith("level") and not name.endswith("std") else 0
        assert soft[name] + gained == pytest.approx(value, rel=0.005, abs=0.1), name
