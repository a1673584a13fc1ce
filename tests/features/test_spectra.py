"""Series against librosa, against formulas in float64, and against physics."""

from __future__ import annotations

import itertools

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mer_sklearn.features.clip_series import clip_series
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.features.spectra import SERIES
from mer_sklearn.features.tables import contrast_bands

SR, N_FFT, HOP = 22_050, 2_048, 512
BIN_HZ = SR / N_FFT


def time(duration=1.0):
    return np.arange(round(duration * SR)) / SR


def sine(hz, duration=1.0, level=0.5):
    return level * np.sin(2 * np.pi * hz * time(duration))


def frames_of(signal):
    padded = np.pad(np.asarray(signal, np.float64), N_FFT // 2)
    return np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]


def power_of(signal):
    """Return the power spectra in float64, shape (n_frames, 1025)."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)
    return np.abs(np.fft.rfft(frames_of(signal) * window)) ** 2


def assert_close(ours, theirs, share=1e-4):
    """Compare two series of shape (n_frames, n_rows), by their range."""
    assert ours.shape == theirs.shape
    if not ours.size:
        return
    span = max(np.ptp(theirs), 1e-3 * np.abs(theirs).max(), 1e-9)
    assert np.abs(ours - theirs).max() <= share * span


LIBROSA = {
    "mel": lambda y: librosa.feature.melspectrogram(y=y, sr=SR),
    "chroma": lambda y: librosa.feature.chroma_stft(y=y, sr=SR, tuning=0),
    "centroid": lambda y: librosa.feature.spectral_centroid(y=y, sr=SR),
    "bandwidth": lambda y: librosa.feature.spectral_bandwidth(y=y, sr=SR),
    "rms": lambda y: librosa.feature.rms(y=y),
}
OURS = {"centroid": ("shape", 0), "bandwidth": ("shape", 1)}


def pair(series, name, signal):
    """Return our series and librosa's."""
    signal = np.asarray(signal, np.float32)
    source, row = OURS.get(name, (name, None))
    ours, theirs = series(signal, source), LIBROSA[name](signal).T
    if name == "chroma":  # below 1e-8 in power, ours fades to 0
        bank = librosa.filters.chroma(sr=SR, n_fft=N_FFT, tuning=0)
        heard = (power_of(signal) @ bank.T).max(axis=1) > 1e-8
        return ours[heard], theirs[heard]
    return ours if row is None else ours[:, [row]], theirs


# ---- librosa ----


@pytest.mark.parametrize("name", LIBROSA)
def test_series_are_librosas_on_real_clips(series, name, real):
    assert_close(*pair(series, name, real))


@pytest.mark.parametrize("level", [0.0, 1e-3, 0.1])
@pytest.mark.parametrize("name", LIBROSA)
def test_series_are_librosas_on_noise_and_silence(series, rng, name, level):
    assert_close(*pair(series, name, level * rng.normal(size=40_000)))


def test_rolloff_lies_within_a_bin_of_librosas(series, real):
    ours = series(real, "shape")[:, 2]
    theirs = librosa.feature.spectral_rolloff(y=real, sr=SR)[0]
    assert np.abs(ours - theirs).max() <= BIN_HZ * 1.001


def test_zero_crossings_are_librosas_away_from_the_padding(series, real):
    ours = series(real, "zero_crossings")[2:-3, 0]
    theirs = librosa.feature.zero_crossing_rate(real)[0, 2 : 2 + len(ours)]
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_zero_crossings_are_librosas_in_speech_and_its_silence(series, speech):
    crossed_in_dust = 0
    for signal in speech:
        ours = series(signal, "zero_crossings")[2:-3, 0]
        theirs = librosa.feature.zero_crossing_rate(signal)[0, 2 : 2 + len(ours)]
        np.testing.assert_allclose(ours, theirs, atol=1e-7)
        signs = librosa.feature.zero_crossing_rate(signal, threshold=0.0)[0, 2 : 2 + len(ours)]
        crossed_in_dust += (signs != theirs).sum()
    assert crossed_in_dust > 100  # frames that raw signs would tell otherwise


def test_chroma_is_librosas_in_speech_above_silence(series, speech):
    n_silent = 0
    for signal in speech:
        ours, theirs = pair(series, "chroma", signal)
        assert_close(ours, theirs)
        every = series(signal, "chroma")
        n_silent += len(every) - len(ours)
        assert every.min() >= 0
        assert every.max() <= 1
    assert n_silent > 20  # frames where only that is promised


def test_contrast_is_librosas_where_no_floor_bites(series, rng):
    signal = (0.1 * rng.normal(size=40_000)).astype(np.float32)
    theirs = librosa.feature.spectral_contrast(y=signal, sr=SR).T
    assert_close(series(signal, "contrast")[:, :6], theirs[:, :6])  # the top band ends elsewhere


