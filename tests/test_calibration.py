"""ScoreClassifier: honest probabilities, labels that do not depend on them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from mer_sklearn.calibration import ScoreClassifier
from mer_sklearn.errors import InputError
from mer_sklearn.kernel import FamilyKernelClassifier

METHODS = ("sigmoid", "temperature")


def expected_failures(estimator):
    """scikit-learn lists the same failure of its own SVC: libsvm stops at a tolerance."""
    if not isinstance(estimator.estimator, SVC):
        return {}
    return {
        f"check_sample_weight_equivalence_on_{kind}_data": "libsvm stops at a tolerance"
        for kind in ("dense", "sparse")
    }


@parametrize_with_checks(
    [
        ScoreClassifier(SVC(break_ties=True)),
        ScoreClassifier(FamilyKernelClassifier(), method="temperature"),
        ScoreClassifier(LogisticRegression()),
    ],
    expected_failed_checks=expected_failures,
)
def test_passes_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.fixture(params=[2, 3], ids=["two classes", "three classes"])
def table(request):
    X, codes = make_classification(
        n_samples=400, n_classes=request.param, n_informative=6, flip_y=0.2, random_state=1
    )
    return X, np.array(["calm", "happy", "sad"])[codes]


@pytest.fixture
def model(table):
    X, y = table
    return ScoreClassifier(SVC(break_ties=True)).fit(X[:200], y[:200])


def test_every_class_has_a_score(table, model):
    X, _ = table
    scores, decision = model.scores(X), model.decision_function(X)
    assert scores.shape == (400, len(model.classes_))
    if decision.ndim == 1:
        np.testing.assert_array_equal(scores, np.column_stack([-decision, decision]))
    else:
        np.testing.assert_array_equal(scores, decision)


def test_before_calibration_probabilities_are_the_softmax(table, model):
    X, _ = table
    np.testing.assert_allclose(model.predict_proba(X), softmax(model.scores(X), axis=1))


@pytest.mark.parametrize("method", METHODS)
def test_calibration_improves_probabilities_and_keeps_labels(table, method):
    X, y = table
    flat = FamilyKernelClassifier(alpha=100.0)  # its scores lie close together
    model = ScoreClassifier(flat, method=method).fit(X[:200], y[:200])
    labels, before = model.predict(X), log_loss(y[300:], model.predict_proba(X[300:]))
    model.calibrate(model.scores(X[200:300]), y[200:300])
    assert log_loss(y[300:], model.predict_proba(X[300:])) < before
    assert model.predict(X).tolist() == labels.tolist()
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)


def test_labels_are_those_of_the_classifier(table, model):
    X, _ = table
    assert model.predict(X).tolist() == model.estimator_.predict(X).tolist()


def test_sigmoid_is_platts_as_scikit_learn_fits_it(table, model):
    X, y = table
    few = slice(200, 230)  # so that the softened targets tell
    model.calibrate(model.decision_function(X[few]), y[few])
    oracle = CalibratedClassifierCV(FrozenEstimator(model.estimator_), method="sigmoid")
    oracle.fit(X[few], y[few])
    np.testing.assert_allclose(model.predict_proba(X), oracle.predict_proba(X), atol=2e-3)


def test_temperature_has_the_least_log_loss(table, model):
    X, y = table
    model.method = "temperature"
    model.calibrate(model.scores(X[200:]), y[200:])
    factors = model.slope_[0] * np.array([0.9, 1.0, 1.1])
    losses = [log_loss(y[200:], softmax(t * model.scores(X[200:]), axis=1)) for t in factors]
    assert np.argmin(losses) == 1
    assert len(set(model.slope_)) == 1
    assert not model.offset_.any()


def test_three_attributes_are_all_it_takes(table, model):
    X, y = table
    scores = model.scores(X)
    model.calibrate(scores[200:], y[200:])
    assert model.link_ == "sigmoid"
    each = expit(model.slope_ * scores + model.offset_)
    np.testing.assert_allclose(model.predict_proba(X), each / each.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("method", METHODS)
def test_probabilities_follow_from_scores_alone(table, model, method):
    X, y = table
    model.method = method
    model.calibrate(model.scores(X[200:]), y[200:])
    expected = model.predict_proba(X)
    np.testing.assert_array_equal(model.probabilities(model.scores(X)), expected)
    np.testing.assert_array_equal(model.probabilities(model.decision_function(X)), expected)
    with pytest.raises(InputError, match="one column for each of the"):
        model.probabilities(np.zeros((2, 7)))


def test_perfect_scores_leave_probabilities_finite():
    y = np.array(["a", "b", "c"] * 10)
    model = ScoreClassifier(FamilyKernelClassifier()).fit(np.eye(30), y)
    perfect = 1e3 * (y[:, None] == model.classes_)
    for method in METHODS:
        model.method = method
        proba = model.calibrate(perfect, y).predict_proba(np.eye(30))
        assert np.isfinite(proba).all()


def test_a_row_that_no_class_claims_still_sums_to_one():
    model = ScoreClassifier(FamilyKernelClassifier()).fit([[0.0], [1.0], [2.0]], ["a", "b", "c"])
    model.link_, model.offset_ = "sigmoid", np.full(3, -1e4)
    np.testing.assert_allclose(model.predict_proba([[0.0]]), 1 / 3)


def test_fit_forgets_the_calibration(table, model):
    X, y = table
    model.calibrate(model.scores(X[200:]), y[200:]).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X), softmax(model.scores(X), axis=1))


def test_weights_reach_the_classifier(table):
    X, y = table
    weight = np.where(y == "calm", 100.0, 0.01)
    model = ScoreClassifier(SVC()).fit(X, y, sample_weight=weight)
    assert (model.predict(X) == "calm").mean() > 0.9


@pytest.mark.parametrize(
    ("scores", "y", "sentence"),
    [
        ([[1, 2, 3, 4]], ["calm"], "one column for each of the . classes"),
        (np.zeros((2, 3)), ["calm"], r"2 rows, but the shape of y is \(1,\)"),
        (np.zeros((0, 3)), [], "one label for each of one or more rows"),
        ([[0, 0, np.nan]], ["calm"], "must be finite; leave out rows that no fold scored"),
        ([[0, 0, 1]], ["angry"], "labels that the classifier never saw: angry"),
    ],
)
def test_scores_and_labels_that_do_not_fit_are_refused(scores, y, sentence):
    model = ScoreClassifier(SVC()).fit([[0.0], [1.0], [2.0]], ["calm", "happy", "sad"])
    with pytest.raises(InputError, match=sentence):
        model.calibrate(scores, y)


def test_parameters_without_sense_are_refused():
    with pytest.raises(InputError, match=r"'sigmoids'.*Did you mean 'sigmoid'"):
        ScoreClassifier(SVC(), method="sigmoids").fit([[0.0], [1.0]], [0, 1])
    with pytest.raises(InputError, match="has no decision_function"):
        ScoreClassifier(GaussianNB()).fit([[0.0], [1.0]], [0, 1])
