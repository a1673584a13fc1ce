"""The long-term average spectrum: what colour a piece has as a whole."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from ..clip_series import ClipSeries
from ..family import FeatureFamily, Meaning
from ..ops import Array
from ..spectra import DB
from ..statistics import weighted_mean
from .mel_shape import FADE, band_centres, band_edges, energy, total

__all__ = ["LongTermSpectrum"]

# Nominal centres of third octaves, Hz (IEC 61260); the first is a whole octave, 44 to 88 Hz, as mel
# bands are no narrower there.
NOMINAL = (
    *(63, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1000),
    *(1250, 1600, 2000, 2500, 3150, 4000, 5000, 6300, 8000, 10000),
)
PARTS = ("level", "range", "loud_minus_soft")
LEVEL_FLOOR, FRAME_FLOOR = 1e-8, 1e-9  # shares of the clip's mean energy: -80 and -90 dB
RAMP_DB = 2.0  # over which a frame turns from soft to loud


class LongTermSpectrum(FeatureFamily):
    """Long-term average spectrum in third octaves, how far it moves, and what loudness adds.

    ===================  ====  ====================================================================
    value                unit  what it is
    ===================  ====  ====================================================================
    *_level              dB    mean energy of a band over that of all, at least -80
    *_range              dB    90th less 10th percentile of the band's level over time
    *_loud_minus_soft    dB    mean level in frames above the median energy less that in those below
    ===================  ====  ====================================================================

    Bands: the octave about 63 Hz, then third octaves from 100 Hz to 10 kHz. Levels do not depend on
    the clip's. Each is a sum of mel bands, weighted by how far they lie inside, over every fourth
    frame (93 ms).

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``ltas__1000_hz_level``.

    References
    ----------
    A. Löfqvist: The long-time-average spectrum as a tool in voice research. Journal of Phonetics
    14, 1986.

    Examples
    --------
    >>> import numpy as np
    >>> tone = np.sin(2 * np.pi * 1000 / 22_050 * np.arange(22_050))
    >>> ltas = LongTermSpectrum().set_output(transform="pandas").fit_transform(tone[None])
    >>> ltas.filter(like="_level").idxmax(axis="columns")[0]
    'ltas__1000_hz_level'
    """

    name = "ltas"
    needs = ("mel",)
    meanings = (
        Meaning("*_level", "dB", "mean energy of a third octave over that of all"),
        Meaning("*_range", "dB", "90th less 10th percentile of a third octave's level"),
        Meaning("*_loud_minus_soft", "dB", "level of a third octave in loud less in soft frames"),
    )
    source = "Löfqvist 1986, over mel bands"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        return [f"{self.name}__{hz}_hz_{part}" for part in PARTS for hz in NOMINAL]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns, shape (n_clips, 66)."""
        xp = clip.xp
        thirds = xp.matmul(clip.once(energy), clip.ops.const(_third_octaves()))
        whole = xp.mean(clip.once(total), axis=1, keepdims=True) + FADE
        level = xp.log(xp.mean(thirds, axis=1) / whole[:, 0, :] + LEVEL_FLOOR) * DB
        # The floor in dB, too: the logarithm of one and the same number may differ by rounding.
        frames = xp.log(xp.maximum(thirds / whole, clip.ops.scalar(FRAME_FLOOR / 2))) * DB
        frames = xp.maximum(frames, clip.ops.scalar(DB * np.log(FRAME_FLOOR)))
        low, high = clip.ops.quantiles(clip.ops.rows(frames), (0.1, 0.9))
        loud = _loud(clip)
        difference = weighted_mean(clip, frames, loud) - weighted_mean(clip, frames, 1.0 - loud)
        return xp.concat([level, high - low, difference], axis=-1)


def _loud(clip: ClipSeries) -> Array:
    """Return 1 in frames above the clip's median energy, 0 below, 0.5 where they are all alike."""
    level = clip.xp.log(clip.once(total) + FADE) * DB
    median = clip.ops.quantiles(clip.ops.rows(level), (0.5,))[0]
    return clip.xp.clip((level - clip.xp.expand_dims(median, axis=1)) / RAMP_DB + 0.5, 0.0, 1.0)


@functools.cache
def _third_octaves() -> npt.NDArray[np.float32]:
    """Return which part of each mel band's energy lies in each third octave.

    A mel band is taken to reach to the middle between its centre and its neighbours'.
    """
    edges = 1000.0 * 2.0 ** ((np.arange(-10, 12) - 0.5) / 3)
    edges = np.concatenate([[edges[0] / 2], edges])
    centres = band_centres()
    inner = (centres[1:] + centres[:-1]) / 2
    ends = np.concatenate([band_edges()[0][:1], inner, band_edges()[2][-1:]])
    overlap: Any = np.minimum(ends[1:, None], edges[1:]) - np.maximum(ends[:-1, None], edges[:-1])
    return np.asarray(np.maximum(overlap, 0.0) / np.diff(ends)[:, None], np.float32)
