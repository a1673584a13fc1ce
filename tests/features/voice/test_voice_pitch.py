"""The melody of a voice: jitter, shimmer, harmonics over noise, segments and pauses."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.clip_series import ClipSeries
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.features.voice import VoicePitch

JITTERS = (0.0, 0.01, 0.03, 0.08)  # of a period
SHIMMERS = (0.0, 0.1, 0.2, 0.4)  # of a pulse


def test_a_steady_voice_is_steady(row, tone):
    found = row(VoicePitch(), tone(np.full(2 * SAMPLE_RATE, 165.0)))
    assert found["f0_mean"] == pytest.approx(12 * np.log2(3), abs=0.02)
    assert found["f0_std"] < 0.1
    assert found["jitter"] < np.log(0.03)
    assert found["voiced_share"] > 0.95
    assert found["segments_per_second"] == pytest.approx(0.5, abs=0.02)
    assert found["segment_length"] == pytest.approx(2.0, abs=0.1)


def test_jitter_rises_with_that_of_the_pulses(row, pulses):
    found = [row(VoicePitch(), pulses(jitter=depth))["jitter"] for depth in JITTERS]
    assert (np.diff(found) > 0.2).all()


def test_shimmer_rises_with_that_of_the_pulses(row, pulses):
    found = [row(VoicePitch(), pulses(shimmer=depth))["shimmer"] for depth in SHIMMERS]
    assert (np.diff(found) > 0.05).all()


def frames(level_db, semitones):
    """Return the columns of voiced frames of given level and pitch."""
    rms = 0.1 * 10 ** (np.asarray(level_db, np.float32) / 20)
    hz = 110 * 2 ** (np.asarray(semitones, np.float32) / 12)
    series = {"rms": rms[:, None], "pitch": np.stack([hz, np.full_like(hz, 0.9)], axis=-1)}
    clip = ClipSeries(NumpyOps(), {name: rows[None] for name, rows in series.items()})
    names = (name.removeprefix("voice_pitch__") for name in VoicePitch().column_names())
    return dict(zip(names, VoicePitch().columns(clip)[0].tolist(), strict=True))


def test_frames_that_alternate_step_by_two_and_turn_by_four():
    """One dB, one semitone up and down: steps of +2 and -2, which change by 4."""
    alternate, still = np.tile([1, -1], 50), np.zeros(100)
    shaking, trembling = frames(alternate, still), frames(still, alternate)
    assert shaking["level_step"] == pytest.approx(np.log(2 + 0.1), abs=1e-3)
    assert shaking["shimmer"] == pytest.approx(np.log(4 + 0.1), abs=1e-3)
    assert shaking["jitter"] == pytest.approx(np.log(0.01), abs=1e-3)
    assert trembling["f0_step_median"] == pytest.approx(np.log(2 + 0.01), abs=1e-3)
    assert trembling["jitter"] == pytest.approx(np.log(4 + 0.01), abs=1e-3)
    assert trembling["shimmer"] == pytest.approx(np.log(0.1), abs=1e-3)


@pytest.mark.parametrize("size", [1e-6, 1e-4, 1e-3])
def test_steps_of_next_to_nothing_are_next_to_no_rise(size):
    still = frames(np.zeros(100), np.where(np.arange(100) == 50, size, 0.0))
    assert 0 <= still["f0_rise"] <= size * 1.01
    assert -size * 1.01 <= still["f0_fall"] <= 0
    leaping = np.where(np.arange(100) < 50, 0.0, 2.0)
    trembling = leaping + np.where(np.arange(100) == 20, size, 0.0)
    assert frames(np.zeros(100), trembling)["f0_rise"] == pytest.approx(2, rel=size / 0.01 * 1.01)


def test_a_level_that_only_rises_does_not_shimmer():
    found = frames(np.linspace(-15, 15, 100), np.zeros(100))
    assert found["level_step"] == pytest.approx(np.log(30 / 99 + 0.1), abs=1e-3)
    assert found["shimmer"] == pytest.approx(np.log(0.1), abs=1e-2)


@pytest.mark.parametrize("hz", [65.0, 80.0, 110.0, 217.3, 300.0])
def test_a_clean_voice_has_hardly_any_noise_however_low(row, tone, hz):
    found = row(VoicePitch(), tone(np.full(SAMPLE_RATE, hz)))
    assert 26 < found["hnr_median"] <= 30.1


@pytest.mark.parametrize("ratio_db", [0, 5, 10, 15])
def test_hnr_follows_the_ratio_of_harmonics_to_noise(row, tone, rng, ratio_db):
    signal = tone(np.full(3 * SAMPLE_RATE, 200.0))
    spectrum = np.fft.rfft(rng.normal(size=len(signal)))
    spectrum[3_500 * 3 :] = 0
    noise = np.fft.irfft(spectrum, len(signal))
    noise *= np.sqrt(np.mean(signal**2) / np.mean(noise**2)) * 10 ** (-ratio_db / 20)
    found = row(VoicePitch(), signal + noise)
    assert found["hnr_median"] == pytest.approx(ratio_db, abs=1.5)


def test_a_rising_voice_rises(row, tone):
    octave = 110 * 2 ** np.linspace(0, 1, 2 * SAMPLE_RATE)
    up, down = (row(VoicePitch(), tone(hz)) for hz in (octave, octave[::-1]))
    frames = 2 * SAMPLE_RATE / 512
    assert up["f0_trend"] == pytest.approx(6.0, abs=0.3)
    assert up["f0_end"] == pytest.approx(8.0, abs=0.3)
    assert up["f0_rise"] == pytest.approx(12 / frames, rel=0.05)
    assert up["f0_range"] == pytest.approx(0.9 * 12, abs=0.3)
    first_half_cosine = -12 * 4 / np.pi**2  # of a line that rises by 12
    assert up["f0_contour_0"] == pytest.approx(18, abs=0.1)
    assert up["f0_contour_1"] == pytest.approx(first_half_cosine, abs=0.25)
    assert down["f0_contour_1"] == pytest.approx(-first_half_cosine, abs=0.25)
    assert down["f0_trend"] == pytest.approx(-6.0, abs=0.3)
    assert down["f0_fall"] == pytest.approx(-12 / frames, rel=0.05)


def test_a_leap_is_no_step(row, tone):
    leaps = np.repeat([110.0, 220.0, 110.0, 220.0], SAMPLE_RATE // 2)
    found = row(VoicePitch(), tone(leaps))
    assert found["f0_range"] == pytest.approx(12, abs=0.1)
    assert found["f0_step"] < 0.1


@pytest.mark.parametrize("n_words", [1, 3, 6])
def test_segments_and_pauses_are_counted(row, tone, n_words):
    word = tone(np.full(SAMPLE_RATE // 2, 150.0)) * np.hanning(SAMPLE_RATE // 2) ** 0.2
    gap = np.zeros(SAMPLE_RATE // 2)
    signal = np.concatenate([gap, *[word, gap] * n_words])
    found = row(VoicePitch(), signal)
    seconds = np.exp(found["duration"])
    assert seconds == pytest.approx(n_words + 0.5, rel=0.03)
    assert found["segments_per_second"] * seconds == pytest.approx(n_words, abs=0.01)
    spoken = found["active_share"] * seconds / (1 - found["pause_share"])
    assert spoken == pytest.approx(n_words - 0.5, abs=0.15)
    assert found["pauses_per_second"] * spoken == pytest.approx(n_words - 1, abs=0.01)
    share = (n_words - 1) / (2 * n_words - 1)
    assert found["pause_share"] == pytest.approx(share, abs=0.1)


@pytest.mark.parametrize("kind", ["silence", "noise"])
def test_silence_and_noise_are_unvoiced(row, rng, kind):
    signal = np.zeros(30_000) if kind == "silence" else rng.normal(size=30_000)
    found = row(VoicePitch(), signal)
    assert found["voiced_share"] < 0.03
    assert found["hnr_mean"] < -3


def test_contours_are_those_of_the_span(row, tone):
    signal = tone(110 * 2 ** np.linspace(0, 1, SAMPLE_RATE)) * np.linspace(1, 0.1, SAMPLE_RATE)
    alone, padded = (row(VoicePitch(), np.pad(signal, n * 512)) for n in (10, 40))
    for i in range(4):
        for kind in ("f0", "level"):
            name = f"{kind}_contour_{i}"
            assert padded[name] == pytest.approx(alone[name], abs=0.02)


def test_a_gap_in_the_voice_is_bridged(row, tone):
    """Four words at one pitch have the contour of a line, whatever is between them."""
    word = tone(np.full(SAMPLE_RATE // 4, 110.0))
    hiss = 0.02 * np.random.default_rng(0).normal(size=SAMPLE_RATE // 4)
    found = row(VoicePitch(), np.concatenate([word, hiss] * 4 + [word]))
    assert found["f0_contour_0"] == pytest.approx(12, rel=0.02)
    assert all(abs(found[f"f0_contour_{i}"]) < 0.5 for i in range(1, 6))


def test_only_the_level_depends_on_the_level(row, speech):
    soft, loud = (row(VoicePitch(), gain * speech[3]) for gain in (10.0, 100.0))
    louder = loud.pop("level_contour_0") - soft.pop("level_contour_0")
    assert louder == pytest.approx(20, abs=0.01)
    for name, value in loud.items():
        assert soft[name] == pytest.approx(value, rel=0.01, abs=0.01), name
