"""The frame floor: blocks of frames become per-frame series.

Each series is one function, written in the array API standard and computed once however many
families ask for it; the spectrum itself is never kept.

No series depends on anything outside its own frames, so a stream gives what the whole file gives
and a window is a slice. The one floor that logarithms and ratios need is local too: 80 dB below the
frame's own largest bin (`Frames.low`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from .ops import BIN_HZ, HOP, N_BINS, N_FFT, Array, Ops
from .tables import N_MELS, chroma_bank, contrast_bands, mel_bank

__all__ = ["SERIES", "Frames", "Series", "series"]

DB = float(10 / np.log(10))  # dB of power for one natural logarithm
TINY = 1e-20  # added to sums that may be zero
FAINT = 1e-17  # sum of magnitudes below which a frame is silent: their squares leave float32
DUST = 1e-10  # samples as small as this count as zero: a resampler leaves them in digital silence
ROLLOFF_SHARE = 0.85
N_BLOCKS, BLOCK_BINS = 32, 32  # 1024 bins in blocks; the last bin is handled by itself


class Frames:
    """One block of frames; what several series need is computed once.

    Parameters
    ----------
    ops : Ops
        Who computes.
    hops : array of shape (n_clips, n_frames + 3, 512)
        The samples in hop blocks.
    """

    def __init__(self, ops: Ops, hops: Array) -> None:
        self.ops, self.xp, self.hops = ops, ops.xp, hops
        self._derived: dict[Callable[[Frames], Array], Array] = {}

    def once(self, derive: Callable[[Frames], Array]) -> Array:
        """Return what a function derives from these frames, computed the first time only.

        So one series can be made from another: ``frames.once(pitch)``.
        """
        if derive not in self._derived:
            self._derived[derive] = derive(self)
        return self._derived[derive]

    @functools.cached_property
    def _spectrum(self) -> tuple[Array, Array]:
        return self.ops.spectrum(self.hops)

    @property
    def power(self) -> Array:
        """Power spectra, shape (n_clips, n_frames, 1025)."""
        return self._spectrum[0]

    @property
    def magnitude(self) -> Array:
        """Magnitude spectra, shape (n_clips, n_frames, 1025)."""
        return self._spectrum[1]

    @functools.cached_property
    def low(self) -> Array:
        """The floor of each frame's power, shape (n_clips, n_frames, 1)."""
        return self.xp.max(self.power, axis=-1, keepdims=True) * 1e-8 + 1e-8

    @functools.cached_property
    def floored(self) -> Array:
        """Magnitude spectra, floored at the root of `low`, shape (n_clips, n_frames, 1025)."""
        return self.xp.maximum(self.magnitude, self.xp.sqrt(self.low))

    def over_hops(self, x: Array) -> Array:
        """Sum one value a hop block over the four blocks of each frame."""
        return x[:, :-3, :] + x[:, 1:-2, :] + x[:, 2:-1, :] + x[:, 3:, :]


@dataclass(frozen=True)
class Series:
    """A per-frame series: its function, how many rows it has, which frames, and its version.

    A series holds every `step`-th frame (1, 2 or 4), for what changes slowly or costs much. The
    version changes whenever its numbers do: it stands in cache keys and saved models.
    """

    function: Callable[[Frames], Array]
    width: int
    step: int = 1
    version: int = 1


_SERIES: dict[str, Series] = {}
SERIES: Mapping[str, Series] = MappingProxyType(_SERIES)


def series(
    *, width: int, step: int = 1, version: int = 1
) -> Callable[[Callable[[Frames], Array]], Callable[[Frames], Array]]:
    """Register a function of frames as the series of its name.

    A series that one kind of family needs stands beside that family; those of many stand here.

    Parameters
    ----------
    width : int
        Its rows.
    step : {1, 2, 4}, default=1
        It holds every step-th frame.
    version : int, default=1
        Rises whenever its numbers change.

    Returns
    -------
    callable
        A decorator that gives the function back.
    """

    def register(function: Callable[[Frames], Array]) -> Callable[[Frames], Array]:
        _SERIES[function.__name__] = Series(function, width, step, version)
        return function

    return register


@series(width=N_MELS)
def mel(frames: Frames) -> Array:
    """Power in 128 mel bands."""
    return frames.ops.project(frames.power, mel_bank())


@series(width=12)
def chroma(frames: Frames) -> Array:
    """Strength of the 12 pitch classes, the largest 1; below 1e-8 in power it fades to 0.

    librosa stretches the largest to 1 at any power, so frames of digital silence differ.
    """
    classes = frames.ops.project(frames.power, chroma_bank())
    largest = frames.xp.max(classes, axis=-1, keepdims=True)
    return classes / frames.xp.maximum(largest, frames.ops.scalar(1e-8))


