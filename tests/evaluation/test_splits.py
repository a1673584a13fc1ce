"""Splits: groups whole, rows tested once, and a name that says what was kept apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GroupKFold, KFold, LeaveOneGroupOut, ShuffleSplit

from mer_sklearn import EmotionPipeline, evaluate
from mer_sklearn.errors import InputError
from mer_sklearn.evaluation.rows import Data, read_rows
from mer_sklearn.evaluation.splits import make_split, random_split, split_remarks

GROUPS = np.repeat(list("abcdefgh"), 5)
LABELS = np.array((["calm", "sad"] * 20)[:40])


def given(y=LABELS, groups=GROUPS, model="logistic", **known):
    X = np.random.default_rng(0).standard_normal((len(y), 3))
    data = Data(X, y, groups, "artists apart", **known)
    return read_rows(EmotionPipeline(None, model=model), data), data


def straddling(rows, split):
    return [
        np.intersect1d(rows.groups[train], rows.groups[test])
        for folds in split.repeats
        for train, test in folds
    ]


@pytest.mark.parametrize("cv", [2, 5, 8, "4x3", "logo", GroupKFold(4), LeaveOneGroupOut()])
def test_groups_stay_on_one_side_and_every_row_is_tested_once(cv):
    rows, data = given()
    split = make_split(rows, data, cv)
    assert not any(len(torn) for torn in straddling(rows, split))
    assert split.name.startswith("artists apart")
    for folds in split.repeats:
        assert sorted(np.concatenate([test for _, test in folds])) == list(range(40))


def test_class_shares_are_near_the_whole():
    rows, data = given()
    for train, _ in make_split(rows, data, 4).repeats[0]:
        assert abs(np.mean(rows.y[train] == "sad") - 0.5) < 0.1


@pytest.mark.parametrize("cv", ["3x2", "random"])
def test_the_seed_decides_and_repeats_differ(cv):
    rows, data = given()
    first, again, other = (
        make_split(rows, data, cv, repeats=2, random_state=seed).repeats for seed in (0, 0, 7)
    )

    def tests(repeats):
        return [[list(test) for _, test in folds] for folds in repeats]

    assert tests(first) == tests(again) != tests(other)
    assert tests(first)[0] != tests(first)[1]
    assert len(first) == (4 if cv == "3x2" else 2)


def test_leaving_one_out_leaves_one_out():
    rows, data = given()
    split = make_split(rows, data, "logo")
    assert split.n_folds == 8
    assert split.name == "artists apart (leave one out)"
    assert all(len(np.unique(rows.groups[test])) == 1 for _, test in split.repeats[0])


def test_the_official_test_part_is_tested_once():
    parts = np.array(["train"] * 25 + ["test"] * 15)
    rows, data = given(parts=parts)
    split = make_split(rows, data, "official")
    [(train, test)] = split.repeats[0]
    assert (list(train), list(test)) == (list(range(25)), list(range(25, 40)))
    assert split.name == "artists apart (official split)"


def test_official_parts_with_numbers_are_tested_in_turn():
    rows, data = given(parts=np.repeat([1, 2, 3, 4], 10))
    assert make_split(rows, data, "official").n_folds == 4


def test_a_split_that_tears_groups_is_called_so():
    rows, data = given()
    assert make_split(rows, data, KFold(3)).name == "2 artists on both sides (KFold)"
    pairs = [(np.arange(3, 40), np.arange(3))]
    assert make_split(rows, data, pairs).name == "1 artists on both sides (given split)"


def test_pairs_are_rows_of_what_was_given():
    rows, data = given()
    left = np.arange(0, 40, 3)
    rows = replace(
        rows,
        table=rows.table.iloc[left],
        y=rows.y[left],
        groups=rows.groups[left],
        kept=left,
    )
    [(train, test)] = make_split(rows, data, [(range(20, 40), range(20))]).repeats[0]
    assert list(rows.kept[train]) == list(range(21, 40, 3))
    assert list(rows.kept[test]) == list(range(0, 20, 3))


def test_rows_tested_twice_begin_a_repeat():
    rows, data = given()
    folds = [
        pair
        for seed in (0, 1, 2)
        for pair in KFold(3, shuffle=True, random_state=seed).split(rows.table)
    ]
    assert len(make_split(rows, data, folds).repeats) == 3
    pooled = make_split(rows, data, ShuffleSplit(3, test_size=0.5, random_state=0))
    assert [len(folds) for folds in pooled.repeats] == [3]


@pytest.mark.parametrize(
    ("cv", "repeats", "sentence"),
    [
        ("loo", 1, "cv='loo'"),
        (True, 1, "cv=True"),
        (1, 1, "n_splits=1"),
        (5, 0, "repeats=0"),
        ("logo", 2, "the same every time"),
        ("official", 1, "none"),
        ([], 1, "no folds"),
        ([(range(5), range(3, 9))], 1, "tests 2 rows it has learned"),
        ([(range(5), [])], 1, "row numbers"),
        ([(range(5), [99])], 1, "from 0 to 39"),
        ([(range(5), [True] * 40)], 1, "from 0 to 39"),
        ([range(5)], 1, "pair"),
        ([([0, 2, 4], range(5, 9))], 1, "one class"),
    ],
)
def test_what_cannot_be_split_is_refused(cv, repeats, sentence):
    rows, data = given()
    with pytest.raises(InputError, match=sentence):
        make_split(rows, data, cv, repeats=repeats)


def test_one_group_cannot_be_left_out():
    rows, data = given(groups=np.zeros(40))
    with pytest.raises(InputError, match="1 group"):
        make_split(rows, data, "logo")


def test_rare_classes_are_one_line_each():
    y = LABELS.astype(object)
    y[0] = "amazed"
    rows, data = given(y=y)
    remarks = split_remarks(rows, make_split(rows, data, 5))
    assert remarks == [
        "Classes in fewer groups than there are folds: amazed (1).",
        "amazed was tested where no row could teach it.",
    ]


def test_constant_targets_and_single_rows_are_one_line_each():
    groups = GROUPS.astype(object)
    groups[0] = "z"
    y = pd.DataFrame({"valence": np.linspace(-1, 1, 40), "arousal": 0.1})
    rows, data = given(y=y, groups=groups, model="ridge")
    assert split_remarks(rows, make_split(rows, data, 5)) == [
        "1 of 9 groups have a single row.",
        "arousal never varies, so its r2 and correlations are 0.",
    ]


def test_random_folds_warn_nobody_of_a_rare_class():
    y = LABELS.astype(object)
    y[:2] = "amazed"
    rows, _ = given(y=y)
    assert random_split(rows, n_splits=4).n_folds == 4


def test_folds_that_test_some_rows_more_often_are_pooled(table, corpus):
    y, groups = corpus.y("quadrant"), np.asarray(corpus.groups)
    pipeline = EmotionPipeline(None, model="logistic", random_state=0)
    numbers = np.unique(groups, return_inverse=True)[1]
    base = [(np.flatnonzero(numbers % 4 != k), np.flatnonzero(numbers % 4 == k)) for k in range(4)]
    once = evaluate(pipeline, table, y, groups=groups, cv=base)
    more = evaluate(pipeline, table, y, groups=groups, cv=[*base, (base[0][0], base[0][1][:1])])
    assert more.n_folds == 5
    assert more.n_repeats == 1
    assert abs(more.scores["accuracy"] - once.scores["accuracy"]) <= 1 / len(y)


def test_rows_of_one_group_are_no_test(table, corpus):
    numbers = np.unique(np.asarray(corpus.groups), return_inverse=True)[1]
    cv = [(np.flatnonzero(numbers != 0), np.flatnonzero(numbers == 0))]
    pipeline = EmotionPipeline(None, model="ridge", random_state=0)
    with pytest.raises(InputError, match="single group"):
        evaluate(pipeline, table, corpus.y("va"), groups=corpus.groups, cv=cv)


@pytest.mark.parametrize("names", [["train", "testing"], ["train", "dev"], ["a", "test"]])
def test_parts_that_nobody_knows_are_refused(names, corpus):
    parts = [names[number % 2] for number in range(len(corpus.X))]
    with pytest.raises(InputError, match="own split has the parts"):
        evaluate(
            EmotionPipeline("mfcc40-mean", model="ridge"),
            replace(corpus, split=parts),
            target="va",
            cv="official",
        )
