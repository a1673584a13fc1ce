"""The primitives of the feature code that have two bodies, and the frame parameters.

A feature is written once, in the Python array API standard: numpy runs it, and
`mer_sklearn.features.onnx_ops` traces the same lines into an ONNX graph. What stands here is what
the standard lacks or where each side needs its own form:

* lengths, which are integers in numpy and nodes in a graph (`length`, `quotient`, `real`,
  `arange`, `keep_shape`);
* the spectrum (an FFT here, matrix products there), order statistics (a sort, a TopK), the
  logarithm of a matrix (eigenvalues, products only), what numpy is slow at (`pick`, `count`);
* who runs the loop over blocks of frames (`over_frames`).

What both can run as it stands is written once, in `Ops`.

Conventions: signals have shape ``(n_clips, n_samples)``, series ``(n_clips, n_frames, n_rows)``.
Frames have 2048 samples, 512 apart, Hann-windowed, centred, the signal padded with zeros: frame t
covers the samples around ``512 * t``. A signal is cut into *hop blocks* of 512 samples; four
neighbouring ones are a frame.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import scipy.fft

from ..audio import SAMPLE_RATE

__all__ = ["FRAME_RATE", "HOP", "N_BINS", "N_FFT", "Array", "Bank", "NumpyOps", "Ops"]

# numpy's and ndonnx's arrays share the interface of the standard, but no type that can be named.
Array: TypeAlias = Any
FrameFunction: TypeAlias = Callable[[Array], Sequence[Array]]

N_FFT, HOP = 2048, 512  # samples
N_BINS = N_FFT // 2 + 1
HOPS_PER_FRAME = N_FFT // HOP
FRAME_RATE = SAMPLE_RATE / HOP  # frames per second
BIN_HZ = SAMPLE_RATE / N_FFT  # Hz between two bins
WINDOW = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)).astype(np.float32)


class Bank:
    """A fixed filter bank, cut into groups of filters that each read only the bins they touch.

    Parameters
    ----------
    weights : array of shape (n_bins, n_filters)
        The filters.
    n_groups : int, default=1
        How many products it is cut into. Neighbouring mel filters overlap little, so eight small
        products cost a seventh of the one large.
    """

    def __init__(self, weights: npt.ArrayLike, n_groups: int = 1) -> None:
        matrix = np.asarray(weights, np.float32)
        self.parts: list[tuple[int, int, npt.NDArray[np.float32]]] = []
        for columns in np.array_split(np.arange(matrix.shape[1]), n_groups):
            touched = np.flatnonzero(np.any(matrix[:, columns] != 0, axis=1))
            first, last = int(touched[0]), int(touched[-1]) + 1
            self.parts.append((first, last, np.ascontiguousarray(matrix[first:last, columns])))


class Ops:
    """What numpy and the graph share: written once on top of the primitives."""

    xp: Any

    # The primitives: NumpyOps says what each takes and gives.
    const: Callable[[Any], Array]
    length: Callable[[Array, int], Any]
    quotient: Callable[[Any, Any], Any]
    real: Callable[[Any], Array]
    arange: Callable[[Any], Array]
    keep_shape: Callable[[Array, Sequence[int]], Array]
    over_frames: Callable[[Array, FrameFunction, Sequence[tuple[int, int]]], list[Array]]
    spectrum: Callable[[Array], tuple[Array, Array]]
    count: Callable[[Array], Array]
    pick: Callable[[Array, Array], Array]
    extremes: Callable[[Array, int], tuple[Array, Array]]
    largest: Callable[[Array, int], tuple[Array, Array]]
    rows: Callable[[Array], Array]
    quantiles: Callable[[Array, Sequence[float]], list[Array]]
    quantiles_where: Callable[[Array, Array, Sequence[float]], list[Array]]
    matrix_log: Callable[[Array], Array]

    # Written once.
    def scalar(self, value: float) -> Array:
        """Return a float32 number that can be compared with an array."""
        return self.const(np.float32(value))

    def integer(self, value: int) -> Array:
        """Return an integer that can be compared with a length or an index."""
        return self.const(np.int64(value))

    def project(self, x: Array, bank: Bank) -> Array:
        """Return the filters of a bank applied to the last axis of x."""
        parts = [self.xp.matmul(x[..., a:b], self.const(w)) for a, b, w in bank.parts]
        return parts[0] if len(parts) == 1 else self.xp.concat(parts, axis=-1)

    def at(self, x: Array, index: Array) -> Array:
        """Return the frames of a series at `index`, which is held inside the clip."""
        last = self.length(x, 1) - 1
        return self.xp.take(
            x, self.xp.minimum(self.xp.maximum(index, self.integer(0)), last), axis=1
        )

    def shift(self, x: Array, by: int) -> Array:
        """Return a series `by` frames later: frame t holds frame t - by, the ends repeated."""
        return self.at(x, self.arange(self.length(x, 1)) - by)

    def windows(self, x: Array, size: int, hop: int) -> Array:
        """Cut a series into windows of `size` frames every `hop` frames.

        Returns shape (n_clips, n_windows, size, n_rows). Frames after the last whole window are
        left out; a clip shorter than one window repeats its last frame.
        """
        xp = self.xp
        spare = xp.maximum(self.length(x, 1) - size, self.integer(0))
        starts = xp.expand_dims(self.arange(self.quotient(spare, hop) + 1) * hop, axis=1)
        index = xp.reshape(starts + self.const(np.arange(size)), (-1,))
        return self.keep_shape(self.at(x, index), (0, -1, size, x.shape[-1]))

    def running_median(self, x: Array, size: int) -> Array:
        """Return the lower median of `size` (a power of two) neighbouring frames, ends repeated.

        Neighbouring windows share most of their frames. So runs of 2, 4, ... frames are sorted by
        merging those of half the length, for all frames at once, and the median of two sorted runs
        of half the window is ``max_i min(a_i, b_(h - 1 - i))``: minima and maxima of slices only.
        """
        xp, half = self.xp, size // 2
        n_frames = self.length(x, 1)
        padded = self.at(x, self.arange(n_frames + (size - 1)) - half)
        runs, width = [padded], 1
        while width < half:
            runs = self._merge([r[:, :-width, :] for r in runs], [r[:, width:, :] for r in runs])
            width *= 2
        low = [run[:, :n_frames, :] for run in runs]
        high = [run[:, half : n_frames + half, :] for run in runs]
        median = xp.minimum(low[0], high[half - 1])
        for i in range(1, half):
            median = xp.maximum(median, xp.minimum(low[i], high[half - 1 - i]))
        return median

    def _merge(self, a: list[Array], b: list[Array]) -> list[Array]:
        """Merge two sorted lists of arrays into one (Batcher's odd-even merge)."""
        xp = self.xp
        if len(a) == 1:
            return [xp.minimum(a[0], b[0]), xp.maximum(a[0], b[0])]
        even, odd = self._merge(a[::2], b[::2]), self._merge(a[1::2], b[1::2])
        merged = [even[0]]
        for high, low in zip(odd[:-1], even[1:], strict=True):
            merged += [xp.minimum(high, low), xp.maximum(high, low)]
        return [*merged, odd[-1]]


class NumpyOps(Ops):
    """The primitives that numpy runs.

    Parameters
    ----------
    block : int, default=256
        Frames computed at a time, a multiple of 4: a few spectra stay in a processor's caches, and
        the calls themselves cost little.
    """

    xp = np

    def __init__(self, block: int = 256) -> None:
        self.block = block

    def const(self, table: npt.ArrayLike) -> Array:
        """Return the table itself."""
        return table

    def length(self, x: Array, axis: int) -> int:
        """Return the length of an axis."""
        return int(x.shape[axis])

    def quotient(self, n: Any, by: Any) -> Any:
        """Return ``n // by`` for integers of 0 or more: lengths and indices."""
        return n // by

    def real(self, n: int) -> Array:
        """Return a length as a float32 number."""
        return np.float32(n)

    def arange(self, n: int) -> Array:
        """Return the integers 0 .. n - 1."""
        return np.arange(n)

    def keep_shape(self, x: Array, shape: Sequence[int]) -> Array:
        """Reshape; 0 keeps an axis as it is, -1 takes what remains."""
        return x.reshape([x.shape[i] if size == 0 else size for i, size in enumerate(shape)])

    def over_frames(
        self, signal: Array, function: FrameFunction, kinds: Sequence[tuple[int, int]]
    ) -> list[Array]:
        """Run a function over blocks of frames and join what it gives.

        Parameters
        ----------
        signal : array of shape (n_clips, n_samples)
            The clips.
        function : callable
            Takes hop blocks (n_clips, m + 3, 512), gives one array a series, of shape
            (n_clips, ceil(m / step), width).
        kinds : sequence of (int, int)
            Of each series its rows (width), and which frames it holds (every step-th: 1, 2 or 4).

        Returns
        -------
        list of arrays of shape (n_clips, ceil(n_frames / step), width)
            The series.
        """
        _keep_memory()
        n_clips, n_samples = signal.shape
        n_frames = n_samples // HOP + 1
        series = [
            np.empty((n_clips, -(-n_frames // step), width), np.float32) for width, step in kinds
        ]
        for start in range(0, n_frames, self.block):
            stop = min(start + self.block, n_frames)
            values = function(_hop_blocks(signal, start, stop))
            for whole, part, (_, step) in zip(series, values, kinds, strict=True):
                whole[:, start // step : start // step + part.shape[1]] = part
        return series

    def spectrum(self, hops: Array) -> tuple[Array, Array]:
        """Return the power and magnitude spectra of frames.

        Parameters
        ----------
        hops : array of shape (n_clips, m + 3, 512)
            The samples of m frames in hop blocks.

        Returns
        -------
        tuple of two arrays of shape (n_clips, m, 1025)
            Power and magnitude.
        """
        samples = np.ascontiguousarray(hops).reshape(len(hops), -1)
        frames = np.lib.stride_tricks.sliding_window_view(samples, N_FFT, axis=1)[:, ::HOP]
        # One vectorized pass gives the magnitude; squares of both parts and a root would be three.
        magnitude = np.abs(scipy.fft.rfft(frames * WINDOW, overwrite_x=True))
        return magnitude * magnitude, magnitude

    def count(self, mask: Array) -> Array:
        """Return how many values of the last axis are true, float32, the axis kept."""
        return np.sum(mask, axis=-1, keepdims=True, dtype=np.int32).astype(np.float32)

    def pick(self, x: Array, index: Array) -> Array:
        """Return one row of each frame's table.

        Parameters
        ----------
        x : array of shape (n_clips, n_frames, n_rows, width)
            A table a frame.
        index : array of shape (n_clips, n_frames, 1)
            The row of each frame.

        Returns
        -------
        array of shape (n_clips, n_frames, width)
            The rows.
        """
        n_clips, n_frames = index.shape[:2]
        return x[np.arange(n_clips)[:, None], np.arange(n_frames), index[..., 0]]

    def extremes(self, x: Array, k: int) -> tuple[Array, Array]:
        """Return the means of the k smallest and of the k largest values of the last axis.

        Values must be 0 or more.
        """
        if k == 1:  # numpy is slow along short rows
            across = np.ascontiguousarray(np.moveaxis(x, -1, 0))
            return across.min(axis=0)[..., None], across.max(axis=0)[..., None]
        # The bits of floats that are not negative are integers in the same order: they sort faster.
        ends = _ends(np.asarray(x, np.float32).view(np.int32), k)
        weights = np.full((k, 1), 1 / k, np.float32)
        low, high = (np.ascontiguousarray(end).view(np.float32) @ weights for end in ends)
        return low, high

    def largest(self, x: Array, k: int) -> tuple[Array, Array]:
        """Return the k largest of the values (0 or more) of the last axis, and their places.

        Of equal values the later ones are taken; the order is no certain one.
        """
        # Sorting is several times faster than numpy's argpartition. The bits of numbers of 0 or
        # more are ordered as the numbers are; as float64 they leave room for the places.
        keys = x.astype(np.float64)
        keys.view(np.int64)[...] |= np.arange(x.shape[-1])
        keys.sort(axis=-1)
        places = keys[..., -k:].view(np.int64) & (2**29 - 1)
        return np.take_along_axis(x, places, axis=-1), places

    def rows(self, x: Array) -> Array:
        """Return a series as (n_clips, n_rows, n_frames), each row contiguous."""
        return np.ascontiguousarray(np.swapaxes(x, 1, 2))

    def quantiles(self, rows: Array, levels: Sequence[float]) -> list[Array]:
        """Return quantiles of each row, interpolated between neighbours, (n_clips, n_rows) each."""
        if sum(0.0 < level < 1.0 for level in levels) < 2:
            return [_quantile(rows, level) for level in levels]
        ordered = np.sort(rows, axis=-1)
        last = ordered.shape[-1] - 1
        found = []
        for level in levels:
            below = int(level * last)
            share = np.float32(level * last - below)
            low, high = ordered[..., below], ordered[..., min(below + 1, last)]
            found.append(low + (high - low) * share)
        return found

    def quantiles_where(self, rows: Array, mask: Array, levels: Sequence[float]) -> list[Array]:
        """Return quantiles of each row over the frames of a mask (n_clips, n_frames); 0 if none."""
        clips = [
            self.quantiles(row[:, chosen], levels)
            if chosen.any()
            else [np.zeros(len(row), np.float32) for _ in levels]
            for row, chosen in zip(rows, mask, strict=True)
        ]
        return [np.stack(values) for values in zip(*clips, strict=True)]

    def matrix_log(self, matrices: Array) -> Array:
        """Return the logarithms of symmetric positive definite matrices (n, d, d), in float64.

        The smallest eigenvalue must be at least 1e-6 of the trace (the graph's body needs it).
        """
        values, vectors = np.linalg.eigh(matrices)
        return (vectors * np.log(values)[:, None]) @ np.swapaxes(vectors, 1, 2)


@functools.cache
def _keep_memory() -> None:
    """Let the C library keep the memory of one block of frames for the next.

    The one of GNU gives freed memory back to the system beyond twice the largest piece freed
    before; asking for its pages again and again would cost as much as the transform.
    """
    np.empty(2**25 - 2**16, np.uint8)  # the largest that counts; its pages are never touched


def _hop_blocks(signal: Array, start: int, stop: int) -> Array:
    """Return the hop blocks of frames start .. stop - 1: a view where no padding is needed."""
    first = start * HOP - N_FFT // 2
    last = first + (stop - start + HOPS_PER_FRAME - 1) * HOP
    n_clips, n_samples = signal.shape
    part = signal[:, max(first, 0) : last]
    if first < 0 or last > n_samples:
        part = np.pad(part, ((0, 0), (max(-first, 0), max(last - n_samples, 0))))
    return np.asarray(part, np.float32).reshape(n_clips, -1, HOP)


def _ends(x: Array, k: int) -> tuple[Array, Array]:
    """Return the k smallest and the k largest values of the last axis, in no certain order.

    A vectorized sort beats a partition at either end, and costs least up to 256 values. Of two
    ordered runs a and b, the k smallest are ``min(a_i, b_(k - 1 - i))``, the largest likewise.
    """
    if not 256 + k <= x.shape[-1] <= 512:
        ordered = np.sort(x, axis=-1)
        return ordered[..., :k], ordered[..., -k:]
    a, b = np.sort(x[..., :256], axis=-1), np.sort(x[..., 256:], axis=-1)
    low = np.minimum(a[..., :k], b[..., k - 1 :: -1])
    return low, np.maximum(a[..., -k:], b[..., : -k - 1 : -1])


def _quantile(rows: Array, level: float) -> Array:
    """Return one quantile of each row without sorting it."""
    last = rows.shape[-1] - 1
    below = int(level * last)
    if below == last:
        return rows.max(axis=-1)
    if level == 0.0:
        return rows.min(axis=-1)
    parts = np.partition(rows, below, axis=-1)
    low, high = parts[..., below], parts[..., below + 1 :].min(axis=-1)
    return low + (high - low) * np.float32(level * last - below)
