"""Statistics over the frames of a clip: how a series becomes columns."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np

from ..errors import InputError, unknown_name
from .clip_series import ClipSeries
from .ops import FRAME_RATE, Array

__all__ = [
    "ALL_STATISTICS",
    "STATISTICS",
    "check_statistics",
    "shape_of",
    "summarize",
    "weighted_mean",
]

STATISTICS = ("mean", "std", "min", "max", "median")  # what families give unless told otherwise
ALL_STATISTICS = (*STATISTICS, "p10", "p90", "slope", "dstd", "skew", "kurtosis")
_LEVELS = {"min": 0.0, "p10": 0.1, "median": 0.5, "p90": 0.9, "max": 1.0}
SOFT = 1e-3  # share of a row's size added to its deviation, so that the shape of rounding is none
NONE = 1e-6  # added to sums of weights that may be zero


def summarize(
    clip: ClipSeries,
    x: Array,
    statistics: Sequence[str],
    where: Array | None = None,
    *,
    frame_rate: float = FRAME_RATE,
) -> Array:
    """Return statistics of each row of a series over its frames.

    ==============  ===============================================================================
    statistic       what it is
    ==============  ===============================================================================
    mean, std       mean and standard deviation
    min, max        smallest and largest value
    median, p10,    quantiles at 0.5, 0.1 and 0.9, interpolated between neighbours
    p90
    slope           of the line fitted to the row, a second
    dstd            root mean square of the difference from one frame to the next
    skew, kurtosis  third and fourth moment of (x - mean) / (std + 0.001 |mean|), the fourth less 3;
                    0 and -3 for a row that does not move
    ==============  ===============================================================================

    Parameters
    ----------
    clip : ClipSeries
        The clip that the series belongs to.
    x : array of shape (n_clips, n_frames, n_rows)
        A series, one value a frame.
    statistics : sequence of str
        Names from `ALL_STATISTICS`.
    where : array of shape (n_clips, n_frames, 1), default=None
        Weights of the frames, 0 to 1; quantiles are taken over frames of weight above 0.5. A clip
        without any such frame gives 0. None weighs all alike. `slope` and `dstd` need neighbours
        and cannot be weighted.
    frame_rate : float, default=FRAME_RATE
        Frames a second of the series, for `slope`.

    Returns
    -------
    array of shape (n_clips, n_rows * len(statistics))
        First all rows of the first statistic, then of the second, and so on.
    """
    parts = [
        _summarize(clip, part, statistics, where, frame_rate) for part in clip.ops.row_groups(x)
    ]
    values = [value for of_group in zip(*parts, strict=True) for value in of_group]
    return clip.xp.concat(values, axis=-1)


def _summarize(
    clip: ClipSeries,
    x: Array,
    statistics: Sequence[str],
    where: Array | None,
    frame_rate: float,
) -> list[Array]:
    """Return one array a statistic, (n_clips, n_rows)."""
    rows = clip.ops.rows(x)
    found = _quantiles(clip, rows, [name for name in statistics if name in _LEVELS], where)
    moments = [name for name in ("mean", "std", "skew", "kurtosis") if name in statistics]
    if moments:
        found.update(_moments(clip, rows, moments, where))
    if "slope" in statistics:
        found["slope"] = _slope(clip, x, frame_rate)
    if "dstd" in statistics:
        step = x[:, 1:, :] - x[:, :-1, :]
        count = clip.xp.maximum(clip.ops.real(clip.ops.length(x, 1)) - 1.0, clip.ops.scalar(1.0))
        found["dstd"] = clip.xp.sqrt(clip.xp.sum(step * step, axis=1) / count)
    return [found[name] for name in statistics]


def shape_of(
    clip: ClipSeries, x: Array, still: float, where: Array | None = None
) -> tuple[Array, Array, Array]:
    """Return standard deviation, skewness and excess kurtosis of each row of a series in dB.

    The moments are those of (x - mean) / (std + still): 0 and -3 for a row that does not move. A
    fixed amount, where `summarize` damps by a share of the mean: levels in dB have no zero.

    Parameters
    ----------
    clip : ClipSeries
        The clip that the series belongs to.
    x : array of shape (n_clips, n_frames, n_rows)
        A series.
    still : float > 0
        What is added to deviations, in the unit of the series.
    where : array of shape (n_clips, n_frames, 1), default=None
        Weights of the frames, 0 to 1; None weighs all alike.

    Returns
    -------
    tuple of three arrays of shape (n_clips, n_rows)
        Deviation, skewness, excess kurtosis.
    """
    rows, mean_of = clip.ops.rows(x), _mean_over(clip, where)
    off = rows - clip.xp.expand_dims(mean_of(rows), axis=-1)
    std = clip.xp.sqrt(mean_of(off * off))
    return (std, *_lean_and_peak(off, std + still, mean_of))


def weighted_mean(clip: ClipSeries, x: Array, weight: Array) -> Array:
    """Return the mean of each row over frames of given weights; 0 where all weights are 0.

    Parameters
    ----------
    clip : ClipSeries
        The clip that the series belongs to.
    x : array of shape (n_clips, n_frames, n_rows)
        A series.
    weight : array of shape (n_clips, n_frames, 1)
        Weights of 0 or more.

    Returns
    -------
    array of shape (n_clips, n_rows)
        The means.
    """
    return clip.xp.sum(x * weight, axis=1) / (clip.xp.sum(weight, axis=1) + NONE)


def check_statistics(statistics: Sequence[str], known: Sequence[str] = ALL_STATISTICS) -> None:
    """Refuse statistics that do not exist, none at all, or one named twice."""
    # A set has no order of its own, so that columns and names could come apart.
    is_list = isinstance(statistics, (Sequence, np.ndarray)) and not isinstance(statistics, str)
    if not is_list or not len(statistics):
        msg = f'statistics={statistics!r} must be a list of names, for example ("mean", "std").'
        raise InputError(msg)
    for name in statistics:
        if name not in known:
            raise unknown_name("statistic", name, known)
    if len(set(statistics)) < len(statistics):
        msg = f"statistics={tuple(statistics)!r} names a statistic twice; name each once."
        raise InputError(msg)


def _quantiles(
    clip: ClipSeries, rows: Array, names: Sequence[str], where: Array | None
) -> dict[str, Array]:
    """Return quantiles by name; one sort serves them all."""
    if not names:
        return {}
    levels = [_LEVELS[name] for name in names]
    if where is None:
        values = clip.ops.quantiles(rows, levels)
    else:
        values = clip.ops.quantiles_where(rows, where[:, :, 0] > 0.5, levels)
    return dict(zip(names, values, strict=True))


def _moments(
    clip: ClipSeries, rows: Array, names: Sequence[str], where: Array | None
) -> dict[str, Array]:
    """Return moments by name."""
    xp, mean_of = clip.xp, _mean_over(clip, where)
    found = {"mean": mean_of(rows)}
    if names == ["mean"]:
        return found
    off = rows - xp.expand_dims(found["mean"], axis=-1)
    found["std"] = xp.sqrt(mean_of(off * off))
    if "skew" in names or "kurtosis" in names:
        size = found["std"] + xp.abs(found["mean"]) * SOFT + NONE
        found["skew"], found["kurtosis"] = _lean_and_peak(off, size, mean_of)
    return found


def _mean_over(clip: ClipSeries, where: Array | None) -> Callable[[Array], Array]:
    """Return the function that takes the mean of rows over their frames."""
    xp = clip.xp
    if where is None:
        return functools.partial(xp.mean, axis=-1)
    weight = clip.ops.rows(where)
    total = xp.sum(weight, axis=-1) + NONE
    return lambda rows: xp.sum(rows * weight, axis=-1) / total


def _lean_and_peak(
    off: Array, size: Array, mean_of: Callable[[Array], Array]
) -> tuple[Array, Array]:
    """Return the third and fourth moment of rows less their mean in units of a size."""
    square, variance = off * off, size * size
    skew = mean_of(square * off) / (variance * size)
    return skew, mean_of(square * square) / (variance * variance) - 3.0


def _slope(clip: ClipSeries, x: Array, frame_rate: float) -> Array:
    """Return the slope of the line fitted to each row, a second; 0 for a single frame."""
    ops, xp = clip.ops, clip.xp
    frame = xp.astype(ops.arange(ops.length(x, 1)), xp.float32)
    off = frame - xp.mean(frame, axis=0)
    total = xp.sum(off * off, axis=0) + NONE
    return xp.sum(x * xp.reshape(off, (1, -1, 1)), axis=1) / total * frame_rate
