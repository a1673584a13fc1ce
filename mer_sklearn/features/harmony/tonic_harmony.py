"""Harmony relative to the bass and to the tonic."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..clip_series import ClipSeries
from ..family import FeatureFamily, Meaning
from ..ops import Array
from ..statistics import summarize
from .pitch_classes import (
    N_CLASSES,
    NONE,
    at_index,
    by_interval,
    key_correlations,
    pairs_in_time,
    relative,
    shares,
    tonic_of,
    unit,
)
from .salience import N_SEMITONES, Span, blocks, folding

__all__ = ["TonicRelativeHarmony"]

ALL = (0, N_SEMITONES)  # semitones above 40 Hz, as the following
UPPER = (24, N_SEMITONES)
LINES = {"bass": (0, 28), "melody": (26, N_SEMITONES)}
REGISTERS = {"low": (0, 28), "middle": (24, 46), "high": (40, N_SEMITONES)}
STEPS = (-12, -7, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 12)  # semitones
LAGS = {"0.2s": 1, "0.7s": 4, "3s": 16}  # blocks
INTERVALS = range(1, 7)  # semitones; the others are their inversions
MINOR_THIRD, MAJOR_THIRD, FIFTH = 3, 4, 7  # semitones
THIRD_STATISTICS = ("mean", "std", "p10", "median", "p90")
FAINT = 1e-5  # product of three shares of the chroma that counts as nothing


class TonicRelativeHarmony(FeatureFamily):
    """Harmony relative to the bass and to the tonic, whatever key a clip is in.

    Pitches are summed up from their harmonics (`salience`), tuned to the clip and averaged over
    blocks of 0.19 s. The bass is the strongest of the lowest 28 semitones from 40 Hz (to 200 Hz),
    the melody the strongest above 180 Hz. The tonic is that of the Krumhansl profiles, major and
    minor, which correlate best with the clip's chroma; keys that fit alike share the weight.

    ======================  =========  ============================================================
    column                  unit       what it is
    ======================  =========  ============================================================
    above_bass_0-11         even: 1    chroma above 160 Hz at 0 .. 11 semitones above the bass:
                                       mean, weighted by the strength of the bass, and deviation
                                       (``_std``)
    bass_degree_0-11,       even: 1    how often the line stands on the degrees of the chromatic
    melody_degree_0-11                 scale above the tonic, weighted by its strength
    bass_step_-12 ... +12,  0 to 1     share of the steps from block to block that go so many
    melody_step_-12 ...                semitones: 0, 1, 2, 3, 4, 5, 7 and 12 up (``+``) and down
    moved_0.2s_0-11         0 to 1     cosine between chroma and the chroma 0.2 s later moved by
                                       0 .. 11 semitones: 0 is what stays; also after 0.7 and 3 s
    interval_low_1-6        0 to 1     cosine between chroma and itself moved by 1 .. 6 semitones,
                                       in the registers low (40-200 Hz), middle (160-570 Hz), high
                                       (400-1580 Hz)
    peaked_low              0 to 1     sum of the fourth powers of chroma of norm 1: 1 for a single
                                       class
    thirds_mean             log ratio  major over minor triads that sound, with its ``std``,
                                       ``p10``, ``median`` and ``p90``
    thirds_major_share      0 to 1     share of the time in which there is more of major triads
    major_thirds,           log        mean product of root, third and fifth
    minor_thirds
    ======================  =========  ============================================================

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``tonic_harmony__bass_degree_7``.

    References
    ----------
    C. L. Krumhansl: Cognitive foundations of musical pitch. Oxford University Press, 1990.

    E. Gomez: Tonal description of music audio signals. Dissertation, Universitat Pompeu Fabra,
    2006.

    Examples
    --------
    A triad with a major and one with a minor third:

    >>> import numpy as np
    >>> phase = 2 * np.pi * 261.63 / 22_050 * np.arange(44_100)
    >>> tones = [sum(np.sin(phase * 2 ** (i / 12) * h) / h for h in (1, 2, 3)) for i in range(8)]
    >>> triads = [(tones[0] + tones[third] + tones[7]) / 6 for third in (4, 3)]
    >>> family = TonicRelativeHarmony().set_output(transform="pandas")
    >>> family.fit_transform(triads)["tonic_harmony__thirds_mean"].gt(0).tolist()
    [True, False]
    """

    name = "tonic_harmony"
    needs = ("salience",)
    meanings = (
        Meaning("above_bass_*_std", "even chroma is 1", "deviation of chroma above the bass"),
        Meaning("above_bass_*", "even chroma is 1", "chroma at an interval above the bass"),
        Meaning("bass_degree_*", "even is 1", "how often the bass is so far above the tonic"),
        Meaning("melody_degree_*", "even is 1", "how often the melody is so far above the tonic"),
        Meaning("bass_step_*", "0 to 1", "share of the bass's steps of so many semitones"),
        Meaning("melody_step_*", "0 to 1", "share of the melody's steps of so many semitones"),
        Meaning("moved_*", "0 to 1", "likeness of chroma and later chroma, so far apart"),
        Meaning("interval_*", "0 to 1", "how much sounds together at an interval, in a register"),
        Meaning("peaked_*", "0 to 1", "how few pitch classes sound in a register: 1 for one"),
        Meaning("thirds_major_share", "0 to 1", "share of time with more major than minor triads"),
        Meaning("thirds_*", "log ratio", "major over minor triads"),
        Meaning("*_thirds", "log", "how much of the major, the minor triads sounds"),
    )
    source = "Krumhansl 1990 (tonic); Hermes 1988 (salience); intervals: own definition"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        degrees = range(N_CLASSES)
        names = [f"above_bass_{i}" for i in degrees] + [f"above_bass_{i}_std" for i in degrees]
        for line in LINES:
            names += [f"{line}_degree_{i}" for i in degrees]
            names += [f"{line}_step_{step:+d}" for step in STEPS]
        names += [f"moved_{lag}_{i}" for lag in LAGS for i in degrees]
        names += [f"interval_{register}_{i}" for register in REGISTERS for i in INTERVALS]
        names += [f"peaked_{register}" for register in REGISTERS]
        names += [f"thirds_{statistic}" for statistic in THIRD_STATISTICS]
        names += ["thirds_major_share", "major_thirds", "minor_thirds"]
        return [f"{self.name}__{name}" for name in names]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, n_columns)."""
        xp = clip.xp
        chroma = _folded(clip, ALL)
        fit = key_correlations(clip, xp.mean(chroma, axis=1, keepdims=True))
        tonic = tonic_of(clip, fit[:, 0, :])
        lines = [_strongest(clip, span) for span in LINES.values()]
        parts = _above_bass(clip, *lines[0])
        for index, weight in lines:
            parts += [_degrees(clip, index, weight, tonic), _steps(clip, index)]
        chords = unit(clip, chroma)
        parts += [by_interval(clip, pairs_in_time(clip, chords, lag)) for lag in LAGS.values()]
        registers = [unit(clip, _folded(clip, span)) for span in REGISTERS.values()]
        parts += [by_interval(clip, pairs_in_time(clip, x, 0), INTERVALS) for x in registers]
        parts += [_peakedness(clip, x) for x in registers]
        return xp.concat([*parts, *_thirds(clip, shares(clip, chroma))], axis=-1)


