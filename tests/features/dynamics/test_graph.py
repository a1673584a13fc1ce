"""Dynamics in the graph and in a batch: the same columns from the same lines."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.features.dynamics import Dynamics, Loudness, Percussive
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.features.rows import family_columns

FAMILIES = [Loudness, Dynamics, Percussive]


@pytest.fixture(scope="module", params=FAMILIES, ids=lambda make: make.name)
def both(request, trace):
    """A family and its graph."""
    return request.param(), trace([request.param()])


@pytest.fixture(scope="module")
def spread(both, real_clips):
    table = np.vstack([both[0].fit_transform(clip[None]) for clip in real_clips.values()])
    return np.maximum(table.std(axis=0), 1e-3 * np.abs(table).max(axis=0))


def test_every_column_differs_between_clips(spread):
    assert (spread > 0).all()


def test_columns_agree_on_real_clips(both, spread, real):
    family, graph = both
    assert (np.abs(family.fit_transform(real[None]) - graph(real)) / spread).max() <= 1e-3


def test_columns_agree_and_are_finite_on_edges(both, spread, edge):
    family, graph = both
    ours, theirs = family.fit_transform(edge[None]), graph(edge)
    assert np.isfinite(ours).all()
    assert np.isfinite(theirs).all()
    assert (np.abs(ours - theirs) / np.maximum(np.abs(ours), spread)).max() <= 5e-3


def test_a_batch_equals_its_rows(both, rng):
    family, _ = both
    clips = (rng.normal(size=(3, 9_000)) * [[0.1], [1e-3], [0.5]]).astype(np.float32)
    together = family_columns(NumpyOps(), clips, [family])[0]
    alone = [family_columns(NumpyOps(), clip[None], [family])[0][0] for clip in clips]
    np.testing.assert_array_equal(together, alone)
