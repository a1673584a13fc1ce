"""The balance of the spectrum: what the words promise."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.features.spectrum import SpectralBalance


@pytest.mark.parametrize(
    ("hz", "where"),
    [(60, "bass"), (200, "bass"), (1000, "mid"), (3000, "mid"), (6000, "treble")],
)
def test_a_tone_lies_in_its_range(columns, tone, hz, where):
    row = columns(SpectralBalance(), tone(hz)).iloc[0]
    shares = {name: row[f"{name}__mean"] for name in ("bass", "mid", "treble")}
    assert shares.pop(where) > 0.98
    assert max(shares.values()) < 0.02


def test_brightness_is_1_at_3_khz_and_0_at_200_hz(columns, tone):
    bright = columns(SpectralBalance(), tone(3000), tone(200))["brightness__mean"]
    np.testing.assert_allclose(bright, [1, 0], atol=5e-3)


def test_the_shares_make_the_whole(columns, noise):
    row = columns(SpectralBalance(), noise).iloc[0]
    total = row["bass__mean"] + row["mid__mean"] + row["treble__mean"]
    assert total == pytest.approx(1, abs=1e-4)


def test_white_noise_has_the_shares_of_its_bandwidth(columns, noise):
    row = columns(SpectralBalance(), noise).iloc[0]
    assert row["brightness__mean"] == pytest.approx(1 - 1500 / 11_025, abs=0.01)
    assert row["bass__mean"] == pytest.approx(250 / 11_025, abs=0.01)


def test_pink_noise_falls_3_db_an_octave(columns, noise, pink):
    np.testing.assert_allclose(
        columns(SpectralBalance(), noise, pink)["slope__mean"], [0, -3], atol=0.2
    )


def test_a_tone_has_a_crest_and_noise_none(columns, tone, noise):
    crest = columns(SpectralBalance(), tone(1000), noise)["crest__mean"]
    assert 18 < crest[0] < 10 * np.log10(128)
    assert crest[1] < 8


def test_silence_is_0(columns):
    row = columns(SpectralBalance(), np.zeros(22_050)).iloc[0]
    np.testing.assert_allclose(row, 0, atol=1e-4)


def test_the_level_does_not_matter(columns, pink):
    table = columns(SpectralBalance(), pink, 0.05 * pink)
    np.testing.assert_allclose(table.iloc[0], table.iloc[1], rtol=1e-3, atol=1e-3)
