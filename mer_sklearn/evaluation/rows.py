"""Rows to be scored: features, targets and groups, read once, and predicted fold by fold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.utils import check_array

from ..datasets.base import Dataset
from ..errors import InputError, some_sentences
from ..extraction.report import Failure
from ..features.inputs import as_items
from ..features.rows import extract
from ..grouping import Folds, file_groups, group_folds, row_groups
from ..parts import extract_parts, part_names, whole_names
from ..pipeline import EmotionPipeline
from ..steps import build_features, build_labeller, resolve_task
from ..targets import read_targets

__all__ = [
    "Data",
    "Rows",
    "as_data",
    "as_pipeline",
    "check_folds",
    "fit_folds",
    "fit_rows",
    "folds_apart",
    "predict_folds",
    "read_rows",
]


@dataclass(frozen=True)
class Data:
    """What to score on, as it was given.

    Parameters
    ----------
    X : list of audio items, or array
        The audio, or a table.
    y : array-like
        Labels or numbers.
    groups : array-like or None
        What must not stand on both sides of a split.
    split : str
        What is kept apart, such as "artists apart".
    ceiling : dict of str to float
        The best scores that the noise of the raters allows, where the corpus says.
    parts : array-like or None
        The corpus' own part of each row, such as "train" and "test".
    frame : DataFrame or None
        What else the corpus knows of each row.
    scale : (float, float) or None
        The ends of the scale of the numbers.
    labels : str
        Which of several labels of a corpus these are; empty where there is one kind.
    weights : array-like or None
        How much each row counts, where the corpus says.
    """

    X: Any
    y: Any
    groups: Any
    split: str
    ceiling: dict[str, float] = field(default_factory=dict)
    parts: Any = None
    frame: pd.DataFrame | None = None
    scale: tuple[float, float] | None = None
    labels: str = ""
    weights: Any = None

    @property
    def kind(self) -> str:
        """What the groups are: "artists", "files"."""
        return self.split.removesuffix(" apart")


@dataclass(frozen=True)
class Rows:
    """The rows that have features and a target.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)
        The features; of a pipeline that takes clips in parts, those of all parts (`part_names`).
    y : array of shape (n_rows,) or (n_rows, n_targets)
        Labels, or numbers.
    groups : array of shape (n_rows,)
        The number of each row's group.
    kept : array of shape (n_rows,)
        The number of each row in what was given.
    task : str
        "classification" or "regression".
    names : tuple of str
        The names of the targets.
    remarks : tuple of str
        What was left out, and why.
    weights : array of shape (n_rows,) or None
        How much each row counts, while learning and in the scores.
    failures : mapping of int to Failure
        What could not be read, by the number of the row in what was given.
    """

    table: pd.DataFrame
    y: npt.NDArray[Any]
    groups: npt.NDArray[np.intp]
    kept: npt.NDArray[np.intp]
    task: str
    names: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    weights: npt.NDArray[np.float64] | None = None
    failures: Mapping[int, Failure] = field(default_factory=dict)

    @property
    def columns(self) -> list[Any]:
        """The names of the features, of the clip itself where it is taken in parts."""
        columns = list(self.table.columns)
        return whole_names(columns) or columns

    def only(self, columns: Sequence[Any]) -> Rows:
        """Return the rows with some of the features, of all parts."""
        in_parts = len(self.columns) < len(self.table.columns)
        kept = part_names(columns) if in_parts else list(columns)
        return replace(self, table=self.table[kept])


def as_data(
    X: Any,
    y: Any,
    *,
    groups: Any,
    target: str | None,
    function: str,
    scale: tuple[float, float] | None = None,
) -> Data:
    """Return what the caller of a function gave, a corpus taken apart.

    Parameters
    ----------
    X : Dataset, list of audio items, or array
        The audio, a table, or a corpus.
    y, groups : array-like or None
        Targets and groups; a corpus brings its own.
    target : str or None
        The target of a corpus; None is its first.
    function : str
        The name of the function, for its sentences.
    scale : (float, float), default=None
        The ends of the scale of numbers; None is what the corpus says.

    Returns
    -------
    Data
        Audio, targets and groups.

    Raises
    ------
    InputError
        If y is missing, or a corpus and y are given together.
    """
    if isinstance(X, Dataset):
        if y is not None or groups is not None:
            msg = "a Dataset brings y and groups; choose what to learn by target= instead."
            raise InputError(msg)
        kind = "files" if X.groups is None else f"{X.info.group}s"
        chosen = X.target(target)
        return Data(
            X.X,
            X.y(target),
            X.groups,
            f"{kind} apart",
            dict(chosen.ceiling),
            parts=X.split,
            frame=X.frame,
            scale=chosen.scale if scale is None else scale,
            labels=X.info.labels,
            weights=X.weights,
        )
    if y is None:
        msg = f"y is missing: pass {function}(pipeline, X, y, groups=...) or a Dataset."
        raise InputError(msg)
    if target is not None:
        msg = f"target={target!r} chooses among the targets of a Dataset; here y is the target."
        raise InputError(msg)
    split = "files apart" if groups is None else "groups apart"
    return Data(X, y, groups, split, scale=scale)


def as_pipeline(estimator: Any) -> tuple[Any, str | None]:
    """Return what is fitted in each fold, and which of its parameters is the EmotionPipeline.

    A search (`GridSearchCV` and the like) holds one and may choose inside each fold anew; any other
    estimator learns from the table as it is.

    Parameters
    ----------
    estimator : EmotionPipeline or estimator
        What is to be scored.

    Returns
    -------
    (estimator, str or None)
        None where the estimator is the EmotionPipeline itself.

    Raises
    ------
    InputError
        If it is no estimator.
    """
    if isinstance(estimator, EmotionPipeline):
        return estimator, None
    if isinstance(estimator, type) or not hasattr(estimator, "get_params"):
        msg = f"{estimator!r} is no estimator. Pass EmotionPipeline(...)."
        raise InputError(msg)
    for name, value in estimator.get_params(deep=False).items():
        if isinstance(value, EmotionPipeline):
            return estimator, name
    if isinstance(estimator, GridSearchCV | RandomizedSearchCV):
        msg = (
            f"{type(estimator).__name__} searches a plain estimator, which the groups do not reach."
            " Put it in a pipeline: GridSearchCV(EmotionPipeline(features=None, model=...), ...)."
        )
        raise InputError(msg)
    return EmotionPipeline(None, scale=None, balance=None, model=estimator), None


def read_rows(pipeline: Any, data: Data) -> Rows:
    """Extract the features once, map the targets, and leave out what has neither."""
    estimator, name = as_pipeline(pipeline)
    pipeline = estimator if name is None else estimator.get_params(deep=False)[name]
    task = resolve_task(pipeline.task, pipeline.model, pipeline.labeller, data.y)
    table, files, failures = _read_table(pipeline, data.X)
    labeller = build_labeller(pipeline.labeller)
    targets = read_targets(data.y, len(table), task=task, labeller=labeller)
    groups = row_groups(files, data.groups)
    kept = np.flatnonzero(targets.kept & np.isfinite(table.to_numpy()).all(axis=1))
    remarks = []
    if failures:
        reasons = some_sentences(failure.sentence for failure in failures.values())
        remarks.append(f"{len(failures)} files left out: {reasons}")
    if not targets.kept.all():
        remarks.append(f"{(~targets.kept).sum()} rows left out: the scheme has no label for them.")
    weights = None if data.weights is None else np.asarray(data.weights, np.float64)[kept]
    if weights is not None:
        remarks.append("Rows count by the weights of the corpus.")
    if not len(kept):
        msg = "no rows are left to score: " + (" ".join(remarks) or "X is empty.")
        raise InputError(msg)
    return Rows(
        table.iloc[kept].reset_index(drop=True),
        targets.y[kept],
        groups[kept],
        kept,
        task,
        targets.names,
        tuple(remarks),
        weights,
        failures,
    )


def _read_table(
    pipeline: EmotionPipeline, X: Any
) -> tuple[pd.DataFrame, npt.NDArray[Any], dict[int, Failure]]:
    """Return the table of features, the file of each row, and the files that failed."""
    features = build_features(pipeline.features, n_jobs=pipeline.n_jobs, cache=pipeline.cache)
    if features is None:
        table = check_array(X, dtype=[np.float64, np.float32], input_name="X")
        names = list(X.columns) if hasattr(X, "columns") else list(range(table.shape[1]))
        return pd.DataFrame(table, columns=names), np.arange(len(table)), {}
    items = as_items(X, features)
    names = list(features.fit(items).get_feature_names_out())
    rows = (extract_parts if pipeline.parts else extract)(
        features.resolve(),
        items,
        n_jobs=features.n_jobs,
        cache=features.cache,
        on_error="nan" if pipeline.on_error == "skip" else features.on_error,
    )
    columns = part_names(names) if pipeline.parts else names
    return pd.DataFrame(rows.values, columns=columns), file_groups(items), rows.failures


def folds_apart(rows: Rows, cv: Any, random_state: int | None) -> Folds:
    """Return the folds that keep groups apart, checked."""
    classes = rows.task == "classification"
    if isinstance(cv, bool) or not isinstance(cv, int):
        msg = f'cv={cv!r} must be a number of folds (evaluate also takes "random").'
        raise InputError(msg)
    folds = group_folds(
        rows.y, rows.groups, n_splits=cv, classes=classes, random_state=random_state
    )
    check_folds(rows, folds)
    return folds


def check_folds(rows: Rows, folds: Folds) -> None:
    """Refuse folds that leave one class to learn from."""
    if rows.task != "classification":
        return
    for number, (train, _) in enumerate(folds):
        if len(np.unique(rows.y[train])) < 2:
            msg = (
                f"fold {number} has one class to learn from: too few groups hold the classes. "
                "Lower cv, or use more groups."
            )
            raise InputError(msg)


def fit_folds(pipeline: Any, rows: Rows, folds: Folds) -> Iterator[tuple[Any, float]]:
    """Yield the pipeline fitted on the training rows of each fold, and the seconds it took.

    Everything after the features is fitted anew, and groups reach whatever splits inside; weights
    reach the model, if the rows have any.
    """
    estimator, name = as_pipeline(pipeline)
    prefix = "" if name is None else f"{name}__"
    on_table = {"features": None, "labeller": None, "task": rows.task}
    blank = clone(estimator).set_params(**{prefix + key: v for key, v in on_table.items()})
    for train, _ in folds:
        model = clone(blank)
        start = perf_counter()
        extra = _sample_weight(rows, train)
        model.fit(rows.table.iloc[train], rows.y[train], groups=rows.groups[train], **extra)
        yield model, perf_counter() - start


def _sample_weight(rows: Rows, chosen: Any = slice(None)) -> dict[str, Any]:
    """Return what tells `fit` the weights of some rows; nothing where there are none."""
    return {} if rows.weights is None else {"sample_weight": rows.weights[chosen]}


def predict_folds(pipeline: Any, rows: Rows, folds: Folds) -> Iterator[npt.NDArray[Any]]:
    """Yield what the pipeline predicts of the test rows of each fold."""
    fitted = fit_folds(pipeline, rows, folds)
    for (_, test), (model, _) in zip(folds, fitted, strict=True):
        yield model.predict(rows.table.iloc[test])


def fit_rows(pipeline: EmotionPipeline, data: Data, rows: Rows) -> EmotionPipeline:
    """Fit a pipeline on all rows, without reading a file again.

    What follows the features learns from the columns that were extracted; then the features are put
    before it, and the fit says what it would have said of the audio.

    Parameters
    ----------
    pipeline : EmotionPipeline
        What to fit; it is not changed.
    data : Data
        What was given.
    rows : Rows
        Its rows, with at least the columns of the pipeline's features.

    Returns
    -------
    EmotionPipeline
        The fitted pipeline.
    """
    features = build_features(pipeline.features, n_jobs=pipeline.n_jobs, cache=pipeline.cache)
    if features is None:
        fitted: EmotionPipeline = clone(pipeline).fit(
            data.X, data.y, groups=data.groups, sample_weight=data.weights
        )
        return fitted
    features.fit(data.X)
    fitted = clone(pipeline).set_params(features=None)
    table = rows.only(list(features.get_feature_names_out())).table
    y = _take(data.y, rows.kept)
    fitted.fit(table, y, groups=rows.groups, **_sample_weight(rows))
    fitted.features = pipeline.features
    fitted.pipeline_.steps[0] = ("features", features)
    labeller = build_labeller(pipeline.labeller)
    has_target = read_targets(data.y, len(data.X), task=rows.task, labeller=labeller).kept
    fitted.n_dropped_ = int((~has_target).sum())
    fitted.n_skipped_ = int(has_target.sum()) - len(rows.kept)
    fitted._failures = rows.failures
    fitted.groups_kind_ = "files" if data.groups is None else "groups"
    return fitted


def _take(y: Any, kept: npt.NDArray[np.intp]) -> Any:
    """Return the targets of some rows; a frame keeps its names."""
    return y.iloc[kept] if hasattr(y, "iloc") else [y[row] for row in kept]
