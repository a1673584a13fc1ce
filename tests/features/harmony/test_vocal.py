"""The vocal line: vibrato, drift, syllables, voicing."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.harmony import VocalLine

TIME = np.arange(6 * SAMPLE_RATE) / SAMPLE_RATE


def sung(hz=0.0, semitones=0.0, pitch=440.0):
    """Return a tone whose pitch swings `hz` times a second by so many semitones to either side."""
    swing = 2 ** (semitones / 12 * np.sin(2 * np.pi * hz * TIME))
    phase = 2 * np.pi * np.cumsum(pitch * swing) / SAMPLE_RATE
    return sum(np.sin(h * phase) / h for h in range(1, 6)) / 4


@pytest.mark.parametrize("hz", [5.0, 6.0, 7.0])
def test_vibrato_shows_in_its_band(columns, hz):
    table = columns(VocalLine(), sung(hz, 0.6), sung()).loc
    assert table[0, "vibrato"] > 0.6
    assert table[0, "drift"] < 0.2
    assert table[1, "vibrato"] < 0.1
    assert table[0, "motion"] > table[1, "motion"] + 2
    assert table[0, "jumps"] > table[1, "jumps"]


def test_slow_change_is_drift(columns):
    table = columns(VocalLine(), sung(1.0, 1.0)).loc[0]
    assert table["drift"] > 0.6 > 0.2 > table["vibrato"]


def test_a_vibrato_now_and_then_shows_in_p90(columns):
    now_and_then = np.where(TIME < 4, sung(), sung(6.0, 0.6))
    table = columns(VocalLine(), now_and_then).loc[0]
    assert table["vibrato_p90"] > 0.5 > table["vibrato"]


@pytest.mark.parametrize("group", ["low", "middle", "presence", "high"])
def test_syllables_are_modulation_at_4_hz(columns, rng, group):
    noise = 0.1 * rng.normal(size=len(TIME))
    swings = [np.sin(2 * np.pi * rate * TIME) for rate in (0.8, 4.0, 10.0)]
    modulated = [noise * 10 ** (0.4 * swing) for swing in swings]  # 8 dB to either side
    table = columns(VocalLine(), *modulated)
    assert table[f"syllables_{group}"].idxmax() == 1
    assert table[f"syllables_{group}"].idxmin() == 2
    assert table[f"syllables_over_phrases_{group}"].idxmax() == 1
    assert table[f"syllables_over_phrases_{group}"].idxmin() == 0


def test_a_tone_is_voiced_and_noise_is_not(columns, rng):
    table = columns(VocalLine(), sung(pitch=220.0), 0.1 * rng.normal(size=len(TIME)))
    assert table["voiced"][0] > 0.95
    assert table["clearly_voiced"][0] > 0.95
    assert table["f0"][0] == pytest.approx(np.log2(2.2), abs=0.02)
    assert table["f0_std"][0] < 0.05
    assert table["voiced"][1] < 0.2
    assert table["clarity_mean"][0] > 2 * table["clarity_mean"][1]
    assert table["periodicity_median"][0] > 0.9 > 0.5 > table["periodicity_median"][1]


def test_level_does_not_matter(columns):
    loud, soft = columns(VocalLine(), sung(6.0, 0.6), sung(6.0, 0.6) / 100).to_numpy()
    np.testing.assert_allclose(soft, loud, atol=0.05)
