"""Map a row function over audio items: decode, compute, cache, report.

The engine knows nothing of features. It is given a function from a clip to a row, whose parts have
keys of their own; what a file's bytes and a part's key lead to in the cache is not computed again.
Workers decode and compute; only the calling process touches the cache and the output, so any joblib
backend serves and a kill loses at most what was computed since the last visit to the cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
import time
import warnings
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, NoReturn, Protocol, TypeAlias, TypedDict

import numpy as np
import numpy.typing as npt

from ..audio import AudioItem, AudioStream, Clip, Segment, check_file
from ..errors import AudioError, InputError, MerWarning, some_sentences
from .cache import RowCache
from .contents import (
    Content,
    Stamp,
    absolute,
    decoders,
    path_of,
    read_content,
    row_key,
    stamp_of,
)
from .report import Failure
from .workers import Job, Outcome, Refusal, Task, Workers, check_timeout, choose_workers, name_of

if TYPE_CHECKING:
    from tqdm import tqdm

__all__ = [
    "Found",
    "How",
    "Part",
    "RowFunction",
    "Rows",
    "check_on_error",
    "check_timeout",
    "iter_rows",
    "map_rows",
]

FloatArray: TypeAlias = npt.NDArray[np.float32]
Origin: TypeAlias = Literal["file", "cache", "repeated"]

AT_ONCE = 256  # items whose rows are looked up in one query
BATCH_PER_WORKER = 16  # rows a worker that are put into the cache at once,
VISIT = 2.0  # or what there is after so many seconds
DELAY = 2.0  # seconds until a bar is shown
AFTER_ERROR = 16  # items that are still tried after one failed, so that a sentence can name several


@dataclass(frozen=True)
class Part:
    """A slice of a row: what decides its numbers, as a text, and how many they are."""

    key: str
    width: int


class RowFunction(Protocol):
    """What the engine runs on each clip; it must be picklable."""

    parts: list[Part]

    def __call__(self, clip: Clip | AudioStream, wanted: Sequence[int]) -> list[FloatArray]:
        """Return the wanted parts of the clip's row."""


@dataclass(frozen=True)
class Rows:
    """What came out.

    Parameters
    ----------
    values : array of shape (n_items, n_columns)
        The rows, float32; NaN where an item failed.
    errors : dict of int to str
        For each item that failed, by its place, the sentence that says why.
    failures : dict of int to Failure
        The same, taken apart: file, reason, remedy.
    """

    values: FloatArray
    errors: dict[int, str]
    failures: dict[int, Failure]


class How(TypedDict, total=False):
    """How items are read: the parameters of `map_rows` that decide nothing of a row."""

    n_jobs: int | None
    cache: RowCache | None
    timeout: float | None


class Found(NamedTuple):
    """What became of one item.

    Parameters
    ----------
    place : int
        Which one.
    row : array of shape (n_columns,) or None
        Its row, float32.
    error : str or None
        Why there is none.
    stamp : Stamp or None
        What the file system said of its file.
    origin : {"file", "cache", "repeated"}
        Where that is known from: the file was read, it was read in an earlier run, or the item
        stands earlier in the list.
    """

    place: int
    row: FloatArray | None
    error: str | None
    stamp: Stamp | None
    origin: Origin


def map_rows(
    function: RowFunction,
    items: Sequence[AudioItem],
    *,
    n_jobs: int | None = None,
    cache: RowCache | None = None,
    on_error: str = "raise",
    timeout: float | None = None,
) -> Rows:
    """Compute one row for each audio item.

    Parameters
    ----------
    function : RowFunction
        From a clip at the working rate to the parts of its row.
    items : sequence of paths, `Segment` or `Clip`
        The audio; what occurs several times is computed once.
    n_jobs : int, default=None
        Workers; None is 1 unless a `joblib.parallel_config` says otherwise, -1 all cores.
    cache : RowCache, default=None
        Where rows of files are kept.
    on_error : {"raise", "nan"}, default="raise"
        Whether an item that fails stops the work, or its row is NaN.
    timeout : float, default=None
        Seconds that an item may take; then it fails, and the process that read it is replaced.

    Returns
    -------
    Rows
        The rows in the order of the items, and the reasons of those that failed.

    Raises
    ------
    AudioError
        If an item fails and `on_error` is "raise"; it names up to five. Files that are not there
        are found before the work begins.
    InputError
        If `on_error` is something else.
    """
    n_columns = sum(part.width for part in function.parts)
    values = np.full((len(items), n_columns), np.nan, np.float32)
    errors: dict[int, str] = {}
    rows = iter_rows(
        function, items, n_jobs=n_jobs, cache=cache, on_error=on_error, timeout=timeout
    )
    with contextlib.closing(rows):  # at once, while the cache is open
        for found in rows:
            if found.row is None:
                errors[found.place] = str(found.error)
            else:
                values[found.place] = found.row
    errors = dict(sorted(errors.items()))
    if errors:
        warnings.warn(summary(errors, len(items)), MerWarning)
    failures = {n: Failure.of(name_of(items[n]), why) for n, why in errors.items()}
    return Rows(values, errors, failures)


