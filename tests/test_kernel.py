"""KernelClassifier and KernelRegressor against scikit-learn's kernel ridge."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.kernel_ridge import KernelRidge
from sklearn.utils.estimator_checks import parametrize_with_checks

from mer_sklearn.errors import InputError
from mer_sklearn.kernel import KernelClassifier, KernelRegressor


@parametrize_with_checks(
    [
        KernelClassifier(),
        KernelClassifier(kind="exp"),
        KernelRegressor(),
        KernelRegressor(kind="rbf"),
    ]
)
def test_passes_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.fixture
def X(rng):
    return rng.normal(size=(50, 7))


def kernel(A, B, X, kind, gamma):
    """The definition, pair by pair."""
    mean_square = (cdist(X, X) ** 2).mean()
    distance = cdist(A, B)
    if kind == "rbf":
        return np.exp(-gamma * distance**2 / mean_square)
    return np.exp(-gamma * distance / np.sqrt(mean_square))


@pytest.mark.parametrize("kind", ["rbf", "exp"])
def test_regression_is_kernel_ridge_on_centred_targets(X, rng, kind):
    Y = rng.normal(size=(50, 3)) + np.array([0, 5, -2])
    new = rng.normal(size=(9, 7))
    oracle = KernelRidge(alpha=0.3, kernel="precomputed")
    oracle.fit(kernel(X, X, X, kind, 0.7), Y - Y.mean(axis=0))
    expected = oracle.predict(kernel(new, X, X, kind, 0.7)) + Y.mean(axis=0)
    model = KernelRegressor(kind=kind, gamma=0.7, alpha=0.3).fit(X, Y)
    np.testing.assert_allclose(model.predict(new), expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("kind", ["rbf", "exp"])
def test_classification_is_regression_on_one_column_per_class(X, rng, kind):
    y = np.array(["sad", "happy", "calm"])[rng.integers(3, size=50)]
    parameters = {"kind": kind, "gamma": 0.5, "alpha": 0.1}
    model = KernelClassifier(**parameters).fit(X, y)
    one_hot = (y[:, None] == np.array(["calm", "happy", "sad"])).astype(float)
    scores = KernelRegressor(**parameters).fit(X, one_hot).predict(X)
    np.testing.assert_allclose(model.decision_function(X), scores)
    assert model.classes_.tolist() == ["calm", "happy", "sad"]
    assert model.predict(X).tolist() == model.classes_[scores.argmax(axis=1)].tolist()


def test_two_classes_have_one_score_as_scikit_learn_has_it(X):
    y = np.where(X[:, 0] > 0, "happy", "calm")
    model = KernelClassifier().fit(X, y)
    decision = model.decision_function(X)
    assert decision.shape == (50,)
    assert model.predict(X).tolist() == np.where(decision > 0, "happy", "calm").tolist()


@pytest.mark.parametrize("shape", [(50,), (50, 1), (50, 3)])
def test_predictions_have_the_dimensions_of_the_targets(X, rng, shape):
    assert KernelRegressor().fit(X, rng.normal(size=shape)).predict(X).shape == shape


@pytest.mark.parametrize("kind", ["rbf", "exp"])
def test_a_weight_of_two_is_the_row_twice(X, rng, kind):
    y = rng.normal(size=50)
    weight = rng.integers(0, 3, size=50)
    weighted = KernelRegressor(kind=kind).fit(X, y, sample_weight=weight)
    repeated = KernelRegressor(kind=kind).fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    np.testing.assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-5, atol=1e-6)


def test_width_follows_the_rows_so_that_their_unit_does_not_matter(X, rng):
    y = rng.normal(size=50)
    here = KernelRegressor().fit(X, y).predict(X)
    np.testing.assert_allclose(KernelRegressor().fit(1000 * X, y).predict(1000 * X), here)


def test_attributes_are_all_it_takes_to_predict(X, rng):
    new = rng.normal(size=(5, 7))
    model = KernelRegressor().fit(X, rng.normal(size=(50, 2)))
    by_hand = np.exp(-model.gamma_ * cdist(new, model.X_fit_)) @ model.dual_coef_ + model.intercept_
    np.testing.assert_allclose(model.predict(new), by_hand)


def test_rows_that_are_all_alike_predict_the_mean():
    model = KernelRegressor().fit(np.ones((4, 2)), [0.0, 1.0, 2.0, 3.0])
    np.testing.assert_allclose(model.predict(np.ones((1, 2))), [1.5])


@pytest.mark.parametrize("model", [KernelClassifier, KernelRegressor])
@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"kind": "rfb"}, r"Unknown kind of kernel 'rfb'.*Did you mean 'rbf'"),
        ({"gamma": 0}, "gamma=0 must be a positive number"),
        ({"alpha": -1}, "alpha=-1 must be a positive number"),
    ],
    ids=str,
)
def test_parameters_without_sense_are_refused(model, parameters, sentence):
    with pytest.raises(InputError, match=sentence):
        model(**parameters).fit([[0.0], [1.0]], [0, 1])


@pytest.mark.parametrize(
    ("weight", "sentence"),
    [
        ([1, 2, 3], "one weight for each of the 2 rows"),
        ([1, -1], "weights of 0 or more"),
        ([0, 0], "not only zeros"),
    ],
)
def test_weights_without_sense_are_refused(weight, sentence):
    with pytest.raises(InputError, match=sentence):
        KernelRegressor().fit([[0.0], [1.0]], [0.0, 1.0], sample_weight=weight)
