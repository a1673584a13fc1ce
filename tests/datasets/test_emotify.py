from __future__ import annotations

import shutil

import numpy as np
import pytest

from mer_sklearn.datasets import load_dataset, validate_dataset
from mer_sklearn.errors import DatasetError


def edit(root, old, new):
    path = root / "data.csv"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_shares_and_the_emotion_in_front(emotify):
    dataset = load_dataset("emotify", emotify)
    calm = dataset.frame.iloc[0]
    assert calm["emotion"] == "calmness"
    assert calm["n_raters"] == 3
    assert dataset.y("gems").iloc[0].to_dict() == pytest.approx(
        dict.fromkeys(dataset.y("gems"), 0.0) | {"calmness": 2 / 3, "sadness": 1 / 3}
    )


def test_track_is_the_file_of_its_genre(emotify):
    frame = load_dataset("emotify", emotify).frame
    assert dict(zip(frame["track_id"], frame["file"], strict=True)) == {
        1: "classical/1.mp3",
        102: "rock/2.mp3",
    }


def test_tie_goes_to_the_first_column_and_is_counted(emotify):
    dataset = load_dataset("emotify", emotify)
    assert dataset.y("emotion").tolist() == ["calmness", "power"]
    assert any(remark.startswith("1 songs have several emotions") for remark in dataset.remarks)


def test_song_that_moved_nobody_is_dropped_and_counted(emotify):
    dataset = load_dataset("emotify", emotify)
    assert 202 not in set(dataset.frame["track_id"])
    assert "1 songs that moved nobody were dropped." in dataset.remarks


def test_artists_come_from_the_tags(emotify):
    dataset = load_dataset("emotify", emotify)
    assert dataset.groups.tolist() == ["Ann", "Bob"]
    assert dataset.frame["artist"].tolist() == ["Ann", "Bob"]


def test_groups_file_goes_before_the_tags(emotify):
    lines = ["track_id,artist,group", "102,Bob & Ann,both", "1,Ann,both", "7,x,y"]
    (emotify / "groups.csv").write_text("\n".join(lines))
    dataset = load_dataset("emotify", emotify)
    assert dataset.groups.tolist() == ["both", "both"]
    assert dataset.frame["artist"].tolist() == ["Ann", "Bob & Ann"]


def test_song_without_an_artist_is_its_own_group(emotify, write_audio):
    write_audio(emotify / "rock" / "2.mp3")
    dataset = load_dataset("emotify", emotify)
    assert dataset.groups.tolist() == ["Ann", "track 102"]
    assert "1 songs without an artist are their own group." in dataset.remarks


def test_compilation_is_remarked(emotify, write_audio):
    write_audio(emotify / "rock" / "2.mp3", artist="DJ Cary")
    assert any("tagged DJ Cary" in remark for remark in load_dataset("emotify", emotify).remarks)


def test_without_any_artist_songs_are_the_groups(emotify, write_audio):
    write_audio(emotify / "rock" / "2.mp3")
    (emotify / "classical" / "1.mp3").write_bytes(b"no audio")
    dataset = load_dataset("emotify", emotify)
    assert dataset.groups.tolist() == ["track 1", "track 102"]
    assert dataset.info.group == "song"
    assert any(remark.startswith("No artists") for remark in dataset.remarks)


@pytest.mark.parametrize("place", ["emotifymusic", "excerpts"])
def test_genres_may_lie_one_folder_down(emotify, place):
    (emotify / place).mkdir()
    for genre in ("classical", "rock", "electronic"):
        shutil.move(emotify / genre, emotify / place)
    dataset = load_dataset("emotify", emotify)
    assert dataset.frame["file"].tolist() == [f"{place}/classical/1.mp3", f"{place}/rock/2.mp3"]
    assert dataset.paths == [str(emotify / file) for file in dataset.frame["file"]]


def test_the_place_with_most_of_the_songs_counts(emotify, write_audio):
    write_audio(emotify / "few" / "rock" / "2.mp3")
    shutil.move(emotify / "classical", emotify / "whole" / "classical")
    shutil.move(emotify / "rock", emotify / "whole" / "rock")
    assert all("/whole/" in path for path in load_dataset("emotify", emotify).paths)


