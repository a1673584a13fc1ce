"""What a pipeline, or the trivial guess beside it, answers to rows it has not learned from."""

from __future__ import annotations

import pickle
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.dummy import DummyClassifier, DummyRegressor

from .intervals import mean_scores
from .metrics import Scale, Sums, add_up
from .rows import Rows, fit_folds
from .splits import Split

__all__ = ["Answers", "ask_folds", "guess_folds"]

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Answers:
    """The answers to all tested rows, a repeat after the other.

    Parameters
    ----------
    tested : array of int of shape (n_answers,)
        The row of each answer.
    repeat, fold : array of int of shape (n_answers,)
        Where it was tested.
    predicted : array of shape (n_answers,) or (n_answers, n_targets)
        Labels, or numbers.
    proba : array of shape (n_answers, n_classes) or None
        Probabilities of all classes, where the model gives them.
    cost : dict of str to float
        Seconds to fit a fold and to predict a row, and the bytes of the fitted pipeline without its
        features.
    remarks : tuple of str
        What the model complained of.
    """

    tested: npt.NDArray[np.intp]
    repeat: npt.NDArray[np.intp]
    fold: npt.NDArray[np.intp]
    predicted: Array
    proba: Array | None
    cost: dict[str, float]
    remarks: tuple[str, ...] = ()

    def sums(self, rows: Rows, groups: npt.NDArray[np.intp]) -> list[Sums]:
        """Return the sums over the rows of each group, for each repeat.

        Parameters
        ----------
        rows : Rows
            What was asked.
        groups : array of int of shape (n_rows,)
            The group of each row, from 0; groups without an answer are left out.

        Returns
        -------
        list of dict of str to ndarray of shape (n_groups, ...)
            As of `add_up`.
        """
        there, of_row = np.unique(groups[self.tested], return_inverse=True)
        return [
            self._add_up(rows, np.flatnonzero(self.repeat == repeat), of_row, len(there))
            for repeat in np.unique(self.repeat)
        ]

    def among(self, tested: npt.NDArray[np.intp]) -> Answers:
        """Return the answers to some rows only."""
        mine = np.isin(self.tested, tested)
        return replace(
            self,
            tested=self.tested[mine],
            repeat=self.repeat[mine],
            fold=self.fold[mine],
            predicted=self.predicted[mine],
            proba=None if self.proba is None else self.proba[mine],
        )

    def fold_scores(self, rows: Rows, scale: Scale | None) -> list[dict[str, float]]:
        """Return repeat, fold, rows and scores of each fold."""
        found = []
        for repeat, fold in sorted(set(zip(self.repeat.tolist(), self.fold.tolist(), strict=True))):
            mine = np.flatnonzero((self.repeat == repeat) & (self.fold == fold))
            sums = self._add_up(rows, mine, np.zeros(len(self.tested), np.intp), 1)
            scores = {k: float(v.mean()) for k, v in mean_scores([sums], scale).items()}
            found.append({"repeat": repeat, "fold": fold, "n_test": len(mine), **scores})
        return found

    def _add_up(
        self, rows: Rows, mine: npt.NDArray[np.intp], groups: npt.NDArray[np.intp], n_groups: int
    ) -> Sums:
        """Return the sums of some answers by their groups."""
        return add_up(
            rows.task,
            rows.y[self.tested[mine]],
            self.predicted[mine],
            groups=groups[mine],
            n_groups=n_groups,
            proba=None if self.proba is None else self.proba[mine],
            classes=np.unique(rows.y) if rows.task == "classification" else None,
            weights=None if rows.weights is None else rows.weights[self.tested[mine]],
        )


def ask_folds(pipeline: Any, rows: Rows, split: Split) -> Answers:
    """Fit the pipeline on the training rows of each fold, and ask it about the test rows."""
    parts, cost, size = [], [], 0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for repeat, folds in enumerate(split.repeats):
            fitted = fit_folds(pipeline, rows, folds)
            for fold, ((_, test), (model, fit_s)) in enumerate(zip(folds, fitted, strict=True)):
                start = perf_counter()
                predicted = model.predict(rows.table.iloc[test])
                cost.append((fit_s, (perf_counter() - start) / len(test)))
                parts.append((repeat, fold, test, predicted, _probabilities(model, rows, test)))
                size = size or _size(model)
    fit_s, predict_s = np.mean(cost, axis=0)
    return _join(
        rows,
        parts,
        cost={"fit_s": float(fit_s), "predict_row_s": float(predict_s), "bytes": size},
        remarks=_complaints(caught, len(cost)),
    )


