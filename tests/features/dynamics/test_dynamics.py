"""The course of the level: quantiles, variation on several scales, weightings, contour."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.clip_series import clip_series
from mer_sklearn.features.derived import inner_db
from mer_sklearn.features.dynamics import Dynamics
from mer_sklearn.features.ops import NumpyOps

TIME = np.arange(15 * SAMPLE_RATE) / SAMPLE_RATE
TONE = 0.5 * np.sin(2 * np.pi * 440 * TIME)
LEVELS = ("mean", "a_level__mean", "peak")


def test_the_definition_in_plain_numpy(real_clips, row):
    song = real_clips["emotify/full/classical/66.mp3"]
    found = row(Dynamics(), song)
    level = clip_series(NumpyOps(), song[None], ["rms"]).once(inner_db)[0, :, 0].astype(float)
    assert found["mean"] == pytest.approx(level.mean(), rel=1e-4)
    assert found["std"] == pytest.approx(level.std(), rel=1e-4)
    z = (level - level.mean()) / (level.std() + 0.05)
    assert found["skew"] == pytest.approx(np.mean(z**3), abs=1e-3)
    assert found["kurtosis"] == pytest.approx(np.mean(z**4) - 3, abs=1e-3)
    for p in (5, 25, 50, 75, 95):
        assert found[f"p{p}"] == pytest.approx(np.percentile(level, p) - level.mean(), abs=1e-3)
    assert found["range"] == pytest.approx(found["p95"] - found["p5"], abs=1e-4)
    assert found["change"] == pytest.approx(np.abs(np.diff(level)).sum() / len(level), abs=1e-3)
    assert found["quiet"] == pytest.approx(np.mean(level < level.max() - 30), abs=0.01)
    assert found["peak"] == pytest.approx(20 * np.log10(np.abs(song).max()), abs=1e-3)


def test_variation_within_and_between_windows_in_plain_numpy(real_clips, row):
    song = real_clips["emotify/full/classical/66.mp3"]
    found = row(Dynamics(), song)
    level = clip_series(NumpyOps(), song[None], ["rms"]).once(inner_db)[0, :, 0].astype(float)
    for scale, size in {"1s": 43, "5s": 215}.items():
        starts = range(-(size // 2), len(level) - size // 2 + 1, size // 4)
        windows = [level[max(start, 0) : start + size] for start in starts]
        within = np.mean([window.std() for window in windows])
        between = np.std([window.mean() for window in windows])
        assert found[f"within_{scale}"] == pytest.approx(within, abs=1e-3)
        assert found[f"between_{scale}"] == pytest.approx(between, abs=1e-3)


def test_a_steady_tone_does_not_move(row):
    found = row(Dynamics(), TONE)
    for name in ("std", "range", "within_1s", "between_1s", "within_5s", "between_5s", "change"):
        assert found[name] == pytest.approx(0.0, abs=0.3), name
    assert found["peak"] == pytest.approx(-6.02, abs=0.01)


def test_a_tremolo_moves_within_a_second(row):
    found = row(Dynamics(), TONE * (1.2 + np.sin(2 * np.pi * 5 * TIME)))
    assert found["within_1s"] > 5 * found["between_1s"]


def test_a_slow_swell_moves_between_seconds(row):
    found = row(Dynamics(), TONE * (1.2 + np.sin(2 * np.pi * TIME / 15)))
    assert found["between_1s"] > 5 * found["within_1s"]


def test_a_fade_is_the_first_contour_and_its_slope(row):
    found = row(Dynamics(), TONE * 10 ** (-2 * TIME / 20))
    assert found["slope"] == pytest.approx(-2.0, abs=0.05)
    # The line from 15 to -15 dB has cosine amplitudes 8 / (pi k)^2 of its half height, for odd k.
    assert found["contour_1"] == pytest.approx(15 * 8 / np.pi**2, abs=0.3)
    assert found["contour_2"] == pytest.approx(0.0, abs=0.3)
    assert found["contour_3"] == pytest.approx(15 * 8 / np.pi**2 / 9, abs=0.3)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 6])
def test_contours_are_half_cosines(k, row):
    wave = 8 * np.cos(np.pi * k * TIME / TIME[-1])
    found = row(Dynamics(), 0.1 * TONE * 10 ** (wave / 20))
    for other in range(1, 7):
        assert found[f"contour_{other}"] == pytest.approx(8.0 * (other == k), abs=0.3)


def test_dark_sounds_have_less_than_their_level_and_more_bass(row):
    dark, bright = (row(Dynamics(), 0.5 * np.sin(2 * np.pi * f * TIME)) for f in (60, 3_000))
    assert dark["a_excess__mean"] == pytest.approx(-26.2, abs=1.5)  # IEC 61672-1: 63 Hz
    assert bright["a_excess__mean"] == pytest.approx(1.2, abs=0.1)
    assert dark["bass__mean"] > -0.5
    assert bright["bass__mean"] < -60


def test_half_a_silent_clip(row):
    noise = np.where(TIME < 7.5, 0.0, np.random.default_rng(0).normal(size=len(TIME)))
    found = row(Dynamics(), 0.1 * noise)
    assert found["low_energy"] == pytest.approx(0.5, abs=0.02)
    assert found["quiet"] == pytest.approx(0.5, abs=0.02)
    assert found["crest_of_frames"] == pytest.approx(6.5, abs=1.0)


def test_a_recording_6_db_louder_is_6_db_louder_and_nothing_else(real_clips, row):
    song = real_clips["emotify/full/rock/5.mp3"]
    soft, loud = row(Dynamics(), 0.5 * song), row(Dynamics(), song)
    for name, value in loud.items():
        louder = 6.02 if name in LEVELS else 0.0
        assert value - soft[name] == pytest.approx(louder, abs=5e-3), name


@pytest.mark.parametrize("seconds", [0.2, 1.0])
def test_a_short_steady_tone_has_no_course(row, seconds):
    time = np.arange(round(seconds * 22_050)) / 22_050
    found = row(Dynamics(), 0.1 * np.sin(2 * np.pi * 440 * time))
    moves = [
        "std",
        "range",
        "change",
        "a_level__std",
        "a_excess__std",
        "within_1s",
        "crest_of_frames",
    ]
    assert max(found[name] for name in moves) < 0.1
    assert max(abs(found[f"contour_{k}"]) for k in range(1, 7)) < 0.05
