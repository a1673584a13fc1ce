"""How the pitch of a voice moves, and how steady and clear it is."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from ..clip_series import ClipSeries
from ..derived import active, rms_db
from ..family import FeatureFamily, Meaning
from ..ops import FRAME_RATE, Array
from ..spectra import DB
from ..statistics import shape_of, summarize, weighted_mean
from ._speech import phonated, progress, span
from .pitch import semitones, voiced

__all__ = ["VoicePitch"]

LEAP = 4.0  # semitones; a larger step is an octave error or another segment
LOWEST_R, HIGHEST_R = 1e-3, 0.999  # periodicities at which HNR ends: -30 and 30 dB
STILL = 0.1  # semitones; what moves less has no skewness
NO_STEP, NO_LEVEL_STEP = 0.01, 0.1  # semitones, dB; smaller steps are nearly none
N_POINTS = 32  # of a contour
REACH = 0.5 / N_POINTS  # how far a frame counts wholly in a contour, in spans
FADE = 1e-12  # added to the weights of a contour's point
N_PITCH, N_LEVEL = 6, 8  # cosines of the two contours

F0_LEVELS = {"p5": 0.05, "p20": 0.2, "median": 0.5, "p80": 0.8, "p95": 0.95}


class VoicePitch(FeatureFamily):
    """Melody, steadiness and clearness of a voice, its pauses and its loudness over time.

    ====================  ===============  =====================================================
    column                unit             what it is
    ====================  ===============  =====================================================
    voiced_share          0 to 1           part of the frames that are voiced
    segments_per_second   a second         voiced segments
    segment_length        s                mean length of a voiced segment
    f0_mean, std, p5,     semitones        fundamental frequency above 55 Hz in voiced frames
    p20, median, p80,                      and its quantiles
    p95
    f0_range, f0_width    semitones        p95 - p5 and p80 - p20
    f0_skew               1                skewness
    f0_trend              semitones        half the rise, over the span, of the line fitted to f0
    f0_end                semitones        mean of the last third less that of the first
    f0_rise, f0_fall,     semitones a      mean step from frame to frame where it rises, where it
    f0_step, f0_step_std  frame            falls, of its size, and the deviation of its size
    f0_step_median        log semitones    log(median size + 0.01)
    jitter                log semitones    log(mean size of the step's own change + 0.01)
    hnr_mean, std, p10,   dB               harmonics over noise, 10 log10(r / (1 - r))
    median, p90
    level_step            log dB           log(mean size of the step of the level + 0.1)
    shimmer               log dB           log(mean size of that step's own change + 0.1)
    periodicity_mean,     0 to 1           r in active frames; its mean in those not voiced
    std, unvoiced
    f0_contour_0-5        semitones        f0 over the active span as a sum of half cosines: 0 the
                                           mean, 1 to 5 the amplitudes of 1 to 5 half periods
    level_contour_0-7     dB               the same of the level
    duration              log s            logarithm of the clip's length
    active_share          0 to 1           part of the frames within 35 dB of the loudest
    pause_share           0 to 1           part of the active span that is not active
    pauses_per_second     a second         pauses in a second of the active span
    ====================  ===============  =====================================================

    A frame is voiced if it is active and its periodicity r exceeds 0.5; a clip of fewer than 6 such
    frames takes its active ones, of which those without any periodicity have an f0 of 612 Hz. Steps
    count where both frames are voiced and less than 4 semitones apart; as a rise or a fall, those
    below 0.01 semitones count in proportion to their size. Jitter and shimmer are the eGeMAPS
    measures carried over from periods to frames of 93 ms: they rise and fall with those, but are
    not their values. f0 is found from 60 to 612 Hz; a higher voice reads an octave low. HNR ends at
    30 dB; below 218 Hz a clean voice may show less, 26 dB (sawtooth) or 18 dB (brighter), as its
    peaks fall between the lags. The contours are read at 32 points of the active span, gaps filled
    from the frames near them. Only ``level_contour_0`` depends on the recording level.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``voice_pitch__f0_median``.

    References
    ----------
    F. Eyben et al.: The Geneva minimalistic acoustic parameter set (GeMAPS) for voice research and
    affective computing. IEEE Transactions on Affective Computing 7, 2016.
    P. Boersma: Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise
    ratio of a sampled sound. IFA Proceedings 17, 1993.

    Examples
    --------
    A hum an octave above 55 Hz:

    >>> import numpy as np
    >>> time = np.arange(22_050) / 22_050
    >>> hum = sum(np.sin(2 * np.pi * 110 * k * time) / k for k in range(1, 9))
    >>> voice = VoicePitch().set_output(transform="pandas").fit_transform(hum[None])
    >>> voice[["voice_pitch__f0_median", "voice_pitch__voiced_share"]].round(1).values.tolist()
    [[12.0, 1.0]]
    """

    name = "voice_pitch"
    version = 3
    needs = ("pitch", "rms")
    meanings = (
        Meaning("voiced_share", "0 to 1", "part of the frames that are voiced"),
        Meaning("segments_per_second", "a second", "voiced segments: near the rate of syllables"),
        Meaning("segment_length", "s", "mean length of a voiced segment"),
        Meaning("f0_contour_0", "semitones above 55 Hz", "mean height of the melody"),
        Meaning("f0_contour_*", "semitones", "half cosines in the melody: 1 its fall, 2 its dip"),
        Meaning("f0_step_median", "log semitones", "log(typical change in a frame + 0.01)"),
        Meaning("f0_step*", "semitones a frame", "change of pitch from frame to frame"),
        Meaning("f0_rise", "semitones a frame", "mean step where the pitch rises"),
        Meaning("f0_fall", "semitones a frame", "mean step where the pitch falls"),
        Meaning("f0_skew", "", "whether the pitch leaps up (+) or down (-) from where it dwells"),
        Meaning("f0_trend", "semitones", "half of what the pitch rises from begin to end"),
        Meaning("f0_end", "semitones", "pitch of the last third over that of the first"),
        Meaning("f0_range", "semitones", "range of the pitch: p95 less p5"),
        Meaning("f0_width", "semitones", "usual range of the pitch: p80 less p20"),
        Meaning("f0_std", "semitones", "deviation of the pitch"),
        Meaning("f0_*", "semitones above 55 Hz", "mean or quantile of the pitch of voiced frames"),
        Meaning("jitter", "log semitones", "log(unsteadiness of the pitch + 0.01)"),
        Meaning("hnr_*", "dB", "harmonics over noise: a clear voice or a breathy one"),
        Meaning("level_step", "log dB", "log(change of level from frame to frame + 0.1)"),
        Meaning("shimmer", "log dB", "log(unsteadiness of the level + 0.1)"),
        Meaning("periodicity_*", "0 to 1", "height of the autocorrelation's peak"),
        Meaning("level_contour_0", "dB", "mean level of the speech"),
        Meaning("level_contour_*", "dB", "half cosines in the level: 1 its fall, 2 its dip, ..."),
        Meaning("duration", "log s", "length of the clip"),
        Meaning("active_share", "0 to 1", "part of the clip in which somebody speaks"),
        Meaning("pause_share", "0 to 1", "part of the speech that is pause"),
        Meaning("pauses_per_second", "a second", "pauses in a second of the speech"),
    )
    source = "Eyben et al. 2016 (eGeMAPS), Boersma 1993 (f0, HNR)"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        return [f"{self.name}__{name}" for names, _ in _PARTS for name in names]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, 49)."""
        return clip.xp.concat([part(clip) for _, part in _PARTS], axis=-1)


def _voicing(clip: ClipSeries) -> Array:
    """Return the share of voiced frames, segments a second and their mean length."""
    xp, ops, on = clip.xp, clip.ops, clip.once(voiced)
    begins = xp.maximum(on - ops.shift(on, 1) * _later(clip), ops.scalar(0.0))
    n_segments, n_voiced = xp.sum(begins, axis=1), xp.sum(on, axis=1)
    n_frames = ops.real(ops.length(on, 1))
    length = n_voiced / xp.maximum(n_segments, ops.scalar(1.0)) * float(1 / FRAME_RATE)
    return xp.concat([n_voiced / n_frames, n_segments / n_frames * FRAME_RATE, length], axis=-1)


def _f0_statistics(clip: ClipSeries) -> Array:
    """Return how f0 is spread over the voiced frames."""
    f0, on = clip.once(semitones), clip.once(phonated)
    moments = summarize(clip, f0, ("mean", "std"), on)
    _, skew, _ = shape_of(clip, f0, STILL, on)
    found = clip.ops.quantiles_where(clip.ops.rows(f0), on[:, :, 0] > 0.5, [*F0_LEVELS.values()])
    p5, p20, _, p80, p95 = found
    return clip.xp.concat([moments, *found, p95 - p5, p80 - p20, skew], axis=-1)


def _f0_trend(clip: ClipSeries) -> Array:
    """Return the slope of f0 over the span, and the last third less the first."""
    xp, f0, on = clip.xp, clip.once(semitones), clip.once(phonated)
    time = clip.once(progress) * 2.0 - 1.0
    time = time - xp.expand_dims(weighted_mean(clip, time, on), axis=1)
    off = f0 - xp.expand_dims(weighted_mean(clip, f0, on), axis=1)
    slope = weighted_mean(clip, off * time, on) / (weighted_mean(clip, time * time, on) + 1e-6)

    rank = (xp.cumulative_sum(on, axis=1) - 0.5) / xp.sum(on, axis=1, keepdims=True)
    first = on * xp.astype(rank < 1 / 3, xp.float32)
    last = on * xp.astype(rank > 2 / 3, xp.float32)
    end = weighted_mean(clip, f0, last) - weighted_mean(clip, f0, first)
    return xp.concat([slope, end], axis=-1)


def _f0_steps(clip: ClipSeries) -> Array:
    """Return how f0 changes from frame to frame, and how that changes."""
    xp, ops = clip.xp, clip.ops
    step, near = _step(clip, clip.once(semitones)), clip.once(_neighbours)
    size, change = xp.abs(step), xp.abs(_step(clip, step))
    near = near * xp.astype(size < LEAP, xp.float32)
    # From nothing on, so that the mean over steps that weigh little is itself little.
    ramps = (xp.clip(side * (1 / NO_STEP), 0.0, 1.0) for side in (step, -step))
    rising, falling = (near * ramp for ramp in ramps)
    both = near * ops.shift(near, 1)
    values = xp.concat([step, step, size, change], axis=-1)
    means = weighted_mean(clip, values, xp.concat([rising, falling, near, both], axis=-1))
    off = size - xp.expand_dims(means[:, 2:3], axis=1)
    std = xp.sqrt(weighted_mean(clip, off * off, near))
    (median,) = ops.quantiles_where(ops.rows(size), near[:, :, 0] > 0.5, [0.5])
    logs = xp.log(xp.concat([median, means[:, 3:]], axis=-1) + NO_STEP)
    return xp.concat([means[:, :3], std, logs], axis=-1)


def _harmonics_to_noise(clip: ClipSeries) -> Array:
    """Return statistics of the harmonics-to-noise ratio in voiced frames."""
    r = clip.xp.clip(clip.pitch[..., 1:], LOWEST_R, HIGHEST_R)
    ratio = clip.xp.log(r / (1.0 - r)) * DB
    return summarize(clip, ratio, ("mean", "std", "p10", "median", "p90"), clip.once(phonated))


def _level_steps(clip: ClipSeries) -> Array:
    """Return how the level changes from frame to frame, and how that changes."""
    xp, near = clip.xp, clip.once(_neighbours)
    step = _step(clip, clip.once(rms_db))
    sizes = xp.abs(xp.concat([step, _step(clip, step)], axis=-1))
    weights = xp.concat([near, near * clip.ops.shift(near, 1)], axis=-1)
    return xp.log(weighted_mean(clip, sizes, weights) + NO_LEVEL_STEP)


def _periodicity(clip: ClipSeries) -> Array:
    """Return mean and deviation of r in active frames, its mean in frames without voice."""
    r = clip.pitch[..., 1:]
    whole = summarize(clip, r, ("mean", "std"), clip.once(active))
    unvoiced = weighted_mean(clip, r, 1.0 - clip.once(voiced))
    return clip.xp.concat([whole, unvoiced], axis=-1)


def _contours(clip: ClipSeries) -> Array:
    """Return mean and half cosines of f0 and level, read at points of the active span.

    A point is the mean of all frames, weighed by the inverse fourth power of their distance.
    """
    ops, xp = clip.ops, clip.xp
    f0, level = (clip.once(series) for series in (semitones, rms_db))
    on, inside = clip.once(phonated), clip.once(span)
    points, cosines = _contour_tables()
    off = (clip.once(progress) - ops.const(points)) * (1 / REACH)
    near = 1.0 / (off * off + 1.0)
    series = xp.concat([f0 * on, level * inside, on, inside], axis=-1)
    sums = xp.matmul(xp.permute_dims(near * near, (0, 2, 1)), series)
    contours = sums[..., :2] / (sums[..., 2:] + FADE)
    waves = xp.matmul(ops.const(cosines), contours)
    return xp.concat([waves[:, :N_PITCH, 0], waves[:, :N_LEVEL, 1]], axis=-1)


def _pauses(clip: ClipSeries) -> Array:
    """Return the logarithm of the duration, and what of it is active and what pause."""
    xp, ops, on, inside = clip.xp, clip.ops, clip.once(active), clip.once(span)
    seconds = ops.real(ops.length(on, 1)) * float(1 / FRAME_RATE)
    falls = xp.sum(xp.maximum(ops.shift(on, 1) - on, ops.scalar(0.0)) * inside, axis=1)
    return xp.concat(
        [
            xp.log(xp.ones_like(falls) * seconds),
            xp.mean(on, axis=1),
            1.0 - xp.sum(on, axis=1) / xp.sum(inside, axis=1),
            falls / xp.sum(inside, axis=1) * FRAME_RATE,
        ],
        axis=-1,
    )


_PARTS = (
    (["voiced_share", "segments_per_second", "segment_length"], _voicing),
    (
        [f"f0_{name}" for name in ("mean", "std", *F0_LEVELS, "range", "width", "skew")],
        _f0_statistics,
    ),
    (["f0_trend", "f0_end"], _f0_trend),
    (["f0_rise", "f0_fall", "f0_step", "f0_step_std", "f0_step_median", "jitter"], _f0_steps),
    ([f"hnr_{name}" for name in ("mean", "std", "p10", "median", "p90")], _harmonics_to_noise),
    (["level_step", "shimmer"], _level_steps),
    ([f"periodicity_{name}" for name in ("mean", "std", "unvoiced")], _periodicity),
    (
        [f"f0_contour_{i}" for i in range(N_PITCH)]
        + [f"level_contour_{i}" for i in range(N_LEVEL)],
        _contours,
    ),
    (["duration", "active_share", "pause_share", "pauses_per_second"], _pauses),
)


def _later(clip: ClipSeries) -> Array:
    """Return 0 in the first frame and 1 in all others, (1, n_frames, 1)."""
    number = clip.ops.arange(clip.ops.length(clip.rms, 1))
    later = clip.xp.astype(number > clip.ops.integer(0), clip.xp.float32)
    return clip.xp.reshape(later, (1, -1, 1))


def _step(clip: ClipSeries, x: Array) -> Array:
    """Return a series less that of the frame before; 0 in the first."""
    return x - clip.ops.shift(x, 1)


def _neighbours(clip: ClipSeries) -> Array:
    """1 where this frame and the one before are voiced, else 0."""
    on = clip.once(phonated)
    return on * clip.ops.shift(on, 1) * _later(clip)


@functools.cache
def _contour_tables() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the points of a contour, 0 to 1, and what gives its mean and its half cosines."""
    points = np.linspace(0.0, 1.0, N_POINTS)[None, None]
    turns = np.outer(np.arange(max(N_PITCH, N_LEVEL)), np.arange(N_POINTS) + 0.5) / N_POINTS
    cosines = np.cos(np.pi * turns) * (2 / N_POINTS)
    cosines[0] /= 2
    return points.astype(np.float32), cosines.astype(np.float32)
