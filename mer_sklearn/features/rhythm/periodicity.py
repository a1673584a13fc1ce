"""How a series repeats itself: autocorrelations in windows of eight seconds."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from ..clip_series import ClipSeries
from ..ops import FRAME_RATE, Array
from .onset import onset_strength

__all__ = [
    "BAR",
    "BEAT",
    "LAGS",
    "N_BINS",
    "STEPS_PER_OCTAVE",
    "TEMPI",
    "autocorrelation",
    "onset_tempogram",
    "rate_power",
    "tempogram",
]

HALF = 172  # frames from the middle of a window to its ends: 4 s
EVERY = 32  # frames from window to window
PERIOD = 3 * HALF  # of the transform; lags up to HALF are not reached by its next period
N_BINS = PERIOD // 2 + 1  # bins of the transform, FRAME_RATE / PERIOD = 0.083 Hz apart
LAGS = np.arange(9, HALF + 1)  # frames: 287 down to 15 beats a minute

STEPS_PER_OCTAVE = 24
# Beats a minute, 20 to 622, and of them those that a beat may have: 40 to 311.
TEMPI: npt.NDArray[np.float64] = 20.0 * 2 ** (np.arange(5 * STEPS_PER_OCTAVE) / STEPS_PER_OCTAVE)
BEAT: slice = slice(STEPS_PER_OCTAVE, 4 * STEPS_PER_OCTAVE)
BAR = 60 * FRAME_RATE  # frames a minute
FAINT = 0.1  # dB^2; added to the energy of a window, so that rounding does not repeat itself


def onset_tempogram(clip: ClipSeries) -> Array:
    """Tempogram of the onset strength, shape (n_clips, 1, n_windows, 120)."""
    return tempogram(clip, rate_power(clip, clip.once(onset_strength), about_mean=True))


def rate_power(clip: ClipSeries, x: Array, *, about_mean: bool) -> Array:
    """Return power spectra of each row of a series around every 32nd frame.

    Windows are those of `librosa.feature.tempogram`: 344 frames (8 s), Hann, and beyond the ends of
    the clip its first and last value fade out over 172 frames. The window is folded about its
    middle: an even half for the cosines, an odd one for the sines, which halves the work.

    Parameters
    ----------
    clip : ClipSeries
        The clip that the series belongs to.
    x : array of shape (n_clips, n_frames, n_rows)
        A series.
    about_mean : bool
        Whether the mean of the clip, and then that of each window, is taken out.

    Returns
    -------
    array of shape (n_clips, n_rows, n_windows, 259)
        Power at multiples of 0.083 Hz.
    """
    xp, ops = clip.xp, clip.ops
    rows = ops.rows(x)
    if about_mean:
        rows = rows - xp.mean(rows, axis=-1, keepdims=True)
    last = ops.length(x, 1) - 1
    middle = xp.expand_dims(ops.arange(ops.quotient(last, EVERY) + 1) * EVERY, axis=1)
    offset, none = ops.const(np.arange(HALF)), ops.integer(0)
    after, before = middle + offset, middle - offset

    def side(index: Array, beyond: Array) -> Array:
        fade = xp.clip(1.0 - xp.astype(beyond, xp.float32) * (1 / HALF), 0.0, 1.0)
        inside = xp.minimum(xp.maximum(index, none), last)
        values = xp.take(rows, xp.reshape(inside, (-1,)), axis=2)
        return ops.keep_shape(values, (0, 0, -1, HALF)) * fade

    right = side(after, xp.maximum(after - last, none))
    left = side(before, xp.maximum(-before, none))
    cosines, sines = (ops.const(table) for table in _waves())
    even, odd = xp.matmul(right + left, cosines), xp.matmul(right - left, sines)
    if about_mean:
        even = even - even[..., :1] * ops.const(_constant())
    return even * even + odd * odd


def autocorrelation(clip: ClipSeries, power: Array) -> Array:
    """Return the autocorrelation at `LAGS`, 1 at lag 0, as the mean over the windows.

    The values of `librosa.feature.tempogram`, averaged over every 32nd frame.

    Parameters
    ----------
    clip : ClipSeries
        The clip.
    power : array of shape (n_clips, n_rows, n_windows, 259)
        What `rate_power` returned.

    Returns
    -------
    array of shape (n_clips, n_rows, 164)
        Autocorrelations.
    """
    values = clip.xp.matmul(power, clip.ops.const(_lag_table()))
    return clip.xp.mean(values[..., 1:] / (values[..., :1] + FAINT), axis=2)


def tempogram(clip: ClipSeries, power: Array) -> Array:
    """Return how much each window repeats itself at each of the `TEMPI`.

    The autocorrelation, at lags of any fraction of a frame, of the mean of each two neighbouring
    frames (so that a beat of 21.5 frames is found though onsets stand on whole frames), divided by
    that of the window (Boersma 1993): 1 for what repeats itself exactly, at any tempo.

    Parameters
    ----------
    clip : ClipSeries
        The clip.
    power : array of shape (n_clips, n_rows, n_windows, 259)
        What `rate_power` returned.

    Returns
    -------
    array of shape (n_clips, n_rows, n_windows, 120)
        Autocorrelations at the tempi.
    """
    values = clip.xp.matmul(power, clip.ops.const(_tempo_table()))
    return values[..., 1:] / (values[..., :1] + FAINT)


@functools.cache
def _waves() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return cosines and sines under half a Hann window, shape (172, 259) each."""
    offset = np.arange(HALF)[:, None]
    window = 0.5 + 0.5 * np.cos(np.pi * offset / HALF)
    window[0] /= 2  # the middle is in both halves
    phase = 2 * np.pi * offset * np.arange(N_BINS) / PERIOD
    return (
        np.asarray(np.cos(phase) * window, np.float32),
        np.asarray(np.sin(phase) * window, np.float32),
    )


@functools.cache
def _constant() -> npt.NDArray[np.float32]:
    """Return the spectrum of a window of a constant series, 1 in the first bin."""
    spectrum = _waves()[0].sum(axis=0, dtype=np.float64)
    return np.asarray(spectrum / spectrum[0], np.float32)


def _back(lags: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the table from a power spectrum to the autocorrelation at lags, shape (259, n)."""
    k = np.arange(N_BINS)[:, None]
    both_sides = np.where((k == 0) | (2 * k == PERIOD), 1, 2) / PERIOD
    return np.asarray(np.cos(2 * np.pi * k * lags / PERIOD) * both_sides)


@functools.cache
def _lag_table() -> npt.NDArray[np.float32]:
    """Return the table to the autocorrelation at lag 0 and at `LAGS`."""
    return np.asarray(_back(np.append(0.0, LAGS)), np.float32)


@functools.cache
def _tempo_table() -> npt.NDArray[np.float32]:
    """Return the table to the smoothed autocorrelation at lag 0 and at `TEMPI`."""
    lags = np.append(0.0, BAR / TEMPI)
    response = np.cos(np.pi * np.arange(N_BINS) / PERIOD) ** 2  # of two frames' mean, in power
    frames = np.arange(-HALF, HALF)
    hann = 0.5 + 0.5 * np.cos(np.pi * frames / HALF)
    power = np.abs(np.fft.rfft(hann, PERIOD)) ** 2
    window = power @ _back(lags)
    return np.asarray(_back(lags) * response[:, None] / (window / window[0]), np.float32)
