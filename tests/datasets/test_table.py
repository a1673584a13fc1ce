from __future__ import annotations

import pytest

from mer_sklearn.audio import Segment
from mer_sklearn.datasets import load_dataset
from mer_sklearn.errors import DatasetError, InputError


def test_classes(table, tmp_path):
    path = table("file,emotion", "a.wav,happy", "b.wav,NA")
    dataset = load_dataset("table", path)
    assert dataset.name == "songs.csv"
    assert dataset.paths == [str(tmp_path / "a.wav"), str(tmp_path / "b.wav")]
    assert dataset.y().tolist() == ["happy", "NA"]
    assert dataset.groups is None


def test_names_of_columns_are_read_in_any_case(table):
    dataset = load_dataset("table", table("Path;Artist;LABEL", "a.wav;x;sad", "b.wav;y;calm"))
    assert dataset.y("label").tolist() == ["sad", "calm"]
    assert dataset.groups.tolist() == ["x", "y"]
    assert dataset.info.group == "artist"


def test_emotion_label_and_va_are_three_targets(table):
    path = table("file,arousal,valence,label,emotion", "a.wav,-0.5,0.5,x,sad", "b.wav,1,-1,y,calm")
    dataset = load_dataset("table", path)
    assert list(dataset.targets) == ["emotion", "label", "va"]
    assert dataset.y("va").to_dict("list") == {"valence": [0.5, -1.0], "arousal": [-0.5, 1.0]}


def test_one_of_valence_and_arousal_is_a_target_by_itself(table):
    dataset = load_dataset("table", table("file,arousal", "a.wav,-0.5"))
    assert dataset.y("arousal").tolist() == [-0.5]


@pytest.mark.parametrize("scale", ["1,9", (1, 9), " 1 , 9 ", [1.0, 9.0]])
def test_scale_brings_numbers_to_one(table, scale):
    path = table("file,valence,arousal", "a.wav,1,9", 'b.wav,5,"6,5"')
    dataset = load_dataset("table", path, scale=scale)
    assert dataset.y("va").to_numpy().tolist() == [[-1.0, 1.0], [0.0, 0.375]]


def test_numbers_without_scale_are_kept_bit_for_bit(table):
    dataset = load_dataset("table", table("file,valence,arousal", "a.wav,0.1,-0.7"))
    assert dataset.y("va").to_numpy().tolist() == [[0.1, -0.7]]


def test_ratings_without_a_scale_are_refused_with_the_cause(table):
    path = table("file,valence,arousal", "a.wav,0.5,0.5", "b.wav,7.5,2")
    with pytest.raises(DatasetError, match=r"'valence' .* -1 to 1: 7\.5 in line 3\. .*scale=1,9"):
        load_dataset("table", path)


def test_numbers_outside_the_scale_are_refused_with_the_cause(table):
    path = table("file,valence,arousal", "a.wav,3,0", "b.wav,7,2")
    with pytest.raises(DatasetError, match=r"'arousal' .* 1 to 9: 0 in line 2\. .*'no answer'"):
        load_dataset("table", path, scale="1,9")


def test_numbers_that_are_never_negative_are_remarked(table):
    path = table("file,valence,arousal", "a.wav,0.3,0", "b.wav,0.7,1")
    (remark,) = load_dataset("table", path).remarks
    assert "scale=0,1" in remark
    assert load_dataset("table", path, scale=(0, 1)).remarks == ()


@pytest.mark.parametrize("scale", ["9,1", "1", "1,2,3", "low,high", (1, 1), ("a",), "0,inf", 5])
def test_scale_that_is_none_is_refused(table, scale):
    path = table("file,valence,arousal", "a.wav,3,4")
    with pytest.raises(InputError, match=r"scale=.* must be the lowest and the highest number"):
        load_dataset("table", path, scale=scale)


def test_scale_of_classes_is_refused(table):
    with pytest.raises(InputError, match=r"scale=.* has no meaning"):
        load_dataset("table", table("file,emotion", "a.wav,sad"), scale="1,9")


def test_target_is_any_column(table):
    path = table("file,emotion,quadrant,energy", "a.wav,x,1,0.5", "b.wav,y,2,3")
    quadrant = load_dataset("table", path, target="quadrant")
    assert quadrant.y().tolist() == ["1", "2"]
    assert list(quadrant.targets) == ["quadrant"]
    assert load_dataset("table", path, target="energy").y().tolist() == [0.5, 3.0]
    assert load_dataset("table", path, target="quadrant", task="regression").y().tolist() == [1, 2]


