"""Is this copy of a corpus complete and sound? What `mer datasets validate` looks at.

First the particulars of the corpus (its own `check`), then what holds for all of them: rows,
ranges, classes, groups, missing audio, files that do not decode, are silent, or are copies of each
other.
"""

from __future__ import annotations

import hashlib
import math
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..audio import Segment, read_audio
from ..errors import AudioError, DatasetError, InputError, MerWarning, some
from ._check import Check
from ._swap import ENOUGH
from .base import Dataset
from .registry import (
    check_particulars,
    dataset_options,
    load_dataset,
    needs_root,
)

__all__ = ["Check", "validate_dataset"]

QUIET = 1e-4  # of full scale (-80 dB); nothing above it is silence


@dataclass(frozen=True)
class _Heard:
    """What reading a file found: its digest, or why it cannot be read."""

    path: str
    digest: str = ""
    seconds: float = 0.0
    peak: float = 0.0
    level: float = 0.0  # dB of full scale
    error: str = ""


def validate_dataset(
    name: str,
    root: str | Path,
    *,
    audio: bool = True,
    n_jobs: int | None = None,
    progress: Callable[[Iterable[str]], Iterable[str]] = iter,
    **options: object,
) -> list[Check]:
    r"""Look at a corpus on disk: whether it is complete, and what in it is wrong.

    Parameters
    ----------
    name : str
        One of `dataset_names`.
    root : str or path
        The folder that holds it (of "table": the file).
    audio : bool, default=True
        Whether to look for the audio and decode all of it; False looks at the labels alone.
    n_jobs : int, default=None
        Workers that decode.
    progress : callable, default=iter
        Wraps the files while they are read, such as ``tqdm``.
    **options
        Options of the corpus.

    Returns
    -------
    list of Check
        What was looked at, with verdicts "ok", "note" (a user has to know it, and the loader
        handles it) and "wrong".

    Raises
    ------
    InputError
        If the name or an option is unknown.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "songs.csv").write_text("file,emotion\na.wav,sad\\n")
    >>> [check] = validate_dataset("table", folder / "songs.csv")
    >>> check.verdict
    'wrong'
    """
    if not needs_root(name):
        msg = f"The corpus {name!r} is generated; there is nothing on disk to validate."
        raise InputError(msg)
    usual = dataset_options(name)
    keeps = "missing" in usual
    whole = all(value == usual.get(key) for key, value in options.items() if key != "missing")
    if keeps:
        options = {"missing": "keep", **options}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MerWarning)  # the checks of the corpus say it
            dataset = load_dataset(name, root, **options)
            checks = check_particulars(name, Path(root).expanduser(), options)
    except DatasetError as error:
        return [Check("loading", "wrong", str(error).rstrip("."))]
    checks += _labels(dataset, whole=whole)
    if audio and not dataset.is_ready:
        checks += _audio(dataset, n_jobs, progress)
    # What is missing stands among the checks already, or was not asked for.
    said = [text for text in dataset.remarks if not (keeps and "lack their audio" in text)]
    return [*checks, *(Check("loader", "note", text.rstrip(".")) for text in said)]


def _labels(dataset: Dataset, *, whole: bool) -> list[Check]:
    """Look at rows, targets, groups and the split; options may want other rows than the whole."""
    expected = dataset.info.n_rows if whole else None
    found = f"{len(dataset)}" + (f" of {expected}" if expected else "")
    checks = [Check("rows", "ok" if expected in (None, len(dataset)) else "wrong", found)]
    checks += [_target(dataset, name) for name in dataset.targets]
    if dataset.groups is None:
        checks.append(Check("groups", "note", "none: nothing keeps artists or speakers apart"))
    else:
        sizes = np.unique(dataset.groups.astype(str), return_counts=True)[1]
        kind = dataset.info.group
        found = f"{len(sizes)} {kind}s, the largest with {sizes.max()} rows"
        checks.append(Check("groups", "ok", found))
    if dataset.split is not None:
        names, sizes = np.unique(dataset.split.astype(str), return_counts=True)
        parts = ", ".join(f"{part} {size}" for part, size in zip(names, sizes, strict=True))
        checks.append(Check("split", "ok", parts))
    if dataset.info.labels:
        checks.append(Check("labels", "ok", dataset.info.labels))
    return checks


