"""The cache: keys that follow the bytes, a file that never stops a run."""

from __future__ import annotations

import gc
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mer_sklearn.audio import Clip, Segment
from mer_sklearn.errors import InputError, MerWarning
from mer_sklearn.extraction import cache as cache_module
from mer_sklearn.extraction import contents
from mer_sklearn.extraction.cache import FILE_NAME, RowCache, open_cache
from mer_sklearn.extraction.contents import content_key


def vectors(*numbers):
    return {bytes([n]): np.full(3, n, np.float32) for n in numbers}


def use(folder, *actions):
    """Open a cache, do something with it, and return what came of it."""
    with open_cache(folder) as cache:
        return [action(cache) for action in actions]


def is_absent(cache):
    return cache is None


@pytest.fixture
def filled(tmp_path):
    """A folder whose cache holds the vectors 1 to 3."""
    with open_cache(tmp_path) as cache:
        cache.put(vectors(1, 2, 3))
    return tmp_path


# ---- What it keeps ----


def test_what_was_put_is_there_the_next_time(filled):
    with open_cache(filled) as cache:
        found = cache.get([b"\1", b"\3", b"\7"])
    assert sorted(found) == [b"\1", b"\3"]
    np.testing.assert_array_equal(found[b"\3"], np.float32([3, 3, 3]))
    assert found[b"\3"].dtype == np.float32


def test_more_keys_than_one_query_takes(tmp_path):
    keys = [number.to_bytes(4, "big") for number in range(2 * cache_module.QUESTIONS + 3)]
    with open_cache(tmp_path) as cache:
        cache.put({key: np.zeros(1, np.float32) for key in keys})
        assert list(cache.get([*keys, b"other"])) == keys


def test_a_vector_put_again_replaces_the_old_one(filled):
    with open_cache(filled) as cache:
        cache.put({b"\1": np.float32([9])})
        assert cache.get([b"\1"])[b"\1"].tolist() == [9]


@pytest.mark.parametrize("choice", [None, False])
def test_there_may_be_none(choice):
    with open_cache(choice) as cache:
        assert cache is None


def test_true_is_the_folder_of_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("MER_CACHE", str(tmp_path / "a" / "b"))
    with open_cache(True):
        pass
    assert (tmp_path / "a" / "b" / FILE_NAME).is_file()


def test_without_it_true_is_the_users_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("MER_CACHE")
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    with open_cache(True):
        pass
    assert [path.name for path in tmp_path.rglob(FILE_NAME)] == [FILE_NAME]


@pytest.mark.parametrize("choice", [5, 0.5, ["a"]])
def test_nonsense_is_refused(choice):
    with pytest.raises(InputError, match=r"cache=.*True, False or the path"):
        use(choice)


# ---- What goes wrong ----


def test_a_file_that_is_no_cache_is_set_aside(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"no database at all, but a hundred bytes of text " * 40)
    with pytest.warns(MerWarning, match="is no cache; it is set aside as") as caught:
        use(tmp_path, lambda cache: cache.put(vectors(1)))
    assert len(caught) == 1
    assert (tmp_path / FILE_NAME).with_suffix(".broken").is_file()
    with open_cache(tmp_path) as cache:
        assert list(cache.get([b"\1"])) == [b"\1"]


def test_damage_found_on_the_way_costs_one_warning(tmp_path):
    many = {n.to_bytes(4, "big"): np.full(200, n, np.float32) for n in range(500)}
    with open_cache(tmp_path) as cache:
        cache.put(many)
    file = tmp_path / FILE_NAME
    content = bytearray(file.read_bytes())
    content[8_192:] = bytes(len(content) - 8_192)  # the first pages are left whole
    file.write_bytes(content)
    with pytest.warns(MerWarning, match="the cache fails") as caught:
        found, *_ = use(
            tmp_path,
            lambda cache: cache.get(list(many)),
            lambda cache: cache.put(many),
            lambda cache: cache.get(list(many)),
        )
    assert len(found) < 500
    assert len(caught) == 1


