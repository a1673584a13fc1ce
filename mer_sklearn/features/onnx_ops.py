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
from .resampling import OUT, block_of, low_pass

__all__ = ["GraphOps"]

BLOCKS = 256  # resampled at a time: 1.7 seconds


class _PlainNamespace:
    """ndonnx without its guards for NaN and empty arrays."""

    def __getattr__(self, name: str) -> Array:
        return getattr(ndx, name)

    def matmul(self, a: Array, b: Array, /) -> Array:
        return ndx.asarray(op.matmul(a.unwrap_spox(), b.unwrap_spox()))

    def maximum(self, a: Array, b: Array, /) -> Array:
        return self._of_two(ndx.maximum, op.max, a, b)

    def minimum(self, a: Array, b: Array, /) -> Array:
        return self._of_two(ndx.minimum, op.min, a, b)

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
    def _of_two(careful: Array, plain: Array, a: Array, b: Array) -> Array:
        """Apply an operator that ndonnx spells out in three where the numbers are whole."""
        if all(isinstance(x, ndx.Array) and x.dtype == ndx.int64 for x in (a, b)):
            return ndx.asarray(plain([a.unwrap_spox(), b.unwrap_spox()]))
        return careful(a, b)

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
        one = op.shape(x.unwrap_spox(), start=axis, end=axis + 1)
        return ndx.asarray(op.squeeze(one, op.const([0])))

    def quotient(self, n: Array, by: Array) -> Array:
        """Return ``n // by``; ndonnx's own has nine nodes, as it also knows numbers below 0."""
        by = self.integer(by) if isinstance(by, int) else by
        return ndx.asarray(op.div(n.unwrap_spox(), by.unwrap_spox()))

    def real(self, n: Array) -> Array:
        """Return a length as a float32 number."""
        return ndx.astype(n, ndx.float32)

    def arange(self, n: Array) -> Array:
        """Return the integers 0 .. n - 1."""
        return ndx.arange(n)

    def keep_shape(self, x: Array, shape: Sequence[int]) -> Array:
        """Reshape as ONNX does: 0 keeps an axis, which ndonnx's own reshape would not allow."""
        return ndx.asarray(op.reshape(x.unwrap_spox(), op.const(np.asarray(shape, np.int64))))

    def to_working_rate(self, signal: Array, rate: int) -> Array:
        """Write the filter of `resampling.to_working_rate`, over chunks of blocks.

        Each turn cuts its chunk out of the signal, so that no second copy of it is needed.
        """
        block = block_of(rate)
        first, second = (self.const(table) for table in np.split(low_pass(rate), 2))
        n_out = self.quotient(self.length(signal, 1) * OUT + (block - 1), block)
        n_blocks = self.quotient(n_out + (OUT - 1), OUT)
        chunk = self.xp.minimum(self.integer(BLOCKS), n_blocks)
        n_chunks = self.quotient(n_blocks + chunk - 1, chunk)

        def body(start: Array) -> list[Array]:
            piece = self._piece(signal, ndx.asarray(start) - block // 2, (chunk + 1) * block)
            blocks = self.keep_shape(piece, (0, -1, block))
            before, after = blocks[:, :-1, :], blocks[:, 1:, :]
            out = self.xp.matmul(before, first) + self.xp.matmul(after, second)
            return [self.keep_shape(out, (0, -1)).unwrap_spox()]

        starts = (ndx.arange(n_chunks) * (chunk * block)).unwrap_spox()
        (found,) = op.scan([starts], body=body, num_scan_inputs=1, scan_output_axes=[1])
        return self.keep_shape(self.keep_shape(ndx.asarray(found), (0, -1))[:, :n_out], (0, -1))

    def _piece(self, signal: Array, begin: Array, size: Array) -> Array:
        """Return so many samples of a signal from one on, silence where it has none."""
        begin, none = ndx.reshape(begin, (1,)), self.const(np.array([0], np.int64))
        end, last = begin + size, ndx.reshape(self.length(signal, 1), (1,))
        first, stop = (self.xp.minimum(self.xp.maximum(x, none), last) for x in (begin, end))
        inside = op.slice(
            signal.unwrap_spox(), first.unwrap_spox(), stop.unwrap_spox(), op.const([1])
        )
        pads = ndx.concat([none, first - begin, none, end - stop])
        return ndx.asarray(op.pad(inside, pads.unwrap_spox()))

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

        Each turn cuts its chunk out of the signal, with the three hop blocks that its last frame
        needs, so that no second copy of the signal is needed. spox moves a node into the innermost
        graph that uses it; what makes the signal stays outside because its length is asked there.
        """
        n_frames = self.quotient(self.length(signal, 1), HOP) + 1
        chunk = self.xp.minimum(self.integer(self.chunk), self.quotient(n_frames + 3, 4) * 4)
        n_chunks = self.quotient(n_frames + chunk - 1, chunk)
        n_samples = (chunk + (HOPS_PER_FRAME - 1)) * HOP

        def body(start: Array) -> list[Array]:
            piece = self._piece(signal, ndx.asarray(start) - N_FFT // 2, n_samples)
            values = function(self.keep_shape(piece, (0, -1, HOP)))
            return [value.unwrap_spox() for value in values]

        starts = (ndx.arange(n_chunks) * (chunk * HOP)).unwrap_spox()
        scanned = op.scan([starts], body=body, num_scan_inputs=1, scan_output_axes=[1] * len(kinds))
        series = []
        for values, (width, step) in zip(scanned, kinds, strict=True):
            joined = self.keep_shape(ndx.asarray(values), (0, -1, width))
            n_kept = self.quotient(n_frames + (step - 1), step)
            # A slice with a dynamic bound forgets the static axes: they are stated again.
            series.append(self.keep_shape(joined[:, :n_kept, :], (0, 0, width)))
        return series

    def spectrum(self, hops: Array) -> tuple[Array, Array]:
        """Return the power and magnitude spectra of frames given as hop blocks.

        The transform is two matrix products (Cooley and Tukey's split, 64 x 32). Sample 32 a + b
        and bin c + 64 d: first the sums over a for each b and c (only half of the c are needed, the
        frame being real), then those over b for each c and d, with the twiddle factors inside the
        second table. Of the bins that c gives, half are those of 64 - c mirrored: they are laid
        where they belong by whole blocks, which costs far less than bin by bin.
        """
        first, second = _dft_tables()
        n_c, n_b = first.shape[0] // 2, second.shape[1] // 2
        n_frames = self.length(hops, 1) - (HOPS_PER_FRAME - 1)
        shifted = [hops[:, i : n_frames + i, :] for i in range(HOPS_PER_FRAME)]
        frames = ndx.concat(shifted, axis=-1) * self.const(WINDOW)
        sums = self.xp.matmul(self.const(first), self.keep_shape(frames, (0, 0, N_FFT // n_b, n_b)))
        sums = ndx.permute_dims(self.keep_shape(sums, (0, 0, 2, n_c, n_b)), (3, 0, 1, 2, 4))
        sums = self.xp.matmul(
            self.keep_shape(sums, (0, 0, 0, 2 * n_b)), self.const(second[:, None])
        )
        squares, d = sums * sums, n_b // 2
        own = squares[..., :d] + squares[..., d : 2 * d]
        mirrored = squares[..., 2 * d : 3 * d] + squares[..., 3 * d :]
        back = ndx.take(mirrored, self.const(np.arange(n_c - 2, 0, -1)), axis=0)
        power = ndx.permute_dims(ndx.concat([own, back], axis=0), (1, 2, 3, 0))
        top = ndx.permute_dims(mirrored[:1, :, :, -1:], (1, 2, 3, 0))
        ends = [self.keep_shape(part, (0, 0, -1)) for part in (power, top)]
        power = self.keep_shape(ndx.concat(ends, axis=-1), (0, 0, N_BINS))
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
        n = self.length(rows, 2)
        ordered, _ = self._top(rows, n, largest=False, ordered=True)
        below, share = self._places(levels, n)
        above = self.xp.minimum(below + 1, n - 1)
        low, high = (ndx.take(ordered, index, axis=2) for index in (below, above))
        return self._apart(low + (high - low) * share, len(levels))

    def quantiles_where(self, rows: Array, mask: Array, levels: Sequence[float]) -> list[Array]:
        """Return quantiles of each row over the frames of a mask (n_clips, n_frames); 0 if none."""
        chosen = ndx.expand_dims(mask, axis=1)
        n = ndx.sum(ndx.astype(chosen, ndx.int64), axis=2, keepdims=True)
        # Frames outside the mask come last.
        rows = ndx.where(chosen, rows, self.const(np.finfo(np.float32).max))
        ordered, _ = self._top(rows, self.length(rows, 2), largest=False, ordered=True)
        last = self.xp.maximum(n - 1, self.integer(0))
        below, share = self._places(levels, last + 1)
        above = self.xp.minimum(below + 1, last)
        # GatherElements wants an index a value.
        every = ndx.zeros_like(ordered[:, :, :1], dtype=ndx.int64)
        low, high = (ndx.take_along_axis(ordered, i + every, axis=2) for i in (below, above))
        values = ndx.where(n > 0, low + (high - low) * share, self.scalar(0.0))
        return self._apart(values, len(levels))

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

    def _places(self, levels: Sequence[float], n: Array) -> tuple[Array, Array]:
        """Return where quantiles lie among n ordered values: the one below, and how far above."""
        # float64: exact in long clips
        place = ndx.astype(n - 1, ndx.float64) * self.const(np.array(levels, np.float64))
        below = ndx.floor(place)
        return ndx.astype(below, ndx.int64), ndx.astype(place - below, ndx.float32)

    def _apart(self, x: Array, n: int) -> list[Array]:
        """Return the n values of the last axis one by one, the axis dropped."""
        places = [op.const(np.int64(place)) for place in range(n)]
        return [ndx.asarray(op.gather(x.unwrap_spox(), place, axis=-1)) for place in places]

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
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the two tables of the split transform.

    The columns of the second are, for each c, the real and the imaginary parts of the bins
    c + 64 d, d = 0 .. 15, and then of those that mirror 64 - c + 64 d, d = 0 .. 15.
    """
    half = n_a // 2 + 1
    turns = np.outer(np.arange(half), np.arange(n_a)) % n_a
    first = np.exp(-2j * np.pi * turns / n_a)
    b, d = np.arange(n_b)[:, None], np.arange(n_b // 2)
    second = []
    for c in range(half):
        tables = []
        for bins in (c + n_a * d, N_FFT - n_a + c - n_a * d):  # |X(k)| = |X(N - k)|
            twiddle = np.exp(-2j * np.pi * ((b * bins) % N_FFT) / N_FFT)
            re, im = twiddle.real, twiddle.imag
            tables.append(np.block([[re, im], [-im, re]]))
        second.append(np.concatenate(tables, axis=1))
    return (
        np.concatenate([first.real, first.imag]).astype(np.float32),
        np.array(second, np.float32),
    )
