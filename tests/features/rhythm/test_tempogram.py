"""The tempogram and that of three bands: which tempi are there, and where."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.rhythm import BandTempogram, Tempogram


def tempi_of(found, prefix=""):
    """Return the tempi and the values of the columns that end in _bpm."""
    names = [name for name in found if name.startswith(prefix) and name.endswith("_bpm")]
    tempi = [float(name.removeprefix(prefix).removesuffix("_bpm")) for name in names]
    return np.array(tempi), np.array([found[name] for name in names])


@pytest.mark.parametrize("tempo", [60, 90, 120, 140, 170])
def test_clicks_stand_out_at_their_tempo(clicks, tempo, row):
    found = row(Tempogram(), clicks(tempo))
    assert 120 * 2 ** found["octaves_from_120"] == pytest.approx(tempo, rel=0.03)
    tempi, values = tempi_of(found)
    assert values[np.abs(np.log2(tempi / tempo)).argmin()] > 0.8
    assert found["clarity"] == pytest.approx(values.max())
    assert found["least"] == pytest.approx(values.min())
    assert found["at_tempo"] > 0.8


def test_clicks_repeat_themselves_at_half_their_tempo_not_at_the_double(clicks, row):
    found = row(Tempogram(), clicks(120))
    assert found["at_half"] > 0.8
    assert max(found["at_double"], found["at_3_2"], found["at_2_3"]) < 0.0


def test_triple_time_is_heard(clicks, row):
    """Strong beats of 60 a minute, each of three: at the beat, and at its half not."""
    strong, weak = clicks(60, 20.0), clicks(180, 20.0)
    found = row(Tempogram(), strong + 0.001 * weak)
    tempi, values = tempi_of(found)
    at_60, at_180, at_120 = (values[np.abs(np.log2(tempi / t)).argmin()] for t in (60, 180, 120))
    assert at_60 > at_180 > at_120


def test_noise_has_all_tempi_alike(noise, clicks, row):
    even, peaked = row(Tempogram(), noise), row(Tempogram(), clicks(120))
    assert even["clarity"] < 0.25
    assert even["entropy"] > 2.7 > 2.2 > peaked["entropy"]
    assert even["entropy"] <= np.log(24) + 1e-5


def test_a_change_of_tempo_moves_the_windows(clicks, row):
    steady = row(Tempogram(), clicks(90, 30.0))
    changing = row(Tempogram(), np.concatenate([clicks(90, 15.0), clicks(133, 15.0)]))
    assert changing["std"] > 2 * steady["std"]
    assert changing["window_clarity"] > 0.8 > changing["clarity"]


def test_silence_has_no_tempo(row):
    found = row(Tempogram(), np.zeros(5 * SAMPLE_RATE))
    assert tempi_of(found)[1].tolist() == [0.0] * 24
    assert found["octaves_from_120"] == pytest.approx(0.0, abs=0.02)
    assert found["entropy"] == pytest.approx(np.log(24))


def drums(hz, per_minute, seconds=15.0):
    """Return decaying tones of some number a minute."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    since = time % (60 / per_minute)
    return np.sin(2 * np.pi * hz * time) * np.exp(-20 * since) * np.minimum(1.0, since / 0.002)


def test_each_band_has_its_own_tempo(row):
    found = row(
        BandTempogram(), drums(100, 80) + 0.01 * drums(6_000, 202) + 0.3 * drums(1_200, 120)
    )
    for band, tempo in {"low": 80, "middle": 120, "high": 202}.items():
        tempi, values = tempi_of(found, f"{band}_")
        assert len(tempi) == 18
        assert values[np.abs(np.log2(tempi / tempo)).argmin()] > 0.5
        assert found[f"{band}_clarity"] == pytest.approx(values.max())
    assert found["together_low_high"] < 0.5


def test_rates_of_modulation_stand_where_the_onsets_are(clicks, row):
    """Clicks of 150 a minute are 2.5 Hz: between 2 and 3, not below."""
    found = row(BandTempogram(), clicks(150))
    for band in ("low", "middle", "high"):
        assert found[f"{band}_2-3_hz"] > 5 * found[f"{band}_1-1.5_hz"]
        assert found[f"{band}_2-3_hz"] > 5 * found[f"{band}_1.5-2_hz"]


def test_bands_that_begin_together_are_correlated(clicks, noise, row):
    together, apart = row(BandTempogram(), clicks(120)), row(BandTempogram(), noise)
    for pair in ("low_middle", "low_high", "middle_high"):
        assert together[f"together_{pair}"] > 0.95
        assert abs(apart[f"together_{pair}"]) < 0.3


@pytest.mark.parametrize("family", [Tempogram(), BandTempogram()], ids=lambda f: f.name)
def test_nothing_depends_on_the_level(family, real_clips, row):
    song = real_clips["emotify/full/rock/76.mp3"]
    loud, soft = row(family, song), row(family, 0.25 * song)
    for name, value in loud.items():
        assert soft[name] == pytest.approx(value, abs=5e-3), name
