"""What families of several kinds derive from a clip's series; called as ``clip.once(bands)``."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from .clip_series import ClipSeries
from .ops import HOP, N_FFT, Array
from .spectra import DB
from .tables import N_MELS

__all__ = [
    "N_BANDS",
    "active",
    "bands",
    "energy_inside",
    "inner_db",
    "inner_rms",
    "rms_db",
    "share_inside",
]

N_BANDS = 40
TOP_DB = 80.0  # dB below the loudest band or frame at which levels end
ACTIVE_DB = 35.0  # dB below the loudest frame within which a frame counts as active


def bands(clip: ClipSeries) -> Array:
    """Levels in 40 bands of equal width in mel, dB, floored 80 dB below the clip's largest.

    Each band is a triangle over neighbouring bands of the 128 of `mel`. Needs the series ``mel``.
    """

    def levels(mel: Array) -> Array:
        power = clip.xp.matmul(mel, clip.ops.const(_band_table()))
        return clip.xp.log(clip.xp.maximum(power, clip.ops.scalar(1e-10))) * DB

    db = clip.ops.in_blocks(levels, clip.mel)
    return clip.xp.maximum(db, clip.xp.max(db, axis=(1, 2), keepdims=True) - TOP_DB)


def rms_db(clip: ClipSeries) -> Array:
    """Level of each frame in dB, at least -100, floored 80 dB below the loudest.

    Needs the series ``rms``.
    """
    return _level(clip, clip.rms)


def share_inside(clip: ClipSeries) -> Array:
    """Share of each frame's samples that lie inside the clip, (1, n_frames, 1).

    The frames at either end reach beyond it, where samples count as zeros: half of the first one.
    """
    first, stop = _ends(clip)
    return clip.xp.astype(stop - first, clip.xp.float32) * (1 / N_FFT)


def energy_inside(clip: ClipSeries) -> Array:
    """As `share_inside`, of the energy of a steady sound under the window of the spectrum."""
    first, stop = (clip.xp.astype(end, clip.xp.float32) for end in _ends(clip))
    return _window_energy(clip, stop) - _window_energy(clip, first)


def inner_rms(clip: ClipSeries) -> Array:
    """Root mean square of the samples of each frame that lie inside the clip.

    Where `rms` counts the zeros around the clip too. Needs the series ``rms``.
    """
    return clip.rms / clip.xp.sqrt(clip.once(share_inside))


def inner_db(clip: ClipSeries) -> Array:
    """As `rms_db`, of `inner_rms`: a steady tone does not rise at its begin. Needs ``rms``."""
    return _level(clip, clip.once(inner_rms))


def active(clip: ClipSeries) -> Array:
    """1 in frames within 35 dB of the loudest, 0 in the others: where somebody speaks.

    Needs the series ``rms``.
    """
    level = clip.once(rms_db)
    loudest = clip.xp.max(level, axis=(1, 2), keepdims=True)
    return clip.xp.astype(level > loudest - ACTIVE_DB, clip.xp.float32)


def _level(clip: ClipSeries, rms: Array) -> Array:
    """Return levels in dB, at least -100, floored 80 dB below the largest."""
    db = clip.xp.log(clip.xp.maximum(rms, clip.ops.scalar(1e-5))) * (2 * DB)
    return clip.xp.maximum(db, clip.xp.max(db, axis=(1, 2), keepdims=True) - TOP_DB)


def _ends(clip: ClipSeries) -> tuple[Array, Array]:
    """Return the first sample of each frame inside the clip and the one after the last.

    Counted from the begin of the frame, (1, n_frames, 1).
    """
    xp, ops = clip.xp, clip.ops
    n_frames = clip.n_samples // HOP + 1
    begin = xp.reshape(ops.arange(n_frames) * HOP - N_FFT // 2, (1, -1, 1))
    first = xp.maximum(-begin, ops.integer(0))
    return first, xp.minimum(clip.n_samples - begin, ops.integer(N_FFT))


def _window_energy(clip: ClipSeries, place: Array) -> Array:
    """Return the share of a Hann window's energy that lies before a place in it."""
    turn = place * (2 * np.pi / N_FFT)
    sines = clip.xp.sin(turn) * (-4 / 3) + clip.xp.sin(turn * 2.0) * (1 / 6)
    return (turn + sines) * (0.5 / np.pi)


@functools.cache
def _band_table() -> npt.NDArray[np.float32]:
    """Return triangles of 40 bands over the 128 mel bands, each of sum 1."""
    centre = (np.arange(N_BANDS) + 0.5) * (N_MELS / N_BANDS) - 0.5
    off = np.abs(np.arange(N_MELS)[:, None] - centre) / (N_MELS / N_BANDS)
    triangles = np.maximum(0.0, 1.0 - off)
    return np.asarray(triangles / triangles.sum(axis=0), np.float32)
