"""The fixed tables of the front end: filter banks, the cosine transform, band edges."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import numpy.typing as npt

from ..audio import SAMPLE_RATE
from .ops import BIN_HZ, N_BINS, N_FFT, Bank

__all__ = [
    "N_MELS",
    "chroma_bank",
    "contrast_bands",
    "cosine_table",
    "hz_to_mel",
    "mel_bank",
    "mel_to_hz",
]

N_MELS = 128
CONTRAST_TOP = 10_000.0  # Hz; above, the resampler's stop band would be measured
FREQUENCIES = np.arange(N_BINS) * BIN_HZ  # Hz


@functools.cache
def mel_bank() -> Bank:
    """Return 128 triangular mel filters of unit area, 0 Hz to half the sampling rate.

    Slaney's mel scale (Auditory Toolbox, 1998): linear below 1 kHz, logarithmic above.
    """
    top = hz_to_mel(np.array(SAMPLE_RATE / 2))
    edges = mel_to_hz(np.linspace(0.0, float(top), N_MELS + 2))
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    f = FREQUENCIES[:, None]
    rising, falling = (f - low) / (centre - low), (high - f) / (high - centre)
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return Bank(triangles * (2.0 / (high - low)), n_groups=8)


@functools.cache
def chroma_bank() -> Bank:
    """Return the 12 pitch-class filters of Ellis (2007), C first, tuned to A4 = 440 Hz.

    Each bin goes to the pitch classes near it, a Gaussian as wide as the bin (at least a semitone),
    of unit norm over the classes; bins far from five octaves above 27.5 Hz count less.
    """
    semitones = 12 * np.log2(np.arange(1, N_FFT) * BIN_HZ / 27.5)  # above A0
    semitones = np.concatenate([[semitones[0] - 18.0], semitones])  # bin 0 lies 1.5 octaves below
    width = np.append(np.maximum(np.diff(semitones), 1.0), 1.0)
    off = np.remainder(semitones[:, None] - np.arange(12) + 6.0, 12.0) - 6.0
    weights = np.exp(-0.5 * (2.0 * off / width[:, None]) ** 2)
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    weights *= np.exp(-0.5 * ((semitones / 12.0 - 5.0) / 2.0) ** 2)[:, None]
    return Bank(np.roll(weights, -3, axis=1)[:N_BINS])  # from A first to C first


def contrast_bands() -> list[tuple[int, int, int]]:
    """Return the octave bands of spectral contrast: first bin, last bin + 1, values averaged.

    Edges 0, 200, 400, ..., 6400 Hz and 10 kHz; 2 % of a band's bins are its peak and its valley.
    The upper edge of a band belongs to the next one, and neighbours share a bin, as in librosa.
    """
    edges = [0.0, *(200.0 * 2.0**k for k in range(6)), CONTRAST_TOP]
    bands = []
    for number, (low, high) in enumerate(itertools.pairwise(edges)):
        inside = np.flatnonzero((low <= FREQUENCIES) & (high >= FREQUENCIES))
        first, stop = int(inside[0]) - (number > 0), int(inside[-1]) + 1
        n_averaged = max(1, round(0.02 * (stop - first)))
        is_last = number == len(edges) - 2
        bands.append((first, stop if is_last else stop - 1, n_averaged))
    return bands


def cosine_table(n_mfcc: int) -> npt.NDArray[np.float32]:
    """Return the orthonormal cosine transform (type II) of 128 bands, rows 1 .. n_mfcc - 1."""
    band, k = np.arange(N_MELS), np.arange(1, n_mfcc)
    table = np.cos(np.pi * np.outer(2 * band + 1, k) / (2 * N_MELS)) * np.sqrt(2 / N_MELS)
    return np.asarray(table, np.float32)


def hz_to_mel(hz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return Slaney's mels: 3 a 200 Hz up to 1 kHz, then 27 a factor of 6.4."""
    log = 15.0 + np.log(np.maximum(hz, 1000.0) / 1000.0) * (27.0 / np.log(6.4))
    return np.where(hz < 1000.0, hz * 3.0 / 200.0, log)


def mel_to_hz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the frequencies of Slaney's mels."""
    log = 1000.0 * np.exp((np.maximum(mel, 15.0) - 15.0) * (np.log(6.4) / 27.0))
    return np.where(mel < 15.0, mel * 200.0 / 3.0, log)