def _target(dataset: Dataset, name: str) -> Check:
    """Look at the range of numbers, or the sizes of classes."""
    target = dataset.target(name)
    values: Any = dataset.y(name)
    if target.task == "classification":
        sizes = values.value_counts()
        found = ", ".join(f"{label} {size}" for label, size in sizes.items())
        return Check(name, "ok" if len(sizes) > 1 else "wrong", found)
    table = values.to_frame() if values.ndim == 1 else values
    low, high = target.scale or (-np.inf, np.inf)
    wrong = [column for column in table if not table[column].between(low, high).all()]
    if wrong:
        return Check(name, "wrong", f"{some(wrong)} lies outside {low:g} to {high:g}")
    if len(table.columns) > 2:
        found = f"{len(table.columns)} columns from {table.min().min():.2f} to "
        return Check(name, "ok", found + f"{table.max().max():.2f}")
    ranges = (f"{c} {table[c].min():.2f} to {table[c].max():.2f}" for c in table)
    return Check(name, "ok", ", ".join(ranges))


def _audio(
    dataset: Dataset, n_jobs: int | None, progress: Callable[[Iterable[str]], Iterable[str]]
) -> list[Check]:
    """Look for the files, decode them, and compare their bytes."""
    from joblib import Parallel, delayed

    items = [str(item.path if isinstance(item, Segment) else item) for item in dataset.X]
    paths = list(dict.fromkeys(items))
    there = [path for path in paths if Path(path).exists()]
    lost = [Path(path).name for path in paths if not Path(path).exists()]
    found = f"{len(there)} of {len(paths)} files" + (f"; missing {some(lost)}" if lost else "")
    checks = [Check("audio", "wrong" if lost else "ok", found)]
    if not there:
        return checks
    heard = Parallel(n_jobs=n_jobs)(delayed(_hear)(path) for path in progress(there))
    groups = dataset.groups
    of_file = {} if groups is None else dict(zip(items, groups.tolist(), strict=True))
    return [*checks, *_decoded(heard), *_copies(heard, of_file), *_levels(dataset, items, heard)]


def _hear(path: str) -> _Heard:
    """Decode a file to its end, as training would."""
    try:
        clip = read_audio(path)
        digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except (AudioError, OSError) as error:
        return _Heard(path, error=str(error))
    peak = float(np.abs(clip.signal).max())
    rms = float(np.sqrt(np.mean(clip.signal.astype(np.float64) ** 2)))
    return _Heard(path, digest, clip.duration, peak, level=20 * math.log10(max(rms, QUIET)))


def _decoded(heard: list[_Heard]) -> list[Check]:
    """Say which files do not decode, how long the others are, and which are silent."""
    broken = [item for item in heard if item.error]
    found = f"{len(heard) - len(broken)} of {len(heard)} files"
    if broken:
        found += f"; not {some(item.error.rstrip('.') for item in broken)}"
    checks = [Check("decoding", "wrong" if broken else "ok", found)]
    whole = [item for item in heard if not item.error]
    if whole:
        seconds = sorted(item.seconds for item in whole)
        middle = seconds[len(seconds) // 2]
        found = f"{seconds[0]:.2f} to {seconds[-1]:.2f} s, half of them up to {middle:.2f} s"
        checks.append(Check("durations", "ok", found))
    silent = [Path(item.path).name for item in whole if item.peak < QUIET]
    if silent:
        checks.append(Check("silence", "note", f"{len(silent)} silent files: {some(silent)}"))
    return checks


def _copies(heard: list[_Heard], groups: dict[str, Any]) -> list[Check]:
    """Say which files have the same bytes; across groups a split would tear them."""
    same = defaultdict(list)
    for item in heard:
        if item.digest:
            same[item.digest].append(item.path)
    sets = [paths for paths in same.values() if len(paths) > 1]
    if not sets:
        return [Check("copies", "ok", "no two files have the same bytes")]
    torn = [paths for paths in sets if len({groups.get(path, path) for path in paths}) > 1]
    names = some("/".join(Path(path).name for path in paths) for paths in torn or sets)
    found = f"{len(sets)} sets of files with the same bytes"
    found += f", {len(torn)} across groups" if torn else ", each within a group"
    return [Check("copies", "wrong" if torn else "note", f"{found}: {names}")]


def _levels(dataset: Dataset, items: list[str], heard: list[_Heard]) -> list[Check]:
    """Say how loudness goes with valence and arousal; with the first alone they look exchanged."""
    levels = {item.path: item.level for item in heard if not item.error}
    rows = [row for row, path in enumerate(items) if path in levels]
    if "va" not in dataset.targets or "offset" in dataset.frame or len(rows) < ENOUGH:
        return []
    values = dataset.y("va").to_numpy()[rows]
    loud = np.array([levels[items[row]] for row in rows])
    if not np.ptp(loud) or not np.ptp(values, axis=0).all():
        return []
    valence, arousal = np.corrcoef(values, loud, rowvar=False)[2, :2]
    found = f"r with valence {valence:.3f}, with arousal {arousal:.3f}, {len(rows)} files"
    if arousal > valence:
        return [Check("level", "ok", found)]
    why = "in most music it follows arousal: are the columns exchanged?"
    return [Check("level", "note", f"{found}; {why}")]
