"""Which intervals sound together."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from ..clip_series import ClipSeries
from ..family import FeatureFamily, Meaning
from ..ops import Array
from ..statistics import summarize
from .pitch_classes import NONE
from .salience import N_SEMITONES, tuned

__all__ = ["Intervals"]

REGISTERS = {"all": (0, N_SEMITONES), "low": (0, 30), "high": (24, N_SEMITONES)}  # semitones
LARGEST = {"all": 24, "low": 12, "high": 12}  # semitones
BLOCK = 2  # frames


class Intervals(FeatureFamily):
    """How much sounds at each interval above something else that sounds.

    Pitches are summed up from their harmonics (`salience`), tuned to the clip, averaged over 93 ms;
    what lies above the mean of the 64 semitones counts. The autocorrelation over semitones, divided
    by the energy, says which intervals sound together; harmonics of single notes are part of it (a
    note alone shows the octave and the fifth, though weaker).

    ==================  ========  =================================================================
    column              unit      what it is
    ==================  ========  =================================================================
    all_1-24            0 to 1    mean at 1 .. 24 semitones, weighted by energy
    all_1_std           0 to 1    deviation over the blocks
    low_1-12            0 to 1    the same from 40 to 230 Hz, up to an octave
    high_1-12           0 to 1    the same from 160 to 1580 Hz, up to an octave
    ==================  ========  =================================================================

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``intervals__all_7`` (a fifth).

    References
    ----------
    D. J. Hermes: Measurement of pitch by subharmonic summation. JASA 83, 1988 (the salience).

    Examples
    --------
    A fourth has 5 semitones:

    >>> import numpy as np
    >>> phase = 2 * np.pi * 440 / 22_050 * np.arange(44_100)
    >>> fourth = (np.sin(phase) + np.sin(phase * 2 ** (5 / 12))) / 3
    >>> family = Intervals().set_output(transform="pandas")
    >>> table = family.fit_transform(fourth[None])[[f"intervals__all_{i}" for i in range(2, 9)]]
    >>> table.idxmax(axis="columns")[0]
    'intervals__all_5'
    """

    name = "intervals"
    needs = ("salience",)
    meanings = (
        Meaning("*_std", "0 to 1", "deviation of how much sounds at an interval"),
        Meaning("all_*", "0 to 1", "how much sounds at an interval of so many semitones"),
        Meaning("low_*", "0 to 1", "how much sounds at an interval, 40 to 230 Hz"),
        Meaning("high_*", "0 to 1", "how much sounds at an interval, 160 to 1580 Hz"),
    )
    source = "own definition on the salience of Hermes 1988"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        return [
            f"{self.name}__{register}_{interval}{suffix}"
            for register, largest in LARGEST.items()
            for suffix in ("", "_std")
            for interval in range(1, largest + 1)
        ]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, n_columns)."""
        xp, parts = clip.xp, []
        semitones = xp.mean(clip.ops.windows(clip.once(tuned), BLOCK, BLOCK), axis=2)
        bed = xp.mean(semitones, axis=-1, keepdims=True)
        semitones = xp.maximum(semitones - bed, clip.ops.scalar(0.0))
        for register, (first, stop) in REGISTERS.items():
            together = _autocorrelation(clip, semitones[:, :, first:stop], LARGEST[register])
            energy, together = together[..., :1], together[..., 1:]
            parts.append(xp.sum(together, axis=1) / (xp.sum(energy, axis=1) + NONE))
            parts.append(summarize(clip, together / (energy + NONE), ("std",)))
        return xp.concat(parts, axis=-1)


def _autocorrelation(clip: ClipSeries, x: Array, largest: int) -> Array:
    """Return the autocorrelation over the last axis at lags 0 .. largest, by way of the power."""
    xp, ops = clip.xp, clip.ops
    forth, back = _fourier_tables(x.shape[-1], largest)
    spectrum = xp.matmul(x, ops.const(forth))
    return xp.matmul(spectrum * spectrum, ops.const(back))


@functools.cache
def _fourier_tables(
    n: int, largest: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the tables from n values to their spectrum, and from its squares to the lags."""
    size = n + largest  # with zeros behind, so that no lag wraps around
    k = np.arange(size // 2 + 1)
    angle = 2 * np.pi * np.outer(np.arange(n), k) / size
    forth = np.concatenate([np.cos(angle), np.sin(angle)], axis=1)
    weight = np.where((k == 0) | (2 * k == size), 1.0, 2.0) / size
    lags = np.cos(2 * np.pi * np.outer(k, np.arange(largest + 1)) / size) * weight[:, None]
    return np.asarray(forth, np.float32), np.asarray(np.concatenate([lags, lags]), np.float32)
