"""The fixed tables are librosa's and scipy's."""

from __future__ import annotations

import librosa
import numpy as np
import scipy.fft

from mer_sklearn.features.tables import chroma_bank, cosine_table, mel_bank


def dense(bank, n_bins=1_025):
    columns = []
    for first, last, weights in bank.parts:
        part = np.zeros((n_bins, weights.shape[1]))
        part[first:last] = weights
        columns.append(part)
    return np.hstack(columns)


def test_mel_filters_are_librosas():
    np.testing.assert_allclose(
        dense(mel_bank()).T, librosa.filters.mel(sr=22_050, n_fft=2_048), atol=1e-8
    )


def test_chroma_filters_are_librosas():
    theirs = librosa.filters.chroma(sr=22_050, n_fft=2_048, tuning=0)
    np.testing.assert_allclose(dense(chroma_bank()).T, theirs, atol=1e-6)


def test_the_cosine_table_is_scipys_transform():
    transform = scipy.fft.dct(np.eye(128), type=2, norm="ortho", axis=1)
    np.testing.assert_allclose(cosine_table(40), transform[:, 1:40], atol=1e-7)
