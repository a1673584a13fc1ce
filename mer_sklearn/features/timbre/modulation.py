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

__all__ = ["ModulationSpectrum"]

N_PAIRS = N_BANDS // 2
SIZE = round(6 * FRAME_RATE)  # frames of a window
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

    Logarithms are natural, of the value and 0.001 dB. A clip shorter than 6 s repeats its last
    frame to that length; so modulations of short clips are those of the clip and its end held.

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
    waves, rates = _tables()
    windows = ops.windows(pairs, SIZE, SIZE // 2)
    windows = windows - xp.mean(windows, axis=2, keepdims=True)
    spectrum = xp.matmul(ops.const(waves), windows)
    squares, half = spectrum * spectrum, len(waves) // 2
    amplitude = xp.sqrt(squares[:, :, :half, :] + squares[:, :, half:, :])
    return xp.matmul(ops.const(rates), amplitude)


@functools.cache
def _tables() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return windowed cosines and sines of the wanted bins, and the mean over each rate's bins."""
    hz = np.arange(SIZE // 2 + 1) * FRAME_RATE / SIZE
    rate = np.searchsorted(EDGES, hz, side="right") - 1
    wanted = np.flatnonzero((rate >= 0) & (rate < len(RATES)))
    phase = 2 * np.pi * np.outer(wanted, np.arange(SIZE)) / SIZE
    waves = np.concatenate([np.cos(phase), np.sin(phase)]) * (np.hanning(SIZE) / SIZE)
    member = (rate[wanted] == np.arange(len(RATES))[:, None]).astype(np.float32)
    return waves.astype(np.float32), member / member.sum(axis=1, keepdims=True)


@functools.cache
def _pair_table() -> npt.NDArray[np.float32]:
    """Return the means of neighbouring bands, (40, 20)."""
    return np.repeat(np.eye(N_PAIRS, dtype=np.float32), 2, axis=0) * np.float32(0.5)
