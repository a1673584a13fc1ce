"""Search for the best pipeline around a given one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np

from ..errors import InputError, unknown_name
from ..evaluation.metrics import CLASS_METRICS, LOWER_IS_BETTER, NUMBER_METRICS
from ..evaluation.rows import as_data, fit_rows, folds_apart, read_rows
from ..pipeline import EmotionPipeline
from ..steps import build_balance, build_scale, resolve_task
from .candidates import Candidates, check_models, widened
from .result import Tuning
from .search import Search
from .study import check_storage, finished, open_study

__all__ = ["tune"]

DEFAULT_METRICS = {"classification": "balanced_accuracy", "regression": "r2"}


def tune(
    pipeline: EmotionPipeline,
    X: Any,
    y: Any = None,
    *,
    groups: Any = None,
    target: str | None = None,
    models: Sequence[str] | None = None,
    n_trials: int = 50,
    cv: int = 5,
    metric: str | None = None,
    random_state: int = 0,
    storage: str | os.PathLike[str] | None = None,
) -> Tuning:
    """Search features, scaling, balancing and model together for the best score, groups apart.

    The first trial is the pipeline as given; the others are drawn by Optuna's TPE around what was
    good. Each is scored on the same folds, and a trial that falls behind the median of the others
    is stopped early. Each file is read once, for all columns that any trial needs; the best
    pipeline is fitted on all rows of them at the end.

    What the pipeline holds by name is searched, what it holds as an object stays as it is.

    Parameters
    ----------
    pipeline : EmotionPipeline
        Where to start; it is not changed.
    X : Dataset, list of audio items, or array
        The audio, or a table where the pipeline has ``features=None``; or a corpus, which brings
        its targets and groups.
    y : array-like, default=None
        Labels or numbers; valence and arousal where the pipeline has a labeller.
    groups : array-like of shape (n_rows,), default=None
        What must not stand on both sides of a fold: songs, artists, actors. Without them each file
        is a group.
    target : str, default=None
        The target of the corpus; None is its first.
    models : sequence of str, default=None
        Names of models to search besides the pipeline's own.
    n_trials : int >= 1, default=50
        Trials in all, those that the storage holds included.
    cv : int >= 2, default=5
        Folds with groups apart.
    metric : str, default=None
        A metric of `mer_sklearn.evaluation.metrics`. None is "r2" for numbers and
        "balanced_accuracy" for classes: each emotion counts the same however rare it is, a trivial
        answer scores 1 / n_classes, and it moves less than F1 by single rows of rare classes.
    random_state : int >= 0, default=0
        Seed of the folds and of all trials; the pipeline of a trial is seeded by it and the
        trial's number. The first trial keeps the pipeline's own seed, where it has one.
    storage : path, default=None
        A file (SQLite) that keeps the trials. A search that was stopped, by whatever, goes on with
        the same call and finds the same as if it had not been. One process at a time.

    Returns
    -------
    Tuning
        The best pipeline, fitted, and all trials.

    Raises
    ------
    InputError
        If an argument makes no sense, the storage belongs to another search, or all trials
        fail.
    AudioError
        If a file cannot be read and the pipeline has ``on_error="raise"``.

    Examples
    --------
    >>> from mer_sklearn import EmotionPipeline, make_emotion_clips
    >>> clips = make_emotion_clips(24, random_state=0, duration=2.0)
    >>> start = EmotionPipeline("mfcc40-mean", model="ridge", cache=False)
    >>> tuning = tune(start, clips, target="va", n_trials=5, cv=3)
    >>> tuning.best_score >= tuning.start_score, len(tuning.trials)
    (True, 5)
    """
    _check_numbers(n_trials, random_state)
    check_storage(storage)
    data = as_data(X, y, groups=groups, target=target, function="tune")
    task = _check_parts(pipeline, data.y)
    metric, names = _check_metric(metric, task), check_models(models, task)
    rows = read_rows(widened(pipeline), data)
    folds = folds_apart(rows, cv, random_state)
    candidates = Candidates(pipeline, task, rows.columns, names)
    search = Search(candidates, rows, folds, metric, random_state)
    higher = metric not in LOWER_IS_BETTER
    with open_study(storage, maximize=higher, fingerprint=search.fingerprint()) as study:
        search.run(study, n_trials)
        trials = finished(study)
    best = search.best(trials)
    candidate = search.candidate(trials[best], best)
    return Tuning(
        best_pipeline=fit_rows(candidate.pipeline, data, rows),
        best_params=candidate.params,
        best_score=trials[best].value,
        start_score=trials[0].value,
        metric=metric,
        split=data.split,
        n_rows=len(rows.y),
        n_groups=len(np.unique(rows.groups)),
        n_folds=len(folds),
        random_state=random_state,
        words=candidate.words,
        trials=[search.record(trial, number) for number, trial in enumerate(trials)],
    )


def _check_numbers(n_trials: Any, random_state: Any) -> None:
    """Refuse counts and seeds that make no sense."""
    for name, value, least in (("n_trials", n_trials, 1), ("random_state", random_state, 0)):
        if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
            msg = f"{name}={value!r} must be a whole number of {least} or more."
            raise InputError(msg)


def _check_parts(pipeline: Any, y: Any) -> str:
    """Return the task; refuse names that lead nowhere before the long work starts."""
    if not isinstance(pipeline, EmotionPipeline):
        msg = f"pipeline={pipeline!r} is no EmotionPipeline; put it in one, as its model."
        raise InputError(msg)
    build_scale(pipeline.scale, pipeline.model, [])
    build_balance(pipeline.balance, "classification", weighted=False, random_state=None)
    return resolve_task(pipeline.task, pipeline.model, pipeline.labeller, y)


def _check_metric(name: Any, task: str) -> str:
    """Return the name of the metric; None is the task's default."""
    known = CLASS_METRICS if task == "classification" else NUMBER_METRICS
    if name is None:
        return DEFAULT_METRICS[task]
    if name not in known:
        raise unknown_name(f"metric of {task}", name, known)
    return str(name)
