"""The balance of the spectrum in a few words a musician uses."""

from __future__ import annotations

from ..clip_series import ClipSeries
from ..family import Meaning, StatisticsFamily
from ..ops import Array
from ..spectra import DB
from ..tables import N_MELS
from .mel_shape import FADE, energy, flux, shares_above, slope, total

__all__ = ["SpectralBalance"]

BRIGHT, BASS, TREBLE = 1500.0, 250.0, 4000.0  # Hz


class SpectralBalance(StatisticsFamily):
    """How bright, how dark, how peaked the sound is: a few values to read.

    ==========  =========  ========================================================================
    series      unit       what it is
    ==========  =========  ========================================================================
    brightness  0 to 1     part of the energy above 1500 Hz
    bass        0 to 1     part of the energy below 250 Hz
    mid         0 to 1     part of the energy from 250 to 4000 Hz
    treble      0 to 1     part of the energy above 4000 Hz
    slope       dB / oct   tilt: of the line fitted to the levels of 40 mel bands
    crest       dB         largest over mean energy of 128 mel bands: 0 if all alike, 21 for a tone
    flux        0 to 1.4   distance of the spectrum's shape from that 93 ms before
    ==========  =========  ========================================================================

    Shares and crest are 0 in silence. Of each the mean and the standard deviation over every fourth
    frame (93 ms).

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``balance__brightness__mean``.

    References
    ----------
    P. Juslin: Cue utilization in communication of emotion in music performance. Journal of
    Experimental Psychology: Human Perception and Performance 26, 2000 (brightness above 1500 Hz).

    Examples
    --------
    >>> import numpy as np
    >>> time = np.arange(22_050) / 22_050
    >>> flute, bass = np.sin(2 * np.pi * 3000 * time), np.sin(2 * np.pi * 60 * time)
    >>> balance = SpectralBalance().set_output(transform="pandas")
    >>> table = balance.fit_transform(np.stack([flute, bass])).round(1)
    >>> table[["balance__brightness__mean", "balance__bass__mean"]].to_numpy().tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    name = "balance"
    needs = ("mel",)
    meanings = (
        Meaning("brightness", "0 to 1", "part of the energy above 1500 Hz"),
        Meaning("bass", "0 to 1", "part of the energy below 250 Hz"),
        Meaning("mid", "0 to 1", "part of the energy from 250 to 4000 Hz"),
        Meaning("treble", "0 to 1", "part of the energy above 4000 Hz"),
        Meaning("slope", "dB an octave", "tilt of the spectrum: 0 for white noise, -3 for pink"),
        Meaning("crest", "dB", "how far the strongest band stands above the mean"),
        Meaning("flux", "0 to 1.4", "change of the spectrum's shape in 93 ms"),
    )
    source = "Juslin 2000 (brightness); Peeters 2004"
    statistics = ("mean", "std")

    def series_names(self) -> list[str]:
        """Return the names of the descriptors."""
        return ["brightness", "bass", "mid", "treble", "slope", "crest", "flux"]

    def series(self, clip: ClipSeries) -> Array:
        """Return the descriptors."""
        above = shares_above(clip, (BRIGHT, BASS, TREBLE, 0.0))
        bright, no_bass, treble, whole = (above[..., i : i + 1] for i in range(4))
        series = [bright, whole - no_bass, no_bass - treble, treble]
        return clip.xp.concat([*series, clip.once(slope), _crest(clip), clip.once(flux)], axis=-1)


def _crest(clip: ClipSeries) -> Array:
    """Return the largest band's energy over the mean band's, dB."""
    xp = clip.xp
    largest = xp.max(clip.once(energy), axis=-1, keepdims=True) + FADE
    return xp.log(largest / (clip.once(total) * (1 / N_MELS) + FADE)) * DB
