"""The leak audit of pipelines: poisoned test rows change nothing that learned inside the fold."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler, scale

from mer_sklearn import EmotionPipeline
from mer_sklearn.errors import InputError
from mer_sklearn.evaluation.audit import audit_pipeline

RNG = np.random.default_rng(7)
LABELS = np.repeat(["calm", "happy", "sad"], [45, 30, 15])
ROWS = 5 + RNG.normal(size=(90, 8)) * 10.0 ** np.arange(8) + (LABELS == "happy")[:, None]


class BatchScaler(TransformerMixin, BaseEstimator):
    """Scales by what it is given to transform."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return scale(X)


# Each of these leaks, and in its own way.


def scales_everything(X, y, train, test):
    Z = StandardScaler().fit_transform(X)
    return LogisticRegression().fit(Z[train], y[train]).predict_proba(Z[test])


def imputes_and_reduces_everything(X, y, train, test):
    Z = make_pipeline(SimpleImputer(), StandardScaler(), PCA(3)).fit_transform(X)
    return LogisticRegression().fit(Z[train], y[train]).predict(Z[test])


def selects_on_everything(X, y, train, test):
    Z = SelectKBest(k=2).fit_transform(X, y)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    return model.fit(Z[train], y[train]).predict_proba(Z[test])


def balances_everything(X, y, train, test):
    more, labels = SMOTE(random_state=0).fit_resample(X, y)
    learn = np.setdiff1d(np.arange(len(more)), test)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    return model.fit(more[learn], labels[learn]).predict_proba(X[test])


def scales_test_rows_by_themselves(X, y, train, test):
    model = LogisticRegression().fit(scale(X[train]), y[train])
    return model.predict_proba(scale(X[test]))


def learns_test_rows(X, y, train, test):
    return LogisticRegression(max_iter=5000).fit(scale(X), y).predict_proba(scale(X)[test])


PROCEDURES = [
    scales_everything,
    imputes_and_reduces_everything,
    selects_on_everything,
    balances_everything,
    scales_test_rows_by_themselves,
    learns_test_rows,
]


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda procedure: procedure.__name__)
def test_a_script_that_leaks_is_found(procedure):
    report = audit_pipeline(procedure, ROWS, LABELS)
    assert [leak.kind for leak in report.leaks] == ["saw_test_rows"]


def test_a_script_that_keeps_to_its_fold_is_clean():
    def honest(X, y, train, test):
        model = make_pipeline(StandardScaler(), SelectKBest(k=2), LogisticRegression())
        return model.fit(X[train], y[train]).predict_proba(X[test])

    assert audit_pipeline(honest, ROWS, LABELS).findings == ()


@functools.cache
def scaler():
    return StandardScaler().fit(ROWS)


def frozen():
    return make_pipeline(FrozenEstimator(scaler()), LogisticRegression())


def bound_method():
    return make_pipeline(FunctionTransformer(scaler().transform), LogisticRegression())


def partial():
    function = functools.partial(lambda X, by: by.transform(X), by=scaler())
    return make_pipeline(FunctionTransformer(function), LogisticRegression())


def closure():
    fitted = scaler()
    return make_pipeline(FunctionTransformer(lambda X: fitted.transform(X)), LogisticRegression())


def later_step():
    Z = StandardScaler().fit_transform(ROWS)
    selected = FrozenEstimator(SelectKBest(k=2).fit(Z, LABELS))
    return make_pipeline(StandardScaler(), selected, LogisticRegression())


def own_pipeline():
    return EmotionPipeline(
        features=None, scale=FrozenEstimator(scaler()), model="logistic", balance=None
    )


@pytest.mark.parametrize(
    "make",
    [frozen, bound_method, partial, closure, later_step, own_pipeline],
    ids=lambda f: f.__name__,
)
def test_a_step_that_was_fitted_on_everything_is_found(make):
    report = audit_pipeline(make(), ROWS, LABELS)
    assert [leak.kind for leak in report.leaks] == ["fitted_before"]


def test_a_step_that_learned_elsewhere_is_a_remark():
    other = StandardScaler().fit(np.random.default_rng(0).normal(size=(50, 8)))
    model = make_pipeline(FrozenEstimator(other), LogisticRegression(max_iter=10_000))
    report = audit_pipeline(model, scale(ROWS) + ROWS[:, :1], LABELS)
    assert report.leaks == ()
    assert [remark.kind for remark in report.remarks] == ["fitted_before"]


