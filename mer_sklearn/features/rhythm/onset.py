"""Where something begins: the rise of the spectrum from one frame to the next."""

from __future__ import annotations

from collections.abc import Sequence

from ..clip_series import ClipSeries
from ..family import Meaning, StatisticsFamily
from ..ops import FRAME_RATE, Array

__all__ = ["OnsetStrength", "onset_mean", "onset_rate", "onset_strength", "onsets"]

LATE = 2  # frames by which a rise is dated later: half a frame's 2048 samples
REACH = 3  # frames to either side in which an onset is the largest
SOFTNESS = 0.2  # dB over which a rise begins to count: rounding must not move a whole onset


class OnsetStrength(StatisticsFamily):
    """Mean rise of 128 log-mel bands from one frame to the next, in dB.

    The values of `librosa.onset.onset_strength`: bands in dB that fall count 0, and the rises are
    dated two frames later, so that they stand at the middle of the frame that holds the onset.
    The first three frames of a clip are 0.

    Parameters
    ----------
    statistics : sequence of str, default=("mean", "std", "max", "median", "p90")
        Statistics over the frames.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``onset__strength__mean``.

    References
    ----------
    S. Böck, G. Widmer: Maximum filter vibrato suppression for onset detection. DAFx 2013 (whose
    maximum filter is left out, as librosa does by default).

    Examples
    --------
    A click stands out from what is there all the time.

    >>> import numpy as np
    >>> noise = 0.01 * np.random.default_rng(0).normal(size=44_100)
    >>> clicks = noise + (np.arange(44_100) % 11_025 == 5_000)
    >>> onset = OnsetStrength(statistics=("max",)).fit_transform(np.stack([noise, clicks]))
    >>> bool(onset[1, 0] > 2 * onset[0, 0])
    True
    """

    name = "onset"
    needs = ("mel",)
    meanings = (Meaning("strength", "dB", "mean rise of 128 mel bands from frame to frame"),)
    source = "Böck, Widmer 2013; values of librosa.onset.onset_strength"

    def __init__(
        self, *, statistics: Sequence[str] = ("mean", "std", "max", "median", "p90")
    ) -> None:
        self.statistics = statistics

    def series_names(self) -> list[str]:
        """Return the name of the one row."""
        return ["strength"]

    def series(self, clip: ClipSeries) -> Array:
        """Return the onset strength."""
        return clip.once(onset_strength)


def onset_strength(clip: ClipSeries) -> Array:
    """Mean rise of the log-mel bands, dB, shape (n_clips, n_frames, 1); needs the series ``mel``.

    A shift repeats the first frame, whose difference to itself is 0: so the first values are 0.
    """
    step = clip.mel_db - clip.ops.shift(clip.mel_db, 1)
    rise = clip.xp.mean(clip.xp.maximum(step, clip.ops.scalar(0.0)), axis=-1, keepdims=True)
    return clip.ops.shift(rise, LATE)


def onsets(clip: ClipSeries, x: Array) -> Array:
    """Return where the rows of a series of rises have onsets: weights of 0 to 1.

    An onset is the largest value within 3 frames (70 ms) to either side, and above 1.5 times the
    row's mean plus 0.5 dB.
    """
    xp, ops = clip.xp, clip.ops
    threshold = xp.mean(x, axis=1, keepdims=True) * 1.5 + 0.5
    clear = xp.clip((x - threshold) * (1 / SOFTNESS) + 0.5, 0.0, 1.0)
    # The maximum of 7 frames by those of 2 and of 4; frames beyond the ends repeat the last one.
    padded = ops.at(x, ops.arange(ops.length(x, 1) + 2 * REACH) - REACH)
    of_2 = xp.maximum(padded[:, :-1, :], padded[:, 1:, :])
    of_4 = xp.maximum(of_2[:, :-2, :], of_2[:, 2:, :])
    of_7 = xp.maximum(of_4[:, :-REACH, :], of_4[:, REACH:, :])
    return clear * xp.astype(x >= of_7, xp.float32)


def onset_mean(clip: ClipSeries, x: Array, weights: Array) -> Array:
    """Return the mean of each row at its onsets, shape (n_clips, n_rows); 0 without any."""
    rows, weights = clip.ops.rows(x), clip.ops.rows(weights)
    count = clip.xp.maximum(clip.xp.sum(weights, axis=-1), clip.ops.scalar(1.0))
    return clip.xp.sum(rows * weights, axis=-1) / count


def onset_rate(clip: ClipSeries, weights: Array) -> Array:
    """Return the onsets a second of each row, given their weights, shape (n_clips, n_rows)."""
    return clip.xp.mean(clip.ops.rows(weights), axis=-1) * FRAME_RATE
