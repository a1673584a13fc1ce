"""Tables of rows that are written as they come: larger than memory, resumable, whole or not there.

While it is being made, a table ``features.parquet`` is a folder ``features.parquet.unfinished``
beside it: ``_state``, which says what is being made, and parts of some thousand rows each, in
the order of the items. A part is written beside its place and moved there, with what went wrong in
its metadata, so it is whole or absent. The finished table is moved into place as a whole: a single
file is made from the parts one after the other, a folder is the parts themselves.

An extraction that was stopped goes on with the same call. Parts are kept whose files have not
changed since (by their stamps), but for what failed in them, which is tried again; rows of the
others are found in the cache.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import time
import warnings
from collections import Counter
from collections.abc import Container, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeAlias, Unpack

import numpy as np
import numpy.typing as npt

from ..audio import DECODING, AudioItem, Clip, Segment
from ..errors import ArtifactError, InputError, MerWarning
from ..files import sync, written_beside
from .cache import RowCache
from .contents import Stamp, path_of, stamp_of
from .engine import Found, How, RowFunction, iter_rows
from .report import Failure, shown
from .workers import name_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["Summary", "unfinished", "write_table"]

FloatArray: TypeAlias = npt.NDArray[np.float32]

GROUP_BYTES = 2**24  # that a row group of the table takes in memory
MOST_ROWS = 10_000  # of a row group, and of a part whose rows are in the cache meanwhile
FEW_ROWS = 256  # of a part without a cache: what is lost of an extraction that is stopped
STATE = "_state"  # readers of Parquet folders pass over names that begin so
NOTE = b"mer_sklearn"  # key of our note in a part's metadata


@dataclass
class Summary:
    """What was written.

    Parameters
    ----------
    n_items, n_rows, n_columns : int
        Items that were asked for, rows that were written, columns of a row.
    n_resumed, n_cached, n_computed, n_repeated, n_failed : int
        Items whose rows came from parts of an earlier call, from the cache, from their files, from
        the same item earlier in the list, and from nowhere; together `n_items`.
    failures : list of Failure
        Items that gave no row.
    seconds : float
        How long it took.
    """

    n_items: int
    n_rows: int = 0
    n_columns: int = 0
    n_resumed: int = 0
    n_cached: int = 0
    n_computed: int = 0
    n_repeated: int = 0
    n_failed: int = 0
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0


def write_table(
    output: str | Path,
    function: RowFunction,
    items: Sequence[AudioItem],
    *,
    columns: Sequence[str],
    known: pd.DataFrame | None = None,
    on_error: str = "raise",
    rows_per_part: int | None = None,
    as_folder: bool = False,
    anew: bool = False,
    **how: Unpack[How],
) -> Summary:
    """Compute the rows of items and write them as a table, or go on where that was stopped.

    Parameters
    ----------
    output : str or path
        ``.parquet`` or ``.csv``, or a folder of Parquet files.
    function, items, **how
        As `mer_sklearn.extraction.engine.map_rows` takes them: n_jobs, cache, timeout.
    columns : sequence of str
        Names of the columns of a row.
    known : DataFrame, default=None
        Other columns, one row an item, which stand before them.
    on_error : {"raise", "skip", "nan"}, default="raise"
        Whether an item that fails stops the work, has no row, or a row of NaN.
    rows_per_part : int, default=None
        Items a part; None is 16 MiB, at most 10 000 items, where a cache keeps the rows of a part
        that is not complete, else 256; a table that was begun keeps what it has.
    as_folder : bool, default=False
        Whether the table is a folder of its parts.
    anew : bool, default=False
        Whether to forget what an earlier call has done.

    Returns
    -------
    Summary
        What was written.
    """
    begun = time.monotonic()
    if not len(items):
        msg = f"{output}: there are 0 items to write; at least 1 is needed."
        raise InputError(msg)
    form = _Form(items, known, list(columns), keeps_bad=on_error == "nan")
    identity = _identity(form, function, on_error)
    form.rows_per_part = (
        rows_per_part
        or _rows_per_part_before(unfinished(output), identity)
        or _rows_per_part(len(columns), how.get("cache"))
    )
    with _Workshop(Path(output), identity, form, anew=anew) as workshop:
        todo = workshop.missing()
        chosen = _Chosen(items, todo)
        bearing = "raise" if on_error == "raise" else "nan"
        rows = iter_rows(function, chosen, on_error=bearing, n_before=len(items) - len(todo), **how)
        counts = workshop.fill(rows, todo)
        failures, n_rows = workshop.deliver(as_folder=as_folder)
    return Summary(
        n_items=len(items),
        n_rows=n_rows,
        n_columns=len(form.schema),
        n_resumed=len(items) - len(todo),
        n_cached=counts["cache"],
        n_computed=counts["file"],
        n_repeated=counts["repeated"],
        n_failed=counts["failed"],
        failures=failures,
        seconds=time.monotonic() - begun,
    )


def unfinished(output: str | Path) -> Path:
    """Return the folder in which a table is made."""
    place = Path(output)
    return place.with_name(f"{place.name}.unfinished")


class _Chosen(Sequence[AudioItem]):
    """Some items of a list, without another list of paths."""

    def __init__(self, items: Sequence[AudioItem], places: Sequence[int]) -> None:
        self._items, self._places = items, places

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, number: Any) -> Any:
        return self._items[self._places[number]]


class _Form:
    """What the table looks like, and how items are divided into parts."""

    def __init__(
        self,
        items: Sequence[AudioItem],
        known: pd.DataFrame | None,
        columns: list[str],
        *,
        keeps_bad: bool,
    ) -> None:
        import pandas as pd
        import pyarrow as pa

        self.items, self.columns, self.keeps_bad = items, columns, keeps_bad
        self.known = pd.DataFrame(index=range(len(items))) if known is None else known
        self.rows_per_part = FEW_ROWS
        self._head = pa.Schema.from_pandas(self.known, preserve_index=False).remove_metadata()
        self.schema = pa.schema(
            [("file", pa.string()), *self._head, *((name, pa.float32()) for name in columns)]
        )

    @property
    def n_parts(self) -> int:
        """How many parts there are."""
        return -(-len(self.items) // self.rows_per_part)

    def places(self, number: int) -> range:
        """Return the places of the items of a part."""
        start = number * self.rows_per_part
        return range(start, min(start + self.rows_per_part, len(self.items)))

    def rows(self, number: int, failed: Container[int]) -> list[int]:
        """Return which items of a part have a row in it."""
        places = enumerate(self.places(number))
        return [i for i, place in places if self.keeps_bad or place not in failed]

    def name(self, place: int) -> str:
        """Return what the column ``file`` says of an item."""
        item = self.items[place]
        return f"clip {place}" if isinstance(item, Clip) else shown(name_of(item))

    def part(self, number: int, values: FloatArray, errors: dict[int, str]) -> pa.Table:
        """Return a part as a table."""
        import pyarrow as pa

        places, rows = self.places(number), self.rows(number, errors)
        files = pa.array([self.name(places[i]) for i in rows], pa.string())
        some = self.known.iloc[[places[i] for i in rows]]
        head = pa.Table.from_pandas(some, schema=self._head, preserve_index=False)
        numbers = [pa.array(values[rows, i], pa.float32()) for i in range(len(self.columns))]
        return pa.table([files, *head.columns, *numbers], schema=self.schema)


class _Workshop:
    """The folder in which a table is made.

    Parameters
    ----------
    output : Path
        Where the table belongs.
    identity : str
        What is being made; parts of anything else are thrown away.
    form : _Form
        What the table looks like.
    anew : bool
        Whether to throw all parts away.
    """

    def __init__(self, output: Path, identity: str, form: _Form, *, anew: bool) -> None:
        self._output, self._form = output, form
        self._identity = f"{identity} {form.rows_per_part}"
        self._folder = unfinished(output)
        self._open: dict[int, _Part] = {}
        self._failed: dict[int, set[int]] = {}  # places to try again, by their parts
        self._anew = anew

    def __enter__(self) -> Self:
        """Make the folder, or take up the one that is there."""
        try:
            self._folder.mkdir(exist_ok=True)
        except OSError as error:
            msg = f"{self._folder}: cannot be made ({error.strerror}). Choose another place."
            raise ArtifactError(msg) from error
        sync(self._folder.absolute().parent)
        self._lock = _Lock(self._folder)
        try:
            self._take_up()
        except BaseException:
            self._lock.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        """Leave nothing behind if nothing is worth keeping."""
        if kind is not None and not any(self._folder.glob("part-*.parquet")):
            shutil.rmtree(self._folder, ignore_errors=True)
        self._lock.close()

    def missing(self) -> list[int]:
        """Return the places of the items that have no row, or one of a file that changed since."""
        for path in self._folder.glob(".*.part"):  # of a call that was killed
            path.unlink()
        todo: list[int] = []
        for number in range(self._form.n_parts):
            note = self._note(number)
            if note is None or note["stamps"] != _digest(self._stamps(number)):
                todo += self._form.places(number)
            elif note["errors"]:
                self._failed[number] = {place for place, _ in note["errors"]}
                todo += sorted(self._failed[number])
        return todo

    def fill(self, rows: Generator[Found], places: Sequence[int]) -> Counter[str]:
        """Take the rows of the items of some places; return where they came from, and how many."""
        counts: Counter[str] = Counter()
        with contextlib.closing(rows):  # at once, while the cache is open
            for found in rows:
                self._take(found._replace(place=places[found.place]))
                counts["failed" if found.row is None else found.origin] += 1
        return counts

    def deliver(self, *, as_folder: bool) -> tuple[list[Failure], int]:
        """Put the finished table into its place; return what failed and how many rows there are."""
        import pyarrow.parquet as pq

        failures, n_rows = [], 0
        for number in range(self._form.n_parts):
            metadata = pq.read_metadata(self._part(number))
            n_rows += metadata.num_rows
            for place, sentence in json.loads(metadata.metadata[NOTE])["errors"]:
                failures.append(Failure.of(name_of(self._form.items[place]), sentence))
        try:
            if as_folder:
                self._folder.rename(self._output)
            else:
                self._join().replace(self._output)
            sync(self._output.absolute().parent)
            if not as_folder:  # only now, as the power may fail
                shutil.rmtree(self._folder)
        except OSError as error:
            msg = (
                f"{self._output}: cannot be written ({error.strerror or error}). Make room for it."
            )
            raise ArtifactError(msg) from error
        return failures, n_rows

    def _take(self, found: Found) -> None:
        """Take the row of an item, and write its part if it was the last."""
        number, offset = divmod(found.place, self._form.rows_per_part)
        if number not in self._open:
            self._open[number] = self._begun(number)
        part = self._open[number]
        part.put(offset, found)
        if not part.n_open:
            self._write(number, self._open.pop(number))

    def _begun(self, number: int) -> _Part:
        """Return an empty part, or one that lacks only what failed in an earlier call."""
        import pyarrow.parquet as pq

        part = _Part(len(self._form.places(number)), len(self._form.columns))
        if number in self._failed:
            rows = self._form.rows(number, self._failed[number])
            table = pq.read_table(self._part(number))
            for i, column in enumerate(table.columns[len(table.columns) - len(part.values.T) :]):
                part.values[rows, i] = column.to_numpy()
            note, stamps = self._note(number), self._stamps(number)
            if note and note["stamps"] == _digest(stamps):  # else no later call takes it for good
                part.stamps = stamps
            part.n_open = len(self._failed[number])
        return part

    def _take_up(self) -> None:
        """Keep the parts of an earlier call, if it was for the same table."""
        state = self._folder / STATE
        if state.is_file():
            if state.read_text().strip() == self._identity and not self._anew:
                return
            if not self._anew:
                msg = (
                    f"{self._folder}: was left by a call with other files, features or options; "
                    "the table is made anew."
                )
                warnings.warn(msg, MerWarning)
        elif any(not path.match(".*.part") for path in self._folder.iterdir()):
            msg = f"{self._folder}: holds files that are not of mer. Move them away."
            raise ArtifactError(msg)
        for path in self._folder.iterdir():
            if path != state:  # which says to the end that the others are ours
                path.unlink()
        with written_beside(state) as beside:
            beside.write_text(self._identity + "\n")

    def _join(self) -> Path:
        """Make one file of the parts, holding some of them at a time."""
        import pyarrow.parquet as pq

        whole = self._folder / f".whole{self._output.suffix}.part"
        if self._output.suffix == ".csv":
            with whole.open("w", encoding="utf-8", newline="") as file:
                for number, table in enumerate(self._groups()):
                    table.to_pandas().to_csv(file, index=False, header=not number)
        else:
            # As the parts have it: Parquet does not keep every kind of string of Arrow.
            schema = pq.read_schema(self._part(0)).remove_metadata()
            with pq.ParquetWriter(whole, schema) as writer:
                for table in self._groups():
                    writer.write_table(table)
        sync(whole)
        return whole

    def _groups(self) -> Iterator[pa.Table]:
        """Yield the rows in groups: many small ones would make a table slow to read."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        n_parts = _rows_per_group(len(self._form.columns)) // self._form.rows_per_part or 1
        for start in range(0, self._form.n_parts, n_parts):
            numbers = range(start, min(start + n_parts, self._form.n_parts))
            parts = [pq.read_table(self._part(n)).replace_schema_metadata(None) for n in numbers]
            yield pa.concat_tables(parts).unify_dictionaries()

    def _write(self, number: int, part: _Part) -> None:
        """Write a part, whole or not at all."""
        import pyarrow.parquet as pq

        first = self._form.places(number).start
        errors = {first + offset: error for offset, error in sorted(part.errors.items())}
        note = {
            "identity": self._identity,
            "stamps": _digest(part.stamps),
            "errors": [[place, shown(error)] for place, error in errors.items()],
        }
        table = self._form.part(number, part.values, errors)
        table = table.replace_schema_metadata({NOTE: json.dumps(note).encode()})
        with written_beside(self._part(number)) as beside:
            pq.write_table(table, beside, use_dictionary=False)

    def _note(self, number: int) -> dict[str, Any] | None:
        """Return the note of a part; None if it is not there, or not of this table."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            note = json.loads(pq.read_schema(self._part(number)).metadata[NOTE])
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
            return None
        return note if note["identity"] == self._identity else None

    def _stamps(self, number: int) -> list[Stamp | None]:
        """Return the stamps of the files of a part as they are."""
        paths = [path_of(self._form.items[place]) for place in self._form.places(number)]
        return [None if path is None else stamp_of(path) for path in paths]

    def _part(self, number: int) -> Path:
        return self._folder / f"part-{number:05}.parquet"


class _Part:
    """A part that is not complete."""

    def __init__(self, size: int, n_columns: int) -> None:
        self.values = np.full((size, n_columns), np.nan, np.float32)
        self.errors: dict[int, str] = {}
        self.stamps: list[Stamp | None] = [None] * size
        self.n_open = size

    def put(self, offset: int, found: Found) -> None:
        """Put what became of an item into its place."""
        self.n_open -= 1
        self.stamps[offset] = found.stamp
        if found.row is None:
            self.errors[offset] = str(found.error)
        else:
            self.values[offset] = found.row


def _rows_per_part_before(folder: Path, identity: str) -> int | None:
    """Return how many items the parts have of a table that was begun; None if there is none."""
    with contextlib.suppress(OSError, ValueError):
        known, number = (folder / STATE).read_text().split()
        if known == identity:
            return int(number)
    return None


def _rows_per_part(n_columns: int, cache: RowCache | None) -> int:
    """Return how many items a part has: it is all that keeps them, or the cache does it, too."""
    return FEW_ROWS if cache is None or not cache.keeps else _rows_per_group(n_columns)


def _rows_per_group(n_columns: int) -> int:
    """Return how many rows a group of the table has."""
    return int(np.clip(GROUP_BYTES // (4 * max(1, n_columns)), 1, MOST_ROWS))


def _digest(stamps: Sequence[Stamp | None]) -> str:
    """Return what changes when one of the files does."""
    return hashlib.sha256(json.dumps(stamps).encode()).hexdigest()


def _identity(form: _Form, function: RowFunction, on_error: str) -> str:
    """Return what changes when the table does, but for what the files hold."""
    import pandas as pd

    digest = hashlib.sha256()
    parts = [[part.key, part.width] for part in function.parts]
    head = [DECODING, parts, form.schema.to_string(), on_error]
    digest.update(json.dumps(head).encode())
    digest.update(pd.util.hash_pandas_object(form.known, index=False).to_numpy().tobytes())
    for place, item in enumerate(form.items):
        span = (item.offset, item.duration) if isinstance(item, Segment) else ()
        digest.update(repr((form.name(place), *map(str, span))).encode())
        if isinstance(item, Clip):
            digest.update(item.signal.tobytes() + str(item.sr).encode())
    return digest.hexdigest()


class _Lock:
    """A lock on a folder, which ends with the process; none where the system has none."""

    def __init__(self, folder: Path) -> None:
        self._folder: int | None = None
        with contextlib.suppress(ImportError):
            import fcntl

            self._folder = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(self._folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                self.close()
                if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                    return  # a file system without locks
                msg = f"{folder}: another process is making this table. Wait for it, or stop it."
                raise ArtifactError(msg) from error

    def close(self) -> None:
        """Give the lock back."""
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None
