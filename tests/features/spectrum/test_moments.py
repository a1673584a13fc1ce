"""Spectral moments, on tones and noises whose shape is known."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from mer_sklearn.features.clip_series import clip_series
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.features.spectrum import SpectralMoments
from mer_sklearn.features.spectrum.mel_shape import amplitude_shares, band_centres, energy
from mer_sklearn.features.spectrum.moments import NARROW

OCTAVES = ("0-250", "250-500", "500-1000", "1000-2000", "2000-4000", "4000-11025")


@pytest.fixture
def frames(real):
    """Frames of a real clip: values by name, and the clip."""
    clip = clip_series(NumpyOps(), real[None], ["mel"])
    family = SpectralMoments()
    return dict(zip(family.series_names(), family.series(clip)[0].T, strict=True)), clip


def test_moments_are_those_of_the_amplitudes_over_octaves(frames):
    found, clip = frames
    share = clip.once(amplitude_shares)[0].astype(float)
    octaves = np.log2(band_centres() / 1000)
    centroid = share @ octaves
    off = octaves - centroid[:, None]
    spread = np.sqrt((share * off**2).sum(axis=1))
    third, fourth = ((share * off**k).sum(axis=1) for k in (3, 4))
    expected = {
        "centroid": centroid,
        "spread": spread,
        "skewness": third / (spread + NARROW) ** 3,
        "kurtosis": fourth / (spread + NARROW) ** 4,
    }
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-4, atol=1e-4, err_msg=name)


def test_entropy_is_scipys(frames):
    found, clip = frames
    expected = scipy.stats.entropy(clip.once(amplitude_shares)[0], axis=1) / np.log(128)
    np.testing.assert_allclose(found["entropy"], expected, rtol=1e-5)


@pytest.mark.parametrize("percent", [50, 85, 95])
def test_rolloffs_lie_in_the_band_that_passes_the_share(frames, percent):
    found, clip = frames
    passed = np.cumsum(clip.once(energy)[0].astype(float), axis=1)
    sounding = passed[:, -1] > 1e-3
    band = (passed < passed[:, -1:] * percent / 100).sum(axis=1)[sounding]
    edges = np.log2(np.append(band_centres(), 11_025.0) / 1000)
    ours = found[f"rolloff_{percent}"][sounding]
    assert (ours <= edges[np.minimum(band + 1, 128)] + 1e-4).all()
    assert (ours >= edges[np.maximum(band - 1, 0)] - 1e-4).mean() > 0.99  # the lowest has no edge


@pytest.mark.parametrize("hz", [200, 1000, 3000, 8000])
def test_a_tone_lies_where_it_is(columns, tone, hz):
    row = columns(SpectralMoments(), tone(hz)).iloc[0]
    octaves = np.log2(hz / 1000)
    for name in ("centroid", "rolloff_50", "mean_frequency"):
        assert row[f"{name}__p10"] == pytest.approx(octaves, abs=0.1), name
    assert row["spread__p90"] < 0.5
    assert row["entropy__p90"] < 0.3


def test_a_tone_lies_above_what_is_below_it(columns, tone):
    row = columns(SpectralMoments(), tone(2000)).iloc[0]
    above = [row[f"above_{hz}_hz__p10"] for hz in (500, 1000, 1500, 3000, 6000)]
    np.testing.assert_allclose(above, [1, 1, 1, 0, 0], atol=0.01)


def test_white_noise_is_flat_and_pink_noise_falls_3_db(columns, noise, pink):
    table = columns(SpectralMoments(), noise, pink)
    np.testing.assert_allclose(table["slope__mean"], [0, -3], atol=0.2)
    assert table["entropy__mean"][0] > 0.95
    for octave in OCTAVES:
        assert table[f"flatness_{octave}_hz__mean"][0] > -1.5


def test_a_tone_is_a_crest_in_its_octave_only(columns, tone):
    row = columns(SpectralMoments(), tone(3000)).iloc[0]
    crest = [row[f"crest_{octave}_hz__p10"] for octave in OCTAVES]
    flatness = [row[f"flatness_{octave}_hz__p90"] for octave in OCTAVES]
    assert np.argmax(crest) == np.argmin(flatness) == OCTAVES.index("2000-4000")
    assert max(crest) > 12
    assert sorted(crest)[-2] < 3


def test_what_does_not_change_has_no_flux(columns, tone):
    turns = np.arange(44_100) // 4_410 % 2 == 0  # every 0.2 s
    table = columns(SpectralMoments(), tone(500), np.where(turns, tone(500), tone(5000)))
    assert table["flux__p90"][0] < 1e-3
    assert table["flux__p90"][1] > 0.1


def test_the_level_does_not_matter(columns, noise):
    table = columns(SpectralMoments(), noise, 0.1 * noise)
    np.testing.assert_allclose(table.iloc[0], table.iloc[1], rtol=2e-3, atol=2e-3)
