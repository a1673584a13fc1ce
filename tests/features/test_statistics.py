"""Statistics over frames: numpy's, in the order that was asked for."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.stats

from mer_sklearn.errors import InputError
from mer_sklearn.features.clip_series import ClipSeries
from mer_sklearn.features.ops import FRAME_RATE, NumpyOps
from mer_sklearn.features.statistics import (
    ALL_STATISTICS,
    STATISTICS,
    check_statistics,
    summarize,
)

NUMPY = {"mean": np.mean, "std": np.std, "min": np.min, "max": np.max, "median": np.median}


def summary(x, statistics):
    return summarize(ClipSeries(NumpyOps(), {}), x, statistics)


@pytest.mark.parametrize("n_frames", [1, 2, 3, 50])
@pytest.mark.parametrize("name", STATISTICS)
def test_a_statistic_is_numpys(rng, name, n_frames):
    x = rng.normal(5, 2, size=(3, n_frames, 4)).astype(np.float32)
    np.testing.assert_allclose(
        summary(x, [name]), NUMPY[name](x.astype(float), axis=1), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("statistics", list(itertools.permutations(["std", "max", "mean"])))
def test_columns_come_in_the_order_asked_for(rng, statistics):
    x = rng.normal(size=(2, 9, 3)).astype(np.float32)
    expected = np.hstack([summary(x, [name]) for name in statistics])
    np.testing.assert_array_equal(summary(x, statistics), expected)


@pytest.mark.parametrize(
    ("statistics", "sentence"),
    [
        ("mean", "statistics='mean' must be a list"),
        ((), r"statistics=\(\) must be a list"),
        (None, "statistics=None must be a list"),
        (3, "statistics=3 must be a list"),
        ({"mean", "std"}, "statistics=.* must be a list"),
        (("mean", "mean"), "names a statistic twice"),
        (("mean", "sdt"), "Unknown statistic 'sdt'.*Did you mean 'std'"),
        (("mean", 3), "Unknown statistic 3"),
    ],
)
def test_nonsense_is_refused(statistics, sentence):
    with pytest.raises(InputError, match=sentence):
        check_statistics(statistics)


@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_any_sequence_of_names_will_do(kind):
    check_statistics(kind(["mean", "std"]))


# ---- The statistics beyond numpy's ----


def test_a_line_has_its_slope_a_second(rng):
    slope = rng.normal(size=(2, 1, 3))
    x = (slope * np.arange(50)[:, None] + 7).astype(np.float32)
    np.testing.assert_allclose(summary(x, ["slope"]), slope[:, 0] * FRAME_RATE, rtol=1e-4)


def test_the_difference_of_frames_is_measured():
    x = np.array([0, 1, 0, 1, 0], np.float32)[None, :, None]
    assert summary(x, ["dstd"]).item() == pytest.approx(1)


@pytest.mark.parametrize(
    ("name", "of"), [("skew", scipy.stats.skew), ("kurtosis", scipy.stats.kurtosis)]
)
def test_the_shape_of_a_distribution_is_scipys(rng, name, of):
    x = rng.gamma(2.0, size=(2, 400, 3)) - 2
    np.testing.assert_allclose(
        summary(x.astype(np.float32), [name]), of(x, axis=1), rtol=0.02, atol=0.02
    )


@pytest.mark.parametrize("value", [0.0, -700.0, 1e-20])
@pytest.mark.parametrize("n_frames", [1, 2, 40])
def test_what_does_not_move_has_no_shape(value, n_frames):
    x = np.full((1, n_frames, 1), value, np.float32)
    names = ["std", "slope", "dstd", "skew", "kurtosis"]
    np.testing.assert_allclose(summary(x, names)[0], [0, 0, 0, 0, -3], atol=1e-3)


@pytest.mark.parametrize("name", [n for n in ALL_STATISTICS if n not in ("slope", "dstd")])
def test_a_mask_leaves_frames_out(rng, name):
    x = rng.normal(5, 2, size=(2, 30, 4)).astype(np.float32)
    chosen = rng.permutation(30)[:11]
    where = np.zeros((2, 30, 1), np.float32)
    where[:, chosen] = 1
    ours = summarize(ClipSeries(NumpyOps(), {}), x, [name], where)
    np.testing.assert_allclose(ours, summary(x[:, np.sort(chosen)], [name]), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["mean", "std", "min", "max", "median", "p10", "p90"])
def test_no_frame_at_all_gives_nothing(rng, name):
    x = rng.normal(5, 2, size=(2, 30, 4)).astype(np.float32)
    where = np.zeros((2, 30, 1), np.float32)
    assert not summarize(ClipSeries(NumpyOps(), {}), x, [name], where).any()
