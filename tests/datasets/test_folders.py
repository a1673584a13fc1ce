from __future__ import annotations

from pathlib import Path

import pytest

from mer_sklearn.datasets import load_dataset
from mer_sklearn.errors import DatasetError


def test_each_folder_is_a_class(classes):
    dataset = load_dataset("folders", classes)
    assert dataset.y().tolist() == ["happy", "happy", "sad"]
    assert dataset.frame["file"].tolist() == ["happy/b.wav", "happy/deep/er/a.FLAC", "sad/1.ogg"]
    assert all(Path(path).is_file() for path in dataset.paths)
    assert dataset.groups is None
    assert dataset.remarks == ()
    assert dataset.name == classes.name


@pytest.mark.parametrize(
    "names", [[], ["happy/a.wav"], ["a.wav", "b.wav"], [".x/a.wav", "y/b.wav"]]
)
def test_fewer_than_two_classes_are_refused(tmp_path, write_audio, names):
    for name in names:
        write_audio(tmp_path / name)
    with pytest.raises(DatasetError, match=r"[01] of its folders hold audio"):
        load_dataset("folders", tmp_path)


def test_what_is_left_out_is_remarked(classes, write_audio):
    write_audio(classes / "loose.wav")
    (classes / "notes").mkdir()
    (classes / ".hidden").mkdir()
    loose, empty = load_dataset("folders", classes).remarks
    assert loose.startswith("1 files stand in no folder")
    assert empty.startswith("1 folders hold no audio and make no class: notes.")


@pytest.mark.parametrize("name", ["Actor_01", "train", "speaker 3", "FOLD-2", "test"])
def test_classes_that_are_no_emotions_are_remarked(classes, write_audio, name):
    write_audio(classes / name / "a.wav")
    (remark,) = load_dataset("folders", classes).remarks
    assert remark.startswith(f"The classes {name} look like speakers or parts")


def test_emotion_that_begins_like_a_part_is_no_part(classes, write_audio):
    write_audio(classes / "tested" / "a.wav")
    assert load_dataset("folders", classes).remarks == ()
