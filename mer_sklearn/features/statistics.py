"""Statistics over the frames of a clip: how a series becomes columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import InputError, unknown_name
from .clip_series import ClipSeries
from .ops import Array

__all__ = ["ALL_STATISTICS", "check_statistics", "summarize"]

ALL_STATISTICS = ("mean", "std", "min", "max", "median")
_LEVELS = {"min": 0.0, "median": 0.5, "max": 1.0}  # statistics that are quantiles


def summarize(clip: ClipSeries, x: Array, statistics: Sequence[str]) -> Array:
    """Return statistics of each row of a series over its frames.

    Parameters
    ----------
    clip : ClipSeries
        The clip that the series belongs to.
    x : array of shape (n_clips, n_frames, n_rows)
        A series.
    statistics : sequence of str
        Names from `ALL_STATISTICS`.

    Returns
    -------
    array of shape (n_clips, n_rows * len(statistics))
        First all rows of the first statistic, then of the second, and so on.
    """
    rows = clip.ops.rows(x)
    quantiles = [name for name in statistics if name in _LEVELS]
    found: dict[str, Array] = {}
    if quantiles:  # one sort serves them all
        values = clip.ops.quantiles(rows, [_LEVELS[name] for name in quantiles])
        found.update(zip(quantiles, values, strict=True))
    if "mean" in statistics:
        found["mean"] = clip.xp.mean(rows, axis=-1)
    if "std" in statistics:
        found["std"] = clip.xp.std(rows, axis=-1)
    return clip.xp.concat([found[name] for name in statistics], axis=-1)


def check_statistics(statistics: Sequence[str]) -> None:
    """Refuse statistics that do not exist, none at all, or one named twice."""
    # A set has no order of its own, so that columns and names could come apart.
    is_list = isinstance(statistics, (Sequence, np.ndarray)) and not isinstance(statistics, str)
    if not is_list or not len(statistics):
        msg = f'statistics={statistics!r} must be a list of names, for example ("mean", "std").'
        raise InputError(msg)
    for name in statistics:
        if name not in ALL_STATISTICS:
            raise unknown_name("statistic", name, ALL_STATISTICS)
    if len(set(statistics)) < len(statistics):
        msg = f"statistics={tuple(statistics)!r} names a statistic twice; name each once."
        raise InputError(msg)
