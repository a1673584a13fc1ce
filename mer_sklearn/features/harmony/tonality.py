"""Key, mode, chords and symmetry, read off the usual chroma."""

from __future__ import annotations

import numpy as np

from ..clip_series import ClipSeries
from ..family import FeatureFamily, Meaning
from ..ops import FRAME_RATE, Array
from .pitch_classes import (
    CHORDS,
    N_CLASSES,
    NONE,
    by_interval,
    chord_table,
    key_correlations,
    relative,
    shares,
    tonic_of,
    unit,
)

__all__ = ["Tonality"]

SYMMETRIES = ("chromatic", "dyadic", "triadic", "octatonic", "diatonic", "whole_tone")
INTERVALS = (1, 2, 3, 4, 5, 6)  # semitones
SPAN = 16  # frames (0.37 s) that one chord is found in
WINDOW = int(5 * FRAME_RATE)  # frames (5 s) that one key is found in
RAMP = 0.02  # of a correlation, over which a key turns from minor to major
SHARP = 30.0  # of the choice of a chord or key: what fits better by 0.1 counts 20 times


class Tonality(FeatureFamily):
    """Key and mode, kinds of chords, scale degrees and symmetries of the usual chroma.

    ==========================  ==================================================================
    column                      what it is
    ==========================  ==================================================================
    major_fit, minor_fit        correlation of the mean chroma with its best major, best minor key
    mode                        the first less the second
    tonic_mode                  major less minor key on the tonic
    is_major                    1 if `mode` is positive, 0 if not (a ramp 0.02 wide)
    clarity                     best key less second best
    key_spread                  standard deviation of the correlations with the 24 keys
    degree_0-11                 chroma so many semitones above the tonic; even: 1
    window_mode_mean, _std      `mode` in windows of 5 s
    window_fit_mean, _std       correlation with the best key in windows of 5 s
    window_major                share of windows in major
    key_changes                 how far the choice of a key moves from a window to the next, 0 to 1
    chord_major_mean, _std      likeness (cosine) to the best chord of a kind, in spans of 0.37 s
    chord_mode_mean, _std       likeness to major less to minor triads
    chord_changes               how far the choice of a triad moves from a span to the next, 0 to 1
    chroma_change               distance (sum of differences) between chroma of norm 1 of two spans
    root_0-11                   share of spans whose triad stands so many semitones above the tonic
    chromatic_clip ...          size of the six Fourier components of the chroma of the clip, and
    whole_tone_clip, _mean,     mean and deviation of those of the spans: clusters, tritones, major
    _std                        thirds, minor thirds, fifths (the diatonic scale), whole tones
    entropy, clip_entropy       of the chroma of the spans, of the clip: log 12 = 2.48 if even
    interval_1-6                product of pitch classes so many semitones apart, times 12
    ==========================  ==================================================================

    Chroma is that of `Chroma`, without a log: soft notes count little. Keys are the 24 profiles of
    Krumhansl; the tonic, the triad of a span and the key of a window are choices in shares (those
    that fit alike share), so that no rounding decides.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``tonality__mode``.

    References
    ----------
    C. L. Krumhansl: Cognitive foundations of musical pitch. Oxford University Press, 1990.

    T. Fujishima: Realtime chord recognition of musical sound. ICMC 1999.

    I. Quinn: General equal-tempered harmony. Perspectives of New Music 44, 2006 (the Fourier
    components).

    Examples
    --------
    >>> import numpy as np
    >>> phase = 2 * np.pi * 261.63 / 22_050 * np.arange(22_050)
    >>> def chord(*notes):
    ...     return sum(np.sin(phase * 2 ** (note / 12)) for note in notes) / 4
    >>> tonality = Tonality().set_output(transform="pandas")
    >>> table = tonality.fit_transform([chord(0, 4, 7), chord(0, 3, 7), chord(0, 3, 6, 9)])
    >>> [round(float(mode), 1) + 0.0 for mode in table["tonality__chord_mode_mean"]]
    [0.2, -0.2, 0.0]
    """

    name = "tonality"
    needs = ("chroma",)
    meanings = (
        Meaning("major_fit", "-1 to 1", "correlation with the best major key"),
        Meaning("minor_fit", "-1 to 1", "correlation with the best minor key"),
        Meaning("mode", "-2 to 2", "best major less best minor key"),
        Meaning("tonic_mode", "-2 to 2", "major less minor key on the tonic"),
        Meaning("is_major", "0 or 1", "whether a major key fits best"),
        Meaning("clarity", "0 to 2", "best key less second best"),
        Meaning("key_spread", "0 to 1", "how differently the 24 keys fit"),
        Meaning("degree_*", "even chroma is 1", "chroma so many semitones above the tonic"),
        Meaning("window_mode_*", "-2 to 2", "best major less best minor key of 5 s"),
        Meaning("window_fit_*", "-1 to 1", "correlation of 5 s with their best key"),
        Meaning("window_major", "0 to 1", "share of windows of 5 s in a major key"),
        Meaning("key_changes", "0 to 1", "how far the key moves from 5 s to the next"),
        Meaning("chord_mode_*", "-1 to 1", "likeness to major less that to minor triads"),
        Meaning("chord_changes", "0 to 1", "how far the chord moves in 0.37 s"),
        Meaning("chord_*", "0 to 1", "likeness to the best chord of a kind"),
        Meaning("chroma_change", "0 to 3.5", "how far chroma moves in 0.37 s"),
        Meaning("root_*", "0 to 1", "share of triads so many semitones above the tonic"),
        Meaning("chromatic_*", "0 to 1", "how much the notes crowd together"),
        Meaning("dyadic_*", "0 to 1", "how much the notes stand a tritone apart"),
        Meaning("triadic_*", "0 to 1", "how much the notes stand major thirds apart"),
        Meaning("octatonic_*", "0 to 1", "how much the notes stand minor thirds apart"),
        Meaning("diatonic_*", "0 to 1", "how much the notes follow the circle of fifths"),
        Meaning("whole_tone_*", "0 to 1", "how much the notes stand whole tones apart"),
        Meaning("*entropy", "0 to 2.49", "how evenly the pitch classes sound"),
        Meaning("interval_*", "even chroma is 1", "how strong an interval sounds, in semitones"),
    )
    source = "Krumhansl 1990 (keys); Fujishima 1999 (chords); Quinn 2006 (Fourier components)"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        degrees = range(N_CLASSES)
        names = [
            *("major_fit", "minor_fit", "mode", "tonic_mode", "is_major", "clarity", "key_spread"),
            *(f"degree_{i}" for i in degrees),
            *("window_mode_mean", "window_fit_mean", "window_mode_std", "window_fit_std"),
            *("window_major", "key_changes"),
            *(f"chord_{chord}_{part}" for part in ("mean", "std") for chord in (*CHORDS, "mode")),
            *("chord_changes", "chroma_change"),
            *(f"root_{i}" for i in degrees),
            *(f"{kind}_{part}" for part in ("clip", "mean", "std") for kind in SYMMETRIES),
            *("entropy", "clip_entropy"),
            *(f"interval_{i}" for i in INTERVALS),
        ]
        return [f"{self.name}__{name}" for name in names]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns, shape (n_clips, 83)."""
        whole = clip.xp.mean(clip.chroma, axis=1)
        fit = key_correlations(clip, whole)
        tonic = tonic_of(clip, fit)
        spans = clip.xp.mean(clip.ops.windows(clip.chroma, SPAN, SPAN), axis=2)
        parts = [
            *_key(clip, whole, fit, tonic),
            *_keys_over_time(clip),
            *_chords(clip, spans, tonic),
            *_symmetries(clip, whole, spans),
            *_evenness(clip, whole, spans),
        ]
        return clip.xp.concat(parts, axis=-1)


def _key(clip: ClipSeries, whole: Array, fit: Array, tonic: Array) -> list[Array]:
    """Return fit, mode, clarity and scale degrees of the clip's mean chroma."""
    xp = clip.xp
    major, minor = _best(clip, fit)
    on_tonic = (fit[..., :N_CLASSES] - fit[..., N_CLASSES:]) * tonic
    last = 2 * N_CLASSES - 1
    second, best = clip.ops.quantiles(xp.expand_dims(fit, axis=1), ((last - 1) / last, 1.0))
    degrees = relative(clip, xp.expand_dims(shares(clip, whole), axis=1), tonic)
    return [
        *(major, minor, major - minor),
        xp.sum(on_tonic, axis=-1, keepdims=True),
        _is_major(clip, major - minor),
        best - second,
        xp.std(fit, axis=-1, keepdims=True),
        degrees[:, 0, :] * float(N_CLASSES),
    ]


