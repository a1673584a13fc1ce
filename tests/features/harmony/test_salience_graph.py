"""What is made of salience, in numpy and in the graph."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.features.harmony import (
    Intervals,
    KeyAndChords,
    MelodyAndBass,
    NoteActivity,
    TonicRelativeHarmony,
    VocalLine,
)

FAMILIES = [
    TonicRelativeHarmony,
    KeyAndChords,
    NoteActivity,
    MelodyAndBass,
    VocalLine,
    Intervals,
]
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


def test_columns_agree_on_real_clips(both, real_clips):
    family, graph = both
    ours = np.vstack([family.fit_transform(clip[None]) for clip in real_clips.values()])
    theirs = np.vstack([graph(clip) for clip in real_clips.values()])
    assert (np.abs(ours - theirs) / spread_of(ours)).max() <= 1e-3


def test_columns_agree_and_are_finite_on_edges(both, spread, edge):
    family, graph = both
    ours, theirs = family.fit_transform(edge[None]), graph(edge)
    assert np.isfinite(ours).all()
    assert np.isfinite(theirs).all()
    assert (np.abs(ours - theirs) / np.maximum(np.abs(ours), spread)).max() <= 5e-3


@pytest.mark.parametrize("n_samples", [1, 2_000, 9_000, 60_000])
def test_a_batch_in_the_graph_equals_single_rows(both, spread, real_clips, n_samples):
    """Short clips too: lags longer than the clip leave sums over nothing."""
    _, graph = both
    batch = np.stack([clip[:n_samples] for clip in list(real_clips.values())[:3]])
    together, alone = graph(batch), np.vstack([graph(clip) for clip in batch])
    assert (np.abs(together - alone) / np.maximum(np.abs(alone), spread)).max() <= 1e-3
