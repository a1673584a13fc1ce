"""Salience: tones at their pitch, nothing for noise without peaks, level and block apart."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.clip_series import clip_series
from mer_sklearn.features.harmony.salience import (
    LOWEST_HZ,
    N_PITCHES,
    N_SEMITONES,
    blocks,
    folding,
    sounding,
    summing,
    tuned,
)
from mer_sklearn.features.ops import BIN_HZ, N_BINS, NumpyOps
from mer_sklearn.features.resampling import to_working_rate

PITCHES = 12 * np.log2(LOWEST_HZ / 440.0) + 69 + np.arange(N_PITCHES) / 3  # MIDI
LONGEST = 20  # bins on either side of the mean that is taken out
SPECK = "mer_sklearn.features.harmony.salience.SPECK"


def clip_of(signal):
    return clip_series(NumpyOps(), np.asarray(signal, np.float32)[None], ["salience"])


def dense(magnitude):
    """Return the definition with all bins, without shortcuts, one row a frame."""
    compressed = np.log1p(1000 * magnitude / magnitude.max(axis=1, keepdims=True))
    padded = np.pad(compressed, ((0, 0), (LONGEST, LONGEST)), mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * LONGEST + 1, axis=1).mean(axis=2)
    peaks = np.maximum(compressed - around, 0)
    bins = np.arange(N_BINS)
    values = np.zeros((len(magnitude), N_PITCHES))
    for h in range(1, 9):
        place = h * LOWEST_HZ / BIN_HZ * 2 ** (np.arange(N_PITCHES) / 36)
        at = [np.interp(place, bins, row, right=0.0) for row in peaks]
        values += 0.8 ** (h - 1) * np.array(at)
    return values


def _alike(ours, theirs):
    """Return the correlation of each frame."""
    return [np.corrcoef(a, b)[0, 1] for a, b in zip(ours, theirs, strict=True) if a.any()]


def test_it_is_the_dense_definition(real, series):
    import scipy.fft

    ours = series(real, "salience")
    padded = np.pad(real, 1024)
    frames = np.lib.stride_tricks.sliding_window_view(padded, 2048)[::1024]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2048) / 2048)
    theirs = dense(np.abs(scipy.fft.rfft(frames * window)) + 1e-9)
    assert ours.shape == theirs.shape
    assert np.median(_alike(ours, theirs)) > 0.99
    # Only harmonics of the pitches above 690 Hz lie beyond 5.5 kHz, which are left out.
    n_low = int(36 * np.log2(690 / LOWEST_HZ))
    assert np.median(_alike(ours[:, :n_low], theirs[:, :n_low])) > 0.999


@pytest.mark.parametrize("pitch", [36, 43, 50, 57, 64, 69, 76, 83, 88])
def test_a_tone_is_strongest_at_its_pitch(play, series, pitch):
    salience = series(play([[pitch]], seconds=1.0), "salience")
    strongest = PITCHES[salience[5:-5].argmax(axis=1)]
    assert np.abs(strongest - pitch).max() <= 0.5


@pytest.mark.parametrize("level", [1e-4, 1e-2, 10.0])
def test_level_does_not_matter(play, series, level):
    signal = play([[57, 64], [60, 69]])
    loud, soft = series(signal, "salience"), series(level * signal, "salience")
    np.testing.assert_allclose(soft[1:-1], loud[1:-1], atol=0.05)


def test_silence_and_a_click_have_none(series):
    assert not series(np.zeros(9_000), "salience").any()
    assert not series(np.eye(1, 30_000, 15_000)[0], "salience").any()


def test_what_is_left_of_a_click_at_the_edge_of_a_frame_has_none(series, monkeypatch):
    """A filtered click whose tail reaches into a frame, of which rounding decides."""
    click = np.zeros(44_100, np.float32)
    click[22_050] = 1.0
    half = to_working_rate(click[None], 44_100)[0, 11_025:]
    assert not series(half, "salience").any()
    # Without the limit there would be a little, and half of it at one and a half times the limit.
    monkeypatch.setattr(SPECK, 1e-9)
    left = series(half, "salience")
    total = left.sum(axis=1).max()
    assert 0.01 < total < 0.5
    monkeypatch.setattr(SPECK, total / 1.5)
    np.testing.assert_allclose(series(half, "salience"), left / 2, rtol=1e-3)


def test_each_row_stands_for_two_frames(series, rng):
    signal = 0.1 * rng.normal(size=99 * 512)
    whole, cut = (series(signal, "salience", block=block) for block in (192, 8))
    assert whole.shape == (50, N_PITCHES)
    np.testing.assert_allclose(cut, whole, atol=1e-4)


@pytest.mark.parametrize("cents", [0, 33, 67])
def test_semitones_follow_the_tuning(play, cents):
    """The chord stays on the same semitones, or all of it moves up one."""
    chord = np.array([48, 55, 64, 69])
    semitones = tuned(clip_of(play([chord + cents / 100] * 2)))[0].mean(axis=0)
    lowest = int(semitones[18:24].argmax()) + 18
    for interval in (7, 16, 21):
        place = lowest + interval
        assert semitones[place] > max(semitones[place - 1], semitones[place + 1])


def test_the_bed_of_a_frame_does_not_sound(play):
    clip = clip_of(play([[57]]))
    values, above = clip.once(tuned)[0], clip.once(sounding)[0]
    bed = values.mean(axis=1, keepdims=True) / 2
    np.testing.assert_allclose(above, np.maximum(values - bed, 0), atol=1e-5)


def test_blocks_are_means_of_four_frames(rng):
    clip = clip_of(0.1 * rng.normal(size=SAMPLE_RATE))
    found, whole = clip.once(blocks)[0], clip.once(sounding)[0]
    n_blocks = len(whole) // 4
    means = whole[: 4 * n_blocks].reshape(n_blocks, 4, N_SEMITONES).mean(axis=1)
    np.testing.assert_allclose(found, means, atol=1e-5)


def test_tables_fold_and_sum(rng):
    x = rng.normal(size=N_SEMITONES)
    folded = (x @ folding((0, 24), (20, 44))).reshape(2, 12)
    np.testing.assert_allclose(folded[0], x[:12] + x[12:24], rtol=1e-5)
    assert folded[1, 8] == pytest.approx(x[20] + x[32])
    np.testing.assert_allclose(x @ summing((0, 3), (5, 64)), [x[:3].sum(), x[5:].sum()], rtol=1e-5)
