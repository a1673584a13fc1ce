"""How cepstral coefficients move: from frame to frame, within a second, from second to second."""

from __future__ import annotations

from ..clip_series import ClipSeries
from ..family import FeatureFamily, Meaning
from ..ops import Array
from ..statistics import shape_of, weighted_mean
from ._cepstrum import N_MFCC, cepstrum, lagged, window_moments

__all__ = ["MFCCDynamics"]

STILL = 0.1  # dB; what moves less counts as standing still
SECOND, MOMENT = 43, 4  # frames: 1 s and 93 ms


class MFCCDynamics(FeatureFamily):
    """How 20 cepstral coefficients move, on three scales of time.

    =====================  =======  ==============================================================
    column (0 to 19 each)  unit     what it is
    =====================  =======  ==============================================================
    mean                   dB       mean
    difference             log dB   mean absolute difference from one frame to the next
    std_1s                 log dB   movement within a second: deviation in windows of 1 s, the mean
    std_of_mean_1s         log dB   movement from second to second: deviation of the windows' means
    autocorrelation_93ms   -1 to 1  likeness with itself 4 frames earlier
    autocorrelation_1s     -1 to 1  likeness with itself 1 s (43 frames) earlier
    skew, kurtosis                  third and fourth moment, the fourth less 3
    =====================  =======  ==============================================================

    Windows overlap by half. Logarithms are natural, of the value and 0.1 dB; shapes and
    autocorrelations are damped by 0.1 dB likewise, so that what stands still has none (kurtosis
    -3). The autocorrelation at lag k is ``2 sum x_t x_(t-k) / sum (x_t^2 + x_(t-k)^2)`` of the
    values less their mean; in clips shorter than 2 s (or 186 ms) k is half the clip.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``mfcc_dynamics__std_1s_3``.

    References
    ----------
    G. Tzanetakis, P. Cook: Musical genre classification of audio signals. IEEE TSAP 10, 2002
    (texture windows).

    Examples
    --------
    Noise that comes and goes four times a second moves within a second, not from one to the next:

    >>> import numpy as np
    >>> time = np.arange(5 * 22_050) / 22_050
    >>> noise = np.random.default_rng(0).normal(size=time.size) * (np.sin(2 * np.pi * 4 * time) > 0)
    >>> dynamics = MFCCDynamics().set_output(transform="pandas")
    >>> level = dynamics.fit_transform(noise[None]).iloc[0].filter(like="1s_0")
    >>> bool(level["mfcc_dynamics__std_1s_0"] > level["mfcc_dynamics__std_of_mean_1s_0"] + 2)
    True
    """

    name = "mfcc_dynamics"
    needs = ("mel",)
    meanings = (
        Meaning("mean_*", "dB", "mean of a cepstral coefficient"),
        Meaning("difference_*", "log dB", "mean step of a coefficient from frame to frame"),
        Meaning("std_1s_*", "log dB", "movement of a coefficient within windows of 1 s"),
        Meaning("std_of_mean_1s_*", "log dB", "movement of a coefficient from second to second"),
        Meaning("autocorrelation_93ms_*", "-1 to 1", "likeness of a coefficient 4 frames apart"),
        Meaning("autocorrelation_1s_*", "-1 to 1", "likeness of a coefficient a second apart"),
        Meaning("skew_*", "", "lean of a coefficient: above 0 with rare high values"),
        Meaning("kurtosis_*", "", "peakedness of a coefficient: above 0 with rare extremes"),
    )
    source = "Tzanetakis, Cook 2002 (texture windows)"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        quantities = [meaning.columns.removesuffix("_*") for meaning in self.meanings]
        return [f"{self.name}__{quantity}_{i}" for quantity in quantities for i in range(N_MFCC)]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, 160)."""
        xp, x = clip.xp, clip.once(cepstrum)
        before, inside = lagged(clip, x, 1)
        means, deviations = window_moments(clip, x, 1.0)
        sizes = [
            weighted_mean(clip, xp.abs(x - before), inside),
            xp.mean(deviations, axis=1),
            xp.std(means, axis=1),
        ]
        mean = xp.mean(x, axis=1, keepdims=True)
        off = x - mean
        return xp.concat(
            [
                mean[:, 0, :],
                *(xp.log(size + STILL) for size in sizes),
                _autocorrelation(clip, off, MOMENT),
                _autocorrelation(clip, off, SECOND),
                *shape_of(clip, x, STILL)[1:],
            ],
            axis=-1,
        )


def _autocorrelation(clip: ClipSeries, off: Array, lag: int) -> Array:
    """Return the likeness of each row with itself `lag` frames earlier, -1 to 1."""
    before, inside = lagged(clip, off, lag)
    common = weighted_mean(clip, off * before, inside)
    size = weighted_mean(clip, off * off + before * before, inside) * 0.5
    return common / (size + STILL * STILL)
