"""Begin, middle and end: what rises, fades and stays."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.voice import SpeechThirds


def test_a_fade_has_its_slope(row, tone):
    """24 dB over the span: thirds stand 8 dB apart."""
    fade = 10 ** (-np.linspace(0, 24, 2 * SAMPLE_RATE) / 20)
    found = row(SpeechThirds(), tone(np.full(2 * SAMPLE_RATE, 150.0)) * fade)
    for third, level in enumerate((8, 0, -8)):
        assert found[f"level_{third}"] == pytest.approx(level, abs=0.6)
        assert found[f"pitch_{third}"] == pytest.approx(0, abs=0.2)


def test_a_question_ends_higher(row, tone):
    octave = 110 * 2 ** np.linspace(0, 1, 2 * SAMPLE_RATE)
    found = row(SpeechThirds(), tone(octave))
    for third, semitones in enumerate((-4, 0, 4)):
        assert found[f"pitch_{third}"] == pytest.approx(semitones, abs=0.3)


def test_thirds_are_those_of_the_span(row, tone):
    signal = tone(110 * 2 ** np.linspace(0, 1, SAMPLE_RATE))
    alone, padded = (row(SpeechThirds(), np.pad(signal, n * 512)) for n in (5, 50))
    for name, value in alone.items():
        assert padded[name] == pytest.approx(value, abs=0.1), name


def test_thirds_cancel(speech):
    """They are the mean less itself when put together again, but for a frame at each seam."""
    for signal in speech[:5]:
        thirds = SpeechThirds().fit_transform(signal[None]).reshape(3, 16)
        largest = np.abs(thirds).max(axis=0)
        assert (np.abs(thirds.mean(axis=0)) < 0.1 * largest + 0.05).all()


def test_the_level_does_not_matter(row, speech):
    soft, loud = (row(SpeechThirds(), gain * speech[8]) for gain in (10.0, 100.0))
    for name, value in loud.items():
        assert soft[name] == pytest.approx(value, abs=0.02), name
