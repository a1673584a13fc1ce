"""What X may be: a list of audio items, or a matrix whose rows are clips."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..audio import SAMPLE_RATE, AudioItem, Clip, Segment
from ..errors import InputError

__all__ = ["as_items"]


def as_items(X: Any, estimator: object = None) -> list[AudioItem]:
    """Return X as a list of paths, segments or clips.

    Parameters
    ----------
    X : list, tuple, array or Series of paths, `Segment` or `Clip`; or array of shape \
(n_clips, n_samples)
        The audio. A matrix holds clips of one length at 22 050 Hz.
    estimator : object, default=None
        Who asks, for scikit-learn's messages.

    Returns
    -------
    list of str, path, Segment or Clip
        One item a row.

    Raises
    ------
    InputError
        If X is a single item, holds none, or holds anything else.

    Examples
    --------
    >>> as_items(["a.wav", "b.wav"])
    ['a.wav', 'b.wav']
    """
    if isinstance(X, (str, os.PathLike, Segment, Clip)):
        shown = repr(os.fspath(X)) if isinstance(X, (str, os.PathLike)) else repr(X)
        kind = "path" if isinstance(X, (str, os.PathLike)) else type(X).__name__
        msg = f"X must be a list of audio files, got the single {kind} {shown}; pass [{shown}]."
        raise InputError(msg)
    if hasattr(X, "columns") and hasattr(X, "to_numpy"):
        if any(getattr(dtype, "kind", "O") not in "fiub" for dtype in X.dtypes):
            msg = (
                f"X is a table with the columns {list(X.columns)[:5]}; pass the one that holds "
                'the paths, for example X["file"].'
            )
            raise InputError(msg)
        X = X.to_numpy()
    elif hasattr(X, "__array__"):
        X = np.asarray(X)
    if _is_numeric(X):
        return _rows(X, estimator)
    items = list(X) if np.iterable(X) else [X]
    if not items:
        msg = "X holds 0 files; at least 1 is needed."
        raise InputError(msg)
    for number, item in enumerate(items):
        if not isinstance(item, (str, os.PathLike, Segment, Clip)):
            msg = (
                f"X[{number}] is a {type(item).__name__}, not audio. X holds paths, Segment(path, "
                "offset, duration) or Clip(signal, sr), or is a matrix of clips of one length."
            )
            raise InputError(msg)
    return items


def _is_numeric(X: Any) -> bool:
    """Tell a matrix (or what scikit-learn should refuse as one) from a list of items."""
    if hasattr(X, "toarray"):  # a sparse matrix, which scikit-learn refuses in its own words
        return True
    if isinstance(X, np.ndarray):
        if X.shape == (0,):  # an empty list, to which numpy gave a type
            return False
        return X.dtype.kind in "fiubc" or (X.dtype.kind == "O" and X.ndim == 2)
    if isinstance(X, Sequence) and len(X):
        return isinstance(X[0], (int, float, complex, np.number, list, tuple, np.ndarray))
    return False


def _rows(X: Any, estimator: object) -> list[AudioItem]:
    """Return the rows of a matrix as clips."""
    if getattr(X, "ndim", 2) == 1:
        msg = (
            "X is a single signal (Expected 2D array, got 1D array instead). Pass "
            "[Clip(signal, sr)], or Reshape your data with X.reshape(1, -1) if it is one clip at "
            f"{SAMPLE_RATE} Hz."
        )
        raise InputError(msg)
    if isinstance(X, (list, tuple)) and len({np.shape(row) for row in X}) > 1:
        msg = (
            "X holds signals of several lengths; wrap each with its sampling rate: "
            "[Clip(signal, sr), ...]."
        )
        raise InputError(msg)
    return [Clip(row, SAMPLE_RATE) for row in _checked(X, estimator)]


def _checked(X: Any, estimator: object) -> Any:
    """Return X as a finite matrix; what is none is refused in scikit-learn's words.

    Saved ONNX models read their input here too, and run without scikit-learn: it is imported only
    for what is not plainly a matrix.
    """
    if type(X) is np.ndarray and X.dtype.kind == "f" and X.ndim == 2 and X.size:
        with np.errstate(over="ignore"):
            matrix = X.astype(np.float32, copy=False)
        if np.isfinite(matrix).all():
            return matrix
    from sklearn.utils import check_array

    return check_array(X, dtype=np.float32, estimator=estimator, input_name="X")
