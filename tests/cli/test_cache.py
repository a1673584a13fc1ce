"""``mer cache``: what is kept, and whether it is whole."""

from __future__ import annotations

import json
import sqlite3

import numpy as np
import pytest

from mer_sklearn.cli import main
from mer_sklearn.extraction.cache import FILE_NAME, open_cache


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
    (folder / "rows-1.sqlite").write_text("old")
    (folder / "rows-2.broken").write_text("broken")
    (folder / "mine.txt").write_text("mine")
    assert main(["cache", "clear"]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["mine.txt", FILE_NAME]
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


@pytest.mark.parametrize("command", ["info", "clear", "verify"])
def test_a_file_that_is_no_cache_is_one_sentence(tmp_path, capsys, command):
    (tmp_path / FILE_NAME).write_bytes(b"no database at all " * 300)
    assert main(["cache", command, "--cache", str(tmp_path)]) == 1
    assert "is damaged or no cache" in capsys.readouterr().err
    assert (tmp_path / FILE_NAME).read_bytes() == b"no database at all " * 300
