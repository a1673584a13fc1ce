"""Families of the spectrum in the graph."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.features.spectrum import (
    BandCorrelation,
    BandDescriptors,
    LongTermSpectrum,
    Roughness,
    SpectralBalance,
    SpectralMoments,
)

FAMILIES = [
    SpectralMoments,
    SpectralBalance,
    LongTermSpectrum,
    BandDescriptors,
    BandCorrelation,
    Roughness,
]


@pytest.fixture(scope="module", params=FAMILIES, ids=lambda make: make.name)
def both(request, trace):
    """A family and its graph."""
    return request.param(), trace([request.param()])


def spread_of(table):
    return np.maximum(table.std(axis=0), 1e-3 * np.abs(table).max(axis=0))


@pytest.fixture(scope="module")
def spread(both, corpus):
    return spread_of(both[0].fit_transform(corpus.X))


def test_columns_agree_on_real_clips(both, real_clips):
    family, graph = both
    ours = np.vstack([family.fit_transform(clip[None]) for clip in real_clips.values()])
    theirs = np.vstack([graph(clip) for clip in real_clips.values()])
    assert (np.abs(ours - theirs) <= 1e-3 * spread_of(ours)).all()


def test_columns_agree_and_are_finite_on_edges(both, spread, edge):
    family, graph = both
    ours, theirs = family.fit_transform(edge[None]), graph(edge)
    assert np.isfinite(ours).all()
    assert np.isfinite(theirs).all()
    assert (np.abs(ours - theirs) <= 5e-3 * np.maximum(np.abs(ours), spread)).all()
