"""The shape of the mel spectrum in detail: moments, shares, roll-offs, peaks over means."""

from __future__ import annotations

import itertools

import numpy as np

from ..clip_series import ClipSeries
from ..family import Meaning, StatisticsFamily
from ..ops import Array
from ..spectra import DB, TINY
from ..tables import N_MELS
from .mel_shape import (
    FADE,
    FLOOR,
    STEP,
    amplitude_shares,
    band_centres,
    energy,
    flux,
    levels,
    octaves,
    shares_above,
    slope,
    total,
)

__all__ = ["SpectralMoments"]

REFERENCE = 1000.0  # Hz; octaves are counted from here
SHARES = (500, 1000, 1500, 3000, 6000)  # Hz
ROLLOFFS = (50, 85, 95)  # per cent
OCTAVE_BANDS = (0, 250, 500, 1000, 2000, 4000, 11025)  # Hz
DENSITY_FLOOR = 1e-10  # below which a mel band counts as silent
BLOCK = 8  # bands that are summed up at once
NARROW = 0.1  # octaves added to the spread, so that skewness and kurtosis of a tone stay bounded


class SpectralMoments(StatisticsFamily):
    """Shape of the spectrum over 128 mel bands: moments, shares, roll-offs, flatness, crest, flux.

    ========================  ========  ===========================================================
    series                    unit      what it is
    ========================  ========  ===========================================================
    entropy                   0 to 1    entropy of the band amplitudes over that of a flat spectrum
    centroid                  octaves   mean frequency, re 1 kHz, weighted by amplitude
    spread                    octaves   standard deviation about the centroid
    skewness, kurtosis                  third and fourth moment about it over (spread + 0.1)^3, ^4
    above_500_hz, ...         0 to 1    part of the energy above 500, 1000, 1500, 3000, 6000 Hz
    rolloff_50, 85, 95        octaves   frequency re 1 kHz below which so much of the energy lies
    slope                     dB / oct  of the line fitted to the levels of 40 bands
    flatness_0-250_hz, ...    dB        geometric over arithmetic mean of the bands in an octave
    crest_0-250_hz, ...       dB        largest over mean band in an octave
    irregularity              dB        mean distance of a band from the mean of it and its
                                        neighbours, over 40 bands
    flux                      0 to 1.4  distance of the amplitude shares from those 93 ms before
    mean_frequency            octaves   mean frequency weighted by energy: high-frequency content
    ========================  ========  ===========================================================

    Bands are floored 80 dB below the frame's largest, so that the empty bands of a tone count the
    same at every level; for slope and irregularity 80 dB below the clip's largest. In silence,
    shares are 0 and octaves lie at the bottom. Of each the mean, the standard deviation, and the
    10th and 90th percentile over every fourth frame (93 ms).

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``spectral_moments__above_1500_hz__mean``.

    References
    ----------
    G. Peeters: A large set of audio features for sound description. IRCAM, 2004.
    J. Krimphoff, S. McAdams, S. Winsberg: Caracterisation du timbre des sons complexes. Journal de
    Physique 4, 1994 (irregularity).

    Examples
    --------
    >>> import numpy as np
    >>> tone = np.sin(2 * np.pi * 4000 / 22_050 * np.arange(22_050))
    >>> moments = SpectralMoments().set_output(transform="pandas").fit_transform(tone[None])
    >>> float(moments["spectral_moments__mean_frequency__p10"].iloc[0].round(1))  # above 1 kHz
    2.0
    """

    name = "spectral_moments"
    needs = ("mel",)
    meanings = (
        Meaning("entropy", "0 to 1", "how evenly the amplitude lies over the bands: 1 for noise"),
        Meaning("centroid", "octaves re 1 kHz", "mean frequency, weighted by amplitude"),
        Meaning("spread", "octaves", "spread of the frequency about its mean"),
        Meaning("skewness", "", "whether the long tail of the spectrum points up (positive)"),
        Meaning("kurtosis", "", "how pointed the spectrum is: 3 for a bell"),
        Meaning("above_*", "0 to 1", "part of the energy above a frequency: brightness"),
        Meaning("rolloff_*", "octaves re 1 kHz", "frequency below which so many % of energy lie"),
        Meaning("slope", "dB an octave", "tilt of the spectrum: 0 for white noise, -3 for pink"),
        Meaning("flatness_*", "dB", "geometric over arithmetic mean in an octave: 0 for noise"),
        Meaning("crest_*", "dB", "largest over mean band in an octave: peaks"),
        Meaning("irregularity", "dB", "how much a band differs from its neighbours"),
        Meaning("flux", "0 to 1.4", "change of the spectrum's shape in 93 ms"),
        Meaning("mean_frequency", "octaves re 1 kHz", "mean frequency, weighted by energy"),
    )
    source = "Peeters 2004; Krimphoff et al. 1994 (irregularity), over mel bands"
    statistics = ("mean", "std", "p10", "p90")

    def series_names(self) -> list[str]:
        """Return the names of the descriptors."""
        spans = [f"{low}-{high}_hz" for low, high in itertools.pairwise(OCTAVE_BANDS)]
        return [
            *("entropy", "centroid", "spread", "skewness", "kurtosis"),
            *(f"above_{hz}_hz" for hz in SHARES),
            *(f"rolloff_{percent}" for percent in ROLLOFFS),
            "slope",
            *(f"flatness_{span}" for span in spans),
            *(f"crest_{span}" for span in spans),
            *("irregularity", "flux", "mean_frequency"),
        ]

    def series(self, clip: ClipSeries) -> Array:
        """Return the descriptors."""
        series = [
            _entropy(clip),
            _moments(clip),
            shares_above(clip, SHARES),
            _rolloffs(clip),
            clip.once(slope),
            _flatness_and_crest(clip),
            _irregularity(clip),
            clip.once(flux),
            _mean_frequency(clip),
        ]
        return clip.xp.concat(series, axis=-1)


