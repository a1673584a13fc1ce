"""Statistics over frames: numpy's, in the order that was asked for."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mer_sklearn.errors import InputError
from mer_sklearn.features.clip_series import ClipSeries
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.features.statistics import ALL_STATISTICS, check_statistics, summarize

NUMPY = {"mean": np.mean, "std": np.std, "min": np.min, "max": np.max, "median": np.median}


def summary(x, statistics):
    return summarize(ClipSeries(NumpyOps(), {}), x, statistics)


@pytest.mark.parametrize("n_frames", [1, 2, 3, 50])
@pytest.mark.parametrize("name", ALL_STATISTICS)
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
