"""Which of several pipelines is better, on the same folds, with what chance alone could do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
from sklearn.base import clone

from ..errors import InputError, unknown_name
from ..pipeline import EmotionPipeline
from ..steps import task_of_model
from .answers import Answers, ask_folds
from .evaluate import ask_at_random, read_strata, score_answers
from .intervals import LEVEL, draw_scores, interval
from .metrics import CLASS_METRICS, LOWER_IS_BETTER, NUMBER_METRICS, PROBABILITY_METRICS, Scale
from .result import Evaluation
from .rows import Data, Rows, as_data, as_pipeline, read_rows
from .splits import check_tested, make_split
from .tables import as_markdown, as_text, bracket, number

__all__ = ["SCHEMA", "Comparison", "compare"]

SCHEMA = 1  # of the JSON document; changes when the meaning of an entry does
DEFAULT_METRICS = {"classification": "balanced_accuracy", "regression": "r2"}
SHOWN = {
    "classification": ("accuracy", "balanced_accuracy", "macro_f1"),
    "regression": ("r2", "pearson", "rmse"),
}


@dataclass(frozen=True)
class Comparison:
    """Several pipelines scored on the same folds.

    Parameters
    ----------
    metric : str
        What they are compared by.
    results : dict of str to Evaluation
        Each by its name, the best first.
    differences : dict of str to dict
        Of each pipeline but the best: ``difference``, how much the best is above it in the metric
        (below it where lower is better), and ``interval``, which holds for all of them at once.
    winner : str or None
        The best, if none of these intervals holds 0; None where chance could have made it the best.
    """

    metric: str
    results: dict[str, Evaluation]
    differences: dict[str, dict[str, Any]] = field(repr=False)
    winner: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the predictions as a JSON document."""
        return {
            "schema": SCHEMA,
            "metric": self.metric,
            "winner": self.winner,
            "differences": self.differences,
            "results": {name: result.to_dict() for name, result in self.results.items()},
        }

    def to_markdown(self) -> str:
        """Return the comparison as a table in Markdown."""
        return "\n\n".join([self._first._head(), as_markdown(self._columns()), *self._last_lines()])

    def __str__(self) -> str:
        """Return the comparison as a table, the best first and the trivial answers last."""
        return "\n".join([self._first._head(), as_text(self._columns()), *self._last_lines()])

    @property
    def _first(self) -> Evaluation:
        return next(iter(self.results.values()))

    def _columns(self) -> dict[str, list[str]]:
        """Return the table column by column, what the pipelines are compared with at its foot."""
        best, results = self._first, list(self.results.values())
        foot = {**best.baselines, **({"ceiling": best.ceiling} if best.ceiling else {})}
        behind = [self.differences.get(name, {}) for name in self.results]
        of_metric = [(r.intervals[self.metric], r.optimism) for r in results]
        columns = {
            name: [number(of.get(name)) for of in [*(r.scores for r in results), *foot.values()]]
            for name in dict.fromkeys((self.metric, *SHOWN[best.task]))
        }
        above = {
            f"{self.metric} {LEVEL:.0%}": [bracket(ends) for ends, _ in of_metric],
            "behind": [number(of.get("difference")) for of in behind],
            f"behind {LEVEL:.0%}": [bracket(of.get("interval")) for of in behind],
        }
        if best.within:
            above[f"{self.metric} within {best.strata}"] = [
                number(r.within[self.metric]) for r in results
            ]
        if best.optimism:
            above["random split"] = [number(of["scores"][self.metric]) for _, of in of_metric]
            above["optimism"] = [number(of["difference"][self.metric]) for _, of in of_metric]
            above[f"optimism {LEVEL:.0%}"] = [
                bracket(of["intervals"][self.metric]) for _, of in of_metric
            ]
        above["fit s"] = [number(r.cost["fit_s"]) for r in results]
        above["predict ms"] = [number(1e3 * r.cost["predict_row_s"]) for r in results]
        above["kB"] = [f"{r.cost['bytes'] / 1e3:.0f}" for r in results]
        empty = [""] * len(foot)
        return {
            "": [*self.results, *foot],
            **columns,
            **{name: [*cells, *empty] for name, cells in above.items()},
        }

    def _last_lines(self) -> list[str]:
        """Return who won, and the remarks of all."""
        names = list(self.results)
        verdict = (
            f"{self.winner} is better than the others."
            if self.winner
            else f"No winner: {names[0]} is in front, but chance could do that."
        )
        remarks = dict.fromkeys(r for result in self.results.values() for r in result.remarks)
        return [verdict if len(names) > 1 else "", *remarks]


