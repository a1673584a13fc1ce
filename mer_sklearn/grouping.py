"""Folds that keep groups apart: what the pipeline, the evaluation and the tuning split by."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

from .audio import AudioItem, Clip, Segment
from .errors import InputError, MerWarning

__all__ = ["Folds", "as_groups", "file_groups", "group_folds", "row_groups"]

IntArray = npt.NDArray[np.intp]
Folds = list[tuple[IntArray, IntArray]]


def file_groups(items: Sequence[AudioItem]) -> npt.NDArray[np.object_]:
    """Return a group for each file, so that the segments of one file stay together.

    Examples
    --------
    >>> first, *others = file_groups(["a.wav", Segment("b.wav", 0, 5), Segment("./b.wav", 5, 5)])
    >>> others[0] == others[1] != first
    True
    """
    return np.array(
        [
            f"clip {number}"
            if isinstance(item, Clip)
            else os.path.realpath(item.path if isinstance(item, Segment) else item)
            for number, item in enumerate(items)
        ],
        dtype=object,
    )


def as_groups(groups: Any, n_rows: int) -> npt.NDArray[np.intp]:
    """Return groups as numbers, one a row, checked.

    Parameters
    ----------
    groups : array-like of shape (n_rows,)
        What must not stand on both sides of a split: songs, artists, actors.
    n_rows : int
        Rows of X.

    Returns
    -------
    ndarray of shape (n_rows,)
        The number of each row's group.

    Raises
    ------
    InputError
        If there are more or fewer of them than rows, or one is missing.

    Examples
    --------
    >>> as_groups(["b", "a", "b"], 3)
    array([1, 0, 1])
    """
    values = np.asarray(groups, dtype=object)
    if values.ndim != 1 or len(values) != n_rows:
        msg = f"X holds {n_rows} rows but groups has shape {values.shape}; give one group a row."
        raise InputError(msg)
    missing = [i for i, value in enumerate(values) if value is None or value != value]
    if missing:
        msg = f"groups[{missing[0]}] is missing ({len(missing)} in all); give every row a group."
        raise InputError(msg)
    _, numbers = np.unique([str(value) for value in values], return_inverse=True)
    return np.asarray(numbers, np.intp)


def row_groups(files: npt.NDArray[Any], groups: Any) -> IntArray:
    """Return the group of each row: those that were given, joined where they share a file.

    Parameters
    ----------
    files : array of shape (n_rows,)
        The file of each row, as `file_groups` gives them; what differs for every row of a table.
    groups : array-like of shape (n_rows,) or None
        What must not stand on both sides of a split; None leaves it at the files.

    Returns
    -------
    ndarray of shape (n_rows,)
        The number of each row's group.

    Raises
    ------
    InputError
        If there are more or fewer groups than rows, or one is missing.

    Warns
    -----
    MerWarning
        If parts of one file stand in several groups, which are then one.

    Examples
    --------
    >>> row_groups(np.array(["a.wav", "b.wav"]), ["calm songs", "calm songs"])
    array([0, 0])
    """
    of_file = as_groups(files, len(files))
    if groups is None:
        return of_file
    given = as_groups(groups, len(files))
    n_given = int(given.max()) + 1
    links = coo_array(
        (np.ones(len(files)), (given, n_given + of_file)), shape=(n_given + len(files),) * 2
    )
    joined = connected_components(links, directed=False)[1][:n_given]
    n_left = len(np.unique(joined))
    if n_left == n_given:
        return given
    msg = (
        f"parts of one file stand in several groups: {n_given} groups become {n_left}, as a file "
        "never stands on both sides of a split. Give all parts of a file the same group."
    )
    warnings.warn(msg, MerWarning)
    return np.asarray(joined[given], np.intp)


def group_folds(
    y: npt.NDArray[Any],
    groups: npt.NDArray[np.intp],
    *,
    n_splits: int = 5,
    classes: bool,
    random_state: int | None = None,
) -> Folds:
    """Split rows so that no group stands on both sides, for classes as evenly as groups allow.

    Parameters
    ----------
    y : array of shape (n_rows,) or (n_rows, n_targets)
        Labels or numbers.
    groups : array of shape (n_rows,)
        The group of each row.
    n_splits : int >= 2, default=5
        Folds; no more are made than there are groups, and none that is empty.
    classes : bool
        Whether y holds classes, whose shares are kept as even as the groups allow.
    random_state : int, default=None
        Seed of the drawing.

    Returns
    -------
    list of (train, test)
        Row numbers of each fold; every row is tested once.

    Raises
    ------
    InputError
        If there are fewer than two groups or splits.
    """
    n_groups = len(np.unique(groups))
    if n_splits < 2 or n_groups < 2:
        what = f"n_splits={n_splits}" if n_splits < 2 else f"{n_groups} group"
        msg = f"{what} cannot be split: keeping groups apart needs at least 2 of both."
        raise InputError(msg)
    n_splits = min(n_splits, n_groups)
    if classes:  # no more folds than rows of the largest class, or there is nothing to even out
        n_splits = min(n_splits, int(np.unique(y, return_counts=True)[1].max()))
    if n_splits < 2:
        return group_folds(y, groups, classes=False, random_state=random_state)
    kind = StratifiedGroupKFold if classes else GroupKFold
    splitter = kind(n_splits, shuffle=True, random_state=random_state)
    with warnings.catch_warnings():
        # Classes rarer than the folds are normal here; evaluation says so once, in its own words.
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        folds = splitter.split(np.zeros(len(groups)), y if classes else None, groups)
        # Two groups that even each other out may share a fold, and leave one without any.
        return [(train, test) for train, test in folds if len(test)]
