"""Every public estimator, found by walking the package, and the instances on which it is checked.

Whoever adds an estimator adds a line to `INSTANCES`; a family of features has one already.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from sklearn.base import BaseEstimator
from sklearn.svm import SVC

import mer_sklearn
from mer_sklearn import AudioFeatures, BlockScaler, EmotionLabeller, EmotionPipeline
from mer_sklearn.balancing import Balancer
from mer_sklearn.boosting import HalfwayXGBRegressor, LabelXGBClassifier
from mer_sklearn.calibration import ScoreClassifier
from mer_sklearn.features import MFCC, Chroma, FeatureFamily
from mer_sklearn.kernel import FamilyKernelClassifier, FamilyKernelRidge
from mer_sklearn.models import Named

if TYPE_CHECKING:
    from types import ModuleType


@functools.cache
def modules() -> tuple[ModuleType, ...]:
    """Return all modules of the package."""
    found = pkgutil.walk_packages(mer_sklearn.__path__, "mer_sklearn.")
    names = sorted(module.name for module in found if not module.name.endswith("__main__"))
    return tuple(importlib.import_module(name) for name in names)


def public_members() -> Iterator[tuple[str, Any]]:
    """Yield (module.name, object) of each public class and function, where it is defined."""
    for module in modules():
        for name, member in vars(module).items():
            at_home = getattr(member, "__module__", None) == module.__name__
            is_code = inspect.isclass(member) or inspect.isfunction(member)
            if at_home and is_code and not name.startswith("_"):
                yield f"{module.__name__.removeprefix('mer_sklearn.')}.{name}", member


@functools.cache
def estimators() -> tuple[type[BaseEstimator], ...]:
    """Return all public estimators that are not abstract."""
    return tuple(
        member
        for _, member in public_members()
        if inspect.isclass(member)
        and issubclass(member, BaseEstimator)
        and not inspect.isabstract(member)
    )


def _pipelines() -> list[EmotionPipeline]:
    means = MFCC(n_mfcc=6, deltas=0, statistics=("mean", "std"))
    both = AudioFeatures([MFCC(n_mfcc=4, statistics=("mean",)), Chroma(statistics=("median",))])
    quiet = {"cache": False, "random_state": 0}
    return [
        EmotionPipeline(means, model="svm", **quiet),
        EmotionPipeline(both, model="logistic", **quiet),
        EmotionPipeline(means, model=Named("xgboost", n_estimators=5), **quiet),
        EmotionPipeline(both, model="ridge", labeller="quadrants", **quiet),
        EmotionPipeline(None, model="kernel", labeller="quadrants", **quiet),
        EmotionPipeline(None, model="mlp", task="regression", **quiet),
        EmotionPipeline(means, model="kernel", parts=True, **quiet),
    ]


# The nearest ancestor of a class that stands here gives its instances.
INSTANCES: dict[type[BaseEstimator], Callable[[Any], list[BaseEstimator]]] = {
    FeatureFamily: lambda family: [
        family(),
        *([family(statistics=("max", "std"))] if "statistics" in family().get_params() else []),
    ],
    AudioFeatures: lambda features: [
        features("mfcc40-mean"),
        features([MFCC(n_mfcc=4, deltas=1), Chroma(statistics=("median",))]),
    ],
    EmotionLabeller: lambda labeller: [
        labeller(),
        labeller("deam-three", scale=(1, 9)),
        labeller("deam-four", dead_zone=0.1),
        labeller("octants", scale=(0, 1)),
        labeller(thresholds=(5.5, 4.5), scale=(1, 9)),
    ],
    EmotionPipeline: lambda _: _pipelines(),
    BlockScaler: lambda scaler: [scaler(), scaler(blocks=[2, 4], clip=None, norm="column")],
    Balancer: lambda balancer: [balancer(random_state=0)],
    FamilyKernelClassifier: lambda model: [model()],
    FamilyKernelRidge: lambda model: [model()],
    ScoreClassifier: lambda model: [
        model(SVC()),
        model(FamilyKernelClassifier(), method="temperature"),
    ],
    HalfwayXGBRegressor: lambda model: [model(n_estimators=3, n_jobs=1)],
    LabelXGBClassifier: lambda model: [model(n_estimators=3, n_jobs=1)],
    Named: lambda model: [model("svm", C=2.0), model("kernel"), model("ridge", random_state=0)],
}


def instances(kind: type[BaseEstimator]) -> list[BaseEstimator]:
    """Return the instances of a class that are checked; none where nobody gave any."""
    for ancestor in kind.__mro__:
        if ancestor in INSTANCES:
            return INSTANCES[ancestor](kind)
    return []


def name_of(estimator: object) -> str:
    """Return a short name of an instance, for the list of tests."""
    kind = type(estimator)
    texts = [repr(other) for other in instances(kind)]
    return f"{kind.__name__}-{texts.index(repr(estimator))}"
