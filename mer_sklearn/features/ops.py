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

import contextlib
import functools
import mmap
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import scipy.fft

from ..audio import SAMPLE_RATE

__all__ = ["FRAME_RATE", "HOP", "N_BINS", "N_FFT", "Array", "Bank", "NumpyOps", "Ops", "let_go"]

# numpy's and ndonnx's arrays share the interface of the standard, but no type that can be named.
Array: TypeAlias = Any
FrameFunction: TypeAlias = Callable[[Array], Sequence[Array]]

N_FFT, HOP = 2048, 512  # samples
N_BINS = N_FFT // 2 + 1
HOPS_PER_FRAME = N_FFT // HOP
FRAME_RATE = SAMPLE_RATE / HOP  # frames per second
BIN_HZ = SAMPLE_RATE / N_FFT  # Hz between two bins
GATHERED = 2**21  # samples of a stream that are taken at a time, 95 s
PIECE = 2**12  # frames of a long clip that are computed at a time
ROWS = 8  # rows of a long clip that are summarized at a time
LONG = 2**14  # frames, 6 minutes; longer series are in files and computed in blocks
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
    over_frames: Callable[[Any, FrameFunction, Sequence[tuple[int, int]]], list[Array]]
    in_blocks: Callable[..., Array]
    row_groups: Callable[[Array], list[Array]]
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
        self,
        signal: Array | Iterable[Array],
        function: FrameFunction,
        kinds: Sequence[tuple[int, int]],
    ) -> list[Array]:
        """Run a function over blocks of frames and join what it gives.

        Parameters
        ----------
        signal : array of shape (n_clips, n_samples), or iterable of arrays of shape (n_samples,)
            The clips, or one clip that comes in parts of any length; each is let go after use.
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
        parts = [signal] if isinstance(signal, np.ndarray) else _gathered(signal)
        series = [_Growing(width) for width, _ in kinds]
        with contextlib.ExitStack() as files:
            for whole in series:
                files.callback(whole.close)
            for hops in _hop_blocks(_pieces(parts, self.block * HOP), self.block):
                of_block = function(hops)
                with _room_on_disk():
                    for whole, values in zip(series, of_block, strict=True):
                        whole.append(values)
            with _room_on_disk():
                return [whole.joined() for whole in series]

    def in_blocks(self, function: Callable[..., Array], *series: Array) -> Array:
        """Run a function over blocks of frames of long series, which need no more memory then.

        Parameters
        ----------
        function : callable
            Takes arrays of the same frames of all series, gives one (n_clips, n_frames, width);
            no frame may depend on another.
        *series : array of shape (n_clips, n_frames, n_rows)
            What it is run on.

        Returns
        -------
        array of shape (n_clips, n_frames, width)
            What it gives.
        """
        n_frames = series[0].shape[1]
        if n_frames <= LONG:
            return function(*series)
        out: Array = None
        for start in range(0, n_frames, PIECE):
            values = function(*(x[:, start : start + PIECE] for x in series))
            if out is None:
                out = np.empty((len(values), n_frames, values.shape[2]), values.dtype)
            out[:, start : start + PIECE] = values
            for x in series:
                let_go(x)
        return out

    def row_groups(self, x: Array) -> list[Array]:
        """Return a series as it is, or of a long clip some of its rows at a time."""
        if x.shape[1] <= LONG:
            return [x]
        return [x[:, :, i : i + ROWS] for i in range(0, x.shape[2], ROWS)]

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


def _gathered(parts: Iterable[Array]) -> Iterator[Array]:
    """Yield parts of a signal, (n_samples,), a minute or two at a time, (1, n_samples).

    Decoding and transforming by turns would drive each other out of the caches.
    """
    held: list[Array] = []
    for part in parts:
        held.append(part)
        if sum(map(len, held)) >= GATHERED:
            yield np.concatenate(held)[None]
            held = []
    if held:
        yield np.concatenate(held)[None]


def _pieces(parts: Iterable[Array], size: int) -> Iterator[Array]:
    """Cut parts of a signal, (n_clips, n_samples), into pieces of a size or less."""
    for part in parts:
        for start in range(0, part.shape[1], size):
            yield part[:, start : start + size]


def _hop_blocks(pieces: Iterable[Array], size: int) -> Iterator[Array]:
    """Yield the hop blocks of `size` frames at a time, and of those that are left at the end.

    The signal is padded with half a frame of zeros on either side. Where it is cut into pieces
    makes no difference.
    """
    n_samples, n_done = 0, 0
    held: list[Array] = []  # samples that are not done with
    taken = 0  # how many they are
    for piece in pieces:
        if not held:
            held, taken = [np.zeros((len(piece), N_FFT // 2), np.float32)], N_FFT // 2
        held.append(np.asarray(piece, np.float32))
        n_samples, taken = n_samples + piece.shape[1], taken + piece.shape[1]
        while taken >= (size + HOPS_PER_FRAME - 1) * HOP:
            whole = np.concatenate(held, axis=1)
            yield _as_hops(whole, size)
            held = [whole[:, size * HOP :]]
            n_done, taken = n_done + size, taken - size * HOP
    rest = np.concatenate(held, axis=1)
    n_left = n_samples // HOP + 1 - n_done
    rest = np.pad(rest, ((0, 0), (0, N_FFT)))
    for start in range(0, n_left, size):
        yield _as_hops(rest[:, start * HOP :], min(size, n_left - start))


def _as_hops(samples: Array, n_frames: int) -> Array:
    """Return the first samples as the hop blocks of some frames."""
    n_hops = n_frames + HOPS_PER_FRAME - 1
    return samples[:, : n_hops * HOP].reshape(len(samples), n_hops, HOP)


class _Growing:
    """A series that grows: in memory, and of a long clip in a temporary file.

    An hour of the widest series is 76 MiB. From a file, what is being read is in memory, and what
    has been read can leave it (`let_go`).
    """

    def __init__(self, width: int) -> None:
        self._width, self._length = width, 0
        self._held: Array = None  # what is in memory
        self._file: IO[bytes] | None = None

    def append(self, values: Array) -> None:
        """Append the values of some frames, (n_clips, n_frames, width)."""
        start, self._length = self._length, self._length + values.shape[1]
        if self._held is None and self._file is None:  # what is not written to takes no memory
            self._held = np.empty((len(values), LONG, self._width), np.float32)
        while self._file is None and self._length > self._held.shape[1]:
            self._make_room(start)
        if self._file is None:
            self._held[:, start : self._length] = values
        else:
            self._file.write(np.asarray(values, np.float32).tobytes())

    def _make_room(self, length: int) -> None:
        """Go on in a file; several clips at once stay in memory."""
        if len(self._held) > 1:
            self._held = np.concatenate([self._held, np.empty_like(self._held)], axis=1)
            return
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `close`
        self._file.write(self._held[:, :length].tobytes())
        self._held = None

    def joined(self) -> Array:
        """Return all values, (n_clips, n_frames, width)."""
        if self._file is None:
            return np.ascontiguousarray(self._held[:, : self._length])
        self._file.flush()
        shape = (1, self._length, self._width)
        return np.asarray(np.memmap(self._file, np.float32, "r", shape=shape))

    def close(self) -> None:
        """Close the file; what was joined keeps its place on the disk until it is let go."""
        if self._file is not None:
            self._file.close()


@contextlib.contextmanager
def _room_on_disk() -> Iterator[None]:
    """Say that a full disk is a want of memory, which costs one clip and not the run."""
    try:
        yield
    except OSError as error:
        msg = f"no room for the series of a long clip in {tempfile.gettempdir()}"
        raise MemoryError(msg) from error


def let_go(x: Array) -> bool:
    """Let what was read of a series in a file leave memory; it comes back when it is read again.

    Returns
    -------
    bool
        Whether the series is in a file.
    """
    while isinstance(x, np.ndarray):
        x = x.base
    if not isinstance(x, mmap.mmap):
        return False
    if hasattr(mmap, "MADV_DONTNEED"):
        x.madvise(mmap.MADV_DONTNEED)
    return True


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
