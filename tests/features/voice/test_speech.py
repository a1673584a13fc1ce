"""Where somebody speaks: spans, places, and the loudest frames."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.features.clip_series import ClipSeries
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.features.voice._speech import loudest, phonated, place, progress, span

ON = np.array([0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0])


def clip_of(on, periodicity=0.0):
    rms = np.where(on, 0.1, 1e-4).astype(np.float32)[None, :, None]
    pitch = np.stack([np.full_like(rms, 110), np.full_like(rms, 1) * periodicity], axis=-1)
    return ClipSeries(NumpyOps(), {"rms": rms, "pitch": pitch[:, :, 0]})


def test_the_span_ends_with_the_last_active_frame():
    clip = clip_of(ON)
    assert span(clip)[0, :, 0].tolist() == [0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0]
    assert place(clip)[0, 2:9, 0].tolist() == [1, 2, 3, 4, 5, 6, 7]


def test_progress_runs_through_the_span():
    expected = (np.arange(7) + 0.5) / 7
    np.testing.assert_allclose(progress(clip_of(ON))[0, 2:9, 0], expected, rtol=1e-6)


@pytest.mark.parametrize("n_voiced", [0, 5, 6, 9])
def test_few_voiced_frames_are_not_enough(n_voiced):
    on = np.ones(12)
    found = phonated(clip_of(on, (np.arange(12) < n_voiced)[:, None] * 0.9))[0, :, 0]
    assert found.sum() == (n_voiced if n_voiced >= 6 else 12)


@pytest.mark.parametrize("share", [0.2, 0.5])
@pytest.mark.parametrize("masked", [False, True])
def test_the_loudest_are_a_share(share, masked):
    level = np.linspace(-60, 0, 1_200)
    clip = ClipSeries(NumpyOps(), {"rms": (10 ** (level / 20)).astype(np.float32)[None, :, None]})
    among = (level > -30)[None, :, None].astype(np.float32) if masked else None
    weight = loudest(clip, share, among)[0, :, 0]
    assert (np.diff(weight) >= 0).all()
    assert weight.sum() == pytest.approx(share * (600 if masked else 1_200), rel=0.05)
