"""The tempogram in three bands: what the bass, the middle and the cymbals repeat."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import numpy.typing as npt

from ..clip_series import ClipSeries
from ..derived import N_BANDS
from ..family import FeatureFamily, Meaning
from ..ops import FRAME_RATE, Array
from .band_onsets import band_rises, correlations
from .periodicity import BEAT, N_BINS, PERIOD, TEMPI, rate_power, tempogram

__all__ = ["BandTempogram"]

BANDS = {"low": (0, 5), "middle": (8, 24), "high": (28, 40)}  # among the 40 of `bands`
GROUP = 4  # steps of 1/24 octave in a column
GROUPS = TEMPI[BEAT][GROUP // 2 :: GROUP]  # a minute
RATE_EDGES = (0.5, 1, 1.5, 2, 3, 4, 6, 9, 14)  # Hz
WINDOW_FRAMES = 344
FAINT = 1e-2  # dB; of the deviation of rises, which is otherwise rounding


class BandTempogram(FeatureFamily):
    """How much the rises of the level repeat themselves at 18 tempi and 8 rates, in three bands.

    Rises are those of `BandOnsets`: of the bands below 420 Hz (``low``), from 670 to 2800 Hz
    (``middle``) and above 3900 Hz (``high``). Autocorrelations as in `Tempogram`, at 18 tempi from
    42 to 302 a minute, a sixth of an octave apart (the largest of four steps each).

    =======================  =========  ===========================================================
    column                   unit       what it is
    =======================  =========  ===========================================================
    <band>_<tempo>_bpm       -1 to 1    autocorrelation at a tempo, mean over windows of 8 s
    <band>_clarity           -1 to 1    the largest of them
    <band>_std               0 to 1     their standard deviation
    <band>_strongest         octaves    the tempo of the largest; 0 is 40, 1 is 80 a minute
    <band>_<rates>_hz        share      largest magnitude among modulation rates over the root of
                                        the energy, mean over the windows
    together_<band>_<band>   -1 to 1    correlation of the rises of two bands
    =======================  =========  ===========================================================

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``band_tempogram__low_clarity``.

    References
    ----------
    E. Scheirer: Tempo and beat analysis of acoustic musical signals. JASA 103, 1998 (band-wise
    periodicity).
    E. Pampalk, A. Rauber, D. Merkl: Content-based organization and visualization of music archives.
    ACM Multimedia 2002 (fluctuation rates).

    Examples
    --------
    A low drum twice a second under noise: the bass has a beat, the treble has none.

    >>> import numpy as np
    >>> time = np.arange(10 * 22_050) / 22_050
    >>> drum = np.sin(2 * np.pi * 100 * time) * np.exp(-20 * (time % 0.5))
    >>> clip = drum + 0.1 * np.random.default_rng(0).normal(size=len(time))
    >>> row = BandTempogram().set_output(transform="pandas").fit_transform(clip[None]).iloc[0]
    >>> bool(row["band_tempogram__low_clarity"] > 2 * row["band_tempogram__high_clarity"])
    True
    """

    name = "band_tempogram"
    needs = ("mel",)
    meanings = (
        Meaning("*_bpm", "-1 to 1", "how much a band's rises repeat themselves at a tempo"),
        Meaning("*_clarity", "-1 to 1", "the largest autocorrelation at a tempo in a band"),
        Meaning("*_std", "0 to 1", "deviation of a band's autocorrelations over the tempi"),
        Meaning("*_strongest", "octaves", "a band's strongest tempo above 40 a minute"),
        Meaning("*_hz", "share", "modulation of a band's rises at a rate"),
        Meaning("together_*", "-1 to 1", "correlation of the rises of two bands"),
    )
    source = "Scheirer 1998; Pampalk, Rauber, Merkl 2002; statistics of this project"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        tempi = [f"{tempo:.0f}_bpm" for tempo in GROUPS]
        rates = [f"{a:g}-{b:g}_hz" for a, b in itertools.pairwise(RATE_EDGES)]
        kinds = (*tempi, "clarity", "std", "strongest", *rates)
        names = [f"{band}_{kind}" for band in BANDS for kind in kinds]
        pairs = ("low_middle", "low_high", "middle_high")
        return [f"{self.name}__{name}" for name in (*names, *(f"together_{p}" for p in pairs))]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips."""
        xp, ops = clip.xp, clip.ops
        rises = xp.matmul(clip.once(band_rises), ops.const(_groups()))
        power = rate_power(clip, rises, about_mean=True)
        mean = xp.mean(tempogram(clip, power)[..., BEAT], axis=2)
        tempi = xp.max(ops.keep_shape(mean, (0, 0, len(GROUPS), GROUP)), axis=-1)
        step = xp.astype(xp.expand_dims(xp.argmax(tempi, axis=-1), axis=-1), xp.float32)
        values = [
            tempi,
            xp.max(tempi, axis=-1, keepdims=True),
            xp.expand_dims(xp.std(tempi, axis=-1), axis=-1),
            step * (GROUP / 24),
            _rates(clip, power),
        ]
        by_band = xp.concat(values, axis=-1)
        flat = ops.keep_shape(by_band, (0, len(BANDS) * (len(GROUPS) + 3 + len(RATE_EDGES) - 1)))
        return xp.concat([flat, correlations(clip, rises)], axis=-1)


def _rates(clip: ClipSeries, power: Array) -> Array:
    """Return the largest magnitude in each band of rates, over the root of the mean energy."""
    xp, ops = clip.xp, clip.ops
    places = _rate_places()
    chosen = ops.keep_shape(
        xp.take(power, ops.const(places.ravel()), axis=3), (0, 0, 0, *places.shape)
    )
    largest = xp.mean(xp.sqrt(xp.max(chosen, axis=-1)), axis=2)
    energy = xp.mean(xp.sum(power, axis=-1), axis=2) * (2 / PERIOD)  # of the windowed rises
    least = WINDOW_FRAMES * FAINT**2
    return largest / xp.expand_dims(xp.sqrt((energy + least) * WINDOW_FRAMES), axis=-1)


@functools.cache
def _groups() -> npt.NDArray[np.float32]:
    """Return the means over the bands of each of the three groups."""
    table = np.zeros((N_BANDS, len(BANDS)), np.float32)
    for group, (first, stop) in enumerate(BANDS.values()):
        table[first:stop, group] = 1 / (stop - first)
    return table


@functools.cache
def _rate_places() -> npt.NDArray[np.int64]:
    """Return the bins of each band of rates, the last one repeated to the widest band's number."""
    hz = np.arange(N_BINS) * FRAME_RATE / PERIOD
    inside = [
        np.flatnonzero((hz >= low) & (hz < high)) for low, high in itertools.pairwise(RATE_EDGES)
    ]
    widest = max(map(len, inside))
    return np.array([np.pad(places, (0, widest - len(places)), mode="edge") for places in inside])
