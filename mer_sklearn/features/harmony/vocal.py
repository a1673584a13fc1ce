"""Whether a voice sings, or an instrument that sings like one."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..clip_series import ClipSeries
from ..derived import N_BANDS, bands
from ..family import FeatureFamily, Meaning
from ..ops import FRAME_RATE, Array
from ..statistics import summarize, weighted_mean
from ..voice.pitch import VOICED
from .salience import PER_SEMITONE, SALIENCE_RATE, summing

__all__ = ["VocalLine"]

VOICES = (48, 168)  # pitches: 101 to 1008 Hz
LINE_FRAMES = 32  # 1.5 s
FARTHEST = 4.0 / PER_SEMITONE  # semitones from the middle of a window at which the line is cut
DRIFT, VIBRATO, MOTION = (0.5, 2.0), (4.0, 8.0), (0.5, 20.0)  # Hz
STILL = 0.01  # power of a line that does not move (vibrato of a quarter tone: 4)

GROUPS = {"low": (0, 6), "middle": (6, 14), "presence": (14, 26), "high": (26, N_BANDS)}  # bands
LEVEL_FRAMES = 128  # 3 s
PHRASES, SYLLABLES, FASTER = (0.4, 2.0), (2.0, 6.0), (6.0, 16.0)  # Hz
STEADY = 0.01  # dB in a level that does not move

CLEARLY_VOICED = 0.8  # periodicity
NONE = 1e-6  # added to means that may be zero


class VocalLine(FeatureFamily):
    """How the strongest line between 101 and 1008 Hz moves: vibrato, drift, syllables, voicing.

    The line is the strongest pitch of each frame (`salience`), between its neighbours. Windows of
    1.5 s of it, and of 3 s of the levels of four groups of bands, are looked at for modulation.

    ======================  ==============  =======================================================
    column                  unit            what it is
    ======================  ==============  =======================================================
    vibrato, vibrato_p90    0 to 1          share of 4-8 Hz in the movement of the line
    drift                   0 to 1          share of 0.5-2 Hz
    jumps                   semitones       median step from frame to frame (46 ms)
    motion, motion_std      log             power of the movement in a window
    syllables_low           log ratio       modulation of the level at 2-6 Hz over 6-16 Hz, and
                                            ``_std``; bands to 0.4, 1.1, 3.1, 11 kHz (``low``,
                                            ``middle``, ``presence``, ``high``)
    syllables_over_         log ratio       modulation of the level at 2-6 Hz over that at 0.4-2
    phrases_low                             Hz, at which phrases come and go
    clarity_mean            ratio           salience of the line over the mean of the span, also
                                            ``std``, ``p10``, ``p90``
    periodicity_mean        0 to 1          of the waveform, 60-612 Hz, also ``std``, ``p10``,
                                            ``median``, ``p90``
    voiced, clearly_voiced  0 to 1          share of frames of periodicity above 0.5, above 0.8
    f0, f0_std              octaves         mean above 100 Hz and deviation in voiced frames
    ======================  ==============  =======================================================

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``vocal__vibrato``.

    References
    ----------
    E. Prame: Measurements of the vibrato rate of ten singers. JASA 96, 1994.

    E. Scheirer, M. Slaney: Construction and evaluation of a robust multifeature speech/music
    discriminator. ICASSP 1997 (modulation at the rate of syllables).

    Examples
    --------
    A steady tone, and one with a vibrato of 6 a second:

    >>> import numpy as np
    >>> time = np.arange(66_150) / 22_050
    >>> wave = np.sin(2 * np.pi * 6 * time)
    >>> tones = [np.sin(2 * np.pi * 440 * time + depth * wave) / 2 for depth in (0, 2)]
    >>> family = VocalLine().set_output(transform="pandas")
    >>> family.fit_transform(tones)["vocal__vibrato"].gt(0.5).tolist()
    [False, True]
    """

    name = "vocal"
    needs = ("salience", "mel", "pitch")
    meanings = (
        Meaning("vibrato*", "0 to 1", "share of vibrato (4-8 Hz) in the movement of the line"),
        Meaning("drift", "0 to 1", "share of slow change (0.5-2 Hz) in the movement of the line"),
        Meaning("jumps", "semitones", "median step of the line in 46 ms"),
        Meaning("motion*", "log", "how much the line moves within 1.5 s"),
        Meaning("syllables_over_phrases_*", "log ratio", "modulation at 2-6 Hz over slower"),
        Meaning("syllables_*", "log ratio", "modulation at 2-6 Hz over faster"),
        Meaning("clarity_*", "ratio", "strength of the line over what is around"),
        Meaning("periodicity_*", "0 to 1", "how periodic the waveform is"),
        Meaning("*voiced", "0 to 1", "share of voiced frames"),
        Meaning("f0", "octaves above 100 Hz", "mean fundamental frequency of voiced frames"),
        Meaning("f0_std", "octaves", "deviation of the fundamental frequency"),
    )
    source = "Prame 1994 (vibrato); Scheirer, Slaney 1997 (syllables); Boersma 1993 (periodicity)"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        names = ["vibrato", "vibrato_p90", "drift", "jumps", "motion", "motion_std"]
        names += [f"syllables_{group}" for group in GROUPS]
        names += [f"syllables_{group}_std" for group in GROUPS]
        names += [f"syllables_over_phrases_{group}" for group in GROUPS]
        names += [f"clarity_{statistic}" for statistic in ("mean", "std", "p10", "p90")]
        names += [f"periodicity_{s}" for s in ("mean", "std", "p10", "median", "p90")]
        names += ["voiced", "clearly_voiced", "f0", "f0_std"]
        return [f"{self.name}__{name}" for name in names]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, n_columns)."""
        span = clip.salience[:, :, slice(*VOICES)]
        parts = [*_movement(clip, _line(clip, span)), *_syllables(clip)]
        return clip.xp.concat([*parts, _clarity(clip, span), *_voicing(clip)], axis=-1)


