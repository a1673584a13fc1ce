"""Where the sounding pitch classes lie among fifths and thirds."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..clip_series import ClipSeries
from ..family import Meaning, StatisticsFamily
from ..ops import Array
from ..statistics import STATISTICS

__all__ = ["Tonnetz", "tonal_centroid"]

AXES = ("fifth_x", "fifth_y", "minor_third_x", "minor_third_y", "major_third_x", "major_third_y")


class Tonnetz(StatisticsFamily):
    """Tonal centroid: the mean place of the pitch classes on circles of fifths and of thirds.

    The pitch classes stand around three circles, neighbours a fifth (radius 1), a minor third (1)
    and a major third (0.5) apart; the six coordinates are the means of their places, weighted by
    chroma of sum 1. The values of ``librosa.feature.tonnetz(chroma=...)`` for the chroma of
    `Chroma`; frames of digital silence lie at 0.

    Parameters
    ----------
    statistics : sequence of str, default=("mean", "std", "min", "max", "median")
        Statistics over the frames.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``tonnetz__fifth_x__mean``.

    References
    ----------
    C. Harte, M. Sandler, M. Gasser: Detecting harmonic change in musical audio. AMCMM 2006.

    Examples
    --------
    >>> import numpy as np
    >>> time = np.arange(22_050) / 22_050
    >>> c, g, fis = (np.sin(2 * np.pi * hz * time) for hz in (1046.5, 1568.0, 1480.0))
    >>> tonnetz = Tonnetz(statistics=("median",)).set_output(transform="pandas")
    >>> table = tonnetz.fit_transform(np.stack([c + g, c + fis]))
    >>> fifths = table.filter(like="fifth").to_numpy()
    >>> np.hypot(*fifths.T).round(1)  # a tritone lies on both sides of the circle
    array([0.6, 0. ], dtype=float32)
    """

    name = "tonnetz"
    needs = ("chroma",)
    meanings = (
        Meaning("fifth_*", "-1 to 1", "place on the circle of fifths"),
        Meaning("minor_third_*", "-1 to 1", "place on the circle of minor thirds"),
        Meaning("major_third_*", "-0.5 to 0.5", "place on the circle of major thirds"),
    )
    source = "Harte, Sandler, Gasser 2006; values of librosa.feature.tonnetz"

    def __init__(self, *, statistics: Sequence[str] = STATISTICS) -> None:
        self.statistics = statistics

    def series_names(self) -> list[str]:
        """Return the names of the coordinates."""
        return list(AXES)

    def series(self, clip: ClipSeries) -> Array:
        """Return the coordinates."""
        return tonal_centroid(clip, clip.chroma)


def tonal_centroid(clip: ClipSeries, chroma: Array) -> Array:
    """Return the six coordinates of chroma of shape (n_clips, n_frames, 12).

    The strongest pitch class of a frame is 1, so that only silence has a sum below 1 and fades.
    """
    xp = clip.xp
    sums = xp.maximum(xp.sum(chroma, axis=-1, keepdims=True), clip.ops.scalar(1.0))
    return xp.matmul(chroma / sums, clip.ops.const(_places()))


@functools.cache
def _places() -> npt.NDArray[np.float32]:
    """Return the coordinates of the 12 pitch classes, C first."""
    # Semitones that lead to a neighbour on each circle; nine up are a minor third down.
    turns = np.outer(np.arange(12), np.array([7, 9, 4]) / 12) * 2 * np.pi
    radii = np.array([1.0, 1.0, 0.5])
    places = np.dstack([radii * np.sin(turns), radii * np.cos(turns)])
    return np.asarray(places.reshape(12, 6), np.float32)
