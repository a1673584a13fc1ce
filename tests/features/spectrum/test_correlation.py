"""Correlation of bands, against numpy and on bands that move together or against each other."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.clip_series import clip_series
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.features.spectrum import BandCorrelation
from mer_sklearn.features.spectrum.ssd import STILL_DB, band_groups

TIME = np.arange(8 * SAMPLE_RATE) / SAMPLE_RATE


def correlations(level):
    """Return numpy's, the deviations raised by 0.05 dB."""
    std = level.std(axis=0)
    damping = std / (std + STILL_DB)
    r = np.corrcoef(level.T) * np.outer(damping, damping)
    return np.clip(r[np.triu_indices(13, 1)], -0.999, 0.999)


def test_it_is_numpys_correlation(columns, real):
    level = clip_series(NumpyOps(), real[None], ["mel"]).once(band_groups)[0].astype(float)
    ours = np.tanh(columns(BandCorrelation(), real).filter(like="frames").iloc[0])
    np.testing.assert_allclose(ours, correlations(level), atol=1e-4)


def test_over_seconds_it_is_that_of_means_of_1_s(columns, real):
    level = clip_series(NumpyOps(), real[None], ["mel"]).once(band_groups)[0].astype(float)
    means = [level[start : start + 43].mean(axis=0) for start in range(0, len(level) - 42, 21)]
    ours = np.tanh(columns(BandCorrelation(), real).filter(like="seconds").iloc[0])
    np.testing.assert_allclose(ours, correlations(np.array(means)), atol=1e-4)


@pytest.mark.parametrize(("phase", "sign"), [(0, 1), (np.pi, -1)], ids=["together", "in turn"])
def test_two_tones_that_swell(columns, phase, sign):
    def swelling(hz, phase):
        return (1.01 + np.sin(2 * np.pi * 0.5 * TIME + phase)) * np.sin(2 * np.pi * hz * TIME)

    row = columns(BandCorrelation(), 0.2 * (swelling(300, 0) + swelling(5000, phase))).iloc[0]
    low, high = _group_of(300), _group_of(5000)
    assert sign * row[f"band_{low}_band_{high}_frames"] > 0.5
    assert sign * row[f"band_{low}_band_{high}_seconds"] > 0.5


def test_bands_that_do_not_move_correlate_with_none(columns):
    tone = 0.2 * np.sin(2 * np.pi * 440 * TIME[2_000:-2_000])
    inner = columns(BandCorrelation(), np.zeros(SAMPLE_RATE)).iloc[0]
    assert (inner == 0).all()
    assert np.isfinite(columns(BandCorrelation(), tone)).all(axis=None)


def _group_of(hz):
    """Return the group of three of 40 bands that a tone is loudest in."""
    tone = np.sin(2 * np.pi * hz * TIME).astype(np.float32)
    groups = clip_series(NumpyOps(), tone[None], ["mel"]).once(band_groups)[0]
    return int(groups.mean(axis=0).argmax())
