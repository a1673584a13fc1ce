"""How timbre, pitch and voicing move together while somebody speaks."""

from __future__ import annotations

from ..clip_series import ClipSeries
from ..derived import active
from ..family import FeatureFamily, Meaning
from ..log_covariance import log_covariance, triangle_names
from ..ops import Array
from ._speech import cepstrum, delta, place, span
from .pitch import VOICED, semitones

__all__ = ["StackedCovariance", "VoiceCovariance"]

PITCH_SCALE, PERIODICITY_SCALE = 2.5, 30.0  # a semitone, periodicity 1, in the dB of coefficients
N_STACKED, N_CEPSTRAL = 8, 20  # cepstral coefficients
LAGS = (0, 4, 8)  # frames
SHRINK = 3e-3


class StackedCovariance(FeatureFamily):
    """Log-Euclidean covariance of timbre, pitch and voicing at three moments 93 ms apart.

    Each frame of the active span (from the first to the last frame within 35 dB of the loudest)
    stands beside those 4 and 8 frames before: 8 cepstral coefficients, f0 (2.5 a semitone above
    55 Hz, 0 where the periodicity is at most 0.5) and 30 times the periodicity, three times over.
    Columns are the upper triangle of the matrix logarithm of their covariance, after 3 thousandths
    of the mean variance are added to every variance (off the diagonal times the root of 2).
    Within one moment they say how large movements are and which go together, between moments how
    fast: the manner of a speaker's articulation, free of the mean.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``stacked_covariance__mfcc_1_pitch@-4`` for coefficient 1 now
        and the pitch four frames before.

    References
    ----------
    V. Arsigny et al.: Geometric means in a novel vector space structure on symmetric
    positive-definite matrices. SIAM J. Matrix Analysis and Applications 29, 2007.

    Examples
    --------
    A voice whose pitch swings widely differs from a flat one in the variance of the pitch:

    >>> import numpy as np
    >>> time = np.arange(2 * 22_050) / 22_050
    >>> flat, lively = (
    ...     np.sign(np.sin(2 * np.pi * 150 * time - swing * np.cos(4 * np.pi * time)))
    ...     for swing in (0, 20)
    ... )
    >>> voice = StackedCovariance().set_output(transform="pandas")
    >>> table = voice.fit_transform(np.stack([flat, lively]))
    >>> bool(np.diff(table["stacked_covariance__pitch_pitch"])[0] > 2)
    True
    """

    name = "stacked_covariance"
    needs = ("mel", "pitch", "rms")
    meanings = (
        Meaning("*@*", "log variance", "how two quantities vary together, 93 ms or 186 ms apart"),
        Meaning("*", "log variance", "how two of timbre, pitch and voicing vary together"),
    )
    source = "Arsigny et al. 2007 (log-Euclidean covariance)"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        rows = [
            name if lag == 0 else f"{name}@-{lag}" for lag in LAGS for name in _row_names(N_STACKED)
        ]
        return [f"{self.name}__{pair}" for pair in triangle_names(rows)]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, 465)."""
        xp, rows = clip.xp, _rows(clip, N_STACKED)
        stacked = xp.concat([clip.ops.shift(rows, lag) if lag else rows for lag in LAGS], axis=-1)
        # The span has no gaps: a frame's forerunners lie in it if it is not among its first.
        begun = xp.astype(clip.once(place) > max(LAGS) + 0.5, xp.float32)
        return log_covariance(clip, stacked, clip.once(span) * begun, shrink=SHRINK)


class VoiceCovariance(FeatureFamily):
    """Log-Euclidean covariance of timbre, pitch and voicing, and of their differences.

    As `StackedCovariance` of one moment, with 20 cepstral coefficients, over the active frames
    alone; then the same of the differences (slopes of lines fitted to five frames). A thousandth of
    the mean variance is added to every variance.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``voice_covariance__value_mfcc_1_pitch`` and
        ``voice_covariance__delta_mfcc_1_pitch``.

    References
    ----------
    V. Arsigny et al.: Geometric means in a novel vector space structure on symmetric
    positive-definite matrices. SIAM J. Matrix Analysis and Applications 29, 2007.

    Examples
    --------
    >>> import numpy as np
    >>> VoiceCovariance().fit_transform(np.zeros((1, 22_050), np.float32)).shape
    (1, 506)
    """

    name = "voice_covariance"
    needs = ("mel", "pitch", "rms")
    meanings = (
        Meaning("value_*", "log variance", "how two of timbre, pitch and voicing vary together"),
        Meaning("delta_*", "log variance", "how the changes of two of them vary together"),
    )
    source = "Arsigny et al. 2007 (log-Euclidean covariance)"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        pairs = triangle_names(_row_names(N_CEPSTRAL))
        return [f"{self.name}__{kind}_{pair}" for kind in ("value", "delta") for pair in pairs]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, 506)."""
        rows, on = _rows(clip, N_CEPSTRAL), clip.once(active)
        found = [log_covariance(clip, x, on) for x in (rows, delta(clip, rows))]
        return clip.xp.concat(found, axis=-1)


def _row_names(n_mfcc: int) -> list[str]:
    """Return the names of the rows of `_rows`."""
    return [*(f"mfcc_{i}" for i in range(n_mfcc)), "pitch", "periodicity"]


def _rows(clip: ClipSeries, n_mfcc: int) -> Array:
    """Return cepstral coefficients, pitch where there is one, and periodicity, of like size."""
    xp, periodicity = clip.xp, clip.pitch[..., 1:]
    is_voiced = xp.astype(periodicity > VOICED, xp.float32)
    pitch = clip.once(semitones) * is_voiced * PITCH_SCALE
    rows = [clip.once(cepstrum)[..., :n_mfcc], pitch, periodicity * PERIODICITY_SCALE]
    return xp.concat(rows, axis=-1)