@series(width=3)
def shape(frames: Frames) -> Array:
    """Centroid, bandwidth and roll-off of the magnitudes, in Hz; 0 in silence.

    The sums over bins are taken in 32 blocks of 32 and put together in float64: one narrow product,
    nothing cancels, and no cumulative sum runs over the whole spectrum.
    """
    ops, xp = frames.ops, frames.xp
    blocks = ops.keep_shape(frames.magnitude[..., : N_BINS - 1], (0, 0, N_BLOCKS, BLOCK_BINS))
    last = xp.astype(frames.magnitude[..., N_BINS - 1 :], xp.float64)
    within, between = _moment_tables()
    sums = xp.astype(xp.matmul(blocks, ops.const(within)), xp.float64)
    sizes = sums[..., 0]
    flat = ops.keep_shape(sums, (0, 0, 3 * N_BLOCKS))
    moments = xp.matmul(flat, ops.const(between[:-1])) + last * ops.const(between[-1:][None])

    total = moments[..., :1]
    centroid = moments[..., 1:2] / (total + FAINT)
    variance = moments[..., 2:] / (total + FAINT) - centroid * centroid
    bandwidth = xp.sqrt(xp.maximum(variance, ops.const(np.float64(0.0))))

    # Roll-off: the block in which the share is reached, then how far into its bins. The fraction
    # of a bin makes it continuous, so that rounding cannot move it by a whole bin.
    below = xp.cumulative_sum(sizes, axis=-1)
    wanted = total * ROLLOFF_SHARE - FAINT
    block = xp.sum(xp.astype(below < wanted, xp.int64), axis=-1, keepdims=True)
    block = xp.minimum(block, ops.const(np.int64(N_BLOCKS - 1)))
    before = ops.pick(xp.expand_dims(below - sizes, axis=-1), block)
    missing = xp.astype(wanted - before, xp.float32)
    bins = ops.pick(blocks, block)
    passed = xp.matmul(bins, ops.const(_sums_before(BLOCK_BINS)))
    reached = xp.clip((missing - passed) / (bins + TINY), 0.0, 1.0)
    rolloff = xp.astype(block, xp.float32) * float(BLOCK_BINS)
    rolloff = rolloff + xp.sum(reached, axis=-1, keepdims=True)

    block_hz = BLOCK_BINS * BIN_HZ
    hz = [xp.astype(v * block_hz, xp.float32) for v in (centroid, bandwidth)]
    return xp.concat([*hz, rolloff * BIN_HZ], axis=-1)


@functools.cache
def _sums_before(n: int) -> npt.NDArray[np.float32]:
    """Return the table that sums all values before each of n: a product is faster than a sum."""
    return np.triu(np.ones((n, n), np.float32), 1)


@functools.cache
def _moment_tables() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]:
    """Return what makes moments of bins: inside a block, and of the blocks' and the last bin.

    The unit is a block. Of its place a and a bin's place x inside it, the moments of order 0, 1 and
    2 are those of 1, a + x and a^2 + 2 a x + x^2, so sums of 1, x and x^2 are enough.
    """
    x = np.arange(BLOCK_BINS) / BLOCK_BINS
    within = np.stack([np.ones(BLOCK_BINS), x, x * x], axis=1)
    between = np.zeros((N_BLOCKS, 3, 3))
    a = np.arange(N_BLOCKS)
    between[:, 0] = np.stack([np.ones(N_BLOCKS), a, a * a], axis=1)
    between[:, 1, 1], between[:, 1, 2], between[:, 2, 2] = 1.0, 2.0 * a, 1.0
    last = [[1.0, N_BLOCKS, N_BLOCKS**2]]
    return within.astype(np.float32), np.concatenate([between.reshape(-1, 3), last])


@series(width=1)
def flatness(frames: Frames) -> Array:
    """Geometric over arithmetic mean of the power, 0 to 1; 1 in silence.

    Power is floored 80 dB below the frame's largest bin, where librosa has an absolute floor of
    1e-10: the empty bins of a tone then count the same at every level.
    """
    xp, magnitude, low = frames.xp, frames.floored, frames.low
    # In units of the floor, products of two magnitudes lie within 1 .. 1e8: two of them can be
    # multiplied without leaving float32, and one logarithm serves four bins.
    pairs = magnitude[..., :512] * magnitude[..., 512:1024] * (1.0 / low)
    last = magnitude[..., 1024:] / xp.sqrt(low)
    logs = xp.sum(xp.log(pairs[..., :256] * pairs[..., 256:]), axis=-1, keepdims=True)
    squares = xp.expand_dims(xp.vecdot(magnitude, magnitude), axis=-1) / low
    return xp.exp((logs + xp.log(last)) * (2 / N_BINS)) / (squares * (1 / N_BINS))


@series(width=7)
def contrast(frames: Frames) -> Array:
    """Spectral contrast in 7 octave bands, dB: the strongest over the weakest 2 % of the bins.

    Jiang et al. (2002) on magnitudes, as in librosa, with two differences: magnitudes are floored
    at the root of the frame's power floor (a synthetic frame's empty bins hold only rounding), and
    the top band ends at 10 kHz (above lies the resampler's stop band).
    """
    xp = frames.xp
    pairs = [frames.ops.extremes(frames.floored[..., a:b], k) for a, b, k in contrast_bands()]
    valleys, peaks = zip(*pairs, strict=True)
    return (xp.log(xp.concat(peaks, axis=-1)) - xp.log(xp.concat(valleys, axis=-1))) * DB


@series(width=1)
def rms(frames: Frames) -> Array:
    """Root-mean-square level of the unwindowed frame, full scale 1."""
    weights = frames.ops.const(np.full((HOP, 1), 1 / N_FFT, np.float32))
    squares = frames.xp.matmul(frames.hops * frames.hops, weights)
    return frames.xp.sqrt(frames.over_hops(squares))


@series(width=1, version=2)
def zero_crossings(frames: Frames) -> Array:
    """Share of the samples at which the sign changes; what lies within 1e-10 of 0 is positive."""
    xp = frames.xp
    negative = frames.hops < -DUST
    count = frames.over_hops(frames.ops.count(negative[..., 1:] != negative[..., :-1]))
    seams = xp.astype(negative[:, 1:, :1] != negative[:, :-1, -1:], xp.float32)
    return (count + seams[:, :-2, :] + seams[:, 1:-1, :] + seams[:, 2:, :]) * (1 / N_FFT)
