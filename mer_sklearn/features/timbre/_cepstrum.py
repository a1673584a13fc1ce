"""What the families of timbre share: cepstral coefficients, windows, lags."""

from __future__ import annotations

from ..clip_series import ClipSeries
from ..ops import FRAME_RATE, Array

__all__ = ["N_MFCC", "cepstrum", "lagged", "window_moments"]

N_MFCC = 20


def cepstrum(clip: ClipSeries) -> Array:
    """20 cepstral coefficients, dB; called as ``clip.once(cepstrum)``. Needs the series ``mel``."""
    return clip.mfcc(N_MFCC)


def lagged(clip: ClipSeries, x: Array, lag: int) -> tuple[Array, Array]:
    """Return a series `lag` frames late, and 1 in the frames where the clip has begun by then.

    A lag is at most half the clip, so that short clips have pairs to compare too; a clip of one
    frame has none.

    Returns
    -------
    late : array of the shape of x
        Frame t holds frame t - lag.
    inside : array of shape (1, n_frames, 1)
        1 where frame t - lag exists, else 0.
    """
    ops, xp = clip.ops, clip.xp
    n_frames = ops.length(x, 1)
    lag = xp.minimum(ops.integer(lag), xp.maximum(ops.quotient(n_frames, 2), ops.integer(1)))
    source = ops.arange(n_frames) - lag
    inside = xp.astype(source >= ops.integer(0), xp.float32)
    return ops.at(x, source), xp.reshape(inside, (1, -1, 1))


def window_moments(clip: ClipSeries, x: Array, seconds: float) -> tuple[Array, Array]:
    """Return mean and standard deviation in windows that overlap by half.

    Returns
    -------
    means, deviations : arrays of shape (n_clips, n_windows, n_rows)
        Of each window; a clip shorter than one repeats its last frame.
    """
    size = round(seconds * FRAME_RATE)
    windows = clip.ops.windows(x, size, size // 2)
    return clip.xp.mean(windows, axis=2), clip.xp.std(windows, axis=2)
