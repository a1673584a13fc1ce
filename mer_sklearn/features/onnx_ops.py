"""The primitives of the feature code, traced: the same features as an ONNX graph.

ndonnx is an implementation of the array API standard whose arrays are ONNX graphs. Running the
feature code on its arrays writes the graph. Two things stand between: a thin layer over ndonnx that
leaves out its guards for NaN and empty arrays (neither can occur here, and they triple the graph),
and the bodies of the primitives of `mer_sklearn.features.ops`.

onnx, spox and ndonnx are needed only here, so only the code that exports imports this module.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence

import ndonnx as ndx
import numpy as np
import numpy.typing as npt
import spox.opset.ai.onnx.v21 as op
from spox._exceptions import InferenceWarning
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

    def real(self, n: Array) -> Array:
        """Return a length as a float32 number."""
        return ndx.astype(n, ndx.float32)

    def arange(self, n: Array) -> Array:
        """Return the integers 0 .. n - 1."""
        return ndx.arange(n)

    def keep_shape(self, x: Array, shape: Sequence[int]) -> Array:
        """Reshape as ONNX does: 0 keeps an axis, which ndonnx's own reshape would not allow."""
        return ndx.asarray(op.reshape(x.unwrap_spox(), op.const(np.asarray(shape, np.int64))))

    def in_blocks(self, function: Callable[..., Array], *series: Array) -> Array:
        """Run a function over series at once: graphs are for clips, not for hours."""
        return function(*series)

    def row_groups(self, x: Array) -> list[Array]:
        """Return a series as it is."""
        return [x]

    def over_frames(
        self, signal: Array, function: FrameFunction, kinds: Sequence[tuple[int, int]]
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
            scan_output_axes=[1] * len(kinds),
        )
        series = []
        for values, (width, step) in zip(scanned, kinds, strict=True):
            joined = self.keep_shape(ndx.asarray(values), (0, -1, width))
            n_kept = (n_frames + (step - 1)) // step
            # A slice with a dynamic bound forgets the static axes: they are stated again.
            series.append(self.keep_shape(joined[:, :n_kept, :], (0, 0, width)))
        return series

    def spectrum(self, hops: Array) -> tuple[Array, Array]:
        """Return the power and magnitude spectra of frames given as hop blocks.

        The transform is two matrix products (Cooley and Tukey's split, 64 x 32). Sample 32 a + b
        and bin c + 64 d: first the sums over a for each b and c (only half of the c are needed, the
        frame being real), then those over b for each c and d, with the twiddle factors inside the
        second table.
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
        power = ndx.take(self.keep_shape(power, (0, 0, n_c * n_b)), self.const(order), axis=2)
        return power, ndx.sqrt(power)

    def count(self, mask: Array) -> Array:
        """Return how many values of the last axis are true, float32, the axis kept."""
        return self.xp.sum(ndx.astype(mask, ndx.float32), axis=-1, keepdims=True)

    def pick(self, x: Array, index: Array) -> Array:
        """Return one row of each frame's table: (.., n, width) at (.., 1) gives (.., width)."""
        return ndx.asarray(op.gather_nd(x.unwrap_spox(), index.unwrap_spox(), batch_dims=2))

    def extremes(self, x: Array, k: int) -> tuple[Array, Array]:
        """Return the means of the k smallest and of the k largest values of the last axis."""
        low, high = self._top(x, k, largest=False)[0], self._top(x, k, largest=True)[0]
        return (
            self.xp.mean(low, axis=-1, keepdims=True),
            self.xp.mean(high, axis=-1, keepdims=True),
        )

    def largest(self, x: Array, k: int) -> tuple[Array, Array]:
        """Return the k largest values of the last axis and their places, in no certain order."""
        return self._top(x, k, largest=True)

    def rows(self, x: Array) -> Array:
        """Return a series as (n_clips, n_rows, n_frames)."""
        return ndx.permute_dims(x, (0, 2, 1))

    def quantiles(self, rows: Array, levels: Sequence[float]) -> list[Array]:
        """Return quantiles of each row, interpolated between neighbours, (n_clips, n_rows) each."""
        n = rows.dynamic_shape[2]
        ordered, _ = self._top(rows, n, largest=False, ordered=True)
        found = []
        for level in levels:
            below, share = _place(level, n)
            low, high = (
                ndx.take(ordered, ndx.reshape(i, (1,)), axis=2)
                for i in (below, ndx.minimum(below + 1, n - 1))
            )
            found.append(ndx.squeeze(low + (high - low) * share, axis=2))
        return found

    def quantiles_where(self, rows: Array, mask: Array, levels: Sequence[float]) -> list[Array]:
        """Return quantiles of each row over the frames of a mask (n_clips, n_frames); 0 if none."""
        chosen = ndx.expand_dims(mask, axis=1)
        n = ndx.sum(ndx.astype(chosen, ndx.int64), axis=2, keepdims=True)
        # Frames outside the mask come last.
        rows = ndx.where(chosen, rows, self.const(np.finfo(np.float32).max))
        ordered, _ = self._top(rows, rows.dynamic_shape[2], largest=False, ordered=True)
        every = ndx.zeros_like(ordered[:, :, :1], dtype=ndx.int64)
        last = ndx.maximum(n - 1, self.integer(0))
        found = []
        for level in levels:
            below, share = _place(level, last + 1)
            low, high = (
                ndx.take_along_axis(ordered, i + every, axis=2)
                for i in (below, ndx.minimum(below + 1, last))
            )
            values = ndx.where(n > 0, low + (high - low) * share, self.scalar(0.0))
            found.append(ndx.squeeze(values, axis=2))
        return found

    def matrix_log(self, matrices: Array) -> Array:
        """Return the logarithms of symmetric positive definite matrices (n, d, d), in float64.

        Products only, as ONNX has no eigenvalues: the matrix over its trace, six square roots by
        Newton and Schulz's iteration, the logarithm of what is now near 1 by its series, doubled
        six times (inverse scaling and squaring; Higham: Functions of Matrices, 2008, chapter 11).
        """
        d = matrices.shape[-1]
        matrices, one = self.keep_shape(matrices, (0, d, d)), self.const(np.eye(d))
        trace = self.xp.sum(matrices * one, axis=(1, 2), keepdims=True)
        root = (matrices / trace).unwrap_spox()
        for n_turns in (26, 15, 10, 8, 7, 6):  # the nearer to 1, the fewer
            root = _square_root(root, one.unwrap_spox(), n_turns)
        off = ndx.asarray(root) - one
        series = one * (1 / 11)
        for i in range(10, 0, -1):
            series = one * (1 / i) - self.xp.matmul(off, series)
        log = self.xp.matmul(off, series) * 32.0  # 64, half of it: the mean with its transpose
        log = log + ndx.permute_dims(log, (0, 2, 1)) + one * ndx.log(trace)
        return self.keep_shape(log, (0, d, d))

    def _top(
        self, x: Array, k: Array, *, largest: bool, ordered: bool = False
    ) -> tuple[Array, Array]:
        """Return the k largest or smallest values of the last axis and their places."""
        count = self.const(np.array([k], np.int64)) if isinstance(k, int) else ndx.reshape(k, (1,))
        found = op.top_k(
            x.unwrap_spox(), count.unwrap_spox(), axis=-1, largest=int(largest), sorted=int(ordered)
        )
        values, places = (ndx.asarray(part) for part in found)
        return values, places