def test_a_full_disk_costs_one_warning(tmp_path):
    large = {b"\1": np.zeros(100_000, np.float32)}
    with pytest.warns(MerWarning, match=r"the cache fails .*full") as caught:
        *_, found = use(
            tmp_path,
            lambda cache: cache._connection.execute("PRAGMA max_page_count = 8").fetchall(),
            lambda cache: cache.put(large),
            lambda cache: cache.put(large),
            lambda cache: cache.get([b"\1"]),
        )
    assert found == {}
    assert len(caught) == 1


def test_a_folder_that_cannot_be_made_costs_the_cache_only(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.warns(MerWarning, match="no cache this time"):
        assert use(tmp_path / "taken", is_absent) == [True]


def test_a_folder_in_the_place_of_the_file_costs_the_cache_only(tmp_path):
    (tmp_path / FILE_NAME).mkdir()
    with pytest.warns(MerWarning, match="no cache this time"):
        assert use(tmp_path, is_absent) == [True]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
def test_a_read_only_folder_costs_the_cache_only(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.warns(MerWarning, match="no cache this time"):
        assert use(tmp_path, is_absent) == [True]


def test_a_table_of_another_form_costs_the_cache_only(tmp_path):
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    connection.execute("CREATE TABLE rows (something TEXT)")
    connection.close()
    with pytest.warns(MerWarning, match="is no cache; it is set aside"):
        assert use(tmp_path, lambda cache: cache.get([b"\1"])) == [{}]
    assert (
        sqlite3.connect((tmp_path / FILE_NAME).with_suffix(".broken"))
        .execute("SELECT * FROM rows")
        .fetchall()
        == []
    )


def test_damage_is_set_aside_and_the_next_run_has_a_cache(tmp_path):
    test_damage_found_on_the_way_costs_one_warning(tmp_path)
    assert (tmp_path / FILE_NAME).with_suffix(".broken").is_file()
    with open_cache(tmp_path) as cache:
        cache.put(vectors(1))
        assert list(cache.get([b"\1", b"\2"])) == [b"\1"]


def test_a_second_broken_file_leaves_the_first(tmp_path):
    for text in (b"first ", b"second "):
        (tmp_path / FILE_NAME).write_bytes(text * 1_000)
        with pytest.warns(MerWarning, match="set aside as"):
            use(tmp_path, is_absent)
    broken = sorted(tmp_path.glob("*.broken"), key=lambda path: len(path.name))
    assert [path.read_bytes()[:5] for path in broken] == [b"first", b"secon"]


def test_what_cannot_be_set_aside_is_not_said_to_be(tmp_path, monkeypatch):
    (tmp_path / FILE_NAME).write_bytes(b"no database at all " * 300)

    def refuse(self, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.warns(
        MerWarning, match=r"it stays, as it cannot be set aside \(Permission"
    ) as told:
        assert use(tmp_path, is_absent) == [True]
    assert len(told) == 1


def test_what_failed_is_remembered_until_it_is_distrusted(tmp_path):
    with open_cache(tmp_path) as cache:
        cache.put_failures({b"\1": "is no audio", b"\2": "caf\udce9: odd"})
        assert cache.info().n_failures == 2
    with open_cache(tmp_path) as cache:
        found = cache.failures([b"\1", b"\2", b"\3"])
        assert found == {b"\1": "is no audio", b"\2": "caf\udce9: odd"}
    with open_cache(tmp_path, rehash=True) as cache:
        assert cache.failures([b"\1"]) == {}
        cache.clear()
        assert cache.info().n_failures == 0


def test_a_disk_that_is_full_is_written_to_once_and_read_further(filled):
    with open_cache(filled) as cache:
        cache._connection.execute("PRAGMA max_page_count = 8").fetchall()
        with pytest.warns(MerWarning, match="what is computed from here on is not kept"):
            cache.put({b"\5": np.zeros(100_000, np.float32)})
        cache.put(vectors(4))
        assert list(cache.get([b"\1", b"\4", b"\5"])) == [b"\1"]


def test_a_read_only_database_costs_the_cache_only(tmp_path, monkeypatch):
    def refuse(*arguments, **options):
        msg = "attempt to write a readonly database"
        raise sqlite3.OperationalError(msg)

    monkeypatch.setattr(RowCache, "_prepare", refuse)
    with pytest.warns(MerWarning, match=r"no cache this time \(attempt to write a readonly"):
        assert use(tmp_path, is_absent) == [True]


WRITE = """
import sys
import numpy as np
from mer_sklearn.extraction.cache import open_cache
folder, first = sys.argv[1], int(sys.argv[2])
for start in range(first, first + 200, 10):
    with open_cache(folder) as cache:
        keys = [number.to_bytes(4, "big") for number in range(start, start + 10)]
        cache.put({key: np.full(50, start, np.float32) for key in keys})
        assert len(cache.get(keys)) == 10
"""


def test_two_processes_write_at_once(tmp_path):
    command = [sys.executable, "-W", "error", "-c", WRITE, str(tmp_path)]
    running = [subprocess.Popen([*command, first]) for first in ("0", "100", "1000")]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    keys = [n.to_bytes(4, "big") for n in [*range(300), *range(1000, 1200)]]
    with open_cache(tmp_path) as cache:
        assert len(cache.get(keys)) == 500


KILLED = """
import os, signal, sys
import numpy as np
from mer_sklearn.extraction.cache import open_cache
folder, steps = sys.argv[1], int(sys.argv[2])
with open_cache(folder) as cache:
    cache.put({bytes([n]): np.full(500, n, np.float32) for n in range(40)})
    cache._connection.set_progress_handler(lambda: os.kill(os.getpid(), signal.SIGKILL), steps)
    cache.put({bytes([n]): np.full(500, n, np.float32) for n in range(100, 250)})
print("not killed")
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("steps", [50, 1_000, 4_000])
def test_a_kill_in_the_middle_of_a_write_leaves_all_or_nothing(tmp_path, steps):
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(steps)]
    run = subprocess.run(command, check=False, timeout=60, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (-signal.SIGKILL, "")
    with open_cache(tmp_path) as cache:
        assert cache.verify() == (40, 0)
        found = cache.get([bytes([n]) for n in range(250)])
        assert sorted(found) == [bytes([n]) for n in range(40)]
        cache.put({bytes([n]): np.full(500, n, np.float32) for n in range(100, 250)})
        assert cache.verify() == (190, 0)


def test_kills_at_any_moment_leave_whole_rows(tmp_path):
    for number in range(4):
        command = [sys.executable, "-c", WRITE, str(tmp_path), str(1_000 * number)]
        process = subprocess.Popen(command)
        file = tmp_path / f"{FILE_NAME}-wal"
        before = file.stat().st_size if file.exists() else -1
        while process.poll() is None:
            if file.exists() and file.stat().st_size != before:
                process.kill()
                break
        process.wait()
    with open_cache(tmp_path) as cache:
        n_rows, n_wrong = cache.verify()
        assert n_wrong == 0
        for start in range(0, 4_000, 10):  # a batch is there or not
            keys = [number.to_bytes(4, "big") for number in range(start, start + 10)]
            found = cache.get(keys)
            assert len(found) in (0, 10)
            n_rows -= len(found)
        assert n_rows == 0


def test_a_cache_that_fails_to_open_leaves_nothing_open(tmp_path):
    (tmp_path / "a").write_bytes(b"no database at all " * 100)
    with pytest.raises(sqlite3.DatabaseError):
        RowCache(tmp_path / "a")
    gc.collect()  # an open connection would warn here, from Python 3.13 on


# ---- Rows that are wrong ----


def spoil(folder, statement):
    with sqlite3.connect(folder / FILE_NAME) as connection:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE rows SET vector = zeroblob(12) WHERE key = x'02'",
        "UPDATE rows SET vector = zeroblob(8) WHERE key = x'02'",
        "UPDATE rows SET width = 4 WHERE key = x'02'",
        "UPDATE rows SET vector = 'text' WHERE key = x'02'",
        "UPDATE rows SET vector = (SELECT vector FROM rows WHERE key = x'01'),"
        " checksum = (SELECT checksum FROM rows WHERE key = x'01') WHERE key = x'02'",
    ],
    ids=["bytes", "length", "width", "text", "another row"],
)
def test_a_damaged_row_is_not_trusted_and_verify_removes_it(filled, statement):
    spoil(filled, statement)
    with open_cache(filled) as cache:
        assert sorted(cache.get([b"\1", b"\2", b"\3"])) == [b"\1", b"\3"]
        assert cache.verify() == (3, 1)
        assert cache.verify() == (2, 0)


# ---- Size ----


def many(first, count=100):
    return {n.to_bytes(4, "big"): np.full(500, n, np.float32) for n in range(first, first + count)}


def test_the_least_recently_used_leave(tmp_path, monkeypatch):
    clock = iter(range(10_000_000, 20_000_000, 10_000))  # so that each use is noted
    monkeypatch.setattr(cache_module.time, "time", lambda: next(clock))
    cache = RowCache(tmp_path / "rows", limit=2**20)
    for first in range(0, 400, 100):  # .8 MiB
        cache.put(many(first))
    assert cache.info().n_rows == 400
    assert len(cache.get(list(many(100)))) == 100  # used again
    cache.put(many(400))
    cache.put(many(500))
    there = {first: len(cache.get(list(many(first)))) for first in range(0, 600, 100)}
    assert there[100] == there[400] == there[500] == 100
    assert there[0] < 100
    assert (
        cache.info().size - cache_module._companions(tmp_path / "rows")[1].stat().st_size <= 2**20
    )
    assert cache.verify()[1] == 0
    cache.close()
    assert (tmp_path / "rows").stat().st_size <= 2**20


def test_a_batch_larger_than_the_cache_does_no_harm(tmp_path):
    cache = RowCache(tmp_path / "rows", limit=2**17)
    cache.put(many(0, 500))
    assert 0 < cache.info().n_rows < 100
    cache.close()


def test_the_environment_sets_the_limit(tmp_path, monkeypatch):
    monkeypatch.setenv("MER_CACHE_GIB", "0.5")
    assert use(tmp_path, lambda cache: cache.info().limit) == [2**29]
    monkeypatch.setenv("MER_CACHE_GIB", "much")
    with pytest.raises(InputError, match="MER_CACHE_GIB='much' must be"):
        use(tmp_path)


def test_reading_again_within_the_hour_writes_nothing(filled):
    before = (filled / FILE_NAME).read_bytes()
    with open_cache(filled) as cache:
        cache.get([b"\1"])
        assert not (filled / f"{FILE_NAME}-wal").stat().st_size
    assert (filled / FILE_NAME).read_bytes() == before


def test_clear_forgets_all(filled):
    with open_cache(filled) as cache:
        cache.clear()
        assert (cache.info().n_rows, cache.info().n_files) == (0, 0)
        assert cache.get([b"\1"]) == {}


# ---- Keys ----


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(b"some bytes")
    return path


def test_a_key_follows_the_bytes_not_the_name(file):
    key = content_key(file)
    other = file.rename(file.with_name("b.wav"))
    assert content_key(str(other)) == key
    other.write_bytes(b"some bytez")
    assert content_key(other) != key


def test_a_key_tells_segments_apart(file):
    spans = [(0.0, None), (1.0, None), (0.0, 1.0), (1.0, 1.0), (0.0, 1.5)]
    assert len({content_key(Segment(file, *span)) for span in spans}) == len(spans)


def test_the_whole_is_one_key_however_it_is_written(file):
    same = [file, str(file), Segment(file), Segment(str(file), 0), Segment(file, np.float64(0))]
    assert len({content_key(item) for item in same}) == 1
    assert content_key(Segment(file, 1, 2)) == content_key(Segment(file, 1.0, np.float32(2)))


def test_a_key_follows_the_way_files_are_decoded(file, monkeypatch):
    before = content_key(file)
    monkeypatch.setattr(contents, "DECODING", contents.DECODING + 1)
    assert content_key(file) != before


def test_clips_have_no_key():
    assert content_key(Clip(np.zeros(5))) is None


def unreadable(kind: str, folder: Path) -> Path:
    path = folder / "odd.wav"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path.name)
    elif kind == "long":
        path = folder / ("x" * 400)
    elif kind == "nul":
        path = folder / "a\0b"
    return path


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "loop", "long", "nul"])
def test_what_cannot_be_read_has_no_key(tmp_path, kind):
    assert content_key(unreadable(kind, tmp_path)) is None
