"""Cepstral coefficients of what is spoken: against numpy on the active frames."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from mer_sklearn.features.clip_series import ClipSeries, clip_series
from mer_sklearn.features.derived import active
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.features.voice import SpeechMFCC
from mer_sklearn.features.voice._speech import delta, skewness


@pytest.fixture
def spoken(speech):
    """One utterance, its coefficients in active frames, and which these are."""
    signal = np.pad(speech[9], 20_000)
    clip = clip_series(NumpyOps(), signal[None], ["mel", "rms"])
    on = active(clip)[0, :, 0] > 0
    assert 20 < on.sum() < len(on) - 20
    return signal, clip, on


def test_statistics_are_those_of_active_frames(row, spoken):
    signal, clip, on = spoken
    found, mfcc = row(SpeechMFCC(), signal), clip.mfcc(40)[0, on]
    for i in (0, 1, 7, 19, 39):
        assert found[f"{i}__mean"] == pytest.approx(mfcc[:, i].mean(), abs=1e-2)
        assert found[f"{i}__std"] == pytest.approx(mfcc[:, i].std(), abs=1e-2)
    for i in (0, 1, 7, 19):
        assert found[f"{i}__p10"] == pytest.approx(np.quantile(mfcc[:, i], 0.1), abs=1e-2)
        assert found[f"{i}__skew"] == pytest.approx(scipy.stats.skew(mfcc[:, i]), rel=0.1, abs=0.05)


def test_differences_are_those_of_active_frames(row, spoken):
    signal, clip, on = spoken
    found, change = row(SpeechMFCC(), signal), delta(clip, clip.mfcc(20))[0, on]
    assert found["delta_3__max"] == pytest.approx(change[:, 3].max(), abs=1e-3)
    assert found["delta_3__min"] == pytest.approx(change[:, 3].min(), abs=1e-3)
    assert found["delta_3__std"] == pytest.approx(change[:, 3].std(), abs=1e-3)


def test_a_difference_is_the_slope_of_a_line(rng):
    clip, time = ClipSeries(NumpyOps(), {}), np.arange(40.0)
    x = (3 * time + rng.normal(size=40))[None, :, None]
    expected = [np.polyfit(time[t - 2 : t + 3], x[0, t - 2 : t + 3, 0], 1)[0] for t in range(2, 38)]
    np.testing.assert_allclose(delta(clip, x)[0, 2:-2, 0], expected, atol=1e-9)


def test_the_level_moves_only_coefficient_0(row, speech):
    soft, loud = (row(SpeechMFCC(), gain * speech[9]) for gain in (10.0, 100.0))
    for name in ("0__mean", "0__p10", "0__p90"):
        assert loud.pop(name) - soft.pop(name) == pytest.approx(20 * np.sqrt(128), rel=1e-3)
    for name, value in loud.items():
        assert soft[name] == pytest.approx(value, rel=5e-3, abs=5e-3), name


def test_what_stands_still_has_no_skewness(rng):
    clip, ones = ClipSeries(NumpyOps(), {}), np.ones((1, 200, 1))
    x = rng.exponential(size=(1, 200, 1))
    still, moving = (skewness(clip, -90 + x * size, ones, 0.1) for size in (1e-5, 100.0))
    assert abs(still[0, 0]) < 1e-6
    assert moving[0, 0] == pytest.approx(scipy.stats.skew(x[0, :, 0]), rel=0.01)