def _place(level: float, n: Array) -> tuple[Array, Array]:
    """Return the place of a quantile among n ordered values: the one below, and how far above."""
    place = ndx.astype(n - 1, ndx.float64) * level  # float64: exact in long clips
    below = ndx.floor(place)
    return ndx.astype(below, ndx.int64), ndx.astype(place - below, ndx.float32)


def _square_root(matrices: Array, one: Array, n_turns: int) -> Array:
    """Return square roots of matrices of trace 1 at most (as spox's variables)."""
    half, three = op.const(0.5, np.float64), op.mul(one, op.const(3.0, np.float64))

    def turn(_: Array, go_on: Array, root: Array, inverse: Array) -> tuple[Array, ...]:
        factor = op.mul(op.sub(three, op.matmul(inverse, root)), half)
        return go_on, op.matmul(root, factor), op.matmul(factor, inverse)

    start = (matrices, op.expand(one, op.shape(matrices)))
    with warnings.catch_warnings():
        # For all that a Loop knows, its turns may change the shape: it is stated again afterwards.
        warnings.simplefilter("ignore", InferenceWarning)
        root = op.loop(op.const([n_turns]), op.const([True]), start, body=turn)[0]
        return op.reshape(root, op.const(np.array([0, *one.type.shape], np.int64)))


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