def _keys_over_time(clip: ClipSeries) -> list[Array]:
    """Return mode and fit of windows, the share of those in major, and how the key changes."""
    xp = clip.xp
    windows = xp.mean(clip.ops.windows(clip.chroma, WINDOW, WINDOW // 2), axis=2)
    fit = key_correlations(clip, windows)
    major, minor = _best(clip, fit)
    rows = xp.concat([major - minor, xp.maximum(major, minor)], axis=-1)
    return [
        *(xp.mean(rows, axis=1), xp.std(rows, axis=1)),
        xp.mean(_is_major(clip, major - minor), axis=1),
        _changes(clip, _choice(clip, fit)) * 0.5,
    ]


def _chords(clip: ClipSeries, spans: Array, tonic: Array) -> list[Array]:
    """Return the kinds of chords, how they change, and the degrees that triads stand on."""
    xp = clip.xp
    chroma = unit(clip, spans)
    likeness = xp.matmul(chroma, clip.ops.const(chord_table()))
    kinds = clip.ops.keep_shape(likeness, (0, -1, len(CHORDS), N_CLASSES))
    best = xp.max(kinds, axis=-1)
    rows = xp.concat([best, best[..., :1] - best[..., 1:2]], axis=-1)
    triads = _choice(clip, likeness[..., : 2 * N_CLASSES])
    roots = xp.mean(triads[..., :N_CLASSES] + triads[..., N_CLASSES:], axis=1, keepdims=True)
    return [
        *(xp.mean(rows, axis=1), xp.std(rows, axis=1)),
        _changes(clip, triads) * 0.5,
        _changes(clip, chroma),
        relative(clip, roots, tonic)[:, 0, :],
    ]


def _symmetries(clip: ClipSeries, whole: Array, spans: Array) -> list[Array]:
    """Return the sizes of the Fourier components of the clip's chroma, and of those of spans."""
    over = _components(clip, spans)
    return [_components(clip, whole), clip.xp.mean(over, axis=1), clip.xp.std(over, axis=1)]


def _evenness(clip: ClipSeries, whole: Array, spans: Array) -> list[Array]:
    """Return the entropies of spans and of the clip, and the strength of each interval."""
    xp = clip.xp
    share = shares(clip, spans)
    products = xp.matmul(xp.permute_dims(share, (0, 2, 1)), share)
    pairs = products / clip.ops.real(clip.ops.length(share, 1))
    return [
        xp.mean(_entropy(clip, share), axis=1),
        _entropy(clip, shares(clip, whole)),
        by_interval(clip, pairs, INTERVALS) * float(N_CLASSES),
    ]


def _best(clip: ClipSeries, fit: Array) -> tuple[Array, Array]:
    """Return the fit of the best major and of the best minor key."""
    xp = clip.xp
    major = xp.max(fit[..., :N_CLASSES], axis=-1, keepdims=True)
    return major, xp.max(fit[..., N_CLASSES:], axis=-1, keepdims=True)


def _is_major(clip: ClipSeries, mode: Array) -> Array:
    """Return 1 in major, 0 in minor, between them where neither fits better."""
    return clip.xp.clip(mode * (1 / RAMP) + 0.5, 0.0, 1.0)


def _choice(clip: ClipSeries, fit: Array) -> Array:
    """Return shares of what fits best."""
    return shares(clip, clip.xp.exp((fit - clip.xp.max(fit, axis=-1, keepdims=True)) * SHARP))


def _changes(clip: ClipSeries, x: Array) -> Array:
    """Return the mean sum of differences between one row and the next; 0 if there is but one."""
    xp, ops = clip.xp, clip.ops
    steps = xp.sum(xp.abs(x - ops.shift(x, 1)), axis=(1, 2))
    count = ops.real(xp.maximum(ops.length(x, 1) - 1, ops.integer(1)))
    return xp.expand_dims(steps / count, axis=1)


def _components(clip: ClipSeries, chroma: Array) -> Array:
    """Return the sizes of Fourier components 1 to 6 of chroma of sum 1."""
    xp, share = clip.xp, shares(clip, chroma)
    angle = 2 * np.pi * np.outer(np.arange(N_CLASSES), np.arange(1, 7)) / N_CLASSES
    real = xp.matmul(share, clip.ops.const(np.asarray(np.cos(angle), np.float32)))
    imaginary = xp.matmul(share, clip.ops.const(np.asarray(np.sin(angle), np.float32)))
    return xp.sqrt(real * real + imaginary * imaginary)


def _entropy(clip: ClipSeries, share: Array) -> Array:
    """Return the entropy of shares."""
    return -clip.xp.sum(share * clip.xp.log(share + NONE), axis=-1, keepdims=True)