def test_several_targets_are_numbers(table):
    path = table("file,joy,fear", "a.wav,1,0", "b.wav,4,3")
    dataset = load_dataset("table", path, target="joy, fear", scale="0,4")
    assert list(dataset.targets) == ["joy,fear"]
    assert dataset.y().to_numpy().tolist() == [[-0.5, -1.0], [1.0, 0.5]]


def test_valence_goes_before_arousal(table):
    path = table("file,Arousal,Valence", "a.wav,-0.5,0.25")
    dataset = load_dataset("table", path, target="Arousal,Valence")
    assert dataset.target("va").columns == ("Valence", "Arousal")


def test_label_nan_among_words_is_a_class(table):
    path = table("file,mood", "a.wav,nan", "b.wav,happy")
    assert load_dataset("table", path, target="mood").y().tolist() == ["nan", "happy"]


def test_target_that_is_no_column_gets_the_nearest(table):
    path = table("file,energy", "a.wav,0.5")
    with pytest.raises(InputError, match=r"column of songs\.csv 'enery'.*Did you mean 'energy'\?"):
        load_dataset("table", path, target="enery")


def test_several_columns_are_no_classes(table):
    path = table("file,joy,fear", "a.wav,1,0")
    with pytest.raises(InputError, match="classes stand in one"):
        load_dataset("table", path, target="joy,fear", task="classification")


def test_word_among_numbers_is_named(table):
    path = table("file,joy,fear", "a.wav,1,0", "b.wav,high,1")
    with pytest.raises(DatasetError, match="'joy' must hold numbers; got 'high' in line 3"):
        load_dataset("table", path, target="joy,fear")


@pytest.mark.parametrize("column", ["group", "artist", "actor", "speaker", "song"])
def test_group_is_known_by_the_name_of_its_column(table, column):
    path = table(f"file,{column},emotion", "a.wav,01,sad", "b.wav,1,happy")
    dataset = load_dataset("table", path)
    assert dataset.groups.tolist() == ["01", "1"]
    assert dataset.info.group == column


def test_first_known_group_wins_and_an_option_overrules(table):
    path = table("file,song,artist,singer,emotion", "a.wav,s,x,z,sad", "b.wav,s,y,z,happy")
    assert load_dataset("table", path).groups.tolist() == ["x", "y"]
    dataset = load_dataset("table", path, groups="singer")
    assert dataset.groups.tolist() == ["z", "z"]
    assert dataset.info.group == "singer"


def test_groups_that_are_no_column_get_the_nearest(table):
    path = table("file,artist,emotion", "a.wav,x,sad")
    with pytest.raises(InputError, match="Did you mean 'artist'"):
        load_dataset("table", path, groups="artists")


def test_row_without_a_group_is_alone(table):
    path = table("file,artist,emotion", "a.wav,,sad", "b.wav,,calm", "c.wav,x,sad")
    dataset = load_dataset("table", path)
    assert dataset.groups.tolist() == ["a.wav", "b.wav", "x"]
    assert dataset.remarks == ("2 rows without artist are their own group.",)


@pytest.mark.parametrize(
    ("header", "first", "second"),
    [
        ("offset,duration", "0,1.5", "1.5,"),
        ("start,end", ",1.5", "1.5,"),
        ("start,duration", ",1.5", '"1,5",'),
        ("duration,start,end", "200,0,1.5", "200,1.5,"),
    ],
)
def test_parts_of_a_file_are_segments_in_the_group_of_the_file(
    table, tmp_path, header, first, second
):
    n_more = header.count(",") + 1
    path = table(
        f"file,{header},emotion",
        f"a.wav,{first},sad",
        f"./a.wav,{second},calm",
        f"b.wav{',' * n_more},sad",
    )
    dataset = load_dataset("table", path)
    a, b = str(tmp_path / "a.wav"), str(tmp_path / "b.wav")
    parts = [Segment(a, 0.0, 1.5), Segment(a, 1.5, None), Segment(b, 0.0, None)]
    assert list(dataset.X) == parts
    assert dataset.groups[0] == dataset.groups[1] != dataset.groups[2]
    assert dataset.info.group == "file"


