"""The melody and the bass line."""

from __future__ import annotations

import numpy as np

from ..clip_series import ClipSeries
from ..family import FeatureFamily, Meaning
from ..ops import Array
from ..statistics import summarize, weighted_mean
from .pitch_classes import N_CLASSES, NONE, at_index, shares
from .salience import N_PITCHES, PER_SEMITONE, SALIENCE_RATE, Span, summing

__all__ = ["MelodyAndBass"]

LINES = {"melody": (61, N_PITCHES), "bass": (0, 89)}  # pitches: 129-1583 Hz, 40-218 Hz
EDGES = (-1.0, 0.5, 1.5, 2.5, 4.5, 7.5, 11.5, 100.0)  # semitones, between the interval classes
INTERVALS = ("0", "1", "2", "3-4", "5-7", "8-11", "12_up")
MOVES = 0.5  # semitones that a line must go to have moved
BAND = 12  # pitches: four semitones
BANDS = [(i, i + BAND) for i in range(0, N_PITCHES, BAND)]
PROMINENT = (0.45, 0.55)  # of the frame's strongest pitch: where prominence begins and is whole


class MelodyAndBass(FeatureFamily):
    """What the melody and the bass line do: register, intervals, clarity, and their scale.

    Pitches are summed up from their harmonics (`salience`). In each frame (46 ms apart) the melody
    is the strongest pitch from 129 to 1583 Hz, the bass the strongest from 40 to 218 Hz, to a third
    of a semitone. Columns of the melody; those of the bass are named alike.

    =========================  ==============  ====================================================
    column                     unit            what it is
    =========================  ==============  ====================================================
    melody_pitch               semitones       mean above 40 Hz, weighted by salience, and ``_std``
    melody_p10, _median, _p90  semitones       quantiles of the pitch of frames that sound
    melody_range               semitones       p90 less p10
    melody_slope               semitones/s     of the line fitted to the pitch
    melody_interval_0          0 to 1          share of the frames after which the pitch stays;
                                               also 1, 2, 3-4, 5-7, 8-11, 12 and more semitones
    melody_step                semitones       mean interval from frame to frame
    melody_upward              0 to 1          share of the intervals that go up; 0.5 if none
    melody_salience                            strength of the line, mean and ``_std``
    melody_clarity                             strength over the mean of the span, and ``_std``
    melody_entropy             0 to 2.49       of the pitch classes, weighted by salience
    melody_common              0 to 1          share of the three most common pitch classes
    band_0-15                  even: 1         salience in bands of four semitones from 40 Hz up
    prominent                  pitches         how many are half as strong as the strongest
    =========================  ==============  ====================================================

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``melody__bass_interval_5-7``.

    References
    ----------
    J. Salamon, E. Gomez: Melody extraction from polyphonic music signals using pitch contour
    characteristics. IEEE TASLP 20, 2012 (the salience; its contours are not followed).

    Examples
    --------
    440 Hz lies 41.5 semitones above 40 Hz; pitches are thirds of a semitone:

    >>> import numpy as np
    >>> tone = np.sin(2 * np.pi * 440 / 22_050 * np.arange(44_100))
    >>> family = MelodyAndBass().set_output(transform="pandas")
    >>> median = family.fit_transform(tone[None])["melody__melody_median"]
    >>> round(float(median[0]), 1)
    41.7
    """

    name = "melody"
    needs = ("salience",)
    meanings = (
        Meaning("*_pitch", "semitones above 40 Hz", "mean pitch of a line"),
        Meaning("*_pitch_std", "semitones", "deviation of the pitch of a line"),
        Meaning("*_p10", "semitones above 40 Hz", "low end of the pitch of a line"),
        Meaning("*_median", "semitones above 40 Hz", "median pitch of a line"),
        Meaning("*_p90", "semitones above 40 Hz", "high end of the pitch of a line"),
        Meaning("*_range", "semitones", "range of a line"),
        Meaning("*_slope", "semitones a second", "whether a line rises over the clip"),
        Meaning("*_interval_*", "0 to 1", "share of a line's intervals of so many semitones"),
        Meaning("*_step", "semitones", "mean interval from frame to frame"),
        Meaning("*_upward", "0 to 1", "share of a line's intervals that go up"),
        Meaning("*_salience*", "", "strength of a line"),
        Meaning("*_clarity*", "ratio", "strength of a line over what is around"),
        Meaning("*_entropy", "0 to 2.49", "how evenly a line uses the pitch classes"),
        Meaning("*_common", "0 to 1", "share of a line's three most common pitch classes"),
        Meaning("band_*", "even is 1", "how much sounds in a band of four semitones"),
        Meaning("prominent", "pitches", "how many pitches are half as strong as the strongest"),
    )
    source = "Salamon, Gomez 2012 (salience); statistics of the line: own definition"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        rows = ["pitch", "pitch_std", "p10", "median", "p90", "slope", "range"]
        rows += [*(f"interval_{name}" for name in INTERVALS), "step", "upward"]
        rows += ["salience", "clarity", "salience_std", "clarity_std", "entropy", "common"]
        names = [f"{line}_{row}" for line in LINES for row in rows]
        names += [f"band_{i}" for i in range(len(BANDS))]
        return [f"{self.name}__{name}" for name in [*names, "prominent"]]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, n_columns)."""
        xp, parts = clip.xp, []
        for span in LINES.values():
            line = _line(clip, span)
            index, weight, mean = (line[:, :, i : i + 1] for i in range(3))
            pitch = index * (1 / PER_SEMITONE)
            parts += [*_register(clip, pitch, weight), *_intervals(clip, pitch)]
            strength = xp.concat([weight, weight / (mean + NONE)], axis=-1)
            parts += [summarize(clip, strength, ("mean", "std"))]
            parts += _scale(clip, xp.astype(index[:, :, 0], xp.int64), weight)
        return xp.concat([*parts, *_bands(clip)], axis=-1)


def _line(clip: ClipSeries, span: Span) -> Array:
    """Return of each frame the strongest pitch of a span, its salience and the span's mean."""
    xp, (first, stop) = clip.xp, span

    def strongest(grid: Array) -> Array:
        inside = grid[:, :, first:stop]
        index = xp.argmax(inside, axis=-1, keepdims=True) + clip.ops.integer(first)
        weight = xp.max(inside, axis=-1, keepdims=True)
        mean = xp.mean(inside, axis=-1, keepdims=True)
        return xp.concat([xp.astype(index, xp.float32), weight, mean], axis=-1)

    return clip.ops.in_blocks(strongest, clip.salience)


