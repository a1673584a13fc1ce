"""The primitives of the feature code, traced: the same features as an ONNX graph.

ndonnx is an implementation of the array API standard whose arrays are ONNX graphs. Running the
feature code on its arrays writes the graph. Two things stand between: a thin layer over ndonnx that
leaves out its guards for NaN and empty arrays (neither can occur here, and they triple the graph),
and the bodies of the primitives of `mer_sklearn.features.ops`.

onnx, spox and ndonnx are needed only here, so only the code that exports imports this module.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import ndonnx as ndx
import numpy as np
import numpy.typing as npt
import spox.opset.ai.onnx.v21 as op
from spox._future import initializer

from .ops import HOP, HOPS_PER_FRAME, N_BINS, N_FFT, WINDOW, Array, FrameFunction, Ops

__all__ = ["GraphOps"]


class _PlainNamespace:
    """ndonnx without its guards for NaN and empty arrays."""

    def __getattr__(self, name: str) -> Array:
        return getattr(ndx, name)

    def matmul(self, a: Array, b: Array, /) -> Array:
        return ndx.asarray(op.matmul(a.unwrap_spox(), b.unwrap_spox()))

    def max(self, x: Array, /, *, axis: int | tuple[int, ...], keepdims: bool = False) -> Array:
        return self._reduce(op.reduce_max, x, axis, keepdims)

    def min(self, x: Array, /, *, axis: int | tuple[int, ...], keepdims: bool = False) -> Array:
        return self._reduce(op.reduce_min, x, axis, keepdims)

    def mean(self, x: Array, /, *, axis: int | tuple[int, ...], keepdims: bool = False) -> Array:
        return self._reduce(op.reduce_mean, x, axis, keepdims)

    def std(self, x: Array, /, *, axis: int | tuple[int, ...], keepdims: bool = False) -> Array:
        off = x - self.mean(x, axis=axis, keepdims=True)
        return ndx.sqrt(self.mean(off * off, axis=axis, keepdims=keepdims))

    @staticmethod
    def _reduce(reduction: Array, x: Array, axis: int | tuple[int, ...], keepdims: bool) -> Array:
        axes = op.const(np.atleast_1d(np.asarray(axis, np.int64)))
        return ndx.asarray(reduction(x.unwrap_spox(), axes, keepdims=int(keepdims)))


class GraphOps(Ops):
    """The primitives that write a graph; one object a graph.

    Parameters
    ----------
    chunk : int, default=128
        Frames that the graph computes at a time, a multiple of 4; bounds its memory.
    """

    xp = _PlainNamespace()

    def __init__(self, chunk: int = 128) -> None:
        self.chunk = chunk
        self._tables: dict[tuple[str, tuple[int, ...], bytes], Array] = {}

    def const(self, table: npt.ArrayLike) -> Array:
        """Return the initializer of a table; a table used twice is stored once."""
        array = np.asarray(table)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._tables:
            self._tables[key] = ndx.asarray(initializer(array))
        return self._tables[key]

    def length(self, x: Array, axis: int) -> Array:
        """Return the node that holds the length of an axis."""
        return x.dynamic_shape[axis]

    def arange(self, n: Array) -> Array:
        """Return the integers 0 .. n - 1."""
        return ndx.arange(n)

    def keep_shape(self, x: Array, shape: Sequence[int]) -> Array:
        """Reshape as ONNX does: 0 keeps an axis, which ndonnx's own reshape would not allow."""
        return ndx.asarray(op.reshape(x.unwrap_spox(), op.const(np.asarray(shape, np.int64))))

    def over_frames(
        self, signal: Array, function: FrameFunction, widths: Sequence[int]
    ) -> list[Array]:
        """Scan over chunks of frames.

        Scan rather than Loop: spox moves a node into the innermost graph that uses it, so in a Loop
        the padding of the whole signal would run again in every turn. The chunks are cut outside,
        each with the three hop blocks that its last frame needs.
        """
        n_samples = signal.dynamic_shape[1]
        n_frames = n_samples // HOP + 1
        chunk = ndx.minimum(self.const(np.int64(self.chunk)), (n_frames + 3) // 4 * 4)
        n_chunks = (n_frames + chunk - 1) // chunk
        n_hops = chunk + (HOPS_PER_FRAME - 1)

        after = (n_chunks * chunk + HOPS_PER_FRAME - 1) * HOP - n_samples - N_FFT // 2
        before = self.const(np.array([0, N_FFT // 2, 0], np.int64))
        pads = ndx.concat([before, ndx.reshape(after, (1,))])
        padded = ndx.asarray(op.pad(signal.unwrap_spox(), pads.unwrap_spox()))
        hops = self.keep_shape(padded, (0, -1, HOP))

        index = ndx.expand_dims(ndx.arange(n_chunks) * chunk, axis=1) + ndx.arange(n_hops)
        chunks = ndx.take(hops, ndx.reshape(index, (-1,)), axis=1)
        ends = self.const(np.array([0, -1], np.int64)), self.const(np.array([HOP], np.int64))
        shape = ndx.concat([ends[0], ndx.reshape(n_hops, (1,)), ends[1]])
        chunks = op.reshape(chunks.unwrap_spox(), shape.unwrap_spox())

        def body(hops: Array) -> list[Array]:
            values = function(self.keep_shape(ndx.asarray(hops), (0, 0, HOP)))
            return [value.unwrap_spox() for value in values]

        scanned = op.scan(
            [chunks],
            body=body,
            num_scan_inputs=1,
            scan_input_axes=[1],
            scan_output_axes=[1] * len(widths),
        )
        series = []
        for values, width in zip(scanned, widths, strict=True):
            joined = self.keep_shape(ndx.asarray(values), (0, -1, width))
            # A slice with a dynamic bound forgets the static axes: they are stated again.
            series.append(self.keep_shape(joined[:, :n_frames, :], (0, 0, width)))
        return series

    def power(self, hops: Array) -> Array:
        """Return the power spectra as two matrix products (Cooley and Tukey's split, 64 x 32).

        Sample 32 a + b and bin c + 64 d: first the sums over a for each b and c (only half of the c
        are needed, the frame being real), then those over b for each c and d, with the twiddle
        factors inside the second table.
        """
        first, second, order = _dft_tables()
        n_c, n_b = first.shape[0] // 2, second.shape[1] // 2
        n_frames = hops.dynamic_shape[1] - (HOPS_PER_FRAME - 1)
        shifted = [hops[:, i : n_frames + i, :] for i in range(HOPS_PER_FRAME)]
        frames = ndx.concat(shifted, axis=-1) * self.const(WINDOW)
        sums = self.xp.matmul(self.const(first), self.keep_shape(frames, (0, 0, N_FFT // n_b, n_b)))
        sums = ndx.permute_dims(self.keep_shape(sums, (0, 0, 2, n_c, n_b)), (3, 0, 1, 2, 4))
        sums = self.xp.matmul(
            self.keep_shape(sums, (0, 0, 0, 2 * n_b)), self.const(second[:, None])
        )
        squares = sums * sums
        power = ndx.permute_dims(squares[..., :n_b] + squares[..., n_b:], (1, 2, 0, 3))
        return ndx.take(self.keep_shape(power, (0, 0, n_c * n_b)), self.const(order), axis=2)

    def extremes(self, x: Array, k: int) -> tuple[Array, Array]:
        """Return the means of the k smallest and of the k largest values of the last axis."""
        low = self._top(x, self.const(np.array([k], np.int64)), largest=False)
        high = self._top(x, self.const(np.array([k], np.int64)), largest=True)
        return (
            self.xp.mean(low, axis=-1, keepdims=True),
            self.xp.mean(high, axis=-1, keepdims=True),
        )

    def rows(self, x: Array) -> Array:
        """Return a series as (n_clips, n_rows, n_frames)."""
        return ndx.permute_dims(x, (0, 2, 1))

    def quantiles(self, rows: Array, levels: Sequence[float]) -> list[Array]:
        """Return quantiles of each row, interpolated between neighbours, (n_clips, n_rows) each."""
        n = rows.dynamic_shape[2]
        ordered = self._top(rows, ndx.reshape(n, (1,)), largest=False, ordered=True)
        found = []
        for level in levels:
            place = ndx.astype(n - 1, ndx.float64) * level  # float64: exact in long clips
            below = ndx.floor(place)
            share = ndx.astype(place - below, ndx.float32)
            first = ndx.astype(below, ndx.int64)
            low, high = (
                ndx.take(ordered, ndx.reshape(i, (1,)), axis=2)
                for i in (first, ndx.minimum(first + 1, n - 1))
            )
            found.append(ndx.squeeze(low + (high - low) * share, axis=2))
        return found

    @staticmethod
    def _top(x: Array, k: Array, *, largest: bool, ordered: bool = False) -> Array:
        """Return the k largest or smallest values of the last axis."""
        values, _ = op.top_k(
            x.unwrap_spox(), k.unwrap_spox(), axis=-1, largest=int(largest), sorted=int(ordered)
        )
        return ndx.asarray(values)


@functools.cache
def _dft_tables(
    n_a: int = 64, n_b: int = 32
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Return the two tables of the split transform and the order of its bins."""
    half = n_a // 2 + 1
    turns = np.outer(np.arange(half), np.arange(n_a)) % n_a
    first = np.exp(-2j * np.pi * turns / n_a)
    b, d = np.arange(n_b)[:, None], np.arange(n_b)[None]
    second = []
    for c in range(half):
        twiddle = np.exp(-2j * np.pi * ((b * (c + n_a * d)) % N_FFT) / N_FFT)
        re, im = twiddle.real, twiddle.imag
        second.append(np.block([[re, im], [-im, re]]))
    bins = np.arange(N_BINS)
    mirrored = np.where(bins % n_a <= n_a // 2, bins, N_FFT - bins)  # |X(k)| = |X(N - k)|
    order = (mirrored % n_a) * n_b + mirrored // n_a
    return (
        np.concatenate([first.real, first.imag]).astype(np.float32),
        np.array(second, np.float32),
        order,
    )
