"""Cepstral coefficients where somebody speaks."""

from __future__ import annotations

from ..clip_series import ClipSeries
from ..derived import active
from ..family import FeatureFamily, Meaning
from ..ops import Array
from ..statistics import summarize
from ._speech import N_MFCC, cepstrum, delta, skewness

__all__ = ["SpeechMFCC"]

N_SHAPE = 20  # coefficients whose distribution and differences count
STILL = 0.1  # dB; what moves less has no skewness

# Rows and their statistics: all coefficients, the first 20, their differences, second differences.
STATISTICS = {
    "": ("mean", "std"),
    "shape": ("skew", "p10", "p90"),
    "delta_": ("mean", "std", "max", "min"),
    "delta2_": ("std",),
}


class SpeechMFCC(FeatureFamily):
    """Mel-frequency cepstral coefficients over the active frames: which sounds are spoken, and how.

    The coefficients of `mer_sklearn.features.MFCC`, but only in frames within 35 dB of the loudest,
    so that pauses do not count. A difference is the slope of the line fitted to five frames.

    ====================  ==========================================================
    series                statistics
    ====================  ==========================================================
    0 to 39               mean, std; of 0 to 19 also skew, p10, p90
    delta_0 to delta_19   mean, std, max, min of the first difference
    delta2_0 to 19        std of the second difference
    ====================  ==========================================================

    Coefficient 0 is the level in dB but for a factor of 11.3: its mean and quantiles alone depend
    on the recording level.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``speech_mfcc__3__mean``.

    References
    ----------
    S. Davis, P. Mermelstein: Comparison of parametric representations for monosyllabic word
    recognition in continuously spoken sentences. IEEE TASSP 28, 1980.

    Examples
    --------
    Silence around a sound changes nothing:

    >>> import numpy as np
    >>> noise = np.random.default_rng(0).normal(size=20 * 512) * np.hanning(20 * 512)
    >>> padded = np.stack([np.pad(noise, (40 * 512, 9 * 512)), np.pad(noise, (9 * 512, 40 * 512))])
    >>> early, late = SpeechMFCC().fit_transform(padded)
    >>> bool(np.allclose(early, late, atol=1e-3))
    True
    """

    name = "speech_mfcc"
    needs = ("mel", "rms")
    meanings = (
        Meaning("delta2_*", "dB a frame^2", "second difference of a coefficient"),
        Meaning("delta_*", "dB a frame", "first difference of a coefficient"),
        Meaning("[0-9]*", "dB", "cepstral coefficient: 0 the level, 1 the tilt, higher ones finer"),
    )
    source = "Davis, Mermelstein 1980"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        return [
            f"{self.name}__{prefix.removeprefix('shape')}{i}__{name}"
            for prefix, names in STATISTICS.items()
            for name in names
            for i in range(N_SHAPE if prefix else N_MFCC)
        ]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, 240)."""
        whole, on = clip.once(cepstrum), clip.once(active)
        first = whole[..., :N_SHAPE]
        change = delta(clip, first)
        return clip.xp.concat(
            [
                summarize(clip, whole, STATISTICS[""], on),
                skewness(clip, first, on, STILL),
                summarize(clip, first, STATISTICS["shape"][1:], on),
                summarize(clip, change, STATISTICS["delta_"], on),
                summarize(clip, delta(clip, change), STATISTICS["delta2_"], on),
            ],
            axis=-1,
        )
