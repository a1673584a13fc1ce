"""Statistical spectrum descriptors, against scipy and on beats and pauses."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from mer_sklearn.features.clip_series import clip_series
from mer_sklearn.features.derived import bands
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.features.spectrum import BandDescriptors
from mer_sklearn.features.spectrum.ssd import STILL_DB


@pytest.fixture
def level(real):
    """Levels of 13 groups of three bands of a real clip, in float64."""
    x = clip_series(NumpyOps(), real[None], ["mel"]).once(bands)[0, :, :39]
    return x.reshape(len(x), 13, 3).mean(axis=2).astype(float)


def part(table, name):
    return table.filter(regex=f"_{name}$").iloc[0].to_numpy()


def test_they_are_numpys_and_scipys(columns, real, level):
    table = columns(BandDescriptors(), real)
    np.testing.assert_allclose(part(table, "std"), level.std(axis=0), rtol=1e-4)
    for name, q in (("p5", 5), ("median", 50), ("p95", 95)):
        expected = np.percentile(level, q, axis=0) - level.mean(axis=0)
        np.testing.assert_allclose(part(table, name), expected, atol=1e-3)
    damping = level.std(axis=0) / (level.std(axis=0) + STILL_DB)
    skew, kurtosis = scipy.stats.skew(level), scipy.stats.kurtosis(level) + 3
    np.testing.assert_allclose(part(table, "skew"), skew * damping**3, rtol=1e-3, atol=1e-3)
    expected = kurtosis * damping**4 - 3
    np.testing.assert_allclose(part(table, "kurtosis"), expected, rtol=1e-3, atol=1e-3)


def test_beats_are_skewed_up_and_pauses_down(columns, noise):
    place = np.arange(len(noise)) % 22_050
    beats = noise * np.where(place < 3_000, 1, 0.01)
    pauses = noise * np.where(place < 3_000, 0.01, 1)
    table = columns(BandDescriptors(), beats, pauses)
    skew = table.filter(like="skew")
    assert (skew.loc[0] > 0.5).all()
    assert (skew.loc[1] < -0.5).all()


def test_the_level_does_not_matter(columns, noise):
    table = columns(BandDescriptors(), noise, 0.1 * noise)
    np.testing.assert_allclose(table.iloc[0], table.iloc[1], rtol=1e-3, atol=1e-3)
