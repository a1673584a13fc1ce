"""Every public estimator keeps the common promises, and every check can fail."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from mer_sklearn import EmotionPipeline
from mer_sklearn.features import FAMILIES
from mer_sklearn.models import Named

from .checks import (
    BORROWED,
    CHECKS,
    checks_for,
    extracts,
    is_labeller,
    is_pipeline,
    make_material,
    takes_no_matrix,
)
from .faults import FAULTS
from .instances import estimators, instances, name_of

TESTS = Path(__file__).resolve().parent.parent
ALL = [instance for kind in estimators() for instance in instances(kind)]

# Where scikit-learn's checks of matrices run: each file holds a parametrize_with_checks.
SKLEARN_CHECKS = {
    **{family.__name__: "features/test_common.py" for family in FAMILIES.values()},
    "AudioFeatures": "features/test_common.py",
    "Balancer": "test_balancing.py",
    "BlockScaler": "test_scaling.py",
    "EmotionPipeline": "common/test_checks.py",
    "HalfwayXGBRegressor": "test_boosting.py",
    "FamilyKernelClassifier": "test_kernel.py",
    "FamilyKernelRidge": "test_kernel.py",
    "LabelXGBClassifier": "test_boosting.py",
    "Named": "common/test_checks.py",
    "ScoreClassifier": "test_calibration.py",
}


@pytest.fixture(scope="session")
def material(corpus, tmp_path_factory):
    return make_material(tmp_path_factory.mktemp("material"), corpus)


# ---------------------------------------------------------------------------- every estimator


@pytest.mark.parametrize("kind", estimators(), ids=lambda kind: kind.__name__)
def test_every_estimator_gives_instances(kind):
    assert instances(kind), f"{kind.__name__}: add an entry to INSTANCES in instances.py"


def test_all_estimators_are_found_and_none_that_is_abstract_or_private():
    names = {kind.__name__ for kind in estimators()}
    assert {"MFCC", "AudioFeatures", "EmotionPipeline", "Named", "Balancer"} <= names
    assert (
        not {
            "AudioTransformer",
            "FeatureFamily",
            "StatisticsFamily",
            "_KernelRidge",
            "BaseEstimator",
        }
        & names
    )


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        pytest.param(estimator, check, id=f"{name_of(estimator)}-{check.__name__}")
        for estimator in ALL
        for check in checks_for(estimator)
    ],
)
def test_keeps_the_common_promises(estimator, check, material):
    check(clone(estimator), material)


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        pytest.param(estimator, check, id=f"{name_of(estimator)}-{check.__name__}")
        for estimator in ALL
        for check in BORROWED
        if takes_no_matrix(estimator)
    ],
)
def test_passes_what_scikit_learn_asks_of_any_estimator(estimator, check):
    check(type(estimator).__name__, clone(estimator))


@pytest.mark.parametrize("estimator", ALL, ids=name_of)
def test_enough_is_asked_of_every_estimator(estimator):
    at_least = 1
    if takes_no_matrix(estimator):
        at_least = 19 if extracts(estimator) else 14 if is_pipeline(estimator) else 11
    assert len(checks_for(estimator)) >= at_least


@pytest.mark.parametrize("kind", estimators(), ids=lambda kind: kind.__name__)
def test_scikit_learns_checks_of_matrices_run_somewhere(kind):
    if all(is_labeller(instance) for instance in instances(kind)):
        return  # its X has two columns, valence and arousal, and lies on a scale
    assert kind.__name__ in SKLEARN_CHECKS, "say where parametrize_with_checks is given it"
    tree = ast.parse((TESTS / SKLEARN_CHECKS[kind.__name__]).read_text())
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    decorators = {
        decorator.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name)
    }
    assert "parametrize_with_checks" in decorators
    assert kind.__name__ in names or (kind in FAMILIES.values() and "FAMILIES" in names)


# ---------------------------------------------- scikit-learn's checks of what takes a table

OWN_SENTENCE = "refused, with a sentence of our own"
OF_NAMED = {
    "check_no_attributes_set_in_init": "overrides may have any name, so they share an attribute",
    "check_do_not_raise_errors_in_init_or_set_params": "set_params refuses unknown names at once",
    "check_complex_data": OWN_SENTENCE,
    "check_requires_y_none": OWN_SENTENCE,
}


def of_named(named):
    """Return what a model by name is excused from: what the model itself fails, and sentences."""
    excused = dict(OF_NAMED)
    if named.name in ("svm", "ridge"):
        excused["check_estimator_sparse_tag"] = "what the model takes, it takes under its name too"
    if named.name == "svm":
        excused["check_sample_weight_equivalence_on_dense_data"] = "libsvm's weights differ"
    if named.name != "ridge":
        excused["check_classifiers_regression_target"] = OWN_SENTENCE
        excused["check_supervised_y_2d"] = "a column of numbers is no column of labels"
    return excused


@parametrize_with_checks(
    [Named("svm"), Named("kernel"), Named("ridge")], expected_failed_checks=of_named
)
def test_named_passes_scikit_learns_checks(estimator, check):
    check(estimator)


OF_PIPELINES = {
    "check_n_features_in": "X may be audio, whose samples are no features: n_features_ tells",
    "check_n_features_in_after_fitting": "X may be audio: n_features_ tells",
    "check_sample_weight_equivalence_on_dense_data": "the scaler takes no weights",
    "check_supervised_y_2d": "one column is one target, without a warning",
    "check_requires_y_none": OWN_SENTENCE,
    "check_estimator_sparse_array": OWN_SENTENCE,
    "check_estimator_sparse_matrix": OWN_SENTENCE,
    "check_sample_weights_not_an_array": "a table has dimensions",
    "check_classifier_data_not_an_array": "a table has dimensions",
    "check_regressor_data_not_an_array": "a table has dimensions",
}


def of_pipelines(pipeline):
    """Return what a pipeline on a table is excused from."""
    if pipeline.model == "ridge":
        return {**OF_PIPELINES, "check_complex_data": "numpy warns instead"}
    return {**OF_PIPELINES, "check_fit2d_1sample": "y holds the single class: our words"}


@parametrize_with_checks(
    [
        EmotionPipeline(None, model="ridge", random_state=0),
        EmotionPipeline(None, model="logistic", random_state=0),
        EmotionPipeline(None, model="svm", random_state=0),
    ],
    expected_failed_checks=of_pipelines,
)
def test_a_pipeline_on_a_table_passes_scikit_learns_checks(estimator, check):
    check(estimator)


# ------------------------------------------------------------------------ every check can fail


@pytest.mark.parametrize(
    ("check", "broken", "words"),
    [
        pytest.param(check, broken, words, id=f"{check.__name__}-{type(broken).__name__}")
        for check, broken, words in FAULTS
    ],
)
def test_a_check_catches_what_breaks_its_promise(check, broken, words, corpus, tmp_path):
    assert CHECKS[check](broken)
    with pytest.raises(AssertionError) as caught:
        check(broken, make_material(tmp_path, corpus))
    assert words in str(caught.value)


def test_every_check_catches_something():
    assert {check for check, _, _ in FAULTS} == set(CHECKS)