def test_labels_alone_need_no_audio(emotify):
    for genre in ("classical", "rock", "electronic"):
        shutil.rmtree(emotify / genre)
    dataset = load_dataset("emotify", emotify, missing="keep")
    assert dataset.frame["track_id"].tolist() == [1, 102]
    assert dataset.paths[1] == str(emotify / "emotifymusic" / "rock" / "2.mp3")
    found = {check.name: check for check in validate_dataset("emotify", emotify, audio=False)}
    assert found["rows"].found == "2 of 400"
    assert "audio" not in found


def test_song_without_audio_is_dropped_and_named(emotify):
    (emotify / "rock" / "2.mp3").unlink()
    dataset = load_dataset("emotify", emotify)
    assert dataset.frame["track_id"].tolist() == [1]
    assert "1 of 2 clips lack their audio and were left out: rock/2." in dataset.remarks


def test_no_audio_at_all_says_where_it_belongs(emotify):
    for genre in ("classical", "rock", "electronic"):
        shutil.rmtree(emotify / genre)
    where = r"none of 2 clips .*emotifymusic/\*\.mp3.* as classical/1"
    with pytest.raises(DatasetError, match=where):
        load_dataset("emotify", emotify)


def test_without_data_csv_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"holds no data\.csv"):
        load_dataset("emotify", tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (" tension,", " stress,", "has no column tension"),
        ("track id", "song", "has no column track_id"),
        ("\n1,classical,0", "\n1,classical,2", "'amazement' must be 0 or 1; line 2, 3, 4 has"),
        ("\n102,", "\n102.5,", "'track_id' must be a whole number from 1; see line 5"),
        ("\n102,", "\n,", "'track_id' must be a whole number from 1; see line 5"),
        ("\n102,", "\nsix,", "must hold numbers; got 'six' in line 5"),
    ],
)
def test_broken_table_is_refused(emotify, old, new, message):
    edit(emotify, old, new)
    with pytest.raises(DatasetError, match=message):
        load_dataset("emotify", emotify)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["track_id,artist", "1,x"], "must have the columns track_id and group; has track_id, art"),
        (["track_id,group", "1,x"], "track 102 must have one line with a group"),
        (["track_id,group", "1,x", "102,"], "track 102 must have one line with a group"),
        (["track_id,group", "1,x", "102,y", "1,z"], "track 1 must have one line with a group"),
    ],
    ids=["no-column", "no-line", "no-group", "two-lines"],
)
def test_broken_groups_file_is_refused(emotify, lines, message):
    (emotify / "groups.csv").write_text("\n".join(lines))
    with pytest.raises(DatasetError, match=message):
        load_dataset("emotify", emotify)


def test_real_excerpts(mer_data):
    dataset = load_dataset("emotify", mer_data / "emotify")
    assert len(dataset) == 400
    assert len(set(dataset.groups)) == 137
    assert dataset.frame["track_id"].tolist() == list(range(1, 401))
    assert dataset.frame["n_raters"].sum() == 8407
    assert dataset.remarks == ("57 songs have several emotions in front: emotion is the first.",)
    shares = dataset.y("gems").mean()
    assert shares.idxmax() == "calmness"
    assert np.round(shares[["calmness", "amazement"]], 2).tolist() == [0.30, 0.13]


def test_real_tags(mer_data, tmp_path):
    shutil.copy(mer_data / "emotify" / "data.csv", tmp_path)
    (tmp_path / "emotifymusic").symlink_to(mer_data / "emotify" / "full")
    dataset = load_dataset("emotify", tmp_path)
    assert len(dataset) == 8
    artists = dict(zip(dataset.frame["file"], dataset.groups, strict=True))
    assert artists["emotifymusic/classical/66.mp3"] == "Ivan Ilic"
    assert any("tagged DJ Cary" in remark for remark in dataset.remarks)


def test_real_pairs_of_one_recording_stay_together(mer_data):
    dataset = load_dataset("emotify", mer_data / "emotify")
    group = dict(zip(dataset.frame["track_id"], dataset.groups, strict=True))
    for one, other in ((54, 80), (163, 166), (170, 176), (172, 175), (359, 366)):
        assert group[one] == group[other]
