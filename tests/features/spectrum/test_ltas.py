"""The long-term average spectrum, on sounds whose third octaves are known."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.features.spectrum import LongTermSpectrum
from mer_sklearn.features.spectrum.ltas import NOMINAL


def part(table, name):
    return table.filter(like=f"_hz_{name}").set_axis(NOMINAL, axis=1)


@pytest.mark.parametrize("hz", [63, 160, 500, 1000, 4000, 10_000])
def test_a_tone_lies_in_its_third_octave(columns, tone, hz):
    level = part(columns(LongTermSpectrum(), tone(hz)), "level").iloc[0]
    assert level.idxmax() == hz
    assert level.max() == pytest.approx(0, abs=1.5)
    assert level[[other for other in NOMINAL if not hz / 3 < other < hz * 3]].max() < -30


def test_white_noise_rises_1_db_a_third_octave_and_pink_noise_does_not(columns, noise, pink):
    level = part(columns(LongTermSpectrum(), noise, pink), "level")[list(NOMINAL[5:-1])]
    rise = np.polyfit(np.arange(level.shape[1]), level.to_numpy().T, 1)[0]
    np.testing.assert_allclose(rise, [10 * np.log10(2) / 3, 0], atol=0.1)


def test_the_levels_add_up_to_the_whole(columns, noise):
    level = part(columns(LongTermSpectrum(), noise), "level").iloc[0]
    assert (10 ** (level / 10)).sum() == pytest.approx(1, abs=0.01)


def test_what_is_louder_and_brighter_at_once_says_so(columns, tone):
    both = np.concatenate([tone(500), tone(500) + 3 * tone(5000)])
    table = columns(LongTermSpectrum(), both)
    difference = part(table, "loud_minus_soft").iloc[0]
    assert difference[5000] > 40
    assert abs(difference[500]) < 1


def test_the_range_is_that_of_the_level(columns, noise):
    fade = noise * 10 ** np.linspace(-2, 0, len(noise))  # 40 dB up: 32 from the 10th to the 90th
    found = part(columns(LongTermSpectrum(), fade), "range").iloc[0]
    assert found[[1000, 4000, 8000]].to_numpy() == pytest.approx(32, abs=3)


def test_the_level_does_not_matter(columns, pink):
    table = columns(LongTermSpectrum(), pink, 0.05 * pink)
    np.testing.assert_allclose(table.iloc[0], table.iloc[1], atol=0.01)