def iter_rows(
    function: RowFunction,
    items: Sequence[AudioItem],
    *,
    n_jobs: int | None = None,
    cache: RowCache | None = None,
    on_error: str = "raise",
    timeout: float | None = None,
    n_before: int = 0,
) -> Generator[Found]:
    """Yield the row of each audio item as it comes; the parameters are those of `map_rows`.

    Memory is that of the rows in flight, whatever the number of items.

    Parameters
    ----------
    n_before : int, default=0
        Items that were done before and count in the progress only.

    Yields
    ------
    Found
        What became of one item; nothing is yielded for items that fail if `on_error` is "raise".
    """
    check_on_error(on_error)
    if on_error == "raise":
        _check_files(items)
    workers = choose_workers(n_jobs, timeout)
    job = Job(function, tolerant=on_error == "nan")
    trials = f"{decoders()}, timeout {timeout}" if workers.are_here else None
    desk = _Desk(function.parts, cache, BATCH_PER_WORKER * workers.count, trials)
    twins = _twins(items)
    failed: list[str] = []
    patience = AFTER_ERROR
    try:
        with _progress(n_before + len(items), n_before) as bar:
            for found in desk.serve(workers, job, items, twins):
                for one in (found, *_repeated(found, twins)):
                    bar.update()
                    if found.error is None or on_error == "nan":
                        yield one
                if found.error is not None:
                    failed.append(found.error)
                    bar.set_postfix_str(f"{len(failed)} failed", refresh=False)
                if failed and on_error == "raise":
                    patience -= 1
                    if not patience:
                        break
    finally:
        desk.clear()
    if failed and on_error == "raise":
        raise AudioError(some_sentences(failed))


def check_on_error(on_error: str) -> None:
    """Refuse a way to meet errors that does not exist."""
    if on_error not in ("raise", "nan"):
        msg = f'on_error={on_error!r} must be "raise" or "nan".'
        raise InputError(msg)


def summary(errors: dict[int, str], n_items: int) -> str:
    """Return one sentence on the items that failed."""
    return f"{len(errors)} of {n_items} items gave no features: {some_sentences(errors.values())}"


class _Order(NamedTuple):
    """What is asked for one item: its keys in the cache, and what is known already."""

    place: int
    stamp: Stamp | None = None
    content: Content | None = None
    keys: Sequence[bytes] = ()  # of the parts of its row
    trial: bytes = b""  # the key of a try that failed
    known: Mapping[int, FloatArray] = MappingProxyType({})
    error: str | None = None  # why it will have no row


