"""What is to be learned: y checked, mapped through the labeller, and named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import InputError, some, unknown_name
from .labels import AXES, EmotionLabeller, is_missing

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
        The names of the columns, valence before arousal.
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
        Labels, or numbers; valence and arousal where a labeller is given, or labels of its scheme
        that were made before, None or "" where it has none. The columns valence and arousal of a
        DataFrame are read by name, whatever their order.
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
        What to learn, valence first and arousal second, and which rows have it.

    Raises
    ------
    InputError
        If y does not fit X, the task or the labeller, or values are missing.
    """
    y, names = _valence_first(y, _names(y, target_names))
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
        kept = ~_missing(values)
        if labeller is not None:
            _check_scheme(values[kept], labeller)
        elif not kept.all():
            gaps = np.flatnonzero(~kept)
            msg = f"y has no label for {len(gaps)} rows ({some(gaps)}). Leave these rows out."
            raise InputError(msg)
        return Targets(values, kept, names or ("emotion",))
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


def _valence_first(y: Any, names: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    """Return y and its names; of a DataFrame the columns valence and arousal come first.

    An array in the other order is refused rather than turned: `score` sees it without its names.
    """
    columns = [str(name) for name in getattr(y, "columns", names)]
    if not all(columns.count(axis) == 1 for axis in AXES):
        return y, names
    others = [i for i, name in enumerate(columns) if name not in AXES]
    order = [*map(columns.index, AXES), *others]
    if hasattr(y, "iloc"):
        in_order = tuple(names[i] for i in order) if len(names) == len(order) else names
        return y.iloc[:, order], in_order
    if order != sorted(order):
        msg = (
            f"target_names={columns} must begin with valence, arousal: V/A come back in this order "
            "everywhere. Order the columns of y so, or pass a DataFrame, which is read by name."
        )
        raise InputError(msg)
    return y, names


def _holds_labels(y: Any) -> bool:
    """Tell labels from numbers."""
    values = np.asarray(y)
    return values.dtype.kind in "USb" or (
        values.dtype.kind == "O" and values.ndim == 1 and any(isinstance(v, str) for v in values)
    )


def _labels(y: Any) -> npt.NDArray[Any]:
    """Return class labels of one column."""
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
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else np.zeros(0)
    fractions = finite[finite % 1 != 0]
    if len(fractions):
        msg = (
            f"Unknown label type: y holds {fractions[0]}, which is no class. Pass labels, or "
            'learn numbers with task="regression" and a model such as "svr" or "ridge".'
        )
        raise InputError(msg)
    return values


def _missing(labels: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    return np.array([is_missing(label) for label in labels], bool)


def _check_scheme(labels: npt.NDArray[Any], labeller: EmotionLabeller) -> None:
    """Refuse labels that the labeller never gives."""
    for label in labels.tolist():
        if label not in labeller.labels:
            raise unknown_name(f"label of the scheme {labeller.scheme!r}", label, labeller.labels)


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
