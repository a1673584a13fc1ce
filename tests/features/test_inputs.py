"""What X may be, and the sentence for what it may not be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from mer_sklearn.audio import Clip, Segment
from mer_sklearn.errors import AudioError, InputError
from mer_sklearn.features.inputs import as_items

PATHS = ["a.wav", "b.wav"]

CONTAINERS = {
    "list": list,
    "tuple": tuple,
    "str array": np.array,
    "object array": lambda paths: np.array(paths, dtype=object),
    "Series": pd.Series,
    "object Series": lambda paths: pd.Series(paths, dtype=object),
    "Series with an index": lambda paths: pd.Series(paths, index=["x", "y"]),
    "Index": pd.Index,
    "column of a table": lambda paths: pd.DataFrame({"file": paths})["file"],
}


@pytest.mark.parametrize("kind", CONTAINERS)
def test_paths_come_in_any_container(kind):
    items = as_items(CONTAINERS[kind](PATHS))
    assert items == PATHS
    assert all(isinstance(item, str) for item in items)


@pytest.mark.parametrize("kind", ["list", "tuple", "object array", "object Series"])
def test_items_of_all_kinds_mix(kind):
    mixed = [Path("a.wav"), "b.wav", Segment("c.wav", 1.0), Clip(np.zeros(5))]
    items = np.empty(4, object)
    items[:] = mixed
    assert as_items(items if kind == "object array" else CONTAINERS[kind](mixed)) == mixed


@pytest.mark.parametrize(
    "matrix",
    [
        np.ones((2, 5)),
        np.ones((2, 5), np.float16),
        [[1.0] * 5] * 2,
        ([1.0] * 5, [1.0] * 5),
        [np.ones(5), np.ones(5)],
        np.ones((2, 5)).astype(object),
    ],
    ids=["float", "short float", "lists", "tuples", "arrays", "object"],
)
def test_the_rows_of_a_matrix_are_clips(matrix):
    items = as_items(matrix)
    assert [item.sr for item in items] == [22_050] * 2
    np.testing.assert_array_equal([item.signal for item in items], np.ones((2, 5)))


INTEGERS = np.array([[0, 64, -128], [127, -1, 32]])


@pytest.mark.parametrize(
    "contain",
    [np.array, list, tuple, lambda X: np.array([*X, X[0]])[:2]],
    ids=["array", "list", "tuple", "view"],
)
@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32])
def test_integers_are_scaled_by_their_range_as_in_a_clip(kind, contain):
    full = -float(np.iinfo(kind).min)
    items = as_items(contain(INTEGERS.astype(kind)))
    np.testing.assert_array_equal([item.signal for item in items], INTEGERS / full)


def test_unsigned_integers_are_scaled_around_their_middle():
    items = as_items(np.array([[128, 192, 0]], np.uint8))
    np.testing.assert_array_equal(items[0].signal, [0.0, 0.5, -1.0])


def test_integers_and_floats_stand_in_one_list():
    items = as_items([np.full(5, 2**14, np.int16), np.full(5, 0.5, np.float32)])
    np.testing.assert_array_equal([item.signal for item in items], np.full((2, 5), 0.5))


@pytest.mark.parametrize(
    "X", [INTEGERS, INTEGERS.tolist(), INTEGERS.astype(object), INTEGERS > 0], ids=repr
)
def test_integers_whose_full_scale_nobody_knows_are_refused(X):
    with pytest.raises(AudioError, match=r"8, 16 or 32 bits; got samples of type (int64|bool)"):
        as_items(X)


@pytest.mark.parametrize(
    ("X", "sentence"),
    [
        ("a.wav", r"list of audio files, got the single path 'a.wav'; pass \['a.wav'\]"),
        (Path("a.wav"), r"the single path 'a.wav'; pass \['a.wav'\]"),
        (Segment("a.wav", 1.0), "the single Segment Segment"),
        (Clip(np.zeros(5)), "the single Clip Clip"),
        (np.zeros(5), r"X is a single signal.*\[Clip\(signal, sr\)\]"),
        (pd.Series([0.1, 0.2]), "X is a single signal"),
        ([1, 2, 3], r"X is a single signal.*\[Clip\(signal, sr\)\]"),
        (
            [(np.zeros(5), 22_050)],
            r"signals beside numbers; wrap each.*\[Clip\(signal, sr\), ...\]",
        ),
        ([(8_000, np.zeros(5))] * 2, "signals beside numbers; wrap each"),
        ((np.zeros(5), 22_050), "signals beside numbers; wrap each"),
        ([], "X holds 0 files"),
        ((), "X holds 0 files"),
        (np.array([], dtype=str), "X holds 0 files"),
        ([np.zeros(5), np.zeros(6)], "signals of several lengths"),
        ([[1.0, 2.0], [1.0]], "signals of several lengths"),
        (["a.wav", None], r"X\[1\] is a NoneType, not audio"),
        (["a.wav", 5], r"X\[1\] is a int, not audio"),
        (["a.wav", np.zeros(5)], r"X\[1\] is a ndarray, not audio"),
        ([b"a.wav"], r"X\[0\] is a bytes, not audio"),
        (None, r"X\[0\] is a NoneType, not audio"),
        (np.array([["a.wav"], ["b.wav"]]), r"X\[0\] is a ndarray, not audio"),
        (pd.DataFrame({"file": PATHS, "y": [0, 1]}), r"table with the columns.*X\[\"file\"\]"),
        (pd.DataFrame({"file": pd.Categorical(PATHS)}), "table with the columns"),
        (pd.DataFrame(np.ones((2, 40))), r"columns 0, 1, .* 35 more, not audio; .*features=None"),
        (
            pd.DataFrame({"mfcc__0__mean": [0.1]}),
            r"'mfcc__0__mean', not .*\(features=None\).*to_numpy",
        ),
        (pd.Series([np.nan, "a.wav"], dtype=object), r"X\[0\] is a float, not audio"),
    ],
)
def test_anything_else_is_refused_with_the_way_out(X, sentence):
    with pytest.raises(InputError, match=sentence):
        as_items(X)


@pytest.mark.parametrize(
    "X", [scipy.sparse.eye(3).tocsr(), np.full((2, 3), np.nan), np.zeros((2, 3, 4)), [[1j, 2j]]]
)
def test_what_scikit_learn_refuses_is_refused_in_its_words(X):
    with pytest.raises((TypeError, ValueError), match=r"(?i)sparse|nan|dim 3|complex"):
        as_items(X)


def test_the_callers_container_is_left_alone():
    X = ["a.wav", "b.wav"]
    items = as_items(X)
    items.append("c.wav")
    assert X == PATHS