class _Desk:
    """Where the calling process looks rows up, hands out what is missing and puts away what comes.

    Parameters
    ----------
    parts : list of Part
        The parts of a row.
    cache : RowCache or None
        Where rows are kept.
    batch : int
        Items that are put away at once.
    trials : str or None
        What decides, beside a file's bytes, whether it can be read; None where that is not known,
        so that what fails is always tried again.
    """

    def __init__(
        self, parts: list[Part], cache: RowCache | None, batch: int, trials: str | None
    ) -> None:
        self._parts, self._cache, self._batch = parts, cache, batch
        self._trials = trials and "\n".join([trials, *(part.key for part in parts)])
        self._ready: deque[Found] = deque()  # known without a worker
        self._rows: dict[bytes, FloatArray] = {}
        self._failures: dict[bytes, str] = {}
        self._contents: dict[str, Content] = {}
        self._n_items, self._visit = 0, time.monotonic()

    def serve(
        self, workers: Workers, job: Job, items: Sequence[AudioItem], twins: dict[int, list[int]]
    ) -> Iterator[Found]:
        """Yield what becomes of each item that is no twin of an earlier one."""
        later = {place for places in twins.values() for place in places}
        for answer in workers.run(job, self._tasks(items, later)):
            while self._ready:
                yield self._ready.popleft()
            if answer is not None:
                yield self._receive(*answer)
        yield from self._ready

    def clear(self) -> None:
        """Put into the cache what is on the desk."""
        rows, failures, contents = self._rows, self._failures, self._contents
        self._rows, self._failures, self._contents, self._n_items = {}, {}, {}, 0
        self._visit = time.monotonic()
        if self._cache is not None:
            self._cache.remember(contents)
            self._cache.put_failures(failures)
            self._cache.put(rows)

    def _tasks(self, items: Sequence[AudioItem], later: set[int]) -> Iterator[Task | None]:
        """Yield what has to be computed; None says that something else is ready."""
        places = [place for place in range(len(items)) if place not in later]
        for start in range(0, len(places), AT_ONCE):
            some_places = places[start : start + AT_ONCE]
            for order in self._orders([(place, items[place]) for place in some_places]):
                wanted = [i for i in range(len(self._parts)) if i not in order.known]
                if wanted and order.error is None:
                    yield Task(items[order.place], wanted, order)
                else:
                    self._ready.append(self._found(order, {}))
                    yield None

    def _orders(self, asked: list[tuple[int, AudioItem]]) -> Iterator[_Order]:
        """Look items up: first the files of which nothing can be read."""
        paths = {path_of(item) for _, item in asked}  # None for clips
        stamps = {path: stamp for path in paths if path and (stamp := stamp_of(path)) is not None}
        errors = {
            path: error
            for path in paths
            if path is not None and (error := _missing(path, stamps.get(path)))
        }
        rest = []
        for place, item in asked:
            path = path_of(item)
            if path in errors:
                yield _Order(place, stamps.get(path), error=errors[path])
            elif self._cache is None:
                yield _Order(place, stamps.get(path or ""))
            else:
                rest.append((place, item))
        if self._cache is not None:
            yield from self._cached(self._cache, rest, stamps)

    def _cached(
        self, cache: RowCache, asked: list[tuple[int, AudioItem]], stamps: dict[str, Stamp]
    ) -> Iterator[_Order]:
        """Look items up: first those whose bytes are known by their stamps, all in one query."""
        digests = cache.digests({absolute(path): stamp for path, stamp in stamps.items()})
        contents = {
            path: Content(digests[absolute(path)], stamp, True)
            for path, stamp in stamps.items()
            if absolute(path) in digests
        }
        known = [one for one in asked if path_of(one[1]) in contents]
        others = [one for one in asked if path_of(one[1]) not in contents]
        yield from self._look_up(cache, known, contents)
        for place, item in others:
            self._read(path_of(item), contents)
            yield from self._look_up(cache, [(place, item)], contents)

    def _read(self, path: str | None, contents: dict[str, Content]) -> None:
        """Read which bytes a file holds, once for all its segments."""
        if path and path not in contents and (content := read_content(path)) is not None:
            contents[path] = self._contents[absolute(path)] = content

    def _look_up(
        self, cache: RowCache, asked: list[tuple[int, AudioItem]], contents: dict[str, Content]
    ) -> Iterator[_Order]:
        """Ask the cache for the rows of items whose bytes are known, or why they have none."""
        keys = [self._keys(item, contents.get(path_of(item) or "")) for _, item in asked]
        found = cache.get([key for of_item in keys for key in of_item])
        trials = [self._trial(item, contents.get(path_of(item) or "")) for _, item in asked]
        failed = cache.failures([trial for trial in trials if trial])
        for (place, item), of_item, trial in zip(asked, keys, trials, strict=True):
            path = path_of(item) or ""
            content = contents.get(path)
            known = {
                i: found[key]
                for i, (key, part) in enumerate(zip(of_item, self._parts, strict=False))
                if key in found and len(found[key]) == part.width
            }
            stamp = stamp_of(path) if content is None else content.stamp
            error = None
            if trial in failed and len(known) < len(self._parts):  # a later try may have worked
                error = f"{name_of(item)}: {failed[trial]}"
            yield _Order(place, stamp, content, of_item, trial, known, error)

    def _keys(self, item: AudioItem, content: Content | None) -> list[bytes]:
        """Return the cache key of each part of an item's row; none for what is not cached."""
        if content is None:
            return []
        start = row_key(content.digest, item)
        texts = (f"{start}\n{part.key}\n{part.width}" for part in self._parts)
        return [hashlib.sha256(text.encode()).digest() for text in texts]

    def _trial(self, item: AudioItem, content: Content | None) -> bytes:
        """Return the cache key of a failure of an item; none for what is tried again."""
        if content is None or self._trials is None:
            return b""
        text = f"{row_key(content.digest, item)}\n{self._trials}"
        return hashlib.sha256(text.encode()).digest()

    def _receive(self, task: Task, outcome: Outcome) -> Found:
        """Take what a worker gave."""
        order: _Order = task.note
        if isinstance(outcome, Refusal):
            self._note(task, outcome)
            return Found(order.place, None, outcome.sentence, order.stamp, "file")
        if _has_changed(task.item, order):
            error = (
                f"{name_of(task.item)}: changed while it was read. "
                "Run again when it is complete; the other files are kept."
            )
            return Found(order.place, None, error, order.stamp, "file")
        if order.keys:
            self._rows.update(zip([order.keys[i] for i in task.wanted], outcome, strict=True))
            self._put_away()
        return self._found(order, dict(zip(task.wanted, outcome, strict=True)))

    def _note(self, task: Task, refusal: Refusal) -> None:
        """Remember why an item has no row, if it is about its bytes: they may have other names."""
        order, name = task.note, f"{name_of(task.item)}: "
        is_lasting = refusal.is_certain and order.trial and refusal.sentence.startswith(name)
        if is_lasting and not _has_changed(task.item, order):
            self._failures[order.trial] = refusal.sentence.removeprefix(name)
            self._put_away()

    def _put_away(self) -> None:
        """Count one more item on the desk, and clear it if they are many, or old."""
        self._n_items += 1
        if self._n_items >= self._batch or time.monotonic() - self._visit > VISIT:
            self.clear()

    def _found(self, order: _Order, computed: dict[int, FloatArray]) -> Found:
        """Put a row together, unless there is none."""
        if order.error is not None:
            return Found(order.place, None, order.error, order.stamp, "cache")
        parts = {**order.known, **computed}
        row = np.concatenate([parts[i] for i in range(len(self._parts))])
        return Found(order.place, row, None, order.stamp, "file" if computed else "cache")


