"""BlockScaler: families weigh the same, outliers and constants do no harm."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from mer_sklearn.errors import InputError
from mer_sklearn.scaling import BlockScaler

FAMILIES = ["mfcc__0__mean", "chroma__0__mean", "mfcc__1__mean", "mfcc__2__mean"]


@parametrize_with_checks([BlockScaler(), BlockScaler(norm="column", clip=None)])
def test_passes_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.fixture
def X(rng):
    return rng.normal(size=(60, 6)) * [1, 10, 0.1, 5, 1e-3, 1e3] + [0, 5, -3, 1, 0, 1e4]


def test_one_block_is_the_z_score_over_the_root_of_the_columns(X):
    expected = StandardScaler().fit_transform(X) / np.sqrt(6)
    np.testing.assert_allclose(BlockScaler(clip=None).fit_transform(X), expected)


def test_blocks_weigh_the_same(X):
    z = BlockScaler(clip=None, blocks=[1, 5]).fit_transform(X)
    energy = (z**2).sum(axis=1)
    assert energy.mean() == pytest.approx(1)
    assert (z[:, :1] ** 2).sum(axis=1).mean() == pytest.approx(0.5)
    assert (z[:, 1:] ** 2).sum(axis=1).mean() == pytest.approx(0.5)


def test_norm_column_gives_columns_the_mean_variance_one(X):
    row = BlockScaler(clip=None, blocks=[1, 5]).fit(X)
    column = BlockScaler(clip=None, blocks=[1, 5], norm="column").fit(X)
    assert column.transform(X).var(axis=0).mean() == pytest.approx(1)
    np.testing.assert_allclose(column.weight_, row.weight_ * np.sqrt(6))


def test_names_give_the_blocks_wherever_their_columns_stand(X):
    frame = pd.DataFrame(X[:, :4], columns=FAMILIES)
    weight = BlockScaler().fit(frame).weight_
    np.testing.assert_allclose(weight, 1 / np.sqrt(2 * np.array([3, 1, 3, 3])))


def test_names_without_a_family_are_one_block_together(X):
    frame = pd.DataFrame(X[:, :3], columns=["tempo", "key", "mfcc__0__mean"])
    np.testing.assert_allclose(BlockScaler().fit(frame).weight_, [0.5, 0.5, np.sqrt(0.5)])


def test_given_blocks_go_before_names(X):
    frame = pd.DataFrame(X[:, :4], columns=FAMILIES)
    weight = BlockScaler(blocks=[2, 2]).fit(frame).weight_
    np.testing.assert_allclose(weight, 0.5)


def test_outliers_are_clipped(X):
    scaler = BlockScaler(blocks=[3, 3]).fit(X)
    far = scaler.transform(np.full((1, 6), 1e9))
    np.testing.assert_allclose(far[0], 4.0 * scaler.weight_)
    np.testing.assert_allclose(scaler.transform(np.full((1, 6), -1e9)), -far)


@pytest.mark.parametrize("value", [0.0, 3.0, -1e6, 0.1])
def test_a_constant_column_stays_zero_for_all_rows(X, value):
    X[:, 2] = value
    scaler = BlockScaler().fit(X)
    assert scaler.scale_[2] == 1
    assert not scaler.transform(X)[:, 2].any()
    assert not scaler.transform(X + 5)[:, 2].any()


def test_the_rounding_of_float32_counts_as_constant(X, rng):
    X[:, 2] = np.float32(1234.567) * (1 + rng.choice([-1, 0, 1], size=60) * 2.0**-24)
    assert BlockScaler().fit(X.astype(np.float32)).weight_[2] == 0


def test_a_small_spread_around_zero_is_no_rounding(X):
    X[:, 2] = np.linspace(-1e-9, 1e-9, 60)
    assert BlockScaler().fit(X).weight_[2] > 0


def test_float32_comes_out_as_float64(X):
    X = X.astype(np.float32)
    z = BlockScaler().fit_transform(X)
    assert z.dtype == np.float64
    np.testing.assert_array_equal(z, BlockScaler().fit_transform(X.astype(np.float64)))


def test_the_callers_array_is_left_alone(X):
    before = X.copy()
    X.flags.writeable = False
    BlockScaler().fit_transform(X)
    np.testing.assert_array_equal(X, before)


def test_pandas_output_keeps_names_and_index(X):
    frame = pd.DataFrame(X[:, :4], columns=FAMILIES, index=range(100, 160))
    out = BlockScaler().set_output(transform="pandas").fit_transform(frame)
    assert list(out.columns) == FAMILIES
    assert list(out.index) == list(frame.index)


def test_a_search_reaches_its_parameters_in_a_pipeline(X):
    pipe = make_pipeline(BlockScaler()).set_params(blockscaler__norm="column")
    assert clone(pipe).fit(X)[0].norm == "column"


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"clip": 0}, "clip=0 must be a positive number"),
        ({"clip": float("nan")}, "clip=nan must be"),
        ({"norm": "rows"}, "Unknown norm 'rows'.*Did you mean 'row'"),
        ({"blocks": [2, 2]}, "blocks sums to 4 columns, but X has 6"),
        ({"blocks": [6, 0]}, "whole numbers from 1"),
        ({"blocks": [2.5, 3.5]}, "whole numbers from 1"),
    ],
    ids=str,
)
def test_parameters_without_sense_are_refused(X, parameters, sentence):
    with pytest.raises(InputError, match=sentence):
        BlockScaler(**parameters).fit(X)


def test_a_weight_of_two_is_the_row_twice_and_one_of_zero_is_none(X, rng):
    weight = rng.integers(0, 3, size=60)
    X[weight == 0] *= 100
    weighted = BlockScaler(blocks=[1, 5]).fit(X, sample_weight=weight)
    repeated = BlockScaler(blocks=[1, 5]).fit(np.repeat(X, weight, axis=0))
    np.testing.assert_allclose(weighted.transform(X), repeated.transform(X))


def test_a_column_that_only_rows_without_weight_vary_says_nothing(X):
    weight = np.arange(60) > 0
    X[1:, 2] = 0.1
    assert BlockScaler().fit(X, sample_weight=weight).weight_[2] == 0


@pytest.mark.parametrize(
    ("weight", "sentence"),
    [
        (np.ones(59), "one weight for each of the 60 rows"),
        (-np.ones(60), "weights of 0 or more"),
        (np.zeros(60), "not only zeros"),
    ],
    ids=["too few", "negative", "zeros"],
)
def test_weights_without_sense_are_refused(X, weight, sentence):
    with pytest.raises(InputError, match=sentence):
        BlockScaler().fit(X, sample_weight=weight)
