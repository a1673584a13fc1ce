"""How coefficients move: three scales of time, on sounds that move on one of them."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features import MFCC
from mer_sklearn.features.clip_series import clip_series
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.features.timbre import MFCCDynamics
from mer_sklearn.features.timbre.dynamics import STILL


def dynamics(*signals):
    """Return the columns as {quantity: (n_clips, 20)}."""
    family = MFCCDynamics()
    table = family.fit_transform([np.asarray(signal, float) for signal in signals])
    quantities = [name.split("__")[1].rpartition("_")[0] for name in family.column_names()]
    return {q: table[:, np.array(quantities) == q] for q in dict.fromkeys(quantities)}


@pytest.fixture
def noise(rng):
    return 0.1 * rng.normal(size=10 * SAMPLE_RATE)


@pytest.fixture
def seconds():
    return np.arange(10 * SAMPLE_RATE) / SAMPLE_RATE


@pytest.fixture
def song(real_clips):
    signal = real_clips["emotify/full/rock/76.mp3"]
    return signal, clip_series(NumpyOps(), signal[None], ["mel"]).mfcc(20)[0].astype(float)


def test_the_mean_is_that_of_mfcc(song):
    signal, _ = song
    expected = MFCC(deltas=0, statistics=("mean",)).fit_transform(signal[None])
    np.testing.assert_allclose(dynamics(signal)["mean"], expected, rtol=1e-5, atol=1e-4)


def test_shapes_are_scipys_but_for_the_damping(song):
    signal, mfcc = song
    found, damping = dynamics(signal), mfcc.std(axis=0) / (mfcc.std(axis=0) + STILL)
    skew, kurtosis = scipy.stats.skew(mfcc), scipy.stats.kurtosis(mfcc)
    np.testing.assert_allclose(found["skew"][0], skew * damping**3, atol=1e-3)
    np.testing.assert_allclose(found["kurtosis"][0], (kurtosis + 3) * damping**4 - 3, atol=1e-3)


def test_the_steps_are_those_from_frame_to_frame(song):
    signal, mfcc = song
    steps = np.abs(np.diff(mfcc, axis=0)).mean(axis=0)
    np.testing.assert_allclose(dynamics(signal)["difference"][0], np.log(steps + STILL), atol=1e-4)


@pytest.mark.parametrize(("lag", "name"), [(4, "autocorrelation_93ms"), (43, "autocorrelation_1s")])
def test_autocorrelation_is_that_of_the_pairs(song, lag, name):
    signal, mfcc = song
    off = mfcc - mfcc.mean(axis=0)
    a, b = off[lag:], off[:-lag]
    expected = 2 * (a * b).sum(axis=0) / ((a * a).sum(axis=0) + (b * b).sum(axis=0))
    np.testing.assert_allclose(dynamics(signal)[name][0], expected, atol=5e-3)


@pytest.mark.parametrize(("period", "sign"), [(1.0, 1), (2.0, -1), (0.5, 1)])
def test_what_comes_back_after_a_second_is_like_itself(noise, seconds, period, sign):
    level = dynamics(noise * (1 + 9 * (seconds % period < period / 2)))["autocorrelation_1s"][0, 0]
    assert sign * level > 0.8


def test_noise_is_like_itself_at_no_lag(noise):
    found = dynamics(noise)
    assert np.abs(found["autocorrelation_93ms"]).max() < 0.2
    assert np.abs(found["autocorrelation_1s"]).max() < 0.2


def test_slow_and_fast_movement_are_told_apart(noise, seconds):
    slow, fast = (noise * (1 + 9 * (seconds * hz % 1 < 0.5)) for hz in (0.1, 4.0))
    found = dynamics(slow, fast)
    within, between = found["std_1s"][:, 0], found["std_of_mean_1s"][:, 0]
    assert within[1] > within[0] + 1
    assert between[0] > between[1] + 1
    assert found["difference"][1, 0] > found["difference"][0, 0]


def test_silence_stands_still():
    found = {name: values[0, 1:] for name, values in dynamics(np.zeros(60_000)).items()}
    for name in ("difference", "std_1s", "std_of_mean_1s"):
        np.testing.assert_allclose(found[name], np.log(STILL), rtol=1e-5)
    for name in ("autocorrelation_93ms", "autocorrelation_1s", "skew"):
        np.testing.assert_allclose(found[name], 0, atol=1e-5)
    np.testing.assert_allclose(found["kurtosis"], -3, atol=1e-5)


def test_level_moves_the_mean_of_coefficient_0_alone(noise, seconds):
    sound = noise * (1 + 0.9 * np.sin(2 * np.pi * 3 * seconds)) * (1 + 0.9 * np.sin(seconds))
    found = dynamics(sound, sound / 100)
    lowered = found["mean"][0] - found["mean"][1]
    np.testing.assert_allclose(lowered, [40 * np.sqrt(128), *[0] * 19], atol=0.02)
    for name in set(found) - {"mean"}:
        np.testing.assert_allclose(found[name][0], found[name][1], atol=2e-3)
