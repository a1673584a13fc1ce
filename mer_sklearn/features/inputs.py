"""What X may be: a list of audio items, or a matrix whose rows are clips."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..audio import SAMPLE_RATE, AudioItem, Clip, Segment
from ..errors import InputError, some

__all__ = ["as_items"]


def as_items(X: Any, estimator: object = None) -> list[AudioItem]:
    """Return X as a list of paths, segments or clips.

    Parameters
    ----------
    X : list, tuple, array or Series of paths, `Segment` or `Clip`; or array of shape \
(n_clips, n_samples)
        The audio. A matrix holds clips of one length at 22 050 Hz, as `Clip` takes them:
        floating-point samples with full scale 1.0, or integers of 8, 16 or 32 bits, which are
        scaled by their range.
    estimator : object, default=None
        Who asks, for scikit-learn's messages.

    Returns
    -------
    list of str, path, Segment or Clip
        One item a row.

    Raises
    ------
    InputError
        If X is a single item, holds none, is a DataFrame, or holds anything else.
    AudioError
        If the rows of a matrix hold samples that `Clip` refuses.

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
        raise _no_table(X)
    if hasattr(X, "__array__"):
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


def _no_table(X: Any) -> InputError:
    """Return the error for a DataFrame: its rows are never taken for samples."""
    if all(getattr(dtype, "kind", "O") in "fiub" for dtype in X.dtypes):
        way_out = (
            "a table of features goes to EmotionPipeline(features=None), and a matrix of samples "
            "is passed as X.to_numpy()."
        )
    else:
        way_out = 'pass the one that holds the paths, for example X["file"].'
    columns = some(map(repr, X.columns))
    return InputError(f"X is a table with the columns {columns}, not audio; {way_out}")


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
    shapes = {_shape(row) for row in X} if isinstance(X, (list, tuple)) else set()
    if getattr(X, "ndim", 2) == 1 or shapes == {()}:
        msg = (
            "X is a single signal (Expected 2D array, got 1D array instead). Pass "
            "[Clip(signal, sr)], or Reshape your data with X.reshape(1, -1) if it is one clip at "
            f"{SAMPLE_RATE} Hz."
        )
        raise InputError(msg)
    if len(shapes) > 1 or None in shapes:
        paired = () in shapes or None in shapes
        what = "signals beside numbers" if paired else "signals of several lengths"
        msg = f"X holds {what}; wrap each with its sampling rate: [Clip(signal, sr), ...]."
        raise InputError(msg)
    rows = zip(X, _checked(X, estimator), strict=True)
    return [Clip(_samples(given, floats), SAMPLE_RATE) for given, floats in rows]


def _shape(row: Any) -> tuple[int, ...] | None:
    """Return the shape of a row; None where it has none, as a pair of a signal and a rate."""
    try:
        return tuple(np.shape(row))
    except ValueError:
        return None


def _samples(given: Any, floats: Any) -> Any:
    """Return a row as it was given where it holds integers, which `Clip` scales; else as floats."""
    typed = np.asarray(given)
    if typed.dtype.kind == "O":
        typed = np.asarray(typed.tolist())
    return typed if typed.dtype.kind in "iub" else floats


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
