"""Which converter an estimator has; what is left over goes through skl2onnx, or is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from sklearn.base import is_classifier, is_regressor

from ...errors import ArtifactError
from ...features.ops import Array
from . import kernels, linear, tree_models
from .base import Converter, TailOps

__all__ = ["CONVERTERS", "convert", "type_name"]


def type_name(estimator: Any) -> str:
    """Return what the tables below call the type of an estimator: its package and its name.

    Names rather than types, so that the table imports no library that the estimator does not need.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> type_name(SVC())
    'sklearn.SVC'
    """
    kind = type(estimator)
    return f"{kind.__module__.partition('.')[0]}.{kind.__name__}"


def convert(ops: TailOps, x: Array, estimator: Any) -> Any:
    """Apply a fitted estimator to rows as array functions.

    Parameters
    ----------
    ops : TailOps
        Who computes: `NumpyTailOps`, or `GraphTailOps` to trace.
    x : array of shape (n_rows, n_columns)
        Rows of features.
    estimator : estimator
        A fitted transformer, classifier or regressor.

    Returns
    -------
    array of shape (n_rows, n_columns) or (n_rows, n_targets), or Classes
        What it transforms to or predicts.

    Raises
    ------
    ArtifactError
        If the estimator has no export, with the reason and the way out.
    """
    name = type_name(estimator)
    converter = CONVERTERS.get(name)
    if converter is None and hasattr(estimator, "get_support"):
        converter = linear.selector
    if converter is not None:
        return converter(ops, x, estimator)
    reason = LIES[name](estimator) if name in LIES else None
    if reason is not None:
        msg = f"{name.partition('.')[2]} has no export that is right: {reason}"
        raise ArtifactError(msg)
    return ops.library(x, estimator)


# ----------------------------------------------------------------- estimators around estimators


def pipeline(ops: TailOps, x: Array, steps: Any) -> Any:
    """Apply the steps of a pipeline; samplers only act while fitting."""
    *before, (_, last) = steps.steps
    for _, step in before:
        if step is None or step == "passthrough" or hasattr(step, "fit_resample"):
            continue
        if _predicts(step):
            msg = (
                f"{type_name(step).partition('.')[2]} as a step before the model has no export "
                "that is right: skl2onnx writes its predictions. Reduce the columns by PCA."
            )
            raise ArtifactError(msg)
        x = convert(ops, x, step)
    return convert(ops, x, last)


def _predicts(step: Any) -> bool:
    """Tell a model from a transformer; a selector may be called what its model is."""
    return (is_classifier(step) or is_regressor(step)) and not hasattr(step, "get_support")


def named(ops: TailOps, x: Array, model: Any) -> Any:
    """Apply the model that a name stands for."""
    return convert(ops, x, model.model_)


def search(ops: TailOps, x: Array, found: Any) -> Any:
    """Apply the best estimator of a search."""
    return convert(ops, x, found.best_estimator_)


def one_per_target(ops: TailOps, x: Array, model: Any) -> Array:
    """Apply one regressor for each target."""
    parts = [convert(ops, x, part) for part in model.estimators_]
    return ops.xp.concat(parts, axis=-1)


def transformed_target(ops: TailOps, x: Array, model: Any) -> Array:
    """Apply a regressor, and take its answers back to the unit of the targets."""
    scaler = model.transformer_
    if type_name(scaler) != "sklearn.StandardScaler":
        msg = (
            f"TransformedTargetRegressor with {type_name(scaler).partition('.')[2]} has no export; "
            "use transformer=StandardScaler()."
        )
        raise ArtifactError(msg)
    answers = convert(ops, x, model.regressor_)
    if scaler.with_std:
        answers = answers * ops.const(scaler.scale_)
    return answers + ops.const(scaler.mean_) if scaler.with_mean else answers


CONVERTERS: Mapping[str, Converter] = MappingProxyType(
    {
        "imblearn.Pipeline": pipeline,
        "sklearn.Pipeline": pipeline,
        "sklearn.GridSearchCV": search,
        "sklearn.RandomizedSearchCV": search,
        "mer_sklearn.Named": named,
        "mer_sklearn.BlockScaler": linear.block_scaler,
        "mer_sklearn.ScoreClassifier": kernels.score_classifier,
        "mer_sklearn.FamilyKernelRidge": kernels.family_kernel_ridge,
        "mer_sklearn.HalfwayXGBRegressor": tree_models.boosted_regressor,
        "mer_sklearn.LabelXGBClassifier": tree_models.boosted_classifier,
        "sklearn.StandardScaler": linear.standard_scaler,
        "sklearn.LogisticRegression": linear.logistic_regression,
        "sklearn.Ridge": linear.linear_regressor,
        "sklearn.LinearRegression": linear.linear_regressor,
        "sklearn.MLPClassifier": linear.mlp_classifier,
        "sklearn.MLPRegressor": linear.mlp_regressor,
        "sklearn.SVR": kernels.support_values,
        "sklearn.NuSVR": kernels.support_values,
        "sklearn.MultiOutputRegressor": one_per_target,
        "sklearn.TransformedTargetRegressor": transformed_target,
        "sklearn.RandomForestClassifier": tree_models.forest_classifier,
        "sklearn.RandomForestRegressor": tree_models.forest_regressor,
        "sklearn.ExtraTreesClassifier": tree_models.forest_classifier,
        "sklearn.ExtraTreesRegressor": tree_models.forest_regressor,
        "sklearn.DecisionTreeClassifier": tree_models.forest_classifier,
        "sklearn.DecisionTreeRegressor": tree_models.forest_regressor,
        "xgboost.XGBClassifier": tree_models.boosted_classifier,
        "xgboost.XGBRFClassifier": tree_models.boosted_classifier,
        "xgboost.XGBRegressor": tree_models.boosted_regressor,
        "xgboost.XGBRFRegressor": tree_models.boosted_regressor,
    }
)


# ---------------------------------------------- what skl2onnx writes wrongly, without an error


def _always(reason: str) -> Callable[[Any], str | None]:
    return lambda _: reason


def _calibrated(model: Any) -> str | None:
    inner = model.calibrated_classifiers_[0].estimator
    if hasattr(inner, "steps"):
        return "skl2onnx loses the scores of a pipeline inside; put the scaler outside of it."
    if model.method != "sigmoid":
        return 'skl2onnx interpolates otherwise; use method="sigmoid".'
    return None


def _neighbours(model: Any) -> str | None:
    if model.weights == "uniform":
        return None
    return 'skl2onnx loses the distances; use weights="uniform", or model="kernel".'


def _one_against_rest(model: Any) -> str | None:
    if hasattr(model.estimators_[0], "predict_proba"):
        return None
    return 'skl2onnx turns its scores around; use model="svm", which has probabilities.'


def _tied(model: Any) -> str | None:
    if not model.break_ties or len(model.classes_) == 2:
        return None
    return 'skl2onnx does not break ties; use model="svm", or break_ties=False.'


def _bagged(model: Any) -> str | None:
    if hasattr(model.estimators_[0], "predict_proba") or not hasattr(model, "classes_"):
        return None
    return "skl2onnx counts the votes wrongly; bag estimators with probabilities."


def _huber(model: Any) -> str | None:
    if model.loss != "modified_huber":
        return None
    return 'labels of tied probabilities differ; use loss="log_loss".'


THRESHOLD = _always("skl2onnx drops the threshold; export the classifier inside.")
LIES: Mapping[str, Callable[[Any], str | None]] = MappingProxyType(
    {
        "sklearn.CalibratedClassifierCV": _calibrated,
        "sklearn.OneVsRestClassifier": _one_against_rest,
        "sklearn.BaggingClassifier": _bagged,
        "sklearn.KNeighborsClassifier": _neighbours,
        "sklearn.KNeighborsRegressor": _neighbours,
        "sklearn.NuSVC": _tied,
        "sklearn.SGDClassifier": _huber,
        "sklearn.SVC": _tied,
        "sklearn.TunedThresholdClassifierCV": THRESHOLD,
        "sklearn.FixedThresholdClassifier": THRESHOLD,
    }
)
