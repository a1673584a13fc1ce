"""The modulation spectrum: sounds that come and go at a known rate, and numpy's own FFT."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.clip_series import clip_series
from mer_sklearn.features.derived import bands
from mer_sklearn.features.ops import FRAME_RATE, NumpyOps
from mer_sklearn.features.timbre import ModulationSpectrum
from mer_sklearn.features.timbre.modulation import EDGES, RATES, SIZE, STILL

AT_TONE = 2  # the one of 20 bands that holds 440 Hz: 315 to 473 Hz


def modulation(signal):
    """Return the columns by row (bands, all, change) and rate."""
    row = ModulationSpectrum().fit_transform(np.asarray(signal, float)[None])[0]
    return row[:160].reshape(20, 8), row[160:168], row[168:]


def by_fft(signal):
    """Return the mean amplitude of each band and rate, as the definition says it."""
    x = bands(clip_series(NumpyOps(), signal[None].astype(np.float32), ["mel"]))[0]
    x = x.reshape(len(x), 20, 2).mean(axis=2).astype(float)
    x = np.pad(x[2:-2], ((2, 2 + max(0, SIZE - len(x))), (0, 0)), mode="edge")
    windows = np.array([x[i : i + SIZE] for i in range(0, len(x) - SIZE + 1, SIZE // 2)])
    windows = (windows - windows.mean(axis=1, keepdims=True)) * np.hanning(SIZE)[:, None]
    amplitude = np.abs(np.fft.rfft(windows, axis=1)) / SIZE
    hz = np.fft.rfftfreq(SIZE, 1 / FRAME_RATE)
    chosen = [(hz >= low) & (hz < high) for low, high in itertools.pairwise(EDGES)]
    return np.stack([amplitude[:, rate].mean(axis=1) for rate in chosen], axis=-1)


def tremolo(hz, seconds=14.0, depth=0.4):
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return 0.5 * np.sin(2 * np.pi * 440 * time) * (1 + depth * np.sin(2 * np.pi * hz * time))


@pytest.mark.parametrize("seconds", [14.0, 6.5, 3.0, 0.5])
def test_it_is_the_fft_of_the_bands(rng, seconds):
    signal = tremolo(3.0, seconds)
    signal = signal + rng.normal(size=signal.size) * np.linspace(0, 0.5, signal.size)
    per_band, both, change = modulation(signal)
    expected = by_fft(signal)
    np.testing.assert_allclose(per_band, np.log(expected.mean(axis=0) + STILL), atol=1e-4)
    np.testing.assert_allclose(both, np.log(expected.mean(axis=(0, 1)) + STILL), atol=1e-4)
    deviation = np.log(expected + STILL).std(axis=0).mean(axis=0)
    np.testing.assert_allclose(change, deviation, atol=1e-4)


@pytest.mark.parametrize(
    ("hz", "rate"),
    [
        (0.4, "0.25-0.6_hz"),
        (0.9, "0.6-1.2_hz"),
        (1.6, "1.2-2_hz"),
        (2.5, "2-3_hz"),
        (3.7, "3-4.5_hz"),
        (5.0, "4.5-7_hz"),
        (9.0, "7-11_hz"),
    ],
)
def test_a_tremolo_stands_at_its_rate(hz, rate):
    per_band, both, _ = modulation(tremolo(hz))
    assert RATES[both.argmax()] == rate
    assert RATES[per_band[AT_TONE].argmax()] == rate


@pytest.mark.parametrize("seconds", [2.0, 3.3, 5.9])
def test_a_steady_tone_is_still_at_any_length_and_a_tremolo_is_not(seconds):
    rate = RATES.index("4.5-7_hz")
    short, steady = (
        modulation(tremolo(5.0, seconds, depth=depth))[0][AT_TONE] for depth in (0.4, 0.0)
    )
    np.testing.assert_allclose(steady, np.log(STILL), atol=1.0)
    assert short[rate] > steady[rate] + 3
    fast = RATES.index("2-3_hz")  # the slower ones hold the end of the clip, too
    assert short[fast:].argmax() + fast == rate


@pytest.mark.parametrize("n_samples", [1, 512, 2_048])
def test_what_is_shorter_than_its_edges_is_still(n_samples):
    per_band, _, _ = modulation(tremolo(5.0, 1.0)[:n_samples])
    np.testing.assert_allclose(per_band, np.log(STILL), rtol=1e-3)


def test_a_deeper_tremolo_is_modulated_more():
    rate = RATES.index("4.5-7_hz")
    flat, deep = (modulation(tremolo(5.0, depth=depth))[0][AT_TONE, rate] for depth in (0.1, 0.4))
    assert flat + 1 < deep < flat + 2  # the logarithm of 4 is 1.4


def test_what_begins_halfway_changes_from_window_to_window():
    steady = tremolo(5.0, 24.0)
    late = np.concatenate([tremolo(5.0, 12.0, depth=0.0), tremolo(5.0, 12.0)])
    rate = RATES.index("4.5-7_hz")
    assert modulation(late)[2][rate] > modulation(steady)[2][rate] + 0.3


def test_silence_is_still():
    per_band, both, change = modulation(np.zeros(8 * SAMPLE_RATE))
    np.testing.assert_allclose(per_band, np.log(STILL), rtol=1e-3)
    np.testing.assert_allclose(both, np.log(STILL), rtol=1e-3)
    np.testing.assert_allclose(change, 0, atol=1e-3)


def test_level_does_not_matter(rng):
    sound = tremolo(3.0) + 0.1 * rng.normal(size=14 * SAMPLE_RATE)
    for loud, soft in zip(modulation(sound), modulation(sound / 30), strict=True):
        np.testing.assert_allclose(loud, soft, atol=1e-3)