def _size(model: Any) -> int:
    """Return the bytes of a fitted model; 0 for one that cannot be pickled."""
    try:
        return len(pickle.dumps(model))
    except (pickle.PicklingError, AttributeError, TypeError):
        return 0


def guess_folds(
    rows: Rows,
    split: Split,
    strategy: str,
    *,
    strata: Array | None = None,
    random_state: int | None = 0,
) -> Answers:
    """Answer without listening: by what is frequent, or the mean, of the training rows.

    Parameters
    ----------
    rows : Rows
        What is asked.
    split : Split
        The folds.
    strategy : {"prior", "stratified", "mean"}
        The most frequent class, a draw with the frequencies of the classes, or the mean.
    strata : array of shape (n_rows,), default=None
        Guess within each of these by itself, such as the genres.
    random_state : int, default=0
        Seed of the drawing.

    Returns
    -------
    Answers
        The guesses.
    """
    strata = np.zeros(len(rows.y), np.intp) if strata is None else strata
    parts = []
    # One stream for all folds: with a seed for each, their draws would be copies of one another.
    draws = np.random.RandomState(random_state)
    for repeat, folds in enumerate(split.repeats):
        for fold, (train, test) in enumerate(folds):
            for found, guesser in _guessers(rows, train, test, strata, strategy, draws):
                blank = np.zeros((len(found), 1))
                proba = None
                if strategy == "prior":  # a draw has no probabilities but 0 and 1
                    proba = _spread(guesser.predict_proba(blank), guesser.classes_, rows)
                parts.append((repeat, fold, found, guesser.predict(blank), proba))
    return _join(rows, parts, cost={}, remarks=())


def _guessers(
    rows: Rows,
    train: Array,
    test: Array,
    strata: Array,
    strategy: str,
    draws: np.random.RandomState,
) -> Iterator[tuple[Array, Any]]:
    """Yield the test rows of each stratum, and the guess that its training rows teach."""
    for value in np.unique(strata[test]):
        learned = train[strata[train] == value]
        learned = learned if len(learned) else train
        if strategy == "mean":
            guesser = DummyRegressor()
        else:
            guesser = DummyClassifier(strategy=strategy, random_state=draws)
        yield (
            test[strata[test] == value],
            guesser.fit(
                np.zeros((len(learned), 1)),
                rows.y[learned],
                sample_weight=None if rows.weights is None else rows.weights[learned],
            ),
        )


def _probabilities(model: Any, rows: Rows, test: Array) -> Array | None:
    """Return the probabilities of all classes, where the model gives them."""
    inner = getattr(model, "best_estimator_", model)
    if rows.task != "classification" or not hasattr(
        getattr(inner, "pipeline_", inner), "predict_proba"
    ):
        return None
    return _spread(model.predict_proba(rows.table.iloc[test]), model.classes_, rows)


def _spread(proba: Array, known: Array, rows: Rows) -> Array:
    """Give classes that the model does not know the probability 0."""
    classes = np.unique(rows.y)
    full = np.zeros((len(proba), len(classes)))
    full[:, np.searchsorted(classes, known)] = proba
    return full


def _join(
    rows: Rows, parts: list[Any], *, cost: dict[str, float], remarks: tuple[str, ...]
) -> Answers:
    """Put the answers of all folds one after the other."""
    repeats, folds, tests, predicted, probas = zip(*parts, strict=True)
    sizes = [len(test) for test in tests]
    tested = np.concatenate(tests)
    answers = np.empty((len(tested), *rows.y.shape[1:]), rows.y.dtype)
    answers[:] = np.concatenate(
        [np.asarray(p).reshape(n, *rows.y.shape[1:]) for p, n in zip(predicted, sizes, strict=True)]
    )
    return Answers(
        tested=tested,
        repeat=np.repeat(repeats, sizes),
        fold=np.repeat(folds, sizes),
        predicted=answers,
        proba=None if any(p is None for p in probas) else np.concatenate(probas),
        cost=cost,
        remarks=remarks,
    )


def _complaints(caught: list[warnings.WarningMessage], n_fits: int) -> tuple[str, ...]:
    """Return a line for each kind of warning, instead of each warning."""
    kinds = Counter(warning.category.__name__ for warning in caught)
    first = {w.category.__name__: str(w.message).split("\n")[0] for w in reversed(caught)}
    return tuple(f"{kind}, {n} in {n_fits} fits: {first[kind]}" for kind, n in kinds.items())
