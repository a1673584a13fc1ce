"""numpy against the traced graph: the same columns from the same lines."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from mer_sklearn.features import (
    FAMILIES,
    MFCC,
    Chroma,
    Key,
    Loudness,
    Register,
    SpectralBalance,
    preset,
)
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.features.rows import family_columns

# Between them they hold every family.
SETS = {
    "mfcc of 1": lambda: [MFCC(n_mfcc=1, deltas=1, statistics=("median", "std"))],
    "readable": lambda: [Key(), Register(), Loudness(), SpectralBalance()],
    **{
        name: functools.partial(preset, name)
        for name in ("mfcc40-mean", "librosa", "music-full", "speech-full")
    },
}
REAL_SHARE, EDGE_SHARE = 1e-3, 5e-3  # of a column's spread


def columns_of(families, clip):
    parts = family_columns(NumpyOps(), np.asarray(clip, np.float32)[None], families)
    return np.concatenate([part[0] for part in parts])


def spread_of(table):
    """Return the deviation of each column over clips, at least a thousandth of its size."""
    return np.maximum(table.std(axis=0), 1e-3 * np.abs(table).max(axis=0)) + 1e-30


@pytest.fixture(scope="module", params=SETS)
def both(request, trace, corpus):
    """Families, their graph, and the spread of their columns over rendered pieces."""
    families = SETS[request.param]()
    table = np.array([columns_of(families, clip.signal) for clip in corpus.X])
    return families, trace(families), spread_of(table)


def test_the_sets_hold_every_family():
    assert {family.name for make in SETS.values() for family in make()} >= set(FAMILIES)


def test_columns_agree_on_real_clips(both, real_clips):
    families, graph, _ = both
    ours = np.array([columns_of(families, clip) for clip in real_clips.values()])
    theirs = np.vstack([graph(clip) for clip in real_clips.values()])
    share = np.abs(ours - theirs) / spread_of(ours)
    assert np.mean(share <= REAL_SHARE) >= 0.999
    assert share.max() < 10 * REAL_SHARE


def test_columns_agree_on_rendered_pieces(both, corpus):
    families, graph, spread = both
    for clip in corpus.X[:8]:
        share = np.abs(columns_of(families, clip.signal) - graph(clip.signal)[0]) / spread
        assert share.max() <= REAL_SHARE


def test_columns_agree_and_are_finite_on_edges(both, edge):
    families, graph, spread = both
    ours, theirs = columns_of(families, edge), graph(edge)[0]
    assert ours.shape == theirs.shape
    assert np.isfinite(ours).all()
    assert np.isfinite(theirs).all()
    share = np.abs(ours - theirs) / np.maximum(np.abs(ours), spread)
    assert share.max() <= EDGE_SHARE


def test_a_batch_in_the_graph_equals_single_rows(both, rng):
    _, graph, spread = both
    clips = (rng.normal(size=(3, 9_000)) * [[0.1], [1e-3], [0.5]]).astype(np.float32)
    together, alone = graph(clips), np.vstack([graph(clip) for clip in clips])
    assert together.dtype == np.float32
    share = np.abs(together - alone) / np.maximum(np.abs(alone), spread)
    assert share.max() <= REAL_SHARE


def test_a_batch_in_numpy_equals_single_rows(both, rng):
    families, _, _ = both
    clips = (rng.normal(size=(3, 9_000)) * [[0.1], [1e-3], [0.5]]).astype(np.float32)
    together = np.hstack(family_columns(NumpyOps(), clips, families))
    np.testing.assert_array_equal(together, [columns_of(families, clip) for clip in clips])


@pytest.mark.parametrize("chunk", [4, 32, 1_000])
def test_the_size_of_the_chunks_does_not_matter(trace, rng, chunk):
    signal = 0.1 * rng.normal(size=70 * 512)
    usual, other = (trace([Chroma()], chunk=size)(signal) for size in (128, chunk))
    np.testing.assert_allclose(other, usual, rtol=1e-4, atol=1e-5)
