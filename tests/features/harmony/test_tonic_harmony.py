"""Harmony relative to bass and tonic: cadences, lines, repetition, transposition."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.features.harmony import TonicRelativeHarmony

TONICS = [60, 64, 67, 71]


@pytest.mark.parametrize("tonic", TONICS)
def test_major_and_minor_triads(cadence, columns, tonic):
    table = columns(TonicRelativeHarmony(), cadence(tonic, "major"), cadence(tonic, "minor"))
    assert table["thirds_mean"][0] > 0.2 > -0.1 > table["thirds_mean"][1]
    assert table["thirds_major_share"][0] > 0.7 > 0.4 > table["thirds_major_share"][1]
    assert table["major_thirds"][0] > table["major_thirds"][1]
    assert table["minor_thirds"][0] < table["minor_thirds"][1]


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("tonic", TONICS)
def test_the_bass_of_a_cadence_stands_on_tonic_subdominant_and_dominant(
    cadence, columns, tonic, mode
):
    degrees = columns(TonicRelativeHarmony(), cadence(tonic, mode)).filter(like="bass_degree_")
    ordered = np.argsort(-degrees.to_numpy()[0])
    assert ordered[0] == 0
    assert set(ordered[:3]) == {0, 5, 7}


@pytest.mark.parametrize(("mode", "third"), [("major", 4), ("minor", 3)])
def test_a_third_and_a_fifth_sound_above_the_bass(play, columns, mode, third):
    chord = [45, 57, 57 + third, 64]
    above = columns(TonicRelativeHarmony(), play([chord] * 4)).loc[0]
    assert above["above_bass_7"] > 1.3
    assert above[f"above_bass_{third}"] > 1.2 * above[f"above_bass_{7 - third}"]


def test_a_bass_that_leaps_is_counted_by_its_steps(play, columns):
    up, still = (play([[40], [pitch]] * 6, seconds=0.5) for pitch in (45, 40))
    table = columns(TonicRelativeHarmony(), up, still)
    assert table["bass_step_+5"][0] > 0.1
    assert table["bass_step_-5"][0] > 0.1
    assert table["bass_step_+0"][1] > 0.95
    assert table["bass_step_+5"][1] == 0


def test_what_comes_back_is_told_from_what_moves_on(play, columns):
    """A chord every 0.74 s: the same one, or one a whole tone higher each time."""
    blocks = 0.743
    chord = np.array([48, 64, 67, 72])
    same, rising = (play([chord + i * step for i in range(6)], blocks) for step in (0, 2))
    table = columns(TonicRelativeHarmony(), same, rising)
    assert table["moved_0.7s_0"][0] > table["moved_0.7s_2"][0]
    assert table["moved_0.7s_2"][1] > table["moved_0.7s_0"][1]
    assert table["moved_0.2s_0"][1] > table["moved_0.7s_0"][1]


@pytest.mark.parametrize(("register", "low"), [("middle", 62), ("high", 77)])
def test_intervals_are_told_in_their_register(play, columns, register, low):
    fourth, third = (play([[low, low + interval]] * 2) for interval in (5, 3))
    table = columns(TonicRelativeHarmony(), fourth, third)
    assert table[f"interval_{register}_5"][0] > table[f"interval_{register}_5"][1]
    assert table[f"interval_{register}_3"][1] > table[f"interval_{register}_3"][0]


def test_one_note_is_more_peaked_than_a_cluster(play, columns):
    table = columns(TonicRelativeHarmony(), play([[69]]), play([[65, 67, 69, 71, 73]]))
    assert table["peaked_middle"][0] > table["peaked_middle"][1]


@pytest.mark.parametrize("up", [-3, 2, 5])
def test_transposition_leaves_about_the_same(cadence, columns, up):
    """Far less changes than between major and minor."""
    here, there, other = (
        columns(TonicRelativeHarmony(), signal).filter(regex="above|degree|moved|thirds")
        for signal in (cadence(65, "major"), cadence(65 + up, "major"), cadence(65, "minor"))
    )
    far, near = (np.abs(x.to_numpy() - here.to_numpy()).mean() for x in (other, there))
    assert near < 0.6 * far


def test_silence_has_no_harmony(columns):
    table = columns(TonicRelativeHarmony(), np.zeros(40_000)).loc[0]
    assert table.filter(regex="above|degree|moved|interval|peaked").abs().max() == 0
    assert table["thirds_mean"] == 0
    assert table["thirds_major_share"] == pytest.approx(0.5)
