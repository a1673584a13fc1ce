"""Texture: how much the bands move within windows, and from window to window."""

from __future__ import annotations

from ..clip_series import ClipSeries
from ..derived import N_BANDS, bands
from ..family import FeatureFamily, Meaning
from ..ops import Array
from ._cepstrum import window_moments

__all__ = ["TextureWindows"]

SECONDS = (1, 5)


class TextureWindows(FeatureFamily):
    """Level of 40 mel bands and its movement in texture windows of 1 s and 5 s, in dB.

    ==================  ==========================================================================
    column (each band)  what it is
    ==================  ==========================================================================
    mean                mean level, at least 80 dB below the clip's loudest band
    std_1s, std_5s      movement within a window: its standard deviation, the mean over windows
    std_of_mean_1s, 5s  movement from window to window: deviation of the windows' means
    std_of_std_1s, 5s   whether the movement itself comes and goes: deviation of the deviations
    ==================  ==========================================================================

    Windows overlap by half; a clip shorter than one window repeats its last frame.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``texture__std_of_mean_5s_12`` for band 12 of 0 to 39.

    References
    ----------
    G. Tzanetakis, P. Cook: Musical genre classification of audio signals. IEEE TSAP 10, 2002.

    Examples
    --------
    Steady noise moves within a second, and no second differs from another:

    >>> import numpy as np
    >>> noise = np.random.default_rng(0).normal(size=(1, 10 * 22_050))
    >>> texture = TextureWindows().set_output(transform="pandas").fit_transform(noise)
    >>> kinds = (texture.filter(like=kind).iloc[0].mean() for kind in ("__std_1s", "std_of_mean"))
    >>> within, between = kinds
    >>> bool(within > 5 * between)
    True
    """

    name = "texture"
    needs = ("mel",)
    meanings = (
        Meaning("mean_*", "dB", "mean level of a mel band"),
        Meaning("std_of_mean_*", "dB", "movement of a band from window to window"),
        Meaning("std_of_std_*", "dB", "how unequally a band moves in different windows"),
        Meaning("std_*", "dB", "movement of a band within windows of 1 s or 5 s"),
    )
    source = "Tzanetakis, Cook 2002"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        kinds = ("std", "std_of_mean", "std_of_std")
        quantities = ["mean", *(f"{kind}_{s}s" for s in SECONDS for kind in kinds)]
        return [f"{self.name}__{quantity}_{i}" for quantity in quantities for i in range(N_BANDS)]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, 280)."""
        xp, x = clip.xp, clip.once(bands)
        found = [xp.mean(x, axis=1)]
        for seconds in SECONDS:
            means, deviations = window_moments(clip, x, seconds)
            found.append(xp.mean(deviations, axis=1))
            found += [xp.std(moment, axis=1) for moment in (means, deviations)]
        return xp.concat(found, axis=-1)
