"""The shape of the spectrum: where its energy lies and how it is spread."""

from __future__ import annotations

from collections.abc import Sequence

from ..clip_series import ClipSeries
from ..family import Meaning, StatisticsFamily
from ..ops import Array
from ..statistics import STATISTICS

__all__ = ["SpectralStatistics"]


class SpectralStatistics(StatisticsFamily):
    """Shape of the spectrum, its contrast, zero crossings and level.

    =============  ========  ======================================================================
    series         unit      what it is
    =============  ========  ======================================================================
    centroid       Hz        mean frequency, weighted by magnitude
    bandwidth      Hz        standard deviation of the frequency, weighted by magnitude
    rolloff        Hz        frequency below which 85 % of the magnitude lies (a fraction of a bin)
    flatness       0 to 1    geometric over arithmetic mean of the power: 0 for a tone, 0.56 for
                             white noise, 1 in silence
    contrast_0-6   dB        strongest over weakest 2 % of the bins, in octaves from 0-200 Hz up
    zcr            0 to 1    share of samples at which the sign changes, within 1e-10 of 0 positive
    rms            0 to 1    root mean square of the samples
    =============  ========  ======================================================================

    Centroid, bandwidth and rms are librosa's values; the roll-off lies within one bin (10.8 Hz) of
    librosa's; zero crossings differ where the padding is (zeros here, repeated samples there).
    Flatness and contrast floor each frame's power 80 dB below its largest bin, and the top band of
    contrast (6400 Hz up) ends at 10 kHz; so they differ from librosa's where bins are empty.
    As librosa does, contrast takes 10 log10 of magnitudes: half as many dB as of power.

    Parameters
    ----------
    statistics : sequence of str, default=("mean", "std", "min", "max", "median")
        Statistics over the frames.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``spectral__centroid__mean``.

    References
    ----------
    D.-N. Jiang et al.: Music type classification by spectral contrast feature. ICME 2002.

    Examples
    --------
    >>> import numpy as np
    >>> tone = np.sin(2 * np.pi * 1000 / 22_050 * np.arange(22_050))
    >>> spectral = SpectralStatistics(statistics=("median",)).set_output(transform="pandas")
    >>> round(spectral.fit_transform(tone[None])["spectral__centroid__median"][0])
    1000
    """

    name = "spectral"
    needs = ("shape", "flatness", "contrast", "zero_crossings", "rms")
    meanings = (
        Meaning("centroid", "Hz", "mean frequency, weighted by magnitude"),
        Meaning("bandwidth", "Hz", "spread of the frequency, weighted by magnitude"),
        Meaning("rolloff", "Hz", "frequency below which 85 % of the magnitude lies"),
        Meaning("flatness", "0 to 1", "evenness of the power: .56 for white noise, 1 in silence"),
        Meaning("contrast_*", "dB", "peaks over valleys in an octave band"),
        Meaning("zcr", "0 to 1", "share of samples at which the sign changes"),
        Meaning("rms", "0 to 1", "level"),
    )
    source = "Jiang et al. 2002 (contrast); values of librosa.feature"

    def __init__(self, *, statistics: Sequence[str] = STATISTICS) -> None:
        self.statistics = statistics

    def series_names(self) -> list[str]:
        """Return the names of the descriptors."""
        contrast = [f"contrast_{band}" for band in range(7)]
        return ["centroid", "bandwidth", "rolloff", "flatness", *contrast, "zcr", "rms"]

    def series(self, clip: ClipSeries) -> Array:
        """Return the descriptors."""
        series = [clip.shape, clip.flatness, clip.contrast, clip.zero_crossings, clip.rms]
        return clip.xp.concat(series, axis=-1)
