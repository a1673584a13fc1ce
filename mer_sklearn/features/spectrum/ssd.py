"""How the levels of bands are distributed over a piece."""

from __future__ import annotations

import numpy as np

from ..clip_series import ClipSeries
from ..derived import N_BANDS, bands
from ..family import FeatureFamily, Meaning
from ..ops import Array
from ..statistics import shape_of

__all__ = ["BandDescriptors"]

N_GROUPS, GROUP = 13, 3  # groups of 3 of the 40 bands; the topmost band is left out
STILL_DB = 0.05  # added to deviations, so that a band that does not move has no shape
MOMENTS = ("skew", "kurtosis", "std")
LEVELS = {"p5": 0.05, "median": 0.5, "p95": 0.95}


class BandDescriptors(FeatureFamily):
    """Statistical spectrum descriptors: the distribution of the level in 13 bands.

    Of each band (three neighbours of 40 bands of equal width in mel) its standard deviation,
    its skewness and excess kurtosis (about the standard deviation + 0.05 dB), and its 5th, 50th and
    95th percentile less its mean. The means themselves are the timbre, which other families hold.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``ssd__band_3__skew``; bands count from the lowest, 0.

    References
    ----------
    T. Lidy, A. Rauber: Evaluation of feature extractors and psycho-acoustic transformations for
    music genre classification. ISMIR 2005 (there 24 Bark bands in sone).

    Examples
    --------
    >>> import numpy as np
    >>> noise = np.random.default_rng(0).normal(size=44_100)
    >>> beat = np.where(np.arange(44_100) % 11_025 < 2_000, noise, 0.001 * noise)  # short and loud
    >>> ssd = BandDescriptors().set_output(transform="pandas").fit_transform(beat[None])
    >>> bool((ssd.filter(like="skew") > 0).all(axis=None))
    True
    """

    name = "ssd"
    needs = ("mel",)
    meanings = (
        Meaning("*__skew", "", "whether a band is soft with loud moments (positive) or reversely"),
        Meaning("*__kurtosis", "", "how rare the far moments of a band are: 0 for a bell"),
        Meaning("*__std", "dB", "how far the level of a band moves"),
        Meaning("*__p5", "dB", "5th percentile of a band's level less its mean"),
        Meaning("*__median", "dB", "median of a band's level less its mean"),
        Meaning("*__p95", "dB", "95th percentile of a band's level less its mean"),
    )
    source = "Lidy, Rauber 2005, over mel bands in dB"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        statistics = (*MOMENTS, *LEVELS)
        return [f"{self.name}__band_{i}__{s}" for s in statistics for i in range(N_GROUPS)]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns, shape (n_clips, 78)."""
        level = clip.once(band_groups)
        mean = clip.xp.mean(level, axis=1)
        quantiles = clip.ops.quantiles(clip.ops.rows(level), list(LEVELS.values()))
        std, skew, kurtosis = shape_of(clip, level, STILL_DB)
        parts = [skew, kurtosis, std, *(value - mean for value in quantiles)]
        return clip.xp.concat(parts, axis=-1)


def band_groups(clip: ClipSeries) -> Array:
    """Mean levels of 13 groups of three neighbours of the 40 bands, dB."""
    table = np.zeros((N_BANDS, N_GROUPS), np.float32)
    table[np.arange(N_GROUPS * GROUP), np.arange(N_GROUPS * GROUP) // GROUP] = 1 / GROUP
    return clip.xp.matmul(clip.once(bands), clip.ops.const(table))
