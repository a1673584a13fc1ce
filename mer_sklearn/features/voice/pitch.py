"""Fundamental frequency and voicing of each frame, and what is derived from them."""

from __future__ import annotations

import functools

import numpy as np

from ...audio import SAMPLE_RATE
from ..clip_series import ClipSeries
from ..derived import active
from ..ops import BIN_HZ, N_BINS, N_FFT, Array, Bank, Ops
from ..spectra import Frames, series

__all__ = ["pitch", "semitones", "voiced"]

LOW_HZ, HIGH_HZ = 50.0, 3_500.0  # bins that count: no DC, no hiss
SEAM = 101  # samples; a lag is one longer than the one before, from here on two
LAGS = np.concatenate([np.arange(35, SEAM), np.arange(SEAM, 370, 2)])  # 60 to 612 Hz and two ends
# Periodicity that lags lose a neper, .04 an octave: peaks as high as that of the period stand at
# its multiples, and lie up to half a lag off the grid.
COST = float(0.04 / np.log(2))
# Share of the window's fall that is made good before the peak is chosen: what is left of it keeps
# the multiples of a long period, whose own peak may lie a whole sample off the grid, below it.
MADE_GOOD = 0.6
MAX_PERIODICITY = 0.9995  # 33 dB of harmonics over noise
VOICED = 0.5  # periodicity above which a frame is voiced
NO_PITCH = 0.05  # periodicity up to which there is none: where no peak is, rounding makes one
REFERENCE_HZ = 55.0  # A1, 0 semitones
SILENT = float(12 * np.log2(SAMPLE_RATE / LAGS[1] / REFERENCE_HZ))  # 612 Hz in semitones
FLATTEST = -1e-5  # curvature of the flattest peak, a sample^2


@series(width=2)
def pitch(frames: Frames) -> Array:
    """Fundamental frequency, 60 to 612 Hz, and periodicity, 0 to 1; 612 Hz and 0 in silence.

    The highest peak of the autocorrelation of the frame, which is the cosine transform of its power
    from 50 Hz to 3.5 kHz, divided by that of the window (Boersma: Accurate short-term analysis of
    the fundamental frequency and the harmonics-to-noise ratio of a sampled sound. IFA Proceedings
    17, 1993). Short lags are preferred a little, which is paid back, and a parabola through three
    lags finds the top of the peak. Lags beyond 4.6 ms are two samples apart, so that the parabola
    may miss the top of a sharp one: a clean sawtooth of 60 to 218 Hz has 0.9975 (26 dB) or more, a
    brighter voice 0.985 (18 dB); above 218 Hz both reach 0.9994 (32 dB). A voice above 612 Hz reads
    an octave low (700 Hz: 350). A rumble or a pure tone below 75 Hz has no pitch, nor has a frame
    in which all lies 80 dB below a bin that does not count (a constant).
    """
    ops, xp = frames.ops, frames.xp
    sums = ops.project(frames.power, _autocorrelation())
    sound, floor = sums[..., :1], frames.low
    place = xp.argmax(sums[..., 2:-1], axis=-1, keepdims=True)
    place = place * xp.astype(sound > floor, xp.int64)
    before, at, after = (
        xp.take_along_axis(sums, place + i, axis=-1) / (sound + floor) for i in (1, 2, 3)
    )
    # A rumble falls from the shortest lag on: what is highest there is no peak.
    is_peak = xp.astype(at >= before, xp.float32)

    lag = _lag(ops, place + 1)
    to_before, to_after = lag - _lag(ops, place), _lag(ops, place + 2) - lag
    rise, drop, width = (at - before) / to_before, (after - at) / to_after, to_before + to_after
    # The cost is paid back: neither height nor place of a peak depends on it.
    paid = sound / (sound + floor) * COST
    slope = (rise * to_after + drop * to_before) / width + paid / lag
    curve = xp.minimum((drop - rise) / width, ops.scalar(FLATTEST))
    off = xp.clip(slope / (curve * -2.0), to_before * -0.5, to_after * 0.5)
    height = at + paid * xp.log(lag * float(1 / LAGS[0])) + slope * off * 0.5
    fall = 1.0 - xp.cos(lag * float(2 * np.pi / N_FFT))
    height = height * (1.0 - fall * (MADE_GOOD / 3)) / (1.0 - fall * (1 / 3))
    periodicity = xp.clip(height, 0.0, MAX_PERIODICITY) * is_peak
    return xp.concat([SAMPLE_RATE / (lag + off), periodicity], axis=-1)


def semitones(clip: ClipSeries) -> Array:
    """Fundamental frequency in semitones above 55 Hz, voiced or not. Needs the series ``pitch``.

    Between periodicities of 0.1 and 0.05 it goes over to that of silence, 612 Hz.
    """
    octaves = clip.xp.log(clip.pitch[..., :1] * (1 / REFERENCE_HZ))
    found = clip.xp.clip(clip.pitch[..., 1:] * (1 / NO_PITCH) - 1.0, 0.0, 1.0)
    return octaves * float(12 / np.log(2)) * found + (1.0 - found) * SILENT


def voiced(clip: ClipSeries) -> Array:
    """1 in active frames of periodicity above 0.5, 0 in the others.

    Needs the series ``pitch`` and ``rms``.
    """
    periodic = clip.pitch[..., 1:] > VOICED
    return clip.once(active) * clip.xp.astype(periodic, clip.xp.float32)


def _lag(ops: Ops, place: Array) -> Array:
    """Return the lag at a place in `LAGS`, as float32."""
    beyond = ops.xp.maximum(place - (SEAM - int(LAGS[0])), ops.integer(0))
    return ops.xp.astype(place + beyond, ops.xp.float32) + float(LAGS[0])


@functools.cache
def _autocorrelation() -> Bank:
    """Return the cosines of lag 0, and those of all others over the window's, less the cost.

    The autocorrelation of a Hann window as long as the transform is (2 + cos(2 pi lag / n)) / 3,
    that is 1 less a third of the fall of the cosine.
    """
    hz = np.arange(N_BINS) * BIN_HZ
    lags = np.concatenate([[0], LAGS])
    cosines = 2 * np.cos(2 * np.pi * np.outer(np.arange(N_BINS), lags) / N_FFT)
    cosines /= 1 - (1 - np.cos(2 * np.pi * lags / N_FFT)) * (MADE_GOOD / 3)
    cosines[:, 1:] -= cosines[:, :1] * COST * np.log(LAGS / LAGS[0])
    cosines[(hz < LOW_HZ) | (hz > HIGH_HZ)] = 0.0
    return Bank(cosines)
