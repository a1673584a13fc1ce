"""Models by name, with settings that suit tables of features.

========== ============== =========== ==============================================================
name       classification regression  what it is
========== ============== =========== ==============================================================
mlp        yes            yes         one hidden layer
xgboost    yes            yes         boosted trees: for narrow tables of thousands of rows
svm        yes                        support vectors, one Platt sigmoid per class
svr                       yes         support vectors, one machine per target
kernel     yes            yes         kernel ridge over families: for wide tables of few rows
forest     yes            yes         random forest
logistic   yes                        linear, with probabilities
ridge                     yes         linear
========== ============== =========== ==============================================================

The settings assume rows scaled by `BlockScaler` with the norm that `ModelSpec.norm` names; trees
take them as they are, and the kernel scales by itself.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, Self, TypeVar

import numpy as np
import numpy.typing as npt
import sklearn
from sklearn.base import BaseEstimator
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, r2_score
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.utils import ClassifierTags, RegressorTags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from .calibration import ScoreClassifier
from .errors import InputError, some, unknown_name
from .kernel import FamilyKernelClassifier, FamilyKernelRidge
from .spaces import Choice, Dimension, Range

if TYPE_CHECKING:
    from sklearn.utils import Tags

__all__ = ["MODELS", "ModelSpec", "Named", "guess_task", "model_space", "model_spec"]

Task = Literal["classification", "regression"]
RandomState = int | np.random.RandomState | None
Kind = Literal["labels", "integers", "floats", "table"]
FloatArray = npt.NDArray[np.float64]
Build = Callable[[Task, int, RandomState], BaseEstimator]

P = ParamSpec("P")
T = TypeVar("T")

CLASSIFICATION: Task = "classification"
REGRESSION: Task = "regression"
TASKS = (CLASSIFICATION, REGRESSION)
COUNTERPARTS = {"svm": "svr", "svr": "svm", "logistic": "ridge", "ridge": "logistic"}


@dataclass(frozen=True)
class ModelSpec:
    """What is known of a named model.

    Parameters
    ----------
    name : str
        The name.
    tasks : frozenset of {"classification", "regression"}
        What it can learn.
    norm : {"row", "column"} or None
        The norm of `BlockScaler` that its settings assume; None for models that need no scaling or
        scale by themselves.
    build : callable
        ``build(task, n_outputs, random_state)`` returns the estimator, not yet fitted.
    space : tuple of Range or Choice
        The parameters that are worth searching, around the settings that `build` gives.
    by_family : bool, default=False
        Whether it asks for the sizes of the families of columns, as its parameter ``blocks``.
    """

    name: str
    tasks: frozenset[Task]
    norm: Literal["row", "column"] | None
    build: Build
    space: tuple[Dimension, ...]
    by_family: bool = False


# The rows of a BlockScaler with norm="row" lie 2 apart in squared distance, on average: gamma is
# the kernel's exp(-0.5 d^2 / mean d^2).
SUPPORT_GAMMA = 0.25


def _mlp(task: Task, _n_outputs: int, random_state: RandomState) -> BaseEstimator:
    # A fixed number of epochs; weight decay (divided by the batch of up to 200 rows inside) is what
    # keeps a few hundred rows from being learned by heart.
    settings = {"alpha": 10.0, "max_iter": 100, "random_state": random_state}
    if task == CLASSIFICATION:
        return MLPClassifier(hidden_layer_sizes=(256,), **settings)
    return _standardized(MLPRegressor(hidden_layer_sizes=(128,), **settings))


MLP_SPACE = (
    Choice("hidden_layer_sizes", ((64,), (128,), (256,), (256, 128))),
    Range("alpha", 0.1, 100.0),
    Range("learning_rate_init", 3e-4, 1e-2),
    Range("max_iter", 50, 200),
)


def _xgboost(task: Task, _n_outputs: int, random_state: RandomState) -> BaseEstimator:
    from .boosting import HalfwayXGBRegressor, LabelXGBClassifier

    kind = LabelXGBClassifier if task == CLASSIFICATION else HalfwayXGBRegressor
    return kind(
        n_estimators=300,
        max_depth=3,
        learning_rate=0.05,
        colsample_bytree=0.3,
        subsample=0.7,
        tree_method="hist",
        n_jobs=1,
        random_state=random_state,
    )


XGBOOST_SPACE = (
    Range("n_estimators", 100, 600),
    Range("max_depth", 2, 6, log=False),
    Range("learning_rate", 0.02, 0.2),
    Range("colsample_bytree", 0.05, 1.0),
    Range("subsample", 0.5, 1.0, log=False),
)


def _svm(_task: Task, _n_outputs: int, _random_state: RandomState) -> BaseEstimator:
    # With ties broken, SVC's own predict is the argmax of its scores, too.
    return ScoreClassifier(SVC(C=3.0, gamma=SUPPORT_GAMMA, break_ties=True), method="sigmoid")


SVM_SPACE = (Range("C", 0.1, 100.0), Range("gamma", 0.02, 2.0))


def _svr(_task: Task, n_outputs: int, _random_state: RandomState) -> BaseEstimator:
    one = SVR(C=1.0, epsilon=0.1, gamma=SUPPORT_GAMMA)
    return _standardized(one if n_outputs == 1 else MultiOutputRegressor(one))


SVR_SPACE = (Range("C", 0.05, 30.0), Range("gamma", 0.02, 2.0), Range("epsilon", 0.01, 0.5))


def _kernel(task: Task, _n_outputs: int, random_state: RandomState) -> BaseEstimator:
    if task == CLASSIFICATION:
        kernel = FamilyKernelClassifier(random_state=random_state)
        return ScoreClassifier(kernel, method="temperature")
    return FamilyKernelRidge(random_state=random_state)


KERNEL_SPACE = (
    Choice("kind", ("rbf", "exp")),
    Range("gamma", 0.1, 5.0),
    Range("alpha", 1e-3, 3.0),
)


def _forest(task: Task, _n_outputs: int, random_state: RandomState) -> BaseEstimator:
    kind = RandomForestClassifier if task == CLASSIFICATION else RandomForestRegressor
    return kind(300, max_features="sqrt", random_state=random_state)


FOREST_SPACE = (
    Choice("max_features", ("log2", "sqrt", 0.1, 0.3)),
    Range("min_samples_leaf", 1, 10),
)


def _logistic(_task: Task, _n_outputs: int, random_state: RandomState) -> BaseEstimator:
    return LogisticRegression(C=10.0, max_iter=1000, random_state=random_state)


LOGISTIC_SPACE = (Range("C", 0.01, 1000.0),)


def _ridge(_task: Task, _n_outputs: int, random_state: RandomState) -> BaseEstimator:
    return Ridge(alpha=1.0, random_state=random_state)


RIDGE_SPACE = (Range("alpha", 1e-3, 100.0),)


def _standardized(regressor: BaseEstimator) -> TransformedTargetRegressor:
    """Let a regressor learn targets of mean 0 and variance 1; it answers in their own unit."""
    return TransformedTargetRegressor(regressor, transformer=StandardScaler())


def _specs() -> dict[str, ModelSpec]:
    both = frozenset(TASKS)
    classes, numbers = frozenset({CLASSIFICATION}), frozenset({REGRESSION})
    specs = [
        ModelSpec("mlp", both, "column", _mlp, MLP_SPACE),
        ModelSpec("xgboost", both, None, _xgboost, XGBOOST_SPACE),
        ModelSpec("svm", classes, "row", _svm, SVM_SPACE),
        ModelSpec("svr", numbers, "row", _svr, SVR_SPACE),
        ModelSpec("kernel", both, None, _kernel, KERNEL_SPACE, by_family=True),
        ModelSpec("forest", both, None, _forest, FOREST_SPACE),
        ModelSpec("logistic", classes, "row", _logistic, LOGISTIC_SPACE),
        ModelSpec("ridge", numbers, "row", _ridge, RIDGE_SPACE),
    ]
    return {spec.name: spec for spec in specs}


MODELS: Mapping[str, ModelSpec] = MappingProxyType(_specs())


def model_spec(name: str) -> ModelSpec:
    """Return what is known of a model.

    Parameters
    ----------
    name : str
        One of `MODELS`.

    Returns
    -------
    ModelSpec
        Its tasks, its scaling and how to build it.

    Raises
    ------
    InputError
        If no model has this name.

    Examples
    --------
    >>> model_spec("svm").norm
    'row'
    """
    if name not in MODELS:
        raise unknown_name("model", name, MODELS)
    return MODELS[name]


def model_space(model: Named, task: Task) -> list[Dimension]:
    """Return what is worth searching of a model for a task, starting at the values it has.

    A parameter with a value that is no number, such as ``gamma="scale"``, is left as it is.

    Parameters
    ----------
    model : Named
        The model, with what was set of it.
    task : {"classification", "regression"}
        What it is to learn.

    Returns
    -------
    list of Range or Choice
        The parameters; each holds its value.

    Raises
    ------
    InputError
        If the name or an override leads nowhere.

    Examples
    --------
    >>> model_space(Named("ridge", alpha=3.0), "regression")
    [Range(name='alpha', low=0.001, high=100.0, log=True, start=3.0)]
    """
    spec = model_spec(model.name)
    _check_overrides(spec, (task,), model.overrides)
    built = _innermost(spec.build(task, 1, None)).get_params(deep=False)
    values = {**built, **model.overrides}
    found = [dimension.starting_at(values[dimension.name]) for dimension in spec.space]
    return [dimension for dimension in found if dimension is not None]


def guess_task(y: object) -> Task:
    """Return what kind of answer y asks for.

    Strings, bools, integers and categories are classes. Floats are numbers to predict, even where
    all of them are whole, and so is every y of two dimensions. Missing values do not count.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Labels or numbers; columns of objects are judged by what they hold.

    Returns
    -------
    {"classification", "regression"}
        The task.

    Raises
    ------
    InputError
        If y holds nothing, things of different kinds, or things that are neither.

    Examples
    --------
    >>> guess_task(["happy", "sad"]), guess_task([1, 2]), guess_task([1.0, 2.0])
    ('classification', 'classification', 'regression')
    """
    return REGRESSION if _kind(y) in ("floats", "table") else CLASSIFICATION


def _kind(y: object) -> Kind:
    """Return what y holds; "table" is numbers in two dimensions."""
    import pandas as pd

    if isinstance(getattr(y, "dtype", None), pd.CategoricalDtype):
        return "labels"
    values = y if isinstance(y, np.ndarray) else np.asarray(y, dtype=object)
    present = values[~pd.isna(values)].tolist()
    if values.ndim not in (1, 2) or not present:
        raise InputError(
            f"y must hold one label, or one or more numbers, for each row; it holds {len(present)} "
            f"values in the shape {values.shape}."
        )
    kinds = {_kind_of_type(found) for found in set(map(type, present))}
    if "labels" in kinds and len(kinds) > 1:
        raise InputError("y mixes labels and numbers; make all of them strings or all numbers.")
    if values.ndim == 1:
        return "floats" if "floats" in kinds else kinds.pop()
    if "labels" in kinds:
        raise InputError("y holds labels in several columns; pass the one column to learn.")
    return "table"


def _kind_of_type(found: type) -> Kind:
    if issubclass(found, str | bool | np.bool_):
        return "labels"
    if issubclass(found, Integral):
        return "integers"
    if issubclass(found, Real):
        return "floats"
    raise InputError(
        f"y holds values of the type {found.__name__}, which are neither labels nor numbers."
    )


def _resolve_task(spec: ModelSpec, task: str, y: object) -> Task:
    """Return what the model learns from y; a contradiction is refused with the way out."""
    if task not in ("auto", *TASKS):
        raise unknown_name("task", task, ("auto", *TASKS))
    wanted = _only(spec.tasks) or (guess_task(y) if task == "auto" else task)
    if task not in ("auto", wanted):
        raise InputError(
            f"The model {spec.name!r} does {wanted} only, but task={task!r}; "
            f"use the model {COUNTERPARTS[spec.name]!r} or leave task='auto'."
        )
    kind = _kind(y)
    other = f"the model {COUNTERPARTS[spec.name]!r}" if spec.name in COUNTERPARTS else "task='auto'"
    if wanted == REGRESSION and kind == "labels":
        raise InputError(
            f"The model {spec.name!r} is to predict numbers, but y holds labels; use {other}."
        )
    if wanted == CLASSIFICATION and (kind == "table" or (kind == "floats" and not _whole(y))):
        raise InputError(
            f"The model {spec.name!r} is to learn classes, but y holds numbers"
            f"{' in several columns' if kind == 'table' else ' with fractions'}; use {other}."
        )
    return CLASSIFICATION if wanted == CLASSIFICATION else REGRESSION


def _only(tasks: frozenset[Task]) -> Task | None:
    return next(iter(tasks)) if len(tasks) == 1 else None


def _whole(y: object) -> bool:
    numbers = np.asarray(y, dtype=np.float64)
    return bool(np.all(np.isnan(numbers) | (numbers == np.round(numbers))))


def _where_the_model_has_it(method: Callable[P, T]) -> Callable[P, T]:
    """Decorate a method that only exists where the model, or what it would be, has it."""
    name = method.__name__

    def check(named: Named) -> bool:
        if hasattr(named, "model_"):
            return hasattr(named.model_, name)
        spec = MODELS.get(named.name)
        return spec is not None and hasattr(spec.build(named._expected_task(), 1, None), name)

    available: Callable[P, T] = available_if(check)(method)
    return available


class Named(BaseEstimator):
    """A model known by its name, built when it is fitted.

    What "mlp" is, classifier or regressor, depends on y; until then this is no more than the name
    and what was said about it, so that clones and searches keep both.

    Parameters
    ----------
    name : str
        One of `MODELS`.
    task : {"auto", "classification", "regression"}, default="auto"
        What to learn. "auto": what the model can, or else what `guess_task` says of y.
    random_state : int, RandomState instance or None, default=None
        Seed of models that draw.
    **overrides
        Parameters of the model by their own names, such as ``C=10`` for "svm"; names that it does
        not have are refused.

    Attributes
    ----------
    model_ : estimator
        The fitted model.
    task_ : {"classification", "regression"}
        What it learned.
    classes_ : ndarray of shape (n_classes,)
        The classes, for classification only.
    n_features_in_ : int
        Number of columns seen in `fit`.

    Examples
    --------
    >>> X = [[0.0], [0.1], [1.0], [1.1]]
    >>> Named("logistic", C=100).fit(X, ["calm", "calm", "happy", "happy"]).predict([[0.2]])
    array(['calm'], dtype='<U5')
    >>> Named("kernel").fit(X, [0.0, 0.1, 1.0, 1.1]).task_
    'regression'
    """

    def __init__(
        self,
        name: str,
        *,
        task: Literal["auto", "classification", "regression"] = "auto",
        random_state: RandomState = None,
        **overrides: object,
    ) -> None:
        self.name = name
        self.task = task
        self.random_state = random_state
        self.overrides = overrides

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return name, task, seed and every override.

        Parameters
        ----------
        deep : bool, default=True
            Ignored: there is nothing inside before `fit`.

        Returns
        -------
        dict
            Parameters by name.
        """
        return {**super().get_params(deep=deep), **self.overrides}

    def set_params(self, **params: Any) -> Self:
        """Set parameters of this estimator or of the model.

        Parameters
        ----------
        **params
            Name, task, seed or any parameter of the model.

        Returns
        -------
        Named
            The estimator itself.

        Raises
        ------
        InputError
            If the model has no such parameter.
        """
        overrides = dict(self.overrides)
        for key, value in params.items():
            if key in ("name", "task", "random_state"):
                setattr(self, key, value)
            else:
                overrides[key] = value
        if self.name in MODELS:
            _check_overrides(MODELS[self.name], TASKS, overrides)
        self.overrides = overrides
        return self

    def fit(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> Self:
        """Build the model for what y holds, and fit it.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of features.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Labels or numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        Named
            The estimator itself.

        Raises
        ------
        InputError
            If name, task or an override lead nowhere, or y is not what the model can learn.
        """
        spec = model_spec(self.name)
        self.task_ = _resolve_task(spec, self.task, y)
        target = _labels(y) if self.task_ == CLASSIFICATION else _numbers(y)
        self.y_ndim_ = target.ndim
        if target.ndim == 2 and target.shape[1] == 1:
            target = target[:, 0]
        n_outputs = 1 if target.ndim == 1 else target.shape[1]
        model = spec.build(self.task_, n_outputs, self.random_state)
        _check_overrides(spec, (self.task_,), self.overrides)
        _innermost(model).set_params(**self.overrides)
        self.model_ = _fit(model, X, target, sample_weight)
        return self

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.generic]:
        """Return the answer for each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of features.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Labels, or numbers in as many dimensions as `y` had in `fit`.
        """
        check_is_fitted(self)
        answer = np.asarray(self.model_.predict(X))
        return answer[:, None] if answer.ndim < self.y_ndim_ else answer

    def score(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> float:
        """Return the accuracy of labels or the mean R2 of numbers.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of features.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The truth.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        float
            1 is perfect.
        """
        answer = self.predict(X)
        metric = accuracy_score if self.task_ == CLASSIFICATION else r2_score
        return float(metric(y, answer, sample_weight=sample_weight))

    @_where_the_model_has_it
    def predict_proba(self, X: npt.ArrayLike) -> FloatArray:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of features.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Rows sum to 1; columns as `classes_`.
        """
        check_is_fitted(self)
        return np.asarray(self.model_.predict_proba(X))

    @_where_the_model_has_it
    def decision_function(self, X: npt.ArrayLike) -> FloatArray:
        """Return the score of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of features.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or (n_samples,) for two classes
            Scores, higher for likelier.
        """
        check_is_fitted(self)
        return np.asarray(self.model_.decision_function(X))

    @_where_the_model_has_it
    def calibrate(self, scores: npt.ArrayLike, y: npt.ArrayLike) -> Self:
        """Learn how scores become probabilities; see `ScoreClassifier.calibrate`.

        Parameters
        ----------
        scores : array-like of shape (n_rows, n_classes), or (n_rows,) for two classes
            `decision_function` of rows that the model did not see in its fit.
        y : array-like of shape (n_rows,)
            The true labels of these rows.

        Returns
        -------
        Named
            The estimator itself.
        """
        check_is_fitted(self)
        self.model_.calibrate(scores, y)
        return self

    @_where_the_model_has_it
    def probabilities(self, scores: npt.ArrayLike) -> FloatArray:
        """Return the probability of each class; see `ScoreClassifier.probabilities`.

        Parameters
        ----------
        scores : array-like of shape (n_rows, n_classes), or (n_rows,) for two classes
            `decision_function` of rows, or means over rows that belong together.

        Returns
        -------
        ndarray of shape (n_rows, n_classes)
            Rows sum to 1; columns as `classes_`.
        """
        check_is_fitted(self)
        return np.asarray(self.model_.probabilities(scores))

    @property
    def classes_(self) -> npt.NDArray[np.generic]:
        """The classes, sorted."""
        return np.asarray(self.model_.classes_)

    @property
    def n_features_in_(self) -> int:
        """Number of columns seen in `fit`."""
        return int(self.model_.n_features_in_)

    def _expected_task(self) -> Task:
        """Return the task as far as it is known before y is."""
        if hasattr(self, "task_"):
            return self.task_
        only = _only(MODELS[self.name].tasks) if self.name in MODELS else None
        return only or (REGRESSION if self.task == REGRESSION else CLASSIFICATION)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        if self._expected_task() == CLASSIFICATION:
            tags.estimator_type, tags.classifier_tags = "classifier", ClassifierTags()
        else:
            tags.estimator_type, tags.regressor_tags = "regressor", RegressorTags()
            tags.target_tags.multi_output = True
        return tags


def _labels(y: object) -> npt.NDArray[np.generic]:
    import pandas as pd

    missing = np.flatnonzero(pd.isna(np.asarray(y, dtype=object)))
    if len(missing):
        raise InputError(f"y has no label in row {some(missing)}; drop the rows without a label.")
    return np.asarray(y)


def _numbers(y: object) -> FloatArray:
    # The order in memory decides the last bit of a fit: a frame and its array give the same.
    return np.asarray(y, dtype=np.float64, order="C")


def _innermost(model: BaseEstimator) -> BaseEstimator:
    """Return the estimator inside all wrappers: the one that the parameters are meant for."""
    if isinstance(model, TransformedTargetRegressor):
        return _innermost(model.regressor)
    if isinstance(model, MultiOutputRegressor | ScoreClassifier):
        return _innermost(model.estimator)
    return model


def _check_overrides(spec: ModelSpec, tasks: Iterable[Task], overrides: Iterable[str]) -> None:
    known: set[str] = set()
    for task in spec.tasks.intersection(tasks):
        known.update(_innermost(spec.build(task, 1, None)).get_params(deep=False))
    for name in overrides:
        if name not in known:
            raise unknown_name(f"parameter of the model {spec.name!r}:", name, known)


def _fit(
    model: BaseEstimator, X: npt.ArrayLike, y: npt.NDArray[np.generic], sample_weight: object
) -> BaseEstimator:
    weights = {} if sample_weight is None else {"sample_weight": sample_weight}
    if weights and not has_fit_parameter(_innermost(model), "sample_weight"):
        raise InputError(
            f"{type(_innermost(model)).__name__} takes no sample_weight; leave it out."
        )
    # The wrappers are ours: weights go straight through, whatever routing is set outside.
    with sklearn.config_context(enable_metadata_routing=False), warnings.catch_warnings():
        # The epochs of the MLP are fixed on purpose: that it could go on is no news.
        warnings.filterwarnings("ignore", "Stochastic Optimizer: Maximum", ConvergenceWarning)
        return model.fit(X, y, **weights)
