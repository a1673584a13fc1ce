"""Map a row function over audio items: decode, compute, cache, report.

The engine knows nothing of features. It is given a function from a clip to a row, whose parts have
keys of their own; what a file's bytes and a part's key lead to in the cache is not computed again.
Workers decode and compute; only the calling process touches the cache and the output, so any joblib
backend serves and a kill loses at most the batch in flight.
"""

from __future__ import annotations

import functools
import hashlib
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from ..audio import AudioItem, AudioStream, Clip, Segment, check_file, open_audio
from ..errors import AudioError, InputError, MerWarning, some
from .cache import RowCache, content_key

if TYPE_CHECKING:
    from tqdm import tqdm

__all__ = ["Part", "RowFunction", "Rows", "check_on_error", "map_rows"]

FloatArray: TypeAlias = npt.NDArray[np.float32]

BATCH_PER_WORKER = 16  # files between two visits to the cache


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
    """

    values: FloatArray
    errors: dict[int, str]


def map_rows(
    function: RowFunction,
    items: Sequence[AudioItem],
    *,
    n_jobs: int | None = None,
    cache: RowCache | None = None,
    on_error: str = "raise",
) -> Rows:
    """Compute one row for each audio item.

    Parameters
    ----------
    function : RowFunction
        From a clip at the working rate to the parts of its row.
    items : sequence of paths, `Segment` or `Clip`
        The audio.
    n_jobs : int, default=None
        Workers; None is 1 unless a `joblib.parallel_config` says otherwise, -1 all cores.
    cache : RowCache, default=None
        Where rows of files are kept.
    on_error : {"raise", "nan"}, default="raise"
        Whether the first batch with an item that fails stops the work, or its row is NaN.

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
    check_on_error(on_error)
    if on_error == "raise":
        _check_files(items)
    ends = np.cumsum([0, *(part.width for part in function.parts)])
    values = np.full((len(items), ends[-1]), np.nan, np.float32)
    errors: dict[int, str] = {}
    with _Workers(n_jobs) as workers, _progress(len(items)) as bar:
        size = BATCH_PER_WORKER * workers.count
        for start in range(0, len(items), size):
            places = range(start, min(start + size, len(items)))
            found = _batch(function, [items[i] for i in places], workers, cache)
            for place, parts in zip(places, found, strict=True):
                if isinstance(parts, str):
                    errors[place] = parts
                else:
                    values[place] = np.concatenate(parts)
            bar.update(len(places))
            if errors and on_error == "raise":
                raise AudioError(some(errors.values()))
    if errors:
        warnings.warn(_summary(errors, len(items)), MerWarning)
    return Rows(values, errors)


def check_on_error(on_error: str) -> None:
    """Refuse a way to meet errors that does not exist."""
    if on_error not in ("raise", "nan"):
        msg = f'on_error={on_error!r} must be "raise" or "nan".'
        raise InputError(msg)


def _check_files(items: Sequence[AudioItem]) -> None:
    """Refuse files that are not there, before hours are spent on the others."""
    sentences = []
    for path in dict.fromkeys(_name(item) for item in items if not isinstance(item, Clip)):
        try:
            check_file(path)
        except AudioError as error:
            sentences.append(str(error))
    if sentences:
        raise AudioError(some(sentences))


def _batch(
    function: RowFunction, items: list[AudioItem], workers: _Workers, cache: RowCache | None
) -> list[list[FloatArray] | str]:
    """Return the parts of each item's row, or why it failed, cached parts from the cache."""
    if cache is None:
        every = range(len(function.parts))
        return workers.run([(function, item, every) for item in items])
    keys = [_keys(function, item) for item in items]
    known = cache.get([key for of_item in keys for key in of_item])
    missing = [
        [i for i in range(len(function.parts)) if not of_item or of_item[i] not in known]
        for of_item in keys
    ]
    open_ = [n for n, wanted in enumerate(missing) if wanted]
    computed = workers.run([(function, items[n], missing[n]) for n in open_])
    fresh: dict[bytes, FloatArray] = {}
    rows: list[list[FloatArray] | str | None] = [None] * len(items)
    for n, parts in zip(open_, computed, strict=True):
        if isinstance(parts, str) or not keys[n]:
            rows[n] = parts
        else:
            fresh.update(zip([keys[n][i] for i in missing[n]], parts, strict=True))
    known |= fresh
    cache.put(fresh)
    return [[known[key] for key in keys[n]] if row is None else row for n, row in enumerate(rows)]


def _keys(function: RowFunction, item: AudioItem) -> list[bytes]:
    """Return the cache key of each part of an item's row; none for what is not cached."""
    content = content_key(item)
    if content is None:
        return []
    texts = [f"{content}\n{part.key}\n{part.width}" for part in function.parts]
    return [hashlib.sha256(text.encode()).digest() for text in texts]


def _compute(
    function: RowFunction, item: AudioItem, wanted: Sequence[int]
) -> list[FloatArray] | str:
    """Decode one item and compute its row; what a worker does.

    One BLAS thread: the products are small, and the sums come out the same on any machine.
    """
    try:
        with _blas().limit(limits=1, user_api="blas"):
            return function(open_audio(item), wanted)
    except AudioError as error:
        return str(error)
    except MemoryError:
        return f"{_name(item)}: does not fit into memory. Cut it into segments."
    except Exception as error:
        error.add_note(f"This happened while computing the features of {_name(item)}.")
        raise


def _name(item: AudioItem) -> str:
    """Return what a sentence calls an item."""
    return str(item.path if isinstance(item, Segment) else item)


class _Workers:
    """One process or many; the same interface."""

    def __init__(self, n_jobs: int | None) -> None:
        from joblib import Parallel, effective_n_jobs

        self.count: int = effective_n_jobs(n_jobs)
        self._parallel = Parallel(n_jobs=n_jobs) if self.count > 1 else None

    def __enter__(self) -> Self:
        if self._parallel is not None:
            self._parallel.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        if self._parallel is not None:
            self._parallel.__exit__(*error)

    def run(
        self, tasks: list[tuple[RowFunction, AudioItem, Sequence[int]]]
    ) -> list[list[FloatArray] | str]:
        """Run the tasks and return what they give, in their order."""
        if self._parallel is None or len(tasks) < 2:
            return [_compute(*task) for task in tasks]
        from joblib import delayed

        return list(self._parallel(delayed(_compute)(*task) for task in tasks))


def _progress(total: int) -> tqdm[NoReturn]:
    """Return a bar on stderr, where a person waits: after two seconds, in a terminal."""
    from tqdm import tqdm

    return tqdm(total=total, unit="file", delay=2.0, file=sys.stderr, disable=None, leave=False)


@functools.cache
def _blas() -> Any:
    """Return the controller of the threads of this process's linear algebra."""
    import scipy.linalg  # noqa: F401  # loads the libraries that are to be controlled
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _summary(errors: dict[int, str], n_items: int) -> str:
    """Return one sentence on the items that failed."""
    return f"{len(errors)} of {n_items} items gave no features: {some(errors.values())}"
