"""Pitch: tones whose f0 is known, and what has none."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.clip_series import ClipSeries, clip_series
from mer_sklearn.features.derived import active
from mer_sklearn.features.ops import HOP, NumpyOps
from mer_sklearn.features.voice.pitch import semitones, voiced

GLIDES = {"rising": (70.0, 560.0), "falling": (400.0, 90.0), "slow": (100.0, 110.0)}
ENDS = 4  # frames at either end that reach beyond the signal


def clip_of(signal):
    return clip_series(NumpyOps(), np.asarray(signal, np.float32)[None], ["pitch", "rms"])


def pitch_of(signal):
    f0, periodicity = clip_of(signal).pitch[0, ENDS:-ENDS].T
    return f0, periodicity


@pytest.mark.parametrize("glide", GLIDES)
@pytest.mark.parametrize("tilt", [0.5, 1.0, 2.0])
def test_a_glide_has_its_f0(tone, glide, tilt):
    first, last = GLIDES[glide]
    hz = first * (last / first) ** np.linspace(0, 1, 4 * SAMPLE_RATE)
    f0, periodicity = pitch_of(tone(hz, tilt))
    expected = hz[::HOP][ENDS : ENDS + len(f0)]
    assert np.abs(f0 / expected - 1).max() < 0.005
    assert periodicity.min() > 0.7


@pytest.mark.parametrize("hz", [80.0, 99.7, 147.3, 217.3, 218.3, 331.0, 440.0, 600.0])
@pytest.mark.parametrize("tilt", [0.5, 1.0, 30.0], ids=["bright", "saw", "sine"])
def test_a_steady_tone_has_its_f0(tone, hz, tilt):
    f0, periodicity = pitch_of(tone(np.full(20_000, hz), tilt))
    np.testing.assert_allclose(f0, hz, rtol=0.005)
    assert periodicity.min() > 0.88


def test_the_fundamental_may_be_missing(tone):
    hz = np.full(20_000, 150.0)
    time = np.arange(20_000) / SAMPLE_RATE
    fundamental = np.sin(2 * np.pi * 150 * time)
    full = tone(hz, 0.5)
    hollow = full - fundamental * 2 * np.mean(full * fundamental)
    hollow -= (cosine := np.cos(2 * np.pi * 150 * time)) * 2 * np.mean(hollow * cosine)
    np.testing.assert_allclose(pitch_of(hollow)[0], 150, rtol=0.005)


@pytest.mark.parametrize("hz", [65.0, 80.0, 123.4, 200.0, 217.3])
@pytest.mark.parametrize(("tilt", "least"), [(0.5, 0.985), (1.0, 0.9975), (2.0, 0.998)])
def test_a_clean_low_voice_is_as_periodic_as_a_high_one(tone, hz, tilt, least):
    assert np.median(pitch_of(tone(np.full(20_000, hz), tilt))[1]) > least


@pytest.mark.parametrize("tilt", [0.5, 1.0, 2.0])
def test_a_clean_high_voice_is_wholly_periodic(tone, tilt):
    for hz in (230.0, 311.1, 440.0, 600.0):
        assert np.median(pitch_of(tone(np.full(20_000, hz), tilt))[1]) > 0.9990


def test_above_612_hz_the_octave_below_is_read(tone):
    np.testing.assert_allclose(pitch_of(tone(np.full(20_000, 700.0)))[0], 350, rtol=0.005)


@pytest.mark.parametrize("ratio_db", [0, 5, 10, 15])
def test_periodicity_is_the_share_of_the_harmonics(tone, rng, ratio_db):
    """Below 3.5 kHz, where it is measured: r = H / (H + N)."""
    signal = tone(np.full(4 * SAMPLE_RATE, 200.0))
    spectrum = np.fft.rfft(rng.normal(size=len(signal)))
    spectrum[(3_500 * 4) :] = 0
    noise = np.fft.irfft(spectrum, len(signal))
    noise *= np.sqrt(np.mean(signal**2) / np.mean(noise**2)) * 10 ** (-ratio_db / 20)
    r = np.median(pitch_of(signal + noise)[1])
    assert 10 * np.log10(r / (1 - r)) == pytest.approx(ratio_db, abs=1.5)


TIME = np.arange(30_000) / SAMPLE_RATE
PITCHLESS = {
    "silence": 0 * TIME,
    "constant": 0 * TIME + 0.5,
    "constant and dust": 0.5 + 1e-7 * np.random.default_rng(0).normal(size=TIME.size),
    "rumble": np.sin(2 * np.pi * 25 * TIME),
    "denormals": 0 * TIME + 1e-40,
}


@pytest.mark.parametrize("name", PITCHLESS)
def test_what_has_no_pitch_has_a_constant_one(name):
    f0, periodicity = pitch_of(PITCHLESS[name])
    assert periodicity.max() < 1e-3
    np.testing.assert_allclose(f0, 612.5, rtol=0.02)


def test_noise_is_not_voiced(rng):
    clip = clip_of(rng.normal(size=3 * SAMPLE_RATE))
    assert voiced(clip).mean() < 0.02


def test_a_tone_is_voiced_where_it_sounds(tone):
    signal = tone(np.full(20_480, 200.0))
    found = voiced(clip_of(np.concatenate([signal, np.zeros(20_480)])))[0, :, 0]
    assert found[2:39].all()
    assert not found[43:].any()


@pytest.mark.parametrize("gain", [0.1, 30.0])
def test_the_level_does_not_matter(speech, gain):
    usual, other = (clip_of(speech[0] * level) for level in (1.0, gain))
    spoken = active(usual)[0, :, 0] > 0
    assert spoken.sum() > 30
    np.testing.assert_allclose(usual.pitch[0, spoken], other.pitch[0, spoken], rtol=1e-3, atol=1e-3)


def test_an_octave_is_twelve_semitones(tone):
    low, high = (semitones(clip_of(tone(np.full(20_000, hz)))) for hz in (110.0, 220.0))
    np.testing.assert_allclose(low[0, ENDS:-ENDS], 12, atol=0.05)
    np.testing.assert_allclose(high[0, ENDS:-ENDS], 24, atol=0.05)


def test_a_frame_without_any_periodicity_has_no_pitch_of_its_own():
    """Whatever lag rounding takes for the highest, and with no jump between none and some."""
    periodicity = np.linspace(0, 0.12, 121, dtype=np.float32)
    pitch = np.stack([np.full_like(periodicity, 110.0), periodicity], axis=-1)
    found = semitones(ClipSeries(NumpyOps(), {"pitch": pitch[None]}))[0, :, 0]
    np.testing.assert_allclose(found[periodicity < 0.05], 12 * np.log2(612.5 / 55), rtol=1e-6)
    np.testing.assert_allclose(found[periodicity > 0.1], 12, rtol=1e-6)
    assert np.abs(np.diff(found)).max() < 0.7


def test_two_series_share_the_pitch_of_a_block(monkeypatch, rng):
    from mer_sklearn.features.voice import pitch

    calls = []
    table = pitch._autocorrelation()
    monkeypatch.setattr(pitch, "_autocorrelation", lambda: calls.append(1) or table)
    needs = ["pitch", "voice_quality"]
    clip_series(NumpyOps(), rng.normal(size=(1, 4_096)).astype(np.float32), needs)
    assert len(calls) == 1
