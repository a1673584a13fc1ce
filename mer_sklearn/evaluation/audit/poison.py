"""Poison: test rows far outside the data, which must not change what is predicted of others."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone, is_classifier

from ...audio import SAMPLE_RATE, Clip
from ...errors import InputError, MerError
from .report import Finding
from .sides import Sides

__all__ = ["differ", "is_estimator", "poison_findings"]

IntArray: TypeAlias = npt.NDArray[np.intp]
Procedure: TypeAlias = Callable[[Any, Any, IntArray, IntArray], npt.ArrayLike]

FAR = 1e3  # standard deviations; so far outside lie poisoned values
SAME = 1e-6  # relative difference of two predictions that rounding explains


def is_estimator(pipeline: object) -> bool:
    """Tell an estimator from a function."""
    return hasattr(pipeline, "fit") and not inspect.isclass(pipeline)


def poison_findings(
    pipeline: Any,
    X: Any,
    y: npt.NDArray[Any],
    fold: tuple[IntArray, IntArray],
    sides: Sides,
    random_state: int,
) -> list[Finding]:
    """Compare what is predicted of half a fold before and after the other half is poisoned.

    Parameters
    ----------
    pipeline : estimator or callable
        What learns and predicts.
    X : list of audio items, array or DataFrame
        The rows.
    y : array of shape (n_rows,) or (n_rows, n_targets)
        Labels or numbers.
    fold : (train, test)
        Row numbers.
    sides : Sides
        What keeps rows apart.
    random_state : int
        Seed of the poison.

    Returns
    -------
    list of Finding
        One leak, or none.

    Raises
    ------
    InputError
        If the pipeline fails, or two equal fits differ.
    """
    train, test = fold
    rng = np.random.default_rng(random_state)
    poisoned = rng.permutation(test)[: len(test) // 2]
    left = ~np.isin(test, poisoned)
    run = _as_procedure(pipeline, random_state)
    clean, again = (_predict(run, X, y, train, test)[left] for _ in range(2))
    if differ(clean, again):
        msg = "two fits on the same rows predict differently. Set the random_state of all parts."
        raise InputError(msg)
    for _ in range(2):
        bad_X, bad_y = _poison_rows(X, poisoned, rng), _poison_labels(y, poisoned, rng)
        if differ(clean, _predict(run, bad_X, bad_y, train, test)[left]):
            return [_poison_finding(pipeline, poisoned, sides)]
    return []


def _poison_finding(pipeline: Any, poisoned: IntArray, sides: Sides) -> Finding:
    """Return the finding on predictions that changed."""
    if is_estimator(pipeline):
        kind = "batch"
        sentence = (
            "What is predicted of a row depends on the rows that are predicted with it: a step "
            "learns in transform or predict. Learn in fit only."
        )
    else:
        kind = "saw_test_rows"
        sentence = (
            "Poisoned test rows change what is predicted of others: something (scaling, selection, "
            "balancing) is fitted on all rows. Fit it on the training rows, as a pipeline does."
        )
    return sides.finding(kind, "leak", poisoned.tolist(), sentence)


def _as_procedure(pipeline: Any, random_state: int) -> Procedure:
    """Return a function that learns from some rows and predicts others."""
    if not is_estimator(pipeline):
        if not callable(pipeline) or inspect.isclass(pipeline):
            msg = f"pipeline={pipeline!r} must be an estimator or a function (X, y, train, test)."
            raise InputError(msg)
        return pipeline  # type: ignore[no-any-return]

    def procedure(X: Any, y: Any, train: IntArray, test: IntArray) -> npt.ArrayLike:
        model = _seeded(clone(pipeline), random_state).fit(_take(X, train), y[train])
        rows = _take(X, test)
        for method in ("predict_proba", "decision_function"):
            if is_classifier(model) and hasattr(model, method):
                return getattr(model, method)(rows)  # type: ignore[no-any-return]
        return model.predict(rows)  # type: ignore[no-any-return]

    return procedure


def _predict(
    run: Procedure, X: Any, y: npt.NDArray[Any], train: IntArray, test: IntArray
) -> npt.NDArray[Any]:
    """Run a procedure on copies and return what it predicts of the test rows."""
    copy = X.copy() if hasattr(X, "copy") else list(X)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # poison is meant to be far outside
            predicted = np.asarray(run(copy, y.copy(), train.copy(), test.copy()))
    except MerError:
        raise
    except Exception as error:
        msg = f"the pipeline fails on one fold of X: {type(error).__name__}: {error}"
        raise InputError(msg) from error
    if predicted.ndim == 0 or len(predicted) != len(test):
        msg = f"the pipeline predicts {predicted.shape} for {len(test)} rows; return one a row."
        raise InputError(msg)
    return predicted


def differ(one: npt.NDArray[Any], two: npt.NDArray[Any]) -> bool:
    """Tell whether predictions differ by more than rounding."""
    if one.shape != two.shape:
        return True
    if one.dtype.kind in "fc" and two.dtype.kind in "fc":
        return not np.allclose(one, two, rtol=SAME, atol=SAME, equal_nan=True)
    return bool((one != two).any())


def _poison_rows(X: Any, rows: IntArray, rng: np.random.Generator) -> Any:
    """Return X with some rows far outside the others, or with noise in the place of audio."""
    if isinstance(X, list):
        noise = rng.uniform(-1, 1, SAMPLE_RATE).astype(np.float32)
        return [Clip(noise) if number in set(rows) else item for number, item in enumerate(X)]
    if isinstance(X, pd.DataFrame):
        numeric = list(X.select_dtypes("number"))
        values = np.array(X[numeric], float)
        values[rows] = _far(values, len(rows), rng)
        bad = X.astype(dict.fromkeys(numeric, float))
        bad.loc[:, numeric] = values
        return bad
    matrix = np.asarray(X, float)
    poison = matrix.copy()
    poison[rows] = _far(matrix, len(rows), rng)
    return poison


def _far(table: npt.NDArray[Any], n_rows: int, rng: np.random.Generator) -> npt.NDArray[Any]:
    """Return rows far outside a table."""
    spread = FAR * (np.nanstd(table, axis=0) + 1e-12)
    middle = np.nanmean(table, axis=0)
    return np.asarray(middle + spread * rng.normal(1.0, 1.0, (n_rows, table.shape[1])))


def _poison_labels(
    y: npt.NDArray[Any], rows: IntArray, rng: np.random.Generator
) -> npt.NDArray[Any]:
    """Return y with other values in some rows."""
    bad = y.copy()
    if y.dtype.kind == "f":
        bad[rows] = y.mean(axis=0) + FAR * y.std(axis=0) * rng.normal(1.0, 1.0, y[rows].shape)
    else:
        bad[rows] = rng.choice(np.unique(y), y[rows].shape)
    return bad


def _take(X: Any, rows: IntArray) -> Any:
    """Return some rows of X."""
    if isinstance(X, pd.DataFrame):
        return X.iloc[rows]
    return [X[row] for row in rows] if isinstance(X, list) else np.asarray(X)[rows]


def _seeded(model: Any, random_state: int) -> Any:
    """Give a seed to every part that has none."""
    free = [
        name
        for name, value in model.get_params().items()
        if name.rpartition("__")[2] == "random_state" and value is None
    ]
    return model.set_params(**dict.fromkeys(free, random_state))
