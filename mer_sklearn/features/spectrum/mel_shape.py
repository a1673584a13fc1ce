"""What families of the spectrum read off the 128 mel bands; called as ``clip.once(energy)``.

The series ``mel`` holds densities (power a hertz, but for a factor); what is asked here is the
energy *in* a band, so each is multiplied by its width. Reading 128 bands of every fourth frame
instead of 1025 bins of each costs a fortieth and says the same of the shape.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ...audio import SAMPLE_RATE
from ..clip_series import ClipSeries
from ..derived import N_BANDS, bands
from ..ops import Array
from ..tables import N_MELS, hz_to_mel, mel_to_hz

__all__ = [
    "amplitude_shares",
    "band_centres",
    "band_edges",
    "energy",
    "floored",
    "flux",
    "levels",
    "octaves",
    "shares_above",
    "slope",
    "total",
]

STEP = 4  # frames; the shape of the spectrum is read every 93 ms
FADE = 1e-8  # power of a frame below which shares fade to 0
LOWEST = 0.1  # mel; 7 Hz
FLOOR = 1e-8  # share of a frame's largest band at which bands end: 80 dB


def energy(clip: ClipSeries) -> Array:
    """Energy of every fourth frame in each mel band, shape (n_clips, n_frames / 4, 128)."""
    low, _, high = band_edges()
    return clip.mel[:, ::STEP, :] * clip.ops.const(np.asarray((high - low) / 2, np.float32))


def levels(clip: ClipSeries) -> Array:
    """Levels of the same frames in 40 bands, dB, floored 80 dB below the clip's largest."""
    return clip.once(bands)[:, ::STEP, :]


def total(clip: ClipSeries) -> Array:
    """Energy of the same frames, shape (n_clips, n_frames / 4, 1)."""
    return clip.xp.sum(clip.once(energy), axis=-1, keepdims=True)


def floored(clip: ClipSeries) -> Array:
    """`energy`, floored 80 dB below the frame's largest band; flat in silence."""
    found = clip.once(energy)
    return clip.xp.maximum(found, clip.xp.max(found, axis=-1, keepdims=True) * FLOOR + FADE)


def amplitude_shares(clip: ClipSeries) -> Array:
    """Each band's part in the sum of a frame's band amplitudes; they add up to 1."""
    amplitude = clip.xp.sqrt(clip.once(floored))
    return amplitude / clip.xp.sum(amplitude, axis=-1, keepdims=True)


def flux(clip: ClipSeries) -> Array:
    """Distance of the `amplitude_shares` from those 93 ms before; 0 in the first."""
    shares = clip.once(amplitude_shares)
    step = shares - clip.ops.shift(shares, 1)
    return clip.xp.sqrt(clip.xp.sum(step * step, axis=-1, keepdims=True))


def slope(clip: ClipSeries) -> Array:
    """Slope of the line fitted to the levels of 40 mel bands, dB an octave."""
    place = (np.arange(N_BANDS) + 0.5) * (N_MELS / N_BANDS) - 0.5  # of the 40 among the 128
    octaves = np.log2(np.interp(place, np.arange(N_MELS), band_centres()))
    octaves -= octaves.mean()
    weights = (octaves / (octaves @ octaves))[:, None]
    return clip.xp.matmul(clip.once(levels), clip.ops.const(np.asarray(weights, np.float32)))


def shares_above(clip: ClipSeries, frequencies: Sequence[float]) -> Array:
    """Return the part of each frame's energy above each frequency (Hz), 0 to 1; 0 in silence."""
    low, _, high = band_edges()
    above = np.clip((high - np.asarray(frequencies)[:, None]) / (high - low), 0.0, 1.0)
    found = clip.xp.matmul(clip.once(energy), clip.ops.const(np.asarray(above.T, np.float32)))
    return found / (clip.once(total) + FADE)


def octaves(clip: ClipSeries, place: Array) -> Array:
    """Return places among the bands (0 the centre of the lowest) in octaves above 1 kHz."""
    mel = (place + 1.0) * float(_top() / (N_MELS + 1))
    # Slaney's mels: 15 are 1 kHz, below lies proportion, above 27 for each factor of 6.4.
    low = clip.xp.log(clip.xp.maximum(mel, clip.ops.scalar(LOWEST)) * (1 / 15)) / float(np.log(2))
    high = (mel - 15.0) * float(np.log2(6.4) / 27)
    return clip.xp.where(mel < 15.0, low, high)


def band_centres() -> npt.NDArray[np.float64]:
    """Return the centres of the mel bands, Hz."""
    return band_edges()[1]


@functools.cache
def band_edges() -> tuple[npt.NDArray[np.float64], ...]:
    """Return the lower ends, centres and upper ends of the mel bands, Hz."""
    edges = mel_to_hz(np.linspace(0.0, _top(), N_MELS + 2))
    return edges[:-2], edges[1:-1], edges[2:]


def _top() -> float:
    """Return half the sampling rate in mels."""
    return float(hz_to_mel(np.array(SAMPLE_RATE / 2)))
