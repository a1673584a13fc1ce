"""Metrics against scikit-learn and against cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as reference
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_validate

from mer_sklearn.errors import InputError
from mer_sklearn.evaluation import metrics

LABELS = np.array(list("aabbbc"))
GUESSES = np.array(list("abbbca"))
CLASSES = np.array(list("abc"))


@pytest.fixture
def numbers(rng):
    y = rng.standard_normal((50, 2)) + 100.0
    return y, y + 0.5 * rng.standard_normal((50, 2)) + 0.2


@pytest.fixture
def probable(rng):
    y = rng.choice(CLASSES, 200)
    proba = rng.dirichlet(np.ones(3), 200)
    return y, proba


REFERENCES = {
    "accuracy": reference.accuracy_score,
    "balanced_accuracy": reference.balanced_accuracy_score,
    "macro_f1": lambda y, p: reference.f1_score(y, p, average="macro"),
    "weighted_f1": lambda y, p: reference.f1_score(y, p, average="weighted"),
    "macro_precision": lambda y, p: reference.precision_score(y, p, average="macro"),
    "weighted_precision": lambda y, p: reference.precision_score(y, p, average="weighted"),
    "mcc": reference.matthews_corrcoef,
    "r2": reference.r2_score,
    "rmse": reference.root_mean_squared_error,
    "mae": reference.mean_absolute_error,
    "pearson": lambda y, p: np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(y.T, p.T)]),  # noqa: B905
}


@pytest.mark.parametrize("name", metrics.CLASS_METRICS)
def test_labels_equal_scikit_learn(name, rng):
    y, p = rng.choice(CLASSES, 200), rng.choice(CLASSES, 200)
    want = REFERENCES[name](y, p)
    assert metrics.CLASS_METRICS[name](y, p) == pytest.approx(want, abs=1e-12)
    assert metrics.scores("classification", y, p)[name] == pytest.approx(want, abs=1e-12)


@pytest.mark.parametrize("name", sorted(set(metrics.NUMBER_METRICS) & set(REFERENCES)))
def test_numbers_equal_scikit_learn(name, numbers):
    want = REFERENCES[name](*numbers)
    assert metrics.NUMBER_METRICS[name](*numbers) == pytest.approx(want)
    assert metrics.scores("regression", *numbers)[name] == pytest.approx(want)


def test_macro_recall_is_balanced_accuracy_and_weighted_recall_accuracy():
    macro = reference.recall_score(LABELS, GUESSES, average="macro")
    weighted = reference.recall_score(LABELS, GUESSES, average="weighted")
    assert metrics.balanced_accuracy(LABELS, GUESSES) == pytest.approx(macro)
    assert metrics.accuracy(LABELS, GUESSES) == pytest.approx(weighted)


def test_labels_worked_by_hand():
    # a: 1 of 2 found, named twice; b: 2 of 3, named three times; c: 0 of 1, named once.
    assert metrics.confusion_matrix(LABELS, GUESSES).tolist() == [[1, 1, 0], [0, 2, 1], [1, 0, 0]]
    assert metrics.balanced_accuracy(LABELS, GUESSES) == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)
    assert metrics.macro_precision(LABELS, GUESSES) == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)
    assert metrics.macro_f1(LABELS, GUESSES) == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)
    # 3 right of 6, squares of the class sizes 4 + 9 + 1 on both sides.
    assert metrics.mcc(LABELS, GUESSES) == pytest.approx((3 * 6 - 14) / (36 - 14))


def test_concordance_worked_by_hand():
    y, p = np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 5.0])
    # means 2 and 3, variances 2/3 and 2, covariance 1: 2 / (2/3 + 2 + 1)
    assert metrics.ccc(y, p) == pytest.approx(6 / 11)
    assert metrics.spread_ratio(y, p) == pytest.approx(np.sqrt(3))


def test_a_scale_is_brought_to_one():
    y, p = np.array([1.0, 9.0]), np.array([3.0, 7.0])
    assert metrics.rmse_unit(y, p, scale=(1, 9)) == pytest.approx(0.5)
    assert metrics.scores("regression", y, p, scale=(1, 9))["rmse_unit"] == pytest.approx(0.5)
    with pytest.raises(InputError, match=r"scale=\(9, 1\)"):
        metrics.rmse_unit(y, p, scale=(9, 1))


def test_log_loss_equals_scikit_learn(probable):
    y, proba = probable
    want = reference.log_loss(y, proba, labels=CLASSES)
    assert metrics.log_loss(y, proba, CLASSES) == pytest.approx(want)


def test_a_class_that_was_impossible_costs_much_but_not_infinitely_much():
    found = metrics.log_loss(np.array(["a"]), np.array([[0.0, 1.0, 0.0]]), CLASSES)
    assert found == pytest.approx(-np.log(np.finfo(float).eps))


def test_calibration_worked_by_hand():
    # Three answers: .95 right, .95 wrong, .55 right: bins of 2 and 1 rows.
    proba = np.array([[0.95, 0.05, 0.0], [0.95, 0.05, 0.0], [0.45, 0.55, 0.0]])
    found = metrics.calibration_error(np.array(list("acb")), proba, CLASSES)
    assert found == pytest.approx(2 / 3 * abs(0.5 - 0.95) + 1 / 3 * abs(1 - 0.55))


def test_calibrated_answers_have_a_small_error(rng):
    proba = rng.dirichlet(np.ones(3), 20000)
    y = CLASSES[(rng.random((20000, 1)) > proba.cumsum(axis=1)).sum(axis=1).clip(max=2)]
    assert metrics.calibration_error(y, proba, CLASSES) < 0.02


def test_probabilities_must_fit_the_classes(probable):
    y, proba = probable
    with pytest.raises(InputError, match=r"\(200, 2\)"):
        metrics.log_loss(y, proba[:, :2], CLASSES)
    with pytest.raises(InputError, match="'d' is none of"):
        metrics.log_loss(np.array(["d"]), proba[:1], CLASSES)


def test_a_label_never_seen_in_truth_does_not_count_as_a_class():
    true, predicted = np.array(["a", "a", "b"]), np.array(["a", "c", "b"])
    assert metrics.balanced_accuracy(true, predicted) == pytest.approx(0.75)


@pytest.mark.parametrize("name", metrics.NUMBER_METRICS)
def test_a_perfect_prediction_is_best(name, numbers):
    y, _ = numbers
    best = 0.0 if name in metrics.LOWER_IS_BETTER else 1.0
    assert metrics.NUMBER_METRICS[name](y, y) == pytest.approx(best)


@pytest.mark.parametrize("name", metrics.CLASS_METRICS)
def test_perfect_labels_are_best(name):
    assert metrics.CLASS_METRICS[name](LABELS, LABELS) == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["r2", "pearson", "ccc", "spread_ratio"])
@pytest.mark.parametrize("constant", [0.1, 1e6, 0.0])
def test_constants_are_defined(name, constant):
    metric = getattr(metrics, name)
    assert metric(np.full(5, constant), np.arange(5.0)) == 0.0
    assert metric(np.full(5, constant), np.full(5, constant)) == 0.0
    if name in ("pearson", "ccc", "spread_ratio"):
        assert metric(np.arange(5.0), np.full(5, constant)) == 0.0


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_sums_of_groups_add_up_to_the_scores(task, numbers, probable):
    if task == "regression":
        y, p, extra = *numbers, {}
    else:
        y, proba = probable
        p, extra = CLASSES[proba.argmax(axis=1)], {"proba": proba, "classes": CLASSES}
    groups = np.arange(len(y)) % 7
    parts = metrics.add_up(task, y, p, groups=groups, n_groups=7, **extra)
    whole = metrics.of_sums({kind: values.sum(axis=0) for kind, values in parts.items()})
    want = metrics.scores(task, y, p, **extra)
    assert set(want) == set(whole)
    assert {k: v.mean() for k, v in whole.items()} == pytest.approx(want)


@pytest.mark.parametrize(
    ("true", "predicted", "sentence"),
    [
        ([1.0], [1.0, 2.0], "shape"),
        ([], [], "at least one row"),
        ([np.nan], [1.0], "y_true holds NaN"),
        ([1.0], [np.inf], "y_pred holds NaN or infinite"),
    ],
    ids=["shapes", "empty", "nan", "inf"],
)
def test_what_cannot_be_compared_is_refused(true, predicted, sentence):
    with pytest.raises(InputError, match=sentence):
        metrics.scores("regression", np.array(true), np.array(predicted))


@pytest.mark.parametrize("name", [*metrics.CLASS_METRICS, *metrics.PROBABILITY_METRICS])
def test_metrics_of_classes_are_scorers(name, rng):
    X, y = rng.standard_normal((60, 3)), rng.choice(CLASSES, 60)
    model = LogisticRegression().fit(X, y)
    found = metrics.scores(
        "classification", y, model.predict(X), proba=model.predict_proba(X), classes=CLASSES
    )[name]
    sign = -1 if name in metrics.LOWER_IS_BETTER else 1
    assert metrics.scorer(name)(model, X, y) == pytest.approx(sign * found)


def test_scorers_work_in_searches(rng):
    X, y = rng.standard_normal((60, 3)), rng.standard_normal(60)
    found = cross_validate(Ridge(), X, y, scoring={"c": metrics.scorer("ccc")}, cv=3)
    assert len(found["test_c"]) == 3
    labels = rng.choice(CLASSES, 60)
    search = GridSearchCV(
        LogisticRegression(), {"C": [0.1, 1.0]}, scoring=metrics.scorer("log_loss"), cv=3
    ).fit(X, labels)
    assert search.best_score_ < 0


def test_an_unknown_metric_is_refused():
    with pytest.raises(InputError, match="Did you mean 'macro_f1'"):
        metrics.scorer("macro_fl")
