"""Models by name: both tasks, every shape of y, parameters that are never lost or ignored."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import make_classification, make_regression
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVR

from mer_sklearn.errors import InputError
from mer_sklearn.models import MODELS, Named, guess_task, model_spec
from mer_sklearn.scaling import BlockScaler

CLASSIFIERS = [name for name, spec in MODELS.items() if "classification" in spec.tasks]
REGRESSORS = [name for name, spec in MODELS.items() if "regression" in spec.tasks]
QUICK = {"forest": {"n_estimators": 20}, "xgboost": {"n_estimators": 100}}
NAMES = np.array(["sad", "calm", "happy"])

EACH_CLASSIFIER = pytest.mark.parametrize("name", CLASSIFIERS)
EACH_REGRESSOR = pytest.mark.parametrize("name", REGRESSORS)


def named(name, **parameters):
    return Named(name, **{**QUICK.get(name, {}), **parameters})


def scaled(name, X):
    """Return the rows in the norm that the model assumes."""
    return BlockScaler(norm=MODELS[name].norm or "row").fit_transform(X)


@pytest.fixture(scope="module")
def classes():
    X, codes = make_classification(
        n_samples=120, n_features=8, n_informative=6, n_classes=3, class_sep=2, random_state=0
    )
    return BlockScaler().fit_transform(X), NAMES[codes]


@pytest.fixture(scope="module")
def numbers():
    X, Y = make_regression(n_samples=120, n_features=6, n_targets=3, noise=1, random_state=0)
    return BlockScaler().fit_transform(X), Y / 100 + [0, 1, -1]


# ---- the table


def test_the_table_says_what_each_model_can():
    both = {name for name, spec in MODELS.items() if len(spec.tasks) == 2}
    assert both == {"mlp", "xgboost", "kernel", "forest"}
    assert set(CLASSIFIERS) - both == {"svm", "logistic"}
    assert set(REGRESSORS) - both == {"svr", "ridge"}
    assert {name: spec.norm for name, spec in MODELS.items()} == {
        **dict.fromkeys(["svm", "svr", "logistic", "ridge"], "row"),
        "mlp": "column",
        **dict.fromkeys(["xgboost", "forest", "kernel"]),
    }


def test_the_table_cannot_be_changed():
    with pytest.raises(TypeError):
        MODELS["mine"] = MODELS["svm"]


def test_an_unknown_model_is_refused_with_the_nearest():
    with pytest.raises(InputError, match=r"Unknown model 'smv'.*Did you mean 'svm'"):
        model_spec("smv")
    with pytest.raises(InputError, match="Unknown model 'smv'"):
        Named("smv").fit([[0.0], [1.0]], ["a", "b"])


# ---- what y asks for


@pytest.mark.parametrize(
    ("y", "task"),
    [
        (["happy", "sad"], "classification"),
        ([True, False], "classification"),
        ([1, 2], "classification"),
        (np.array([1, 2], dtype=np.uint8), "classification"),
        (np.array(["a", "b"], dtype=object), "classification"),
        (np.array([1, 2], dtype=object), "classification"),
        (np.array([np.True_, np.False_], dtype=object), "classification"),
        (["happy", None, float("nan")], "classification"),
        (pd.Series(["happy", None]), "classification"),
        (pd.Series([1.5, 2.5]).astype("category"), "classification"),
        (pd.Series([1, None], dtype="Int64"), "classification"),
        ([1.0, 2.0], "regression"),
        ([1, 2.5], "regression"),
        (np.array([0.5, 1], dtype=np.float32), "regression"),
        (np.array([0.5, 1], dtype=object), "regression"),
        (np.array([0.5, np.nan]), "regression"),
        ([[1, 2], [3, 4]], "regression"),
        (np.zeros((3, 1)), "regression"),
        (pd.DataFrame({"valence": [0.1], "arousal": [0.2]}), "regression"),
    ],
    ids=str,
)
def test_guess_task(y, task):
    assert guess_task(y) == task


@pytest.mark.parametrize(
    ("y", "sentence"),
    [
        ([], "holds 0 values"),
        ([None, None], "holds 0 values"),
        (np.zeros((2, 2, 2)), r"in the shape \(2, 2, 2\)"),
        (["happy", 1.0], "mixes labels and numbers"),
        ([["happy"], ["sad"]], "labels in several columns"),
        ([1j], "type complex, which are neither"),
        ([pd.Timestamp(0)], "type Timestamp"),
    ],
    ids=str,
)
def test_what_is_neither_labels_nor_numbers_is_refused(y, sentence):
    with pytest.raises(InputError, match=sentence):
        guess_task(y)


@pytest.mark.parametrize(
    ("name", "parameters", "y", "sentence"),
    [
        ("svr", {}, ["a", "b"], "'svr' is to predict numbers, but y holds labels; .* 'svm'"),
        ("ridge", {}, [True, False], "y holds labels; use the model 'logistic'"),
        ("svm", {}, [0.1, 0.2], "classes, but y holds numbers with fractions; .* 'svr'"),
        ("logistic", {}, [[0, 1], [1, 0]], "in several columns; use the model 'ridge'"),
        ("mlp", {"task": "regression"}, ["a", "b"], "holds labels; use task='auto'"),
        ("mlp", {"task": "classification"}, [0.1, 0.2], "with fractions; use task='auto'"),
        ("svm", {"task": "regression"}, [0, 1], "does classification only, but task='regression'"),
        ("ridge", {"task": "classification"}, [0, 1], "does regression only.*'logistic'"),
        ("mlp", {"task": "regresion"}, [0, 1], r"'regresion'.*Did you mean 'regression'"),
        ("svm", {}, ["a", None], "no label in row 1; drop the rows"),
    ],
)
def test_a_contradiction_is_refused_with_the_way_out(name, parameters, y, sentence):
    with pytest.raises(InputError, match=sentence):
        Named(name, **parameters).fit([[0.0], [1.0]], y)


def test_a_model_that_does_one_thing_decides(classes):
    X, _ = classes
    whole = np.arange(120) % 3
    assert Named("ridge").fit(X, whole).task_ == "regression"
    assert Named("svm").fit(X, whole.astype(float)).task_ == "classification"
    assert named("forest", task="regression").fit(X, whole).task_ == "regression"


# ---- every model


@EACH_CLASSIFIER
@pytest.mark.parametrize("n_classes", [2, 3])
def test_classifiers_learn_labels(name, n_classes, classes):
    X, y = scaled(name, classes[0]), classes[1]
    if n_classes == 2:
        y = np.where(y == "sad", "sad", "other")
    model = named(name, random_state=0).fit(X, y)
    assert model.classes_.tolist() == sorted(set(y))
    assert model.score(X, y) == accuracy_score(y, model.predict(X)) > 0.8
    proba = model.predict_proba(X)
    assert proba.shape == (120, n_classes)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-5)
    assert model.n_features_in_ == 8


@EACH_REGRESSOR
@pytest.mark.parametrize("shape", ["n", "n by 1", "n by 3"])
def test_regressors_answer_in_the_shape_of_y(name, shape, numbers):
    X, Y = scaled(name, numbers[0]), numbers[1]
    y = {"n": Y[:, 0], "n by 1": Y[:, :1], "n by 3": Y}[shape]
    model = named(name, random_state=0).fit(X, y)
    assert model.predict(X).shape == y.shape
    assert model.score(X, y) == r2_score(y, model.predict(X))
    assert model.score(X, y) > 0.5


@EACH_REGRESSOR
def test_one_column_is_learned_as_one_dimension(name, numbers):
    X, Y = numbers
    flat = named(name, random_state=0).fit(X, Y[:, 0]).predict(X)
    np.testing.assert_array_equal(
        named(name, random_state=0).fit(X, Y[:, :1]).predict(X)[:, 0], flat
    )


@EACH_REGRESSOR
def test_frames_and_objects_are_numbers_too(name, numbers):
    X, Y = numbers
    model = named(name, random_state=0)
    expected = model.fit(X, Y).predict(X)
    frame = pd.DataFrame(Y, columns=["a", "b", "c"]).astype(object)
    np.testing.assert_array_equal(model.fit(X, frame).predict(X), expected)


@pytest.mark.parametrize("name", MODELS)
def test_the_same_seed_gives_the_same_answers(name, classes, numbers):
    X, y = classes if name in CLASSIFIERS else numbers
    first = named(name, random_state=7).fit(X, y).predict(X)
    np.testing.assert_array_equal(named(name, random_state=7).fit(X, y).predict(X), first)


@pytest.mark.parametrize("name", ["svr", "mlp"])
def test_the_unit_of_the_targets_does_not_matter(name, numbers):
    X, Y = numbers
    near = named(name, random_state=0).fit(X, Y).predict(X)
    far = named(name, random_state=0).fit(X, 1000 * Y + 50).predict(X)
    np.testing.assert_allclose(far, 1000 * near + 50, rtol=1e-4)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("routing", [False, True])
def test_weights_reach_every_model(name, routing, classes, numbers):
    if name in CLASSIFIERS:
        X, y = classes
        weight = np.where(y == "sad", 1000.0, 1e-3)
    else:
        X, y = numbers
        weight = np.where(y[:, 0] > 0, 1000.0, 1e-3)
    with sklearn.config_context(enable_metadata_routing=routing):
        weighted = named(name, random_state=0).fit(X, y, sample_weight=weight).predict(X)
        plain = named(name, random_state=0).fit(X, y).predict(X)
    if name in CLASSIFIERS:
        assert (weighted == "sad").sum() > (plain == "sad").sum()
    else:
        heavy = y[:, 0] > 0
        error = np.square(weighted - y)[heavy].mean(), np.square(plain - y)[heavy].mean()
        assert error[0] < error[1]


@pytest.mark.parametrize("name", MODELS)
def test_pickle_keeps_a_fitted_model(name, classes, numbers):
    X, y = classes if name in CLASSIFIERS else numbers
    model = named(name, random_state=0).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_the_mlp_does_not_complain_of_its_epochs(classes):
    Named("mlp", max_iter=1).fit(*classes)  # warnings are errors here


# ---- a name and its overrides


def test_overrides_are_parameters():
    model = Named("svm", C=10, random_state=3)
    assert model.get_params() == {"name": "svm", "task": "auto", "random_state": 3, "C": 10}
    assert clone(model).get_params() == model.get_params()
    assert model.set_params(C=5, task="classification") is model
    assert model.get_params()["C"] == 5
    assert eval(repr(model)).get_params() == model.get_params()


def test_setting_a_clone_leaves_the_original_alone():
    model = Named("svm", C=10)
    clone(model).set_params(C=1)
    assert model.get_params()["C"] == 10


def test_overrides_reach_the_model_inside_all_wrappers(numbers, classes):
    X, Y = numbers
    inside = Named("svr", C=7.0, epsilon=0.2).fit(X, Y).model_
    assert isinstance(inside, TransformedTargetRegressor)
    machine = inside.regressor_.estimators_[0]
    assert isinstance(machine, SVR)
    assert (machine.C, machine.epsilon) == (7.0, 0.2)
    assert Named("svm", C=7.0).fit(*classes).model_.estimator_.C == 7.0
    mlp = Named("mlp", hidden_layer_sizes=(5,), random_state=4).fit(X, Y).model_.regressor_
    assert mlp.coefs_[0].shape == (6, 5)
    assert mlp.random_state == 4


def test_a_search_reaches_parameters_through_a_pipeline(classes):
    X, y = classes
    pipe = make_pipeline(BlockScaler(), Named("svm"))
    search = GridSearchCV(pipe, {"named__C": [1e-6, 3.0]}, cv=3).fit(X, y)
    assert search.best_params_ == {"named__C": 3.0}
    assert search.best_estimator_[-1].model_.estimator_.C == 3.0


def test_a_search_over_names(classes):
    X, y = classes
    search = GridSearchCV(Named("svm"), {"name": ["svm", "logistic"]}, cv=3).fit(X, y)
    assert search.best_params_["name"] in ("svm", "logistic")


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (Named("svm", c=1), "parameter of the model 'svm': 'c'. Known: C, "),
        (Named("svr", epsilom=1), "Did you mean 'epsilon'"),
        (Named("xgboost", max_depht=1), "Did you mean 'max_depth'"),
        (Named("kernel", gama=1), "Did you mean 'gamma'"),
        (Named("mlp", loss="poisson"), "parameter of the model 'mlp'.* 'loss'"),
    ],
    ids=repr,
)
def test_an_unknown_override_is_never_ignored(model, sentence, classes):
    X, y = classes
    y = np.arange(120) / 7 if model.name == "svr" else y
    with pytest.raises(InputError, match=sentence):
        model.fit(X, y)


def test_an_unknown_override_is_refused_as_soon_as_it_is_set():
    model = Named("svm", C=2)
    with pytest.raises(InputError, match="Did you mean 'gamma'"):
        model.set_params(gamm=1)
    assert model.get_params() == Named("svm", C=2).get_params()
    Named("mlp").set_params(loss="poisson")  # known to one of both: fit will tell


# ---- scikit-learn's view


def test_tags_tell_the_task_as_far_as_it_is_known(numbers):
    assert is_classifier(Named("mlp"))
    assert is_classifier(Named("svm"))
    assert is_regressor(Named("ridge"))
    assert is_regressor(Named("mlp", task="regression"))
    assert is_regressor(Named("mlp", max_iter=2).fit(*numbers))
    assert is_classifier(clone(Named("mlp", max_iter=2).fit(*numbers)))


@pytest.mark.parametrize(
    ("name", "task", "methods"),
    [
        ("svm", "auto", {"predict_proba", "decision_function", "calibrate", "probabilities"}),
        ("kernel", "auto", {"predict_proba", "decision_function", "calibrate", "probabilities"}),
        ("kernel", "regression", set()),
        ("logistic", "auto", {"predict_proba", "decision_function"}),
        ("forest", "auto", {"predict_proba"}),
        ("mlp", "regression", set()),
        ("svr", "auto", set()),
        ("smv", "auto", set()),
    ],
)
def test_methods_are_those_of_the_model(name, task, methods):
    model = Named(name, task=task)
    every = {"predict_proba", "decision_function", "calibrate", "probabilities"}
    assert {method for method in every if hasattr(model, method)} == methods


@pytest.mark.parametrize("name", ["svm", "kernel"])
def test_calibrate_reaches_the_probabilities(name, classes):
    X, y = classes
    model = Named(name).fit(X[:60], y[:60])
    before = model.predict_proba(X)
    assert model.calibrate(model.decision_function(X[60:]), y[60:]) is model
    assert np.abs(model.predict_proba(X) - before).max() > 0.01
    again = model.probabilities(model.decision_function(X))
    np.testing.assert_allclose(again, model.predict_proba(X))


def test_cross_validation_works_by_the_name(classes, numbers):
    assert cross_val_score(Named("svm"), *classes, cv=3).mean() > 0.7
    assert cross_val_score(Named("ridge"), *numbers, cv=3).mean() > 0.7
    assert cross_val_score(Named("svm"), *classes, cv=3, scoring="roc_auc_ovr").mean() > 0.8


def test_unfitted_is_said_so():
    with pytest.raises(sklearn.exceptions.NotFittedError):
        Named("svm").predict([[0.0]])
    assert not hasattr(Named("svm"), "classes_")
