"""Cepstral coefficients."""

from __future__ import annotations

import numbers
from collections.abc import Sequence

from ...errors import InputError
from ..clip_series import ClipSeries
from ..family import Meaning, StatisticsFamily
from ..ops import Array
from ..statistics import STATISTICS
from ..tables import N_MELS

__all__ = ["MFCC"]


class MFCC(StatisticsFamily):
    """Mel-frequency cepstral coefficients and their differences over time.

    The cosine transform (type II, orthonormal) of 128 log-mel bands in dB, floored 80 dB below the
    clip's largest value; the values of `librosa.feature.mfcc`. Differences are those of
    `librosa.feature.delta` (width 9), for clips of 9 frames (0.19 s) or more; shorter clips repeat
    their last frame.

    Parameters
    ----------
    n_mfcc : int, 1 to 128, default=20
        Coefficients, from 0 (the level) up.
    deltas : {0, 1, 2}, default=2
        Differences besides the coefficients: none, first, or first and second.
    statistics : sequence of str, default=("mean", "std", "min", "max", "median")
        Statistics over the frames.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``mfcc__3__mean`` and ``mfcc__delta_3__mean``.

    References
    ----------
    S. Davis, P. Mermelstein: Comparison of parametric representations for monosyllabic word
    recognition in continuously spoken sentences. IEEE TASSP 28, 1980.

    Examples
    --------
    >>> import numpy as np
    >>> clips = np.zeros((2, 22_050), dtype=np.float32)
    >>> MFCC(n_mfcc=13, deltas=0, statistics=("mean",)).fit_transform(clips).shape
    (2, 13)
    """

    name = "mfcc"
    needs = ("mel",)
    meanings = (
        Meaning("delta2_*", "dB a frame^2", "second difference of a coefficient"),
        Meaning("delta_*", "dB a frame", "first difference of a coefficient"),
        Meaning("[0-9]*", "dB", "cepstral coefficient: 0 the level, 1 the tilt, higher ones finer"),
    )
    source = "Davis, Mermelstein 1980; values of librosa.feature.mfcc"

    def __init__(
        self, n_mfcc: int = 20, *, deltas: int = 2, statistics: Sequence[str] = STATISTICS
    ) -> None:
        self.n_mfcc = n_mfcc
        self.deltas = deltas
        self.statistics = statistics

    def check(self) -> None:
        """Refuse parameters that make no sense."""
        super().check()
        if not (_is_whole(self.n_mfcc) and 1 <= self.n_mfcc <= N_MELS):
            msg = f"n_mfcc={self.n_mfcc!r} must be a number of coefficients from 1 to {N_MELS}."
            raise InputError(msg)
        if not (_is_whole(self.deltas) and 0 <= self.deltas <= 2):
            msg = f"deltas={self.deltas!r} must be 0, 1 (first differences) or 2 (second as well)."
            raise InputError(msg)

    def series_names(self) -> list[str]:
        """Return the names of the coefficients and of their differences."""
        prefixes = ("", "delta_", "delta2_")[: self.deltas + 1]
        return [f"{prefix}{i}" for prefix in prefixes for i in range(self.n_mfcc)]

    def series(self, clip: ClipSeries) -> Array:
        """Return the coefficients and their differences."""
        mfcc = clip.mfcc(self.n_mfcc)
        series = [mfcc, *(clip.delta(mfcc, order) for order in range(1, self.deltas + 1))]
        return clip.xp.concat(series, axis=-1)


def _is_whole(value: object) -> bool:
    """Tell whether a value is a whole number; True and False are none."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)
