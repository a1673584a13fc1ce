"""Melody and bass: register, intervals, direction, scale."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.harmony import MelodyAndBass

ZERO = 12 * np.log2(40 / 440) + 69  # MIDI pitch of 40 Hz


@pytest.mark.parametrize(("line", "pitch"), [("melody", 60), ("melody", 81), ("bass", 36)])
def test_a_held_note_lies_at_its_pitch_and_stays(play, columns, line, pitch):
    table = columns(MelodyAndBass(), play([[pitch]], seconds=2.0)).loc[0]
    assert table[f"{line}_median"] == pytest.approx(pitch - ZERO, abs=0.5)
    assert table[f"{line}_range"] <= 0.5
    assert table[f"{line}_interval_0"] > 0.95
    assert table[f"{line}_slope"] == pytest.approx(0, abs=0.3)


@pytest.mark.parametrize("direction", [1, -1])
def test_a_glide_rises_or_falls(columns, direction):
    """An octave in two seconds."""
    time = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    octaves = direction * time / 2
    hz = (440 if direction == 1 else 880) * 2**octaves
    phase = 2 * np.pi * np.cumsum(hz) / SAMPLE_RATE
    signal = sum(np.sin(h * phase) / h for h in range(1, 5)) / 4
    table = columns(MelodyAndBass(), signal).loc[0]
    assert table["melody_slope"] == pytest.approx(6 * direction, rel=0.15)
    assert table["melody_range"] == pytest.approx(9.6, abs=1.0)
    if direction == 1:
        assert table["melody_step"] < 1.0


@pytest.mark.parametrize(
    ("interval", "name"), [(1, "1"), (2, "2"), (4, "3-4"), (7, "5-7"), (9, "8-11"), (13, "12_up")]
)
def test_a_leap_is_counted_as_its_interval(play, columns, interval, name):
    signal = play([[65], [65 + interval]] * 4, seconds=0.5)
    found = columns(MelodyAndBass(), signal).filter(regex="melody_interval_")
    moves = found.drop(columns="melody_interval_0").loc[0]
    assert moves.idxmax() == f"melody_interval_{name}"
    assert found.to_numpy().sum() == pytest.approx(1, abs=1e-5)


def test_what_goes_up_is_told_from_what_comes_down(play, columns):
    notes = [60, 64, 67, 71, 74]
    table = columns(MelodyAndBass(), *(play([[n] for n in x], 0.5) for x in (notes, notes[::-1])))
    assert table["melody_upward"][0] > 0.6 > 0.4 > table["melody_upward"][1]


def test_melody_and_bass_are_two_lines(play, columns):
    table = columns(MelodyAndBass(), play([[38, 76]] * 2)).loc[0]
    assert table["bass_median"] == pytest.approx(38 - ZERO, abs=0.7)
    assert table["melody_median"] > table["bass_median"] + 20


def test_few_notes_have_less_entropy_than_many(play, columns):
    few, many = play([[60], [67]] * 6, 0.25), play([[60 + i] for i in range(12)], 0.25)
    table = columns(MelodyAndBass(), few, many)
    assert table["melody_entropy"][0] < table["melody_entropy"][1] <= np.log(12) + 1e-4
    assert table["melody_common"][0] > 0.8 > table["melody_common"][1]


def test_bands_are_registers(play, columns):
    table = columns(MelodyAndBass(), play([[36]]), play([[86]]))
    bands = table.filter(regex="^band_").to_numpy()
    np.testing.assert_allclose(bands.sum(axis=1), 16, rtol=1e-4)
    centre = bands @ np.arange(16) / 16
    assert centre[1] > centre[0] + 4


def test_silence_has_no_pitch_at_all(play, columns):
    """Nor does silence before a note count as a low one."""
    note = play([[76]], seconds=1.0)
    table = columns(MelodyAndBass(), 0 * note, note, np.pad(note, (2 * len(note), 0)))
    pitches = table[["melody_pitch", "melody_p10", "melody_median", "melody_p90", "melody_range"]]
    assert (pitches.loc[0] == 0).all()
    assert table["melody_p10"][2] == pytest.approx(table["melody_p10"][1], abs=0.5)


def test_a_tone_is_clearer_than_noise(play, columns, rng):
    table = columns(MelodyAndBass(), play([[69]]), 0.1 * rng.normal(size=16_000))
    assert table["melody_clarity"][0] > 2 * table["melody_clarity"][1]
    assert table["prominent"][0] < table["prominent"][1]
