from __future__ import annotations

import os

import pandas as pd
import pytest

from mer_sklearn.datasets import find_audio
from mer_sklearn.datasets.reading import AUDIO_SUFFIXES, as_numbers, read_table
from mer_sklearn.errors import DatasetError


def names(folder):
    return [path.relative_to(folder).as_posix() for path in find_audio(folder)]


def touch(folder, *files):
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()


@pytest.mark.parametrize("suffix", sorted(AUDIO_SUFFIXES))
def test_extension_is_found_in_any_case(tmp_path, suffix):
    touch(tmp_path, f"a{suffix}", f"b{suffix.upper()}")
    assert names(tmp_path) == [f"a{suffix}", f"b{suffix.upper()}"]


def test_files_are_sorted_and_found_at_any_depth(tmp_path):
    touch(tmp_path, "z.wav", "b/c/d.wav", "a.wav", "b/a.wav")
    assert names(tmp_path) == ["a.wav", "b/a.wav", "b/c/d.wav", "z.wav"]


def test_hidden_and_other_files_are_passed_over(tmp_path):
    touch(tmp_path, "a.wav", "._a.wav", ".git/b.wav", "__MACOSX/c.wav", "d.txt", "wav", ".wav")
    (tmp_path / "folder.mp3").mkdir()
    assert names(tmp_path) == ["a.wav"]


def test_loop_of_links_ends(tmp_path):
    touch(tmp_path, "a/b/c.wav")
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "x").symlink_to(tmp_path / "y")
    (tmp_path / "y").symlink_to(tmp_path / "x")
    assert names(tmp_path) == ["a/b/c.wav"]


def test_linked_folder_is_entered_once(tmp_path):
    touch(tmp_path, "elsewhere/c.wav")
    root = tmp_path / "root"
    root.mkdir()
    for link in ("a", "b"):
        (root / link).symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert names(root) == ["a/c.wav"]


def test_broken_link_is_listed_so_that_reading_names_it(tmp_path):
    (tmp_path / "a.wav").symlink_to(tmp_path / "gone.wav")
    assert names(tmp_path) == ["a.wav"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "a.wav")
    assert names(tmp_path) == []


def test_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="nowhere: cannot be listed"):
        find_audio(tmp_path / "nowhere")


def test_file_in_place_of_a_folder_is_refused(tmp_path):
    touch(tmp_path, "a.wav")
    with pytest.raises(DatasetError, match=r"a\.wav: cannot be listed"):
        find_audio(tmp_path / "a.wav")


@pytest.mark.parametrize("mark", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_table_is_read_as_spreadsheets_write_it(tmp_path, mark, encoding, end):
    path = tmp_path / "t.csv"
    text = end.join([f"file{mark} note", f"a.wav{mark} Jürgen", "", mark, f"b.wav{mark}NA", ""])
    path.write_bytes(text.encode(encoding))
    table = read_table(path)
    assert list(table) == ["file", "note"]
    assert table["note"].tolist() == ["Jürgen", "NA"]


def test_rows_keep_their_line(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('a,b\n1,"two\nlines"\n\n3,4\n')
    assert read_table(path).index.tolist() == [3, 5]


def test_delimiter_inside_quotes_does_not_count(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('"a;b;c",d\n1,2\n')
    assert list(read_table(path)) == ["a;b;c", "d"]


def test_column_without_a_name_is_left_out(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(",file,emotion\n0,a.wav,sad\n")
    assert list(read_table(path)) == ["file", "emotion"]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "holds no rows"),
        (b"\n\n", "holds no rows"),
        (b"file,emotion\n", "holds no rows"),
        (b"file,emotion\na.wav,sad,3\n", "header has 2 cells, but line 2 has"),
        (b"file,emotion\na.wav,sad\nb.wav\n", "header has 2 cells, but line 3 has"),
        (b"file,x,x\na.wav,1,2\n", "several columns named x"),
        (b"\x81\x8d,\xff\n1,2\n", "cannot be read as a table"),
        (b"\xff\xfea", "cannot be read as a table"),
    ],
    ids=["empty", "blank", "no-rows", "long-row", "short-row", "twice", "bytes", "half-utf16"],
)
def test_broken_table_is_refused(tmp_path, raw, message):
    path = tmp_path / "t.csv"
    path.write_bytes(raw)
    with pytest.raises(DatasetError, match=message):
        read_table(path)


def test_giant_cell_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1," + "x" * 200_000 + "\n")
    with pytest.raises(DatasetError, match="field larger than field limit"):
        read_table(path)


def test_decimal_comma_is_a_number(tmp_path):
    column = pd.Series(["1,5", "-2.25", "3"], name="valence")
    assert as_numbers(column, tmp_path).tolist() == [1.5, -2.25, 3.0]


def test_empty_cell_is_nan(tmp_path):
    assert as_numbers(pd.Series(["", "1"], name="offset"), tmp_path).isna().tolist() == [
        True,
        False,
    ]


@pytest.mark.parametrize("cell", ["high", "inf", "nan", "1,2,3"])
def test_cell_that_is_no_number_is_named(tmp_path, cell):
    column = pd.Series(["1", cell], index=[2, 3], name="valence")
    with pytest.raises(DatasetError, match=f"'valence' must hold numbers; got '{cell}' in line 3"):
        as_numbers(column, tmp_path)


def test_ragged_rows(tmp_path):
    path = tmp_path / "tags.tsv"
    path.write_text("ID\tTAGS\n1\ta\tb\tc\n2\n3\td\n")
    with pytest.raises(DatasetError, match="line 2, 3 has more or fewer"):
        read_table(path)
    table = read_table(path, ragged=True)
    assert table["TAGS"].tolist() == ["a\tb\tc", "", "d"]
    assert table["ID"].tolist() == ["1", "2", "3"]
