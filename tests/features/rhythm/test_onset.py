"""Onset strength: librosa's values, and onsets where clicks are."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.clip_series import clip_series
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.features.rhythm import OnsetStrength
from mer_sklearn.features.rhythm.onset import onset_mean, onset_rate, onset_strength, onsets


def clip_of(signal):
    return clip_series(NumpyOps(), np.asarray(signal, np.float32)[None], ["mel"])


def test_values_are_librosas(real):
    ours = clip_of(real).once(onset_strength)[0, :, 0]
    theirs = librosa.onset.onset_strength(y=real, sr=SAMPLE_RATE)
    assert np.abs(ours - theirs).max() <= 1e-4 * np.ptp(theirs)


@pytest.mark.parametrize("n_samples", [1, 600, 1_200])
def test_clips_of_one_to_three_frames_have_none(rng, n_samples):
    assert (clip_of(rng.normal(size=n_samples)).once(onset_strength) == 0).all()


def test_an_onset_is_dated_where_it_sounds():
    signal = np.zeros(2 * SAMPLE_RATE)
    signal[22_016:] = 0.1 * np.random.default_rng(0).normal(size=2 * SAMPLE_RATE - 22_016)
    strength = clip_of(signal).once(onset_strength)[0, :, 0]
    assert abs(int(strength.argmax()) - 22_016 // 512) <= 1


def test_strength_does_not_depend_on_the_level(real_clips, row):
    song = real_clips["emotify/full/rock/5.mp3"]
    loud, soft = row(OnsetStrength(), song), row(OnsetStrength(), 0.25 * song)
    for name, value in loud.items():
        assert soft[name] == pytest.approx(value, abs=1e-3), name


def brute_onsets(x):
    """Return the frames that are the largest of seven and clearly above the mean."""
    threshold = 1.5 * x.mean() + 0.5
    return [
        t
        for t in range(len(x))
        if x[t] == x[max(t - 3, 0) : t + 4].max() and x[t] > threshold + 0.1
    ]


def test_onsets_are_the_largest_of_seven_frames(rng):
    clip = clip_of(np.zeros(512 * 299))
    x = (4 * rng.random((1, 300, 3)) ** 4).astype(np.float32)
    weights = onsets(clip, x)[0]
    for column in range(3):
        found = np.flatnonzero(weights[:, column] == 1)
        assert found.tolist() == brute_onsets(x[0, :, column])
        assert len(found) > 10


def test_onsets_count_by_degrees_around_the_threshold():
    x = np.zeros((1, 1_000, 1), np.float32)
    values = {100: 0.3, 200: 0.55, 300: 0.9}  # the threshold lies a little above 0.5
    for frame, value in values.items():
        x[0, frame] = value
    weights = onsets(clip_of(np.zeros(512 * 999)), x)[0, :, 0]
    assert weights[100] == 0
    assert 0 < weights[200] < 1
    assert weights[300] == 1


def test_rate_and_mean_are_those_of_the_onsets(clicks):
    clip = clip_of(clicks(120))
    strength = clip.once(onset_strength)
    weights = onsets(clip, strength)
    assert onset_rate(clip, weights)[0, 0] == pytest.approx(2.0, abs=0.02)
    at_onsets = strength[weights > 0.5].mean()
    assert onset_mean(clip, strength, weights)[0, 0] == pytest.approx(at_onsets, rel=1e-5)
    assert onset_mean(clip, strength, 0 * weights)[0, 0] == 0
