"""4Q, AMG1608 and MTG-Jamendo."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from scipy.io import savemat

from mer_sklearn.datasets import load_dataset, validate_dataset
from mer_sklearn.datasets.fourq import check as check_fourq
from mer_sklearn.datasets.jamendo import check as check_jamendo
from mer_sklearn.errors import DatasetError, InputError

# --------------------------------------------------------------------------------------------- 4Q


def test_quadrants_by_their_names(fourq):
    dataset = load_dataset("4q", fourq)
    assert dataset.y().tolist() == ["happy", "angry", "sad", "calm", "happy"]
    assert dataset.frame["title"].iloc[0] == "Tür, MT1"  # Windows-1252
    assert dataset.remarks == ("1 of 6 clips lack their audio and were left out: MT6.",)


def test_a_band_after_the_name_is_the_same_artist(fourq):
    groups = load_dataset("4q", fourq).groups.tolist()
    assert groups == ["eddie heywood", "eddie heywood", "mötley", "song MT4", "tuck & patti"]


def test_a_folder_that_contradicts_the_table_is_found(fourq):
    assert check_fourq(fourq)[0].verdict == "ok"
    root = fourq / "MER_audio_taffc_dataset"
    (root / "Q1" / "MT1.mp3").rename(root / "Q2" / "MT1.mp3")
    [found] = check_fourq(fourq)
    assert found.verdict == "wrong"
    assert found.found.endswith("4 of 5 excerpts lie in the folder of their label; not MT1")
    assert load_dataset("4q", fourq).y().iloc[0] == "happy"  # the table decides


def test_unknown_quadrant_is_refused(fourq):
    path = next(fourq.rglob("*annotations.csv"))
    path.write_text(path.read_text().replace("Q3", "Q5"))
    with pytest.raises(DatasetError, match="line 4 has another quadrant"):
        load_dataset("4q", fourq)


def test_real_fourq(mer_data):
    if not (mer_data / "4q").is_dir():
        pytest.skip("no folder 4q in the real data")
    from mer_sklearn.datasets.reading import read_table

    dataset = load_dataset("4q", mer_data / "4q")
    assert len(dataset) == 120
    assert dataset.y().value_counts().tolist() == [30] * 4
    whole = load_dataset("4q", mer_data / "4q", missing="keep")
    known = read_table(mer_data / "4q" / "groups.csv")["group"].to_numpy()
    assert len(set(whole.groups)) == 660
    pairs = {*zip(whole.groups, known, strict=True)}
    assert len(pairs) == 660  # the same groups, one to one
    names = dict(zip(whole.frame["file"].str[-16:-4], whole.groups, strict=True))
    assert names["MT0000523076"] == names["MT0000941301"]  # one recording, two spellings


# ----------------------------------------------------------------------------------------- AMG1608


def test_ratings_are_averaged_valence_first(amg1608):
    dataset = load_dataset("amg1608", amg1608)
    assert dataset.frame["song_id"].tolist() == [11, 7]
    np.testing.assert_allclose(dataset.y("va"), [[0.6, -0.4], [-0.2, 0.8]])
    assert dataset.y("quadrant").tolist() == ["calm", "angry"]
    assert dataset.frame["n_raters"].tolist() == [3, 3]
    assert dataset.frame["file"].tolist() == ["audio/11.wav", "audio/7.wav"]
    assert dataset.groups.tolist() == ["ann", "bob"]


def test_songs_without_raters_or_audio_are_named(amg1608):
    first, second = load_dataset("amg1608", amg1608).remarks
    assert first == "1 songs that nobody rated were left out: 4."
    assert second == "1 of 3 clips lack their audio and were left out: 30."


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("AMG1608", {"song_label": np.zeros((4, 6, 2))}, "holds no song_info"),
        ("1608_song_id", {"mat_id2song_id": np.ones((4, 1))}, "differ in length"),
        ("1608_song_id", {"mat_id2song_id": np.arange(3)}, "differ in length"),
    ],
)
def test_matrices_that_do_not_fit_are_refused(amg1608, name, content, message):
    savemat(amg1608 / f"{name}.mat", content)
    with pytest.raises(DatasetError, match=message):
        load_dataset("amg1608", amg1608)


def test_ratings_on_another_scale_are_refused(amg1608):
    info = np.array([["a", "b"]] * 4, dtype=object)
    savemat(amg1608 / "AMG1608.mat", {"song_label": np.full((4, 6, 2), 5.0), "song_info": info})
    with pytest.raises(DatasetError, match="ratings outside -1 to 1"):
        load_dataset("amg1608", amg1608)


def test_a_file_that_is_no_matlab_is_refused(amg1608):
    (amg1608 / "AMG1608.mat").write_bytes(b"no matrix at all")
    with pytest.raises(DatasetError, match="cannot be read as a file of MATLAB"):
        load_dataset("amg1608", amg1608)


# ----------------------------------------------------------------------------------------- Jamendo


def test_tags_of_ragged_rows(jamendo):
    dataset = load_dataset("jamendo", jamendo)
    assert dataset.target().columns == ("film", "happy", "sad", "slow")
    assert dataset.y("tags").to_numpy().tolist() == [[0, 0, 1, 1], [0, 1, 0, 0], [1, 0, 1, 1]]
    assert dataset.split.tolist() == ["train", "validation", "test"]
    assert dataset.groups.tolist() == ["1", "2", "3"]
    assert dataset.frame["length"].tolist() == [200.1, 100.0, 90.5]


def test_audio_of_both_rates_is_found(jamendo):
    files = load_dataset("jamendo", jamendo).frame["file"].tolist()
    assert files == ["audio/24/124.mp3", "audio/24/224.low.mp3", "audio/25/325.mp3"]


def test_another_split(jamendo):
    assert len(load_dataset("mtg-jamendo", jamendo, split=1, missing="keep")) == 3
    with pytest.raises(InputError, match=r"split=5 must be one of the official splits, 0 to 4"):
        load_dataset("jamendo", jamendo, split=5)


def test_missing_parts_are_said(jamendo):
    next(jamendo.rglob("split-0/*train.tsv")).unlink()
    dataset = load_dataset("jamendo", jamendo)
    assert "The parts train of split-0 are not there." in dataset.remarks
    with pytest.raises(DatasetError, match="holds no split-3"):
        load_dataset("jamendo", jamendo, split=3)


def test_artists_in_several_parts_are_found(jamendo):
    tags, split = check_jamendo(jamendo)
    assert tags.found == "4 of 56"
    assert split.verdict == "ok"
    path = next(jamendo.rglob("split-0/*train.tsv"))
    path.write_text(path.read_text().replace("1\t1\t1\t", "1\t3\t1\t"))
    assert check_jamendo(jamendo)[1].verdict == "wrong"
    assert check_jamendo(jamendo)[1].found.startswith("1 artists in several of the parts")


def test_one_part_alone_proves_nothing(jamendo):
    for part in ("train", "validation"):
        next(jamendo.rglob(f"split-0/*{part}.tsv")).unlink()
    split = check_jamendo(jamendo)[1]
    assert split.verdict == "note"
    assert split.found == "of test alone nobody can tell whether the parts share artists"


def test_the_split_that_is_asked_for_is_looked_at(jamendo):
    shutil.rmtree(next(jamendo.rglob("split-0")))
    found = {check.name: check for check in validate_dataset("jamendo", jamendo, split=1)}
    assert "loading" not in found
    assert found["split"].found == "test 1, train 1, validation 1"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("mood/theme---happy", "genre---pop", "line 2 has no tag that begins with mood/theme"),
        ("2\t2\t1\t24/224", "1\t2\t1\t24/224", "hold tracks twice: 1"),
        ("TAGS", "TAG", "has no column TAGS"),
    ],
)
def test_broken_tables_are_refused(jamendo, old, new, message):
    path = next(jamendo.rglob("split-0/*validation.tsv"))
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(DatasetError, match=message):
        load_dataset("jamendo", jamendo)


def test_real_jamendo(mer_data):
    if not (mer_data / "jamendo").is_dir():
        pytest.skip("no folder jamendo in the real data")
    dataset = load_dataset("jamendo", mer_data / "jamendo", missing="keep")
    assert len(dataset) == 4231
    tags = dataset.y("tags")
    assert tags.shape == (4231, 56)
    assert tags.sum(axis=1).min() >= 1
    assert (tags.sum(axis=1) == 1).sum() == 2246
    tags_found, split = check_jamendo(mer_data / "jamendo")
    assert tags_found.verdict == "ok"
    # The copy holds one part of three.
    assert (split.verdict, split.found[:13]) == ("note", "of test alone")
