"""How a voice sounds: tense or soft, bright or dark."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import numpy.typing as npt

from ...audio import SAMPLE_RATE
from ..clip_series import ClipSeries
from ..derived import N_BANDS, active, bands
from ..family import FeatureFamily, Meaning
from ..ops import BIN_HZ, N_BINS, N_FFT, Array, Bank
from ..spectra import DB, Frames, series
from ..statistics import summarize, weighted_mean
from ..tables import N_MELS, hz_to_mel, mel_to_hz
from ._speech import loudest
from .pitch import pitch

__all__ = ["VoiceQuality"]

# Bands whose energies all ratios are put together from, Hz.
EDGES = (0, 50, 250, 500, 1000, 1500, 2000, 3000, 4000, 5000, 5500, 8000, SAMPLE_RATE / 2)
NAMED = (0, 250, 500, 1000, 1500, 2000, 3000, 4000, 5500, 8000, SAMPLE_RATE / 2)
PEAKS = ((0, 2000), (2000, 5000), (800, 1600), (2000, 3500))  # Hz; two of Hammarberg, A2, A3
LOW_SLOPES = ((0, 500), (500, 1500))  # Hz; fitted to bins
HIGH_SLOPES = ((1500, 5000), (5000, 10_000))  # Hz; fitted to mel bands
N_HARMONICS = 3
WIDTH = (len(EDGES) - 1) + 1 + len(PEAKS) + N_HARMONICS + len(LOW_SLOPES)
LOWEST_HZ = 40.0  # where the logarithm of frequency ends
FULL_SCALE = 0.375 * (N_FFT / 2) ** 2  # power of a sine of amplitude 1 in a Hann window
FLOOR, SILENCE = 1e-8, 1e-8  # share of a frame's power, power: what is weaker counts as this
LOUD_SHARE = 0.4

ROWS = (
    "alpha_ratio",
    "hammarberg",
    *(f"slope_{low}-{high}_hz" for low, high in LOW_SLOPES + HIGH_SLOPES),
    "h1_h2",
    "h1_h3",
    "h1_a2",
    "h1_a3",
    "centroid",
    "flux",
    "level",
    *(f"band_{low:.0f}-{high:.0f}_hz" for low, high in itertools.pairwise(NAMED)),
)
STATISTICS = ("mean", "std", "p10", "p90")


@series(width=WIDTH)
def voice_quality(frames: Frames) -> Array:
    """Power of bands, peaks and harmonics, and slopes: the makings of voice quality.

    The power in 12 bands and its first moment over the logarithm of frequency, the strongest bin of
    four bands, the strongest of three bins about harmonics 1 to 3 of `pitch`, and the slopes of
    the levels of the bins in two bands, dB a kHz, floored 80 dB below the frame's largest bin.
    """
    ops, xp = frames.ops, frames.xp
    energies = ops.project(frames.power, _band_bank())
    peaks = [
        xp.max(frames.power[..., _bin(low) : _bin(high)], axis=-1, keepdims=True)
        for low, high in PEAKS
    ]
    number = np.repeat(np.arange(1, N_HARMONICS + 1), 3).astype(np.float32)
    around = np.tile([-1, 0, 1], N_HARMONICS)
    bins = frames.once(pitch)[..., :1] * ops.const(number / np.float32(BIN_HZ)) + 0.5
    bins = xp.astype(bins, xp.int64) + ops.const(around)
    near = ops.keep_shape(xp.take_along_axis(frames.power, bins, axis=-1), (0, 0, N_HARMONICS, 3))
    table = _bin_slopes()
    levels = xp.log(xp.maximum(frames.power[..., : len(table)], frames.low)) * DB
    slopes = xp.matmul(levels, ops.const(table))
    return xp.concat([energies, *peaks, xp.max(near, axis=-1), slopes], axis=-1)


class VoiceQuality(FeatureFamily):
    """Balance, tilt and harmonics of a speaker's spectrum: the quality of the voice.

    ===================  ==========  ==============================================================
    series               unit        what it is
    ===================  ==========  ==============================================================
    alpha_ratio          dB          energy from 1 to 5 kHz over that from 50 Hz to 1 kHz
    hammarberg           dB          strongest bin below 2 kHz over that from 2 to 5 kHz
    slope_0-500_hz, ...  dB / kHz    of the line fitted to the level between two frequencies
    h1_h2, h1_h3         dB          first harmonic over the second, over the third
    h1_a2, h1_a3         dB          first harmonic over the strongest bin from 0.8 to 1.6 kHz (near
                                     the second formant), from 2 to 3.5 kHz (near the third)
    centroid             octaves     mean of the logarithm of frequency, above 1 kHz
    flux                 dB          mean change of 40 mel bands since the frame before
    level                dB          power; 0 for a sine of full scale
    band_0-250_hz, ...   dB          power in a band over that of the frame
    ===================  ==========  ==============================================================

    Statistics: mean, std, p10 and p90 over the active frames (within 35 dB of the loudest), and
    ``loud``, the mean over the loudest 40 % of them. Every level is floored 80 dB below the frame's
    power. A pressed, angry voice has a high alpha ratio and a small Hammarberg index and H1-H2, a
    soft one the opposite. Only ``level`` depends on the recording level.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``voice_quality__alpha_ratio__mean``.

    References
    ----------
    F. Eyben et al.: The Geneva minimalistic acoustic parameter set (GeMAPS) for voice research and
    affective computing. IEEE Transactions on Affective Computing 7, 2016.
    B. Hammarberg et al.: Perceptual and acoustic correlates of abnormal voice qualities. Acta
    Oto-Laryngologica 90, 1980.

    Examples
    --------
    A soft hum has a stronger first harmonic than a pressed one, and less above 1 kHz:

    >>> import numpy as np
    >>> time = np.arange(22_050) / 22_050
    >>> soft, pressed = (
    ...     sum(np.sin(2 * np.pi * 150 * k * time) / k**tilt for k in range(1, 40))
    ...     for tilt in (2, 1)
    ... )
    >>> voice = VoiceQuality().set_output(transform="pandas")
    >>> table = voice.fit_transform(np.stack([soft, pressed]) / 3).round()
    >>> table["voice_quality__h1_h2__mean"].tolist()
    [12.0, 6.0]
    >>> bool(np.diff(table["voice_quality__alpha_ratio__mean"])[0] > 10)
    True
    """

    name = "voice_quality"
    needs = ("voice_quality", "mel", "rms")
    meanings = (
        Meaning("alpha_ratio", "dB", "energy above 1 kHz over that below: tense or soft"),
        Meaning("hammarberg", "dB", "peak below 2 kHz over that above: soft or tense"),
        Meaning("slope_*", "dB a kHz", "tilt of the spectrum between two frequencies"),
        Meaning("h1_h[23]", "dB", "first harmonic over a higher one: breathy or pressed"),
        Meaning("h1_a[23]", "dB", "first harmonic over a formant: breathy or pressed"),
        Meaning("centroid", "octaves", "centre of the spectrum above 1 kHz: bright or dark"),
        Meaning("flux", "dB", "change of the spectrum since the frame before"),
        Meaning("level", "dB", "power; 0 for a sine of full scale"),
        Meaning("band_*", "dB", "power in a band over that of the frame"),
    )
    source = "Eyben et al. 2016 (eGeMAPS), Hammarberg et al. 1980"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        return [f"{self.name}__{row}__{name}" for name in (*STATISTICS, "loud") for row in ROWS]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, 115)."""
        rows, on = _rows(clip), clip.once(active)
        loud = on * loudest(clip, LOUD_SHARE, among=on)
        found = [summarize(clip, rows, STATISTICS, on), weighted_mean(clip, rows, loud)]
        return clip.xp.concat(found, axis=-1)