def compare(
    pipelines: Mapping[str, Any] | Sequence[str],
    X: Any,
    y: Any = None,
    *,
    pipeline: EmotionPipeline | None = None,
    groups: Any = None,
    target: str | None = None,
    cv: Any = 5,
    repeats: int = 1,
    metric: str | None = None,
    strata: Any = None,
    scale: Scale | None = None,
    optimism: bool = False,
    random_state: int | None = 0,
) -> Comparison:
    """Score several pipelines on the same folds, and say whether one is better.

    Features that several of them share are extracted once. The differences are paired: the same
    groups are drawn for both, so what is hard for both does not count. A winner is named only where
    the intervals of all differences, at 95 % together (Bonferroni), leave out 0. That is said of
    the models that these rows made; other training rows may turn a small difference round.

    Parameters
    ----------
    pipelines : mapping of str to pipeline, or sequence of str
        What to compare, by name; or names of models that take the place of the model of `pipeline`.
    X : Dataset, list of audio items, or array
        The audio, a table where the pipelines have ``features=None``, or a corpus.
    y : array-like, default=None
        Labels or numbers; a corpus brings its own.
    pipeline : EmotionPipeline, default=None
        What surrounds models that are given by name; None is ``EmotionPipeline(random_state=0)``.
    groups : array-like of shape (n_rows,), default=None
        What must not stand on both sides: songs, artists, actors.
    target : str, default=None
        The target of the corpus; None is its first.
    cv : int, str, splitter or list of (train, test), default=5
        As of `evaluate`.
    repeats : int, default=1
        How often the folds are drawn.
    metric : str, default=None
        What to compare by; None is "balanced_accuracy" or "r2".
    strata : str or array-like, default=None
        What divides the rows, as of `evaluate`.
    scale : (float, float), default=None
        The ends of the scale of numbers.
    optimism : bool, default=False
        Also score a random split, as `evaluate` does.
    random_state : int, default=0
        Seed of the split and the bootstrap.

    Returns
    -------
    Comparison
        The best first, and by how much the others are behind.

    Raises
    ------
    InputError
        If there is nothing to compare, a name leads nowhere, or the pipelines learn different
        things.

    Examples
    --------
    >>> from mer_sklearn import compare, make_emotion_clips
    >>> clips = make_emotion_clips(24, random_state=0, duration=2.0)
    >>> found = compare(["ridge", "svr"], clips, cv=3)
    >>> sorted(found.results)
    ['ridge', 'svr']
    """
    named = _named(pipelines, pipeline)
    data = as_data(X, y, groups=groups, target=target, scale=scale, function="compare")
    tables = _read_all(named, data)
    first = next(iter(tables.values()))
    metric = choose_metric(metric, first.task)
    split = make_split(first, data, cv, repeats=repeats, random_state=random_state)
    check_tested(first, split)
    answers = {name: ask_folds(named[name], rows, split) for name, rows in tables.items()}
    results = {
        name: score_answers(
            found,
            data,
            tables[name],
            split,
            strata=read_strata(data, first, strata),
            random=(
                ask_at_random(named[name], tables[name], split, random_state) if optimism else None
            ),
            random_state=random_state,
        )
        for name, found in answers.items()
    }
    _check_scored(results, metric)
    sign = -1 if metric in LOWER_IS_BETTER else 1
    order = sorted(results, key=lambda name: -sign * results[name].scores[metric])
    drawn = {name: _draws(answers[name], first, data, metric, random_state) for name in order}
    n_groups = len(results[order[0]].by_group)
    differences = _differences(order, results, drawn, metric, sign, n_groups)
    # Two groups say next to nothing of a third one.
    ahead = n_groups > 2 and all(found["interval"][0] > 0 for found in differences.values())
    return Comparison(
        metric,
        {name: results[name] for name in order},
        differences,
        order[0] if differences and ahead else None,
    )


