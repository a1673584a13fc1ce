"""Which converter an estimator has; what is left over goes through skl2onnx, or is refused."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ...features.ops import Array
from . import composed, ensembles, kernels, linear, tree_models
from .base import Converter, TailOps, type_name
from .refusals import refuse

__all__ = ["CONVERTERS", "convert"]


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
    refuse(estimator)
    converter = CONVERTERS.get(type_name(estimator))
    if converter is not None:
        return converter(ops, x, estimator)
    if hasattr(estimator, "get_support"):
        return linear.selector(ops, x, estimator)
    return ops.library(x, estimator)


CONVERTERS: Mapping[str, Converter] = MappingProxyType(
    {
        # around others
        "imblearn.Pipeline": composed.pipeline,
        "sklearn.Pipeline": composed.pipeline,
        "sklearn.FeatureUnion": composed.feature_union,
        "sklearn.FrozenEstimator": composed.frozen,
        "sklearn.GridSearchCV": composed.search,
        "sklearn.RandomizedSearchCV": composed.search,
        "sklearn.RFE": composed.eliminated,
        "sklearn.RFECV": composed.eliminated,
        "sklearn.MultiOutputRegressor": composed.one_per_target,
        "sklearn.RegressorChain": composed.chain,
        "sklearn.TransformedTargetRegressor": composed.transformed_target,
        "mer_sklearn.Named": composed.named,
        "mer_sklearn.ScoreClassifier": ensembles.score_classifier,
        "sklearn.CalibratedClassifierCV": ensembles.calibrated,
        "sklearn.VotingClassifier": ensembles.voting_classifier,
        "sklearn.VotingRegressor": ensembles.voting_regressor,
        "sklearn.StackingClassifier": ensembles.stacking_classifier,
        "sklearn.StackingRegressor": ensembles.stacking_regressor,
        "sklearn.BaggingClassifier": ensembles.bagging_classifier,
        "sklearn.BaggingRegressor": ensembles.bagging_regressor,
        "imblearn.BalancedBaggingClassifier": ensembles.bagging_classifier,
        "imblearn.EasyEnsembleClassifier": ensembles.bagging_classifier,
        # columns
        "mer_sklearn.BlockScaler": linear.block_scaler,
        "sklearn.StandardScaler": linear.standard_scaler,
        "sklearn.PCA": linear.principal_components,
        # linear models, networks, kernels
        "sklearn.LogisticRegression": linear.logistic_regression,
        "sklearn.LogisticRegressionCV": linear.logistic_regression,
        "sklearn.SGDClassifier": linear.stochastic_classifier,
        "sklearn.Ridge": linear.linear_regressor,
        "sklearn.RidgeCV": linear.linear_regressor,
        "sklearn.Lasso": linear.linear_regressor,
        "sklearn.ElasticNet": linear.linear_regressor,
        "sklearn.LinearRegression": linear.linear_regressor,
        "sklearn.LinearSVR": linear.linear_regressor,
        "sklearn.MLPClassifier": linear.mlp_classifier,
        "sklearn.MLPRegressor": linear.mlp_regressor,
        "sklearn.SVR": kernels.support_values,
        "sklearn.NuSVR": kernels.support_values,
        "sklearn.KernelRidge": kernels.kernel_ridge,
        "mer_sklearn.FamilyKernelRidge": kernels.family_kernel_ridge,
        # trees
        "sklearn.DecisionTreeClassifier": tree_models.forest_classifier,
        "sklearn.DecisionTreeRegressor": tree_models.forest_regressor,
        "sklearn.ExtraTreesClassifier": tree_models.forest_classifier,
        "sklearn.ExtraTreesRegressor": tree_models.forest_regressor,
        "sklearn.RandomForestClassifier": tree_models.forest_classifier,
        "sklearn.RandomForestRegressor": tree_models.forest_regressor,
        "imblearn.BalancedRandomForestClassifier": tree_models.forest_classifier,
        "sklearn.HistGradientBoostingClassifier": tree_models.histogram_classifier,
        "sklearn.HistGradientBoostingRegressor": tree_models.histogram_regressor,
        "mer_sklearn.LabelXGBClassifier": tree_models.boosted_classifier,
        "mer_sklearn.HalfwayXGBRegressor": tree_models.boosted_regressor,
        "xgboost.XGBClassifier": tree_models.boosted_classifier,
        "xgboost.XGBRFClassifier": tree_models.boosted_classifier,
        "xgboost.XGBRegressor": tree_models.boosted_regressor,
        "xgboost.XGBRFRegressor": tree_models.boosted_regressor,
    }
)
