"""The modulation spectrum: how fast the bands come and go."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import numpy.typing as npt

from ..clip_series import ClipSeries
from ..derived import N_BANDS, bands
from ..family import FeatureFamily, Meaning
from ..ops import FRAME_RATE, Array

__all__ = ["ModulationSpectrum", "rate_tables"]

N_PAIRS = N_BANDS // 2
SIZE = round(6 * FRAME_RATE)  # frames of a window
EDGE = 2  # frames at either end that reach beyond the clip
EDGES = (0.25, 0.6, 1.2, 2, 3, 4.5, 7, 11, 20)  # Hz
RATES = [f"{low:g}-{high:g}_hz" for low, high in itertools.pairwise(EDGES)]
STILL = 1e-3  # dB of amplitude; what is modulated less counts as still


class ModulationSpectrum(FeatureFamily):
    """Modulation spectrum of 20 mel bands: how much each comes and goes at eight rates.

    The level in dB of 20 bands (pairs of the 40 of equal width in mel) is cut into Hann windows of
    6 s that overlap by half; the amplitudes of its Fourier transform are averaged over the bins of
    eight bands of modulation frequency with the edges 0.25, 0.6, 1.2, 2, 3, 4.5, 7, 11 and 20 Hz.
    Slow ones are phrases and bars, 2 to 4 Hz beats and syllables, 4 to 8 Hz tremolo and vibrato,
    the fast ones roughness of attack.

    ================  ========  ===================================================================
    column            unit      what it is
    ================  ========  ===================================================================
    band_4_2-3_hz     log dB    amplitude of band 4 (of 0 to 19) between 2 and 3 Hz, the mean over
                                windows
    all_2-3_hz        log dB    the same, of all bands together
    change_2-3_hz     log       deviation of the logarithm over windows, the mean over bands
    ================  ========  ===================================================================

    Logarithms are natural, of the value and 0.001 dB. A clip shorter than 6 s is held at its end
    until the window is full: what is steady stays so, but the slow rates then also say how long it
    is and how it ends, and all are weaker the shorter it is. The two frames at either end of a
    clip, which reach beyond it, are as the third.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``modulation__band_4_2-3_hz``.

    References
    ----------
    S. Greenberg, B. Kingsbury: The modulation spectrogram: in pursuit of an invariant
    representation of speech. ICASSP 1997.

    Examples
    --------
    >>> import numpy as np
    >>> time = np.arange(8 * 22_050) / 22_050
    >>> tremolo = np.sin(2 * np.pi * 440 * time) * (1 + 0.5 * np.sin(2 * np.pi * 5 * time))
    >>> modulation = ModulationSpectrum().set_output(transform="pandas")
    >>> modulation.fit_transform(tremolo[None]).filter(like="all").idxmax(axis="columns")[0]
    'modulation__all_4.5-7_hz'
    """

    name = "modulation"
    needs = ("mel",)
    meanings = (
        Meaning("band_*", "log dB", "how much a mel band comes and goes at this rate"),
        Meaning("all_*", "log dB", "how much all bands come and go at this rate"),
        Meaning("change_*", "log", "how unlike this rate's strength is in different windows"),
    )
    source = "Greenberg, Kingsbury 1997"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        rows = [*(f"band_{i}" for i in range(N_PAIRS)), "all", "change"]
        return [f"{self.name}__{row}_{rate}" for row in rows for rate in RATES]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, 176)."""
        xp = clip.xp
        amplitudes = _amplitudes(clip)
        per_band = xp.permute_dims(xp.mean(amplitudes, axis=1), (0, 2, 1))
        logs = xp.log(amplitudes + STILL)
        return xp.concat(
            [
                clip.ops.keep_shape(xp.log(per_band + STILL), (0, N_PAIRS * len(RATES))),
                xp.log(xp.mean(per_band, axis=1) + STILL),
                xp.mean(xp.std(logs, axis=1), axis=-1),
            ],
            axis=-1,
        )


def _amplitudes(clip: ClipSeries) -> Array:
    """Return the modulation of each window, (n_clips, n_windows, 8 rates, 20 bands)."""
    pairs = clip.xp.matmul(clip.once(bands), clip.ops.const(_pair_table()))
    groups = [_of_bands(clip, part) for part in clip.ops.row_groups(pairs)]
    return groups[0] if len(groups) == 1 else clip.xp.concat(groups, axis=-1)


def _of_bands(clip: ClipSeries, pairs: Array) -> Array:
    """Return the modulation of some bands, (n_clips, n_windows, 8 rates, n_bands)."""
    ops, xp = clip.ops, clip.xp
    waves, rates = rate_tables(SIZE, EDGES)
    spectrum = xp.matmul(ops.const(waves), _windows(clip, pairs))
    squares, half = spectrum * spectrum, len(waves) // 2
    amplitude = xp.sqrt(squares[:, :, :half, :] + squares[:, :, half:, :])
    return xp.matmul(ops.const(rates), amplitude)


def _windows(clip: ClipSeries, pairs: Array) -> Array:
    """Return windows of some bands less their mean, (n_clips, n_windows, 258, n_bands)."""
    ops, xp = clip.ops, clip.xp
    n_frames = ops.length(pairs, 1)
    place = ops.arange(xp.maximum(n_frames, ops.integer(SIZE)))
    inner = xp.maximum(xp.minimum(place, n_frames - 1 - EDGE), ops.integer(EDGE))
    windows = ops.windows(ops.at(pairs, inner), SIZE, SIZE // 2)
    return windows - xp.mean(windows, axis=2, keepdims=True)


@functools.cache
def rate_tables(
    size: int, edges: tuple[float, ...]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the waves of a window of some frames, and what takes the mean over bands of rates.

    Parameters
    ----------
    size : int
        Frames of the window.
    edges : tuple of float
        Edges of the rates, Hz.

    Returns
    -------
    waves : array of shape (2 * n_bins, size)
        Cosines of the bins between the first and the last edge, and their sines, under a Hann
        window.
    rates : array of shape (n_rates, n_bins)
        The mean over the bins of each rate.
    """
    hz = np.arange(size // 2 + 1) * FRAME_RATE / size
    rate = np.searchsorted(edges, hz, side="right") - 1
    wanted = np.flatnonzero((rate >= 0) & (rate < len(edges) - 1))
    phase = 2 * np.pi * np.outer(wanted, np.arange(size)) / size
    waves = np.concatenate([np.cos(phase), np.sin(phase)]) * (np.hanning(size) / size)
    member = (rate[wanted] == np.arange(len(edges) - 1)[:, None]).astype(np.float32)
    return waves.astype(np.float32), member / member.sum(axis=1, keepdims=True)


@functools.cache
def _pair_table() -> npt.NDArray[np.float32]:
    """Return the means of neighbouring bands, (40, 20)."""
    return np.repeat(np.eye(N_PAIRS, dtype=np.float32), 2, axis=0) * np.float32(0.5)
