"""The steps of a pipeline, built from the names and objects that its parameters hold."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Sequence
from typing import Any, Literal

from sklearn.base import ClassifierMixin, RegressorMixin, clone, is_classifier, is_regressor
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.preprocessing import StandardScaler

from .balancing import Balancer
from .calibration import ScoreClassifier
from .errors import InputError, unknown_name
from .extraction.cache import CacheChoice
from .features.extractor import AudioFeatures
from .features.family import AudioTransformer, FeatureFamily
from .kernel import FamilyKernelClassifier, FamilyKernelRidge
from .labels import SCHEMES, EmotionLabeller
from .models import Named, guess_task, model_spec
from .scaling import BlockScaler

__all__ = [
    "as_object",
    "build_balance",
    "build_features",
    "build_labeller",
    "build_model",
    "build_scale",
    "build_select",
    "check_weighted",
    "norm_of",
    "resolve_task",
    "task_of_model",
    "tell_families",
    "unfitted",
]

TASKS = ("classification", "regression")
SCALES = ("auto", "block", "standard")
BALANCES = ("auto", "smote")
AROUND = (ScoreClassifier, GridSearchCV, RandomizedSearchCV)


def as_object(part: str, value: Any) -> Any:
    """Return a part that was given by name as the object whose parameters can be set."""
    if part == "model" and isinstance(value, str):
        return Named(value)
    if part == "features" and isinstance(value, str):
        return AudioFeatures(value)
    if part == "labeller" and isinstance(value, str):
        return build_labeller(value)
    if part == "scale" and isinstance(value, str) and value in ("auto", "block"):
        return BlockScaler()
    if part == "balance" and isinstance(value, str) and value in BALANCES:
        return Balancer()
    return value


def task_of_model(model: Any) -> str | None:
    """Return the task of a model that has only one, by name or object; None for the others."""
    if isinstance(model, (str, Named)):
        tasks = model_spec(model if isinstance(model, str) else model.name).tasks
        return next(iter(tasks)) if len(tasks) == 1 else None
    _check_part("model", model, "predict")
    if is_classifier(model):
        return "classification"
    return "regression" if is_regressor(model) else None


def resolve_task(task: str, model: Any, labeller: Any, y: Any) -> str:
    """Return what a pipeline with these parameters learns from these targets."""
    if task not in ("auto", *TASKS):
        raise unknown_name("task", task, ("auto", *TASKS))
    of_model = task_of_model(model)
    if task == "auto":
        if of_model is not None:
            return of_model
        return "classification" if labeller is not None else guess_task(y)
    if of_model not in (None, task):
        msg = f"task={task!r} does not go with model={model!r}, which does {of_model}. Change one."
        raise InputError(msg)
    return task


def build_labeller(labeller: str | EmotionLabeller | None) -> EmotionLabeller | None:
    """Return the labeller, one given by the name of its scheme as an object."""
    if isinstance(labeller, str):
        if labeller not in SCHEMES:
            raise unknown_name("labeller", labeller, SCHEMES)
        return EmotionLabeller(labeller)  # type: ignore[arg-type]  # a known name
    if labeller is None or isinstance(labeller, EmotionLabeller):
        return labeller
    msg = f"labeller={labeller!r} must be the name of a scheme, EmotionLabeller(...) or None."
    raise InputError(msg)


def build_features(
    features: Any, *, n_jobs: int | None, cache: CacheChoice
) -> AudioFeatures | None:
    """Return the transformer of audio; workers and cache are filled in where it has none."""
    if features is None:
        return None
    if isinstance(features, str):
        features = AudioFeatures(features)
    elif isinstance(features, FeatureFamily):
        features = AudioFeatures([clone(features)])
    elif isinstance(features, AudioTransformer):
        features = clone(features)
    else:
        msg = (
            f"features={features!r} must be the name of a preset, AudioFeatures(...), a family "
            "such as MFCC(), or None where X is a table."
        )
        raise InputError(msg)
    features.n_jobs = n_jobs if features.n_jobs is None else features.n_jobs
    features.cache = cache if features.cache is None else features.cache
    return features  # type: ignore[no-any-return]  # clone has no types


def build_scale(scale: Any, model: Any, names: Sequence[str]) -> Any:
    """Return the scaler of the table whose columns have these names, or None."""
    norm = norm_of(model)
    if isinstance(scale, str):
        if scale not in SCALES:
            raise unknown_name("scale", scale, SCALES)
        if scale == "standard":
            return StandardScaler()
        if scale == "auto" and norm is None:
            return None
        scale = BlockScaler()
    if scale is None:
        return None
    scaler = unfitted("scale", scale, "transform")
    if isinstance(scaler, BlockScaler):
        if scaler.norm == "auto":
            scaler.set_params(norm=norm or "column")
        if scaler.blocks is None:
            scaler.set_params(blocks=_block_sizes(names))
    return scaler


def norm_of(model: Any) -> Literal["row", "column"] | None:
    """Return the norm of rows or columns that a model assumes.

    None is for models that need no scaling or scale by themselves.
    """
    if isinstance(model, (str, Named)):
        return model_spec(model if isinstance(model, str) else model.name).norm
    return None if _is_by_family(_inside(model)) else "column"


def build_select(select: Any) -> Any:
    """Return the selector of columns, or None."""
    return None if select is None else unfitted("select", select, "transform")


def build_balance(balance: Any, task: str, *, weighted: bool, random_state: Any) -> Any:
    """Return the sampler that balances classes, or None."""
    if balance is None:
        return None
    if isinstance(balance, str) and balance not in BALANCES:
        raise unknown_name("balance", balance, BALANCES)
    sampler = Balancer() if isinstance(balance, str) else balance
    _check_part("balance", sampler, "fit_resample")
    if task == "regression" or (weighted and isinstance(balance, str) and balance == "auto"):
        return None
    if weighted:
        msg = (
            "sample_weight does not go with balance: synthetic rows have no weight. Pass "
            "balance=None, or no weights."
        )
        raise InputError(msg)
    return _seeded(clone(sampler), random_state)


def build_model(model: Any, task: str, random_state: Any) -> Any:
    """Return the model for the task, unfitted."""
    model = Named(model) if isinstance(model, str) else unfitted("model", model, "predict")
    if isinstance(model, Named):
        model.set_params(task=task)
    return _seeded(model, random_state)


def check_weighted(model: Any) -> None:
    """Refuse weights for a model whose `fit` takes none; a search passes on what it is given."""
    known = inspect.signature(model.fit).parameters
    passes_on = any(item.kind is item.VAR_KEYWORD for item in known.values())
    if "sample_weight" not in known and not passes_on:
        msg = (
            f"{type(model).__name__} takes no sample_weight; leave the weights out, or take "
            "another model."
        )
        raise InputError(msg)


def tell_families(model: Any, names: Sequence[str]) -> None:
    """Set the sizes of the families of a model that asks for them and was not told by the user."""
    if isinstance(model, Named):
        asks = model_spec(model.name).by_family and model.overrides.get("blocks") is None
    else:
        asks = _is_by_family(_inside(model)) and _inside(model).blocks is None
    if asks:
        prefix = "estimator__" if isinstance(model, AROUND) else ""
        model.set_params(**{f"{prefix}blocks": _block_sizes(names)})


def unfitted(part: str, value: Any, method: str) -> Any:
    """Return an unfitted copy of a part, which must have the method that its place asks for."""
    _check_part(part, value, method)
    return clone(value)


def _inside(model: Any) -> Any:
    """Return what a model passes all its columns on to, or the model itself."""
    return model.estimator if isinstance(model, AROUND) else model


def _is_by_family(model: Any) -> bool:
    return isinstance(model, FamilyKernelClassifier | FamilyKernelRidge)


def _check_part(part: str, value: Any, method: str) -> None:
    """Refuse what can be no part of a pipeline."""
    # Some meta-estimators only have `predict` once they are fitted; they say what they are before.
    can = hasattr(value, method) or (
        method == "predict" and isinstance(value, ClassifierMixin | RegressorMixin)
    )
    if isinstance(value, type) or not (hasattr(value, "get_params") and can):
        msg = (
            f"{part}={value!r} cannot stand there: it must be a known name, or a scikit-learn "
            f"object (not its class) with a method {method}."
        )
        raise InputError(msg)


def _seeded(estimator: Any, random_state: Any) -> Any:
    """Give an estimator the seed, unless it has one or needs none."""
    if estimator.get_params(deep=False).get("random_state", "none to set") is None:
        estimator.set_params(random_state=random_state)
    return estimator


def _block_sizes(names: Sequence[str]) -> list[int] | None:
    """Return the sizes of the families by the prefix of the columns' names; None for one block."""
    prefixes = [name.split("__")[0] if "__" in name else "" for name in names]
    runs = [(key, len(list(run))) for key, run in itertools.groupby(prefixes)]
    if len(runs) < 2 or len({key for key, _ in runs}) < len(runs):
        return None
    return [size for _, size in runs]
