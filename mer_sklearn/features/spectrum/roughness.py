"""How rough a sound is: partials so near each other that they beat."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ...errors import InputError, unknown_name
from ..clip_series import ClipSeries
from ..family import Meaning, StatisticsFamily
from ..ops import BIN_HZ, Array
from ..spectra import DB, TINY, Frames, series

__all__ = ["Roughness", "partials"]

N_PEAKS = 12  # partials of a frame; more add cost and little roughness
STEP = 4  # every fourth frame: 93 ms
LOBE = 3  # bins from a peak to beyond the main lobe of the window
TOP_BIN = LOBE + 2 * int(2500 / BIN_HZ)  # partials above 5 kHz do not count
PEAK_SHARE = 1e-3  # of the largest peak's power, -30 dB, at which a peak counts
ABSENT = 1e-8  # of the largest peak's power, below which there is no partial
LAYER_DB, LAYER_RAMP_DB = 20.0, 10.0  # below the largest peak at which a partial counts as heard
ROWS = (
    *("vassilakis", "sethares", "peak_share"),
    *("centroid", "spread", "peaks", "layers"),
)


class Roughness(StatisticsFamily):
    """Roughness of the strongest partials, their number, place and share.

    ===========  =======  ==========================================================================
    series       unit     what it is
    ===========  =======  ==========================================================================
    vassilakis   0 to 6   roughness of all pairs of partials, amplitudes re the largest
    sethares     0 to 1   dissonance of all pairs of partials over their energy: 0.09 at most for
                          two pure tones
    peak_share   0 to 1   energy at the partials' bins over that of all bins below 5 kHz
    centroid     octaves  mean frequency of the partials above 1 kHz, weighted by amplitude
    spread       octaves  standard deviation of their frequency
    peaks                 peaks of the spectrum within 30 dB of the largest
    layers                of the 12 partials, those within 20 dB of the largest: how full it sounds
    ===========  =======  ==========================================================================

    A partial is a local maximum of the power below 5 kHz, less twice the power three bins to the
    softer side (so that a flat spectrum has none), its frequency interpolated. Two partials of
    amplitudes a >= b (re the frame's largest) and frequencies f < g add
    ``(a b)^0.1 / 2 * (2 b / (a + b))^3.11 * z`` to Vassilakis's roughness and ``a b z`` to
    Sethares's, with ``z = exp(-3.5 d) - exp(-5.75 d)``, ``d = 0.24 (g - f) / (0.0207 f + 18.96)``.

    Partials nearer than about 30 Hz merge into one peak of the spectrum, so the roughness of low
    intervals is missed: that of semitones of tones below 500 Hz and of whole tones below 250 Hz,
    unless their higher harmonics beat. A cluster of pure tones at 110 Hz comes out smoother than a
    fifth.

    No value depends on the level; roughness is 0 in silence and for a pure tone. Of each the mean,
    the standard deviation, and the 10th and 90th percentile over every fourth frame (93 ms).

    Parameters
    ----------
    values : sequence of str, default=all of them
        The series to give, by name.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``roughness__vassilakis__mean``.

    References
    ----------
    R. Plomp, W. Levelt: Tonal consonance and critical bandwidth. JASA 38, 1965.
    W. Sethares: Local consonance and the relationship between timbre and scale. JASA 94, 1993.
    P. Vassilakis: Perceptual and physical properties of amplitude fluctuation and their musical
    significance. Dissertation, UCLA, 2001.

    Examples
    --------
    >>> import numpy as np
    >>> time = np.arange(22_050) / 22_050
    >>> tones = [np.sin(2 * np.pi * hz * time) for hz in (440, 470, 660)]
    >>> second, fifth = tones[0] + tones[1], tones[0] + tones[2]
    >>> table = Roughness().set_output(transform="pandas").fit_transform([second, fifth])
    >>> rough = table["roughness__sethares__mean"]
    >>> bool(rough[0] > 3 * rough[1])  # a second is rougher than a fifth
    True
    """

    name = "roughness"
    needs = ("partials",)
    meanings = (
        Meaning("vassilakis", "0 to 6", "how much partials beat, weak ones too, from 30 Hz apart"),
        Meaning("sethares", "0 to 1", "how much partials beat, from 30 Hz apart"),
        Meaning("peak_share", "0 to 1", "energy of the 12 strongest partials over all"),
        Meaning("centroid", "octaves re 1 kHz", "mean frequency of the partials"),
        Meaning("spread", "octaves", "spread of the partials' frequency"),
        Meaning("peaks", "", "number of spectral peaks within 30 dB of the largest"),
        Meaning("layers", "0 to 12", "number of partials within 20 dB of the largest"),
    )
    source = "Sethares 1993; Vassilakis 2001"
    statistics = ("mean", "std", "p10", "p90")

    def __init__(self, *, values: Sequence[str] = ROWS) -> None:
        self.values = values

    def check(self) -> None:
        """Refuse parameters that make no sense."""
        super().check()
        if isinstance(self.values, str) or not np.iterable(self.values) or not len(self.values):
            msg = f'values={self.values!r} must be a list of names, for example ("sethares",).'
            raise InputError(msg)
        for value in self.values:
            if value not in ROWS:
                raise unknown_name("value of roughness", value, ROWS)
        if len(set(self.values)) < len(self.values):
            raise InputError(f"values={tuple(self.values)!r} names one twice; name each once.")

    def series_names(self) -> list[str]:
        """Return the names of the values."""
        return list(self.values)

    def series(self, clip: ClipSeries) -> Array:
        """Return the values."""
        hz = clip.partials[..., :N_PEAKS]
        power = clip.partials[..., N_PEAKS : 2 * N_PEAKS]
        share = clip.partials[..., 2 * N_PEAKS : 2 * N_PEAKS + 1]
        count = clip.partials[..., 2 * N_PEAKS + 1 :]
        rows = [*_beats(clip, hz, power), share, *_place(clip, hz, power)]
        found = dict(zip(ROWS, [*rows, count, _layers(clip, power)], strict=True))
        return clip.xp.concat([found[value] for value in self.values], axis=-1)


def _beats(clip: ClipSeries, hz: Array, power: Array) -> list[Array]:
    """Return Vassilakis's roughness and Sethares's."""
    xp, ops = clip.xp, clip.ops
    difference, pair_sum = (ops.const(table) for table in _pair_tables())
    apart = xp.abs(xp.matmul(hz, difference))
    lower = (xp.matmul(hz, pair_sum) - apart) * 0.5
    distance = apart * 0.24 / (lower * 0.0207 + 18.96)
    beat = xp.exp(distance * -3.5) - xp.exp(distance * -5.75)

    # With l the logarithm of an amplitude, 2 b / (a + b) is 2 / (1 + exp|l_a - l_b|). Partials that
    # are not there lie so low that they add nothing, whatever place was found for them.
    level = xp.log(power + TINY) * 0.5 - xp.clip(1.0 - power * (1 / ABSENT), 0.0, 1.0) * 60.0
    both = xp.matmul(level, pair_sum)
    unlike = xp.log(xp.exp(xp.abs(xp.matmul(level, difference))) * 0.5 + 0.5)
    rough = xp.exp(both * 0.1 - unlike * 3.11) * beat * 0.5
    dissonant = xp.sum(xp.exp(both) * beat, axis=-1, keepdims=True)
    return [
        xp.sum(rough, axis=-1, keepdims=True),
        dissonant / (xp.sum(power, axis=-1, keepdims=True) + TINY),
    ]


def _place(clip: ClipSeries, hz: Array, power: Array) -> list[Array]:
    """Return mean and spread of the partials' frequency in octaves, weighted by amplitude."""
    xp = clip.xp
    amplitude = xp.sqrt(power)
    weight = amplitude / (xp.sum(amplitude, axis=-1, keepdims=True) + TINY)
    octaves = xp.log(hz * (1 / 1000)) * float(1 / np.log(2))
    centroid = xp.sum(octaves * weight, axis=-1, keepdims=True)
    off = octaves - centroid
    return [centroid, xp.sqrt(xp.sum(off * off * weight, axis=-1, keepdims=True))]


def _layers(clip: ClipSeries, power: Array) -> Array:
    """Return how many partials lie within 20 dB of the largest, those on the border in part."""
    db = clip.xp.log(power + TINY) * DB
    heard = clip.xp.clip((db + LAYER_DB) * (1 / LAYER_RAMP_DB) + 0.5, 0.0, 1.0)
    return clip.xp.sum(heard, axis=-1, keepdims=True)


@series(width=2 * N_PEAKS + 2, step=STEP)
def partials(frames: Frames) -> Array:
    """Find the 12 largest peaks below 5 kHz of every fourth frame.

    Rows: their frequencies in Hz; their power over the largest's, 0 for those that are not there;
    the part of the energy below 5 kHz at their bins; the number of peaks within 30 dB of the
    largest, those on the border in part.
    """
    xp = frames.xp
    wide = frames.power[:, ::STEP, : TOP_BIN + LOBE]
    low = xp.max(wide, axis=-1, keepdims=True) * 1e-8 + 1e-8  # as `Frames.low`, of these bins alone
    peaks = _peaks(frames, wide, low)
    power, index = _largest(frames, peaks)
    largest = xp.max(power, axis=-1, keepdims=True) + low
    energy = xp.sum(wide, axis=-1, keepdims=True) + low
    share = xp.sum(power, axis=-1, keepdims=True) / energy
    counted = xp.clip(peaks * ((2 / PEAK_SHARE) / largest) - 1.0, 0.0, 1.0)
    count = xp.sum(counted, axis=-1, keepdims=True)
    hz = _frequencies(frames, wide, low, index)
    return xp.concat([hz, power / largest, share, count], axis=-1)


def _peaks(frames: Frames, wide: Array, low: Array) -> Array:
    """Return how far the power of each peak, from bin 3 up, stands out; 0 elsewhere.

    A peak must stand 3 dB above a bin beyond its main lobe, not only above its neighbours: a flat
    spectrum has no peaks but those of rounding. One side is enough, as another partial may stand on
    the other. What lies below the frame's floor is none.
    """
    xp = frames.xp
    mid = wide[..., LOBE:-LOBE]
    stands = mid - (xp.minimum(wide[..., : -2 * LOBE], wide[..., 2 * LOBE :]) * 2.0 + low)
    above = (mid > wide[..., LOBE - 1 : -LOBE - 1]) & (mid >= wide[..., LOBE + 1 : 1 - LOBE])
    return xp.maximum(stands, frames.ops.scalar(0.0)) * xp.astype(above, xp.float32)


def _largest(frames: Frames, peaks: Array) -> tuple[Array, Array]:
    """Return the largest peaks and their places; of two neighbouring bins one at most is a peak."""
    xp = frames.xp
    pairs = xp.maximum(peaks[..., ::2], peaks[..., 1::2])
    power, pair = frames.ops.largest(pairs, N_PEAKS)
    is_second = xp.take_along_axis(peaks, pair * 2 + 1, axis=-1) > 0.0
    return power, pair * 2 + xp.astype(is_second, xp.int64)


def _frequencies(frames: Frames, wide: Array, low: Array, index: Array) -> Array:
    """Return the frequencies of peaks, Hz: the top of the parabola through three levels."""
    xp, ops = frames.xp, frames.ops
    left, mid, right = (
        xp.log(xp.take_along_axis(wide, index + (LOBE + k), axis=-1) + low) for k in (-1, 0, 1)
    )
    curve = xp.minimum(left - mid * 2.0 + right, ops.scalar(-1e-6))
    offset = xp.clip((left - right) * 0.5 / curve, -0.5, 0.5)
    return (xp.astype(index, xp.float32) + offset + float(LOBE)) * BIN_HZ


@functools.cache
def _pair_tables() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the tables that give the difference and the sum of each pair of partials.

    A product with a table costs less than gathering the pairs, in numpy and in a graph.
    """
    first, second = np.triu_indices(N_PEAKS, 1)
    one = np.eye(N_PEAKS, dtype=np.float32)
    return one[:, second] - one[:, first], one[:, second] + one[:, first]
