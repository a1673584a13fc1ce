"""Keys, scales and chords."""

from __future__ import annotations

from ..clip_series import ClipSeries
from ..family import FeatureFamily, Meaning
from ..ops import Array
from .pitch_classes import (
    CHORDS,
    N_CLASSES,
    NONE,
    by_interval,
    chord_table,
    key_correlations,
    pairs_in_time,
    relative,
    shares,
    tonic_of,
    unit,
)
from .salience import N_SEMITONES, folding, sounding

__all__ = ["KeyAndChords"]

# Semitones above 40 Hz; the last holds all.
REGISTERS = {"low": (0, 24), "middle": (20, 44), "high": (36, N_SEMITONES), "all": (0, N_SEMITONES)}
N_LARGEST = 6
TRIADS = ("major", "minor")
CHORD_FRAMES = 16  # 0.74 s
CHORD_SHARP = 12.0  # of the choice of a chord: a cosine greater by 0.1 counts 3.3 times


class KeyAndChords(FeatureFamily):
    """How major or minor each register is, which chords sound, and how their roots move.

    Pitches are summed up from their harmonics (`salience`), tuned to the clip and folded to 12
    classes in the registers low (40-160 Hz), middle (130-510 Hz), high (320-1580 Hz) and all. The
    tonic is that of the Krumhansl profiles which correlate best with the whole; keys that fit alike
    share the weight. Chords are the templates most like the chroma of 0.74 s (cosine).

    ========================  =====================================================================
    column                    what it is
    ========================  =====================================================================
    major_fit_low             correlation of a register with its best major key
    minor_fit_low             correlation of a register with its best minor key
    mode_low                  the first less the second
    tonic_mode_low            major less minor key on the tonic of the whole
    degree_0-11_low           chroma relative to the tonic; even: 1
    largest_1-6_low           shares of the strongest classes
    entropy_low               of the shares: log 12 = 2.48 if all sound alike
    chord_major               share of the time of each kind of chord
    major_chord_on_0-11       share of the major triads, of the minor triads, on each degree above
                              the tonic, times 12
    root_motion_0-11          share of chord changes that raise the root so many semitones
    ========================  =====================================================================

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``key_chords__mode_all``.

    References
    ----------
    C. L. Krumhansl: Cognitive foundations of musical pitch. Oxford University Press, 1990.

    T. Fujishima: Realtime chord recognition of musical sound. ICMC 1999.

    Examples
    --------
    A triad with a major and one with a minor third:

    >>> import numpy as np
    >>> phase = 2 * np.pi * 261.63 / 22_050 * np.arange(44_100)
    >>> tones = [sum(np.sin(phase * 2 ** (i / 12) * h) / h for h in (1, 2, 3)) for i in range(8)]
    >>> triads = [(tones[0] + tones[third] + tones[7]) / 6 for third in (4, 3)]
    >>> family = KeyAndChords().set_output(transform="pandas")
    >>> chords = ["key_chords__chord_major", "key_chords__chord_minor"]
    >>> family.fit_transform(triads)[chords].idxmax(axis="columns").tolist()
    ['key_chords__chord_major', 'key_chords__chord_minor']
    """

    name = "key_chords"
    needs = ("salience",)
    meanings = (
        Meaning("major_fit_*", "-1 to 1", "correlation with the best major key"),
        Meaning("minor_fit_*", "-1 to 1", "correlation with the best minor key"),
        Meaning("mode_*", "-2 to 2", "best major less best minor key"),
        Meaning("tonic_mode_*", "-2 to 2", "major less minor key on the tonic"),
        Meaning("degree_*", "even chroma is 1", "chroma so many semitones above the tonic"),
        Meaning("largest_*", "0 to 1", "share of the strongest, second strongest ... pitch class"),
        Meaning("entropy_*", "0 to 2.49", "how evenly the pitch classes sound"),
        Meaning("chord_*", "0 to 1", "share of the time of a kind of chord"),
        Meaning("*_chord_on_*", "share x 12", "how often a triad stands on a degree of the scale"),
        Meaning("root_motion_*", "0 to 1", "share of chord changes by so many semitones up"),
    )
    source = "Krumhansl 1990 (keys); Fujishima 1999 (chord templates)"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        degrees = range(N_CLASSES)
        rows = ["major_fit", "minor_fit", "mode", "tonic_mode", *(f"degree_{i}" for i in degrees)]
        rows += [*(f"largest_{i}" for i in range(1, N_LARGEST + 1)), "entropy"]
        names = [f"{row}_{register}" for register in REGISTERS for row in rows]
        names += [f"chord_{chord}" for chord in CHORDS]
        names += [f"{triad}_chord_on_{i}" for triad in TRIADS for i in degrees]
        names += [f"root_motion_{i}" for i in degrees]
        return [f"{self.name}__{name}" for name in names]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, n_columns)."""
        xp, ops = clip.xp, clip.ops
        folded = xp.matmul(clip.once(sounding), ops.const(folding(*REGISTERS.values())))
        mean = ops.keep_shape(xp.mean(folded, axis=1), (-1, len(REGISTERS), N_CLASSES))
        fit = key_correlations(clip, mean)
        tonic = tonic_of(clip, fit[:, -1, :])
        scales = _scales(clip, mean, fit, tonic)
        flat = ops.keep_shape(scales, (0, len(REGISTERS) * (4 + N_CLASSES + N_LARGEST + 1)))
        return xp.concat([flat, *_chords(clip, folded[..., -N_CLASSES:], tonic)], axis=-1)


def _scales(clip: ClipSeries, chroma: Array, fit: Array, tonic: Array) -> Array:
    """Return what the chroma of each register says, (n_clips, n_registers, n_rows)."""
    xp = clip.xp
    major, minor = fit[..., :N_CLASSES], fit[..., N_CLASSES:]
    best = [xp.max(values, axis=-1, keepdims=True) for values in (major, minor)]
    mode = xp.sum((major - minor) * xp.expand_dims(tonic, axis=1), axis=-1, keepdims=True)
    share = shares(clip, chroma)
    degrees = relative(clip, share, tonic) * float(N_CLASSES)
    levels = [1 - i / (N_CLASSES - 1) for i in range(N_LARGEST)]
    largest = [xp.expand_dims(value, axis=-1) for value in clip.ops.quantiles(share, levels)]
    entropy = -xp.sum(share * xp.log(share + NONE), axis=-1, keepdims=True)
    return xp.concat([*best, best[0] - best[1], mode, degrees, *largest, entropy], axis=-1)


def _chords(clip: ClipSeries, chroma: Array, tonic: Array) -> list[Array]:
    """Return how common each kind of chord is, on which degrees, and how far roots move."""
    xp, ops = clip.xp, clip.ops
    spans = unit(clip, xp.mean(ops.windows(chroma, CHORD_FRAMES, CHORD_FRAMES), axis=2))
    likeness = xp.matmul(spans, ops.const(chord_table()))
    weight = xp.exp((likeness - xp.max(likeness, axis=-1, keepdims=True)) * CHORD_SHARP)
    chords = shares(clip, weight)
    kinds = ops.keep_shape(xp.mean(chords, axis=1), (-1, len(CHORDS), N_CLASSES))
    degrees = relative(clip, kinds[:, : len(TRIADS), :], tonic) * float(N_CLASSES)
    roots = shares(clip, chords[..., :N_CLASSES] + chords[..., N_CLASSES : 2 * N_CLASSES])
    return [
        xp.sum(kinds, axis=-1),
        ops.keep_shape(degrees, (0, len(TRIADS) * N_CLASSES)),
        by_interval(clip, pairs_in_time(clip, roots, 1)),
    ]
