"""EmoDB, TESS, SAVEE and CREMA-D."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import soundfile

from mer_sklearn.datasets import load_dataset
from mer_sklearn.datasets.emodb import check
from mer_sklearn.errors import DatasetError


def emotions(dataset):
    names = dataset.frame["file"].str.rsplit("/", n=1).str[-1].str.split(".").str[0]
    return dict(zip(names, dataset.y("emotion"), strict=True))


def test_emodb_letters_are_german(emodb):
    assert emotions(load_dataset("emodb", emodb)) == {
        "03a01Fa": "happy",  # Freude
        "03a01Wa": "angry",  # Wut
        "08a02Ec": "disgust",  # Ekel
        "09b10Tb": "sad",  # Trauer
        "16a05Lb": "bored",  # Langeweile
        "10a07Ad": "fearful",  # Angst
        "11b03Na": "neutral",
    }


def test_emodb_speakers(emodb):
    dataset = load_dataset("emodb", emodb)
    assert dataset.groups.tolist() == ["03", "03", "08", "09", "10", "11", "16"]
    assert dataset.y("emotion_sex").tolist()[:3] == ["male_happy", "male_angry", "female_disgust"]


def test_emodb_cut_to_one_length_is_found(emodb):
    assert [found.verdict for found in check(emodb)] == ["wrong"]
    assert "all 7 files last 0.1 s" in check(emodb)[0].found
    soundfile.write(emodb / "wav" / "03a01Fa.wav", np.zeros(8_000), 16_000)
    assert check(emodb) == []


def test_real_emodb(mer_data):
    if not (mer_data / "emodb").is_dir():
        pytest.skip("no folder emodb in the real data")
    dataset = load_dataset("emodb", mer_data / "emodb")
    assert len(dataset) == 14
    assert dataset.y("emotion").value_counts().tolist() == [2] * 7
    assert "all 14 files last 2.0 s" in check(mer_data / "emodb")[0].found


def test_tess_names_not_folders(tess):
    dataset = load_dataset("tess", tess)
    assert emotions(dataset) == {
        "OAF_back_angry": "angry",
        "OAF_back_ps": "surprised",
        "OA_bite_neutral": "neutral",
        "YAF_back_ps": "surprised",
        "YAF_back_fear": "fearful",
    }
    assert dataset.groups.tolist() == ["OAF", "OAF", "OAF", "YAF", "YAF"]
    assert list(dataset.targets) == ["emotion"]  # one sex


def test_tess_flat_and_nested_copies_count_once(tess, write_audio):
    write_audio(tess / "TESS" / "OAF_angry" / "OAF_back_angry.wav")
    write_audio(tess / "oaf_back_ANGRY.wav")
    dataset = load_dataset("tess", tess)
    assert len(dataset) == 5
    assert "2 second copies of a name were left out." in dataset.remarks


def test_savee_letters_are_one_or_two(savee):
    assert load_dataset("savee", savee).y("emotion").tolist() == [
        "angry", "sad", "surprised", "angry", "neutral",
    ]  # fmt: skip


def test_savee_in_both_layouts_counts_once(savee, write_audio):
    write_audio(savee / "ALL" / "DC_sa01.wav")
    write_audio(savee / "ALL" / "JK_h05.wav")
    dataset = load_dataset("savee", savee)
    assert len(dataset) == 6
    assert sorted(dataset.groups) == ["DC", "DC", "DC", "JE", "JK", "KL"]
    assert "1 second copies of a name were left out." in dataset.remarks


def test_cremad_as_acted(cremad):
    dataset = load_dataset("crema-d", cremad)
    assert dataset.y("emotion").tolist() == ["angry", "neutral", "happy", "sad"]
    assert dataset.y("emotion_sex").tolist()[0] == "male_angry"
    assert dataset.frame["level"].tolist() == ["", "", "low", "high"]
    assert dataset.info.labels == "as acted"
    assert dataset.groups.tolist() == [1001, 1001, 1002, 1002]


def test_cremad_as_heard_leaves_ties_out(cremad):
    dataset = load_dataset("cremad", cremad, labels="heard")
    assert dataset.y("emotion").tolist() == ["angry", "neutral", "neutral"]
    assert dataset.frame["acted"].tolist() == ["angry", "neutral", "happy"]
    assert dataset.info.labels == "as heard by most listeners"
    assert "1 files were left out, as the votes of listeners are tied." in dataset.remarks


def test_cremad_without_votes_for_its_files_is_refused(cremad):
    path = next(cremad.rglob("summaryTable.csv"))
    path.write_text(path.read_text().replace('"100', '"109'))
    with pytest.raises(DatasetError, match="has no vote for any of 4 files"):
        load_dataset("cremad", cremad, labels="heard")


def test_cremad_without_demographics_has_no_sexes(cremad):
    (cremad / "VideoDemographics.csv").unlink()
    dataset = load_dataset("cremad", cremad)
    assert list(dataset.targets) == ["emotion"]
    assert any("sex of the actors is unknown" in text for text in dataset.remarks)


def test_cremad_broken_files_are_left_out(cremad, write_audio):
    write_audio(cremad / "AudioWAV" / "1076_MTI_SAD_XX.wav")
    path = cremad / "VideoDemographics.csv"
    path.write_text(path.read_text() + '1076,30,"Female","x","y"\n')
    dataset = load_dataset("cremad", cremad)
    assert len(dataset) == 4
    assert "1 files known to be broken left out: 1076_MTI_SAD_XX." in dataset.remarks


def test_cremad_pointers_of_git_lfs_are_refused(cremad, mer_data):
    pointer = mer_data / "robustness_audio" / "real" / "cremad_1001_DFA_ANG_XX.wav"
    if not pointer.is_file():
        pytest.skip("no pointer of Git LFS in the real data")
    shutil.copy(pointer, cremad / "AudioWAV" / "1001_DFA_ANG_XX.wav")
    with pytest.raises(DatasetError, match=r"1 of 4 files are pointers .* `git lfs pull`"):
        load_dataset("cremad", cremad)


def test_cremad_actor_without_a_line_is_refused(cremad, write_audio):
    write_audio(cremad / "AudioWAV" / "1091_DFA_ANG_XX.wav")
    with pytest.raises(DatasetError, match="no line for the actors 1091"):
        load_dataset("cremad", cremad)


def test_real_cremad_votes(mer_data, tmp_path, write_audio):
    """The first 800 votes and all demographics are real, the audio is not there."""
    if not (mer_data / "cremad").is_dir():
        pytest.skip("no folder cremad in the real data")
    shutil.copy(mer_data / "cremad" / "VideoDemographics.csv", tmp_path)
    votes = mer_data / "cremad" / "summaryTable_first800.csv"
    shutil.copy(votes, tmp_path / "summaryTable.csv")
    names = [line.split('"')[3] for line in votes.read_text().splitlines()[1:]]
    (tmp_path / "a.wav").touch()
    for name in names:
        (tmp_path / f"{name}.wav").hardlink_to(tmp_path / "a.wav")
    acted, heard = (load_dataset("cremad", tmp_path, labels=k) for k in ("acted", "heard"))
    assert (len(acted), len(heard)) == (800, 726)
    assert (heard.frame["acted"] == heard.y("emotion")).mean() == pytest.approx(0.511, abs=0.001)


def test_ravdess_class_comes_from_the_name_not_the_folder(tmp_path, write_audio):
    write_audio(tmp_path / "angry" / "03-01-03-01-01-01-01.wav")
    write_audio(tmp_path / "sad" / "03-01-05-01-01-01-02.wav")
    assert load_dataset("ravdess", tmp_path).y().tolist() == ["happy", "angry"]
