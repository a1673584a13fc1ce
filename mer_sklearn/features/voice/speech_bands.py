"""The spectrum where somebody speaks."""

from __future__ import annotations

import numpy as np

from ..clip_series import ClipSeries
from ..derived import N_BANDS, active
from ..family import FeatureFamily, Meaning
from ..ops import Array
from ..statistics import summarize, weighted_mean
from ._speech import above_lowest, loudest

__all__ = ["SpeechBands"]

STATISTICS = ("mean", "std", "p90", "loud")
LOUD_SHARE = 0.2


class SpeechBands(FeatureFamily):
    """Levels of 40 mel bands while somebody speaks, and where it is loudest.

    The levels in dB of 40 bands of equal width in mel, floored 80 dB below the clip's largest.
    Statistics: mean, std and p90 over the active frames (within 35 dB of the loudest), and
    ``loud``, the mean over the loudest 20 % of the clip's frames: its stressed vowels.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``speech_bands__7__mean``; 0 is the lowest band.

    References
    ----------
    S. Davis, P. Mermelstein: Comparison of parametric representations for monosyllabic word
    recognition in continuously spoken sentences. IEEE TASSP 28, 1980 (mel bands).

    Examples
    --------
    >>> import numpy as np
    >>> time = np.arange(22_050) / 22_050
    >>> hum, hiss = np.sin(2 * np.pi * 150 * time), np.sin(2 * np.pi * 7_000 * time)
    >>> voice = SpeechBands().set_output(transform="pandas")
    >>> voice.fit_transform(np.stack([hum, hiss])).filter(like="loud").idxmax(axis=1).tolist()
    ['speech_bands__1__loud', 'speech_bands__34__loud']
    """

    name = "speech_bands"
    needs = ("mel", "rms")
    meanings = (Meaning("*", "dB", "level of a mel band while somebody speaks, 0 the lowest"),)
    source = "Davis, Mermelstein 1980 (mel bands)"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        return [f"{self.name}__{band}__{name}" for name in STATISTICS for band in range(N_BANDS)]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, 160)."""
        levels, lowest = above_lowest(clip)
        spoken = summarize(clip, levels, STATISTICS[:3], clip.once(active))
        loud = weighted_mean(clip, levels, loudest(clip, LOUD_SHARE))
        is_level = np.repeat(np.array([name != "std" for name in STATISTICS], np.float32), N_BANDS)
        lowest = clip.xp.squeeze(lowest, axis=2) * clip.ops.const(is_level)
        return clip.xp.concat([spoken, loud], axis=-1) + lowest