def test_a_transform_that_learns_is_found():
    report = audit_pipeline(make_pipeline(BatchScaler(), LogisticRegression()), ROWS, LABELS)
    assert [leak.kind for leak in report.leaks] == ["batch"]


def test_rows_made_by_smote_before_the_split_are_found():
    X, y = SMOTE(random_state=0).fit_resample(ROWS, LABELS)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    leaks = audit_pipeline(model, X, y).leaks
    (rows,) = (leak.rows for leak in leaks if leak.kind == "mixed_row")
    assert {leak.kind for leak in leaks} <= {"mixed_row", "near_row"}
    assert min(rows) >= 90


def test_a_table_scaled_before_the_split_is_found():
    report = audit_pipeline(LogisticRegression(), StandardScaler().fit_transform(ROWS), LABELS)
    assert [leak.kind for leak in report.leaks] == ["scaled"]


CLEAN = [
    make_pipeline(StandardScaler(), SelectKBest(k=3), LogisticRegression()),
    make_sampling_pipeline(StandardScaler(), SMOTE(), LogisticRegression()),
    RandomForestClassifier(n_estimators=5),
    Pipeline([("model", EmotionPipeline(features=None, model="logistic"))]),
    EmotionPipeline(features=None, model="logistic", random_state=0),
]


@pytest.mark.parametrize("model", CLEAN, ids=lambda model: type(model).__name__)
def test_a_pipeline_that_learns_in_fit_is_clean(model):
    groups = np.arange(90) // 2
    assert audit_pipeline(model, ROWS, LABELS, groups).findings == ()
    assert audit_pipeline(model, pd.DataFrame(ROWS), LABELS).findings == ()


def test_a_pipeline_that_was_fitted_is_fitted_again():
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(ROWS, LABELS)
    assert audit_pipeline(model, ROWS, LABELS).findings == ()


def test_missing_values_are_left_to_the_pipeline():
    X = ROWS.copy()
    X[::7, 2] = np.nan
    model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression())
    assert audit_pipeline(model, X, LABELS).findings == ()


def test_numbers_are_poisoned_too(rng):
    y = ROWS[:, :2] / 10 + rng.normal(size=(90, 2))
    assert audit_pipeline(make_pipeline(StandardScaler(), Ridge()), ROWS, y).findings == ()

    def centred(X, y, train, test):
        model = make_pipeline(StandardScaler(), Ridge())
        return model.fit(X[train], (y - y.mean(axis=0))[train]).predict(X[test])

    assert [leak.kind for leak in audit_pipeline(centred, ROWS, y).leaks] == ["saw_test_rows"]


def test_audio_is_poisoned_too(corpus):
    rows = range(0, 40, 2)
    X, y = [corpus.X[row] for row in rows], corpus.y("va").iloc[::2]
    model = EmotionPipeline("mfcc40-mean", model="ridge", cache=False)
    assert audit_pipeline(model, X, y, corpus.groups[::2]).findings == ()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((LogisticRegression(), ROWS, LABELS[:5]), "90 rows but y"),
        ((LogisticRegression(), ROWS, LABELS, [1]), "90 rows but groups"),
        ((LogisticRegression(), ROWS[:2], ["a", "b"]), "6 rows"),
        ((LogisticRegression, ROWS, LABELS), "an estimator or a function"),
        (("svm", ROWS, LABELS), "an estimator or a function"),
        ((LogisticRegression(), ROWS, [None, *LABELS[1:]]), r"y\[0\] is missing"),
        ((LogisticRegression(), ROWS[0], LABELS), "shape"),
        ((lambda X, y, train, test: X[test][:1], ROWS, LABELS), "return one a row"),
        ((lambda X, y, train, test: 1 / 0, ROWS, LABELS), "ZeroDivisionError"),
        (
            (lambda X, y, train, test: np.random.default_rng().random(len(test)), ROWS, LABELS),
            "random_state",
        ),
        (
            (LogisticRegression(), [["a"], ["b"]] * 30, [0, 1] * 30),
            "neither a list of audio nor a table",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_makes_no_sense_is_one_sentence(arguments, sentence):
    with pytest.raises(InputError, match=sentence):
        audit_pipeline(*arguments)
