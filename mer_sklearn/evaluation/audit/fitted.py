"""Steps that come fitted, so that no fold fits them: frozen ones, and those inside functions."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from .poison import differ
from .report import Finding
from .sides import Sides

__all__ = ["fitted_findings"]


def fitted_findings(pipeline: Any, X: Any, y: npt.NDArray[Any], sides: Sides) -> list[Finding]:
    """Find the parts that a clone brings fitted.

    Parameters
    ----------
    pipeline : estimator
        What is looked at; the functions among its parameters are looked into.
    X : list of audio items, array or DataFrame
        The rows.
    y : array of shape (n_rows,) or (n_rows, n_targets)
        Labels or numbers.
    sides : Sides
        What keeps rows apart.

    Returns
    -------
    list of Finding
        A leak for each part that is what a fit on all rows gives, a remark for others.
    """
    fresh = clone(pipeline)
    findings, seen = [], set()
    for name, part in _parts(fresh):
        if id(_inside(part)) in seen or not _is_fitted(part):
            continue
        seen.add(id(_inside(part)))
        if any(_learned_from_all(part, rows, y) for rows in _inputs(fresh, name, X, y)):
            sentence = (
                f"{name!r} ({type(part).__name__}) was fitted on all rows before, and fit does not "
                "fit it again. Put it into the pipeline unfitted."
            )
            findings.append(sides.finding("fitted_before", "leak", range(len(X)), sentence))
        else:
            sentence = (
                f"{name!r} ({type(part).__name__}) was fitted before, on rows that cannot be seen, "
                "and fit does not fit it again. That is in order only if it learned from other "
                "data."
            )
            findings.append(sides.finding("fitted_before", "remark", (), sentence))
    return findings


def _parts(estimator: Any) -> Iterator[tuple[str, Any]]:
    """Yield the estimators inside an estimator, and those that its functions hold."""
    yield "pipeline", estimator
    for name, value in estimator.get_params(deep=True).items():
        for part in _held(value):
            yield name, part


def _held(value: Any) -> Iterator[Any]:
    """Yield the estimators that a parameter is or that a function uses."""
    if isinstance(value, BaseEstimator):
        yield value
    elif isinstance(value, functools.partial):
        for inner in (value.func, *value.args, *value.keywords.values()):
            yield from _held(inner)
    elif inspect.ismethod(value):
        yield from _held(value.__self__)
    elif inspect.isfunction(value):
        used = inspect.getclosurevars(value)
        for inner in (*used.nonlocals.values(), *used.globals.values()):
            if not inspect.isfunction(inner):  # one level is enough, and cannot go in circles
                yield from _held(inner)


def _inside(part: Any) -> Any:
    """Return what a frozen estimator holds, or the estimator itself."""
    return part.estimator if isinstance(part, FrozenEstimator) else part


def _is_fitted(part: Any) -> bool:
    """Tell whether an estimator has learned something."""
    return any(name.endswith("_") and not name.startswith("_") for name in vars(_inside(part)))


def _inputs(pipeline: Any, name: str, X: Any, y: npt.NDArray[Any]) -> Iterator[Any]:
    """Yield what a part may have been fitted on: X, or what the steps before it give."""
    yield X
    if isinstance(pipeline, Pipeline):
        steps = [step for step, _ in pipeline.steps]
        before = steps.index(name.split("__")[0]) if name.split("__")[0] in steps else 0
        if before:
            yield clone(Pipeline(pipeline.steps[:before])).fit(X, y).transform(X)


def _learned_from_all(part: Any, X: Any, y: npt.NDArray[Any]) -> bool:
    """Tell whether a fitted part is what a fit on all rows gives."""
    inner = _inside(part)
    method = "transform" if hasattr(inner, "transform") else "predict"
    try:
        given = getattr(inner, method)(X)
        fitted = getattr(clone(inner).fit(X, y), method)(X)
    except Exception:  # it was fitted on something else
        return False
    return not differ(np.asarray(given), np.asarray(fitted))
