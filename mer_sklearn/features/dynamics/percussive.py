"""How much of the energy is struck and how much is held."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from ...errors import InputError
from ..clip_series import ClipSeries
from ..family import FeatureFamily, Meaning
from ..ops import Array
from ..spectra import DB
from ..statistics import summarize
from ..tables import N_MELS

__all__ = ["Percussive"]

N_PAIRS = N_MELS // 2
N_FRAMES, N_NEIGHBOURS = 16, 8  # of the medians: frames of 46 ms (0.74 s), pairs of mel bands
REGIONS = {
    "low": (0, 8),
    "low_mid": (8, 20),
    "high_mid": (20, 40),
    "high": (40, N_PAIRS),
    "all": (0, N_PAIRS),
}
N_ZONES = 16
STATISTICS = ("mean", "std", "p10", "p90")
LOW = 1e-8  # of a frame's energy: 80 dB below it, only the rounding of the spectrum is left
TINY = 1e-10


class Percussive(FeatureFamily):
    """Share of the energy that is percussive: short in time and broad in frequency.

    Running medians of the mel spectrum (pairs of 128 bands, pairs of frames) over 0.74 s remove
    what is struck, and over 8 neighbouring pairs what is held; the percussive share p^2 / (p^2 +
    h^2) of each pair compares the two. Regions: 0 to 430 Hz (``low``), to 1050 (``low_mid``), to
    3040 (``high_mid``), to 11025 Hz (``high``), and ``all``.

    =======================  ========  ============================================================
    column                   unit      what it is
    =======================  ========  ============================================================
    <region>                 0 to 1    percussive share of the clip's energy: near 1 for clicks,
                                       near 0 for a held tone
    <region>__<statistic>    0 to 1    percussive share of the frames' energy: mean, std, p10, p90
    zone_<i>__mean, __std    0 to 1    mean and standard deviation of the share in zones 0 to 15 of
                                       8 mel bands, from low to high, weak or strong alike
    balance                  dB        percussive less held level, mean of the frames
    struck__std, held__std   dB        standard deviation of the two levels
    struck__change,          dB        mean absolute change of the two levels between frames of
    held__change                       46 ms
    =======================  ========  ============================================================

    Parameters
    ----------
    zones : bool, default=True
        Whether to give the zones.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``percussive__all``.

    References
    ----------
    D. FitzGerald: Harmonic/percussive separation using median filtering. DAFx 2010.

    Examples
    --------
    >>> import numpy as np
    >>> time = np.arange(2 * 22_050)
    >>> clicks, tone = (time % 5_000 == 0) * 1.0, np.sin(2 * np.pi * 440 / 22_050 * time)
    >>> percussive = Percussive().set_output(transform="pandas")
    >>> share = percussive.fit_transform(np.stack([clicks, tone]))["percussive__all"]
    >>> bool(share[0] > 0.9), bool(share[1] < 0.1)
    (True, True)
    """

    name = "percussive"
    needs = ("mel",)
    meanings = (
        Meaning("zone_*", "0 to 1", "percussive share in a sixteenth of the mel bands"),
        Meaning("balance", "dB", "percussive less held level"),
        Meaning("struck", "dB", "how much the percussive level moves"),
        Meaning("held", "dB", "how much the held level moves"),
        Meaning("*__*", "0 to 1", "percussive share of the frames' energy"),
        Meaning("*", "0 to 1", "percussive share of the clip's energy"),
    )
    source = "FitzGerald 2010; statistics of this project"

    def __init__(self, *, zones: bool = True) -> None:
        self.zones = zones

    def check(self) -> None:
        """Refuse parameters that make no sense."""
        super().check()
        if not isinstance(self.zones, bool | np.bool_):
            raise InputError(f"zones={self.zones!r} must be True or False.")

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        names = [*REGIONS, *(f"{region}__{s}" for s in STATISTICS for region in REGIONS)]
        if self.zones:
            names += [f"zone_{i}__{s}" for s in ("mean", "std") for i in range(N_ZONES)]
        names += ["balance", "struck__std", "held__std", "struck__change", "held__change"]
        return [f"{self.name}__{name}" for name in names]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips."""
        xp, ops = clip.xp, clip.ops
        power = _pooled(clip)
        low = xp.max(power, axis=-1, keepdims=True) * LOW + TINY
        share, rest = _shares(clip, power, low)

        regions = ops.const(_means(tuple(REGIONS.values())))
        energy, struck = xp.matmul(power, regions), xp.matmul(power * share, regions)
        held = xp.matmul(power * rest, regions[:, -1:])
        of_clip = xp.sum(struck, axis=1) / xp.sum(energy + low, axis=1)
        values = [of_clip, summarize(clip, struck / (energy + low), STATISTICS)]
        if self.zones:
            zones = xp.matmul(share, ops.const(_means(_zones())))
            values.append(summarize(clip, zones, ("mean", "std")))
        values.append(_levels(clip, struck[..., -1:] + low, held + low))
        return xp.concat(values, axis=-1)


def _pooled(clip: ClipSeries) -> Array:
    """Return the power of pairs of mel bands in pairs of frames, (n_clips, n_pairs, 64)."""
    ops = clip.ops
    bands = clip.mel[..., ::2] + clip.mel[..., 1::2]
    even = ops.arange((ops.length(bands, 1) + 1) // 2) * 2
    return ops.at(bands, even) + ops.at(bands, even + 1)


def _shares(clip: ClipSeries, power: Array, low: Array) -> tuple[Array, Array]:
    """Return the percussive share of each band and frame, and what remains of it to 1."""
    ops = clip.ops
    magnitude = clip.xp.sqrt(power)
    held = ops.running_median(magnitude, N_FRAMES)
    struck = ops.rows(ops.running_median(ops.rows(magnitude), N_NEIGHBOURS))
    held, struck = held * held + low, struck * struck
    # The rest by itself: 1 less a share near 1 is only rounding.
    return struck / (struck + held), held / (struck + held)


def _levels(clip: ClipSeries, struck: Array, held: Array) -> Array:
    """Return how the percussive and the held level lie and move, shape (n_clips, 5)."""
    xp, ops = clip.xp, clip.ops
    levels = xp.log(xp.concat([struck, held], axis=-1)) * DB
    mean, std = xp.mean(levels, axis=1), summarize(clip, levels, ("std",))
    change = xp.mean(xp.abs(levels - ops.shift(levels, 1)), axis=1)
    return xp.concat([mean[:, :1] - mean[:, 1:], std, change], axis=-1)


def _zones() -> tuple[tuple[int, int], ...]:
    """Return the first and last pair of 16 zones."""
    width = N_PAIRS // N_ZONES
    return tuple((first, first + width) for first in range(0, N_PAIRS, width))


@functools.cache
def _means(spans: tuple[tuple[int, int], ...]) -> npt.NDArray[np.float32]:
    """Return the table of the means over spans of pairs of bands."""
    table = np.zeros((N_PAIRS, len(spans)), np.float32)
    for column, (first, stop) in enumerate(spans):
        table[first:stop, column] = 1 / (stop - first)
    return table
