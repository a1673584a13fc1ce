"""What converters are written with: primitives of two bodies, and functions that several share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import is_classifier, is_regressor

from ...errors import ArtifactError
from ...features.ops import Array, NumpyOps, Ops
from .trees import Trees

__all__ = [
    "Classes",
    "Converter",
    "NumpyTailOps",
    "TailOps",
    "as_double",
    "by_score",
    "label_values",
    "sigmoid",
    "softmax",
    "two_columns",
]


@dataclass(frozen=True)
class Classes:
    """What a classifier answers.

    Parameters
    ----------
    labels : array of shape (n_rows,)
        Names of the classes; int64 where the classes are numbers or bools.
    probabilities : array of shape (n_rows, n_classes)
        Probabilities in the order of `classes_`.
    scores : array of shape (n_rows, n_classes) or None
        What the labels were chosen by, where it is known.
    """

    labels: Array
    probabilities: Array
    scores: Array | None = None


class TailOps(Ops):
    """The primitives of the features, and three that only tails need."""

    trees: Callable[[Array, Trees], Array]
    names: Callable[[Any, Array], Array]
    library: Callable[[Array, Any], Any]


class NumpyTailOps(NumpyOps, TailOps):
    """The primitives that numpy runs."""

    def trees(self, x: Array, trees: Trees) -> Array:
        """Return the sums of the trees' leaves, shape (n_rows, n_outputs)."""
        return trees.sum(np.asarray(x, np.float32))

    def names(self, classes: Any, index: Array) -> Array:
        """Return the label of each row by its number."""
        return np.asarray(label_values(classes))[index]

    def library(self, x: Array, estimator: Any) -> Any:
        """Return what an estimator without a converter answers."""
        if is_classifier(estimator):
            return Classes(estimator.predict(x), estimator.predict_proba(x))
        if is_regressor(estimator):
            return estimator.predict(x).reshape(len(x), -1)
        return estimator.transform(x)


Converter = Callable[[TailOps, Array, Any], Any]


def as_double(ops: Ops, x: Array) -> Array:
    """Return x as float64."""
    return ops.xp.astype(x, ops.xp.float64)


def softmax(ops: Ops, scores: Array) -> Array:
    """Return probabilities proportional to the exponentials of the scores."""
    xp = ops.xp
    powers = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
    return powers / xp.sum(powers, axis=-1, keepdims=True)


def sigmoid(ops: Ops, scores: Array) -> Array:
    """Return 1 / (1 + exp(-scores)); nothing overflows."""
    xp = ops.xp
    small = xp.exp(-xp.abs(scores))
    return xp.where(scores >= 0, xp.ones_like(small), small) / (1.0 + small)


def two_columns(ops: Ops, second: Array, *, of_one: bool = False) -> Array:
    """Return the columns of two classes from that of the second, shape (n_rows, 1).

    The first is its negative, or with `of_one` what is missing to 1.
    """
    return ops.xp.concat([1.0 - second if of_one else -second, second], axis=-1)


def by_score(ops: TailOps, scores: Array, probabilities: Array, classes: Any) -> Classes:
    """Return the class of the highest score of each row, and the probabilities."""
    return Classes(ops.names(classes, ops.xp.argmax(scores, axis=-1)), probabilities, scores)


def label_values(classes: Any) -> npt.NDArray[Any]:
    """Return classes as a graph holds them: strings, or int64 for whole numbers and bools.

    Raises
    ------
    ArtifactError
        If they are anything else.
    """
    values = np.asarray(classes)
    if all(isinstance(value, str) for value in values):
        return values.astype(np.str_)
    if values.dtype.kind in "biu" or (values.dtype.kind == "f" and (values % 1 == 0).all()):
        return values.astype(np.int64)
    msg = f"the classes {list(values)[:5]} are neither strings nor whole numbers; rename them."
    raise ArtifactError(msg)
