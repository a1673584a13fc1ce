"""Formants: the resonances of the vocal tract."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from ..clip_series import ClipSeries
from ..family import FeatureFamily, Meaning
from ..ops import BIN_HZ, N_BINS, Array, Bank, Ops
from ..spectra import DB, Frames, series
from ..statistics import summarize
from ._speech import phonated

__all__ = ["Formants"]

ORDER = 10  # poles: five resonances below 5 kHz
LOW_HZ, TOP_HZ = 50.0, 5_000.0
EMPHASIS = 0.97  # of the pre-emphasis, 6 dB an octave
WHITE = 3e-3  # share of white noise added, so that no pole comes too near to the unit circle
FIRST_HZ, STEP_HZ, N_POINTS = 200.0, 50.0, 70  # points of the envelope, 200 to 3650 Hz
RANGES = ((250, 1000), (850, 2600), (2000, 3600))  # Hz, where each formant is sought
APART = 200.0  # Hz, at least, between two formants
TILT = 12.0  # dB an octave by which lower peaks are preferred: as much as a glottis falls
NO_PEAK, OUTSIDE = -30.0, -1e3  # dB by which points count less that are no peaks, or out of range
BENT = -1e-2  # dB a point^2; a top that curves less is none

GRID = FIRST_HZ + np.arange(N_POINTS) * STEP_HZ
ROWS = ("f1", "f1_level", "f2", "f2_level", "f3", "f3_level", "gain")
RATIOS = ("f2_f1", "f3_f2", "f1_f2_level")
STATISTICS = ("mean", "std", "p10", "p90")


@series(width=len(ROWS))
def formants(frames: Frames) -> Array:
    """Frequencies in Hz and levels in dB of three formants, and the gain of prediction in dB.

    The poles are those of linear prediction of the signal below 5 kHz, from its power spectrum
    (Makhoul: Linear prediction: a tutorial review. Proceedings of the IEEE 63, 1975).
    """
    ops, xp = frames.ops, frames.xp
    sums = xp.astype(ops.project(frames.power, _autocorrelation()), xp.float64)
    floor = xp.astype(frames.low, xp.float64) * float(N_BINS)
    predictor, error = _levinson(ops, sums, floor)
    cosines, sines = _waves()
    re, im = (xp.matmul(predictor, ops.const(table)) for table in (cosines, sines))
    envelope = xp.astype(xp.log(re * re + im * im) * -DB, xp.float32)

    found: list[Array] = []
    above = ops.scalar(0.0)
    peaked = _peaked(ops, envelope)
    for low, high in RANGES:
        hz, level = _formant(ops, envelope, peaked, above, low, high)
        found += [hz, level]
        above = hz + APART
    return xp.concat([*found, xp.astype(xp.log(error) * DB, xp.float32)], axis=-1)


class Formants(FeatureFamily):
    """The first three formants: which vowels are spoken, and with what mouth.

    ==========================  ========  =========================================================
    series                      unit      what it is
    ==========================  ========  =========================================================
    f1, f2, f3                  Hz        frequency: 250 to 1000, 850 to 2600, 2000 to 3600 Hz
    f1_level, ...               dB        height of the envelope there
    gain                        dB        power that linear prediction leaves of the pre-emphasized
                                          signal: 0 if that is flat up to 5 kHz (white noise, which
                                          it tilts, has -2.6), the lower the more peaked
    f2_f1, f3_f2                octaves   distance of two formants
    f1_f2_level                 dB        level of the first less that of the second
    ==========================  ========  =========================================================

    The envelope is that of linear prediction of order 10 of the pre-emphasized signal below 5 kHz,
    by Levinson's recursion; a formant is its highest peak in range, at least 200 Hz above the one
    before, where lower peaks are preferred by 12 dB an octave. Statistics: mean, std, p10 and p90
    over the voiced frames (a clip of fewer than 6 takes its active ones). In voices above some
    250 Hz the harmonics lie too far apart: the nearest one is found instead of the formant. Nothing
    depends on the recording level down to about -50 dBFS, below which a floor begins to count.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``formants__f1__mean``.

    References
    ----------
    J. Makhoul: Linear prediction: a tutorial review. Proceedings of the IEEE 63, 1975.

    Examples
    --------
    Harmonics of 120 Hz, strong about 700 and 1200 Hz as in an open "ah":

    >>> import numpy as np
    >>> time, hz = np.arange(22_050) / 22_050, 120 * np.arange(1, 40)
    >>> strength = sum(1 / (1 + ((hz - peak) / 60) ** 2) for peak in (700, 1200, 2600)) + 0.01
    >>> vowel = np.sin(2 * np.pi * np.outer(time, hz)) @ (strength / hz)
    >>> table = Formants().set_output(transform="pandas").fit_transform(vowel[None])
    >>> [round(table[f"formants__{name}__mean"][0], -2).item() for name in ("f1", "f2", "f3")]
    [700.0, 1200.0, 2600.0]
    """

    name = "formants"
    needs = ("formants", "pitch", "rms")
    meanings = (
        Meaning("f1_f2_level", "dB", "first formant over the second"),
        Meaning("f2_f1", "octaves", "distance of two formants: front vowels or back vowels"),
        Meaning("f3_f2", "octaves", "distance of two formants"),
        Meaning("f[123]_level", "dB", "height of the envelope at a formant"),
        Meaning("f[123]", "Hz", "frequency of a formant"),
        Meaning("gain", "dB", "power that prediction leaves: the lower the more peaked"),
    )
    source = "Makhoul 1975 (linear prediction)"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        rows = (*ROWS, *RATIOS)
        return [f"{self.name}__{row}__{name}" for name in STATISTICS for row in rows]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, 40)."""
        xp, rows = clip.xp, clip.formants
        f1, f2, f3 = (xp.log(rows[..., i : i + 1]) * float(1 / np.log(2)) for i in (0, 2, 4))
        levels = rows[..., 1:2] - rows[..., 3:4]
        series = xp.concat([rows, f2 - f1, f3 - f2, levels], axis=-1)
        return summarize(clip, series, STATISTICS, clip.once(phonated))


