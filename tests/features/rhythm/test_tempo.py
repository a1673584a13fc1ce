"""Tempo: librosa's value on real clips, and clicks of a known tempo."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE, read_audio
from mer_sklearn.features.rhythm import Tempo

SONGS = [
    f"emotify/full/{genre}/{number}.mp3"
    for genre, number in [("classical", 66), ("rock", 5), ("rock", 76), ("electronic", 48)]
]


def librosas_tempo(signal):
    onset = librosa.onset.onset_strength(y=signal, sr=SAMPLE_RATE)
    return float(librosa.feature.tempo(onset_envelope=onset, sr=SAMPLE_RATE)[0])


def test_bpm_is_librosas_on_real_clips(real, row):
    assert row(Tempo(), real)["bpm"] == pytest.approx(librosas_tempo(real), rel=1e-5)


@pytest.mark.parametrize("name", SONGS)
def test_bpm_is_librosas_on_half_a_minute(mer_data, name, row):
    song = read_audio(mer_data / name, offset=5.0, duration=30.0).signal
    assert row(Tempo(), song)["bpm"] == pytest.approx(librosas_tempo(song), rel=1e-5)


@pytest.mark.parametrize("tempo", [60, 90, 120, 140, 170])
def test_clicks_have_their_tempo(clicks, tempo, row):
    found = row(Tempo(), clicks(tempo))
    assert found["bpm"] == pytest.approx(tempo, rel=0.03)  # whole frames
    assert found["bpm_fine"] == pytest.approx(tempo, rel=0.01)
    assert found["clarity"] > 0.8
    assert found["stability"] > 0.9
    assert found["onset_rate"] == pytest.approx(tempo / 60, abs=0.05)


def test_noise_has_no_clear_pulse(noise, row):
    found = row(Tempo(), noise)
    assert found["clarity"] < 0.25
    assert found["onset_rate"] < 0.5


def test_a_steady_tone_has_no_pulse_and_no_onset(tone, row):
    found = row(Tempo(), tone)
    assert found["clarity"] < 0.05
    assert found["beat_strength"] < 0.01
    assert found["onset_rate"] < 0.1


def test_silence_has_the_usual_tempo_and_nothing_else(row):
    found = row(Tempo(), np.zeros(5 * SAMPLE_RATE))
    assert found.pop("bpm") == pytest.approx(120, rel=0.03)
    assert found.pop("bpm_fine") == pytest.approx(120, rel=0.03)
    assert set(found.values()) == {0.0}


def test_a_change_of_tempo_is_not_stable(clicks, row):
    changing = np.concatenate([clicks(100, 20.0), clicks(117, 20.0)])
    assert row(Tempo(), clicks(100, 40.0))["stability"] > 0.95
    assert row(Tempo(), changing)["stability"] < 0.7


def test_clicks_under_noise_beat_less(clicks, noise, row):
    clean, noisy = row(Tempo(), clicks(120)), row(Tempo(), clicks(120) + noise)
    assert noisy["beat_strength"] < 0.5 * clean["beat_strength"]
    assert noisy["onset_strength"] < 0.5 * clean["onset_strength"]


def test_nothing_depends_on_the_level(real_clips, row):
    song = real_clips["emotify/full/rock/76.mp3"]
    loud, soft = row(Tempo(), song), row(Tempo(), 0.25 * song)
    for name, value in loud.items():
        assert soft[name] == pytest.approx(value, rel=1e-3, abs=1e-3), name