def _folded(clip: ClipSeries, span: Span) -> Array:
    """Return the chroma of each block in a span of semitones."""
    return clip.xp.matmul(clip.once(blocks), clip.ops.const(folding(span)))


def _strongest(clip: ClipSeries, span: Span) -> tuple[Array, Array]:
    """Return the strongest semitone of each block within a span, and its salience."""
    inside = clip.once(blocks)[:, :, slice(*span)]
    index = clip.xp.argmax(inside, axis=-1) + clip.ops.integer(span[0])
    return index, clip.xp.max(inside, axis=-1, keepdims=True)


def _above_bass(clip: ClipSeries, index: Array, weight: Array) -> list[Array]:
    """Return chroma above the bass: its mean, weighted by the bass, and its plain deviation."""
    xp = clip.xp
    upper = shares(clip, _folded(clip, UPPER)) * float(N_CLASSES)
    bass = at_index(clip, index % clip.ops.integer(N_CLASSES), N_CLASSES)

    def mean(values: Array, weight: Array) -> Array:
        by_bass = xp.permute_dims(bass * weight, (0, 2, 1))
        total = xp.sum(weight, axis=1) + NONE
        return by_interval(clip, xp.matmul(by_bass, values)) / total

    each = xp.ones_like(weight)
    plain = mean(upper, each)
    variance = mean(upper * upper, each) - plain * plain
    deviation = xp.sqrt(xp.maximum(variance, clip.ops.scalar(0.0)))
    return [mean(upper, weight), deviation]


def _degrees(clip: ClipSeries, index: Array, weight: Array, tonic: Array) -> Array:
    """Return how often a line stands on each degree above the tonic, times 12."""
    xp = clip.xp
    classes = at_index(clip, index % clip.ops.integer(N_CLASSES), N_CLASSES)
    often = shares(clip, xp.sum(classes * weight, axis=1, keepdims=True))
    return xp.squeeze(relative(clip, often, tonic), axis=1) * float(N_CLASSES)


def _steps(clip: ClipSeries, index: Array) -> Array:
    """Return the share of the steps of a line that go each number of semitones."""
    xp, ops = clip.xp, clip.ops
    step = xp.expand_dims(index[:, 1:] - index[:, :-1], axis=-1)
    count = ops.real(xp.maximum(ops.length(index, 1) - 1, ops.integer(1)))
    return xp.sum(xp.astype(step == ops.const(np.array(STEPS)), xp.float32), axis=1) / count


def _peakedness(clip: ClipSeries, chroma: Array) -> Array:
    """Return the mean sum of the fourth powers of chroma of norm 1."""
    square = chroma * chroma
    return clip.xp.mean(clip.xp.sum(square * square, axis=-1, keepdims=True), axis=1)


def _thirds(clip: ClipSeries, share: Array) -> list[Array]:
    """Return how major and minor thirds compare, each on a root that has its fifth."""
    xp = clip.xp
    above = xp.matmul(share, clip.ops.const(_raising(FIFTH, MAJOR_THIRD, MINOR_THIRD)))
    fifth, major, minor = (above[..., i * N_CLASSES : (i + 1) * N_CLASSES] for i in range(3))
    major, minor = (xp.sum(share * fifth * x, axis=-1, keepdims=True) for x in (major, minor))
    ratio = xp.log((major + FAINT) / (minor + FAINT))
    # A ramp, not a step: where neither sounds, the ratio is 0 but for rounding.
    more_major = xp.clip(ratio * 2.0 + 0.5, 0.0, 1.0)
    levels = [xp.log(xp.mean(x, axis=1) + NONE) for x in (major, minor)]
    return [summarize(clip, ratio, THIRD_STATISTICS), xp.mean(more_major, axis=1), *levels]


def _raising(*intervals: int) -> npt.NDArray[np.float32]:
    """Return the table that gives each class what lies some intervals above, (12, 12 * n)."""
    tables = [np.roll(np.eye(N_CLASSES), i, axis=0) for i in intervals]
    return np.asarray(np.concatenate(tables, axis=1), np.float32)