def _register(clip: ClipSeries, pitch: Array, weight: Array) -> list[Array]:
    """Return where a line lies and how it is spread."""
    xp = clip.xp
    mean = weighted_mean(clip, pitch, weight)
    off = pitch - xp.expand_dims(mean, axis=1)
    deviation = xp.sqrt(weighted_mean(clip, off * off, weight))
    sounds = xp.astype(weight > NONE, xp.float32)
    quantiles = summarize(clip, pitch, ("p10", "median", "p90"), sounds)
    slope = summarize(clip, pitch, ("slope",), frame_rate=SALIENCE_RATE)
    return [mean, deviation, quantiles, slope, quantiles[:, 2:] - quantiles[:, :1]]


def _intervals(clip: ClipSeries, pitch: Array) -> list[Array]:
    """Return how often each interval comes, how large they are, and which go up."""
    xp, ops = clip.xp, clip.ops
    step = pitch[:, 1:, :] - pitch[:, :-1, :]
    size = xp.abs(step)
    over, up_to = (ops.const(np.array(edges, np.float32)) for edges in (EDGES[:-1], EDGES[1:]))
    kinds = xp.astype(xp.logical_and(size > over, size <= up_to), xp.float32)
    count = ops.real(xp.maximum(ops.length(pitch, 1) - 1, ops.integer(1)))
    moved = xp.sum(xp.astype(size > MOVES, xp.float32), axis=1)
    risen = xp.sum(xp.astype(step > MOVES, xp.float32), axis=1)
    upward = (risen + 0.5) / (moved + 1.0)
    return [xp.sum(kinds, axis=1) / count, xp.sum(size, axis=1) / count, upward]


def _scale(clip: ClipSeries, index: Array, weight: Array) -> list[Array]:
    """Return how evenly a line uses the pitch classes, and the share of its three commonest."""
    xp, ops = clip.xp, clip.ops
    semitone = ops.quotient(index + PER_SEMITONE // 2, PER_SEMITONE)
    classes = at_index(clip, semitone % ops.integer(N_CLASSES), N_CLASSES)
    share = shares(clip, xp.sum(classes * weight, axis=1))
    entropy = -xp.sum(share * xp.log(share + NONE), axis=-1, keepdims=True)
    return [entropy, xp.sum(ops.largest(share, 3)[0], axis=-1, keepdims=True)]


def _bands(clip: ClipSeries) -> list[Array]:
    """Return how salience is spread over bands, and how many pitches stand out of a frame."""
    xp = clip.xp
    table = clip.ops.const(summing(*BANDS, n_rows=N_PITCHES))
    band = xp.squeeze(xp.matmul(xp.mean(clip.salience, axis=1, keepdims=True), table), axis=1)
    share = shares(clip, band) * float(len(BANDS))
    begins, whole = PROMINENT

    def standing_out(grid: Array) -> Array:
        height = grid / (xp.max(grid, axis=-1, keepdims=True) + NONE)
        prominent = xp.clip((height - begins) * (1 / (whole - begins)), 0.0, 1.0)
        return xp.sum(prominent, axis=-1, keepdims=True)

    return [share, xp.mean(clip.ops.in_blocks(standing_out, clip.salience), axis=1)]
