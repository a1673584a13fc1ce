"""Form: what comes back, what is new, where the sound drifts."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.clip_series import clip_series
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.features.timbre import Form

WINDOW = 43 * 512  # samples of one second as the family cuts it


def form(signal):
    family = Form()
    row = family.fit_transform(np.asarray(signal, float)[None])[0]
    return {
        name.split("__")[1]: value for name, value in zip(family.column_names(), row, strict=True)
    }


def tone(hz, n_samples):
    return 0.3 * np.sin(2 * np.pi * hz * np.arange(n_samples) / SAMPLE_RATE)


@pytest.fixture
def noise(rng):
    return 0.1 * rng.normal(size=16 * WINDOW)


@pytest.fixture
def turns(noise):
    """Noise and a tone, each for two seconds, four times."""
    second = np.arange(noise.size) // WINDOW
    return np.where(second % 4 < 2, noise, tone(440, noise.size))


def explicit(x, faint):
    """Return the matrix of cosines of all pairs of seconds."""
    u = x / (np.linalg.norm(x, axis=1, keepdims=True) + faint)
    return u @ u.T


@pytest.fixture
def seconds(turns):
    clip = clip_series(NumpyOps(), turns[None].astype(np.float32), ["mel", "chroma"])
    rows = np.concatenate([clip.mfcc(20)[0, :, 1:], clip.chroma[0]], axis=1).astype(float)
    rows = rows[: len(rows) // 43 * 43].reshape(-1, 43, 31).mean(axis=1)
    return rows[:, :19] - rows[:, :19].mean(axis=0), rows[:, 19:]


def test_what_takes_turns_comes_back_after_a_period(turns):
    found = form(turns)
    for kind in ("timbre", "chroma"):
        assert found[f"{kind}_similarity_4s"] > found[f"{kind}_similarity_2s"] + 0.3
        assert found[f"{kind}_similarity_8s"] > found[f"{kind}_similarity_2s"] + 0.3
    assert found["timbre_similarity_2s"] < -0.5
    assert found["timbre_similarity_4s"] > 0.9


def test_similarity_is_that_of_the_matrix_of_all_pairs(turns, seconds):
    found = form(turns)
    for kind, x, faint in zip(("timbre", "chroma"), seconds, (1.0, 0.01), strict=True):
        pairs = explicit(x, faint)
        for lag in (1, 2, 4, 8):
            expected = np.diagonal(pairs, lag).mean()
            np.testing.assert_allclose(found[f"{kind}_similarity_{lag}s"], expected, atol=1e-4)
        assert found[f"{kind}_similarity_16s"] == found[f"{kind}_similarity_8s"]  # half of 16
        np.testing.assert_allclose(found[f"{kind}_similarity_std"], pairs.std(), atol=1e-4)
    np.testing.assert_allclose(found["chroma_similarity_mean"], pairs.mean(), atol=1e-4)


def test_novelty_and_spread_are_those_of_the_seconds(turns, seconds):
    found = form(turns)
    for kind, x in zip(("timbre", "chroma"), seconds, strict=True):
        step = np.linalg.norm(np.diff(x, axis=0), axis=1)
        np.testing.assert_allclose(found[f"{kind}_novelty_mean"], step.mean(), rtol=1e-3)
        np.testing.assert_allclose(found[f"{kind}_novelty_std"], step.std(), rtol=1e-3)
        np.testing.assert_allclose(found[f"{kind}_spread"], x.std(axis=0).mean(), rtol=1e-3)


def test_slopes_are_those_of_fitted_lines(turns, seconds):
    found, x = form(turns), seconds[0]
    slopes = np.polyfit(np.linspace(-1, 1, len(x)), x[:, :12], 1)[0]
    for i, slope in enumerate(slopes, start=1):
        assert found[f"slope_{i}"] == pytest.approx(slope, abs=1e-2)
        assert found[f"drift_{i}"] == abs(found[f"slope_{i}"])


def test_a_clip_that_brightens_tilts_and_backwards_it_darkens(noise):
    bright = np.diff(noise, append=0.0)
    share = np.linspace(0, 1, noise.size)
    sound = share * bright + (1 - share) * np.cumsum(noise - noise.mean()) / 20
    ahead, back = form(sound), form(sound[::-1].copy())
    assert ahead["slope_1"] < -10  # coefficient 1 is high where low bands are loud
    assert back["slope_1"] == pytest.approx(-ahead["slope_1"], rel=0.1)
    assert back["drift_1"] == pytest.approx(ahead["drift_1"], rel=0.1)


def test_chords_that_change_are_new_to_the_chroma(noise):
    second = np.arange(noise.size) // WINDOW
    changing = np.where(second % 2, tone(440, noise.size), tone(622.25, noise.size))
    held, moving = form(tone(440, noise.size) + noise), form(changing + noise)
    assert moving["chroma_novelty_mean"] > 5 * held["chroma_novelty_mean"]
    assert held["chroma_similarity_1s"] > 0.97
    assert moving["chroma_similarity_1s"] < moving["chroma_similarity_2s"]


@pytest.mark.parametrize("n_samples", [1, 600, 30_000])
def test_one_second_has_no_form(rng, n_samples):
    found = form(0.1 * rng.normal(size=n_samples))
    assert found.pop("chroma_similarity_mean") > 0.9
    np.testing.assert_allclose(list(found.values()), 0, atol=1e-4)


def test_level_does_not_matter(turns):
    loud, soft = form(turns), form(turns / 50)
    np.testing.assert_allclose(list(loud.values()), list(soft.values()), atol=2e-3)
