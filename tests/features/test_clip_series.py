"""What families derive from series: the log-mel spectrum, cepstra, differences."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mer_sklearn.features.clip_series import clip_series
from mer_sklearn.features.ops import NumpyOps


def clip_of(signal):
    return clip_series(NumpyOps(), np.atleast_2d(np.asarray(signal, np.float32)), ["mel"])


def assert_close(ours, theirs, share=1e-4):
    assert ours.shape == theirs.shape
    span = max(np.ptp(theirs), 1e-3 * np.abs(theirs).max())
    assert np.abs(ours - theirs).max() <= share * span


@pytest.mark.parametrize("n_mfcc", [1, 13, 20, 40, 128])
def test_mfcc_is_librosas_on_a_real_clip(real_clips, n_mfcc):
    signal = real_clips["emotify/full/pop/11.mp3"]
    theirs = librosa.feature.mfcc(y=signal, sr=22_050, n_mfcc=n_mfcc)
    assert_close(clip_of(signal).mfcc(n_mfcc)[0].T, theirs)


def test_mfcc_is_librosas_on_real_clips(real):
    assert_close(clip_of(real).mfcc(20)[0].T, librosa.feature.mfcc(y=real, sr=22_050))


@pytest.mark.parametrize("level", [0.0, 1e-5, 0.1])
def test_mfcc_is_librosas_on_noise_and_silence(rng, level):
    signal = (level * rng.normal(size=30_000)).astype(np.float32)
    theirs = librosa.feature.mfcc(y=signal, sr=22_050)
    assert_close(clip_of(signal).mfcc(20)[0].T, theirs)


def test_mel_db_ends_80_db_below_the_loudest():
    signal = np.r_[np.ones(1), np.zeros(20_000)]
    db = clip_of(signal).mel_db
    assert db.min() == pytest.approx(db.max() - 80, abs=1e-4)


@settings(max_examples=15, deadline=None)
@given(gain_db=st.floats(-40, 20))
def test_a_gain_moves_coefficient_0_only(gain_db):
    noise = 0.1 * np.random.default_rng(0).normal(size=12_000)
    mfcc = clip_of([noise, noise * 10 ** (gain_db / 20)]).mfcc(20)
    expected = mfcc[0] + np.eye(1, 20) * gain_db * np.sqrt(128)
    np.testing.assert_allclose(mfcc[1], expected, atol=2e-3)


# ---- Differences ----


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("n_frames", [9, 10, 40])
def test_differences_are_librosas(rng, order, n_frames):
    x = rng.normal(size=(2, n_frames, 3)).astype(np.float32)
    ours = clip_of(np.zeros(9)).delta(x, order)
    theirs = librosa.feature.delta(x, order=order, axis=1, mode="interp")
    # At the ends librosa goes on along the fitted polynomial; the line's slope does not change.
    inner = slice(None) if order == 1 else slice(4, n_frames - 4)
    np.testing.assert_allclose(ours[:, inner], theirs[:, inner], atol=1e-5)


@pytest.mark.parametrize("order", [1, 2])
def test_differences_of_mfcc_are_librosas(real, order):
    clip = clip_of(real)
    mfcc = librosa.feature.mfcc(y=real, sr=22_050)
    assert_close(clip.delta(clip.mfcc(20), order)[0].T, librosa.feature.delta(mfcc, order=order))


@pytest.mark.parametrize("n_frames", [1, 2, 8])
def test_a_short_clip_repeats_its_last_frame(rng, n_frames):
    x = rng.normal(size=(1, n_frames, 2)).astype(np.float32)
    filled = np.concatenate([x, np.repeat(x[:, -1:], 9 - n_frames, axis=1)], axis=1)
    expected = np.tensordot(np.arange(-4, 5) / 60, filled[0], axes=1)
    ours = clip_of(np.zeros(9)).delta(x)
    np.testing.assert_allclose(ours[0], np.tile(expected, (n_frames, 1)), atol=1e-6)


def test_a_straight_line_has_its_slope():
    x = 0.25 * np.arange(30, dtype=np.float32)[None, :, None] + 7
    clip = clip_of(np.zeros(9))
    np.testing.assert_allclose(clip.delta(x), 0.25, atol=1e-6)
    np.testing.assert_allclose(clip.delta(x, 2), 0.0, atol=1e-6)


def test_a_series_that_was_not_asked_for_is_named():
    with pytest.raises(AttributeError, match="'chroma' was not asked for"):
        _ = clip_of(np.zeros(9)).chroma
