"""Score a pipeline on rows it has not learned from, with groups apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.utils import check_array

from ..datasets.base import Dataset
from ..errors import InputError, some
from ..features.inputs import as_items
from ..features.rows import extract
from ..grouping import Folds, as_groups, file_groups, group_folds
from ..pipeline import EmotionPipeline
from ..steps import build_features, build_labeller, resolve_task
from ..targets import read_targets
from .metrics import scores

__all__ = ["SCHEMA", "Evaluation", "evaluate"]

SCHEMA = 1  # of the JSON document; changes when the meaning of an entry does


@dataclass(frozen=True)
class Evaluation:
    """The scores of a pipeline and what they are to be compared with.

    Parameters
    ----------
    task : str
        "classification" or "regression".
    split : str
        What was kept apart: "artists apart", "files apart", or "random split".
    n_rows, n_groups, n_folds : int
        What was scored, in how many groups and folds.
    scores : dict of str to float
        By metric, over the pooled predictions of all folds.
    baseline : dict of str to float
        The same of the trivial answer: the most frequent class, or the mean, of the training rows.
    ceiling : dict of str to float
        The best that the noise of the raters allows, where the corpus says.
    folds : list of dict
        The scores of each fold.
    predictions : DataFrame
        The rows that were scored: row, fold, group, and what is true and what was predicted.
    remarks : tuple of str
        Rows that were left out, and why.
    """

    task: str
    split: str
    n_rows: int
    n_groups: int
    n_folds: int
    scores: dict[str, float]
    baseline: dict[str, float]
    ceiling: dict[str, float]
    folds: list[dict[str, float]]
    predictions: pd.DataFrame = field(repr=False)
    remarks: tuple[str, ...] = ()

    @property
    def baseline_name(self) -> str:
        """What the trivial answer is called."""
        return "majority" if self.task == "classification" else "mean"

    def to_dict(self) -> dict[str, Any]:
        """Return the scores as a JSON document, without the predictions."""
        return {
            "schema": SCHEMA,
            "task": self.task,
            "split": self.split,
            "n_rows": self.n_rows,
            "n_groups": self.n_groups,
            "n_folds": self.n_folds,
            "scores": self.scores,
            "baseline": {"name": self.baseline_name, **self.baseline},
            "ceiling": self.ceiling,
            "folds": self.folds,
            "remarks": list(self.remarks),
        }

    def __str__(self) -> str:
        """Return the scores as a table with the baseline beside them."""
        head = f"{self.split}: {self.n_rows} rows in {self.n_groups} groups, {self.n_folds} folds\n"
        columns = {"score": self.scores, self.baseline_name: self.baseline}
        if self.ceiling:
            columns["ceiling"] = self.ceiling
        frame = pd.DataFrame(columns)
        table = frame.loc[list(self.scores)].to_string(float_format="%.3f", na_rep="")
        return head + table + "".join(f"\n{remark}" for remark in self.remarks)


def evaluate(
    pipeline: EmotionPipeline,
    X: Any,
    y: Any = None,
    *,
    groups: Any = None,
    target: str | None = None,
    cv: int | str = 5,
    random_state: int | None = 0,
) -> Evaluation:
    """Score a pipeline by cross-validation that keeps groups apart.

    Features are extracted once; everything else (scaling, selection, balancing, the model) is
    fitted anew on the training rows of each fold.

    Parameters
    ----------
    pipeline : EmotionPipeline
        What to score; it is not changed.
    X : Dataset, list of audio items, or array
        The audio, or a table where the pipeline has ``features=None``; or a corpus, which brings
        its targets and groups.
    y : array-like, default=None
        Labels or numbers; valence and arousal where the pipeline has a labeller.
    groups : array-like of shape (n_rows,), default=None
        What must not stand on both sides: songs, artists, actors. Without them each file is a
        group, and the result says "files apart".
    target : str, default=None
        The target of the corpus; None is its first.
    cv : int or "random", default=5
        Folds with groups apart; "random" is 5 folds that ignore groups, and called so.
    random_state : int, default=0
        Seed of the split.

    Returns
    -------
    Evaluation
        The scores, beside those of the trivial answer.

    Raises
    ------
    InputError
        If X, y and groups do not fit each other or cannot be split.
    AudioError
        If a file cannot be read and the pipeline has ``on_error="raise"``.

    Examples
    --------
    >>> from mer_sklearn import EmotionPipeline, evaluate, make_emotion_clips
    >>> clips = make_emotion_clips(24, random_state=0, duration=2.0)
    >>> result = evaluate(EmotionPipeline(model="ridge"), clips, cv=3)
    >>> result.split
    'artists apart'
    """
    ceiling: dict[str, float] = {}
    kind = "groups apart"
    if isinstance(X, Dataset):
        if y is not None or groups is not None:
            msg = "a Dataset brings y and groups; choose what to learn by target= instead."
            raise InputError(msg)
        kind = f"{X.info.group}s apart"
        ceiling = dict(X.target(target).ceiling)
        X, y, groups = X.X, X.y(target), X.groups
    elif y is None:
        msg = "y is missing: pass evaluate(pipeline, X, y, groups=...) or a Dataset."
        raise InputError(msg)
    elif target is not None:
        msg = f"target={target!r} chooses among the targets of a Dataset; here y is the target."
        raise InputError(msg)
    if groups is None:
        kind = "files apart"
    rows = _read_rows(pipeline, X, y, groups)
    folds = _folds(rows, cv, random_state)
    return _score(rows, folds, "random split" if cv == "random" else kind, ceiling)


@dataclass(frozen=True)
class _Rows:
    """All that is needed to fit and score: the table, the targets, the groups, the estimator."""

    pipeline: EmotionPipeline
    table: pd.DataFrame
    y: npt.NDArray[Any]
    groups: npt.NDArray[np.intp]
    kept: npt.NDArray[np.intp]
    task: str
    names: tuple[str, ...]
    remarks: tuple[str, ...]


def _read_rows(pipeline: EmotionPipeline, X: Any, y: Any, groups: Any) -> _Rows:
    """Extract the features once, map the targets, and leave out what has neither."""
    task = resolve_task(pipeline.task, pipeline.model, pipeline.labeller, y)
    table, default, errors = _read_table(pipeline, X)
    labeller = build_labeller(pipeline.labeller)
    targets = read_targets(y, len(table), task=task, labeller=labeller)
    numbers = as_groups(default if groups is None else groups, len(table))
    kept = np.flatnonzero(targets.kept & np.isfinite(table.to_numpy()).all(axis=1))
    remarks = []
    if errors:
        remarks.append(f"{len(errors)} files left out: {some(errors.values())}")
    if not targets.kept.all():
        remarks.append(f"{(~targets.kept).sum()} rows left out: the scheme has no label for them.")
    if not len(kept):
        msg = "no rows are left to score: " + (" ".join(remarks) or "X is empty.")
        raise InputError(msg)
    inner = clone(pipeline).set_params(features=None, labeller=None, task=task)
    return _Rows(
        inner,
        table.iloc[kept].reset_index(drop=True),
        targets.y[kept],
        numbers[kept],
        kept,
        task,
        targets.names,
        tuple(remarks),
    )


def _read_table(
    pipeline: EmotionPipeline, X: Any
) -> tuple[pd.DataFrame, npt.NDArray[Any], dict[int, str]]:
    """Return the table of features, the groups that files make, and the files that failed."""
    features = build_features(pipeline.features, n_jobs=pipeline.n_jobs, cache=pipeline.cache)
    if features is None:
        table = check_array(X, dtype=[np.float64, np.float32], input_name="X")
        names = list(X.columns) if hasattr(X, "columns") else list(range(table.shape[1]))
        return pd.DataFrame(table, columns=names), np.arange(len(table)), {}
    items = as_items(X, features)
    names = list(features.fit(items).get_feature_names_out())
    rows = extract(
        features.resolve(),
        items,
        n_jobs=features.n_jobs,
        cache=features.cache,
        on_error="nan" if pipeline.on_error == "skip" else features.on_error,
    )
    return pd.DataFrame(rows.values, columns=names), file_groups(items), rows.errors


def _folds(rows: _Rows, cv: int | str, random_state: int | None) -> Folds:
    """Return the folds that were asked for."""
    classes = rows.task == "classification"
    if cv == "random":
        n_splits = min(5, len(rows.y))
        if classes:
            rarest = np.unique(rows.y, return_counts=True)[1].min()
            if rarest >= n_splits:
                splitter = StratifiedKFold(n_splits, shuffle=True, random_state=random_state)
                return list(splitter.split(rows.table, rows.y))
        return list(KFold(n_splits, shuffle=True, random_state=random_state).split(rows.table))
    if isinstance(cv, bool) or not isinstance(cv, int):
        msg = f'cv={cv!r} must be a number of folds, or "random" to ignore groups.'
        raise InputError(msg)
    return group_folds(rows.y, rows.groups, n_splits=cv, classes=classes, random_state=random_state)


def _score(rows: _Rows, folds: Folds, split: str, ceiling: dict[str, float]) -> Evaluation:
    """Fit and predict every fold, the trivial answer beside the pipeline."""
    classes = rows.task == "classification"
    trivial = DummyClassifier(strategy="most_frequent") if classes else DummyRegressor()
    predicted, constant = rows.y.copy(), rows.y.copy()
    fold_of = np.zeros(len(rows.y), int)
    of_folds = []
    for number, (train, test) in enumerate(folds):
        if classes and len(np.unique(rows.y[train])) < 2:
            msg = (
                f"fold {number} has one class to learn from: too few groups hold the classes. "
                "Lower cv, or use more groups."
            )
            raise InputError(msg)
        model = clone(rows.pipeline)
        model.fit(rows.table.iloc[train], rows.y[train], groups=rows.groups[train])
        predicted[test] = model.predict(rows.table.iloc[test])
        constant[test] = trivial.fit(rows.table.iloc[train], rows.y[train]).predict(
            rows.table.iloc[test]
        )
        fold_of[test] = number
        of_folds.append(scores(rows.task, rows.y[test], predicted[test]))
    return Evaluation(
        task=rows.task,
        split=split,
        n_rows=len(rows.y),
        n_groups=len(np.unique(rows.groups)),
        n_folds=len(folds),
        scores=scores(rows.task, rows.y, predicted),
        baseline=scores(rows.task, rows.y, constant),
        ceiling=ceiling,
        folds=of_folds,
        predictions=_predictions(rows, fold_of, predicted),
        remarks=rows.remarks,
    )


def _predictions(
    rows: _Rows, fold_of: npt.NDArray[np.intp], predicted: npt.NDArray[Any]
) -> pd.DataFrame:
    """Return what is true and what was predicted, a row each."""
    frame = pd.DataFrame({"row": rows.kept, "fold": fold_of, "group": rows.groups})
    true, found = (v.reshape(len(rows.y), -1) for v in (rows.y, predicted))
    for column, name in enumerate(rows.names):
        frame[name] = true[:, column]
        frame[f"predicted_{name}"] = found[:, column]
    return frame
