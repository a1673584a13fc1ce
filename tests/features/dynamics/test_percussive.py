"""Percussive share: clicks are struck, tones are held, and both add up."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
from scipy.ndimage import rank_filter
from scipy.stats import spearmanr

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.clip_series import clip_series
from mer_sklearn.features.dynamics import Percussive
from mer_sklearn.features.dynamics.percussive import REGIONS
from mer_sklearn.features.ops import NumpyOps

TIME = np.arange(8 * SAMPLE_RATE) / SAMPLE_RATE
CLICKS = (np.arange(len(TIME)) % 5_000 == 100).astype(float)
CHORD = sum(np.sin(2 * np.pi * hz * TIME) for hz in (220, 277.2, 329.6, 1_760, 5_000)) / 10


def test_clicks_are_percussive(row):
    found = row(Percussive(), CLICKS)
    for region in REGIONS:
        assert found[region] > 0.95


def test_a_held_chord_is_not(row):
    found = row(Percussive(), CHORD)
    assert found["all"] < 0.05
    assert found["all__mean"] < 0.05
    assert found["balance"] < -15


def test_noise_lies_between(row):
    found = row(Percussive(), 0.1 * np.random.default_rng(0).normal(size=len(TIME)))
    for region in REGIONS:
        assert 0.4 < found[region] < 0.6
    assert found["balance"] == pytest.approx(0.0, abs=1.0)


def test_struck_noise_above_a_held_tone_is_percussive_where_it_sounds(row):
    """Bursts high-passed at 6 kHz, a tone of 100 Hz."""
    spectrum = np.fft.rfft(np.random.default_rng(0).normal(size=len(TIME)))
    spectrum[: 6_000 * len(TIME) // SAMPLE_RATE] = 0
    bursts = np.fft.irfft(spectrum) * np.exp(-40 * (TIME % 0.4))
    found = row(Percussive(), bursts + np.sin(2 * np.pi * 100 * TIME))
    assert found["high"] > 0.9
    assert found["low"] < 0.1
    assert found["zone_15__mean"] > found["zone_0__mean"]
    assert found["struck__change"] > 5 * found["held__change"]


def test_shares_rise_with_the_clicks(row):
    shares = [row(Percussive(), CHORD + gain * CLICKS)["all"] for gain in (0, 1, 5, 100)]
    assert shares == sorted(shares)
    assert shares[-1] > 0.9


def test_the_definition_by_scipys_rank_filter(real_clips, row):
    """Lower medians of 16 frames and of 8 bands, and the share of the energy they tell."""
    song = real_clips["emotify/full/rock/76.mp3"]
    mel = clip_series(NumpyOps(), song[None], ["mel"]).mel[0].astype(float)
    mel = np.concatenate([mel, mel[-1:]])[: len(mel) // 2 * 2 + 2 * (len(mel) % 2)]
    power = mel.reshape(-1, 2, 64, 2).sum(axis=(1, 3))
    held = rank_filter(np.sqrt(power), rank=7, size=(16, 1), mode="nearest") ** 2
    struck = rank_filter(np.sqrt(power), rank=3, size=(1, 8), mode="nearest") ** 2
    share = struck / (struck + held)
    found = row(Percussive(), song)
    for region, (first, stop) in REGIONS.items():
        energy = power[:, first:stop]
        in_all = np.sum(energy * share[:, first:stop]) / np.sum(energy)
        assert found[region] == pytest.approx(in_all, abs=1e-4)
        frames = np.sum(energy * share[:, first:stop], axis=1) / np.sum(energy, axis=1)
        assert found[f"{region}__mean"] == pytest.approx(frames.mean(), abs=1e-4)
        assert found[f"{region}__p90"] == pytest.approx(np.quantile(frames, 0.9), abs=1e-4)


def test_share_orders_clips_as_librosas_separation_does(real_clips, row):
    """Other medians, on the linear spectrum."""
    ours, theirs = [], []
    for song in real_clips.values():
        power = np.abs(librosa.stft(song)) ** 2
        _, mask = librosa.decompose.hpss(np.sqrt(power), mask=True)
        theirs.append(np.sum(power * mask) / np.sum(power))
        ours.append(row(Percussive(), song)["all__mean"])
    assert spearmanr(ours, theirs).statistic > 0.9


@pytest.mark.parametrize("n_samples", [1, 600, 22_050])
def test_silence_has_no_share(n_samples, row):
    found = row(Percussive(), np.zeros(n_samples))
    assert {found[region] for region in REGIONS} == {0.0}
    assert found["balance"] == pytest.approx(0.0, abs=1e-6)


def test_nothing_depends_on_the_level(real_clips, row):
    song = real_clips["emotify/full/rock/5.mp3"]
    soft, loud = row(Percussive(), 0.25 * song), row(Percussive(), song)
    for name, value in loud.items():
        assert soft[name] == pytest.approx(value, abs=2e-3), name


def test_without_zones_the_rest_is_the_same(row, rng):
    noise = rng.normal(size=9_000)
    whole, few = row(Percussive(), noise), row(Percussive(zones=False), noise)
    assert len(few) == len(whole) - 32
    assert few == {name: whole[name] for name in few}
