"""FamilyKernelRidge and FamilyKernelClassifier against their definition, written in loops."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist
from sklearn.kernel_ridge import KernelRidge
from sklearn.utils.estimator_checks import parametrize_with_checks

from mer_sklearn import BlockScaler
from mer_sklearn.errors import InputError
from mer_sklearn.kernel import FamilyKernelClassifier, FamilyKernelRidge

SIZES = [1, 4, 2]  # of the families in the 7 columns of X
NAMES = ["key__major", *(f"mfcc__{n}__mean" for n in range(4)), "tempo__bpm", "tempo__clarity"]
KINDS = pytest.mark.parametrize("kind", ["rbf", "exp"])


@parametrize_with_checks(
    [
        FamilyKernelClassifier(),
        FamilyKernelClassifier(kind="exp"),
        FamilyKernelRidge(),
        FamilyKernelRidge(kind="rbf"),
        FamilyKernelRidge(max_rows=60, random_state=0),
    ]
)
def test_passes_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.fixture
def X(rng):
    units = [1, 10, 0.1, 5, 1e-3, 1e3, 2]
    return rng.standard_t(3, size=(50, 7)) * units + [0, 5, -3, 1, 0, 1e4, 0]


@pytest.fixture
def new(rng):
    return rng.normal(size=(9, 7)) * [1, 10, 0.1, 5, 1e-3, 1e3, 2]


def kernel(A, B, X, kind, gamma, sizes=SIZES):
    """The definition, pair by pair and family by family."""
    z, zA, zB = (np.clip((M - X.mean(axis=0)) / X.std(axis=0), -4, 4) for M in (X, A, B))
    ends = np.cumsum([0, *sizes])
    values = np.zeros((len(A), len(B)))
    for i, a in enumerate(zA):
        for j, b in enumerate(zB):
            distances = []
            for first, last in itertools.pairwise(ends):
                rms = np.sqrt((cdist(z[:, first:last], z[:, first:last]) ** 2).mean())
                distances.append(np.linalg.norm(a[first:last] - b[first:last]) / rms)
            power = 1 if kind == "exp" else 2
            values[i, j] = np.exp(-gamma * np.mean(np.array(distances) ** power))
    return values


@KINDS
def test_regression_is_kernel_ridge_on_centred_targets(X, new, rng, kind):
    Y = rng.normal(size=(50, 3)) + np.array([0, 5, -2])
    oracle = KernelRidge(alpha=0.3, kernel="precomputed")
    oracle.fit(kernel(X, X, X, kind, 0.7), Y - Y.mean(axis=0))
    expected = oracle.predict(kernel(new, X, X, kind, 0.7)) + Y.mean(axis=0)
    model = FamilyKernelRidge(kind=kind, gamma=0.7, alpha=0.3, blocks=SIZES).fit(X, Y)
    np.testing.assert_allclose(model.predict(new), expected, rtol=1e-6, atol=1e-9)


@KINDS
def test_one_family_is_kernel_ridge_on_one_block_of_scaled_columns(X, new, rng, kind):
    """With d the distance of scaled rows, over its mean square (or the root of it)."""
    y = rng.normal(size=50)
    scaler = BlockScaler().fit(X)
    rows, asked = scaler.transform(X), scaler.transform(new)
    squares = (cdist(rows, rows) ** 2).mean()
    distances = [cdist(rows, rows), cdist(asked, rows)]
    here, there = (
        np.exp(-(d**2) / squares) if kind == "rbf" else np.exp(-d / np.sqrt(squares))
        for d in distances
    )
    coefficients = np.linalg.solve(here + 0.01 * np.eye(50), y - y.mean())
    model = FamilyKernelRidge(kind=kind, gamma=1.0, alpha=0.01).fit(X, y)
    np.testing.assert_allclose(model.predict(new), there @ coefficients + y.mean(), rtol=1e-5)


@KINDS
def test_classification_is_regression_on_one_column_per_class(X, rng, kind):
    y = np.array(["sad", "happy", "calm"])[rng.integers(3, size=50)]
    parameters = {"kind": kind, "gamma": 0.5, "alpha": 0.1, "blocks": SIZES}
    model = FamilyKernelClassifier(**parameters).fit(X, y)
    one_hot = (y[:, None] == np.array(["calm", "happy", "sad"])).astype(float)
    scores = FamilyKernelRidge(**parameters).fit(X, one_hot).predict(X)
    np.testing.assert_allclose(model.decision_function(X), scores)
    assert model.classes_.tolist() == ["calm", "happy", "sad"]
    assert model.predict(X).tolist() == model.classes_[scores.argmax(axis=1)].tolist()


# ---- families


def test_names_give_the_families_wherever_their_columns_stand(X, new, rng):
    y = rng.normal(size=50)
    sized = FamilyKernelRidge(blocks=SIZES).fit(X, y).predict(new)
    order = rng.permutation(7)
    rows, asked = (pd.DataFrame(M, columns=NAMES).iloc[:, order] for M in (X, new))
    named = FamilyKernelRidge().fit(rows, y)
    np.testing.assert_allclose(named.predict(asked), sized)
    assert sorted(map(len, named.families_)) == sorted(SIZES)


def test_a_family_weighs_the_same_however_many_columns_say_the_same(X, new, rng):
    y = rng.normal(size=50)
    once = FamilyKernelRidge(blocks=SIZES).fit(X, y).predict(new)
    twice = FamilyKernelRidge(blocks=[1, 4, 4]).fit(np.hstack([X, X[:, 5:]]), y)
    np.testing.assert_allclose(twice.predict(np.hstack([new, new[:, 5:]])), once)


def test_a_family_that_is_constant_in_training_is_left_out_of_the_mean(X, new, rng):
    y = rng.normal(size=50)
    without = FamilyKernelRidge(blocks=SIZES).fit(X, y).predict(new)
    model = FamilyKernelRidge(blocks=[2, *SIZES]).fit(np.hstack([np.full((50, 2), 0.1), X]), y)
    assert len(model.families_) == 3
    np.testing.assert_allclose(model.predict(np.hstack([np.ones((9, 2)), new])), without)


def test_a_constant_column_says_nothing(X, new, rng):
    y = rng.normal(size=50)
    without = FamilyKernelRidge().fit(X, y).predict(new)
    model = FamilyKernelRidge().fit(np.insert(X, 3, 0.1, axis=1), y)
    np.testing.assert_allclose(model.predict(np.insert(new, 3, 5.0, axis=1)), without)


def test_outliers_are_clipped(X, rng):
    model = FamilyKernelRidge(blocks=SIZES).fit(X, rng.normal(size=50))
    np.testing.assert_allclose(model.predict([[1e9] * 7]), model.predict([[1e12] * 7]))


# ---- more rows than carry coefficients


@KINDS
def test_landmarks_that_are_all_rows_give_the_exact_solution(X, new, rng, kind):
    Y, weight = rng.normal(size=(50, 2)), rng.uniform(0.5, 2.0, size=50)
    exact = FamilyKernelRidge(kind=kind, blocks=SIZES).fit(X, Y, sample_weight=weight)
    drawn = FamilyKernelRidge(kind=kind, blocks=SIZES).fit(X, Y, sample_weight=weight)
    drawn._solve_at_landmarks(exact.X_fit_, Y - exact.intercept_, weight)
    np.testing.assert_allclose(drawn.predict(new), exact.predict(new), rtol=1e-4, atol=1e-5)


def test_drawn_rows_come_near_the_exact_solution_and_nearer_the_more_they_are(rng):
    X = rng.normal(size=(2500, 6))  # more than are computed at a time
    y = np.sin(X[:, 0]) + X[:, 1] * X[:, 2] + 0.1 * rng.normal(size=2500)
    asked = rng.normal(size=(200, 6))
    exact = FamilyKernelRidge(alpha=0.1, blocks=[3, 3]).fit(X, y).predict(asked)
    off = {
        n: np.sqrt(np.mean((approximate(n).fit(X, y).predict(asked) - exact) ** 2)) / exact.std()
        for n in (100, 400, 1600)
    }
    assert off[100] > off[400] > off[1600]
    assert off[400] < 0.25
    assert off[1600] < 0.08
    assert approximate(100).fit(X, y).X_fit_.shape == (100, 6)


def approximate(n):
    return FamilyKernelRidge(alpha=0.1, blocks=[3, 3], max_rows=n, random_state=0)


def test_the_seed_decides_which_rows_are_drawn(X, rng):
    y = rng.normal(size=50)
    drawn = [
        FamilyKernelRidge(max_rows=10, random_state=seed).fit(X, y).X_fit_ for seed in (0, 0, 1)
    ]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


# ---- answers, weights, units


def test_two_classes_have_one_score_as_scikit_learn_has_it(X):
    y = np.where(X[:, 0] > 0, "happy", "calm")
    model = FamilyKernelClassifier().fit(X, y)
    decision = model.decision_function(X)
    assert decision.shape == (50,)
    assert model.predict(X).tolist() == np.where(decision > 0, "happy", "calm").tolist()


@pytest.mark.parametrize("shape", [(50,), (50, 1), (50, 3)])
def test_predictions_have_the_dimensions_of_the_targets(X, rng, shape):
    assert FamilyKernelRidge().fit(X, rng.normal(size=shape)).predict(X).shape == shape


@KINDS
def test_a_weight_of_two_is_the_row_twice(X, rng, kind):
    y = rng.normal(size=50)
    weight = rng.integers(0, 3, size=50)
    weighted = FamilyKernelRidge(kind=kind).fit(X, y, sample_weight=weight)
    repeated = FamilyKernelRidge(kind=kind).fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    np.testing.assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-5, atol=1e-6)


def test_the_units_of_the_columns_do_not_matter(X, rng):
    y = rng.normal(size=50)
    here = FamilyKernelRidge(blocks=SIZES).fit(X, y).predict(X)
    there = FamilyKernelRidge(blocks=SIZES).fit(1000 * X + 3, y).predict(1000 * X + 3)
    np.testing.assert_allclose(there, here, rtol=1e-6)


def test_attributes_are_all_it_takes_to_predict(X, new, rng):
    model = FamilyKernelRidge(blocks=SIZES).fit(X, rng.normal(size=(50, 2)))
    rows = model.scaler_.transform(new) * model.unit_
    distances = [cdist(rows[:, f], model.X_fit_[:, f]) for f in model.families_]
    by_hand = np.exp(-np.mean(distances, axis=0)) @ model.dual_coef_ + model.intercept_
    np.testing.assert_allclose(model.predict(new), by_hand)


def test_rows_that_are_all_alike_predict_the_mean():
    model = FamilyKernelRidge().fit(np.ones((4, 2)), [0.0, 1.0, 2.0, 3.0])
    np.testing.assert_allclose(model.predict(np.ones((1, 2))), [1.5])


@pytest.mark.parametrize("model", [FamilyKernelClassifier, FamilyKernelRidge])
@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"kind": "rfb"}, r"Unknown kind of kernel 'rfb'.*Did you mean 'rbf'"),
        ({"gamma": 0}, "gamma=0 must be a positive number"),
        ({"alpha": -1}, "alpha=-1 must be a positive number"),
        ({"gamma": np.inf}, "gamma=inf must be a positive number"),
        ({"gamma": True}, "gamma=True must be a positive number"),
        ({"alpha": np.nan}, "alpha=nan must be a positive number"),
        ({"max_rows": 0}, "max_rows=0 must be a whole number of rows"),
        ({"max_rows": 2.5}, "max_rows=2.5 must be a whole number of rows"),
        ({"blocks": [1, 1]}, "blocks sums to 2 columns, but X has 1"),
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
        FamilyKernelRidge().fit([[0.0], [1.0]], [0.0, 1.0], sample_weight=weight)


@pytest.mark.parametrize("kernel", [FamilyKernelRidge, FamilyKernelClassifier])
def test_a_table_of_another_width_is_told_of_this_model(kernel):
    model = kernel().fit([[0.0, 1.0], [1.0, 0.0]], [0, 1])
    with pytest.raises(ValueError, match=f"3 features, but {kernel.__name__} is expecting 2"):
        model.predict([[0.0, 1.0, 2.0]])