def _named(
    pipelines: Mapping[str, Any] | Sequence[str], pipeline: EmotionPipeline | None
) -> dict[str, Any]:
    """Return the pipelines by name."""
    if isinstance(pipelines, Mapping):
        named = dict(pipelines)
    elif isinstance(pipelines, str) or not all(isinstance(name, str) for name in pipelines):
        msg = (
            f"pipelines={pipelines!r} must be names of models in a list, or a dict of pipelines by "
            "name."
        )
        raise InputError(msg)
    else:
        if len(set(pipelines)) < len(pipelines):
            msg = f"pipelines={pipelines!r} names a model twice; pass a dict of pipelines instead."
            raise InputError(msg)
        for name in pipelines:
            task_of_model(name)  # refuses a name that leads nowhere
        around = EmotionPipeline(random_state=0) if pipeline is None else pipeline
        named = {name: clone(around).set_params(model=name) for name in pipelines}
    if not named:
        msg = "pipelines is empty; name at least one."
        raise InputError(msg)
    return named


def _read_all(named: Mapping[str, Any], data: Data) -> dict[str, Rows]:
    """Return the rows of each pipeline, extracted once for equal features, and the same for all."""
    read: dict[str, Rows] = {}
    tables = {}
    for name, pipeline in named.items():
        estimator, inside = as_pipeline(pipeline)
        core = estimator if inside is None else estimator.get_params(deep=False)[inside]
        of_model = task_of_model(core.model)
        of_core = (core.features, core.parts, core.labeller, core.task, core.on_error)
        key = joblib.hash((*of_core, of_model))
        if key not in read:
            read[key] = read_rows(pipeline, data)
        tables[name] = read[key]
    kept = reduce(np.intersect1d, (rows.kept for rows in tables.values()))
    tables = {name: _only(rows, kept) for name, rows in tables.items()}
    first, *others = tables.values()
    for rows in others:
        if rows.task != first.task or not np.array_equal(rows.y, first.y):
            msg = (
                f"the pipelines learn different things ({first.task} of {', '.join(first.names)}, "
                f"{rows.task} of {', '.join(rows.names)}); compare those of one task."
            )
            raise InputError(msg)
    return tables


def _only(rows: Rows, kept: npt.NDArray[np.intp]) -> Rows:
    """Return the rows with these numbers."""
    mine = np.isin(rows.kept, kept)
    if mine.all():
        return rows
    return replace(
        rows,
        table=rows.table[mine].reset_index(drop=True),
        y=rows.y[mine],
        groups=rows.groups[mine],
        kept=rows.kept[mine],
        weights=None if rows.weights is None else rows.weights[mine],
    )


def choose_metric(metric: str | None, task: str) -> str:
    """Return the metric to compare by."""
    if metric is None:
        return DEFAULT_METRICS[task]
    of_classes = [*CLASS_METRICS, *PROBABILITY_METRICS]
    known = of_classes if task == "classification" else list(NUMBER_METRICS)
    if metric not in known:
        raise unknown_name(f"metric of {task}", metric, known)
    return metric


def _check_scored(results: Mapping[str, Evaluation], metric: str) -> None:
    """Refuse a metric of probabilities where a model gives none."""
    for name, result in results.items():
        if metric not in result.scores:
            msg = f"{name} gives no probabilities, so it has no {metric}; take another metric."
            raise InputError(msg)


def _draws(
    answers: Answers, rows: Rows, data: Data, metric: str, random_state: int | None
) -> npt.NDArray[np.float64]:
    """Return the metric of each draw of groups."""
    scale = data.scale if rows.task == "regression" else None
    seed = 0 if random_state is None else random_state
    found = draw_scores(answers.sums(rows, rows.groups), scale, random_state=seed)[metric]
    return np.asarray(found.reshape(len(found), -1).mean(axis=1))


def _differences(
    order: Sequence[str],
    results: Mapping[str, Evaluation],
    drawn: Mapping[str, npt.NDArray[np.float64]],
    metric: str,
    sign: int,
    n_groups: int,
) -> dict[str, dict[str, Any]]:
    """Return how much the best is ahead of each other, all intervals together at the level."""
    best, *others = order
    level = 1 - (1 - LEVEL) / max(1, len(others))
    found = {}
    for name in others:
        ahead = sign * (results[best].scores[metric] - results[name].scores[metric])
        ends = interval(ahead, sign * (drawn[best] - drawn[name]), n_groups, level=level)
        found[name] = {"difference": float(ahead), "interval": ends.tolist()}
    return found
