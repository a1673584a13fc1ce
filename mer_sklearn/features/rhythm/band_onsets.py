"""Onsets in bands: what begins low, what begins high, and what begins together."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import numpy.typing as npt

from ..clip_series import ClipSeries
from ..derived import N_BANDS, bands
from ..family import FeatureFamily, Meaning
from ..ops import Array
from ..statistics import shape_of
from .onset import onset_mean, onset_rate, onsets

__all__ = ["BandOnsets", "band_rises", "correlations"]

EDGES = (0, 3, 6, 10, 14, 19, 25, 32, 40)  # of the eight bands, among the 40 of `bands`
N_ROWS = len(EDGES)  # eight bands, and all of them together
SOFT, STRONG = 0.05, 0.5  # dB; added to means and deviations, and to the strength of onsets
STILL = 0.1  # dB; a band whose rises deviate less goes along with no other
KINDS = ("rise", "rise_std", "rise_skew", "rate", "strength", "up_down", "fall_std")


class BandOnsets(FeatureFamily):
    """Rises and falls of the level in eight bands and in all, their onsets, and which go together.

    Levels are taken in 40 bands of equal width in mel, grouped into eight with edges at 250, 500,
    830, 1190, 1820, 3050, 5550 and 11025 Hz (``band_0`` to ``band_7``) and into ``all``. A rise is
    the mean over the bands of what their level gained since the frame before, a fall of what it
    lost, both in dB.

    ===========================  ==============  ==================================================
    column                       unit            what it is
    ===========================  ==============  ==================================================
    rise_<band>                  log dB          logarithm of the mean rise
    rise_std_<band>              log dB          logarithm of the rises' standard deviation
    rise_skew_<band>                             skewness of the rises: few strong or many weak
    rate_<band>                  onsets/s        how often a rise is the largest within 3 frames
                                                 and above 1.5 times the mean plus 0.5 dB
    strength_<band>              log dB          logarithm of the mean rise at the onsets
    up_down_<band>               ratio           deviation of the rises over that of the falls:
                                                 above 1 for struck, about 1 for bowed sounds
    fall_std_<band>              log dB          logarithm of the falls' standard deviation
    together_band_<i>_band_<j>   -1 to 1         correlation of the rises of two bands
    ===========================  ==============  ==================================================

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``band_onsets__rate_band_0``.

    References
    ----------
    E. Scheirer: Tempo and beat analysis of acoustic musical signals. JASA 103, 1998 (band-wise
    envelopes); statistics of this project.

    Examples
    --------
    Four clicks a second are four onsets a second in every band.

    >>> import numpy as np
    >>> clicks = (np.arange(88_200) % 5_512 == 2_000).astype(float)
    >>> onsets = BandOnsets().set_output(transform="pandas").fit_transform(clicks[None])
    >>> round(float(onsets["band_onsets__rate_all"][0]), 1)
    4.0
    """

    name = "band_onsets"
    needs = ("mel",)
    meanings = (
        Meaning("rise_std_*", "log dB", "logarithm of the deviation of a band's rises"),
        Meaning("rise_skew_*", "", "skewness of a band's rises"),
        Meaning("rise_*", "log dB", "logarithm of a band's mean rise from frame to frame"),
        Meaning("rate_*", "onsets/s", "onsets a second in a band"),
        Meaning("strength_*", "log dB", "logarithm of a band's mean rise at its onsets"),
        Meaning("up_down_*", "ratio", "deviation of a band's rises over that of its falls"),
        Meaning("fall_std_*", "log dB", "logarithm of the deviation of a band's falls"),
        Meaning("together_*", "-1 to 1", "correlation of the rises of two bands"),
    )
    source = "Scheirer 1998 (band-wise envelopes); statistics of this project"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        rows = [*(f"band_{i}" for i in range(N_ROWS - 1)), "all"]
        names = [f"{kind}_{row}" for kind in KINDS for row in rows]
        pairs = zip(*np.triu_indices(N_ROWS - 1, 1), strict=True)
        names += [f"together_{rows[i]}_{rows[j]}" for i, j in pairs]
        return [f"{self.name}__{name}" for name in names]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips."""
        xp, ops = clip.xp, clip.ops
        rises, falls = (_grouped(clip, sign) for sign in (1.0, -1.0))
        weights = onsets(clip, rises)
        rise, fall = ops.rows(rises), ops.rows(falls)
        rise_std, fall_std = xp.std(rise, axis=-1), xp.std(fall, axis=-1)
        values = [
            xp.log(xp.mean(rise, axis=-1) + SOFT),
            xp.log(rise_std + SOFT),
            shape_of(clip, rises, SOFT)[1],
            onset_rate(clip, weights),
            xp.log(onset_mean(clip, rises, weights) + STRONG),
            rise_std / (fall_std + SOFT),
            xp.log(fall_std + SOFT),
            correlations(clip, rises[..., : N_ROWS - 1]),
        ]
        return xp.concat(values, axis=-1)


def band_rises(clip: ClipSeries) -> Array:
    """Return what the levels of `bands` gained since the frame before, dB, at least 0."""
    return clip.xp.maximum(clip.once(_steps), clip.ops.scalar(0.0))


def correlations(clip: ClipSeries, x: Array) -> Array:
    """Return the correlations of the rows of a series in dB, each pair once; 0 for still rows.

    Deviations below a tenth of a dB are damped: those of silence are rounding.
    """
    ops, xp, n_rows = clip.ops, clip.xp, x.shape[-1]
    off = ops.rows(x - xp.mean(x, axis=1, keepdims=True))
    size = xp.sqrt(xp.mean(off * off, axis=-1, keepdims=True) + STILL * STILL)
    unit = off / size
    products = xp.matmul(unit, xp.permute_dims(unit, (0, 2, 1))) / ops.real(ops.length(x, 1))
    i, j = np.triu_indices(n_rows, 1)
    flat = ops.keep_shape(products, (0, n_rows * n_rows))
    return xp.take(flat, ops.const(i * n_rows + j), axis=1)


def _steps(clip: ClipSeries) -> Array:
    """Return the differences of the levels of `bands` to the frame before; 0 in the first."""
    levels = clip.once(bands)
    return levels - clip.ops.shift(levels, 1)


def _grouped(clip: ClipSeries, sign: float) -> Array:
    """Return what the levels gained (1) or lost (-1), dB: means over groups of bands, and all."""
    table, none = clip.ops.const(_groups()), clip.ops.scalar(0.0)

    def means(steps: Array) -> Array:
        return clip.xp.matmul(clip.xp.maximum(steps * sign, none), table)

    return clip.ops.in_blocks(means, clip.once(_steps))


@functools.cache
def _groups() -> npt.NDArray[np.float32]:
    """Return the means over the bands of each of the eight groups, and over all."""
    table = np.zeros((N_BANDS, N_ROWS), np.float32)
    for group, (first, stop) in enumerate(itertools.pairwise(EDGES)):
        table[first:stop, group] = 1 / (stop - first)
    table[:, -1] = 1 / N_BANDS
    return table
