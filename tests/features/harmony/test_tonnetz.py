"""Tonnetz, against librosa."""

from __future__ import annotations

import librosa
import numpy as np

from mer_sklearn.features import Chroma
from mer_sklearn.features.clip_series import clip_series
from mer_sklearn.features.harmony import Tonnetz
from mer_sklearn.features.ops import NumpyOps

AT_A = np.angle(np.exp(2j * np.pi * 9 * np.array([7, 9, 4]) / 12))  # nine semitones above C


def rows(family, signal):
    """Return the rows of a family, (n_frames, n_rows)."""
    return family.series(clip_series(NumpyOps(), signal[None], family.needs))[0]


def test_the_values_are_librosas(real):
    chroma = librosa.feature.chroma_stft(y=real, sr=22_050, tuning=0.0)
    expected = librosa.feature.tonnetz(chroma=chroma, sr=22_050).T
    silent = rows(Chroma(), real).max(axis=1) < 1  # librosa stretches what a resampler leaves
    np.testing.assert_allclose(rows(Tonnetz(), real)[~silent], expected[~silent], atol=2e-4)


def test_silence_lies_in_the_middle():
    assert (rows(Tonnetz(), np.zeros(5_000, np.float32)) == 0).all()


def test_a_tone_lies_on_the_circles():
    time = np.arange(22_050) / 22_050
    tone = np.sin(2 * np.pi * 1760 * time).astype(np.float32)
    x = rows(Tonnetz(), tone)[10]
    radii = np.hypot(x[::2], x[1::2])
    # Chroma spreads a tone over its neighbours, which lie far off on the circle of fifths.
    assert (radii <= [1, 1, 0.5]).all()
    np.testing.assert_allclose(np.arctan2(x[::2], x[1::2]), AT_A, atol=0.02)
