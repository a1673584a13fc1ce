"""A clip in parts: itself and its two halves, three rows to learn from, three answers to average.

A half has half of the clip's samples, rounded down, from either end; those of a clip of one sample
are the clip itself. The parts of a clip follow one another: a table of clips in parts has the
columns of the clip, of its first half and of its second (`part_names`), and `rows_of_parts` makes a
row of each.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .audio import AudioStream, Clip
from .extraction.engine import Part
from .features.family import FeatureFamily
from .features.ops import Array, NumpyOps, Ops
from .features.rows import FamilyRows, extract

__all__ = [
    "N_PARTS",
    "PartRows",
    "average",
    "by_scores",
    "extract_parts",
    "halves",
    "part_names",
    "part_spans",
    "predict_parts",
    "rows_of_parts",
    "scores_of_parts",
    "whole_names",
]

PARTS = ("", "first half: ", "second half: ")  # what the names of their columns begin with
N_PARTS = len(PARTS)


def halves(ops: Ops, signal: Array) -> Array:
    """Return the first halves of clips, and behind them the second ones, (2 n_clips, n_samples).

    Examples
    --------
    >>> halves(NumpyOps(), np.array([[1.0, 2.0, 3.0, 4.0, 5.0]]))
    array([[1., 2.],
           [4., 5.]])
    """
    _, *spans = part_spans(ops, ops.length(signal, 1))
    return ops.xp.concat([signal[:, start:stop] for start, stop in spans], axis=0)


def part_spans(ops: Ops, n_samples: Any) -> list[tuple[Any, Any]]:
    """Return of each part of a clip its first sample, and the one behind its last.

    Examples
    --------
    >>> [(int(start), int(stop)) for start, stop in part_spans(NumpyOps(), 5)]
    [(0, 5), (0, 2), (3, 5)]
    """
    n_half = ops.xp.maximum(ops.quotient(n_samples, 2), ops.integer(1))
    none = ops.integer(0)
    return [(none, n_samples), (none, n_half), (n_samples - n_half, n_samples)]


def part_names(names: Sequence[Any]) -> list[str]:
    """Return the names of the columns of clips in parts.

    Examples
    --------
    >>> part_names(["tempo__bpm"])
    ['tempo__bpm', 'first half: tempo__bpm', 'second half: tempo__bpm']
    """
    return [f"{part}{name}" for part in PARTS for name in names]


def whole_names(columns: Sequence[Any]) -> list[str] | None:
    """Return the names of the clip's own columns; None where there are none of its halves.

    Examples
    --------
    >>> whole_names(part_names(["tempo__bpm"])), whole_names(["tempo__bpm"])
    (['tempo__bpm'], None)
    """
    names = list(columns[: len(columns) // N_PARTS])
    return names if names and part_names(names) == list(columns) else None


def rows_of_parts(table: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a row for each part from a row for each clip."""
    return table.reshape(len(table) * N_PARTS, -1)


def average(answers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the mean over the parts of each clip."""
    return np.asarray(answers.reshape(-1, N_PARTS, *answers.shape[1:]).mean(axis=1))


def predict_parts(steps: Any, method: str, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return what fitted steps answer to clips, by the mean of their answers to the parts.

    A class is the one of the highest mean. A model that decides by scores and learned its
    probabilities from them (`ScoreClassifier`) has its scores averaged for both.

    Parameters
    ----------
    steps : Pipeline
        Fitted, from features to answers.
    method : {"predict", "predict_proba"}
        What to ask.
    rows : array of shape (3 n_clips, n_features)
        The parts of each clip, one after the other.

    Returns
    -------
    ndarray of shape (n_clips,) or (n_clips, n_answers)
        Labels, numbers or probabilities.
    """
    if method == "predict" and hasattr(steps, "classes_"):
        return np.asarray(steps.classes_[scores_of_parts(steps, rows).argmax(axis=1)])
    if method == "predict_proba" and by_scores(steps[-1]):
        return np.asarray(steps[-1].probabilities(scores_of_parts(steps, rows)))
    return average(np.asarray(getattr(steps, method)(rows)))


def scores_of_parts(steps: Any, rows: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return what decides between the classes, the mean over the parts, (n_clips, n_classes)."""
    if not by_scores(steps[-1]) and hasattr(steps, "predict_proba"):
        return average(steps.predict_proba(rows))
    scores = np.asarray(steps.decision_function(rows))
    if scores.ndim == 1:  # of two classes, the second's
        scores = np.stack([-scores, scores], axis=1)
    return average(scores)


def by_scores(model: Any) -> bool:
    """Tell whether scores decide, and the probabilities are learned from them."""
    return hasattr(model, "probabilities")


class PartRows:
    """The row function of clips in parts: decodes a file once, and caches each part by itself.

    What it caches of the clip itself is what is cached without parts.

    Parameters
    ----------
    families : sequence of FeatureFamily
        What to compute of each part.
    """

    def __init__(self, families: Sequence[FeatureFamily]) -> None:
        self._rows = FamilyRows(families)
        self.parts = [
            Part(prefix + of_family.key, of_family.width)
            for prefix in PARTS
            for of_family in self._rows.parts
        ]

    def __call__(
        self, clip: Clip | AudioStream, wanted: Sequence[int]
    ) -> list[npt.NDArray[np.float32]]:
        """Return the wanted families of the wanted parts of a clip."""
        n_families = len(self._rows.parts)
        signals = [clip.signal, *halves(NumpyOps(), clip.signal[None])]
        rows = []
        for number, signal in enumerate(signals):
            mine = [place % n_families for place in wanted if place // n_families == number]
            rows += self._rows(Clip(signal), mine) if mine else []
        return rows


# The columns of clips in parts, as `extract` gives those of clips.
extract_parts = functools.partial(extract, rows_of=PartRows)
