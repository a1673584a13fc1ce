"""Metrics against scikit-learn and against cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as reference

from mer_sklearn.errors import InputError
from mer_sklearn.evaluation import metrics

LABELS = np.array(list("aabbbc"))
GUESSES = np.array(list("abbbca"))


@pytest.fixture
def numbers(rng):
    y = rng.standard_normal((50, 2))
    return y, y + 0.5 * rng.standard_normal((50, 2))


def test_labels_equal_scikit_learn():
    assert metrics.accuracy(LABELS, GUESSES) == reference.accuracy_score(LABELS, GUESSES)
    want = reference.balanced_accuracy_score(LABELS, GUESSES)
    assert metrics.balanced_accuracy(LABELS, GUESSES) == pytest.approx(want)
    want = reference.f1_score(LABELS, GUESSES, average="macro")
    assert metrics.macro_f1(LABELS, GUESSES) == pytest.approx(want)


def test_numbers_equal_scikit_learn(numbers):
    y, p = numbers
    assert metrics.r2(y, p) == pytest.approx(reference.r2_score(y, p))
    want = reference.root_mean_squared_error(y, p)
    assert metrics.rmse(y, p) == pytest.approx(want)
    assert metrics.mae(y, p) == pytest.approx(reference.mean_absolute_error(y, p))
    want = np.mean([np.corrcoef(y[:, k], p[:, k])[0, 1] for k in range(2)])
    assert metrics.pearson(y, p) == pytest.approx(want)


def test_a_label_never_seen_in_truth_does_not_count_as_a_class():
    true, predicted = np.array(["a", "a", "b"]), np.array(["a", "c", "b"])
    assert metrics.balanced_accuracy(true, predicted) == pytest.approx(0.75)


@pytest.mark.parametrize("name", list(metrics.NUMBER_METRICS))
def test_a_perfect_prediction_is_best(name, numbers):
    y, _ = numbers
    best = {"r2": 1.0, "pearson": 1.0, "rmse": 0.0, "mae": 0.0}[name]
    assert metrics.NUMBER_METRICS[name](y, y) == pytest.approx(best)


def test_constants_are_defined():
    assert metrics.r2(np.full(5, 0.1), np.full(5, 0.1)) == 0.0
    assert metrics.pearson(np.arange(5.0), np.full(5, 0.1)) == 0.0
    assert metrics.pearson(np.full(5, 0.1), np.arange(5.0)) == 0.0


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
