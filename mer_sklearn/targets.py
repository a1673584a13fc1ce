"""What is to be learned: y checked, mapped through the labeller, and named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import InputError, some
from .labels import EmotionLabeller

__all__ = ["Targets", "read_targets"]


@dataclass(frozen=True)
class Targets:
    """The targets of some rows, as a model learns them.

    Parameters
    ----------
    y : array of shape (n_rows,) or (n_rows, n_targets)
        Labels, or float64 numbers.
    kept : array of bool of shape (n_rows,)
        False where the labeller's scheme has no label for the row.
    names : tuple of str
        The names of the columns.
    """

    y: npt.NDArray[Any]
    kept: npt.NDArray[np.bool_]
    names: tuple[str, ...]


def read_targets(
    y: Any,
    n_rows: int,
    *,
    task: str,
    labeller: EmotionLabeller | None = None,
    target_names: Sequence[str] | None = None,
) -> Targets:
    """Check y against the rows and the task, and map valence and arousal through the labeller.

    Parameters
    ----------
    y : array-like of shape (n_rows,) or (n_rows, n_targets), Series or DataFrame
        Labels, or numbers; valence and arousal where a labeller is given (or labels that were made
        with it before).
    n_rows : int
        Rows of X.
    task : {"classification", "regression"}
        What the model learns.
    labeller : EmotionLabeller, default=None
        Turns valence and arousal into labels.
    target_names : sequence of str, default=None
        Names of the columns of an array; a DataFrame or Series brings its own.

    Returns
    -------
    Targets
        What to learn, and which rows have it.

    Raises
    ------
    InputError
        If y does not fit X, the task or the labeller, or values are missing.
    """
    names = _names(y, target_names)
    if labeller is not None and not _holds_labels(y):
        values, names = labeller.values(y), ("valence", "arousal")
        _check_rows(values, n_rows)
        if task == "regression":
            return Targets(values, np.ones(n_rows, bool), names)
        labels = labeller.transform(values)
        kept = np.array([label is not None for label in labels], bool)
        return Targets(labels, kept, ("emotion",))
    if task == "classification":
        values = _labels(y)
        _check_rows(values, n_rows)
        return Targets(values, np.ones(n_rows, bool), names or ("emotion",))
    values = _numbers(y)
    _check_rows(values, n_rows)
    count = 1 if values.ndim == 1 else values.shape[1]
    if names and len(names) != count:
        msg = f"target_names={list(names)} names {len(names)} columns but y holds {count}."
        raise InputError(msg)
    default = ("target",) if count == 1 else tuple(f"target_{i}" for i in range(count))
    return Targets(values, np.ones(n_rows, bool), names or default)


def _names(y: Any, target_names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names that y brings or that were given; none where there are none."""
    if target_names is not None:
        return (target_names,) if isinstance(target_names, str) else tuple(target_names)
    if hasattr(y, "columns"):
        return tuple(str(name) for name in y.columns)
    return (str(y.name),) if getattr(y, "name", None) is not None else ()


def _holds_labels(y: Any) -> bool:
    """Tell labels from numbers."""
    values = np.asarray(y)
    return values.dtype.kind in "USb" or (
        values.dtype.kind == "O" and values.ndim == 1 and any(isinstance(v, str) for v in values)
    )


def _labels(y: Any) -> npt.NDArray[Any]:
    """Return class labels of one column, none of them missing."""
    values = np.asarray(y)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        msg = (
            f"y has shape {values.shape} but classes are one label a row. For valence and arousal "
            'pass labeller="quadrants", or task="regression" for numbers.'
        )
        raise InputError(msg)
    if values.dtype.kind == "U":  # to which numpy also turns numbers among the labels
        values = np.asarray(y, dtype=object).reshape(len(values))
    missing = [i for i, v in enumerate(values) if v is None or v != v or v == ""]
    if missing:
        msg = f"y has no label for {len(missing)} rows ({some(missing)}). Leave these rows out."
        raise InputError(msg)
    return values


def _numbers(y: Any) -> npt.NDArray[np.float64]:
    """Return finite numbers of one or more columns."""
    try:
        values = np.asarray(y, np.float64)
    except (TypeError, ValueError) as error:
        first = np.ravel(np.asarray(y, object))[0]
        msg = (
            f"y holds {first!r}, which is no number, but the model predicts numbers. Take a model "
            'of classes, such as model="mlp" with task="classification" or model="svm".'
        )
        raise InputError(msg) from error
    if values.ndim not in (1, 2):
        msg = f"y has shape {values.shape}; give one number a row, or one row of numbers a row."
        raise InputError(msg)
    broken = np.flatnonzero(~np.isfinite(values).reshape(len(values), -1).all(axis=1))
    if len(broken):
        msg = f"y is missing or infinite in {len(broken)} rows ({some(broken)}). Leave them out."
        raise InputError(msg)
    return values


def _check_rows(values: npt.NDArray[Any], n_rows: int) -> None:
    """Refuse targets that are more or fewer than the rows of X."""
    if len(values) != n_rows:
        msg = f"X holds {n_rows} files but y holds {len(values)} labels; give one a file."
        raise InputError(msg)
