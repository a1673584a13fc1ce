"""Weightings of the ear and the peak: published gains, and sums of squares."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.clip_series import clip_series
from mer_sklearn.features.dynamics.level import (
    a_weighting,
    clip_level,
    k_weighting,
    low_energy,
    mean_square_table,
    peak_level,
    share_below,
)
from mer_sklearn.features.ops import NumpyOps

TIME = np.arange(5 * SAMPLE_RATE) / SAMPLE_RATE


def clip_of(signal):
    return clip_series(NumpyOps(), np.asarray(signal, np.float32)[None], ["mel", "rms", "peak"])


def in_db(power):
    return 10 * np.log10(power)


# IEC 61672-1, table 2.
@pytest.mark.parametrize(
    ("hz", "db"),
    [(50, -30.2), (100, -19.1), (500, -3.2), (1_000, 0.0), (4_000, 1.0), (8_000, -1.1)],
)
def test_a_weighting_is_that_of_the_standard(hz, db):
    assert in_db(a_weighting(np.array([float(hz)])))[0] == pytest.approx(db, abs=0.1)


def test_k_weighting_cuts_the_bass_and_lifts_the_treble():
    """The standard's high-pass is 3 dB down at 38 Hz, its shelf 4 dB up at the top."""
    gain = in_db(k_weighting(np.array([38.0, 997.0, 9_000.0])))
    assert gain == pytest.approx([-6.0, 0.69, 4.0], abs=0.1)


@pytest.mark.parametrize("hz", [100, 440, 1_000, 3_000, 9_000])
@pytest.mark.parametrize("weighting", [np.ones_like, a_weighting, k_weighting])
def test_a_tone_has_its_weighted_mean_square(hz, weighting):
    clip = clip_of(0.5 * np.sin(2 * np.pi * hz * TIME))
    power = (clip.mel @ mean_square_table(weighting))[0, 20:-20].mean()
    gain = weighting(np.array([float(hz)]))[0]
    assert in_db(power) == pytest.approx(in_db(gain * 0.125), abs=0.1)


def test_noise_has_its_mean_square(rng):
    noise = 0.1 * rng.normal(size=len(TIME))
    power = (clip_of(noise).mel @ mean_square_table())[0, 5:-5].mean()
    assert in_db(power) == pytest.approx(in_db(np.mean(noise**2)), abs=0.2)


def test_the_peak_is_the_largest_sample(real):
    assert peak_level(clip_of(real))[0, 0] == pytest.approx(20 * np.log10(np.abs(real).max()))


@pytest.mark.parametrize("place", [0, 511, 512, 5_119, 5_120, 9_999])
@pytest.mark.parametrize("sign", [1, -1])
def test_no_sample_is_missed(place, sign):
    signal = np.zeros(10_000)
    signal[place] = sign * 0.5
    assert peak_level(clip_of(signal))[0, 0] == pytest.approx(-6.02, abs=0.01)


def test_the_level_of_a_tone():
    assert clip_level(clip_of(np.sin(2 * np.pi * 440 * TIME)))[0, 0] == pytest.approx(
        -3.01, abs=0.1
    )


def test_shares_count_by_degrees_around_the_limit():
    clip = clip_of(np.zeros(512))
    x = np.array([1.0, 4.0, 5.0, 6.0, 9.0], np.float32)[None, :, None]
    assert share_below(clip, x, 5.0, 0.1)[0, 0] == pytest.approx(0.5)
    assert share_below(clip, x, 5.5, 2.0)[0, 0] == pytest.approx((1 + 1 + 0.75 + 0.25) / 5)


def test_half_a_silent_clip_has_a_low_energy_of_half(rng):
    noise = np.where(TIME < 2.5, 0.0, rng.normal(size=len(TIME)))
    assert low_energy(clip_of(noise))[0, 0] == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("signal", [np.zeros_like(TIME), 0.5 * np.sin(2 * np.pi * 440 * TIME)])
def test_what_does_not_move_has_no_low_energy(signal):
    assert low_energy(clip_of(signal))[0, 0] < 0.02
