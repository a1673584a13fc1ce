"""Estimators around one estimator, or around a row of them where each sees what the last made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor

from ...errors import ArtifactError
from ...features.ops import Array
from . import kernels
from .base import TailOps, as_double, type_name
from .linear import selector

__all__ = [
    "chain",
    "convert",
    "feature_union",
    "innermost",
    "frozen",
    "labels",
    "named",
    "eliminated",
    "one_per_target",
    "pipeline",
    "scores",
    "search",
    "transform",
    "transformed_target",
]


def convert(ops: TailOps, x: Array, estimator: Any) -> Any:
    """Apply an estimator that stands inside another: see `table.convert`."""
    from .table import convert  # which names the converters below, and those of `ensembles`

    return convert(ops, x, estimator)


def pipeline(ops: TailOps, x: Array, steps: Any) -> Any:
    """Apply the steps of a pipeline; samplers only act while fitting."""
    x, last = _before_last(ops, x, steps), steps[-1]
    return x if _passes(last) else convert(ops, x, last)


def feature_union(ops: TailOps, x: Array, union: Any) -> Array:
    """Apply transformers side by side; their columns follow one another."""
    weights = union.transformer_weights or {}
    parts = []
    for name, part in union.transformer_list:
        if part == "drop":
            continue
        columns = as_double(ops, x if _passes(part) else transform(ops, x, part))
        parts.append(columns * float(weights.get(name, 1.0)))
    return ops.xp.concat(parts, axis=-1)


def named(ops: TailOps, x: Array, model: Any) -> Any:
    """Apply the model that a name stands for."""
    return convert(ops, x, model.model_)


def search(ops: TailOps, x: Array, found: Any) -> Any:
    """Apply the best estimator of a search."""
    return convert(ops, x, found.best_estimator_)


def frozen(ops: TailOps, x: Array, model: Any) -> Any:
    """Apply an estimator that is not fitted again."""
    return convert(ops, x, model.estimator)


def eliminated(ops: TailOps, x: Array, model: Any) -> Any:
    """Apply the model that an elimination of columns ends with, where it is asked for answers."""
    return convert(ops, selector(ops, x, model), model.estimator_)


def one_per_target(ops: TailOps, x: Array, model: Any) -> Array:
    """Apply one regressor for each target."""
    parts = [as_double(ops, convert(ops, x, part)) for part in model.estimators_]
    return ops.xp.concat(parts, axis=-1)


def chain(ops: TailOps, x: Array, model: Any) -> Array:
    """Apply regressors one after the other; each sees the rows and the answers before it."""
    rows = as_double(ops, x)
    answers: list[Array] = []
    for part in model.estimators_:
        seen = ops.xp.concat([rows, *answers], axis=-1) if answers else x
        answers.append(as_double(ops, convert(ops, seen, part)))
    in_order = np.argsort(model.order_)
    return ops.xp.concat([answers[place] for place in in_order], axis=-1)


def transformed_target(ops: TailOps, x: Array, model: Any) -> Array:
    """Apply a regressor, and take its answers back to the unit of the targets."""
    scaler = model.transformer_
    answers = as_double(ops, convert(ops, x, model.regressor_))
    if scaler.with_std:
        answers = answers * ops.const(scaler.scale_)
    return answers + ops.const(scaler.mean_) if scaler.with_mean else answers


def scores(ops: TailOps, x: Array, model: Any) -> Array:
    """Return the scores of a classifier's `decision_function`, two columns for two classes.

    Raises
    ------
    ArtifactError
        If they have no export.
    """
    x, model = innermost(ops, x, model)
    kind = type(model).__name__
    if kind not in kernels.SCORES:
        msg = (
            f"the scores of {kind} have no export, which the model around it asks for; those of "
            f"{', '.join(kernels.SCORES)} have. Take one of these, or save as .joblib."
        )
        raise ArtifactError(msg)
    return kernels.SCORES[kind](ops, x, model)


def labels(ops: TailOps, x: Array, model: Any) -> Array:
    """Return the labels of a classifier, which may have scores only."""
    if hasattr(model, "predict_proba"):
        return convert(ops, x, model).labels
    x, model = innermost(ops, x, model)
    found = scores(ops, x, model)
    if len(model.classes_) > 2 and not getattr(model, "break_ties", True):
        found = ops.xp.floor(found + 0.5)  # the votes alone: of as many, the first wins
    return ops.names(model.classes_, ops.xp.argmax(found, axis=-1))


def innermost(ops: TailOps, x: Array, model: Any) -> tuple[Array, Any]:
    """Return the classifier inside pipelines and others, and the rows that it sees."""
    name = type_name(model)
    if name in ("sklearn.Pipeline", "imblearn.Pipeline"):
        return innermost(ops, _before_last(ops, x, model), model[-1])
    if name in AROUND_ONE:
        return innermost(ops, x, getattr(model, AROUND_ONE[name]))
    return x, model


AROUND_ONE = {
    "mer_sklearn.Named": "model_",
    "mer_sklearn.ScoreClassifier": "estimator_",
    "sklearn.FrozenEstimator": "estimator",
    "sklearn.GridSearchCV": "best_estimator_",
    "sklearn.RandomizedSearchCV": "best_estimator_",
}


def _before_last(ops: TailOps, x: Array, steps: Any) -> Array:
    """Apply the steps before the model."""
    for step in _transformers(steps):
        if _predicts(step):
            msg = (
                f"{type(step).__name__} as a step before the model has no export that is right: "
                "skl2onnx writes its predictions. Reduce the columns by PCA."
            )
            raise ArtifactError(msg)
        x = transform(ops, x, step)
    return x


def transform(ops: TailOps, x: Array, step: Any) -> Array:
    """Apply a step before the model; a selector may be a model as well."""
    return (selector if hasattr(step, "get_support") else convert)(ops, x, step)


def _transformers(steps: Any) -> Sequence[Any]:
    return [
        step
        for _, step in steps.steps[:-1]
        if not (step is None or _passes(step) or hasattr(step, "fit_resample"))
    ]


def _passes(step: Any) -> bool:
    """Tell a step that leaves rows as they are."""
    if isinstance(step, str):
        return step == "passthrough"
    return type_name(step) == "sklearn.FunctionTransformer" and step.func is None


def _predicts(step: Any) -> bool:
    """Tell a model from a transformer; a selector may be called what its model is."""
    return (is_classifier(step) or is_regressor(step)) and not hasattr(step, "get_support")
