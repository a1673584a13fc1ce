"""One target for several corpora."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from mer_sklearn.datasets import Dataset, DatasetInfo, Target, harmonize, load_dataset
from mer_sklearn.errors import InputError


def corpus(target, scale=None, **columns):
    """Return a corpus of made-up labels."""
    frame = pd.DataFrame(columns)
    names = tuple(name for name in frame if name != "group")
    task = "classification" if len(names) == 1 else "regression"
    return Dataset(
        name="made",
        X=[f"{k}.wav" for k in range(len(frame))],
        frame=frame,
        targets={target: Target(names, task, scale=scale)},
        groups=frame.get("group", pd.Series(range(len(frame)))).to_numpy(),
        info=DatasetInfo("", "", ""),
    )


def test_emotions_go_by_common_names_and_only_shared_ones_remain():
    found = harmonize(
        {
            "a": corpus("emotion", emotion=["anger", "sadness", "fear", "joy"]),
            "b": corpus("emotion", emotion=["sad", "Angry", "bored"]),
        },
        "emotion",
    )
    assert found["a"].y("emotion").tolist() == ["angry", "sad"]
    assert found["b"].y("emotion").tolist() == ["sad", "angry"]
    assert found["a"].X == ["0.wav", "1.wav"]
    assert "2 rows of other classes were left out: fearful, happy." in found["a"].remarks
    assert "2 rows count anger as angry, sadness as sad." in found["a"].remarks


def test_calm_is_neutral_where_a_corpus_does_not_know_it():
    knows = corpus("emotion", emotion=["calm", "neutral", "sad"])
    does_not = corpus("emotion", emotion=["neutral", "sad", "angry"])
    found = harmonize({"a": knows, "b": does_not}, "emotion")
    assert found["a"].y().tolist() == ["neutral", "neutral", "sad"]
    assert harmonize({"a": knows, "b": knows}, "emotion")["a"].y().tolist() == [
        "calm", "neutral", "sad",
    ]  # fmt: skip


def test_sexes_stay():
    sexes = corpus("emotion_sex", emotion_sex=["male_anger", "female_calm", "male_sad"])
    other = corpus("emotion_sex", emotion_sex=["male_angry", "female_neutral", "male_happy"])
    found = harmonize({"a": sexes, "b": other}, "emotion_sex")
    assert found["a"].y().tolist() == ["male_angry", "female_neutral"]


def test_scales_become_one():
    unit = corpus("va", (-1.0, 1.0), valence=[0.5], arousal=[-1.0])
    nine = corpus("va", (1.0, 9.0), valence=[7.0], arousal=[1.0])
    found = harmonize({"a": unit, "b": nine}, "valence_arousal")
    assert found["a"].y("va").equals(found["b"].y("va"))
    assert found["b"].target().scale == (-1.0, 1.0)


def test_quadrants_come_from_numbers_where_there_are_no_others():
    numbers = corpus("va", (-1.0, 1.0), valence=[0.5, -0.5, 0.5], arousal=[0.5, -0.5, -0.5])
    names = corpus("quadrant", quadrant=["happy", "sad", "angry"])
    found = harmonize({"a": numbers, "b": names}, "quadrant")
    assert found["a"].y("quadrant").tolist() == ["happy", "sad"]
    assert found["b"].y("quadrant").tolist() == ["happy", "sad"]


@pytest.mark.parametrize(
    ("others", "target", "message"),
    [
        (["a"], "emotion", "holds 1 corpora"),
        (["a", "b"], "mood", "Unknown target of several corpora 'mood'"),
        (["a", "b"], "va", "a has no 'va', only emotion"),
        (["a", "c"], "emotion", "share 1 classes of emotion .a: angry, sad; c: neutral, sad"),
    ],
)
def test_what_cannot_be_compared_is_refused(others, target, message):
    known = {
        "a": corpus("emotion", emotion=["sad", "angry"]),
        "b": corpus("emotion", emotion=["sad", "angry"]),
        "c": corpus("emotion", emotion=["sad", "calm"]),
    }
    with pytest.raises(InputError, match=message):
        harmonize({name: known[name] for name in others}, target)


def test_corpora_of_speech_share_a_vocabulary(emodb, ravdess, cremad):
    roots = {"emodb": emodb, "ravdess": ravdess, "cremad": cremad}
    found = harmonize({name: load_dataset(name, root) for name, root in roots.items()}, "emotion")
    assert {label for data in found.values() for label in data.y()} == {"angry", "neutral"}


def test_take_keeps_what_belongs_together(deam):
    dataset = load_dataset("deam", deam, missing="keep", benchmark="2014")
    dataset = replace(dataset, weights=dataset.frame["song_id"].to_numpy())
    few = dataset.take([40, 2])
    assert few.frame["song_id"].tolist() == few.weights.tolist() == [1011, 4]
    assert few.split.tolist() == ["test", "train"]
    assert [path.split("/")[-1] for path in few.paths] == ["1011.mp3", "4.mp3"]
    assert few.groups.tolist() == ["bob 1", "ann 4"]
