"""How strongly each pitch sounds: harmonic salience, and the tuned semitones derived from it.

`salience` is a series of the frame floor; `tuned`, `sounding` and `blocks` derive from it on the
clip floor and are called as ``clip.once(tuned)``. Semitone 0 lies at 40 Hz or up to two thirds of
a semitone above, whatever the clip is tuned to; semitone 24 near 160 Hz, semitone 48 near 640 Hz.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from ..clip_series import ClipSeries
from ..ops import BIN_HZ, FRAME_RATE, Array, Bank
from ..spectra import Frames, series

__all__ = [
    "LOWEST_HZ",
    "N_PITCHES",
    "N_SEMITONES",
    "PER_SEMITONE",
    "SALIENCE_RATE",
    "Span",
    "blocks",
    "folding",
    "salience",
    "sounding",
    "summing",
    "tuned",
]

Span = tuple[int, int]  # the first row, and the one after the last

STEP = 2  # every second frame: notes last longer
SALIENCE_RATE = FRAME_RATE / STEP  # frames per second
LOWEST_HZ = 40.0
PER_SEMITONE = 3  # pitches
N_SEMITONES = 64
N_PITCHES = N_SEMITONES * PER_SEMITONE  # 40 to 1583 Hz
BLOCK = 4  # frames

TOP_BIN = 512  # what lies above 5.5 kHz tells nothing more of pitch
COMPRESSION = 1000.0  # magnitudes 60 dB below the frame's largest begin to count
WHITENING_BINS = 41  # 440 Hz
RIPPLE = 0.01  # height of the peaks that rounding leaves in a flat or an empty spectrum
N_HARMONICS, DECAY = 8, 0.8
FAINT = 1e-4  # magnitude of a frame's largest bin below which the frame fades to 0
# Salience of all pitches together up to which a frame has none, and twice that from which it has
# all: rounding would decide what sounds in the rest of a click that the frame's edge cuts.
# Music and speech have 50 or more.
SPECK = 1.0
BED = 0.5  # share of a frame's mean that counts as nothing


@series(width=N_PITCHES, step=STEP, version=2)
def salience(frames: Frames) -> Array:
    """Salience of 192 pitches, three a semitone from 40 Hz up: the sum of peaks at 8 harmonics.

    Magnitudes up to 5.5 kHz relative to the frame's largest, as log(1 + 1000 a); what stands above
    the mean of the 41 bins around is a peak; harmonic h weighs 0.8^(h - 1) (subharmonic summation,
    Hermes 1988, on a whitened spectrum, Klapuri 2006). Of every second frame; 0 in silence and
    where next to nothing is a peak.
    """
    ops, xp = frames.ops, frames.xp
    magnitude = frames.magnitude[:, ::STEP, :]
    largest = xp.max(magnitude, axis=-1, keepdims=True) + FAINT
    compressed = xp.log(magnitude[..., :TOP_BIN] * (COMPRESSION / largest) + 1.0)
    peaks = xp.maximum(ops.project(compressed, _whitening()) - RIPPLE, ops.scalar(0.0))
    found = ops.project(peaks, _combs())
    total = xp.sum(found, axis=-1, keepdims=True)
    return found * xp.clip(total * (1 / SPECK) - 1.0, 0.0, 1.0)


def tuned(clip: ClipSeries) -> Array:
    """Salience of 64 semitones in the tuning of the clip, (n_clips, n_frames, 64).

    Of the three pitches of a semitone, the one with most energy in the whole clip: the nearest to
    the circular mean of the tuning (Dressler, Streich 2007). Needs the series ``salience``.
    """
    xp, ops = clip.xp, clip.ops
    place = ops.const(np.tile(np.eye(PER_SEMITONE, dtype=np.float32), (N_SEMITONES, 1)))
    energies = ops.in_blocks(lambda grid: xp.matmul(grid * grid, place), clip.salience)
    energy = xp.mean(energies, axis=1, keepdims=True)
    best = xp.argmax(energy, axis=-1, keepdims=True)
    weight = xp.astype(best == ops.const(np.arange(PER_SEMITONE)), xp.float32)

    def chosen(grid: Array) -> Array:
        low, middle, high = (
            grid[:, :, i::PER_SEMITONE] * weight[:, :, i : i + 1] for i in range(PER_SEMITONE)
        )
        return low + middle + high

    return ops.in_blocks(chosen, clip.salience)


def sounding(clip: ClipSeries) -> Array:
    """Tuned salience above half the mean of its frame: what sounds, without the bed of noise.

    Shape (n_clips, n_frames, 64). Needs the series ``salience``.
    """

    def above(values: Array) -> Array:
        bed = clip.xp.mean(values, axis=-1, keepdims=True) * BED
        return clip.xp.maximum(values - bed, clip.ops.scalar(0.0))

    return clip.ops.in_blocks(above, clip.once(tuned))


def blocks(clip: ClipSeries) -> Array:
    """Mean of what sounds in blocks of 0.19 s, (n_clips, n_blocks, 64).

    Needs the series ``salience``.
    """
    return clip.xp.mean(clip.ops.windows(clip.once(sounding), BLOCK, BLOCK), axis=2)


def folding(*spans: Span) -> npt.NDArray[np.float32]:
    """Return the table that folds spans of semitones to 12 pitch classes each, (64, 12 * n_spans).

    Class 0 is that of semitone 0, not C.
    """
    table = np.zeros((N_SEMITONES, len(spans), 12), np.float32)
    for i, span in enumerate(spans):
        semitones = np.arange(*span)
        table[semitones, i, semitones % 12] = 1.0
    return table.reshape(N_SEMITONES, -1)


def summing(*spans: Span, n_rows: int = N_SEMITONES) -> npt.NDArray[np.float32]:
    """Return the table that sums spans of rows, (n_rows, n_spans)."""
    row = np.arange(n_rows)[:, None]
    first, stop = np.array(spans).T
    return np.asarray((row >= first) & (row < stop), np.float32)


@functools.cache
def _whitening() -> Bank:
    """Return the filters that take from each bin the mean of the bins around; the ends repeat."""
    bins, half = np.arange(TOP_BIN), WHITENING_BINS // 2
    weights = np.eye(TOP_BIN)
    for off in range(-half, half + 1):
        np.subtract.at(weights, (np.clip(bins + off, 0, TOP_BIN - 1), bins), 1 / WHITENING_BINS)
    return Bank(weights, n_groups=16)


@functools.cache
def _combs() -> Bank:
    """Return one comb a pitch: its harmonics, each shared by the two bins beside it."""
    pitches = np.arange(N_PITCHES)
    first = LOWEST_HZ / BIN_HZ * 2.0 ** (pitches / (12 * PER_SEMITONE))  # bins
    weights = np.zeros((TOP_BIN, N_PITCHES))
    for harmonic in range(1, N_HARMONICS + 1):
        inside = first * harmonic < TOP_BIN - 1
        below, share = np.divmod(first[inside] * harmonic, 1.0)
        low, weight = below.astype(int), DECAY ** (harmonic - 1)
        weights[low, pitches[inside]] += weight * (1 - share)
        weights[low + 1, pitches[inside]] += weight * share
    return Bank(weights, n_groups=8)
