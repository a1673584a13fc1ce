"""Rows of files that were computed before: one SQLite file.

Only the process that called for the extraction opens it; workers never do. A key is a digest of the
file's bytes, of the segment and of all that decides the numbers, so a changed file or feature never
meets an old row. Which bytes a file holds is remembered too, by its stamp (see `contents`).

What cannot be read is remembered as well, with the reason, so that a bad file does not cost a
process and a try in every run; other decoders, or more time for a file, make another key.

Several processes may use one file (SQLite's write-ahead log), and a kill at any moment leaves
either all rows of a batch or none. Each row carries a checksum; what fails it is computed again.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import time
import urllib.parse
import warnings
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..errors import InputError, MerWarning
from .contents import Content, Stamp

__all__ = [
    "CacheChoice",
    "CacheInfo",
    "ForeignError",
    "RowCache",
    "cache_file",
    "is_ours",
    "open_cache",
    "remove",
]

CacheChoice: TypeAlias = bool | str | os.PathLike[str] | None
FloatArray: TypeAlias = npt.NDArray[np.float32]

FILE_NAME = "rows-3.sqlite"  # the number changes with the tables
OURS = 0x6D657272  # "merr": SQLite's application id, by which a foreign file is told
QUESTIONS = 500  # keys asked for in one query; SQLite allows 999 variables
PATIENCE = 30.0  # seconds that a lock of another process is waited for
GIB = 2**30
LIMIT = 10 * GIB  # bytes; $MER_CACHE_GIB says otherwise
KEPT = 0.9  # of the limit, when the least recently used leave
ROW_COSTS = 120  # bytes of a row beside its vector: key, numbers, two indexes
FRESH = 3600  # seconds within which a use is not noted again: reading need not write

TABLES = """
CREATE TABLE IF NOT EXISTS rows (
    key BLOB PRIMARY KEY, used INTEGER NOT NULL, width INTEGER NOT NULL,
    checksum INTEGER NOT NULL, vector BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS rows_by_use ON rows (used);
CREATE TABLE IF NOT EXISTS files (
    path BLOB PRIMARY KEY, stamp TEXT NOT NULL, digest TEXT NOT NULL, used INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failures (
    key BLOB PRIMARY KEY, reason BLOB NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID;
"""


class ForeignError(sqlite3.DatabaseError):
    """A database of another program stands in the place of the cache."""


@dataclass(frozen=True)
class CacheInfo:
    """What a cache file holds.

    Parameters
    ----------
    file : str
        Where it is.
    n_rows, n_files, n_failures : int
        Rows, files whose bytes are known by their stamps, and tries that failed.
    size, limit : int
        Bytes on disk, and how many they may become.
    oldest : float or None
        When the row that is next to leave was used, in seconds since 1970.
    """

    file: str
    n_rows: int
    n_files: int
    n_failures: int
    size: int
    limit: int
    oldest: float | None


class RowCache:
    """Vectors by key, in one SQLite file.

    A file that fails while it is in use costs the cache and one warning, not the run: damage sets
    it aside; a full disk, or a lock held for half a minute, ends the writing.

    Parameters
    ----------
    file : path
        The file; it and its folder are made when they are absent.
    limit : int, default=None
        Bytes it may take on disk; None is 10 GiB, or what ``$MER_CACHE_GIB`` says. Beyond it, the
        rows that were used least recently leave.
    rehash : bool, default=False
        Whether to distrust what is remembered of the files: their bytes are read again, and what
        failed is tried again.
    read_only : bool, default=False
        Whether to look only: for a file, or a folder, that may not be written to.
    """

    def __init__(
        self,
        file: Path,
        *,
        limit: int | None = None,
        rehash: bool = False,
        read_only: bool = False,
    ) -> None:
        self._limit = _limit() if limit is None else limit
        self._file, self._rehash = file, rehash
        self._reads, self._writes = True, not read_only
        if not read_only:
            file.parent.mkdir(parents=True, exist_ok=True)
        # Whoever will write takes the lock at once, and waits for it: two processes that both read
        # and then want to write would refuse each other without waiting.
        self._connection = sqlite3.connect(
            _to_look_at(file) if read_only else file,
            timeout=PATIENCE,
            isolation_level="IMMEDIATE",
            uri=read_only,
        )
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    @property
    def keeps(self) -> bool:
        """Whether it takes rows; it stops at the first failure of the file."""
        return self._writes

    def get(self, keys: Sequence[bytes]) -> dict[bytes, FloatArray]:
        """Return the vectors that are there and whole, by key."""
        query = "SELECT key, width, checksum, vector, used FROM rows WHERE key"
        rows = self._ask(query, keys)
        self._note_use("rows", "key", [(key, used) for key, *_, used in rows])
        return {
            key: np.frombuffer(vector, np.float32)
            for key, width, checksum, vector, _ in rows
            if _is_whole(key, width, checksum, vector)
        }

    def put(self, vectors: Mapping[bytes, FloatArray]) -> None:
        """Store vectors, all or none of them."""
        now, rows = int(time.time()), []
        for key, vector in vectors.items():
            raw = vector.astype(np.float32).tobytes()
            rows.append((key, now, len(vector), _checksum(key, raw), raw))
        self._change(("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?)", rows))
        if self._writes:
            with self._bearing_failure():
                self._make_room()

    def failures(self, keys: Sequence[bytes]) -> dict[bytes, str]:
        """Return why tries failed, by key; nothing where files are distrusted."""
        if self._rehash:
            return {}
        rows = self._ask("SELECT key, reason, used FROM failures WHERE key", keys)
        self._note_use("failures", "key", [(key, used) for key, _, used in rows])
        return {key: reason.decode("utf-8", "surrogateescape") for key, reason, _ in rows}

    def put_failures(self, reasons: Mapping[bytes, str]) -> None:
        """Remember why tries failed, by key."""
        now = int(time.time())
        rows = [
            (key, reason.encode("utf-8", "surrogateescape"), now) for key, reason in reasons.items()
        ]
        self._change(("INSERT OR REPLACE INTO failures VALUES (?, ?, ?)", rows))

    def digests(self, stamps: Mapping[str, Stamp]) -> dict[str, str]:
        """Return the digests of the files, by path, that have not changed since they were read."""
        if self._rehash:
            return {}
        paths = {os.fsencode(path): path for path in stamps}
        rows = self._ask("SELECT path, stamp, digest, used FROM files WHERE path", list(paths))
        same = [row for row in rows if row[1] == _as_text(stamps[paths[row[0]]])]
        self._note_use("files", "path", [(key, used) for key, *_, used in same])
        return {paths[key]: digest for key, _, digest, _ in same}

    def remember(self, contents: Mapping[str, Content]) -> None:
        """Remember which bytes files hold, by path, where their stamps will tell."""
        now = int(time.time())
        rows = [
            (os.fsencode(path), _as_text(content.stamp), content.digest, now)
            for path, content in contents.items()
            if content.is_settled
        ]
        self._change(("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", rows))

    def info(self) -> CacheInfo:
        """Return what the cache holds."""
        n_rows, oldest = self._one("SELECT COUNT(*), MIN(used) FROM rows")
        (n_files,) = self._one("SELECT COUNT(*) FROM files")
        (n_failures,) = self._one("SELECT COUNT(*) FROM failures")
        size = sum(path.stat().st_size for path in _companions(self._file))
        return CacheInfo(str(self._file), n_rows, n_files, n_failures, size, self._limit, oldest)

    def verify(self) -> tuple[int, int]:
        """Check every row and remove those that are damaged, unless it is only looked at.

        Returns
        -------
        tuple of int
            How many rows there were, and how many of them were damaged.

        Raises
        ------
        sqlite3.DatabaseError
            If the file itself is damaged.
        """
        (verdict,) = self._one("PRAGMA integrity_check(1)")
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        n_rows, wrong = 0, []
        query = "SELECT key, width, checksum, vector FROM rows"
        for row in self._connection.execute(query):
            n_rows += 1
            if not _is_whole(*row):
                wrong.append(row[:1])
        if self._writes:
            with self._connection:
                self._connection.executemany("DELETE FROM rows WHERE key = ?", wrong)
        return n_rows, len(wrong)

    def clear(self, *, only_hashes: bool = False) -> None:
        """Forget all rows and files, or only which bytes the files hold."""
        with self._connection:
            self._connection.execute("DELETE FROM files")
            if not only_hashes:
                self._connection.execute("DELETE FROM rows")
                self._connection.execute("DELETE FROM failures")
        if not only_hashes:
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _prepare(self) -> None:
        """Make the tables in a new file; refuse one that is not ours."""
        is_new = not self._one("SELECT COUNT(*) FROM sqlite_master")[0]
        if is_new and self._writes:
            self._connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        elif self._one("PRAGMA application_id") != (OURS,):
            msg = "it belongs to another program"
            raise ForeignError(msg)
        if not self._writes:
            return
        self._use_log()
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute(f"PRAGMA journal_size_limit = {2**26}").fetchall()
        if is_new:
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                for statement in TABLES.split(";")[:-1]:
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA application_id = {OURS}")

    def _use_log(self) -> None:
        """Choose the write-ahead log; SQLite does not wait by itself if another is about it, too.

        Where the file system has no shared memory the file keeps its rollback journal.
        """
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL").fetchall()
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > until:
                    raise
                time.sleep(0.02)
            else:
                return

    def _ask(self, query: str, keys: Sequence[bytes]) -> list[Any]:
        """Return the rows of some keys; the query ends in the name of the key."""
        rows: list[Any] = []
        if self._reads:
            with self._bearing_failure(of_reading=True):
                for start in range(0, len(keys), QUESTIONS):
                    some = keys[start : start + QUESTIONS]
                    marks = ",".join("?" * len(some))
                    rows += self._connection.execute(f"{query} IN ({marks})", some)
        return rows

    def _change(self, *changes: tuple[str, Sequence[tuple[Any, ...]]]) -> None:
        """Change rows, all or none of them."""
        if self._writes and any(rows for _, rows in changes):
            with self._bearing_failure(), self._connection:
                for statement, rows in changes:
                    self._connection.executemany(statement, rows)

    def _note_use(self, table: str, column: str, uses: Sequence[tuple[bytes, int]]) -> None:
        """Note that rows were used, so that others leave before them; not at every reading."""
        now = int(time.time())
        rows = [(now, key) for key, used in uses if used < now - FRESH]
        self._change((f"UPDATE {table} SET used = ? WHERE {column} = ?", rows))

    def _make_room(self) -> None:
        """Let the rows leave that were used least recently, if the file is too large."""
        pages, free, page = (
            self._one(f"PRAGMA {name}")[0] for name in ("page_count", "freelist_count", "page_size")
        )
        excess = (pages - free) * page - self._limit
        if excess <= 0:
            return
        excess += (1 - KEPT) * self._limit
        leaving = []
        for key, length in self._connection.execute(
            "SELECT key, length(vector) FROM rows ORDER BY used, rowid"
        ):
            if excess <= 0:
                break
            excess -= length + ROW_COSTS
            leaving.append((key,))
        oldest = "SELECT coalesce(min(used), 0) FROM rows"
        self._change(
            ("DELETE FROM rows WHERE key = ?", leaving),
            (f"DELETE FROM files WHERE used < ({oldest})", [()]),
            (f"DELETE FROM failures WHERE used < ({oldest})", [()]),
        )
        self._connection.executescript("PRAGMA incremental_vacuum")  # execute() gives back a page

    def _one(self, query: str) -> tuple[Any, ...]:
        """Return the one row of a query."""
        row: tuple[Any, ...] = self._connection.execute(query).fetchone()
        return row

    @contextlib.contextmanager
    def _bearing_failure(self, *, of_reading: bool = False) -> Iterator[None]:
        """Turn the first failure of the file into a warning, and use it no more."""
        try:
            yield
        except sqlite3.Error as error:
            silent = not self._writes
            self._writes = False
            if type(error) is sqlite3.DatabaseError:  # its children are about locks, space, misuse
                self._reads = False
                self.close()
                way_out = _set_aside(self._file)
            else:
                self._reads = self._reads and not of_reading
                way_out = "what is computed from here on is not kept"
            if not silent:
                warnings.warn(f"{self._file}: the cache fails ({error}); {way_out}.", MerWarning)


@contextlib.contextmanager
def open_cache(choice: CacheChoice, *, rehash: bool = False) -> Iterator[RowCache | None]:
    """Open the cache for a ``with`` block; None where there is to be none.

    A file that is no cache is set aside, and a folder that cannot be written to costs the cache,
    not the run; either is said in one warning.

    Parameters
    ----------
    choice : bool, path or None
        True is the user's cache folder (or ``$MER_CACHE``), a path another folder, None or False no
        cache.
    rehash : bool, default=False
        Whether to read files again that seem unchanged.
    """
    file = cache_file(choice)
    cache = None if file is None else _open(file, rehash)
    try:
        yield cache
    finally:
        if cache is not None:
            cache.close()


def cache_file(choice: CacheChoice) -> Path | None:
    """Return the file of a cache; None where there is to be none."""
    if choice is None or choice is False:
        return None
    if choice is not True:
        if not isinstance(choice, (str, os.PathLike)):
            msg = f"cache={choice!r} must be True, False or the path of a folder."
            raise InputError(msg)
        return Path(choice) / FILE_NAME
    if named := os.environ.get("MER_CACHE"):
        return Path(named) / FILE_NAME
    import platformdirs

    return Path(platformdirs.user_cache_dir("mer_sklearn", appauthor=False)) / FILE_NAME


def _open(file: Path, rehash: bool) -> RowCache | None:
    """Open a cache file; a broken one is set aside once."""
    try:
        return RowCache(file, rehash=rehash)
    except sqlite3.OperationalError as error:
        warnings.warn(f"{file}: no cache this time ({error}).", MerWarning)
        return None
    except sqlite3.DatabaseError:
        warnings.warn(f"{file}: is no cache; {_set_aside(file)}.", MerWarning)
        try:
            return RowCache(file, rehash=rehash)
        except (OSError, sqlite3.DatabaseError):
            return None
    except OSError as error:
        warnings.warn(f"{file}: no cache this time ({error.strerror}).", MerWarning)
        return None


def _set_aside(file: Path) -> str:
    """Move a broken file out of the way, with its log, and return what became of it."""
    aside, number = file.with_suffix(".broken"), 1
    while aside.exists():  # of an earlier time, and perhaps worth a look
        number += 1
        aside = file.with_name(f"{file.stem}.{number}.broken")
    try:
        for path in _companions(file):
            path.replace(aside.with_name(path.name.replace(file.name, aside.name)))
    except OSError as error:
        return f"it stays, as it cannot be set aside ({error.strerror})"
    return f"it is set aside as {aside.name}"


def remove(file: Path) -> None:
    """Delete a cache file, whatever is left of it, with its log."""
    for path in _companions(file):
        path.unlink()


def is_ours(name: str) -> bool:
    """Tell whether a file has the name of a cache, of any version, or of its log.

    Examples
    --------
    >>> is_ours("rows-1.sqlite"), is_ours("rows-2.broken-wal"), is_ours("rows-of-mine.csv")
    (True, True, False)
    """
    pattern = r"rows-\d+(\.\d+)?\.(sqlite|broken)(-wal|-shm|-journal)?"
    return re.fullmatch(pattern, name) is not None


def _to_look_at(file: Path) -> str:
    """Return the address of a file that is only read; without a log nobody writes it, either."""
    address = f"file:{urllib.parse.quote(str(file.absolute()))}?mode=ro"
    return address if len(_companions(file)) > 1 else f"{address}&immutable=1"


def _companions(file: Path) -> list[Path]:
    """Return the file and what SQLite keeps beside it."""
    names = (file.name + end for end in ("", "-wal", "-shm", "-journal"))
    return [path for path in map(file.with_name, names) if path.is_file()]


def _limit() -> int:
    """Return how large the cache may become, in bytes."""
    text = os.environ.get("MER_CACHE_GIB", "")
    if not text:
        return LIMIT
    try:
        gib = float(text)
    except ValueError:
        gib = 0.0
    if not 0 < gib < 2**20:
        msg = f"MER_CACHE_GIB={text!r} must be the size of the cache in GiB, as 20."
        raise InputError(msg)
    return int(gib * GIB)


def _as_text(stamp: Stamp) -> str:
    """Return a stamp as text: an inode may be larger than SQLite's integers."""
    return ":".join(map(str, stamp))


def _checksum(key: bytes, raw: bytes) -> int:
    """Return what finds damage of a row."""
    return zlib.crc32(raw, zlib.crc32(key))


def _is_whole(key: bytes, width: int, checksum: int, raw: bytes) -> bool:
    """Tell whether a row is what was put."""
    return isinstance(raw, bytes) and len(raw) == 4 * width and _checksum(key, raw) == checksum