def _has_changed(item: AudioItem, order: _Order) -> bool:
    """Tell whether a file is another one than when it was looked up."""
    path = path_of(item)
    if path is None or order.stamp is None:
        return False
    if stamp_of(path) != order.stamp:
        return True
    if order.content is None or order.content.is_settled:
        return False
    again = read_content(path)  # its times would not show a change within their granularity
    return again is None or again.digest != order.content.digest


def _check_files(items: Sequence[AudioItem]) -> None:
    """Refuse files that are not there, before hours are spent on the others."""
    paths = dict.fromkeys(name_of(item) for item in items if not isinstance(item, Clip))
    sentences = [error for path in paths if (error := _missing(path, stamp_of(path)))]
    if sentences:
        raise AudioError(some_sentences(sentences))


def _missing(path: str, stamp: Stamp | None) -> str | None:
    """Return why there is nothing to read, which no process need be started for."""
    if stamp is None or not stamp.size:
        try:
            check_file(path)
        except AudioError as error:
            return str(error)
    return None


def _twins(items: Sequence[AudioItem]) -> dict[int, list[int]]:
    """Return the places where an item occurs again, by the place of the first.

    Only hashes are kept: the paths of a million files are held once.
    """
    first: dict[int, int] = {}
    again: dict[int, list[int]] = {}
    for place, item in enumerate(items):
        identity = _identity(item)
        known = first.setdefault(hash(identity), place)
        if known != place and _identity(items[known]) == identity:
            again.setdefault(known, []).append(place)
    return again


def _repeated(found: Found, twins: dict[int, list[int]]) -> list[Found]:
    """Return what becomes of the places where an item occurs again."""
    places = twins.get(found.place, [])
    return [found._replace(place=place, origin="repeated") for place in places]


def _identity(item: AudioItem) -> object:
    """Return what is equal for items that give the same row."""
    if isinstance(item, Clip):
        return id(item)
    path = absolute(path_of(item) or "")
    return (path, item.offset, item.duration) if isinstance(item, Segment) else (path, 0.0, None)


def _progress(total: int, done: int) -> tqdm[NoReturn]:
    """Return a bar on stderr, where a person waits: after two seconds, in a terminal."""
    from tqdm import tqdm

    return tqdm(
        total=total,
        initial=done,
        unit="file",
        delay=DELAY,
        file=sys.stderr,
        disable=None,
        leave=False,
    )
