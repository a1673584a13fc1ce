"""Look for leaks in a pipeline: all that learns has to learn inside the folds.

What is learned from the training rows cannot depend on the test rows, so test rows are poisoned (by
values far outside the data, and other labels) and nothing may change in what is predicted of the
test rows that were left alone.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...audio import Clip, Segment
from ...errors import InputError
from ...features.inputs import as_items
from ...grouping import as_groups, group_folds
from .fitted import fitted_findings
from .poison import is_estimator, poison_findings
from .report import AuditReport
from .sides import Sides, read_groups
from .table import TABLE_KINDS, table_findings

__all__ = ["audit_pipeline"]

ESTIMATOR_KINDS, SCRIPT_KINDS = ("fitted_before", "batch"), ("saw_test_rows",)


def audit_pipeline(
    pipeline: Any,
    X: Any,
    y: Any,
    groups: Any = None,
    *,
    random_state: int = 0,
) -> AuditReport:
    """Check that a pipeline scales, selects, balances and learns inside the folds.

    One fold is fitted and predicted as it is, and again with half of its test rows poisoned. What
    is predicted of the other half must not change. Steps that come fitted already are found, too,
    and a table is searched for rows and columns that were made before any split.

    Parameters
    ----------
    pipeline : estimator or callable
        An estimator, of which clones are fitted; or a function ``(X, y, train, test)`` that learns
        from the rows `train` of X and y and returns its predictions of the rows `test`. The
        function sees all rows, so only it shows what a whole script does before it fits, such as
        selecting columns; of an estimator, steps that come fitted and answers that depend on the
        other rows asked are found. Probabilities tell more than labels.
    X : list of audio items, array or DataFrame
        What it learns from; a few dozen rows are enough.
    y : array-like of shape (n_rows,) or (n_rows, n_targets)
        Labels or numbers.
    groups : array-like of shape (n_rows,), default=None
        What must not stand on both sides.
    random_state : int, default=0
        Seed of the fold and of the poison, and of all parts of an estimator that have none.

    Returns
    -------
    AuditReport
        The leaks; none where the pipeline keeps to its folds.

    Raises
    ------
    InputError
        If X, y and groups do not fit, the pipeline fails on them, or two equal fits differ.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> rng = np.random.default_rng(0)
    >>> X, y = 5 + rng.normal(size=(60, 4)), np.tile(["calm", "happy"], 30)
    >>> audit_pipeline(make_pipeline(StandardScaler(), LogisticRegression()), X, y).leaks
    ()
    >>> def scaled_at_once(X, y, train, test):
    ...     Z = StandardScaler().fit_transform(X)
    ...     return LogisticRegression().fit(Z[train], y[train]).predict_proba(Z[test])
    >>> [leak.kind for leak in audit_pipeline(scaled_at_once, X, y).leaks]
    ['saw_test_rows']
    """
    is_audio = getattr(pipeline, "features", None) is not None or _holds_audio(X)
    rows = as_items(X) if is_audio else _as_table(X)
    targets = _targets(y, len(rows))
    numbers = np.arange(len(rows)) if groups is None else as_groups(groups, len(rows))
    classes = targets.dtype.kind not in "fc"
    train, test = group_folds(
        targets, numbers, n_splits=3, classes=classes, random_state=random_state
    )[0]
    names = [f"row {number}" for number in range(len(rows))]
    sides = Sides(names, read_groups(groups, len(rows)), [], np.arange(len(rows)))
    # A clone that is fitted on the training rows can see no others: only a whole script can.
    kinds = [*(ESTIMATOR_KINDS if is_estimator(pipeline) else SCRIPT_KINDS)]
    if len(test) < 2:
        msg = f"a fold of X has {len(test)} row to test; give 6 rows in 6 groups or more."
        raise InputError(msg)
    findings = poison_findings(pipeline, rows, targets, (train, test), sides, random_state)
    if is_estimator(pipeline):
        findings += fitted_findings(pipeline, rows, targets, sides)
    if not is_audio:
        kinds += TABLE_KINDS
        findings += table_findings(_finite(rows), sides)[0]
    return AuditReport.of(len(rows), kinds, findings)


def _holds_audio(X: Any) -> bool:
    """Tell a list of audio from a table."""
    first = X if not np.iterable(X) or isinstance(X, str) else next(iter(X), None)
    return not hasattr(X, "columns") and isinstance(first, (str, os.PathLike, Segment, Clip))


def _as_table(X: Any) -> Any:
    """Return a DataFrame, or an array of numbers."""
    if isinstance(X, pd.DataFrame):
        return X
    try:
        table = np.asarray(X, float)
    except (ValueError, TypeError) as error:
        msg = f"X is neither a list of audio nor a table of numbers: {error}"
        raise InputError(msg) from error
    if table.ndim != 2:
        msg = f"X must be a table of shape (n_rows, n_columns); got shape {table.shape}."
        raise InputError(msg)
    return table


def _finite(X: Any) -> npt.NDArray[np.float64]:
    """Return the columns that hold a number in every row."""
    numbers = X.select_dtypes("number") if isinstance(X, pd.DataFrame) else X
    table = np.asarray(numbers, np.float64)
    return table[:, np.isfinite(table).all(axis=0)]


def _targets(y: Any, n_rows: int) -> npt.NDArray[Any]:
    """Return y as an array, one a row."""
    targets = np.asarray(y)
    if targets.ndim == 0 or len(targets) != n_rows:
        msg = f"X holds {n_rows} rows but y has shape {targets.shape}; give one target a row."
        raise InputError(msg)
    missing = pd.isna(targets).reshape(n_rows, -1).any(axis=1)
    if missing.any():
        msg = f"y[{missing.argmax()}] is missing ({missing.sum()} in all); leave such rows out."
        raise InputError(msg)
    return targets
