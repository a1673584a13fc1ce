"""Score a pipeline on rows it has not learned from, with groups apart."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.model_selection import KFold, StratifiedKFold

from ..grouping import Folds
from ..pipeline import EmotionPipeline
from .metrics import scores
from .rows import Data, Rows, as_data, check_folds, folds_apart, predict_folds, read_rows

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
    data = as_data(X, y, groups=groups, target=target, function="evaluate")
    rows = read_rows(pipeline, data)
    if cv == "random":
        data, folds = replace(data, split="random split"), _random_folds(rows, random_state)
    else:
        folds = folds_apart(rows, cv, random_state)
    return _score(pipeline, data, rows, folds)


def _random_folds(rows: Rows, random_state: int | None) -> Folds:
    """Return 5 folds that ignore groups, for classes as even as the rarest allows."""
    n_splits = min(5, len(rows.y))
    splitter = KFold(n_splits, shuffle=True, random_state=random_state)
    if rows.task == "classification":
        rarest = np.unique(rows.y, return_counts=True)[1].min()
        if rarest >= n_splits:
            splitter = StratifiedKFold(n_splits, shuffle=True, random_state=random_state)
    folds = list(splitter.split(rows.table, rows.y))
    check_folds(rows, folds)
    return folds


def _score(pipeline: EmotionPipeline, data: Data, rows: Rows, folds: Folds) -> Evaluation:
    """Fit and predict every fold, the trivial answer beside the pipeline."""
    classes = rows.task == "classification"
    trivial = DummyClassifier(strategy="most_frequent") if classes else DummyRegressor()
    predicted, constant = rows.y.copy(), rows.y.copy()
    fold_of = np.zeros(len(rows.y), int)
    of_folds = []
    answers = predict_folds(pipeline, rows, folds)
    for number, ((train, test), answer) in enumerate(zip(folds, answers, strict=True)):
        predicted[test], fold_of[test] = answer, number
        trivial.fit(rows.table.iloc[train], rows.y[train])
        constant[test] = trivial.predict(rows.table.iloc[test])
        of_folds.append(scores(rows.task, rows.y[test], answer))
    return Evaluation(
        task=rows.task,
        split=data.split,
        n_rows=len(rows.y),
        n_groups=len(np.unique(rows.groups)),
        n_folds=len(folds),
        scores=scores(rows.task, rows.y, predicted),
        baseline=_of_constant(scores(rows.task, rows.y, constant)),
        ceiling=data.ceiling,
        folds=of_folds,
        predictions=_predictions(rows, fold_of, predicted),
        remarks=rows.remarks,
    )


def _of_constant(baseline: dict[str, float]) -> dict[str, float]:
    """Return the scores of the trivial answer, which is correlated with nothing.

    It differs from fold to fold, and is higher where the test rows are lower, so the pooled answers
    would show a correlation below 0.
    """
    return {**baseline, "pearson": 0.0} if "pearson" in baseline else baseline


def _predictions(
    rows: Rows, fold_of: npt.NDArray[np.intp], predicted: npt.NDArray[Any]
) -> pd.DataFrame:
    """Return what is true and what was predicted, a row each."""
    frame = pd.DataFrame({"row": rows.kept, "fold": fold_of, "group": rows.groups})
    true, found = (v.reshape(len(rows.y), -1) for v in (rows.y, predicted))
    for column, name in enumerate(rows.names):
        frame[name] = true[:, column]
        frame[f"predicted_{name}"] = found[:, column]
    return frame
