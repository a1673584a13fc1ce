"""Which bytes a file holds: read once, known again by its stamp, never mistaken."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from mer_sklearn.extraction import contents
from mer_sklearn.extraction.cache import open_cache
from mer_sklearn.extraction.contents import read_content, stamp_of


def age(path, seconds=60):
    """Let a file seem to have been changed some time ago, as far as a user can."""
    then = time.time_ns() - seconds * 10**9
    os.utime(path, ns=(then, then))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(b"some bytes")
    return str(path)


@pytest.fixture
def settled(file, monkeypatch):
    """The same file, two seconds later."""
    monkeypatch.setattr(contents, "GRANULE_NS", 0)
    time.sleep(0.02)
    return file


def test_a_file_that_was_just_written_is_not_settled(file):
    assert not read_content(file).is_settled


def test_nor_is_one_whose_time_of_change_was_set_back(file):
    """The time of the last change of the inode cannot be set."""
    age(file)
    assert not read_content(file).is_settled


def test_a_file_from_the_future_is_not_settled(settled):
    age(settled, -3_600)
    assert not read_content(settled).is_settled


def test_a_file_that_rests_is_settled(settled):
    assert read_content(settled).is_settled


def test_only_settled_stamps_are_remembered(file, tmp_path, monkeypatch):
    with open_cache(tmp_path) as cache:
        cache.remember({file: read_content(file)})
        assert cache.digests({file: stamp_of(file)}) == {}
        monkeypatch.setattr(contents, "GRANULE_NS", 0)
        time.sleep(0.02)
        content = read_content(file)
        cache.remember({file: content})
        assert cache.digests({file: stamp_of(file)}) == {file: content.digest}


def test_rehash_distrusts_what_is_remembered(settled, tmp_path):
    with open_cache(tmp_path) as cache:
        cache.remember({settled: read_content(settled)})
    with open_cache(tmp_path, rehash=True) as cache:
        assert cache.digests({settled: stamp_of(settled)}) == {}


def changed(how, name):
    path = Path(name)
    before = path.stat()
    if how == "size":
        path.write_bytes(path.read_bytes() + b"!")
    elif how == "another file":
        path = path.with_name("other")
        path.write_bytes(b"Some bytes")
    else:
        path.write_bytes(b"Some bytes")
    if how in ("bytes and time", "another file"):  # as cp --preserve does it
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    path.replace(name)


@pytest.mark.parametrize("how", ["size", "bytes", "bytes and time", "another file"])
def test_a_changed_file_has_another_stamp(settled, tmp_path, how):
    with open_cache(tmp_path) as cache:
        cache.remember({settled: read_content(settled)})
        changed(how, settled)
        assert cache.digests({settled: stamp_of(settled)}) == {}


def test_a_file_that_grows_while_it_is_read_has_no_content(file, monkeypatch):
    digest = contents.hashlib.file_digest

    def slow(opened, kind):
        changed("size", file)
        return digest(opened, kind)

    monkeypatch.setattr(contents.hashlib, "file_digest", slow)
    assert read_content(file) is None


def test_names_that_are_no_utf8_are_remembered(tmp_path, monkeypatch):
    monkeypatch.setattr(contents, "GRANULE_NS", 0)
    path = f"{tmp_path}/{os.fsdecode(bytes([99, 233]))}.wav"
    Path(path).write_bytes(b"x")
    time.sleep(0.02)
    with open_cache(tmp_path) as cache:
        cache.remember({path: read_content(path)})
        assert list(cache.digests({path: stamp_of(path)})) == [path]


def test_inodes_may_be_larger_than_a_databases_integers(settled, tmp_path):
    content = read_content(settled)
    content = content._replace(stamp=content.stamp._replace(inode=2**70))
    with open_cache(tmp_path) as cache:
        cache.remember({settled: content})
        assert cache.digests({settled: content.stamp}) == {settled: content.digest}
