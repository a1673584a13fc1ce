"""xgboost with labels of any kind, and with thresholds between the values of the rows."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.utils.estimator_checks import parametrize_with_checks
from xgboost import XGBClassifier, XGBRegressor

from mer_sklearn.boosting import HalfwayXGBRegressor, LabelXGBClassifier
from mer_sklearn.errors import InputError

NAMES = np.array(["sad", "calm", "happy"])  # not in the order of the codes


def expected_failures(estimator):
    """What xgboost itself fails."""
    rounding = "xgboost sums gradients in float32: equal to 1e-6, not to 1e-7"
    return {
        "check_sample_weight_equivalence_on_dense_data": rounding,
        "check_sample_weight_equivalence_on_sparse_data": rounding,
        **(
            {"check_regressor_multioutput": "xgboost answers in float32"}
            if isinstance(estimator, HalfwayXGBRegressor)
            else {}
        ),
    }


# xgboost says so when it converts the dictionary-of-keys matrices of one check.
@pytest.mark.filterwarnings("ignore:Unknown data type:UserWarning")
@parametrize_with_checks(
    [kind(n_estimators=10, n_jobs=1) for kind in (LabelXGBClassifier, HalfwayXGBRegressor)],
    expected_failed_checks=expected_failures,
)
def test_passes_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.fixture
def table():
    return make_classification(n_samples=80, n_classes=3, n_informative=5, random_state=0)


@pytest.fixture
def model():
    return LabelXGBClassifier(n_estimators=10, n_jobs=1, subsample=0.7, random_state=3)


@pytest.mark.parametrize("as_labels", [np.asarray, lambda y: y.astype(object), list])
def test_names_give_what_xgboost_gives_for_codes(table, model, as_labels):
    X, codes = table
    plain = XGBClassifier(**model.get_params()).fit(X, np.argsort(np.argsort(NAMES))[codes])
    model.fit(X, as_labels(NAMES[codes]))
    assert model.classes_.tolist() == sorted(NAMES)
    assert model.predict(X).tolist() == np.sort(NAMES)[plain.predict(X)].tolist()
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))


@pytest.mark.parametrize("y", [[3, 7] * 40, [False, True] * 40, [-1, 1] * 40], ids=str)
def test_two_classes_of_any_kind(table, model, y):
    model.fit(table[0], y)
    assert set(model.predict(table[0]).tolist()) <= set(y)
    assert model.predict_proba(table[0]).shape == (80, 2)


def test_fit_leaves_parameters_alone_and_starts_anew(table, model):
    X, codes = table
    before = model.get_params()
    model.fit(X, NAMES[codes])
    assert model.get_params() == before
    model.fit(X, np.where(codes == 0, "yes", "no"))
    assert model.classes_.tolist() == ["no", "yes"]
    fresh = clone(model).fit(X, np.where(codes == 0, "yes", "no"))
    np.testing.assert_array_equal(model.predict_proba(X), fresh.predict_proba(X))


def test_weights_count(table, model):
    X, codes = table
    weighted = clone(model).fit(X, NAMES[codes], sample_weight=np.where(codes == 0, 10.0, 0.1))
    plain = model.fit(X, NAMES[codes])
    assert (weighted.predict(X) == "sad").sum() > (plain.predict(X) == "sad").sum()


def test_labels_in_eval_set_are_labels(table, model):
    X, codes = table
    model.set_params(early_stopping_rounds=2, eval_metric="mlogloss")
    model.fit(X, NAMES[codes], eval_set=[(X, NAMES[codes])], verbose=False)
    assert len(model.evals_result()["validation_0"]["mlogloss"]) == 10
    with pytest.raises(InputError, match="labels that y does not: angry"):
        model.fit(X, NAMES[codes], eval_set=[(X[:1], ["angry"])], verbose=False)


def test_pickle_keeps_the_labels(table, model):
    X, codes = table
    model.fit(X, NAMES[codes])
    again = pickle.loads(pickle.dumps(model))
    assert again.predict(X).tolist() == model.predict(X).tolist()


def test_margins_are_no_labels(table, model):
    X, codes = table
    assert model.fit(X, NAMES[codes]).predict(X, output_margin=True).shape == (80, 3)


def test_one_class_is_refused(table, model):
    with pytest.raises(InputError, match=r"one class only \(sad\)"):
        model.fit(table[0], ["sad"] * 80)


# --------------------------------------------------------------------- thresholds between values

TREES = {"n_estimators": 20, "max_depth": 3, "random_state": 0, "n_jobs": 1}


@pytest.fixture
def rows(rng):
    """Rows and numbers, and the same rows as another machine might round them."""
    X, y = make_regression(n_samples=120, n_features=6, random_state=0)
    X = X.astype(np.float32)
    return X, y, X * (1 + 1e-6 * rng.choice([-1, 1], X.shape)).astype(np.float32)


def test_rows_that_were_learned_from_keep_their_answers(rows):
    X, y, _ = rows
    expected = XGBRegressor(**TREES).fit(X, y).predict(X)
    np.testing.assert_array_equal(HalfwayXGBRegressor(**TREES).fit(X, y).predict(X), expected)
    labels = NAMES[np.digitize(y, [-50, 50])]
    codes = np.unique(labels, return_inverse=True)[1]
    expected = XGBClassifier(**TREES).fit(X, codes).predict_proba(X)
    found = LabelXGBClassifier(**TREES).fit(X, labels).predict_proba(X)
    np.testing.assert_array_equal(found, expected)


def test_the_rounding_of_a_feature_moves_no_answer(rows):
    X, y, rounded = rows
    raw, ours = XGBRegressor(**TREES).fit(X, y), HalfwayXGBRegressor(**TREES).fit(X, y)
    assert (raw.predict(X) != raw.predict(rounded)).mean() > 0.1  # what is mended here
    np.testing.assert_array_equal(ours.predict(X), ours.predict(rounded))


def test_values_that_differ_by_rounding_alone_are_one(rng):
    """Clips that begin in silence: 0 but for rounding, which a tree may take for knowledge."""
    silent = np.arange(80) % 4 > 0
    noise = np.where(silent, 1e-13 * rng.normal(size=(2, 80)), rng.normal(-30, 1, 80))
    X, other = noise.astype(np.float32)[:, :, None]
    y = np.where(silent, X[:, 0] > 0, 5.0)
    raw, ours = XGBRegressor(**TREES).fit(X, y), HalfwayXGBRegressor(**TREES).fit(X, y)
    assert np.abs(raw.predict(X) - raw.predict(other)).max() > 0.3  # what is mended here
    np.testing.assert_array_equal(ours.predict(X), ours.predict(other))
    assert np.abs(ours.predict(X) - y)[~silent].max() < 2
    assert len(set(ours.predict(X)[silent])) == 1


def test_no_threshold_lies_on_a_value(rows):
    X, y, _ = rows
    trees = HalfwayXGBRegressor(**TREES).fit(X, y).get_booster().trees_to_dataframe()
    inner = trees[trees["Feature"] != "Leaf"]
    for name, threshold in zip(inner["Feature"], inner["Split"], strict=True):
        assert np.float32(threshold) not in X[:, int(name[1:])]
    assert len(inner) > 50


def test_neighbouring_numbers_are_still_told_apart():
    low = np.float32(1.0)
    X = np.array([[low], [np.nextafter(low, np.float32(2.0))]] * 4)
    y = [0.0, 1.0] * 4
    model = HalfwayXGBRegressor(n_estimators=1, learning_rate=1.0, reg_lambda=0.0)
    assert model.fit(X, y).predict(X).tolist() == y


@pytest.mark.parametrize("booster", ["gblinear", "dart"])
def test_other_boosters_are_left_as_they_are(booster, rows):
    X, y, _ = rows
    # Threads of gblinear update the same weights in whatever order they come.
    settings = {"booster": booster, "n_estimators": 20, "random_state": 0, "n_jobs": 1}
    expected = XGBRegressor(**settings).fit(X, y).predict(X)
    found = HalfwayXGBRegressor(**settings).fit(X, y).predict(X)
    np.testing.assert_array_equal(found, expected)


def test_the_best_iteration_is_kept(rows):
    X, y, _ = rows
    noise = np.random.default_rng(0).normal(size=40)
    model = HalfwayXGBRegressor(**{**TREES, "n_estimators": 200}, early_stopping_rounds=2)
    model.fit(X, y, eval_set=[(X[:40], noise)], verbose=False)
    kept = pickle.loads(pickle.dumps(model))
    assert model.best_iteration < 150
    np.testing.assert_array_equal(kept.predict(X), model.predict(X))
    first = model.best_iteration + 1
    np.testing.assert_array_equal(model.predict(X), model.predict(X, iteration_range=(0, first)))
