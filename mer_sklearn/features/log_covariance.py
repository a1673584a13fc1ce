"""The log-Euclidean covariance of a series: how its rows move together, as a vector."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement

import numpy as np

from .clip_series import ClipSeries
from .ops import Array

__all__ = ["log_covariance", "triangle_names"]

SHRINK = 1e-3  # share of the mean variance that is added to every variance
FLOOR = 1e-4  # added as well, squared units of the series: rows that stand still have a logarithm
NO_WEIGHT = 1e-6  # a sum of weights counts as at least this


def log_covariance(
    clip: ClipSeries, x: Array, weight: Array | None = None, *, shrink: float = SHRINK
) -> Array:
    """Return the logarithm of the covariance of a series' rows, its upper triangle as columns.

    Covariances lie in a curved space; their matrix logarithms lie in a flat one, in which the
    Euclidean distance that models use has a meaning (Arsigny et al. 2007). Values off the diagonal
    are multiplied by the root of 2, as each stands for two.

    Parameters
    ----------
    clip : ClipSeries
        The clip that the series belongs to.
    x : array of shape (n_clips, n_frames, n_rows)
        A series whose rows are of like size, about 1 to 1000 (dB, semitones).
    weight : array of shape (n_clips, n_frames, 1), default=None
        Weights of the frames, 0 or more; None weighs all alike. Where all are 0 the covariance
        counts as 0, and the floors alone remain.
    shrink : float, 1e-6 n_rows or more, default=0.001
        Share of the mean variance that is added to each variance. It keeps the logarithm of what
        hardly moves finite, and the smallest eigenvalue at 1e-6 of the trace or more.

    Returns
    -------
    array of shape (n_clips, n_rows * (n_rows + 1) / 2)
        The triangle, row by row, float32; `triangle_names` names it.
    """
    ops, xp, n_rows = clip.ops, clip.xp, x.shape[-1]
    covariance = _covariance(clip, x, weight)
    one = ops.const(np.eye(n_rows))
    trace = xp.sum(covariance * one, axis=(1, 2), keepdims=True)
    log = ops.matrix_log(covariance + one * (trace * (shrink / n_rows) + FLOOR))

    first, second = np.triu_indices(n_rows)
    scale = np.where(first == second, 1.0, np.sqrt(2.0))
    flat = ops.keep_shape(log, (0, n_rows * n_rows))
    triangle = xp.take(flat, ops.const(first * n_rows + second), axis=1)
    return xp.astype(triangle * ops.const(scale), xp.float32)


def triangle_names(rows: Sequence[str]) -> list[str]:
    """Return the names of what `log_covariance` gives for rows of these names, ``first_second``."""
    return [f"{first}_{second}" for first, second in combinations_with_replacement(rows, 2)]


def _covariance(clip: ClipSeries, x: Array, weight: Array | None) -> Array:
    """Return the weighted covariance of the rows, (n_clips, n_rows, n_rows), in float64."""
    ops, xp, n_rows = clip.ops, clip.xp, x.shape[-1]
    x = xp.astype(x, xp.float64)
    weight = xp.ones_like(x[..., :1]) if weight is None else xp.astype(weight, xp.float64)
    total = xp.sum(weight, axis=1, keepdims=True)
    share = weight / xp.maximum(total, ops.const(np.float64(NO_WEIGHT)))
    off = x - xp.sum(x * share, axis=1, keepdims=True)
    covariance = xp.matmul(xp.permute_dims(off * share, (0, 2, 1)), off)
    return ops.keep_shape(covariance, (0, n_rows, n_rows))
