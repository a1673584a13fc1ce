"""What families of several kinds derive from a clip's series; called as ``clip.once(bands)``."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from .clip_series import ClipSeries
from .ops import Array
from .spectra import DB
from .tables import N_MELS

__all__ = ["N_BANDS", "active", "bands", "rms_db"]

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
    db = clip.xp.log(clip.xp.maximum(clip.rms, clip.ops.scalar(1e-5))) * (2 * DB)
    return clip.xp.maximum(db, clip.xp.max(db, axis=(1, 2), keepdims=True) - TOP_DB)


def active(clip: ClipSeries) -> Array:
    """1 in frames within 35 dB of the loudest, 0 in the others: where somebody speaks.

    Needs the series ``rms``.
    """
    level = clip.once(rms_db)
    loudest = clip.xp.max(level, axis=(1, 2), keepdims=True)
    return clip.xp.astype(level > loudest - ACTIVE_DB, clip.xp.float32)


@functools.cache
def _band_table() -> npt.NDArray[np.float32]:
    """Return triangles of 40 bands over the 128 mel bands, each of sum 1."""
    centre = (np.arange(N_BANDS) + 0.5) * (N_MELS / N_BANDS) - 0.5
    off = np.abs(np.arange(N_MELS)[:, None] - centre) / (N_MELS / N_BANDS)
    triangles = np.maximum(0.0, 1.0 - off)
    return np.asarray(triangles / triangles.sum(axis=0), np.float32)
