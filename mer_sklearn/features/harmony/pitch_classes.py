"""Twelve pitch classes: intervals between them, keys, chords, and what is relative to a tonic.

Chroma may begin at any pitch: class 0 need not be C.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..clip_series import ClipSeries
from ..ops import Array

__all__ = [
    "CHORDS",
    "N_CLASSES",
    "NONE",
    "at_index",
    "by_interval",
    "chord_table",
    "key_correlations",
    "pairs_in_time",
    "relative",
    "shares",
    "tonic_of",
    "unit",
]

N_CLASSES = 12
# How well each degree fits a key, by listeners: Krumhansl 1990, table 2.1.
MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
SHARP = 8.0  # of the choice of a tonic: a correlation greater by 0.1 counts 2.2 times
FLAT = 1e-3  # share of a mean that a deviation must exceed to count
NONE = 1e-6  # added to sums and norms that may be zero
# Semitones above the root; major and minor triads come first. A sus2 is a sus4 on its fifth.
CHORDS = {
    "major": (0, 4, 7),
    "minor": (0, 3, 7),
    "diminished": (0, 3, 6),
    "augmented": (0, 4, 8),
    "7": (0, 4, 7, 10),
    "major7": (0, 4, 7, 11),
    "minor7": (0, 3, 7, 10),
    "sus4": (0, 5, 7),
}


def at_index(clip: ClipSeries, index: Array, n: int) -> Array:
    """Return 1 at an index and 0 elsewhere on a new last axis of length n."""
    places = clip.ops.const(np.arange(n))
    return clip.xp.astype(clip.xp.expand_dims(index, axis=-1) == places, clip.xp.float32)


def unit(clip: ClipSeries, chroma: Array) -> Array:
    """Return chroma of Euclidean norm 1; 0 where nothing sounds."""
    xp = clip.xp
    return chroma / (xp.sqrt(xp.sum(chroma * chroma, axis=-1, keepdims=True)) + NONE)


def shares(clip: ClipSeries, chroma: Array) -> Array:
    """Return chroma of sum 1; 0 where nothing sounds."""
    return chroma / (clip.xp.sum(chroma, axis=-1, keepdims=True) + NONE)


def by_interval(
    clip: ClipSeries, pairs: Array, intervals: Sequence[int] = range(N_CLASSES)
) -> Array:
    """Sum what belongs to pairs of pitch classes over all pairs of one interval.

    Parameters
    ----------
    clip : ClipSeries
        The clip.
    pairs : array of shape (n_clips, 12, 12) or (n_clips, k, 12, 12)
        One value a pair (from, to).
    intervals : sequence of int, default=0 .. 11
        Semitones from the first class up to the second.

    Returns
    -------
    array of shape (n_clips, n_intervals) or (n_clips, k, n_intervals)
        The sums.
    """
    table = clip.ops.const(_interval_table(tuple(intervals)))
    sums = clip.xp.matmul(clip.ops.keep_shape(pairs, (0, -1, N_CLASSES**2)), table)
    return clip.xp.squeeze(sums, axis=1) if pairs.ndim == 3 else sums


def pairs_in_time(clip: ClipSeries, chroma: Array, lag: int) -> Array:
    """Return the mean product of each class with each class `lag` frames later, (n_clips, 12, 12).

    0 in a clip that is not longer than the lag.
    """
    ops, xp = clip.ops, clip.xp
    n_frames = ops.length(chroma, 1)
    # Masked, not sliced: onnxruntime leaves a product over no frames at all unwritten.
    exists = xp.astype(ops.arange(n_frames) >= ops.integer(lag), xp.float32)
    earlier = ops.shift(chroma, lag) * xp.reshape(exists, (1, -1, 1))
    count = ops.real(xp.maximum(n_frames - lag, ops.integer(1)))
    return xp.matmul(xp.permute_dims(earlier, (0, 2, 1)), chroma) / count


def key_correlations(clip: ClipSeries, chroma: Array) -> Array:
    """Return the correlation of chroma with the profiles of 24 keys: 12 major, then 12 minor."""
    xp = clip.xp
    mean = xp.mean(chroma, axis=-1, keepdims=True)
    off = chroma - mean
    deviation = xp.sqrt(xp.mean(off * off, axis=-1, keepdims=True))
    return xp.matmul(off / (deviation + mean * FLAT + NONE), clip.ops.const(_key_profiles()))


def tonic_of(clip: ClipSeries, fit: Array) -> Array:
    """Return how likely each class is the tonic, given key correlations (n_clips, 24): sum 1.

    A key weighs exp(8 x its correlation): keys that fit alike share the weight, so that what is
    relative to the tonic does not jump from one to the other.
    """
    xp = clip.xp
    weight = xp.exp((fit - xp.max(fit, axis=-1, keepdims=True)) * SHARP)
    return shares(clip, weight[..., :N_CLASSES] + weight[..., N_CLASSES:])


def relative(clip: ClipSeries, chroma: Array, tonic: Array) -> Array:
    """Turn chroma (n_clips, k, 12) so that class 0 is the tonic, given by its weights."""
    xp = clip.xp
    weight = xp.expand_dims(xp.expand_dims(tonic, axis=1), axis=-1)
    return by_interval(clip, weight * xp.expand_dims(chroma, axis=2))


@functools.cache
def chord_table() -> npt.NDArray[np.float32]:
    """Return the chords on all roots as chroma of norm 1, shape (12, n_chords * 12)."""
    chords = np.zeros((len(CHORDS), N_CLASSES, N_CLASSES))
    for chord, notes in zip(chords, CHORDS.values(), strict=True):
        for root in range(N_CLASSES):
            chord[root, (root + np.array(notes)) % N_CLASSES] = len(notes) ** -0.5
    return np.asarray(chords.reshape(-1, N_CLASSES).T, np.float32)


@functools.cache
def _interval_table(intervals: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Return 1 where a pair (12 * from + to) is an interval apart, shape (144, n_intervals)."""
    low, high = np.divmod(np.arange(N_CLASSES**2), N_CLASSES)
    apart = (high - low) % N_CLASSES
    return np.asarray(apart[:, None] == np.array(intervals) % N_CLASSES, np.float32)


@functools.cache
def _key_profiles() -> npt.NDArray[np.float32]:
    """Return the standardized profiles of the keys over 12, shape (12, 24)."""
    profiles = []
    for profile in (MAJOR, MINOR):
        standard = (profile - profile.mean()) / profile.std() / N_CLASSES
        profiles += [np.roll(standard, tonic) for tonic in range(N_CLASSES)]
    return np.asarray(np.stack(profiles, axis=1), np.float32)
