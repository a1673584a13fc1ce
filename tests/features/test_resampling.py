"""The filter inside graphs that take 44 100 or 48 000 Hz: its bands, its twins, soxr."""

from __future__ import annotations

import ndonnx as ndx
import numpy as np
import onnxruntime
import pytest
import spox

from mer_sklearn.audio import resample
from mer_sklearn.features.onnx_ops import GraphOps
from mer_sklearn.features.resampling import RATES, low_pass, to_working_rate

OTHER_RATES = RATES[1:]


def tone(hz, rate, seconds=1.0):
    return np.sin(2 * np.pi * hz * np.arange(round(rate * seconds)) / rate).astype(np.float32)[None]


def level(signal):
    """Return the level in dB of a full-scale tone, the ends left out."""
    inner = signal[0, 1_000:-1_000].astype(np.float64)
    return 10 * np.log10(2 * np.mean(inner**2) + 1e-30)


@pytest.fixture(scope="module", params=OTHER_RATES)
def rate(request):
    return request.param


@pytest.fixture(scope="module")
def graph(rate):
    signal = ndx.argument(shape=("n_clips", "n_samples"), dtype=ndx.float32)
    out = GraphOps().to_working_rate(signal, rate)
    model = spox.build({"x": signal.unwrap_spox()}, {"y": out.unwrap_spox()})
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return lambda x: session.run(None, {"x": x})[0]


@pytest.mark.parametrize("hz", [1.0, 100.0, 1_000.0, 5_000.0, 9_000.0, 10_000.0])
def test_what_is_below_is_passed(hz, rate):
    expected = tone(hz, 22_050)
    found = to_working_rate(tone(hz, rate), rate)
    np.testing.assert_allclose(found[:, 1_000:-1_000], expected[:, 1_000:-1_000], atol=2e-5)


@pytest.mark.parametrize("hz", [11_025.0, 11_500.0, 13_000.0, 16_000.0, 20_000.0, 21_999.0])
def test_what_is_above_is_stopped(hz, rate):
    assert level(to_working_rate(tone(hz, rate), rate)) < -98.0


def test_the_slope_lies_between(rate):
    assert level(to_working_rate(tone(10_544.0, rate), rate)) == pytest.approx(-6.0, abs=0.1)


def test_the_filter_is_nearly_soxrs(rate, rng):
    """But for the slope between 10 063 and 11 025 Hz."""
    white = rng.normal(scale=0.1, size=(1, 3 * rate)).astype(np.float32)
    both = to_working_rate(white, rate)[0], resample(white[0], rate)
    ours, theirs = (np.abs(np.fft.rfft(x * np.hanning(3 * 22_050)))[: 3 * 10_000] for x in both)
    assert np.abs(ours - theirs).max() < 1e-3 * theirs.max()


def test_a_constant_stays_one(rate):
    np.testing.assert_allclose(low_pass(rate).sum(axis=0), 1.0, atol=1e-6)
    found = to_working_rate(np.ones((1, rate), np.float32), rate)
    np.testing.assert_allclose(found[:, 200:-200], 1.0, atol=1e-5)


def test_the_working_rate_needs_nothing():
    signal = np.ones((2, 10), np.float32)
    assert to_working_rate(signal, 22_050) is signal


@pytest.mark.parametrize("n_samples", [1, 2, 146, 147, 294, 320, 321, 1_000, 48_001, 300_000])
def test_graph_and_numpy_agree(n_samples, rate, graph, rng):
    signal = rng.normal(scale=0.3, size=(2, n_samples)).astype(np.float32)
    expected = to_working_rate(signal, rate)
    assert expected.shape == (2, -(-n_samples * 22_050 // rate))
    np.testing.assert_allclose(graph(signal), expected, atol=1e-6)