def _rows(clip: ClipSeries) -> Array:
    """Return the measures of each frame."""
    ops, xp, values = clip.ops, clip.xp, clip.voice_quality
    n_bands = len(EDGES) - 1
    power, moment = values[..., :n_bands], values[..., n_bands : n_bands + 1]
    peaks_and_harmonics, low_slopes = values[..., n_bands + 1 : -2], values[..., -2:]
    total = xp.sum(power, axis=-1, keepdims=True)
    floor = total * FLOOR + SILENCE

    sums = xp.concat([xp.matmul(power, ops.const(_sums())), peaks_and_harmonics], axis=-1)
    ratios = xp.matmul(xp.log(sums + floor) * DB, ops.const(_ratios()))
    balance, harmonics, in_bands = ratios[..., :2], ratios[..., 2:6], ratios[..., 6:]
    levels = clip.once(bands)
    flux = xp.mean(xp.abs(levels - ops.shift(levels, 1)), axis=-1, keepdims=True)
    return xp.concat(
        [
            balance,
            low_slopes,
            xp.matmul(levels, ops.const(_band_slopes())),
            harmonics,
            moment / (total + SILENCE),
            flux,
            xp.log((total + SILENCE) * float(1 / FULL_SCALE)) * DB,
            in_bands,
        ],
        axis=-1,
    )


