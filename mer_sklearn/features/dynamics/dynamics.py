"""The course of the level: its distribution, its change on several scales, its weightings."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from ..clip_series import ClipSeries
from ..derived import energy_inside, inner_db, inner_rms
from ..family import FeatureFamily, Meaning
from ..ops import FRAME_RATE, Array
from ..spectra import DB
from ..statistics import shape_of, summarize
from ..tables import N_MELS
from .level import (
    SILENCE,
    a_weighting,
    decibels,
    low_energy,
    mean_square_table,
    peak_level,
    share_below,
)

__all__ = ["Dynamics"]

LEVELS = {"p5": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
QUIET = 30.0  # dB below the loudest frame
STEADY = 0.05  # dB; added to deviations, so that a steady level has no shape
LOW = 1e-8  # of a frame's power
N_BASS = 4  # mel bands, centred on 26, 52, 77 and 103 Hz
SCALES = {"1s": round(FRAME_RATE), "5s": 5 * round(FRAME_RATE)}  # frames a window
N_CONTOUR = 6
WEIGHTED = ("a_level", "a_excess", "bass")
NAMES = (
    *("mean", "std", "skew", "kurtosis"),
    *LEVELS,
    *("range", "low_energy", "quiet", "slope"),
    *(f"{kind}_{scale}" for scale in SCALES for kind in ("within", "between")),
    *("crest_of_frames", "change"),
    *(f"{name}__{statistic}" for name in WEIGHTED for statistic in ("mean", "std")),
    *(f"contour_{k}" for k in range(1, N_CONTOUR + 1)),
    "peak",
)


class Dynamics(FeatureFamily):
    """Distribution and course of the level of the frames in dB, and what is heard of it.

    ======================  =====  =================================================================
    column                  unit   what it is
    ======================  =====  =================================================================
    mean, std               dB     mean and standard deviation of the frames' levels (rms relative
                                   to full scale, floored 80 dB below the loudest and at -100)
    skew, kurtosis                 third and fourth moment of (level - mean) / (std + 0.05 dB), the
                                   fourth less 3: 0 and -3 for a steady level
    p5, p25, p50, p75, p95  dB     quantiles less the mean
    range                   dB     p95 less p5
    low_energy              share  frames whose rms lies below its mean
    quiet                   share  frames more than 30 dB below the loudest
    slope                   dB/s   of the line fitted to the level
    within_1s, within_5s    dB     standard deviation inside windows of 1 s and 5 s, mean of them
    between_1s, between_5s  dB     standard deviation of the windows' means
    crest_of_frames         dB     rms of the loudest frame over the mean rms
    change                  dB     mean absolute change from frame to frame
    a_level__mean, __std    dB     A-weighted level (the weighting applied to mel bands), mean and
                                   standard deviation
    a_excess__mean, __std   dB     A-weighted less plain level: negative for dark sounds
    bass__mean, __std       dB     power below 120 Hz relative to all, at least -80
    contour_1 ... 6         dB     amplitude of the half cosines of 1 to 6 half periods over the
                                   clip that make up its course: 1 is a fall, 2 a dip, ...
    peak                    dB     the largest sample relative to full scale
    ======================  =====  =================================================================

    Of frames at the ends of the clip only what lies inside counts.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``dynamics__within_1s``.

    References
    ----------
    IEC 61672-1: Electroacoustics, sound level meters. 2013 (A-weighting).

    Examples
    --------
    A tremolo of five a second moves within a second, not between seconds.

    >>> import numpy as np
    >>> time = np.arange(10 * 22_050) / 22_050
    >>> tremolo = np.sin(2 * np.pi * 440 * time) * (1.2 + np.sin(2 * np.pi * 5 * time))
    >>> row = Dynamics().set_output(transform="pandas").fit_transform(tremolo[None]).iloc[0]
    >>> bool(row["dynamics__within_1s"] > 5 * row["dynamics__between_1s"])
    True
    """

    name = "dynamics"
    needs = ("mel", "rms", "peak")
    meanings = (
        Meaning("mean", "dB", "mean level of the frames"),
        Meaning("std", "dB", "standard deviation of the frames' levels"),
        Meaning("skew", "", "skewness of the frames' levels"),
        Meaning("kurtosis", "", "excess kurtosis of the frames' levels"),
        Meaning("p[0-9]*", "dB", "quantile of the frames' levels less their mean"),
        Meaning("range", "dB", "loud frames (p95) less quiet ones (p5)"),
        Meaning("low_energy", "share", "frames below the mean rms"),
        Meaning("quiet", "share", "frames more than 30 dB below the loudest"),
        Meaning("slope", "dB/s", "whether it grows or fades"),
        Meaning("within_*", "dB", "deviation of the level inside windows"),
        Meaning("between_*", "dB", "deviation of the windows' mean levels"),
        Meaning("crest_of_frames", "dB", "loudest frame over the mean rms"),
        Meaning("change", "dB", "mean absolute change from frame to frame"),
        Meaning("a_level", "dB", "A-weighted level, mean or deviation"),
        Meaning("a_excess", "dB", "A-weighted less plain level, mean or deviation"),
        Meaning("bass", "dB", "power below 120 Hz relative to all, mean or deviation"),
        Meaning("contour_*", "dB", "amplitude of a half cosine in the course of the level"),
        Meaning("peak", "dB", "largest sample relative to full scale"),
    )
    source = "statistics of this project; IEC 61672 (A-weighting)"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        return [f"{self.name}__{name}" for name in NAMES]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips."""
        xp, level = clip.xp, clip.once(inner_db)
        mean = summarize(clip, level, ("mean",))
        quantiles = xp.concat(
            clip.ops.quantiles(clip.ops.rows(level), tuple(LEVELS.values())), axis=-1
        )
        rms = clip.once(inner_rms)
        mean_rms = decibels(clip, xp.mean(rms, axis=1) ** 2)
        below = level - xp.max(level, axis=1, keepdims=True)
        values = [
            mean,
            *shape_of(clip, level, STEADY),
            quantiles - mean,
            quantiles[:, 4:] - quantiles[:, :1],
            low_energy(clip),
            share_below(clip, below, -QUIET, 1.0),
            summarize(clip, level, ("slope",)),
            *(_variation(clip, level, size) for size in SCALES.values()),
            decibels(clip, xp.max(rms, axis=1) ** 2) - mean_rms,
            xp.mean(xp.abs(level - clip.ops.shift(level, 1)), axis=1),
            _weightings(clip, level),
            _contour(clip, level),
            peak_level(clip),
        ]
        return xp.concat(values, axis=-1)


