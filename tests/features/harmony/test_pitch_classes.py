"""Pitch classes: intervals, keys, what is relative to a tonic."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.features.clip_series import ClipSeries
from mer_sklearn.features.harmony import pitch_classes as pc
from mer_sklearn.features.ops import NumpyOps

C_MAJOR, A_MINOR = (0, 2, 4, 5, 7, 9, 11), (9, 11, 0, 2, 4, 5, 7)


@pytest.fixture
def clip():
    return ClipSeries(NumpyOps(), {})


def chroma_of(notes, heavy=()):
    chroma = np.zeros((1, 1, 12), np.float32)
    chroma[..., list(notes)] = 1
    chroma[..., list(heavy)] += 1
    return chroma


def test_pairs_are_summed_by_their_interval(clip, rng):
    pairs = rng.normal(size=(2, 3, 12, 12)).astype(np.float32)
    found = pc.by_interval(clip, pairs, (1, 7))
    for k, interval in enumerate((1, 7)):
        wanted = sum(pairs[..., i, (i + interval) % 12] for i in range(12))
        np.testing.assert_allclose(found[..., k], wanted, rtol=1e-4, atol=1e-5)
    alone = pc.by_interval(clip, pairs[:, 0], (1, 7))
    np.testing.assert_allclose(alone, found[:, 0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("lag", [0, 1, 5, 6, 100])
def test_pairs_in_time_are_means_over_the_frames_that_have_a_later_one(clip, rng, lag):
    x = rng.normal(size=(2, 6, 12)).astype(np.float32)
    found = pc.pairs_in_time(clip, x, lag)
    wanted = np.zeros((2, 12, 12))
    for t in range(6 - lag):
        wanted += x[:, t, :, None] * x[:, t + lag, None, :] / (6 - lag)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize(
    ("notes", "heavy", "mode"), [(C_MAJOR, (0, 4, 7), 0), (A_MINOR, (9, 0, 4), 1)]
)
def test_the_best_key_is_the_one_played(clip, tonic, notes, heavy, mode):
    chroma = np.roll(chroma_of(notes, heavy), tonic - heavy[0], axis=-1)
    fit = pc.key_correlations(clip, chroma)
    assert fit[0, 0].argmax() == 12 * mode + tonic
    weight = pc.tonic_of(clip, fit[:, 0])
    assert weight.sum() == pytest.approx(1.0, abs=1e-4)
    assert weight[0].argmax() == tonic


def test_correlations_are_those_of_the_profiles(clip, rng):
    chroma = rng.uniform(size=(1, 1, 12)).astype(np.float32)
    fit = pc.key_correlations(clip, chroma)[0, 0]
    assert fit[5] == pytest.approx(np.corrcoef(chroma[0, 0], np.roll(pc.MAJOR, 5))[0, 1], abs=0.01)
    assert fit[14] == pytest.approx(np.corrcoef(chroma[0, 0], np.roll(pc.MINOR, 2))[0, 1], abs=0.01)


@pytest.mark.parametrize("chroma", [np.zeros((1, 1, 12)), np.full((1, 1, 12), 0.3)])
def test_even_chroma_has_no_key(clip, chroma):
    fit = pc.key_correlations(clip, chroma.astype(np.float32))
    np.testing.assert_allclose(fit, 0.0, atol=1e-3)
    np.testing.assert_allclose(pc.tonic_of(clip, fit[:, 0]), 1 / 12, atol=1e-3)


def test_chroma_is_turned_to_the_tonic(clip, rng):
    chroma = rng.uniform(size=(2, 3, 12)).astype(np.float32)
    tonic = np.eye(12, dtype=np.float32)[[7, 2]]
    found = pc.relative(clip, chroma, tonic)
    np.testing.assert_allclose(found[0], np.roll(chroma[0], -7, axis=-1), rtol=1e-5)
    np.testing.assert_allclose(found[1], np.roll(chroma[1], -2, axis=-1), rtol=1e-5)


def test_chords_of_the_table_are_different_sets_of_norm_1():
    table = pc.chord_table().T.reshape(len(pc.CHORDS), 12, 12)
    np.testing.assert_allclose((table**2).sum(axis=-1), 1, rtol=1e-6)
    kinds = list(pc.CHORDS)
    assert set(np.flatnonzero(table[kinds.index("minor"), 9])) == {9, 0, 4}  # on class 0 = C
    assert set(np.flatnonzero(table[kinds.index("7"), 7])) == {7, 11, 2, 5}
    sets = {
        kind: {tuple(np.flatnonzero(x)) for x in rows}
        for kind, rows in zip(kinds, table, strict=True)
    }
    for i, kind in enumerate(kinds):
        assert all(sets[kind].isdisjoint(sets[other]) for other in kinds[:i]), kind
