"""How cepstral coefficients move together."""

from __future__ import annotations

from ..clip_series import ClipSeries
from ..family import FeatureFamily, Meaning
from ..log_covariance import log_covariance, triangle_names
from ..ops import Array
from ._cepstrum import N_MFCC, cepstrum, lagged

__all__ = ["LaggedCovariance", "MFCCCovariance"]

N_LAGGED = 13
LAGS = {"0.19s": 8, "1s": 43}  # frames


class MFCCCovariance(FeatureFamily):
    """Log-Euclidean covariance of 20 cepstral coefficients and of their steps.

    Of the coefficients, and of their differences from one frame to the next, the covariance over
    the clip; of each the matrix logarithm, whose upper triangle the columns are (off the diagonal
    times the root of 2). Before the logarithm a thousandth of the mean variance and 1e-4 dB^2 are
    added to every variance. Columns say how large the movements are (diagonal) and which go
    together (the others), and are free of the mean.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, ``mfcc_covariance__value_0_3`` for coefficients 0 and 3, and
        ``mfcc_covariance__difference_0_3`` for their steps.

    References
    ----------
    V. Arsigny et al.: Geometric means in a novel vector space structure on symmetric
    positive-definite matrices. SIAM J. Matrix Analysis and Applications 29, 2007.

    Examples
    --------
    Noise as loud again every quarter of a second moves the level (coefficient 0) most:

    >>> import numpy as np
    >>> time = np.arange(3 * 22_050) / 22_050
    >>> noise = np.random.default_rng(0).normal(size=time.size) * (1 + (time * 4 % 2 > 1))
    >>> covariance = MFCCCovariance().set_output(transform="pandas")
    >>> covariance.fit_transform(noise[None]).idxmax(axis="columns")[0]
    'mfcc_covariance__value_0_0'
    """

    name = "mfcc_covariance"
    needs = ("mel",)
    meanings = (
        Meaning("value_*", "log dB^2", "how two cepstral coefficients vary together"),
        Meaning("difference_*", "log dB^2", "how the steps of two coefficients vary together"),
    )
    source = "Arsigny et al. 2007 (log-Euclidean covariance)"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        pairs = triangle_names([str(i) for i in range(N_MFCC)])
        return [f"{self.name}__{kind}_{pair}" for kind in ("value", "difference") for pair in pairs]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, 420)."""
        values = log_covariance(clip, clip.once(cepstrum))
        return clip.xp.concat([values, _of_differences(clip, N_MFCC, 1)], axis=-1)


class LaggedCovariance(FeatureFamily):
    """Log-Euclidean covariance of the changes of 13 cepstral coefficients over 0.19 s and 1 s.

    As `MFCCCovariance` for differences over 8 and over 43 frames: how the timbre changes within a
    note, and from beat to beat. In clips shorter than twice a lag, the lag is half the clip.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``lagged_covariance__difference_1s_0_3`` for coefficients 0
        and 3.

    References
    ----------
    V. Arsigny et al.: Geometric means in a novel vector space structure on symmetric
    positive-definite matrices. SIAM J. Matrix Analysis and Applications 29, 2007.

    Examples
    --------
    What comes back each second changes much in 0.19 s and little in 1 s:

    >>> import numpy as np
    >>> time = np.arange(5 * 22_050) / 22_050
    >>> noise = np.random.default_rng(0).normal(size=time.size) * (1 + (time % 1 > 0.5))
    >>> lagged = LaggedCovariance().set_output(transform="pandas")
    >>> row = lagged.fit_transform(noise[None]).iloc[0].filter(regex="_0_0$")
    >>> bool(row.iloc[0] > row.iloc[1])
    True
    """

    name = "lagged_covariance"
    needs = ("mel",)
    meanings = (
        Meaning("difference_0.19s_*", "log dB^2", "how two coefficients change within 0.19 s"),
        Meaning("difference_1s_*", "log dB^2", "how two coefficients change within 1 s"),
    )
    source = "Arsigny et al. 2007 (log-Euclidean covariance)"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        pairs = triangle_names([str(i) for i in range(N_LAGGED)])
        return [f"{self.name}__difference_{lag}_{pair}" for lag in LAGS for pair in pairs]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, 182)."""
        parts = [_of_differences(clip, N_LAGGED, lag) for lag in LAGS.values()]
        return clip.xp.concat(parts, axis=-1)


def _of_differences(clip: ClipSeries, n_mfcc: int, lag: int) -> Array:
    """Return the log-covariance of the changes of the first coefficients over some frames."""
    x = clip.once(cepstrum)[..., :n_mfcc]
    before, inside = lagged(clip, x, lag)
    return log_covariance(clip, x - before, inside)
