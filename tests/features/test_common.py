"""scikit-learn's own checks, over every family and over all of them together."""

from __future__ import annotations

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from mer_sklearn.features import FAMILIES, MFCC, AudioFeatures, Chroma, SpectralStatistics

SMALL = {"statistics": ("mean",)}
ESTIMATORS = [
    MFCC(n_mfcc=5, deltas=1, **SMALL),
    Chroma(**SMALL),
    SpectralStatistics(statistics=("median",)),
    AudioFeatures([MFCC(n_mfcc=5, **SMALL), Chroma(**SMALL)]),
]
ESTIMATORS += [
    family() for family in FAMILIES.values() if family not in {type(e) for e in ESTIMATORS}
]
AT_LEAST = 40  # checks that each estimator has to meet
LENGTH = "a clip has its own length: the number of samples is no number of features"
EXPECTED = {
    "check_estimators_dtypes": "integers of 64 bits have no full scale: refused, as by Clip",
    "check_n_features_in": LENGTH,
    "check_n_features_in_after_fitting": LENGTH,
    "check_transformer_general": f"wants an error for another width, but {LENGTH}",
}


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=lambda estimator: EXPECTED)
def test_passes_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_the_checks_are_many(estimator):
    names = [check.func.__name__ for _, check in estimator_checks_generator(estimator)]
    assert len([name for name in names if name not in EXPECTED]) >= AT_LEAST
    assert set(EXPECTED) <= set(names)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_fit_transform_is_fit_and_transform(estimator, rng):
    X = rng.normal(size=(3, 4_000))
    assert (estimator.fit_transform(X) == estimator.fit(X).transform(X)).all()
