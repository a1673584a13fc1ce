"""Onsets in bands: rises and falls, rates, and what goes together."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.clip_series import ClipSeries, clip_series
from mer_sklearn.features.derived import bands
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.features.rhythm import BandOnsets
from mer_sklearn.features.rhythm.band_onsets import EDGES, band_rises, correlations

BANDS = [*(f"band_{i}" for i in range(8)), "all"]


def test_there_are_91_columns():
    names = BandOnsets().column_names()
    assert len(set(names)) == 91


def test_the_definition_in_plain_numpy(real_clips, row):
    """Means, deviations and skewness of the rises by numpy's own functions."""
    song = real_clips["emotify/full/pop/11.mp3"]
    found = row(BandOnsets(), song)
    clip = clip_series(NumpyOps(), song[None], ["mel"])
    step = np.diff(bands(clip)[0].astype(float), axis=0, prepend=bands(clip)[0, :1])
    for number, (first, stop) in enumerate([*itertools.pairwise(EDGES), (0, 40)]):
        rise = np.maximum(step[:, first:stop], 0).mean(axis=1)
        fall = np.maximum(-step[:, first:stop], 0).mean(axis=1)
        name, std = BANDS[number], rise.std()
        skew = np.mean((rise - rise.mean()) ** 3) / (std + 0.05) ** 3
        assert found[f"rise_{name}"] == pytest.approx(np.log(rise.mean() + 0.05), abs=1e-4)
        assert found[f"rise_std_{name}"] == pytest.approx(np.log(std + 0.05), abs=1e-4)
        assert found[f"rise_skew_{name}"] == pytest.approx(skew, abs=1e-3)
        assert found[f"up_down_{name}"] == pytest.approx(std / (fall.std() + 0.05), rel=1e-3)
        assert found[f"fall_std_{name}"] == pytest.approx(np.log(fall.std() + 0.05), abs=1e-4)


@pytest.mark.parametrize("per_minute", [120, 180, 240])
def test_clicks_are_onsets_in_every_band(clicks, per_minute, row):
    found = row(BandOnsets(), clicks(per_minute))
    for name in BANDS:
        assert found[f"rate_{name}"] == pytest.approx(per_minute / 60, abs=0.1)


def test_each_band_counts_its_own_onsets(row):
    """Decaying tones: three low ones a second, five high ones."""
    time = np.arange(10 * SAMPLE_RATE) / SAMPLE_RATE

    def drums(hz, rate):
        since = time % (1 / rate)
        swell = np.sin(0.5 * np.pi * np.minimum(1.0, since / 0.02)) ** 2
        return np.sin(2 * np.pi * hz * time) * np.exp(-15 * since) * swell

    found = row(BandOnsets(), drums(150, 3) + drums(7_000, 5))
    assert found["rate_band_0"] == pytest.approx(3.0, abs=0.2)
    assert found["rate_band_7"] == pytest.approx(5.0, abs=0.2)
    assert found["together_band_0_band_7"] < 0.5


def test_struck_sounds_rise_faster_than_they_fall(row):
    time = np.arange(10 * SAMPLE_RATE) / SAMPLE_RATE
    noise = np.random.default_rng(0).normal(size=len(time))
    since = time % 0.5
    struck = row(BandOnsets(), noise * (np.exp(-10 * since) + 0.001))
    swelling = row(BandOnsets(), noise * (np.exp(-10 * (0.5 - since)) + 0.001))
    assert struck["up_down_all"] > 1.5
    assert swelling["up_down_all"] < 1 / 1.5


def test_bands_that_begin_together_are_correlated(clicks, noise, row):
    together, apart = row(BandOnsets(), clicks(120)), row(BandOnsets(), noise)
    pairs = [name for name in together if name.startswith("together_")]
    assert len(pairs) == 28
    assert min(together[name] for name in pairs) > 0.95
    assert max(abs(apart[name]) for name in pairs) < 0.3


def test_correlations_are_numpys(rng):
    clip = ClipSeries(NumpyOps(), {})
    x = rng.normal(size=(1, 400, 5)) @ rng.normal(size=(5, 5)) * 10
    ours = correlations(clip, x.astype(np.float32))[0]
    theirs = np.corrcoef(x[0].T)[np.triu_indices(5, 1)]
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_rows_that_do_not_move_go_with_nothing():
    clip = ClipSeries(NumpyOps(), {})
    x = np.ones((1, 50, 3), np.float32)
    x[:, :, 0] += 1e-5 * np.arange(50)
    assert np.abs(correlations(clip, x)).max() < 1e-3


def test_silence_neither_rises_nor_falls(row):
    found = row(BandOnsets(), np.zeros(SAMPLE_RATE))
    assert {found[f"rate_{name}"] for name in BANDS} == {0.0}
    assert {found[name] for name in found if name.startswith(("together", "rise_skew"))} == {0.0}
    assert found["rise_all"] == pytest.approx(np.log(0.05))


def test_nothing_depends_on_the_level(real_clips, row):
    song = real_clips["emotify/full/rock/76.mp3"]
    loud, soft = row(BandOnsets(), song), row(BandOnsets(), 0.25 * song)
    for name, value in loud.items():
        assert soft[name] == pytest.approx(value, rel=1e-3, abs=2e-3), name


def test_rises_are_at_least_0_and_begin_with_0(real):
    rises = band_rises(clip_series(NumpyOps(), real[None], ["mel"]))
    assert rises.min() == 0
    assert (rises[:, 0] == 0).all()
