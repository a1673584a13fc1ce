"""Music to be measured: tones with harmonics, chords, scales and cadences."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE, Clip


def _tone(pitch, seconds, n_harmonics=6):
    """Return a tone of a MIDI pitch (69 is A4), faded in and out over 10 ms."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    hz = 440.0 * 2 ** ((pitch - 69) / 12)
    wave = sum(
        0.6 ** (h - 1) * np.sin(2 * np.pi * h * hz * time) for h in range(1, n_harmonics + 1)
    )
    fade = np.clip(np.minimum(time, seconds - time) / 0.01, 0.0, 1.0)
    return 0.1 * fade * wave


@pytest.fixture
def play():
    """Return a function that plays chords, lists of MIDI pitches, one after the other."""

    def play(chords, seconds=0.75):
        return np.concatenate([sum(_tone(pitch, seconds) for pitch in c) for c in chords])

    return play


@pytest.fixture
def cadence(play):
    """Return a function that plays tonic, subdominant, dominant, tonic, each on its bass."""

    def cadence(tonic, mode):
        third, sixth = (4, 9) if mode == "major" else (3, 8)
        triads = [(0, third, 7), (5, sixth, 12), (7, 11, 14), (0, third, 7)]
        return play(
            [[tonic - 12 + chord[0], *(tonic + note for note in chord)] for chord in triads * 2]
        )

    return cadence


@pytest.fixture
def scale(play):
    """Return a function that plays a major or a natural minor scale up and down."""

    def scale(tonic, mode):
        notes = (0, 2, 4, 5, 7, 9, 11, 12) if mode == "major" else (0, 2, 3, 5, 7, 8, 10, 12)
        return play([[tonic + note] for note in notes + notes[::-1]], seconds=0.3)

    return scale


@pytest.fixture
def columns():
    """Return a function from a family and signals to a table without the family's name."""

    def columns(family, *signals):
        clips = [Clip(np.asarray(signal, np.float32), SAMPLE_RATE) for signal in signals]
        table = family.set_output(transform="pandas").fit_transform(clips)
        return table.rename(columns=lambda name: name.removeprefix(f"{family.name}__"))

    return columns