# ---- Formulas in float64 ----


def test_flatness_is_its_formula(series, real):
    power = power_of(real)
    floored = np.maximum(power, power.max(axis=1, keepdims=True) * 1e-8 + 1e-8)
    expected = np.exp(np.log(floored).mean(axis=1)) / floored.mean(axis=1)
    np.testing.assert_allclose(series(real, "flatness")[:, 0], expected, rtol=1e-4)


def test_contrast_is_its_formula(series, real):
    power = power_of(real)
    magnitude = np.sqrt(np.maximum(power, power.max(axis=1, keepdims=True) * 1e-8 + 1e-8))
    edges = [0, 200, 400, 800, 1_600, 3_200, 6_400, 10_000]
    hz = np.arange(1_025) * BIN_HZ
    expected = []
    for low, high in itertools.pairwise(edges):
        # As librosa: a bin is shared with the band below, the last bin goes to the next band.
        inside = np.flatnonzero((hz >= low) & (hz <= high))
        inside = inside if low == 0 else np.r_[inside[0] - 1, inside]
        k = max(1, round(0.02 * len(inside)))
        band = np.sort(magnitude[:, inside if high == 10_000 else inside[:-1]], axis=1)
        expected.append(10 * np.log10(band[:, -k:].mean(axis=1) / band[:, :k].mean(axis=1)))
    np.testing.assert_allclose(series(real, "contrast"), np.transpose(expected), atol=2e-3)


def test_shape_is_its_formula(series, edge):
    if len(edge) < N_FFT or np.abs(edge).max() < 1e-20:
        pytest.skip("the formula divides by zero, or by what float32 cannot hold")
    magnitude = np.sqrt(power_of(edge))
    heard = magnitude.sum(axis=1) > 1e-4 * magnitude.sum(axis=1).max()
    share = magnitude[heard] / magnitude[heard].sum(axis=1, keepdims=True)
    hz = np.arange(1_025) * BIN_HZ
    centroid = share @ hz
    bandwidth = np.sqrt(share @ hz**2 - centroid**2)
    ours = series(edge, "shape")[heard]
    np.testing.assert_allclose(ours[:, 0], centroid, rtol=1e-3, atol=0.1)
    # The rounding of a float32 transform fills 1025 bins, far from a tone: 2 Hz.
    np.testing.assert_allclose(ours[:, 1], bandwidth, rtol=5e-3, atol=2.0)
    reached = np.cumsum(share, axis=1)
    rolloff = hz[(reached >= 0.85).argmax(axis=1)]
    assert np.abs(ours[:, 2] - rolloff).max() <= 1.01 * BIN_HZ


