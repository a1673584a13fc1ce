"""Covariances of the voice: against numpy and scipy, and which frames count."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg

from mer_sklearn.features.clip_series import clip_series
from mer_sklearn.features.derived import active
from mer_sklearn.features.log_covariance import FLOOR
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.features.voice import StackedCovariance, VoiceCovariance
from mer_sklearn.features.voice.covariance import SHRINK

# scipy's word for an error of 1e-13.
pytestmark = pytest.mark.filterwarnings("ignore:logm result may be inaccurate:RuntimeWarning")


def by_scipy(x, shrink):
    covariance = np.cov(x.T.astype(float), bias=True)
    n_rows = len(covariance)
    covariance += np.eye(n_rows) * (shrink * np.trace(covariance) / n_rows + FLOOR)
    log = scipy.linalg.logm(covariance)
    return (log * np.where(np.eye(n_rows), 1, np.sqrt(2)))[np.triu_indices(n_rows)]


@pytest.fixture
def spoken(speech):
    """One utterance, its rows by the definition, and which frames are active."""
    signal = speech[4]
    clip = clip_series(NumpyOps(), signal[None], ["mel", "pitch", "rms"])
    f0, periodicity = clip.pitch[0].T
    pitch = np.where(periodicity > 0.5, 2.5 * 12 * np.log2(f0 / 55), 0)
    rows = np.column_stack([clip.mfcc(40)[0, :, :20], pitch, 30 * periodicity])
    return signal, rows, active(clip)[0, :, 0] > 0


def test_stacked_covariance_is_that_of_three_moments_of_the_span(spoken):
    signal, rows, on = spoken
    rows = rows[:, [*range(8), 20, 21]]
    first, last = np.flatnonzero(on)[[0, -1]]
    span = rows[first : last + 1]
    stacked = np.hstack([span[8:], span[4:-4], span[:-8]])
    found = StackedCovariance().fit_transform(signal[None])[0]
    np.testing.assert_allclose(found, by_scipy(stacked, SHRINK), atol=2e-3)


def test_voice_covariance_is_that_of_the_active_frames(spoken):
    signal, rows, on = spoken
    found = VoiceCovariance().fit_transform(signal[None])[0]
    np.testing.assert_allclose(found[:253], by_scipy(rows[on], 1e-3), atol=2e-3)


def test_silence_around_the_speech_does_not_count(rng):
    word = rng.normal(size=60 * 512) * np.hanning(60 * 512)
    early, late = (np.pad(word, (n * 512, (60 - n) * 512)) for n in (10, 45))
    for family in (StackedCovariance(), VoiceCovariance()):
        first, second = family.fit_transform(np.stack([early, late]))
        np.testing.assert_allclose(first, second, atol=2e-3)


def test_names_say_which_moments(row, spoken):
    names = row(StackedCovariance(), spoken[0])
    assert {"mfcc_0_mfcc_0", "pitch_periodicity", "mfcc_1_pitch@-4"} <= set(names)
    assert "periodicity@-8_periodicity@-8" in names


@pytest.mark.parametrize("make", [StackedCovariance, VoiceCovariance])
def test_the_level_does_not_matter(make, speech):
    soft, loud = make().fit_transform([10 * speech[6], 100 * speech[6]])
    np.testing.assert_allclose(soft, loud, atol=5e-3)