def _line(clip: ClipSeries, span: Array) -> Array:
    """Return the strongest pitch, the mean of it and its neighbours, in semitones."""
    xp, ops = clip.xp, clip.ops
    around = xp.argmax(span, axis=-1, keepdims=True) + ops.const(np.array([-1, 0, 1]))
    last = ops.integer(span.shape[-1] - 1)
    around = xp.minimum(xp.maximum(around, ops.integer(0)), last)
    weight = xp.take_along_axis(span, around, axis=-1)
    place = xp.sum(weight * xp.astype(around, xp.float32), axis=-1, keepdims=True)
    return place / (xp.sum(weight, axis=-1, keepdims=True) + NONE) * (1 / PER_SEMITONE)


def _movement(clip: ClipSeries, line: Array) -> list[Array]:
    """Return how the line moves within windows of 1.5 s."""
    xp, ops = clip.xp, clip.ops
    cut = ops.windows(line, LINE_FRAMES, LINE_FRAMES // 2)[..., 0]
    jumps = ops.quantiles(xp.abs(cut[..., 1:] - cut[..., :-1]), [0.5])[0]
    middle = xp.expand_dims(ops.quantiles(cut, [0.5])[0], axis=-1)
    off = xp.clip(cut - middle, -FARTHEST, FARTHEST)
    square, hz = _spectrum(clip, off, SALIENCE_RATE)
    power = xp.matmul(square, ops.const(_inside(hz, [VIBRATO, DRIFT, MOTION])))
    total = power[..., 2:] + STILL
    share = power[..., :2] / total
    return [
        *(summarize(clip, share[..., :1], (statistic,)) for statistic in ("mean", "p90")),
        xp.mean(share[..., 1:], axis=1),
        xp.mean(jumps, axis=1, keepdims=True),
        summarize(clip, xp.log(total), ("mean", "std")),
    ]


def _syllables(clip: ClipSeries) -> list[Array]:
    """Return the modulation of levels at the rate of syllables over the faster and the slower."""
    xp, ops = clip.xp, clip.ops
    groups = summing(*GROUPS.values(), n_rows=N_BANDS)
    level = xp.matmul(clip.once(bands), ops.const(groups / groups.sum(axis=0)))
    cut = xp.permute_dims(ops.windows(level, LEVEL_FRAMES, LEVEL_FRAMES // 2), (0, 1, 3, 2))
    square, hz = _spectrum(clip, cut - xp.mean(cut, axis=-1, keepdims=True), FRAME_RATE)
    inside = _inside(hz, [SYLLABLES, FASTER, PHRASES])
    mean = xp.matmul(xp.sqrt(square), ops.const(inside / inside.sum(axis=0)))
    strength = xp.log(mean + STEADY)
    faster = strength[..., 0] - strength[..., 1]
    slower = strength[..., 0] - strength[..., 2]
    return [summarize(clip, faster, ("mean", "std")), xp.mean(slower, axis=1)]


def _clarity(clip: ClipSeries, span: Array) -> Array:
    """Return how far the line stands out of its span."""
    mean = clip.xp.mean(span, axis=-1, keepdims=True) + NONE
    clarity = clip.xp.max(span, axis=-1, keepdims=True) / mean
    return summarize(clip, clarity, ("mean", "std", "p10", "p90"))


def _voicing(clip: ClipSeries) -> list[Array]:
    """Return how periodic the waveform is, and its fundamental frequency where it is."""
    xp, periodicity = clip.xp, clip.pitch[..., 1:]
    voiced = xp.astype(periodicity > VOICED, xp.float32)
    clearly = xp.astype(periodicity > CLEARLY_VOICED, xp.float32)
    octaves = xp.log(clip.pitch[..., :1] * 0.01) * float(1 / np.log(2))
    mean = weighted_mean(clip, octaves, voiced)
    off = octaves - xp.expand_dims(mean, axis=1)
    deviation = xp.sqrt(weighted_mean(clip, off * off, voiced))
    statistics = summarize(clip, periodicity, ("mean", "std", "p10", "median", "p90"))
    return [statistics, xp.mean(voiced, axis=1), xp.mean(clearly, axis=1), mean, deviation]


def _spectrum(clip: ClipSeries, cut: Array, rate: float) -> tuple[Array, npt.NDArray[np.float64]]:
    """Return the power spectrum over the last axis, windowed, and its frequencies in Hz."""
    n = cut.shape[-1]
    hz = np.arange(1, n // 2) * rate / n
    parts = clip.xp.matmul(cut, clip.ops.const(_fourier_table(n)))
    square = parts * parts
    return square[..., : n // 2 - 1] + square[..., n // 2 - 1 :], hz


@functools.cache
def _fourier_table(n: int) -> npt.NDArray[np.float32]:
    """Return the windowed cosines and sines of turns 1 .. n / 2 - 1, shape (n, n - 2)."""
    angle = 2 * np.pi * np.outer(np.arange(n), np.arange(1, n // 2)) / n
    table = np.concatenate([np.cos(angle), np.sin(angle)], axis=1)
    return np.asarray(table * np.hanning(n)[:, None], np.float32)


def _inside(
    hz: npt.NDArray[np.float64], spans: Sequence[tuple[float, float]]
) -> npt.NDArray[np.float32]:
    """Return 1 where a frequency lies within a span, shape (n_frequencies, n_spans)."""
    low, high = np.array(spans).T
    return np.asarray((hz[:, None] > low) & (hz[:, None] < high), np.float32)
