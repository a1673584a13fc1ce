"""Balancer: rare classes filled up, rows left alone, tiny classes no trouble."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline
from imblearn.utils.estimator_checks import estimator_checks_generator
from sklearn.base import clone
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from mer_sklearn.balancing import Balancer
from mer_sklearn.errors import InputError

# imbalanced-learn's own parametrize_with_checks hands pytest a generator, which pytest deprecates.
IMBALANCED_LEARNS = {
    check.func.__name__: check for _, check in estimator_checks_generator(Balancer(random_state=0))
}
EXEMPT = {
    "check_samplers_pandas_sparse": "rows of audio features are dense, and so is what we take"
}


@pytest.mark.parametrize("name", sorted(IMBALANCED_LEARNS))
def test_passes_imbalanced_learns_checks(name, request):
    if name in EXEMPT:
        request.applymarker(pytest.mark.xfail(reason=EXEMPT[name], strict=True))
    IMBALANCED_LEARNS[name](Balancer(random_state=0))


def test_imbalanced_learn_has_checks():
    assert len(IMBALANCED_LEARNS) >= 10


@parametrize_with_checks([Balancer(random_state=0)])
def test_passes_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.fixture
def table(rng):
    """Return 60 rows of 4 columns in units far apart, 40 + 15 + 5 of three classes."""
    X = rng.normal(size=(60, 4)) * [1, 1e4, 1e-3, 10] + [0, 1e5, 0, -3]
    y = rng.permutation(["sad"] * 40 + ["calm"] * 15 + ["happy"] * 5)
    return X, y


def test_every_class_is_filled_up_to_the_largest(table):
    balancer = Balancer(random_state=0)
    X, y = balancer.fit_resample(*table)
    assert Counter(y) == {"sad": 40, "calm": 40, "happy": 40}
    assert balancer.n_synthetic_ == len(X) - 60 == 60
    assert balancer.sampling_strategy_ == {"calm": 25, "happy": 35}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_original_rows_come_first_bit_for_bit(table, dtype):
    X, y = table[0].astype(dtype), table[1]
    X_out, y_out = Balancer(random_state=0).fit_resample(X, y)
    assert X_out.dtype == dtype
    assert X_out[:60].tobytes() == X.tobytes()
    assert y_out[:60].tolist() == y.tolist()


def test_added_rows_are_smote_on_standardized_columns(table):
    X, y = table
    scaler = StandardScaler().fit(X)
    expected, labels = SMOTE(k_neighbors=4, random_state=0).fit_resample(scaler.transform(X), y)
    X_out, y_out = Balancer(random_state=0).fit_resample(X, y)
    np.testing.assert_allclose(X_out, scaler.inverse_transform(expected))
    assert y_out.tolist() == labels.tolist()


def test_units_do_not_matter(table):
    X, y = table
    unit = np.array([1e-6, 3.0, 1e5, 0.1])
    here, _ = Balancer(random_state=0).fit_resample(X, y)
    there, _ = Balancer(random_state=0).fit_resample(X * unit, y)
    np.testing.assert_allclose(there, here * unit)


def test_added_rows_lie_within_their_class(table):
    X, y = table
    X_out, y_out = Balancer(random_state=0).fit_resample(X, y)
    for label in ("calm", "happy"):
        new, old = X_out[60:][y_out[60:] == label], X[y == label]
        assert (new >= old.min(axis=0) - 1e-9 * abs(old).max(axis=0)).all()
        assert (new <= old.max(axis=0) + 1e-9 * abs(old).max(axis=0)).all()


@pytest.mark.parametrize(
    ("counts", "acts"), [((30, 20), False), ((31, 20), True), ((20, 20), False)], ids=str
)
def test_nothing_is_done_up_to_the_ratio(counts, acts, rng):
    y = np.repeat(["a", "b"], counts)
    X = rng.normal(size=(len(y), 2))
    balancer = Balancer(random_state=0)
    X_out, y_out = balancer.fit_resample(X, y)
    assert (balancer.n_synthetic_ > 0) == acts
    assert bool(balancer.sampling_strategy_) == acts
    if not acts:
        np.testing.assert_array_equal(X_out, X)
        assert y_out.tolist() == y.tolist()


@pytest.mark.parametrize("smallest", [1, 2, 3, 6])
def test_tiny_classes_are_no_trouble(smallest, rng):
    y = np.repeat(["big", "tiny", "one"], [20, smallest, 1])
    X = rng.normal(size=(len(y), 3))
    X_out, y_out = Balancer(random_state=0).fit_resample(X, y)
    assert set(Counter(y_out).values()) == {20}
    np.testing.assert_allclose(X_out[y_out == "one"], np.repeat(X[y == "one"], 20, axis=0))


def test_a_single_row_is_repeated_bit_for_bit(rng):
    X = rng.normal(size=(9, 3)).astype(np.float32)
    X_out, _ = Balancer().fit_resample(X, ["a"] * 8 + ["b"])
    assert X_out[9].tobytes() == X[8].tobytes()


def test_repeated_rows_may_be_all_that_is_missing(rng):
    X = rng.normal(size=(5, 3))
    balancer = Balancer(random_state=0)
    X_out, y_out = balancer.fit_resample(X, ["a", "a", "b", "c", "c"])
    assert X_out.tobytes() == np.concatenate([X, X[2:3]]).tobytes()
    assert list(y_out) == ["a", "a", "b", "c", "c", "b"]
    assert balancer.n_synthetic_ == 1


def test_the_seed_decides(table):
    first, _ = Balancer(random_state=1).fit_resample(*table)
    np.testing.assert_array_equal(Balancer(random_state=1).fit_resample(*table)[0], first)
    assert not np.array_equal(Balancer(random_state=2).fit_resample(*table)[0], first)


def test_frames_stay_frames(table):
    X, y = table
    frame = pd.DataFrame(X, columns=list("abcd")).astype(np.float32)
    X_out, y_out = Balancer(random_state=0).fit_resample(frame, pd.Series(y, name="emotion"))
    assert list(X_out.columns) == list("abcd")
    assert set(X_out.dtypes) == {np.dtype(np.float32)}
    assert y_out.name == "emotion"
    pd.testing.assert_frame_equal(X_out.iloc[:60], frame)


def test_in_a_pipeline_it_works_in_fit_only(table):
    X, y = table
    pipe = make_pipeline(Balancer(random_state=0), GaussianNB()).fit(X, y)
    by_hand = GaussianNB().fit(*Balancer(random_state=0).fit_resample(X, y))
    np.testing.assert_array_equal(pipe[-1].theta_, by_hand.theta_)
    assert pipe.predict(X).tolist() == by_hand.predict(X).tolist()
    assert len(pipe.predict_proba(X[:1])) == 1


def test_a_search_reaches_its_parameters(table):
    pipe = make_pipeline(Balancer(), GaussianNB()).set_params(balancer__ratio=100)
    assert clone(pipe).fit(*table)[0].n_synthetic_ == 0


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"ratio": 0.5}, "ratio=0.5 must be 1 or more"),
        ({"ratio": float("nan")}, "ratio=nan must be"),
        ({"n_neighbors": 0}, "n_neighbors=0 must be 1 or more"),
    ],
    ids=str,
)
def test_parameters_without_sense_are_refused(table, parameters, sentence):
    with pytest.raises(InputError, match=sentence):
        Balancer(**parameters).fit_resample(*table)


def test_numbers_have_no_classes(table):
    with pytest.raises(ValueError, match="Unknown label type"):
        Balancer().fit_resample(table[0], np.linspace(0, 1, 60))
