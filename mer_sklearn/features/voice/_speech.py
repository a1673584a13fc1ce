"""What the families of the voice share: where somebody speaks, and how series change there."""

from __future__ import annotations

from ..clip_series import ClipSeries
from ..derived import active, bands, rms_db
from ..ops import Array
from .pitch import voiced

__all__ = [
    "above_lowest",
    "cepstrum",
    "delta",
    "loudest",
    "phonated",
    "place",
    "progress",
    "span",
]

N_MFCC = 40
FEW = 5.5  # voiced frames; a clip with fewer counts as all voiced
RAMP = 1.0  # dB over which a frame becomes a loud one


def cepstrum(clip: ClipSeries) -> Array:
    """40 cepstral coefficients, dB. Needs the series ``mel``."""
    return clip.mfcc(N_MFCC)


def above_lowest(clip: ClipSeries) -> tuple[Array, Array]:
    """Return the levels of 40 bands above the clip's lowest, dB, and that lowest, (n_clips, 1, 1).

    What lies at the floor in all frames is then exactly 0, and does not vary by rounding. Needs
    the series ``mel``.
    """
    levels = clip.once(bands)
    lowest = clip.xp.min(levels, axis=(1, 2), keepdims=True)
    return levels - lowest, lowest


def span(clip: ClipSeries) -> Array:
    """1 from the first to the last active frame, else 0. Needs the series ``rms``."""
    on = clip.once(active)
    begun = clip.xp.cumulative_sum(on, axis=1)
    ahead = clip.xp.sum(on, axis=1, keepdims=True) - begun + on
    return clip.xp.astype(begun * ahead > 0, clip.xp.float32)


def place(clip: ClipSeries) -> Array:
    """Count the frames of the active span, from 1 up. Needs the series ``rms``."""
    return clip.xp.cumulative_sum(clip.once(span), axis=1)


def progress(clip: ClipSeries) -> Array:
    """Place in the active span, 0 at its begin and 1 at its end. Needs the series ``rms``."""
    return (clip.once(place) - 0.5) / clip.xp.sum(clip.once(span), axis=1, keepdims=True)


def phonated(clip: ClipSeries) -> Array:
    """1 in voiced frames, else 0; if fewer than 6 are voiced, 1 in the active ones.

    Needs the series ``pitch`` and ``rms``.
    """
    xp, found = clip.xp, clip.once(voiced)
    enough = xp.astype(xp.sum(found, axis=1, keepdims=True) > FEW, xp.float32)
    return found * enough + clip.once(active) * (1.0 - enough)


def loudest(clip: ClipSeries, share: float, among: Array | None = None) -> Array:
    """Return weights of the loudest frames: a share of all, or of those of a mask.

    The weight rises from 0 to 1 within 1 dB around the level that this share exceeds.
    """
    ops, level = clip.ops, clip.once(rms_db)
    rows, levels = ops.rows(level), [1.0 - share]
    if among is None:
        (limit,) = ops.quantiles(rows, levels)
    else:
        (limit,) = ops.quantiles_where(rows, among[:, :, 0] > 0.5, levels)
    return clip.xp.clip((level - clip.xp.expand_dims(limit, axis=1)) / RAMP + 0.5, 0.0, 1.0)


def delta(clip: ClipSeries, x: Array) -> Array:
    """Return the slope a frame of the line fitted to five frames, ends repeated."""
    shift = clip.ops.shift
    return (shift(x, -2) - shift(x, 2)) * 0.2 + (shift(x, -1) - shift(x, 1)) * 0.1
