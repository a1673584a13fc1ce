"""Autocorrelations: librosa's tempogram, and series of a known period."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from mer_sklearn.features.clip_series import ClipSeries
from mer_sklearn.features.ops import FRAME_RATE, NumpyOps
from mer_sklearn.features.rhythm.periodicity import (
    EVERY,
    LAGS,
    TEMPI,
    autocorrelation,
    rate_power,
    tempogram,
)

CLIP = ClipSeries(NumpyOps(), {})


@pytest.fixture(params=[1, 40, 171, 172, 173, 700])
def series(request, rng):
    """Onset strengths of several lengths, shorter and longer than a window."""
    return rng.random(request.param) ** 4 * 10


def test_autocorrelations_are_those_of_librosas_tempogram(series):
    x = series.astype(np.float32)[None, :, None]
    ours = autocorrelation(CLIP, rate_power(CLIP, x, about_mean=False))[0, 0]
    theirs = librosa.feature.tempogram(onset_envelope=series, sr=22_050, win_length=344)
    np.testing.assert_allclose(ours, theirs[LAGS, ::EVERY].mean(axis=1), atol=2e-3)


def test_a_constant_has_no_power_about_its_mean():
    x = np.full((1, 500, 1), 7.0, np.float32)
    assert rate_power(CLIP, x, about_mean=True).max() < 1e-6


def test_a_level_of_its_own_in_each_half_is_not_periodic(rng):
    x = 0.1 * rng.random((1, 1_400, 1)).astype(np.float32)
    shifted = x + (np.arange(1_400) >= 700)[None, :, None].astype(np.float32)
    far = [*range(6, 16), *range(28, 38)]  # windows that see neither the step nor the ends
    plain, moved = (
        tempogram(CLIP, rate_power(CLIP, v, about_mean=True))[0, 0, far] for v in (x, shifted)
    )
    np.testing.assert_allclose(moved, plain, atol=0.02)


@pytest.mark.parametrize("tempo", [50.0, 87.3, 120.0, 201.0])
def test_a_cosine_repeats_itself_at_its_tempo(tempo):
    frames = np.arange(1_000)
    x = np.cos(2 * np.pi * tempo / 60 * frames / FRAME_RATE)[None, :, None].astype(np.float32)
    middle = tempogram(CLIP, rate_power(CLIP, x, about_mean=True))[0, 0, 10:-10].mean(axis=0)
    nearest = np.abs(np.log2(TEMPI / tempo)).argmin()
    assert middle[nearest] > 0.95
    half_period = np.abs(np.log2(TEMPI / (2 * tempo))).argmin()
    assert middle[half_period] < -0.9


def test_rows_do_not_touch_each_other(rng):
    x = rng.random((2, 300, 3)).astype(np.float32)
    together = rate_power(CLIP, x, about_mean=True)
    for clip in range(2):
        for row in range(3):
            alone = rate_power(CLIP, x[clip : clip + 1, :, row : row + 1], about_mean=True)
            np.testing.assert_allclose(together[clip, row], alone[0, 0], rtol=1e-4, atol=1e-4)
