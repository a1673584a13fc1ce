"""The clip floor: the series of a clip, and what several families derive from them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .ops import Array, Ops, let_go
from .spectra import DB, SERIES, Frames
from .tables import N_MELS, cosine_table

__all__ = ["ClipSeries", "clip_series"]

TOP_DB = 80.0  # dB below the clip's loudest mel band at which the log-mel spectrum ends
DELTA_WIDTH = 9  # frames that a difference is fitted to, as in librosa


class ClipSeries:
    """The series of one or more clips of one length, each of shape (n_clips, n_frames, n_rows).

    Parameters
    ----------
    ops : Ops
        Who computes.
    series : dict of str to array
        The series by name; they are attributes too (``clip.chroma``).
    n_samples : int or scalar array, default=None
        Samples of a clip, for what counts how much of a frame lies inside it.
    """

    def __init__(self, ops: Ops, series: dict[str, Array], n_samples: Any = None) -> None:
        self.ops, self.xp, self._series, self.n_samples = ops, ops.xp, series, n_samples
        self._derived: dict[Callable[[ClipSeries], Array], Array] = {}

    def once(self, derive: Callable[[ClipSeries], Array]) -> Array:
        """Return what a function derives from this clip, computed the first time only.

        Families that need the same thing derive it by the same function, which stands in one of
        their modules.
        """
        if derive not in self._derived:
            self._derived[derive] = derive(self)
        return self._derived[derive]

    def rest(self) -> None:
        """Between two families: of a long clip, let go of what has been derived and read.

        The next family derives it again, which costs less than an hour's arrays in memory.
        """
        in_files = [let_go(values) for values in self._series.values()]
        if any(in_files):
            self._derived.clear()
            self.__dict__.pop("mel_db", None)

    def __getattr__(self, name: str) -> Array:
        try:
            return self.__dict__["_series"][name]
        except KeyError:
            msg = f"the series {name!r} was not asked for: a family names it in `needs`"
            raise AttributeError(msg) from None

    @functools.cached_property
    def mel_db(self) -> Array:
        """Log-mel spectrum in dB, floored 80 dB below the clip's largest value."""
        return self._in_db(self.mel)

    @functools.cached_property
    def _mel_floor(self) -> Array:
        """The level at which the log-mel spectrum ends, dB, (n_clips, 1, 1)."""
        loudest = self.ops.in_blocks(lambda mel: self.xp.max(mel, axis=-1, keepdims=True), self.mel)
        return _db(self.ops, self.xp.max(loudest, axis=(1, 2), keepdims=True)) - TOP_DB

    def _in_db(self, mel: Array) -> Array:
        """Return some frames of the log-mel spectrum."""
        return self.xp.maximum(_db(self.ops, mel), self._mel_floor)

    def mfcc(self, n_mfcc: int) -> Array:
        """Mel-frequency cepstral coefficients 0 .. n_mfcc - 1.

        The mean over the bands is taken out first: it is coefficient 0 but for a factor, and the
        others no longer cancel sums of a thousand.
        """

        def coefficients(mel: Array) -> Array:
            db = self._in_db(mel)
            mean = self.xp.mean(db, axis=-1, keepdims=True)
            first = mean * float(np.sqrt(N_MELS))
            if n_mfcc == 1:
                return first
            rest = self.xp.matmul(db - mean, self.ops.const(cosine_table(n_mfcc)))
            return self.xp.concat([first, rest], axis=-1)

        return self.ops.in_blocks(coefficients, self.mel)

    def delta(self, x: Array, order: int = 1) -> Array:
        """First or second difference of a series a frame, by a polynomial fitted to 9 frames.

        Savitzky and Golay's filter, as `librosa.feature.delta` with mode "interp": the four frames
        at either end take the value of the nearest full window. A clip of fewer frames repeats its
        last one.
        """
        ops, xp = self.ops, self.xp
        half = DELTA_WIDTH // 2
        n_frames = ops.length(x, 1)
        n_filled = xp.maximum(n_frames, ops.const(np.int64(DELTA_WIDTH)))
        filled = ops.at(x, ops.arange(n_filled))
        total = None
        for place, weight in enumerate(_delta_weights(order)):
            if weight == 0.0:
                continue
            shifted = filled[:, place : place - DELTA_WIDTH + 1 or None, :] * weight
            total = shifted if total is None else total + shifted
        return ops.at(total, ops.arange(n_frames) - half)


def clip_series(ops: Ops, signal: Array | Iterator[Array], needs: Sequence[str]) -> ClipSeries:
    """Compute the wanted series of clips in one pass.

    Parameters
    ----------
    ops : Ops
        Who computes.
    signal : array of shape (n_clips, n_samples), or iterator of arrays of shape (n_samples,)
        The clips, or one clip in parts.
    needs : sequence of str
        Names of the series.

    Returns
    -------
    ClipSeries
        The series.
    """
    wanted = [SERIES[name] for name in needs]

    def function(hops: Array) -> list[Array]:
        frames = Frames(ops, hops)
        return [frames.once(series.function) for series in wanted]

    parts = _Counted(signal) if isinstance(signal, Iterator) else None
    kinds = [(series.width, series.step) for series in wanted]
    values = ops.over_frames(signal if parts is None else parts, function, kinds)
    n_samples = ops.length(signal, 1) if parts is None else parts.n_samples
    return ClipSeries(ops, dict(zip(needs, values, strict=True)), n_samples)


class _Counted:
    """Parts of a signal, and how many samples have gone by."""

    def __init__(self, parts: Iterator[Array]) -> None:
        self._parts, self.n_samples = parts, 0

    def __iter__(self) -> Iterator[Array]:
        for part in self._parts:
            self.n_samples += len(part)
            yield part


def _db(ops: Ops, power: Array) -> Array:
    """Return the level of a power in dB, at least -100."""
    return ops.xp.log(ops.xp.maximum(power, ops.scalar(1e-10))) * DB


@functools.cache
def _delta_weights(order: int) -> tuple[float, ...]:
    """Return the weights of the derivative of a fitted line (1) or parabola (2)."""
    place = np.arange(DELTA_WIDTH) - DELTA_WIDTH // 2
    powers = np.stack([place**k for k in range(order + 1)], axis=1)
    weights = np.linalg.pinv(powers)[order] * order  # the factor is order!, for 1 and 2
    return tuple(float(w) if abs(w) > 1e-12 else 0.0 for w in weights)
