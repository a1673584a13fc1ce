"""What has no export that is right: of which estimator, when, why, and what has one.

skl2onnx writes some estimators without an error and wrongly, others lose a parameter on the way;
some of our own converters know one setting only. The gate would find each of these, on rows that
show it; here they are refused before, by name, and with a way out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from ...errors import ArtifactError
from .base import type_name

__all__ = ["REFUSALS", "Refusal", "refuse"]


@dataclass(frozen=True)
class Refusal:
    """One setting of an estimator that is refused.

    Parameters
    ----------
    setting : str
        What a sentence adds to the estimator's name; ``{model.name}`` stands for a parameter.
    when : callable
        Tells of a fitted estimator whether it is set so.
    reason : str
        Why.
    instead : str
        What to do.
    """

    setting: str
    when: Callable[[Any], bool]
    reason: str
    instead: str


def refuse(estimator: Any) -> None:
    """Raise what is known to speak against the export of a fitted estimator, if anything does.

    Raises
    ------
    ArtifactError
        If the table has an entry for it.
    """
    for refusal in REFUSALS.get(type_name(estimator), ()):
        if refusal.when(estimator):
            setting = refusal.setting.format(model=estimator)
            msg = (
                f"{type(estimator).__name__}{setting} has no export that is right: "
                f"{refusal.reason}; {refusal.instead}."
            )
            raise ArtifactError(msg)


def _always(_: Any) -> bool:
    return True


def _weighs_neighbours(model: Any) -> bool:
    return bool(model.weights != "uniform")


def _has_ties_to_break(model: Any) -> bool:
    return bool(model.break_ties) and len(model.classes_) > 2


def _has_own_missing(model: Any) -> bool:
    return model.missing is not None and not np.isnan(model.missing)


def _has_other_unit(model: Any) -> bool:
    return type_name(model.transformer_) != "sklearn.StandardScaler"


def _has_categories(model: Any) -> bool:
    return model.is_categorical_ is not None


NEIGHBOURS = Refusal(
    "(weights={model.weights!r})",
    _weighs_neighbours,
    "skl2onnx loses the distances",
    'use weights="uniform", or model="kernel"',
)
TIES = Refusal(
    "(break_ties=True)",
    _has_ties_to_break,
    "skl2onnx does not break ties",
    'use model="svm", which does, or break_ties=False',
)
THRESHOLD = Refusal(
    "", _always, "skl2onnx drops the threshold", "use the classifier inside, or save as .joblib"
)
SEVERAL_LABELS = Refusal(
    "", _always, "a file gives one label a clip", "use one model for each column of labels"
)
OWN_MISSING = Refusal(
    "(missing={model.missing})",
    _has_own_missing,
    "features are never missing, and the value that stands for it goes its own way in each tree",
    "use missing=nan",
)
CATEGORIES = Refusal(
    "(categorical_features={model.categorical_features!r})",
    _has_categories,
    "its trees compare codes of categories; features of audio are numbers",
    "use categorical_features=None",
)

REFUSALS: Mapping[str, tuple[Refusal, ...]] = MappingProxyType(
    {
        "sklearn.KNeighborsClassifier": (NEIGHBOURS,),
        "sklearn.KNeighborsRegressor": (NEIGHBOURS,),
        "sklearn.SVC": (TIES,),
        "sklearn.NuSVC": (TIES,),
        "sklearn.OneVsRestClassifier": (
            Refusal(
                " around a classifier without probabilities",
                lambda model: not hasattr(model.estimators_[0], "predict_proba"),
                "skl2onnx turns its scores around",
                'use model="svm", which has probabilities',
            ),
        ),
        "sklearn.TunedThresholdClassifierCV": (THRESHOLD,),
        "sklearn.FixedThresholdClassifier": (THRESHOLD,),
        "sklearn.MultiOutputClassifier": (SEVERAL_LABELS,),
        "sklearn.ClassifierChain": (SEVERAL_LABELS,),
        "sklearn.TransformedTargetRegressor": (
            Refusal(
                " around another transformer than StandardScaler",
                _has_other_unit,
                "there is no way back to the unit of the targets",
                "use transformer=StandardScaler()",
            ),
        ),
        "sklearn.MLPRegressor": (
            Refusal(
                "(loss={model.loss!r})",
                lambda model: model.out_activation_ != "identity",
                "the link of its last layer is not written",
                'use loss="squared_error"',
            ),
        ),
        "sklearn.HistGradientBoostingClassifier": (CATEGORIES,),
        "sklearn.HistGradientBoostingRegressor": (CATEGORIES,),
        "mer_sklearn.HalfwayXGBRegressor": (OWN_MISSING,),
        "mer_sklearn.LabelXGBClassifier": (OWN_MISSING,),
        "xgboost.XGBClassifier": (OWN_MISSING,),
        "xgboost.XGBRFClassifier": (OWN_MISSING,),
        "xgboost.XGBRegressor": (OWN_MISSING,),
        "xgboost.XGBRFRegressor": (OWN_MISSING,),
    }
)
