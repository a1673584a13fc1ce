"""What is read off mel bands, against the bins they come from."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.features.clip_series import clip_series
from mer_sklearn.features.ops import BIN_HZ, NumpyOps
from mer_sklearn.features.spectrum import mel_shape
from mer_sklearn.features.tables import mel_bank


@pytest.fixture
def clip(real):
    return clip_series(NumpyOps(), real[None], ["mel"])


@pytest.fixture
def power(real):
    """Power spectra of every fourth frame."""
    padded = np.pad(real.astype(float), 1024)
    frames = np.lib.stride_tricks.sliding_window_view(padded, 2048)[::512][::4]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2048) / 2048)
    return np.abs(np.fft.rfft(frames * window)) ** 2


def test_band_edges_are_those_of_the_filters():
    low, centre, high = mel_shape.band_edges()
    peak = 2 / (high - low)
    for first, _, weights in mel_bank().parts:
        f = (first + np.arange(len(weights))) * BIN_HZ
        start = np.searchsorted(low, low[np.argmin(np.abs(low - f[0]))]) if first else 0
        bands = slice(start, start + weights.shape[1])
        rising = (f[:, None] - low[bands]) / (centre - low)[bands]
        falling = (high[bands] - f[:, None]) / (high - centre)[bands]
        expected = np.maximum(0, np.minimum(rising, falling)) * peak[bands]
        np.testing.assert_allclose(weights, expected, atol=1e-7)


def test_the_total_is_the_power_of_the_frame(clip, power):
    total = clip.once(mel_shape.total)[0, :, 0]
    bins, centres = np.arange(1025) * BIN_HZ, mel_shape.band_centres()
    inside = (bins >= centres[0]) & (bins <= centres[-1])  # beyond, the outermost bands fall off
    assert (total >= power[:, inside].sum(axis=1) * 0.9999 - 1e-6).all()
    assert (total <= power.sum(axis=1) * 1.0001 + 1e-6).all()


@pytest.mark.parametrize("hz", [500, 1500, 6000])
def test_shares_above_are_those_of_the_bins(clip, power, hz):
    ours = mel_shape.shares_above(clip, [hz])[0, :, 0]
    loud = power.sum(axis=1) > 1e-3
    bins = np.arange(1025) * BIN_HZ
    expected = power[:, bins > hz].sum(axis=1) / np.maximum(power.sum(axis=1), 1e-9)
    assert np.abs(ours - expected)[loud].mean() < 0.02
    assert ((ours >= 0) & (ours <= 1.0001)).all()


def test_octaves_are_those_of_the_centres(clip):
    place = np.arange(128, dtype=np.float32)[None]
    expected = np.log2(mel_shape.band_centres() / 1000)
    np.testing.assert_allclose(mel_shape.octaves(clip, place)[0], expected, atol=1e-5)


def test_shares_add_up_to_1(clip):
    np.testing.assert_allclose(clip.once(mel_shape.amplitude_shares).sum(axis=-1), 1, rtol=1e-5)
