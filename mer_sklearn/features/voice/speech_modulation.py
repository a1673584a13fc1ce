"""The rates at which speech comes and goes."""

from __future__ import annotations

import itertools

from ..clip_series import ClipSeries
from ..derived import N_BANDS
from ..family import FeatureFamily, Meaning
from ..ops import FRAME_RATE, Array
from ..statistics import NONE
from ..timbre.modulation import rate_tables
from ._speech import above_lowest, span

__all__ = ["SpeechModulation"]

N_PAIRS = N_BANDS // 2
SIZE = round(1.5 * FRAME_RATE)  # frames of a window
EDGES = (0.6, 1.4, 2.5, 4, 6, 10, 20)  # Hz
RATES = [f"{low:g}-{high:g}_hz" for low, high in itertools.pairwise(EDGES)]
STILL = 1e-2  # dB of amplitude; what is modulated less counts as still


class SpeechModulation(FeatureFamily):
    """Modulation spectrum of speech: how much each band comes and goes at the rates of syllables.

    As `ModulationSpectrum`, for what is short: the level in dB of 20 mel bands in Hann windows of
    1.5 s, four to a window's length; amplitudes between 0.6, 1.4, 2.5, 4, 6, 10 and 20 Hz, averaged
    over the bins and over the windows, which are weighed by how much of them lies in the active
    span. Around 4 Hz are syllables, below 2 Hz phrases, above 6 Hz consonants and tremor.
    Logarithms are natural, of the value and 0.01 dB. A clip shorter than 1.5 s repeats its last
    frame to that length.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``speech_modulation__band_4_2.5-4_hz``.

    References
    ----------
    S. Greenberg, B. Kingsbury: The modulation spectrogram: in pursuit of an invariant
    representation of speech. ICASSP 1997.

    Examples
    --------
    >>> import numpy as np
    >>> time = np.arange(3 * 22_050) / 22_050
    >>> noise = np.random.default_rng(0).normal(size=time.size)
    >>> babble = noise * (1.1 + np.sin(2 * np.pi * 5 * time))
    >>> voice = SpeechModulation().set_output(transform="pandas")
    >>> voice.fit_transform(babble[None]).filter(like="band_9").idxmax(axis="columns")[0]
    'speech_modulation__band_9_4-6_hz'
    """

    name = "speech_modulation"
    needs = ("mel", "rms")
    meanings = (Meaning("band_*", "log dB", "how much a mel band comes and goes at this rate"),)
    source = "Greenberg, Kingsbury 1997"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        return [f"{self.name}__band_{i}_{rate}" for i in range(N_PAIRS) for rate in RATES]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, 120)."""
        ops, xp = clip.ops, clip.xp
        waves, rates = rate_tables(SIZE, EDGES)
        levels, _ = above_lowest(clip)
        pairs = xp.mean(ops.keep_shape(levels, (0, 0, N_PAIRS, 2)), axis=-1)
        windows = ops.windows(pairs, SIZE, SIZE // 4)
        windows = windows - xp.mean(windows, axis=2, keepdims=True)
        spectrum = xp.matmul(ops.const(waves), windows)
        squares, half = spectrum * spectrum, len(waves) // 2
        amplitude = xp.sqrt(squares[:, :, :half, :] + squares[:, :, half:, :])

        inside = xp.mean(ops.windows(clip.once(span), SIZE, SIZE // 4), axis=2, keepdims=True)
        weight = inside * inside
        mean = xp.sum(amplitude * weight, axis=1) / (xp.sum(weight, axis=1) + NONE)
        per_band = xp.permute_dims(xp.matmul(ops.const(rates), mean), (0, 2, 1))
        return ops.keep_shape(xp.log(per_band + STILL), (0, N_PAIRS * len(RATES)))