def test_zero_crossings_are_counted_signs(series, edge):
    frames = frames_of(edge)[: len(edge) // HOP + 1]
    expected = np.diff(frames < -1e-10, axis=1).sum(axis=1) / N_FFT
    np.testing.assert_allclose(series(edge, "zero_crossings")[:, 0], expected, atol=1e-7)


# ---- Physics ----


@pytest.mark.parametrize(("hz", "place"), [(440.0, 9), (261.6256, 0), (1_318.51, 4), (369.994, 6)])
def test_a_note_sounds_in_its_pitch_class(series, hz, place):
    assert (series(sine(hz), "chroma").argmax(axis=1) == place).all()


@pytest.mark.parametrize("hz", [440.0, 1_000.0, 5_000.0])
def test_the_centroid_of_a_sine_is_its_frequency(series, hz):
    centroid, bandwidth, rolloff = series(sine(hz), "shape")[4:-4].T
    np.testing.assert_allclose(centroid, hz, atol=2.0)
    assert bandwidth.max() < 40.0
    np.testing.assert_allclose(rolloff, hz, atol=2 * BIN_HZ)


def test_noise_is_flat_and_a_sine_is_not(series, rng):
    assert series(0.1 * rng.normal(size=SR), "flatness")[4:-4].min() > 0.4
    assert series(sine(1_000.0), "flatness")[4:-4].max() < 1e-4
    assert series(np.zeros(SR), "flatness") == pytest.approx(1.0)


@pytest.mark.parametrize("level", [1e-3, 0.1, 1.0])
def test_the_level_of_a_sine(series, level):
    rms = series(sine(441.0, level=level), "rms")[2:-2]
    np.testing.assert_allclose(rms, level / np.sqrt(2), rtol=5e-3)


def test_the_level_of_a_square_wave_is_its_peak(series):
    np.testing.assert_allclose(series(np.sign(sine(220.5) + 1e-9), "rms")[2:-2], 1.0, rtol=1e-6)


@pytest.mark.parametrize("hz", [220.0, 1_000.0])
def test_a_tone_crosses_zero_twice_a_period(series, hz):
    crossings = series(sine(hz), "zero_crossings")[2:-2] * SR
    np.testing.assert_allclose(crossings, 2 * hz, atol=2 * SR / N_FFT)


def test_contrast_tells_a_tone_from_noise(series, rng):
    noise = 0.01 * rng.normal(size=SR)
    plain, with_tone = (series(x, "contrast")[4:-4, 3] for x in (noise, noise + sine(1_000.0)))
    assert with_tone.min() > plain.max() + 15


def test_silence_has_numbers_that_mean_silence(series):
    assert not series(np.zeros(5_000), "chroma").any()
    for name in ("shape", "contrast", "rms", "zero_crossings"):
        assert not series(np.zeros(5_000), name).any()


@pytest.mark.parametrize("level", [0.0, 1e-12, 1e-10, 1e-8])
def test_dust_is_heard_as_silence(series, rng, level):
    dust = np.clip(rng.normal(size=20_000), -1, 1) * level
    chroma, crossings = series(dust, "chroma", "zero_crossings")
    assert chroma.min() >= 0
    assert chroma.max() <= 1e5 * level
    assert crossings.any() == (level > 1e-10)


def test_the_bands_of_contrast_meet_and_end_at_10_khz():
    bands = contrast_bands()
    for (_, stop, _), (first, _, _) in itertools.pairwise(bands):
        assert stop in (first, first + 1)
    assert bands[0][0] == 0
    assert bands[-1][1] - 1 == int(10_000 / BIN_HZ)


@settings(max_examples=15, deadline=None)
@given(gain_db=st.floats(-20, 20), seed=st.integers(0, 99))
def test_only_the_level_knows_the_gain(gain_db, seed):
    noise = 0.1 * np.random.default_rng(seed).normal(size=12_000)
    clips = np.float32([noise, noise * 10 ** (gain_db / 20)])
    clip = clip_series(NumpyOps(), clips, list(SERIES))
    for name in ("shape", "flatness", "contrast", "zero_crossings", "chroma"):
        plain, louder = getattr(clip, name)[:, 4:-4]  # elsewhere the absolute floor bites
        np.testing.assert_allclose(louder, plain, rtol=2e-3, atol=1e-3, err_msg=name)
    np.testing.assert_allclose(clip.rms[1], clip.rms[0] * 10 ** (gain_db / 20), rtol=1e-4)


# ---- What all series share ----


@pytest.mark.parametrize("name", SERIES)
def test_a_series_is_finite_and_has_its_width(series, name, edge):
    values = series(edge, name)
    assert values.shape == (-(-(len(edge) // HOP + 1) // SERIES[name].step), SERIES[name].width)
    assert values.dtype == np.float32
    assert np.isfinite(values).all()


@pytest.mark.parametrize("name", SERIES)
def test_a_shift_by_a_hop_moves_the_series_by_a_frame(series, rng, name):
    signal = 0.1 * rng.normal(size=20_000)
    before = np.zeros(HOP * SERIES[name].step)
    still, moved = series(signal, name), series(np.r_[before, signal], name)
    np.testing.assert_allclose(moved[1:], still, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", SERIES)
def test_a_window_is_a_slice(series, rng, name):
    signal = 0.1 * rng.normal(size=40 * HOP)
    whole, part = series(signal, name), series(signal[8 * HOP : 28 * HOP], name)
    step = SERIES[name].step
    inside = np.arange(4 // step, 16 // step)  # frames that do not reach beyond the part
    np.testing.assert_allclose(part[inside], whole[inside + 8 // step], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("block", [4, 8, 56, 10_000])
@pytest.mark.parametrize("name", SERIES)
def test_the_size_of_the_blocks_does_not_matter(series, real_clips, name, block):
    signal = real_clips["emotify/full/rock/5.mp3"]
    usual, other = series(signal, name), series(signal, name, block=block)
    np.testing.assert_allclose(other, usual, rtol=1e-5, atol=1e-5 * np.abs(usual).max())


@pytest.mark.parametrize("name", SERIES)
def test_a_clip_does_not_depend_on_its_company(rng, name):
    clips = (rng.normal(size=(3, 9_000)) * [[0.1], [1e-4], [0.9]]).astype(np.float32)
    together = getattr(clip_series(NumpyOps(), clips, [name]), name)
    alone = [getattr(clip_series(NumpyOps(), row[None], [name]), name)[0] for row in clips]
    np.testing.assert_array_equal(together, alone)
