"""Texture windows: movement within windows, from window to window, and of the movement."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.clip_series import clip_series
from mer_sklearn.features.derived import bands
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.features.timbre import TextureWindows


def texture(signal):
    """Return the columns as {quantity: 40 bands}."""
    family = TextureWindows()
    row = family.fit_transform(np.asarray(signal, float)[None])[0]
    quantities = [name.split("__")[1].rpartition("_")[0] for name in family.column_names()]
    return {q: row[np.array(quantities) == q] for q in dict.fromkeys(quantities)}


@pytest.fixture
def noise(rng):
    return 0.1 * rng.normal(size=20 * SAMPLE_RATE)


@pytest.fixture
def seconds():
    return np.arange(20 * SAMPLE_RATE) / SAMPLE_RATE


def test_steady_noise_moves_within_windows_only(noise):
    found = texture(noise)
    for length in ("1s", "5s"):
        within = found[f"std_{length}"].mean()
        assert found[f"std_of_mean_{length}"].mean() < 0.3 * within
        assert found[f"std_of_std_{length}"].mean() < 0.3 * within
    assert found["std_of_mean_5s"].mean() < 0.6 * found["std_of_mean_1s"].mean()


def test_one_step_of_level_moves_the_windows_by_half_of_it(noise, seconds):
    found = texture(noise * np.where(seconds < 10, 1, 0.1))  # 20 dB
    np.testing.assert_allclose(found["std_of_mean_1s"], 10, atol=1)
    np.testing.assert_allclose(found["std_1s"], texture(noise)["std_1s"], atol=0.8)


def test_a_beat_of_a_second_moves_within_windows(noise, seconds):
    found, still = texture(noise * np.where(seconds % 1 < 0.5, 1, 0.1)), texture(noise)
    assert found["std_1s"].min() > still["std_1s"].max() + 5
    assert found["std_of_mean_1s"].max() < 3


def test_movement_that_begins_halfway_is_movement_of_the_movement(noise, seconds):
    beat = np.where((seconds % 1 < 0.5) | (seconds < 10), 1, 0.1)
    assert texture(noise * beat)["std_of_std_1s"].min() > 3


@pytest.mark.parametrize(("length", "size"), [("1s", 43), ("5s", 215)])
def test_windows_are_those_of_the_bands(real_clips, length, size):
    signal = np.tile(real_clips["emotify/full/pop/11.mp3"], 3)
    x = bands(clip_series(NumpyOps(), signal[None], ["mel"]))[0]
    cut = np.array([x[i : i + size] for i in range(0, len(x) - size + 1, size // 2)])
    found = texture(signal)
    np.testing.assert_allclose(found["mean"], x.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(found[f"std_{length}"], cut.std(axis=1).mean(axis=0), rtol=1e-4)
    np.testing.assert_allclose(
        found[f"std_of_mean_{length}"], cut.mean(axis=1).std(axis=0), rtol=1e-3
    )
    np.testing.assert_allclose(
        found[f"std_of_std_{length}"], cut.std(axis=1).std(axis=0), rtol=1e-3
    )


def test_level_moves_the_means_alone(noise, seconds):
    sound = noise * (1 + np.sin(2 * np.pi * 3 * seconds))
    loud, soft = texture(sound), texture(sound / 10)
    np.testing.assert_allclose(loud["mean"] - soft["mean"], 20, atol=1e-3)
    for name in set(loud) - {"mean"}:
        np.testing.assert_allclose(loud[name], soft[name], atol=1e-3)