def _levinson(ops: Ops, sums: Array, floor: Array) -> tuple[Array, Array]:
    """Return the predictor's 11 coefficients and the share of the power that it leaves."""
    xp = ops.xp
    whole = sums[..., :1] * (1.0 + WHITE) + floor
    r = [sums[..., i : i + 1] / whole for i in range(ORDER + 1)]
    one = xp.ones_like(whole)
    coefficients: list[Array] = []
    error = one
    for order in range(1, ORDER + 1):
        known = r[order]
        for i, coefficient in enumerate(coefficients):
            known = known + coefficient * r[order - 1 - i]
        reflection = -known / error
        mirrored = [c * reflection for c in reversed(coefficients)]
        coefficients = [c + m for c, m in zip(coefficients, mirrored, strict=True)]
        coefficients.append(reflection)
        error = error * (1.0 - reflection * reflection)
    return xp.concat([one, *coefficients], axis=-1), error


def _peaked(ops: Ops, envelope: Array) -> Array:
    """Return the envelope tilted towards low frequencies, less what is no peak."""
    xp = ops.xp
    before, inside, after = envelope[..., :-2], envelope[..., 1:-1], envelope[..., 2:]
    is_top = xp.logical_and(inside > before, inside >= after)
    is_bent = before + after - inside * 2.0 < BENT
    is_peak = xp.logical_and(is_top, is_bent)
    tilt = -TILT * np.log2(GRID[1:-1] / 1000)
    tilted = inside + ops.const(tilt.astype(np.float32))
    return tilted + xp.where(is_peak, ops.scalar(0.0), ops.scalar(NO_PEAK))


def _formant(
    ops: Ops, envelope: Array, peaked: Array, above: Array, low: float, high: float
) -> tuple[Array, Array]:
    """Return frequency and level of the highest peak in a range and above the formant before."""
    xp, grid = ops.xp, GRID[1:-1].astype(np.float32)
    in_range = np.where((grid >= low) & (grid < high), 0.0, OUTSIDE).astype(np.float32)
    higher = xp.where(ops.const(grid) > above, ops.scalar(0.0), ops.scalar(OUTSIDE))
    place = xp.argmax(peaked + higher + ops.const(in_range), axis=-1, keepdims=True)
    before, at, after = (xp.take_along_axis(envelope, place + i, axis=-1) for i in range(3))
    slope, curve = (after - before) * 0.5, after - at * 2.0 + before
    off = xp.clip(-slope / xp.minimum(curve, ops.scalar(BENT)), -0.5, 0.5)
    hz = (xp.astype(place, xp.float32) + off) * STEP_HZ + float(GRID[1])
    return hz, at + slope * off * 0.5


@functools.cache
def _autocorrelation() -> Bank:
    """Return the cosines of 11 lags at twice 5 kHz, with the pre-emphasis."""
    hz = np.arange(N_BINS) * BIN_HZ
    turn = np.pi * np.minimum(hz / TOP_HZ, 1.0)
    emphasis = 1 + EMPHASIS**2 - 2 * EMPHASIS * np.cos(turn)
    cosines = np.cos(np.outer(turn, np.arange(ORDER + 1))) * emphasis[:, None]
    cosines[(hz < LOW_HZ) | (hz > TOP_HZ)] = 0.0
    return Bank(cosines)


@functools.cache
def _waves() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return cosines and sines of the predictor's delays at the points of the envelope."""
    turns = np.pi * np.outer(np.arange(ORDER + 1), GRID / TOP_HZ)
    return np.cos(turns), np.sin(turns)
