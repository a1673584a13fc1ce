"""How loud a clip is, in dB that a person can read."""

from __future__ import annotations

from ..clip_series import ClipSeries
from ..derived import energy_inside, inner_db, inner_rms
from ..family import FeatureFamily, Meaning
from ..ops import FRAME_RATE, Array
from ..spectra import DB
from ..statistics import summarize, weighted_mean
from .level import (
    clip_level,
    decibels,
    k_weighting,
    low_energy,
    mean_square_table,
    peak_level,
    share_below,
)

__all__ = ["Loudness"]

BLOCK, BLOCK_HOP = 17, 4  # frames: 0.39 and 0.09 s
OFFSET = -0.691  # dB; makes a full-scale sine of 997 Hz -3.01 LUFS
ABSOLUTE_GATE = -70.0  # LUFS
RELATIVE_GATE = 0.1  # -10 LU, in power
QUIET = 30.0  # dB below the loudest frame
SILENT = -60.0  # dB of full scale


class Loudness(FeatureFamily):
    """Level, loudness, and how much they move.

    ===============  =====  ========================================================================
    column           unit   what it is
    ===============  =====  ========================================================================
    level            dB     root mean square of the samples relative to full scale, at least -100
    loudness         LUFS   integrated loudness, at least -70: K-weighted, the mean of blocks of
                            0.4 s above -70 LUFS and above 10 LU below their mean (ITU-R BS.1770,
                            the weighting applied to mel bands instead of samples: within 0.2 LU)
    range            dB     level of a frame (0.09 s) that 5 % exceed less that which 95 % exceed
    std              dB     standard deviation of the frames' levels
    change           dB/s   mean absolute change of the level from frame to frame, a second
    slope            dB/s   of the line fitted to the level: negative for a fade-out
    crest            dB     largest sample over the root mean square: 3 for a sine, 0 for a square
    low_energy       share  frames whose rms lies below its mean (Tzanetakis, Cook 2002)
    quiet            share  frames more than 30 dB below the loudest
    silence          share  frames below -60 dB of full scale
    ===============  =====  ========================================================================

    Frames are floored 80 dB below the loudest; of those at the ends of the clip only what lies
    inside counts, so that a tone of any length has its level, and one sample its own. A clip
    recorded 6 dB louder has a level and a loudness 6 dB higher, and all else but `silence` as
    before.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``loudness__range``.

    References
    ----------
    ITU-R BS.1770-5: Algorithms to measure audio programme loudness and true-peak audio level. 2023.
    G. Tzanetakis, P. Cook: Musical genre classification of audio signals. IEEE TSAP 10, 2002.

    Examples
    --------
    A tone that fades by 6 dB a second.

    >>> import numpy as np
    >>> time = np.arange(5 * 22_050) / 22_050
    >>> fade = np.sin(2 * np.pi * 440 * time) * 10 ** (-6 * time / 20)
    >>> loudness = Loudness().set_output(transform="pandas").fit_transform(fade[None])
    >>> round(float(loudness["loudness__slope"][0]))
    -6
    """

    name = "loudness"
    needs = ("mel", "rms", "peak")
    meanings = (
        Meaning("level", "dB", "root mean square relative to full scale"),
        Meaning("loudness", "LUFS", "integrated loudness, K-weighted"),
        Meaning("range", "dB", "loud frames (p95) less quiet ones (p5)"),
        Meaning("std", "dB", "standard deviation of the level"),
        Meaning("change", "dB/s", "mean absolute change of the level"),
        Meaning("slope", "dB/s", "whether it grows or fades"),
        Meaning("crest", "dB", "largest sample over the root mean square"),
        Meaning("low_energy", "share", "frames below the mean rms"),
        Meaning("quiet", "share", "frames more than 30 dB below the loudest"),
        Meaning("silence", "share", "frames below -60 dB of full scale"),
    )
    source = "ITU-R BS.1770; Tzanetakis, Cook 2002 (low energy)"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        return [f"{self.name}__{meaning.columns}" for meaning in self.meanings]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips."""
        xp, frames = clip.xp, clip.once(inner_db)
        low, high = clip.ops.quantiles(clip.ops.rows(frames), (0.05, 0.95))
        level = clip_level(clip)
        loudest = xp.max(frames, axis=1, keepdims=True)
        change = xp.mean(xp.abs(frames - clip.ops.shift(frames, 1)), axis=1) * FRAME_RATE
        values = [
            level,
            _integrated(clip),
            high - low,
            summarize(clip, frames, ("std",)),
            change,
            summarize(clip, frames, ("slope",)),
            peak_level(clip) - level,
            low_energy(clip),
            share_below(clip, frames, loudest - QUIET, 1.0),
            share_below(clip, decibels(clip, clip.once(inner_rms) ** 2), SILENT, 1.0),
        ]
        return xp.concat(values, axis=-1)


def _integrated(clip: ClipSeries) -> Array:
    """Return the integrated loudness, shape (n_clips, 1)."""
    xp = clip.xp
    power = xp.matmul(clip.mel, clip.ops.const(mean_square_table(k_weighting)))
    power = power / clip.once(energy_inside)
    blocks = xp.mean(clip.ops.windows(power, BLOCK, BLOCK_HOP), axis=2)
    gate = 10 ** ((ABSOLUTE_GATE - OFFSET) / 10)
    heard = xp.astype(blocks > gate, xp.float32)
    relative = xp.expand_dims(weighted_mean(clip, blocks, heard), axis=1) * RELATIVE_GATE
    heard = heard * xp.astype(blocks > relative, xp.float32)
    mean = xp.maximum(weighted_mean(clip, blocks, heard), clip.ops.scalar(gate))
    return xp.log(mean) * DB + OFFSET