def _bin(hz: float) -> int:
    """Return the first bin at or above a frequency."""
    return int(np.ceil(hz / BIN_HZ))


@functools.cache
def _band_bank() -> Bank:
    """Return sums over the bins of each band, and over all times log2 of the frequency in kHz."""
    table = np.zeros((N_BINS, len(EDGES)))
    for band, (low, high) in enumerate(itertools.pairwise(EDGES)):
        table[_bin(low) : _bin(high), band] = 1.0
    table[-1, -2] = 1.0
    table[:, -1] = np.log2(np.maximum(np.arange(N_BINS) * BIN_HZ, LOWEST_HZ) / 1000)
    return Bank(table)


@functools.cache
def _sums() -> npt.NDArray[np.float32]:
    """Return which bands make each named one, 1 to 5 kHz, 50 Hz to 1 kHz, and the whole."""
    wanted = [*itertools.pairwise(NAMED), (1000, 5000), (50, 1000), (0, SAMPLE_RATE / 2)]
    low, high = np.array(EDGES[:-1])[:, None], np.array(EDGES[1:])[:, None]
    first, last = np.array(wanted).T
    return np.asarray((low >= first) & (high <= last), np.float32)


@functools.cache
def _ratios() -> npt.NDArray[np.float32]:
    """Return the differences of levels: of bands as in `_sums`, of peaks, of harmonics."""
    named = [str(band) for band in range(len(NAMED) - 1)]
    names = [*named, "1-5k", "50-1k", "all", "0-2k", "2-5k", "a2", "a3", "h1", "h2", "h3"]
    pairs = [("1-5k", "50-1k"), ("0-2k", "2-5k"), ("h1", "h2"), ("h1", "h3")]
    pairs += [("h1", "a2"), ("h1", "a3"), *((band, "all") for band in named)]
    table = np.zeros((len(names), len(pairs)), np.float32)
    for column, (above, below) in enumerate(pairs):
        table[names.index(above), column], table[names.index(below), column] = 1.0, -1.0
    return table


@functools.cache
def _bin_slopes() -> npt.NDArray[np.float32]:
    """Return the weights of bins in the slopes of their levels, a kHz."""
    hz = np.arange(_bin(LOW_SLOPES[-1][1])) * BIN_HZ
    return _slope_table(hz, np.ones_like(hz), LOW_SLOPES)


@functools.cache
def _band_slopes() -> npt.NDArray[np.float32]:
    """Return the weights of the 40 mel bands in the slopes of their levels, a kHz."""
    top = hz_to_mel(np.array(SAMPLE_RATE / 2))
    centre = ((np.arange(N_BANDS) + 0.5) * (N_MELS / N_BANDS) + 0.5) / (N_MELS + 1)
    hz = mel_to_hz(centre * top)
    return _slope_table(hz, np.gradient(hz), HIGH_SLOPES)


def _slope_table(
    hz: npt.NDArray[np.floating],
    weight: npt.NDArray[np.floating],
    ranges: tuple[tuple[int, int], ...],
) -> npt.NDArray[np.float32]:
    """Return what levels at frequencies are multiplied with for slopes over ranges, a kHz."""
    table = np.zeros((len(hz), len(ranges)))
    for column, (low, high) in enumerate(ranges):
        inside = weight * ((hz >= low) & (hz < high))
        off = (hz - np.average(hz, weights=inside)) / 1000
        table[:, column] = inside * off / np.sum(inside * off * off)
    return table.astype(np.float32)
