"""The families of the voice in the graph."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.features import voice
from mer_sklearn.features.family import FeatureFamily

FAMILIES = [getattr(voice, name) for name in voice.__all__]
TINY = 1e-30  # columns that are 0 in all clips


@pytest.fixture(scope="module", params=FAMILIES, ids=lambda make: make.name)
def both(request, trace):
    """A family and its graph."""
    return request.param(), trace([request.param()])


def spread_of(table):
    return np.maximum(table.std(axis=0), 1e-3 * np.abs(table).max(axis=0)) + TINY


@pytest.fixture(scope="module")
def spread(both, corpus):
    return spread_of(both[0].fit_transform(corpus.X))


def compare(both, clips):
    family, graph = both
    ours = np.vstack([family.fit_transform(clip[None]) for clip in clips])
    theirs = np.vstack([graph(clip) for clip in clips])
    return np.abs(ours - theirs) / spread_of(ours)


def test_columns_agree_on_real_clips(both, real_clips):
    assert compare(both, real_clips.values()).max() <= 1e-3


def test_columns_agree_on_speech(both, speech):
    assert compare(both, speech).max() <= 1e-3


def test_columns_agree_and_are_finite_on_edges(both, spread, edge):
    family, graph = both
    ours, theirs = family.fit_transform(edge[None]), graph(edge)
    assert np.isfinite(ours).all()
    assert np.isfinite(theirs).all()
    assert (np.abs(ours - theirs) / np.maximum(np.abs(ours), spread)).max() <= 5e-3


def test_every_family_is_traced():
    assert all(issubclass(make, FeatureFamily) and make.exports for make in FAMILIES)
    assert len(FAMILIES) == 9
