"""The tempogram: how strongly each tempo is there."""

from __future__ import annotations

import numpy as np

from ..clip_series import ClipSeries
from ..family import FeatureFamily, Meaning
from ..ops import Array
from .periodicity import BEAT, STEPS_PER_OCTAVE, TEMPI, onset_tempogram
from .tempo import USUAL, one_hot

__all__ = ["Tempogram"]

GROUP = 3  # steps of 1/24 octave in a column
BEATS = TEMPI[BEAT]  # a minute
GROUPS = BEATS[GROUP // 2 :: GROUP]
PRIOR = np.exp(-0.5 * np.log2(BEATS / USUAL) ** 2).astype(np.float32)
SHARE = 1e-4  # of correlation, added to each tempo's before they become shares
FAINT = 1e-3  # added to all tempi, so that the usual one is taken when none is there
# Tempi at which the strongest one is heard as well: itself, its double, half, 3/2 and 2/3.
RATIOS = {"tempo": 0.0, "double": 1.0, "half": -1.0, "3_2": np.log2(1.5), "2_3": -np.log2(1.5)}
SUMMARY = (
    "clarity",
    "least",
    "entropy",
    "octaves_from_120",
    *(f"at_{name}" for name in RATIOS),
    "std",
    "window_clarity",
    "window_clarity_std",
    "mean_octave",
)


class Tempogram(FeatureFamily):
    """How much the onset strength repeats itself at 24 tempi, and how these are distributed.

    The autocorrelation of the onset strength about its mean (of each two neighbouring frames), in
    windows of 8 seconds around every 32nd frame, divided by that of the window, at 24 tempi from
    41 to 302 a minute, an eighth of an octave apart (the largest of three steps each). The
    strongest tempo is that of the largest value under a log-normal preference for 120 a minute.

    ===================  =========  ===============================================================
    column               unit       what it is
    ===================  =========  ===============================================================
    <tempo>_bpm          -1 to 1    autocorrelation at a tempo, mean over the windows
    clarity, least       -1 to 1    the largest and the smallest of them
    entropy              nat        entropy of their shares: 3.2 if all tempi are alike
    octaves_from_120     octaves    the strongest tempo; 1 is 240, -1 is 60 a minute
    at_tempo             -1 to 1    autocorrelation at the strongest tempo
    at_double, at_half   -1 to 1    at its double and at its half
    at_3_2, at_2_3       -1 to 1    at its three halves and at its two thirds: triple time
    std                  0 to 1     standard deviation over the windows, mean of the tempi
    window_clarity       -1 to 1    the largest of each window, mean and standard deviation
    mean_octave          octaves    mean tempo, weighted by the shares; 0 is 120 a minute
    ===================  =========  ===============================================================

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``tempogram__clarity``.

    References
    ----------
    P. Grosche, M. Müller, F. Kurth: Cyclic tempogram. ICASSP 2010.

    Examples
    --------
    What repeats itself twice a second does so once a second as well, but not three times.

    >>> import numpy as np
    >>> clicks = (np.arange(10 * 22_050) % 11_025 == 3_000).astype(float)
    >>> row = Tempogram().set_output(transform="pandas").fit_transform(clicks[None]).iloc[0]
    >>> bool(row["tempogram__at_half"] > 0.8 > 0.2 > row["tempogram__at_3_2"])
    True
    """

    name = "tempogram"
    needs = ("mel",)
    meanings = (
        Meaning("*_bpm", "-1 to 1", "how much the onset strength repeats itself at a tempo"),
        Meaning("clarity", "-1 to 1", "the largest autocorrelation at a tempo"),
        Meaning("least", "-1 to 1", "the smallest autocorrelation at a tempo"),
        Meaning("entropy", "nat", "entropy of the tempi's shares"),
        Meaning("octaves_from_120", "octaves", "strongest tempo relative to 120 a minute"),
        Meaning("at_*", "-1 to 1", "autocorrelation at the strongest tempo or a ratio to it"),
        Meaning("std", "0 to 1", "deviation of the autocorrelation over windows of 8 s"),
        Meaning("window_clarity*", "-1 to 1", "the largest autocorrelation in windows of 8 s"),
        Meaning("mean_octave", "octaves", "mean tempo relative to 120 a minute"),
    )
    source = "Grosche, Müller, Kurth 2010; statistics of this project"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        tempi = [f"{tempo:.0f}_bpm" for tempo in GROUPS]
        return [f"{self.name}__{name}" for name in (*tempi, *SUMMARY)]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips."""
        xp, ops = clip.xp, clip.ops
        windows = clip.once(onset_tempogram)[:, 0, :, :]
        mean = xp.mean(windows, axis=1)
        tempi = _grouped(clip, mean[:, BEAT], (0, len(GROUPS), GROUP))
        by_window = _grouped(clip, windows[:, :, BEAT], (0, 0, len(GROUPS), GROUP))

        shares = xp.maximum(tempi, ops.scalar(0.0)) + SHARE
        shares = shares / xp.sum(shares, axis=-1, keepdims=True)
        octaves = ops.const(np.log2(GROUPS / USUAL).astype(np.float32))
        largest = xp.max(by_window, axis=-1)
        values = [
            tempi,
            xp.max(tempi, axis=-1, keepdims=True),
            xp.min(tempi, axis=-1, keepdims=True),
            -xp.sum(shares * xp.log(shares), axis=-1, keepdims=True),
            _at_strongest(clip, mean),
            xp.mean(xp.std(by_window, axis=1), axis=-1, keepdims=True),
            xp.mean(largest, axis=1, keepdims=True),
            xp.std(largest, axis=1, keepdims=True),
            xp.sum(shares * octaves, axis=-1, keepdims=True),
        ]
        return xp.concat(values, axis=-1)


def _grouped(clip: ClipSeries, values: Array, shape: tuple[int, ...]) -> Array:
    """Return the largest of each group of neighbouring tempi."""
    return clip.xp.max(clip.ops.keep_shape(values, shape), axis=-1)


def _at_strongest(clip: ClipSeries, mean: Array) -> Array:
    """Return the strongest tempo in octaves from 120, and the autocorrelations at its ratios."""
    xp, ops = clip.xp, clip.ops
    scores = xp.maximum(mean[:, BEAT], ops.scalar(0.0)) + FAINT
    strongest = one_hot(clip, scores * ops.const(PRIOR))
    octaves = ops.const(np.log2(BEATS / USUAL).astype(np.float32)[:, None])
    values = [xp.matmul(strongest, octaves)]
    for ratio in RATIOS.values():
        moved = round(ratio * STEPS_PER_OCTAVE)
        there = mean[:, BEAT.start + moved : BEAT.stop + moved]
        values.append(xp.sum(strongest * there, axis=-1, keepdims=True))
    return xp.concat(values, axis=-1)
