"""How a voice changes from the begin to the end of what is said."""

from __future__ import annotations

from ..clip_series import ClipSeries
from ..derived import rms_db
from ..family import FeatureFamily, Meaning
from ..ops import Array
from ..statistics import weighted_mean
from ._speech import cepstrum, progress, span
from .pitch import semitones

__all__ = ["SpeechThirds"]

N_CEPSTRAL = 13
N_THIRDS = 3
PERIODICITY_SCALE = 10.0


class SpeechThirds(FeatureFamily):
    """Begin, middle and end of what is said, each against the whole.

    The active span (from the first to the last frame within 35 dB of the loudest) is cut in three.
    Of each third, the mean less that of the span: 13 cepstral coefficients (dB), the level (dB), f0
    (semitones, voiced or not; 612 Hz where nothing is periodic) and ten times the periodicity. A
    question ends higher than it began, a sigh softer. Nothing depends on the recording level.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``speech_thirds__level_2``; thirds are 0, 1 and 2.

    References
    ----------
    B. Schuller et al.: The INTERSPEECH 2009 emotion challenge. Interspeech 2009 (statistics of
    parts of an utterance).

    Examples
    --------
    A sound that fades away loses level from third to third:

    >>> import numpy as np
    >>> time = np.arange(22_050) / 22_050
    >>> sigh = np.sin(2 * np.pi * 150 * time) * np.exp(-2 * time)
    >>> voice = SpeechThirds().set_output(transform="pandas").fit_transform(sigh[None])
    >>> bool((voice.filter(like="level").diff(axis=1).iloc[0, 1:] < -3).all())
    True
    """

    name = "speech_thirds"
    version = 2
    needs = ("mel", "pitch", "rms")
    meanings = (
        Meaning("mfcc_*", "dB", "cepstral coefficient in a third less that of the span"),
        Meaning("level_*", "dB", "level in a third less that of the span"),
        Meaning("pitch_*", "semitones", "pitch in a third less that of the span"),
        Meaning("periodicity_*", "-10 to 10", "ten times the periodicity, less that of the span"),
    )
    source = "Schuller et al. 2009 (parts of an utterance)"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        rows = [*(f"mfcc_{i}" for i in range(N_CEPSTRAL)), "level", "pitch", "periodicity"]
        return [f"{self.name}__{row}_{third}" for third in range(N_THIRDS) for row in rows]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, 48)."""
        xp, inside, time = clip.xp, clip.once(span), clip.once(progress)
        level, pitch = clip.once(rms_db), clip.once(semitones)
        periodicity = clip.pitch[..., 1:] * PERIODICITY_SCALE
        coefficients = clip.once(cepstrum)[..., :N_CEPSTRAL]
        rows = xp.concat([coefficients, level, pitch, periodicity], axis=-1)
        off = rows - xp.expand_dims(weighted_mean(clip, rows, inside), axis=1)
        thirds = [xp.astype(time > edge / N_THIRDS, xp.float32) for edge in range(1, N_THIRDS)]
        begun, over = [inside, *thirds], [*thirds, inside * 0.0]
        weights = [inside * (a - b) for a, b in zip(begun, over, strict=True)]
        return xp.concat([weighted_mean(clip, off, weight) for weight in weights], axis=-1)
