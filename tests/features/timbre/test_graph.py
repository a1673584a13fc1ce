"""Timbre in the graph, and over clips that are repeated."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn import read_audio
from mer_sklearn.features.timbre import (
    Form,
    LaggedCovariance,
    MFCCCovariance,
    MFCCDynamics,
    ModulationSpectrum,
    TextureWindows,
)

FAMILIES = [
    MFCCDynamics,
    MFCCCovariance,
    LaggedCovariance,
    TextureWindows,
    ModulationSpectrum,
    Form,
]
TINY = 1e-30  # columns that are 0 in all clips, such as the deviation of one window's mean
LOOP = 20 * 43 * 512  # samples: whole windows of 1 s


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


@pytest.fixture
def songs(mer_data):
    """Twenty seconds of four songs."""
    names = ("classical/66", "rock/5", "electronic/48", "pop/11")
    files = [mer_data / "emotify/full" / f"{name}.mp3" for name in names]
    return [read_audio(file, offset=5.0, duration=21.0).signal[:LOOP] for file in files]


@pytest.mark.parametrize("make", FAMILIES[:-1], ids=lambda make: make.name)
def test_a_clip_twice_has_about_its_columns(make, songs):
    once = make().fit_transform(songs)
    twice = make().fit_transform([np.tile(song, 2) for song in songs])
    off = np.abs(once - twice) / spread_of(once)
    assert np.median(off) < 0.1
    assert np.quantile(off, 0.9) < 0.3


def test_a_clip_twice_is_as_like_itself_from_second_to_second(songs):
    names = Form().column_names()
    local = [i for i, name in enumerate(names) if name.endswith(("_1s", "_2s", "_mean", "spread"))]
    once, twice = (
        Form().fit_transform([np.tile(song, times) for song in songs])[:, local] for times in (1, 2)
    )
    off = np.abs(once - twice) / spread_of(once)
    assert np.quantile(off, 0.9) < 0.5
