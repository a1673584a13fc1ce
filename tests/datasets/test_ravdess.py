from __future__ import annotations

import pytest

from mer_sklearn.datasets import load_dataset
from mer_sklearn.datasets.ravdess import check
from mer_sklearn.errors import DatasetError


def test_name_says_what_a_file_is(ravdess):
    dataset = load_dataset("ravdess", ravdess)
    last = dataset.frame.iloc[-1].to_dict()
    assert last == {
        "file": "Audio/Actor_02/03-01-05-02-02-01-02.wav",
        "emotion": "angry",
        "emotion_sex": "female_angry",
        "sex": "female",
        "intensity": "strong",
        "statement": "dogs",
        "repetition": 1,
        "actor": 2,
        "channel": "speech",
    }
    assert dataset.groups.tolist() == [1, 1, 1, 2, 2, 2]


@pytest.mark.parametrize(("channel", "n_files"), [("speech", 6), ("song", 1), ("both", 7)])
def test_channel_decides_what_is_loaded(ravdess, channel, n_files):
    dataset = load_dataset("ravdess", ravdess, channel=channel)
    assert len(dataset) == len(dataset.groups) == n_files
    assert any("other channel" in remark for remark in dataset.remarks) == (channel != "both")


def test_merge_counts_calm_as_neutral_beside_the_sex_only(ravdess):
    dataset = load_dataset("ravdess", ravdess, neutral="merge")
    assert dataset.y("emotion").tolist()[:3] == ["neutral", "calm", "angry"]
    assert dataset.y("emotion_sex").tolist()[:3] == ["male_neutral", "male_neutral", "male_angry"]


def test_drop_removes_neutral_rows_and_keeps_calm(ravdess):
    dataset = load_dataset("ravdess", ravdess, neutral="drop")
    assert dataset.y("emotion").tolist() == ["calm", "angry"] * 2
    assert dataset.y("emotion_sex").tolist()[:2] == ["male_calm", "male_angry"]
    assert "2 neutral files dropped." in dataset.remarks


def test_second_copies_are_counted_once(ravdess, write_audio):
    write_audio(ravdess / "copy" / "Actor_01" / "03-01-05-02-02-01-01.flac")
    dataset = load_dataset("ravdess", ravdess)
    assert len(dataset) == 6
    assert dataset.frame["file"].str.startswith("Audio/").all()
    assert "1 second copies of a name were left out." in dataset.remarks


@pytest.mark.parametrize(
    "name",
    [
        "notes.wav",
        "03-01-09-01-01-01-01.wav",
        "03-01-05-01-01-01-25.wav",
        "03-01-05-01-01-01-00.wav",
        "01-01-05-01-01-01-01.wav",
        "03-01-05-01-01-01.wav",
        "03-01-05-01-01-01-01 (1).wav",
    ],
)
def test_other_names_are_left_out_and_named(ravdess, write_audio, name):
    write_audio(ravdess / name)
    dataset = load_dataset("ravdess", ravdess)
    assert len(dataset) == 6
    assert f"1 files without a name of RAVDESS were left out: {name}." in dataset.remarks


def test_no_name_of_ravdess_is_refused(classes):
    with pytest.raises(DatasetError, match="none of its 2 wav and flac files has a name"):
        load_dataset("ravdess", classes)


def test_channel_that_is_not_there_is_refused(ravdess):
    with pytest.raises(DatasetError, match=r"no file is song\. Set channel='speech'"):
        load_dataset("ravdess", ravdess / "Audio" / "Actor_01", channel="song")


def test_real_speech(mer_data):
    dataset = load_dataset("ravdess", mer_data / "ravdess_speech")
    assert len(dataset) == 360
    assert len(set(dataset.groups)) == 6
    assert dataset.y("emotion").nunique() == 8
    assert dataset.y("emotion").value_counts()["neutral"] == 24
    assert dataset.y("emotion_sex").nunique() == 14
    assert dataset.remarks == ()


def test_real_speech_without_neutral(mer_data):
    dataset = load_dataset("ravdess", mer_data / "ravdess_speech", neutral="drop")
    assert len(dataset) == 336
    assert dataset.y("emotion_sex").nunique() == 14


def test_files_of_each_channel_are_counted(ravdess):
    assert [(found.name, found.verdict, found.found) for found in check(ravdess)] == [
        ("files of speech", "wrong", "6 of 1440 files, 2 actors"),
        ("files of song", "wrong", "1 of 1012 files, 1 actors"),
    ]


def test_whole_song_is_complete(tmp_path):
    for actor in (a for a in range(1, 25) if a != 18):
        folder = tmp_path / f"Audio_Song_Actors_01-24/Actor_{actor:02}"
        folder.mkdir(parents=True)
        for emotion in range(1, 7):
            for intensity in (1,) if emotion == 1 else (1, 2):
                for statement, repetition in ((1, 1), (1, 2), (2, 1), (2, 2)):
                    name = f"03-02-{emotion:02}-{intensity:02}-{statement:02}-{repetition:02}"
                    (folder / f"{name}-{actor:02}.wav").touch()
    assert [found.verdict for found in check(tmp_path)] == ["ok"]
    song = load_dataset("ravdess", tmp_path, channel="song")
    assert len(song) == 1012
    assert song.y("emotion").nunique() == 6
    assert len(set(song.groups)) == 23
