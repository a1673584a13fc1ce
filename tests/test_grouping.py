"""Groups: what stays together, and the folds that keep it so."""

from __future__ import annotations

import os
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mer_sklearn import Clip, EmotionPipeline, Segment
from mer_sklearn.errors import InputError, MerWarning
from mer_sklearn.grouping import as_groups, file_groups, group_folds, row_groups


def test_one_file_is_one_group_however_it_is_written(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(b"something")
    link = tmp_path / "link.wav"
    link.symlink_to(path)
    roundabout = os.path.join(tmp_path, ".", "folder", "..", "a.wav")  # noqa: PTH118
    groups = file_groups([path, str(path), Segment(path, 1.0), roundabout, link])
    assert len(set(groups)) == 1


def test_clips_are_files_of_their_own():
    clip = Clip(np.zeros(10))
    assert len(set(file_groups([clip, clip, "a.wav"]))) == 3


def test_given_groups_are_kept_where_files_are_whole():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = row_groups(np.array(["a", "b", "c", "c"]), ["x", "y", "x", "x"])
    assert found.tolist() == [0, 1, 0, 0]


def test_groups_that_share_a_file_are_joined():
    with pytest.warns(MerWarning, match="4 groups become 2"):
        found = row_groups(np.array(["a", "a", "b", "b", "c"]), ["w", "x", "x", "y", "z"])
    assert as_groups(found, 5).tolist() == [0, 0, 0, 0, 1]


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=30))
def test_whatever_shares_a_file_or_a_group_is_together(rows):
    files, given_groups = np.array(rows).T
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MerWarning)
        found = row_groups(files, given_groups)
    for values in (files, given_groups):
        for value in np.unique(values):
            assert len(set(found[values == value])) == 1


def test_parts_of_a_file_stay_together_inside_a_fit(wav_files):
    X = [Segment(path, offset, 0.5) for path in wav_files[:4] for offset in (0.0, 0.5)]
    pipeline = EmotionPipeline("mfcc40-mean", model="svm", random_state=0, cache=False)
    with pytest.warns(MerWarning, match="8 groups become 4"):
        pipeline.fit(X, ["a", "b"] * 4, groups=range(8))


@pytest.mark.parametrize(
    ("groups", "words"),
    [(["a"], "shape"), ([["a"], ["b"]], "shape"), (["a", None], r"groups\[1\] is missing")],
)
def test_groups_that_make_no_sense_are_refused(groups, words):
    with pytest.raises(InputError, match=words):
        row_groups(np.array(["a.wav", "b.wav"]), groups)


@pytest.mark.parametrize("classes", [True, False])
def test_no_group_stands_on_both_sides(rng, classes):
    groups = rng.integers(0, 12, 100)
    y = rng.choice(["calm", "happy", "sad"], 100)
    folds = group_folds(y, groups, n_splits=4, classes=classes, random_state=0)
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(100))
    assert not any(set(groups[train]) & set(groups[test]) for train, test in folds)


def test_no_fold_is_empty_where_groups_even_each_other_out():
    # Actors, a woman, a man, a woman, a man, with the rows of two emotions.
    counts = [(1, 1), (1, 4), (2, 1), (1, 2)]
    rows = [
        (actor, f"{'fm'[actor % 2]}{emotion}")
        for actor, of in enumerate(counts)
        for emotion in (0, 1)
        for _ in range(of[emotion])
    ]
    groups, y = (np.array(column) for column in zip(*rows, strict=True))
    folds = group_folds(y, groups, classes=True, random_state=0)
    assert sorted(len(test) for _, test in folds) == [2, 3, 8]
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(len(y)))
