"""Rows of files that were computed before: one SQLite file.

Only the process that called for the extraction opens it; workers never do. A key is a digest of the
file's bytes, of the segment and of all that decides the numbers, so a changed file or feature never
meets an old row.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..audio import DECODING, AudioItem, Clip, Segment
from ..errors import InputError, MerWarning

__all__ = ["CacheChoice", "RowCache", "content_key", "open_cache"]

CacheChoice: TypeAlias = bool | str | os.PathLike[str] | None

FILE_NAME = "rows-1.sqlite"  # the number changes with the tables
QUESTIONS = 500  # keys asked for in one query; SQLite allows 999 variables


class RowCache:
    """Vectors by key, in one SQLite file.

    A file that fails while it is in use (damage, a full disk, a lock held for half a minute) costs
    the cache and one warning, not the run.

    Parameters
    ----------
    file : path
        The file; it and its folder are made when they are absent.
    """

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file, self._failed = file, False
        # Whoever will write takes the lock at once, and waits for it: two processes that both read
        # and then want to write would refuse each other without waiting.
        self._connection = sqlite3.connect(file, timeout=30.0, isolation_level="IMMEDIATE")
        try:
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.execute(
                    "CREATE TABLE IF NOT EXISTS rows (key BLOB PRIMARY KEY, vector BLOB NOT NULL)"
                    " WITHOUT ROWID"
                )
        except sqlite3.Error:
            self.close()
            raise

    def get(self, keys: Sequence[bytes]) -> dict[bytes, npt.NDArray[np.float32]]:
        """Return the vectors that are there, by key."""
        found: dict[bytes, npt.NDArray[np.float32]] = {}
        with self._bearing_failure():
            for start in range(0, len(keys), QUESTIONS):
                some = keys[start : start + QUESTIONS]
                marks = ",".join("?" * len(some))
                query = f"SELECT key, vector FROM rows WHERE key IN ({marks})"
                for key, vector in self._connection.execute(query, some):
                    found[key] = np.frombuffer(vector, np.float32)
        return found

    def put(self, vectors: Mapping[bytes, npt.NDArray[np.float32]]) -> None:
        """Store vectors, all or none of them."""
        with self._bearing_failure(), self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO rows VALUES (?, ?)",
                [(key, vector.astype(np.float32).tobytes()) for key, vector in vectors.items()],
            )

    @contextlib.contextmanager
    def _bearing_failure(self) -> Iterator[None]:
        """Turn the first failure of the file into a warning, and keep quiet about the others."""
        try:
            yield
        except sqlite3.Error as error:
            if not self._failed:
                msg = f"{self._file}: the cache fails ({error}); delete it if that stays so."
                warnings.warn(msg, MerWarning)
            self._failed = True

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


@contextlib.contextmanager
def open_cache(choice: CacheChoice) -> Iterator[RowCache | None]:
    """Open the cache for a ``with`` block; None where there is to be none.

    A file that is no cache is set aside, and a folder that cannot be written to costs the cache,
    not the run; either is said in one warning.

    Parameters
    ----------
    choice : bool, path or None
        True is the user's cache folder (or ``$MER_CACHE``), a path another folder, None or False no
        cache.
    """
    folder = _folder(choice)
    cache = None if folder is None else _open(folder / FILE_NAME)
    try:
        yield cache
    finally:
        if cache is not None:
            cache.close()


def content_key(item: AudioItem) -> str | None:
    """Return what identifies the samples of a file or segment; None for clips and missing files."""
    if isinstance(item, Clip):
        return None
    segment = item if isinstance(item, Segment) else Segment(item)
    try:
        path = Path(segment.path)
        if not path.is_file():  # a pipe would be waited for
            return None
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return None
    duration = None if segment.duration is None else float(segment.duration)
    return f"{digest}:{float(segment.offset)}:{duration}:{DECODING}"


def _folder(choice: CacheChoice) -> Path | None:
    """Return the folder that was chosen."""
    if choice is None or choice is False:
        return None
    if choice is not True:
        if not isinstance(choice, (str, os.PathLike)):
            msg = f"cache={choice!r} must be True, False or the path of a folder."
            raise InputError(msg)
        return Path(choice)
    if named := os.environ.get("MER_CACHE"):
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_cache_dir("mer_sklearn", appauthor=False))


def _open(file: Path) -> RowCache | None:
    """Open a cache file; a broken one is set aside once."""
    try:
        return RowCache(file)
    except sqlite3.OperationalError as error:
        warnings.warn(f"{file}: no cache this time ({error}).", MerWarning)
        return None
    except sqlite3.DatabaseError:
        aside = file.with_suffix(".broken")
        warnings.warn(f"{file}: is no cache; it is set aside as {aside.name}.", MerWarning)
        try:
            file.replace(aside)
            return RowCache(file)
        except (OSError, sqlite3.DatabaseError):
            return None
    except OSError as error:
        warnings.warn(f"{file}: no cache this time ({error.strerror}).", MerWarning)
        return None