def test_parts_of_a_file_in_several_groups_are_refused(table):
    path = table("file,offset,artist,emotion", "a.wav,0,x,sad", "a.wav,1,y,sad")
    with pytest.raises(DatasetError, match=r"a\.wav has parts in several groups \(artist\)"):
        load_dataset("table", path)


@pytest.mark.parametrize("part", ["-1,2", "2,2", "3,2"])
def test_part_that_ends_before_it_begins_is_refused(table, part):
    path = table("file,start,end,emotion", "a.wav,0,1,sad", f"a.wav,{part},sad")
    with pytest.raises(DatasetError, match="the part in line 3 begins before"):
        load_dataset("table", path)


@pytest.mark.parametrize(
    "lines",
    [
        ["file,emotion", "a.wav,sad", "./a.wav,happy"],
        ["file,offset,emotion", "a.wav,,sad", "a.wav,0,happy"],
        ["file,offset,duration,emotion", "a.wav,1,2,sad", "a.wav,1.0,2,sad"],
    ],
    ids=["file", "beginning", "part"],
)
def test_same_audio_twice_is_refused(table, lines):
    with pytest.raises(DatasetError, match="line 3 names audio that an earlier line has"):
        load_dataset("table", table(*lines))


def test_link_to_the_same_audio_is_refused(table, tmp_path):
    (tmp_path / "link.wav").symlink_to(tmp_path / "a.wav")
    with pytest.raises(DatasetError, match="line 3 names audio that an earlier line has"):
        load_dataset("table", table("file,emotion", "a.wav,sad", "link.wav,sad"))


def test_missing_files_are_named_and_counted(table):
    rows = [f"gone{i}.wav,sad" for i in range(7)]
    with pytest.raises(DatasetError, match=r"7 of 8 files .*gone0.*gone4\.wav and 2 more"):
        load_dataset("table", table("file,emotion", "a.wav,sad", *rows))


def test_absolute_paths_are_kept(table, tmp_path, write_audio):
    elsewhere = write_audio(tmp_path / "else" / "where.wav")
    dataset = load_dataset("table", table("file,emotion", f"{elsewhere},sad"))
    assert dataset.paths == [str(elsewhere)]


@pytest.mark.parametrize("column", ["emotion", "valence"])
def test_missing_labels_are_named(table, column):
    path = table(f"file,{column},note", "a.wav,0.5,", "b.wav,,", "c.wav,,x")
    with pytest.raises(DatasetError, match=f"'{column}' is empty in line 3, 4"):
        load_dataset("table", path)


def test_row_without_a_file_is_named(table):
    with pytest.raises(DatasetError, match="'file' is empty in line 3"):
        load_dataset("table", table("file,emotion", "a.wav,sad", ",sad"))


def test_table_without_files_is_refused(table):
    with pytest.raises(DatasetError, match="no column 'file' or 'path', only name, emotion"):
        load_dataset("table", table("name,emotion", "a.wav,sad"))


def test_table_without_targets_is_refused(table):
    with pytest.raises(DatasetError, match=r"nothing to learn.*only file, mood.*target="):
        load_dataset("table", table("file,mood", "a.wav,sad"))


def test_folder_is_no_table(tmp_path):
    with pytest.raises(DatasetError, match="is no table but a folder"):
        load_dataset("table", tmp_path)


def test_name_in_windows_1252_finds_its_file(table, tmp_path, write_audio):
    write_audio(tmp_path / "Jürgen.wav")
    path = table("file;emotion", "Jürgen.wav;sad", encoding="cp1252")
    assert load_dataset("table", path).paths == [str(tmp_path / "Jürgen.wav")]


def test_weights(table):
    path = table("file,emotion,Weight", "a.wav,sad,2.5", "b.wav,calm,")
    assert load_dataset("table", path).weights.tolist() == [2.5, 1.0]
    assert load_dataset("table", table("file,emotion", "a.wav,sad", "b.wav,x")).weights is None


@pytest.mark.parametrize(
    ("weight", "message"), [("0", "'weight' must be above 0; see line 3"), ("x", "hold numbers")]
)
def test_weights_that_make_no_sense_are_refused(table, weight, message):
    with pytest.raises(DatasetError, match=message):
        load_dataset("table", table("file,emotion,weight", "a.wav,sad,1", f"b.wav,calm,{weight}"))
