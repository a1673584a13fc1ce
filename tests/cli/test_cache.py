"""``mer cache``: what is kept, and whether it is whole."""

from __future__ import annotations

import json
import sqlite3

import numpy as np
import pytest

from mer_sklearn.cli import main
from mer_sklearn.extraction.cache import FILE_NAME, RowCache, open_cache


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The user's cache, which holds three rows."""
    monkeypatch.setenv("MER_CACHE", str(tmp_path / "cache"))
    with open_cache(True) as cache:
        cache.put({bytes([n]): np.full(3, n, np.float32) for n in (1, 2, 3)})
    return tmp_path / "cache"


def test_info_says_where_and_how_much(folder, capsys):
    assert main(["cache", "info"]) == 0
    out = capsys.readouterr().out
    assert str(folder / FILE_NAME) in out
    assert "3 rows, 0 files" in out
    assert "of at most 10.0 GiB" in out


def test_info_as_json(folder, capsys):
    assert main(["cache", "info", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n_rows"] == 3


@pytest.mark.parametrize("command", ["info", "clear", "verify"])
def test_a_cache_that_is_not_there_is_not_made(tmp_path, capsys, command):
    assert main(["cache", command, "--cache", str(tmp_path / "none")]) == 0
    assert not (tmp_path / "none").exists()
    assert str(tmp_path / "none") in capsys.readouterr().out


def test_clear_removes_rows_and_what_other_versions_left(folder, capsys):
    ours = ["rows-1.sqlite", "rows-1.sqlite-wal", "rows-2.broken", "rows-3.2.broken-shm"]
    for name in ours:
        (folder / name).write_text("old")
    assert main(["cache", "clear"]) == 0
    assert [path.name for path in folder.iterdir()] == [FILE_NAME]
    assert f"removes {len(ours)} files" in capsys.readouterr().err
    with open_cache(True) as cache:
        assert cache.info().n_rows == 0


def test_clear_hashes_keeps_the_rows(folder):
    assert main(["cache", "clear", "--hashes"]) == 0
    with open_cache(True) as cache:
        assert (cache.info().n_rows, cache.info().n_files) == (3, 0)


def test_verify_removes_what_is_damaged_and_says_so_once(folder, capsys):
    assert main(["cache", "verify"]) == 0
    with sqlite3.connect(folder / FILE_NAME) as connection:
        connection.execute("UPDATE rows SET vector = zeroblob(12) WHERE key = x'02'")
    connection.close()
    assert main(["cache", "verify"]) == 1
    assert "3 rows, 1 of them damaged and removed" in capsys.readouterr().out
    assert main(["cache", "verify"]) == 0


def test_clear_leaves_what_is_the_users(folder):
    mine = ["rows-2023.csv", "rows-1.sqlite.bak", "rows-a.sqlite", "rows-of-corn.wav", "mine.txt"]
    for name in mine:
        (folder / name).write_text("mine")
    (folder / "rows-2.sqlite").mkdir()
    (folder / "rows-1.sqlite").symlink_to(folder / "mine.txt")
    assert main(["cache", "clear"]) == 0
    left = {path.name for path in folder.iterdir()}
    assert left == {*mine, "rows-2.sqlite", "rows-1.sqlite", FILE_NAME}


@pytest.mark.parametrize("command", ["info", "verify"])
def test_a_file_that_is_no_cache_is_one_sentence(tmp_path, capsys, command):
    (tmp_path / FILE_NAME).write_bytes(b"no database at all " * 300)
    assert main(["cache", command, "--cache", str(tmp_path)]) == 1
    assert "is damaged or no cache" in capsys.readouterr().err
    assert (tmp_path / FILE_NAME).read_bytes() == b"no database at all " * 300


def test_clear_deletes_a_cache_that_is_damaged(folder, capsys):
    content = bytearray((folder / FILE_NAME).read_bytes())
    content[20:8_000] = bytes(7_980)
    (folder / FILE_NAME).write_bytes(content)
    assert main(["cache", "clear"]) == 0
    assert "was damaged, and is deleted" in capsys.readouterr().err
    assert not (folder / FILE_NAME).exists()


@pytest.mark.parametrize("command", ["info", "clear", "verify"])
def test_a_database_of_another_program_is_not_touched(tmp_path, capsys, command):
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute("CREATE TABLE letters (text TEXT)")
    connection.close()
    before = (tmp_path / FILE_NAME).read_bytes()
    assert main(["cache", command, "--cache", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "is a database of another program. Give another folder" in said
    assert "elete" not in said
    assert (tmp_path / FILE_NAME).read_bytes() == before


@pytest.fixture
def read_only(folder, monkeypatch):
    """The cache, as a system has it that takes no writing; one of its rows is damaged."""
    with sqlite3.connect(folder / FILE_NAME) as connection:
        connection.execute("UPDATE rows SET vector = zeroblob(12) WHERE key = x'02'")
    connection.close()

    def refuse(self):
        msg = "attempt to write a readonly database"
        raise sqlite3.OperationalError(msg)

    monkeypatch.setattr(RowCache, "_use_log", refuse)
    return folder


def test_a_read_only_cache_can_be_looked_at(read_only, capsys):
    before = (read_only / FILE_NAME).read_bytes()
    assert main(["cache", "info"]) == 0
    assert "3 rows, 0 files" in capsys.readouterr().out
    assert main(["cache", "verify"]) == 1
    assert "1 of them damaged and still there, as nothing can" in capsys.readouterr().out
    assert main(["cache", "clear"]) == 1
    assert "cannot be used (attempt to write a readonly database)" in capsys.readouterr().err
    assert (read_only / FILE_NAME).read_bytes() == before
    assert [path.name for path in read_only.iterdir()] == [FILE_NAME]
