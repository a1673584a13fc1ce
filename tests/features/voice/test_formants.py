"""Formants of vowels that were made with them."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.clip_series import clip_series
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.features.voice import Formants
from mer_sklearn.features.voice.formants import ORDER, WHITE, _levinson

VOWELS = {  # Hz: the first three formants
    "father": (700, 1220, 2600),
    "see": (280, 2250, 2900),
    "boot": (310, 870, 2250),
    "bed": (530, 1840, 2480),
    "cat": (660, 1720, 2410),
}


@pytest.mark.parametrize("f0", [90.0, 120.0, 160.0])
@pytest.mark.parametrize("name", VOWELS)
def test_a_vowel_has_its_formants(row, vowel, name, f0):
    found = row(Formants(), vowel(VOWELS[name], f0))
    measured = [found[f"f{i}__mean"] for i in (1, 2, 3)]
    np.testing.assert_allclose(measured, VOWELS[name], rtol=0.1)


def test_distances_are_octaves(row, vowel):
    found = row(Formants(), vowel((500, 1500, 2500)))
    assert found["f2_f1__mean"] == pytest.approx(np.log2(3), abs=0.1)
    assert found["f3_f2__mean"] == pytest.approx(np.log2(5 / 3), abs=0.1)


def test_levels_are_those_of_the_envelope(row, vowel):
    found = row(Formants(), vowel(VOWELS["father"]))
    difference = found["f1_level__mean"] - found["f2_level__mean"]
    assert found["f1_f2_level__mean"] == pytest.approx(difference, abs=1e-3)


def test_noise_cannot_be_predicted_and_a_tone_can(row, tone, rng):
    spectrum = np.fft.rfft(rng.normal(size=30_000))
    spectrum[1:] /= np.abs(1 - 0.97 * np.exp(-1j * np.linspace(0, np.pi, 15_000) * 2.2))
    noise = row(Formants(), np.fft.irfft(spectrum, 30_000))
    sine = row(Formants(), tone(np.full(30_000, 500.0), 30.0))
    assert sine["gain__mean"] < noise["gain__mean"] - 10
    assert noise["gain__mean"] > -3


def test_the_recursion_solves_the_normal_equations(rng):
    power = rng.uniform(0.1, 1, size=(1, 4, 64))
    lags = np.cos(np.outer(np.linspace(0, np.pi, 64), np.arange(ORDER + 1)))
    sums = power @ lags
    predictor, error = _levinson(NumpyOps(), sums, np.zeros((1, 4, 1)))
    for found, left, r in zip(predictor[0], error[0], sums[0], strict=True):
        r = r / r[0] / np.append(1.0, np.full(ORDER, 1 + WHITE))
        expected = scipy.linalg.solve_toeplitz(r[:-1], -r[1:])
        np.testing.assert_allclose(found, [1, *expected], atol=1e-9)
        assert left == pytest.approx(1 + expected @ r[1:], abs=1e-9)


def test_the_level_does_not_matter(row, speech):
    soft, loud = (row(Formants(), gain * speech[5]) for gain in (0.1, 1.0))
    for name, value in loud.items():
        assert soft[name] == pytest.approx(value, rel=0.01, abs=0.05), name


def test_silence_has_a_flat_envelope():
    found = clip_series(NumpyOps(), np.zeros((1, SAMPLE_RATE), np.float32), ["formants"]).formants
    assert np.ptp(found, axis=1).max() == 0
    assert np.abs(found[0, 0, [1, 3, 5, 6]]).max() < 1e-6
