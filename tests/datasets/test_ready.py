"""Ready tables: what is a feature, what is not, and which rows belong together."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn import EmotionPipeline, evaluate, load_dataset
from mer_sklearn.errors import DatasetError, InputError


@pytest.fixture
def songs(table):
    """Write a table of features."""
    return table(
        "song_id,Artist,emotion,valence_word,title,tempo,valid,mfcc_1,mfcc_2",
        "1,Ann,sad,1,A,60.5,1,0.1,0.2",
        "2,Bob,sad,2,B,60,2,0.3,0.1",
        "3,,calm,3,C,61,3,0.2,0.4",
        "4,,calm,4,D,62,2,0.5,0.6",
    )


def test_numbers_are_features_but_for_targets_groups_and_row_numbers(songs):
    dataset = load_dataset("ready", songs)
    assert list(dataset.X) == ["tempo", "valid", "mfcc_1", "mfcc_2"]
    assert dataset.X.to_numpy().dtype == np.float64
    assert dataset.remarks == ("4 columns are features; not used: song_id, valence_word, title.",)
    assert dataset.is_ready


def test_columns_are_chosen_by_patterns(songs):
    assert list(load_dataset("ready", songs, features="mfcc_*,tempo").X) == [
        "tempo",
        "mfcc_1",
        "mfcc_2",
    ]
    assert list(load_dataset("ready", songs, drop="mfcc_?").X) == ["tempo", "valid"]
    with pytest.raises(InputError, match="Did you mean 'tempo'"):
        load_dataset("ready", songs, drop="tempi")


def test_a_row_that_names_no_group_is_alone(songs):
    dataset = load_dataset("ready", songs)
    assert list(dataset.groups) == ["Ann", "Bob", "row 3", "row 4"]
    assert dataset.info.group == "artist"


def test_equal_rows_are_one_group(table):
    path = table("emotion,tempo", "sad,1.5", "calm,2", "sad,1.5", "calm,3")
    dataset = load_dataset("ready", path)
    assert list(dataset.groups) == ["row 1", "row 2", "row 1", "row 3"]
    assert "1 rows are copies of others." in dataset.remarks


def test_numbers_are_brought_to_their_scale(table):
    path = table("v,a,x", "1,9,1.5", "5,5,2.5")
    dataset = load_dataset("ready", path, target="v,a", scale="1,9")
    assert dataset.y().to_numpy().tolist() == [[-1.0, 1.0], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("lines", "options", "sentence"),
    [
        (["emotion,x,code", "a,1,0", "a,2,0", "b,3,1"], {}, "column code holds one number"),
        (["emotion,x", "a,1", "b,"], {}, "'x' is empty in line 3"),
        (["emotion,x", "a,one", "b,two"], {}, "no column of numbers"),
        (["emotion,x", "a,one", "b,two"], {"features": "x"}, "must hold numbers"),
        (["kind,x", "a,1", "b,2"], {}, "target="),
    ],
)
def test_what_cannot_be_used_is_refused(lines, options, sentence, table):
    with pytest.raises(DatasetError, match=sentence):
        load_dataset("ready", table(*lines), **options)


def test_a_folder_is_no_table(tmp_path):
    with pytest.raises(DatasetError, match="is no table"):
        load_dataset("ready", tmp_path)


def test_a_ready_table_needs_no_features(songs):
    with pytest.raises(InputError, match="features=None"):
        evaluate(EmotionPipeline(), load_dataset("ready", songs))


def test_a_ready_table_has_no_paths(songs):
    with pytest.raises(DatasetError, match="has no files"):
        _ = load_dataset("ready", songs).paths


def test_the_description_follows_the_features(songs):
    one, two = (load_dataset("ready", songs, **o).describe() for o in ({}, {"drop": "tempo"}))
    assert one["n_clips"] == 4
    assert one["sha256"] != two["sha256"]


TABLES = {
    "deam_opensmile_song_means.csv": ({"target": "valence_mean,arousal_mean", "scale": "1,9"}, 130),
    "4q_top100_features.csv": ({"target": "Quadrant"}, 100),
    "turkish_music_emotion.csv": ({"target": "Class"}, 50),
    "pop_rock_75_librosa_stats.csv": ({"target": "class", "drop": "label"}, 54),
}


@pytest.mark.parametrize("name", TABLES)
def test_real_tables_load(name, mer_data):
    options, n_features = TABLES[name]
    dataset = load_dataset("ready", mer_data / "feature_tables" / name, **options)
    assert dataset.X.shape[1] == n_features
    assert np.isfinite(dataset.X.to_numpy()).all()