def _variation(clip: ClipSeries, level: Array, size: int) -> Array:
    """Return the deviation within and between windows, shape (n_clips, 2).

    Windows stand around every quarter of their size; of those that reach beyond the ends only what
    lies inside counts. So a clip shorter than one window has several as well.
    """
    xp, ops = clip.xp, clip.ops
    n_frames = ops.length(level, 1)
    place = ops.arange(n_frames + size) - size // 2
    counts = xp.astype((place >= 0) & (place < n_frames), xp.float32)
    counts = ops.windows(xp.reshape(counts, (1, -1, 1)), size, size // 4)
    windows = ops.windows(ops.at(level, place), size, size // 4)

    n_inside = xp.sum(counts, axis=2, keepdims=True)
    mean = xp.sum(windows * counts, axis=2, keepdims=True) / n_inside
    off = (windows - mean) * counts
    std = xp.sqrt(xp.sum(off * off, axis=2, keepdims=True) / n_inside)
    # Windows that hold the same frames differ by rounding only: what is below 0.001 dB is none.
    between = xp.sqrt(xp.maximum(xp.std(mean, axis=1) ** 2 - 1e-6, ops.scalar(0.0)))
    return xp.concat([xp.mean(std, axis=1), between], axis=-1)[:, 0, :]


def _weightings(clip: ClipSeries, level: Array) -> Array:
    """Return the A-weighted level, its excess over the level, and the bass: mean and deviation."""
    xp, ops = clip.xp, clip.ops
    power = xp.matmul(clip.mel, ops.const(_weighting_table())) / clip.once(energy_inside)
    # Below 80 dB under the whole stands only the rounding of the spectrum.
    whole = power[..., :1] + SILENCE
    heard = decibels(clip, power[..., 1:2] + whole * LOW)
    bass = xp.log(power[..., 2:] / whole + LOW) * DB
    both = summarize(clip, xp.concat([heard, heard - level, bass], axis=-1), ("mean", "std"))
    return xp.take(both, ops.const(np.array([0, 3, 1, 4, 2, 5])), axis=1)


def _contour(clip: ClipSeries, level: Array) -> Array:
    """Return the amplitudes of half cosines over the clip, shape (n_clips, 6)."""
    xp, ops = clip.xp, clip.ops
    n_frames = ops.length(level, 1)
    place = (xp.astype(ops.arange(n_frames), xp.float32) + 0.5) / ops.real(n_frames)
    half_turns = ops.const((np.pi * np.arange(1, N_CONTOUR + 1)).astype(np.float32))
    waves = xp.cos(xp.expand_dims(place, axis=1) * half_turns)
    off = level - xp.mean(level, axis=1, keepdims=True)
    return xp.matmul(ops.rows(off), waves)[:, 0, :] * 2.0 / ops.real(n_frames)


@functools.cache
def _weighting_table() -> npt.NDArray[np.float32]:
    """Return the table from `mel` to the mean square: plain, A-weighted, and below 120 Hz."""
    plain = mean_square_table()
    bass = plain * (np.arange(N_MELS)[:, None] < N_BASS)
    return np.concatenate([plain, mean_square_table(a_weighting), bass], axis=1)
