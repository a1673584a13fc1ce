"""Roughness, against Sethares's curve, and what makes a sound rough."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.errors import InputError
from mer_sklearn.features.clip_series import clip_series
from mer_sklearn.features.ops import BIN_HZ, NumpyOps
from mer_sklearn.features.spectrum import Roughness


def sethares(low, high):
    """Return the dissonance of two tones of the same strength over their energy."""
    d = 0.24 * (high - low) / (0.0207 * low + 18.96)
    return 0.5 * (np.exp(-3.5 * d) - np.exp(-5.75 * d))


# Two tones nearer than 32 Hz are one peak of the spectrum, which beats.
@pytest.mark.parametrize(
    ("low", "high"), [(440, 480), (440, 550), (440, 660), (1000, 1060), (2000, 2200), (250, 310)]
)
def test_two_tones_lie_on_sethares_curve(columns, tone, low, high):
    found = columns(Roughness(), tone(low, high))["sethares__mean"][0]
    assert found == pytest.approx(sethares(low, high), rel=0.05, abs=1e-3)


@pytest.mark.parametrize("model", ["sethares", "vassilakis"])
@pytest.mark.parametrize("near", [460, 470, 480])
def test_near_tones_are_rougher_than_a_fifth(columns, tone, model, near):
    table = columns(Roughness(), tone(440, near), tone(440, 660))
    assert table[f"{model}__mean"][0] > 10 * table[f"{model}__mean"][1]


def test_a_pure_tone_and_silence_are_not_rough(columns, tone):
    table = columns(Roughness(), tone(440), np.zeros(44_100))
    rough = table[["sethares__p90", "vassilakis__p90"]]
    assert (rough < 1e-3).all(axis=None)


def test_a_cluster_is_rougher_than_a_triad(columns, tone):
    def chord(*notes):
        hz = [261.6 * 2 ** (note / 12) * k for note in notes for k in (1, 2, 3, 4)]
        return 0.2 * tone(*hz)

    table = columns(Roughness(), chord(0, 1, 2), chord(0, 4, 7))
    assert table["sethares__mean"][0] > 1.5 * table["sethares__mean"][1]


def test_partials_are_counted(columns, tone):
    table = columns(Roughness(), tone(400), tone(400, 900, 1700), tone(*range(300, 3300, 500)))
    for name in ("peaks", "layers"):
        np.testing.assert_allclose(table[f"{name}__p10"], [1, 3, 6], atol=0.1)


def test_soft_partials_are_peaks_but_no_layers(columns, tone):
    row = columns(Roughness(), tone(400) + 0.06 * tone(1300)).iloc[0]  # 24 dB below
    assert row["peaks__mean"] == pytest.approx(2, abs=0.1)
    assert row["layers__mean"] == pytest.approx(1.06, abs=0.1)


def test_the_place_of_partials_is_theirs(columns, tone):
    hz = 46 * BIN_HZ, 186 * BIN_HZ  # where bins are, so that they are found alike in strength
    family = Roughness()
    values = family.series(clip_series(NumpyOps(), tone(*hz)[None], family.needs))[0]
    row = dict(zip(family.series_names(), values[5], strict=True))
    octaves = np.log2(np.array(hz) / 1000)
    assert row["centroid"] == pytest.approx(octaves.mean(), abs=1e-3)
    assert row["spread"] == pytest.approx(octaves.std(), abs=1e-3)


def test_a_low_cluster_is_missed(columns, tone):
    """A limit that the docstring states: partials less than 30 Hz apart are one peak."""

    def rough(*hz):
        return columns(Roughness(), tone(*hz))["sethares__mean"][0]

    def cluster(hz):
        return rough(hz, hz * 2 ** (1 / 12), hz * 2 ** (2 / 12))

    assert cluster(110) < 0.5 * rough(110, 165)
    assert cluster(440) > 10 * rough(440, 660)


def test_the_values_asked_for_are_those_of_all(columns, tone):
    whole = columns(Roughness(), tone(440, 480))
    few = columns(Roughness(values=("layers", "sethares")), tone(440, 480))
    assert list(few)[:2] == ["layers__mean", "sethares__mean"]
    np.testing.assert_array_equal(few, whole[few.columns])


@pytest.mark.parametrize("values", ["sethares", (), None, ("low",), ("layers", "layers")])
def test_values_that_are_none_are_refused(values, noise):
    with pytest.raises(InputError, match="value"):
        Roughness(values=values).fit(noise[None])


def test_tones_are_peaks_and_noise_is_not(columns, tone, noise):
    share = columns(Roughness(), tone(400, 900), noise)["peak_share__mean"]
    assert share[0] > 0.5 > 0.2 > share[1]


@pytest.mark.parametrize("level", [0.1, 10])
def test_the_level_does_not_matter(columns, real_clips, level):
    song = real_clips["emotify/full/rock/76.mp3"]
    table = columns(Roughness(), song, level * song)
    np.testing.assert_allclose(table.iloc[1], table.iloc[0], rtol=1e-3, atol=1e-3)
