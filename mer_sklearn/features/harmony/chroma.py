"""Which pitch classes sound."""

from __future__ import annotations

from collections.abc import Sequence

from ..clip_series import ClipSeries
from ..family import Meaning, StatisticsFamily
from ..ops import Array
from ..statistics import STATISTICS

__all__ = ["Chroma"]

PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


class Chroma(StatisticsFamily):
    """Strength of the 12 pitch classes in each frame, the strongest 1.

    The values of `librosa.feature.chroma_stft` with ``tuning=0``: the tuning is taken to be
    A4 = 440 Hz, not estimated. Frames whose strongest class lies below 1e-8 in power (digital
    silence, with or without the dust of a resampler) fade to 0, where librosa stretches whatever
    is there to 1.

    Parameters
    ----------
    statistics : sequence of str, default=("mean", "std", "min", "max", "median")
        Statistics over the frames.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``chroma__C#__mean``.

    References
    ----------
    D. Ellis: Chroma feature analysis and synthesis. Columbia University, 2007.

    Examples
    --------
    >>> import numpy as np
    >>> tone = np.sin(2 * np.pi * 440 / 22_050 * np.arange(22_050))
    >>> chroma = Chroma(statistics=("median",)).set_output(transform="pandas")
    >>> chroma.fit_transform(tone[None]).idxmax(axis="columns")[0]
    'chroma__A__median'
    """

    name = "chroma"
    needs = ("chroma",)
    meanings = (Meaning("*", "0 to 1", "strength of a pitch class, the strongest of a frame 1"),)
    source = "Ellis 2007; values of librosa.feature.chroma_stft(tuning=0)"

    def __init__(self, *, statistics: Sequence[str] = STATISTICS) -> None:
        self.statistics = statistics

    def series_names(self) -> list[str]:
        """Return the pitch classes."""
        return list(PITCH_CLASSES)

    def series(self, clip: ClipSeries) -> Array:
        """Return the pitch classes."""
        return clip.chroma
