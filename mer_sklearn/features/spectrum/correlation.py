"""Which bands rise and fall together."""

from __future__ import annotations

import numpy as np

from ..clip_series import ClipSeries
from ..family import FeatureFamily, Meaning
from ..ops import FRAME_RATE, Array
from .ssd import N_GROUPS, STILL_DB, band_groups

__all__ = ["BandCorrelation"]

SECOND = int(FRAME_RATE)  # frames
NEAR = 0.999  # correlations are held inside, where Fisher's z is finite
PAIRS = np.triu_indices(N_GROUPS, 1)


class BandCorrelation(FeatureFamily):
    """Correlation of the levels of 13 bands with each other, over frames and over seconds.

    Bands that move together are one sound, a drum or a full chord; bands that do not are voices of
    their own. Fisher's z (the inverse hyperbolic tangent) of each of 78 correlations: of the frames
    (`frames`) and of means over 1 s, half a second apart (`seconds`).

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``band_correlation__band_0_band_5_frames``; bands count from
        the lowest, 0.

    References
    ----------
    N. Scaringella, G. Zoia, D. Mlynek: Automatic genre classification of music content. IEEE Signal
    Processing Magazine 23, 2006 (relations between bands).

    Examples
    --------
    >>> import numpy as np
    >>> noise = np.random.default_rng(0).normal(size=44_100)
    >>> beat = noise * (np.arange(44_100) % 11_025 < 5_000)  # all bands at once
    >>> bool(np.median(BandCorrelation().fit_transform(beat[None])[:, :78]) > 1.5)
    True
    """

    name = "band_correlation"
    needs = ("mel",)
    meanings = (
        Meaning("*_frames", "Fisher's z", "how far two bands move together from frame to frame"),
        Meaning("*_seconds", "Fisher's z", "how far two bands move together over seconds"),
    )
    source = "Scaringella et al. 2006 (relations between bands), as Fisher's z over mel bands"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        pairs = [f"band_{i}_band_{j}" for i, j in zip(*PAIRS, strict=True)]
        return [f"{self.name}__{pair}_{over}" for over in ("frames", "seconds") for pair in pairs]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns, shape (n_clips, 156)."""
        level = clip.once(band_groups)
        seconds = clip.xp.mean(clip.ops.windows(level, SECOND, SECOND // 2), axis=2)
        return clip.xp.concat([_fisher_z(clip, level), _fisher_z(clip, seconds)], axis=-1)


def _fisher_z(clip: ClipSeries, x: Array) -> Array:
    """Return Fisher's z of the correlations of rows; one that does not move has none."""
    xp = clip.xp
    off = x - xp.mean(x, axis=1, keepdims=True)
    std = xp.sqrt(xp.mean(off * off, axis=1, keepdims=True)) + STILL_DB
    standard = off / std
    products = xp.matmul(xp.permute_dims(standard, (0, 2, 1)), standard)
    correlation = products / clip.ops.real(clip.ops.length(x, 1))
    first, second = PAIRS
    pairs = clip.ops.keep_shape(correlation, (0, N_GROUPS * N_GROUPS))
    r = xp.clip(xp.take(pairs, clip.ops.const(first * N_GROUPS + second), axis=1), -NEAR, NEAR)
    return xp.log((1.0 + r) / (1.0 - r)) * 0.5
