"""How high the music lies: the melody, the bass, and the room between them."""

from __future__ import annotations

import numpy as np

from ..clip_series import ClipSeries
from ..family import FeatureFamily, Meaning
from ..ops import Array
from ..statistics import summarize, weighted_mean
from .melody import LINES
from .salience import LOWEST_HZ, PER_SEMITONE

__all__ = ["Register"]

LOWEST_NOTE = float(69 + 12 * np.log2(LOWEST_HZ / 440))  # 27.5, where salience begins
SILENT = 1e-6  # salience up to which a line does not sound


class Register(FeatureFamily):
    """Where melody and bass lie, in note numbers (60 is middle C, 69 the A of 440 Hz).

    ==========================  =========  =========================================================
    column                      unit       what it is
    ==========================  =========  =========================================================
    melody, bass                note       mean of the line, weighted by salience
    melody_low, bass_low        note       the note that the line exceeds in 90 % of the frames
    melody_high, bass_high      note       the note that it exceeds in 10 %
    melody_range, bass_range    semitones  from low to high
    width                       semitones  from the bass to the melody
    ==========================  =========  =========================================================

    The lines are those of `MelodyAndBass`: in each frame the strongest pitch from 129 to 1583 Hz,
    and from 40 to 218 Hz, of those frames in which it sounds; 27.5 (40 Hz) in silence.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``register__melody``.

    References
    ----------
    J. Salamon, E. Gomez: Melody extraction from polyphonic music signals using pitch contour
    characteristics. IEEE TASLP 20, 2012 (the salience; its contours are not followed).

    Examples
    --------
    A held A of 440 Hz:

    >>> import numpy as np
    >>> time = np.arange(22_050) / 22_050
    >>> tone = sum(np.sin(2 * np.pi * 440 * k * time) / k for k in range(1, 9))
    >>> table = Register().set_output(transform="pandas").fit_transform(tone[None])
    >>> round(float(table["register__melody"][0]))
    69
    """

    name = "register"
    needs = ("salience",)
    meanings = (
        Meaning("*_range", "semitones", "from the low to the high notes of a line"),
        Meaning("width", "semitones", "how far the melody lies above the bass"),
        Meaning("*_low", "note number", "what a line exceeds in 90 % of the frames"),
        Meaning("*_high", "note number", "what a line exceeds in 10 % of the frames"),
        Meaning("melody", "note number", "how high the melody lies: 60 is middle C"),
        Meaning("bass", "note number", "how high the bass lies: 36 is C, two octaves below middle"),
    )
    source = "Salamon, Gomez 2012 (salience); statistics of the line: own definition"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        names = [f"{line}{end}" for line in LINES for end in ("", "_low", "_high", "_range")]
        return [f"{self.name}__{name}" for name in [*names, "width"]]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, 9)."""
        melody, bass = (_line(clip, first, stop) for first, stop in LINES.values())
        return clip.xp.concat([melody, bass, melody[:, :1] - bass[:, :1]], axis=-1)


def _line(clip: ClipSeries, first: int, stop: int) -> Array:
    """Return mean, low and high note of the strongest pitch within a span, and its range."""
    xp = clip.xp
    inside = clip.salience[:, :, first:stop]
    index = xp.expand_dims(xp.astype(xp.argmax(inside, axis=-1), xp.float32), axis=-1)
    semitones = (index + float(first)) * (1 / PER_SEMITONE)
    strength = xp.max(inside, axis=-1, keepdims=True)
    mean = weighted_mean(clip, semitones, strength)
    sounds = xp.astype(strength > SILENT, xp.float32)
    ends = summarize(clip, semitones, ("p10", "p90"), sounds)
    notes = xp.concat([mean, ends], axis=-1) + LOWEST_NOTE
    return xp.concat([notes, ends[:, 1:] - ends[:, :1]], axis=-1)
