"""What y may be, and what it is read as."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mer_sklearn import EmotionLabeller
from mer_sklearn.errors import InputError
from mer_sklearn.targets import read_targets

VA = np.array([[0.1, 0.2], [-0.3, 0.4], [-0.5, -0.6]])
SWAPPED = pd.DataFrame(VA[:, ::-1], columns=["arousal", "valence"])


def read(y, n_rows=3, *, task="regression", **options):
    return read_targets(y, n_rows, task=task, **options)


# ---- Valence and arousal ----


@pytest.mark.parametrize("labeller", [None, EmotionLabeller()])
@pytest.mark.parametrize(
    "y", [SWAPPED, SWAPPED[["valence", "arousal"]]], ids=["swapped", "ordered"]
)
def test_a_frame_is_read_by_name_and_valence_comes_first(y, labeller):
    targets = read(y, labeller=labeller)
    assert targets.names == ("valence", "arousal")
    np.testing.assert_array_equal(targets.y, VA)


@pytest.mark.parametrize("labeller", [None, EmotionLabeller()])
def test_an_array_whose_names_stand_the_other_way_is_refused(labeller):
    with pytest.raises(InputError, match=r"\['arousal', 'valence'\] must begin with valence"):
        read(VA[:, ::-1], labeller=labeller, target_names=("arousal", "valence"))
    targets = read(VA, labeller=labeller, target_names=("valence", "arousal"))
    assert targets.names == ("valence", "arousal")
    np.testing.assert_array_equal(targets.y, VA)


def test_names_of_the_call_go_with_the_columns_of_the_frame():
    targets = read(SWAPPED, target_names=("a", "v"))
    assert targets.names == ("v", "a")
    np.testing.assert_array_equal(targets.y, VA)


def test_other_columns_stay_behind_in_their_order():
    targets = read(SWAPPED.assign(tension=7.0, power=8.0)[["tension", *SWAPPED, "power"]])
    assert targets.names == ("valence", "arousal", "tension", "power")
    np.testing.assert_array_equal(targets.y, np.c_[VA, [[7.0, 8.0]] * 3])


def test_columns_of_other_names_keep_their_order():
    targets = read(SWAPPED.rename(columns={"valence": "power"}))
    assert targets.names == ("arousal", "power")
    np.testing.assert_array_equal(targets.y, VA[:, ::-1])


# ---- Labels ----

MADE = ["happy", "sad", "angry"]


def test_labels_that_the_labeller_made_are_learned_and_gaps_are_dropped():
    labeller = EmotionLabeller(dead_zone=0.15)
    labels = labeller.transform(VA)
    assert list(labels) == [None, "angry", "sad"]
    targets = read(labels, task="classification", labeller=labeller)
    assert list(targets.kept) == [False, True, True]
    assert list(targets.y[targets.kept]) == ["angry", "sad"]


@pytest.mark.parametrize("gap", [None, "", np.nan, pd.NA], ids=repr)
def test_every_kind_of_missing_label_is_dropped_with_a_labeller(gap):
    y = pd.Series([*MADE, gap], dtype=object)
    targets = read(y, 4, task="classification", labeller=EmotionLabeller())
    assert list(targets.kept) == [True, True, True, False]


@pytest.mark.parametrize(
    ("scheme", "y", "sentence"),
    [
        ("quadrants", ["happy", "sadd", "calm"], "label of the scheme 'quadrants' 'sadd'.*'sad'"),
        ("quadrants", ["happy", "fear", "calm"], "Known: angry, calm, happy, sad"),
        ("deam-three", ["happiness", "fear", "anger"], "'anger'.* Known: fear, happiness, sadness"),
        ("octants", [True, False, True], "True. Known: angry"),
    ],
)
def test_labels_of_another_scheme_are_refused(scheme, y, sentence):
    with pytest.raises(InputError, match=sentence):
        read(y, task="classification", labeller=EmotionLabeller(scheme))


def test_thresholds_and_dead_zone_change_no_names():
    labeller = EmotionLabeller(thresholds=(6, 4), dead_zone=0.2, scale=(1, 9))
    targets = read(MADE, task="classification", labeller=labeller)
    assert list(targets.y) == MADE
    assert targets.kept.all()


@pytest.mark.parametrize("gap", [None, "", np.nan, pd.NA], ids=repr)
def test_a_missing_label_is_named_without_a_labeller(gap):
    with pytest.raises(InputError, match=r"no label for 1 rows \(1\)"):
        read(pd.Series(["a", gap, "b"], dtype=object), task="classification")


def test_a_missing_label_of_pandas_strings_is_named():
    with pytest.raises(InputError, match=r"no label for 1 rows \(1\)"):
        read(pd.Series(["a", pd.NA, "b"], dtype="string"), task="classification")


def test_strings_of_pandas_are_labels():
    targets = read(pd.Series(["a", "c", "b"], dtype="string"), task="classification")
    assert list(targets.y) == ["a", "c", "b"]
