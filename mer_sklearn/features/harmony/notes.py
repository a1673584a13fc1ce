"""How many pitches sound, how often notes begin, and how long they last."""

from __future__ import annotations

import numpy as np

from ..clip_series import ClipSeries
from ..family import FeatureFamily, Meaning
from ..ops import Array
from ..statistics import summarize
from .salience import N_SEMITONES, SALIENCE_RATE, summing, tuned

__all__ = ["NoteActivity"]

# Semitones above 40 Hz.
REGISTERS = {"low": (0, 20), "middle": (20, 40), "high": (40, N_SEMITONES), "all": (0, N_SEMITONES)}
LAGS = {"0.05s": 1, "0.1s": 2, "0.2s": 5, "0.5s": 11, "1s": 22, "2s": 43}  # frames
REACH = 2  # frames on either side that an onset must exceed
ONSET = 1.3  # times the mean rise that an onset must exceed
LAYER = (0.25, 0.45)  # of the strongest semitone: where a layer begins, and where it is whole
LAYER_STATISTICS = ("mean", "std", "p10", "median", "p90")
NONE = 1e-6  # added to sums that may be zero
FAINT = 1e-4  # level that counts as nothing


class NoteActivity(FeatureFamily):
    """Note onsets, how long notes sound on, and how many pitches sound at once.

    Pitches are summed up from their harmonics (`salience`), tuned to the clip; 1 is the mean of the
    strongest semitone of each frame. Registers are low (40-130 Hz), middle (130-400 Hz), high
    (400-1580 Hz) and all; all times are those of frames 46 ms apart.

    ====================  =================  ======================================================
    column                unit               what it is
    ====================  =================  ======================================================
    rise_low              log                mean of what semitones gain from a frame to the next
    rise_variation_low                       deviation of that gain over its mean
    onset_rate_low        a second           gains greater than their neighbours (0.1 s) and than
                                             1.3 times the mean
    sustain_0.05s_low     -1 to 1            autocorrelation of the semitones at a lag, up to 2 s
    level_low             log                mean salience
    level_variation_low                      deviation of the summed salience over its mean
    layers_mean           semitones          how many reach 0.35 at once (from 0.25 to 0.45 in
                                             part): notes, and harmonics and neighbours of theirs;
                                             one note alone has about 5. Also ``std``, ``p10``, ...
    ====================  =================  ======================================================

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``notes__layers_mean``.

    References
    ----------
    J. P. Bello et al.: A tutorial on onset detection in music signals. IEEE TSAP 13, 2005.

    A. Klapuri: Multiple fundamental frequency estimation by summing harmonic amplitudes. ISMIR
    2006.

    Examples
    --------
    One tone, and four at once:

    >>> import numpy as np
    >>> phase = 2 * np.pi * 220 / 22_050 * np.arange(44_100)
    >>> tones = [np.sin(phase * 2 ** (i / 12)) / 5 for i in (0, 4, 7, 11)]
    >>> family = NoteActivity().set_output(transform="pandas")
    >>> layers = family.fit_transform([tones[0], sum(tones)])["notes__layers_median"]
    >>> bool(layers[1] > layers[0])
    True
    """

    name = "notes"
    needs = ("salience",)
    meanings = (
        Meaning("rise_variation_*", "ratio", "how unevenly salience rises"),
        Meaning("rise_*", "log", "how much salience rises from frame to frame"),
        Meaning("onset_rate_*", "a second", "note onsets"),
        Meaning("sustain_*", "-1 to 1", "likeness of what sounds now and so much later"),
        Meaning("level_variation_*", "ratio", "how unevenly a register sounds"),
        Meaning("level_*", "log", "how much sounds in a register"),
        Meaning("layers_*", "semitones", "how many stand out at once; about 5 for one note"),
    )
    source = "Bello et al. 2005 (onsets); Klapuri 2006 (salience); layers: own definition"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        rows = ["rise", "rise_variation", "onset_rate", *(f"sustain_{lag}" for lag in LAGS)]
        rows += ["level", "level_variation"]
        names = [f"{row}_{register}" for row in rows for register in REGISTERS]
        names += [f"layers_{statistic}" for statistic in LAYER_STATISTICS]
        return [f"{self.name}__{name}" for name in names]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, n_columns)."""
        xp, semitones = clip.xp, clip.once(tuned)
        strongest = xp.max(semitones, axis=-1, keepdims=True)
        semitones = semitones / (xp.mean(strongest, axis=1, keepdims=True) + NONE)
        parts = [*_onsets(clip, semitones), *_sustain(clip, semitones)]
        parts += [*_levels(clip, semitones), _layers(clip, semitones)]
        return xp.concat(parts, axis=-1)


def _registers(clip: ClipSeries) -> Array:
    """Return the table that sums the semitones of each register."""
    return clip.ops.const(summing(*REGISTERS.values()))


def _onsets(clip: ClipSeries, semitones: Array) -> list[Array]:
    """Return how much rises in each register, how unevenly, and onsets a second."""
    xp, ops = clip.xp, clip.ops
    gain = xp.maximum(semitones - ops.shift(semitones, 1), ops.scalar(0.0))
    rise = xp.matmul(gain, _registers(clip))
    mean = xp.mean(rise, axis=1, keepdims=True) + NONE
    highest = rise
    for by in range(1, REACH + 1):
        for neighbour in (ops.shift(rise, by), ops.shift(rise, -by)):
            highest = xp.maximum(highest, neighbour)
    onset = xp.logical_and(rise >= highest, rise > mean * ONSET)
    mean = xp.squeeze(mean, axis=1)
    rate = xp.mean(xp.astype(onset, xp.float32), axis=1) * SALIENCE_RATE
    return [xp.log(mean), xp.std(rise, axis=1) / mean, rate]


def _sustain(clip: ClipSeries, semitones: Array) -> list[Array]:
    """Return the autocorrelation of the semitones of each register at each lag."""
    xp, table = clip.xp, _registers(clip)
    off = semitones - xp.mean(semitones, axis=1, keepdims=True)
    pairs = [(off, off), *((off[:, lag:, :], off[:, :-lag, :]) for lag in LAGS.values())]
    sums = [xp.sum(later * earlier, axis=1, keepdims=True) for later, earlier in pairs]
    energy, *kept = (xp.squeeze(xp.matmul(total, table), axis=1) for total in sums)
    return [total / (energy + NONE) for total in kept]


def _levels(clip: ClipSeries, semitones: Array) -> list[Array]:
    """Return how much sounds in each register, and how unevenly."""
    xp = clip.xp
    total = xp.matmul(semitones, _registers(clip))
    mean = xp.mean(total, axis=1)
    width = np.array([stop - first for first, stop in REGISTERS.values()], np.float32)
    level = xp.log(mean / clip.ops.const(width) + FAINT)
    return [level, xp.std(total, axis=1) / (mean + NONE)]


def _layers(clip: ClipSeries, semitones: Array) -> Array:
    """Return statistics of the number of semitones that stand out."""
    low, high = LAYER
    sounds = clip.xp.clip((semitones - low) * (1 / (high - low)), 0.0, 1.0)
    return summarize(clip, clip.xp.sum(sounds, axis=-1, keepdims=True), LAYER_STATISTICS)