def _entropy(clip: ClipSeries) -> Array:
    """Return the entropy of the amplitude shares, 1 where they are all alike."""
    shares = clip.once(amplitude_shares)
    sums = clip.xp.sum(shares * clip.xp.log(shares), axis=-1, keepdims=True)
    return sums * float(-1 / np.log(N_MELS))


def _moments(clip: ClipSeries) -> Array:
    """Return centroid, spread, skewness and kurtosis over octaves.

    From raw moments about 1 kHz in float64: about the centroid they would be an array each.
    """
    xp = clip.xp
    above = np.log2(band_centres() / REFERENCE)
    powers = clip.ops.const(np.stack([above**k for k in (1, 2, 3, 4)], axis=1))
    raw = xp.matmul(xp.astype(clip.once(amplitude_shares), xp.float64), powers)
    m1, m2, m3, m4 = (raw[..., k : k + 1] for k in range(4))
    variance = xp.maximum(m2 - m1 * m1, clip.ops.const(np.float64(0.0)))
    third = m3 - m1 * m2 * 3.0 + m1 * m1 * m1 * 2.0
    fourth = m4 - m1 * m3 * 4.0 + m1 * m1 * m2 * 6.0 - m1 * m1 * m1 * m1 * 3.0
    spread = xp.sqrt(variance)
    wide = spread + NARROW
    cube = wide * wide * wide
    found = xp.concat([m1, spread, third / cube, fourth / (cube * wide)], axis=-1)
    return xp.astype(found, xp.float32)


def _rolloffs(clip: ClipSeries) -> Array:
    """Return the frequencies below which shares of the energy lie, in octaves.

    The fraction of the band in which a share is reached makes them continuous.
    """
    xp, ops = clip.xp, clip.ops
    found = clip.once(energy)
    passed = _cumulative(clip, found)
    wanted = clip.once(total) * ops.const(np.array([[ROLLOFFS]], np.float32) / 100)
    ones = ops.const(np.ones((N_MELS, 1), np.float32))
    below = [
        xp.matmul(xp.astype(passed < wanted[..., i : i + 1], xp.float32), ones)
        for i in range(len(ROLLOFFS))
    ]
    place = xp.clip(xp.concat(below, axis=-1), 0.0, float(N_MELS - 1))
    index = xp.astype(place, xp.int64)
    inside = xp.take_along_axis(found, index, axis=-1)
    before = xp.take_along_axis(passed, index, axis=-1) - inside
    fraction = xp.clip((wanted - before) / (inside + TINY), 0.0, 1.0)
    return octaves(clip, place + fraction - 0.5)


def _cumulative(clip: ClipSeries, x: Array) -> Array:
    """Return cumulative sums over the bands: inside blocks by a product, then over the blocks."""
    n_blocks = N_MELS // BLOCK
    blocks = clip.ops.keep_shape(x, (0, 0, n_blocks, BLOCK))
    table = np.triu(np.ones((BLOCK, BLOCK), np.float32))
    inside = clip.xp.matmul(blocks, clip.ops.const(table))
    ends = inside[..., BLOCK - 1 :]
    before = clip.xp.cumulative_sum(ends, axis=2) - ends
    return clip.ops.keep_shape(inside + before, (0, 0, N_MELS))


def _flatness_and_crest(clip: ClipSeries) -> Array:
    """Return geometric over arithmetic mean, and largest over arithmetic mean, in each octave."""
    xp = clip.xp
    density = clip.mel[:, ::STEP, :]
    density = xp.maximum(density, xp.max(density, axis=-1, keepdims=True) * FLOOR + DENSITY_FLOOR)
    inside = [_bands_between(low, high) for low, high in itertools.pairwise(OCTAVE_BANDS)]
    weights = np.zeros((N_MELS, len(inside)), np.float32)
    for column, band in enumerate(inside):
        weights[band, column] = 1 / (band.stop - band.start)
    mean_of = clip.ops.const(weights)
    log_mean = xp.log(xp.matmul(density, mean_of))
    rows = clip.ops.rows(density)
    largest = xp.concat([xp.max(rows[:, b, :], axis=1, keepdims=True) for b in inside], axis=1)
    largest = xp.permute_dims(largest, (0, 2, 1))
    flatness = xp.matmul(xp.log(density), mean_of) - log_mean
    return xp.concat([flatness, xp.log(largest) - log_mean], axis=-1) * DB


def _irregularity(clip: ClipSeries) -> Array:
    """Return the mean distance of the levels of 40 bands from those about them."""
    level = clip.once(levels)
    low, mid, high = level[..., :-2], level[..., 1:-1], level[..., 2:]
    off = clip.xp.abs(mid - (low + mid + high) * (1 / 3))
    return clip.xp.mean(off, axis=-1, keepdims=True)


def _mean_frequency(clip: ClipSeries) -> Array:
    """Return the mean frequency weighted by energy, in octaves."""
    hz = clip.ops.const(np.asarray(band_centres()[:, None], np.float32))
    mean = clip.xp.matmul(clip.once(energy), hz) / (clip.once(total) + FADE)
    lowest = clip.ops.scalar(float(band_centres()[0]))
    return clip.xp.log(clip.xp.maximum(mean, lowest) * (1 / REFERENCE)) * float(1 / np.log(2))


def _bands_between(low: float, high: float) -> slice:
    """Return the mel bands whose centres lie from one frequency up to another."""
    first, stop = np.searchsorted(band_centres(), [low, high])
    return slice(int(first), int(stop))
