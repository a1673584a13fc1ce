"""Mode, key and harmonic movement of music written for the test."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn import Clip
from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.harmony import Key

MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11, 12), (0, 2, 3, 5, 7, 8, 11, 12)


def note(semitone, seconds):
    """Return a note so many semitones above C4, with six harmonics, that fades."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    hz = 440 * 2 ** ((semitone - 9) / 12)
    return sum(0.6**k * np.sin(2 * np.pi * hz * k * time) for k in range(1, 7)) * np.exp(-2 * time)


def melody(*semitones, seconds=0.4):
    return np.concatenate([note(semitone, seconds) for semitone in semitones])


def chords(*notes, seconds=0.5):
    return np.concatenate([sum(note(n, seconds) for n in chord) for chord in notes])


def columns(*signals):
    clips = [Clip(0.1 * signal.astype(np.float32), SAMPLE_RATE) for signal in signals]
    table = Key().set_output(transform="pandas").fit_transform(clips)
    return table.rename(columns=lambda name: name.removeprefix("key__"))


@pytest.mark.parametrize("tonic", [0, 2, 6, 9])
def test_a_major_scale_is_major_and_its_parallel_minor_minor(tonic):
    scales = ([tonic + degree for degree in scale] * 2 for scale in (MAJOR, MINOR))
    major, minor = columns(*(melody(*scale) for scale in scales))["relative_mode"]
    assert major > 0 > minor


@pytest.mark.parametrize("tonic", [0, 3, 7, 10])
def test_triads_are_major_or_minor(tonic):
    triads = ([(tonic, tonic + third, tonic + 7)] * 8 for third in (4, 3))
    table = columns(*(chords(*triad) for triad in triads))
    assert table["relative_mode"][0] > 0.4
    assert table["relative_mode"][1] < -0.4
    assert (table["major"] > table["minor"]).tolist() == [True, False]


def test_noise_has_all_notes_and_no_key(rng):
    noise, scale = rng.normal(size=6 * SAMPLE_RATE), melody(*MAJOR, *MAJOR)
    table = columns(noise, scale)
    assert table["entropy"][0] > 0.99
    assert table["clarity"][0] < 0.2
    assert table["clarity"][1] > 0.5
    assert table["strongest"][0] == pytest.approx(1 / 12, abs=0.02)
    assert table["relative_mode"][0] == pytest.approx(0, abs=0.05)


def test_a_tone_is_one_note():
    tone = np.sin(2 * np.pi * 1760 * np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE)
    row = columns(tone).iloc[0]
    assert row["strongest"] > 0.5
    assert row["entropy"] < 0.5


def test_chords_that_change_move_the_harmony():
    same = chords(*[(0, 4, 7)] * 12)
    cadence = chords(*[(0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7)] * 3)
    table = columns(same, cadence)
    assert table["harmonic_change"][0] < 0.05
    assert table["harmonic_change"][1] > 5 * table["harmonic_change"][0]


def test_a_piece_that_turns_from_major_to_minor_changes_mode():
    major, minor = chords(*[(0, 4, 7)] * 12), chords(*[(0, 3, 7)] * 12)
    table = columns(np.concatenate([major, minor]), np.concatenate([major, major]))
    assert table["mode_change"][0] > 0.3 > 0.05 > table["mode_change"][1]


def test_silence_is_even_and_has_no_mode():
    row = columns(np.zeros(SAMPLE_RATE)).iloc[0]
    zero = ["relative_mode", "mode_change", "major", "minor", "clarity", "harmonic_change"]
    assert (row[zero] == 0).all()
    assert row["entropy"] == pytest.approx(1, abs=1e-4)


def test_transposed_it_is_the_same():
    pieces = (melody(*(shift + d for d in MAJOR), seconds=0.5) for shift in (0, 5))
    low, high = columns(*pieces).to_numpy()
    np.testing.assert_allclose(low, high, atol=0.15)


def test_the_level_does_not_matter(real_clips):
    song = real_clips["emotify/full/rock/76.mp3"]
    loud, soft = columns(song, 0.01 * song).to_numpy()
    np.testing.assert_allclose(loud, soft, rtol=1e-3, atol=1e-3)
