"""Levels that several families of dynamics share: peaks, weightings of the ear, soft shares."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..clip_series import ClipSeries
from ..derived import inner_rms, share_inside
from ..ops import N_BINS, N_FFT, Array
from ..spectra import DB, Frames, series
from ..tables import FREQUENCIES, N_MELS, mel_bank

__all__ = [
    "a_weighting",
    "clip_level",
    "decibels",
    "k_weighting",
    "low_energy",
    "mean_square_table",
    "peak_level",
    "share_below",
]

Gains: TypeAlias = npt.NDArray[np.floating]

SILENCE = 1e-10  # mean square at which levels end: -100 dB
DUST = 1e-6  # rms as small as this does not differ from silence


@series(width=1)
def peak(frames: Frames) -> Array:
    """Largest absolute sample among the 512 from the middle of the frame on."""
    xp, hops = frames.xp, frames.hops[:, 2:-1, :]
    highest = xp.max(hops, axis=-1, keepdims=True)
    return xp.maximum(highest, -xp.min(hops, axis=-1, keepdims=True))


def decibels(clip: ClipSeries, mean_square: Array) -> Array:
    """Return a mean square in dB of full scale, at least -100."""
    return clip.xp.log(clip.xp.maximum(mean_square, clip.ops.scalar(SILENCE))) * DB


def clip_level(clip: ClipSeries) -> Array:
    """Return the root mean square of the clip in dB of full scale, shape (n_clips, 1).

    Frames count by how much of them lies inside the clip, so that its ends do not count as softer
    than they are.
    """
    squares = clip.xp.sum(clip.ops.rows(clip.rms * clip.rms), axis=-1)
    return decibels(clip, squares / clip.xp.sum(clip.once(share_inside)))


def peak_level(clip: ClipSeries) -> Array:
    """Return the largest absolute sample in dB of full scale, shape (n_clips, 1)."""
    largest = clip.xp.max(clip.peak, axis=1)
    return decibels(clip, largest * largest)


def share_below(clip: ClipSeries, x: Array, limit: Array | float, softness: float) -> Array:
    """Return the share of frames below a limit; a value counts by degrees around the limit."""
    below = clip.xp.clip((limit - x) * (1 / softness) + 0.5, 0.0, 1.0)
    return clip.xp.mean(below, axis=1)


def low_energy(clip: ClipSeries) -> Array:
    """Return the share of frames whose rms lies 2 % or more below its mean, shape (n_clips, 1)."""
    rms = clip.once(inner_rms)
    mean = clip.xp.mean(rms, axis=1, keepdims=True)
    return share_below(clip, (rms + DUST) / (mean + DUST), 0.98, 0.02)


def a_weighting(hz: Gains) -> Gains:
    """Return the gain of the A-weighting in power (IEC 61672), 1 at 1 kHz."""
    f2 = hz**2
    poles = (f2 + 20.6**2) * np.sqrt((f2 + 107.7**2) * (f2 + 737.9**2)) * (f2 + 12194.0**2)
    return np.asarray((1.2589 * 12194.0**2 * f2**2 / poles) ** 2)


def k_weighting(hz: Gains) -> Gains:
    """Return the gain of the K-weighting in power (ITU-R BS.1770): two biquads at 48 kHz."""
    shelf = (1.53512485958697, -2.69169619, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077)
    high_pass = (1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)
    z = np.exp(-2j * np.pi * hz / 48_000)[:, None] ** np.arange(3)
    gain = np.ones(len(hz))
    for numerator, denominator in (shelf, high_pass):
        gain *= np.abs(z @ numerator) ** 2 / np.abs(z @ denominator) ** 2
    return gain


@functools.cache
def mean_square_table(
    weighting: Callable[[Gains], Gains] = np.ones_like,
) -> npt.NDArray[np.float32]:
    """Return the table from `mel` to the mean square of a frame under a weighting, shape (128, 1).

    The sum of mel bands that comes nearest to the weighting's gain over the bins, by least squares:
    within 0.05 dB of it from 100 Hz to 10 kHz, within half a dB from 50 Hz. The scale is that of
    the samples (Parseval's theorem under a Hann window, whose mean square is 3/8).
    """
    filters = np.zeros((N_BINS, N_MELS))
    at = 0
    for first, stop, weights in mel_bank().parts:
        filters[first:stop, at : at + weights.shape[1]] = weights
        at += weights.shape[1]
    gains = np.linalg.lstsq(filters, weighting(FREQUENCIES), rcond=None)[0]
    scale = 2 / (N_FFT**2 * 3 / 8)  # both halves of the spectrum
    return np.asarray(np.maximum(gains, 0.0)[:, None] * scale, np.float32)
