"""The rules of `EmotionLabeller` as array functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...features.ops import Array
from ...labels import ANGER_AROUSAL
from .base import TailOps

if TYPE_CHECKING:
    from ...labels import EmotionLabeller

__all__ = ["NO_LABEL", "emotions"]

NO_LABEL = ""  # where Python has None

# Names by (pleasant, aroused, angry): unpleasant first, calm first, then below and above anger.
CORNERS = {
    "quadrants": ["sad", "sad", "angry", "angry", "calm", "calm", "happy", "happy"],
    "deam-three": [*["sadness"] * 2, "fear", "sadness", *[NO_LABEL] * 2, *["happiness"] * 2],
    "deam-four": ["sadness", "anger", "fear", "anger", *[NO_LABEL] * 2, *["happiness"] * 2],
}


def emotions(ops: TailOps, values: Array, labeller: EmotionLabeller) -> Array:
    """Return the emotion of each point, `NO_LABEL` where the scheme has none.

    Parameters
    ----------
    ops : TailOps
        Who computes.
    values : array of shape (n_rows, 2)
        Valence and arousal on the labeller's scale, float64; what lies outside is clipped.
    labeller : EmotionLabeller
        The rules.

    Returns
    -------
    array of shape (n_rows,)
        Strings.
    """
    low, high = labeller.scale
    unit = (ops.xp.clip(values, float(low), float(high)) - _middle(labeller)) / ((high - low) / 2)
    if labeller.scheme == "octants":
        names, index = _octants(ops, unit, labeller)
    else:
        names, index = _corners(ops, unit, labeller)
    return ops.names([*names, NO_LABEL], index)


def _octants(ops: TailOps, unit: Array, labeller: EmotionLabeller) -> tuple[list[str], Array]:
    """Return the names, and which of them each point has: the direction it lies nearest to."""
    xp = ops.xp
    angles = np.arange(len(labeller.labels)) * 2 * np.pi / len(labeller.labels)
    directions = np.stack([np.cos(angles), np.sin(angles)])
    nearest = xp.argmax(xp.matmul(unit, ops.const(directions)), axis=-1)
    radius = xp.sqrt(xp.sum(unit * unit, axis=-1))
    nameless = (radius < float(labeller.dead_zone)) | (radius <= 0.0)
    return list(labeller.labels), _replaced(ops, nearest, nameless, len(labeller.labels))


def _corners(ops: TailOps, unit: Array, labeller: EmotionLabeller) -> tuple[list[str], Array]:
    """Return the names, and which of them each point has: on which side of three lines it lies."""
    xp = ops.xp
    middle, half = _middle(labeller), (labeller.scale[1] - labeller.scale[0]) / 2
    midlines = [(line - middle) / half for line in labeller.thresholds or (middle, middle)]
    off = unit - ops.const(np.array(midlines))
    sides = xp.astype(off > 0.0, xp.int64)
    angry = xp.astype(unit[:, 1] >= ANGER_AROUSAL, xp.int64)
    nameless = xp.min(xp.abs(off), axis=-1) < float(labeller.dead_zone)
    names = CORNERS[labeller.scheme]
    return names, _replaced(ops, sides[:, 0] * 4 + sides[:, 1] * 2 + angry, nameless, len(names))


def _middle(labeller: EmotionLabeller) -> float:
    return (labeller.scale[0] + labeller.scale[1]) / 2


def _replaced(ops: TailOps, index: Array, where: Array, by: int) -> Array:
    """Return the index with another number where `where` is true."""
    return ops.xp.where(where, ops.const(np.int64(by)), index)
