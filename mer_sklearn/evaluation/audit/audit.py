"""Look for leaks in data: what would stand on both sides of a split and make scores too good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...audio import AudioItem, Clip, Segment
from ...datasets.base import Dataset
from ...errors import InputError, some
from ...extraction.cache import CacheChoice
from ...features.inputs import as_items
from ...grouping import file_groups
from .names import name_findings
from .recordings import AUDIO_KINDS, audio_findings
from .report import AuditReport, Finding
from .sides import Sides, group_findings, read_groups, read_splits
from .table import TABLE_KINDS, read_table, table_findings

__all__ = ["audit"]

NAME_KINDS = ("twin_names", "one_artist")
GROUP_KINDS = ("group_on_both_sides", "group_spelling")


def audit(
    X: Any,
    y: Any = None,
    groups: Any = None,
    *,
    cv: Any = None,
    table: bool = False,
    target: str | None = None,
    names: Sequence[str] | None = None,
    n_jobs: int | None = None,
    cache: CacheChoice = None,
) -> AuditReport:
    """Find what would stand on both sides of a split.

    Copies are a leak where the groups, or a split in `cv`, keep them apart, or where neither is
    given; copies that stay together are a remark.

    Parameters
    ----------
    X : Dataset, list of audio items, or array of shape (n_rows, n_columns)
        A corpus, the audio, or a table of features.
    y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
        Labels or numbers, to find copies that contradict each other.
    groups : array-like of shape (n_rows,), default=None
        What must not stand on both sides: songs, artists, actors. Without them (and without `cv`)
        each file is a group.
    cv : splitter, list of (train, test), or array of shape (n_rows,), default=None
        A split to look at: what scikit-learn splits by, pairs of row numbers, or the name of each
        row's part, such as "train". The official split of a corpus is looked at as well.
    table : bool, default=False
        Whether X is a ready table of features.
    target : str, default=None
        The target of the corpus; None is its first.
    names : sequence of str, default=None
        File names of the rows, where X does not hold them.
    n_jobs : int, default=None
        Workers that decode; None is 1, -1 all cores.
    cache : bool or path, default=None
        Where fingerprints are kept: True in the user's cache folder.

    Returns
    -------
    AuditReport
        The leaks and remarks; ``report.leaks`` is empty where nothing leaks.

    Raises
    ------
    InputError
        If X, y, groups, cv and names do not fit each other.
    AudioError
        If no file can be read.

    Examples
    --------
    >>> import numpy as np
    >>> from mer_sklearn.evaluation.audit import audit
    >>> X = np.random.default_rng(0).normal(size=(20, 6))
    >>> X[7] = X[3]
    >>> report = audit(X, groups=np.arange(20), table=True)
    >>> [(leak.kind, leak.rows) for leak in report.leaks]
    [('same_row', (3, 7))]
    """
    if isinstance(X, Dataset):
        if y is not None or groups is not None or table:
            msg = "a Dataset brings y and groups; choose what to learn by target= instead."
            raise InputError(msg)
        table, splits, y = X.is_ready, [X.split, cv], X.y(target)
        groups, X = X.groups, X.X
    elif target is not None:
        msg = f"target={target!r} chooses among the targets of a Dataset; here y is the target."
        raise InputError(msg)
    else:
        splits = [cv]
    rows: Any = read_table(X) if table else as_items(X)
    labels, sides = _labels(y, len(rows)), _sides(rows, y, groups, splits, names)
    if table:
        findings, copies = table_findings(rows, sides)
    else:
        findings, copies = audio_findings(rows, sides, n_jobs=n_jobs, cache=cache)
    kinds = [*(TABLE_KINDS if table else AUDIO_KINDS)]
    if groups is not None:
        kinds += GROUP_KINDS
        findings += group_findings(sides)
    if names is not None or not (table or any(isinstance(item, Clip) for item in rows)):
        kinds += NAME_KINDS
        findings += name_findings(sides, copies)
    if labels is not None:
        kinds.append("contradictory_labels")
        findings += _contradictions(copies, labels, sides)
    return AuditReport.of(len(rows), kinds, findings)


def _sides(
    rows: Sequence[Any], y: Any, groups: Any, splits: Sequence[Any], names: Sequence[str] | None
) -> Sides:
    """Return what keeps the rows apart, and what they are called."""
    if names is not None and len(names) != len(rows):
        msg = f"X holds {len(rows)} rows but names holds {len(names)}; name every row."
        raise InputError(msg)
    if names is not None:
        called = [str(name) for name in names]
        files = np.array(called, dtype=object)
    else:
        called = [_name(number, row) for number, row in enumerate(rows)]
        files = np.array(called) if isinstance(rows, np.ndarray) else file_groups(rows)
    return Sides(
        names=called,
        groups=read_groups(groups, len(rows)),
        splits=[sides for cv in splits for sides in read_splits(cv, y, groups, len(rows))],
        alone=files,
    )


def _name(number: int, row: AudioItem | npt.NDArray[Any]) -> str:
    """Return what a row is called in sentences."""
    if isinstance(row, np.ndarray):
        return f"row {number}"
    if isinstance(row, Clip):
        return f"clip {number}"
    if isinstance(row, Segment):
        stop = "end" if row.duration is None else f"{row.offset + row.duration:g} s"
        return f"{row.path} ({row.offset:g} s to {stop})"
    return str(row)


def _labels(y: Any, n_rows: int) -> pd.DataFrame | None:
    """Return labels or numbers as a table, a row each."""
    if y is None:
        return None
    frame = pd.DataFrame(y if isinstance(y, (pd.Series, pd.DataFrame)) else np.asarray(y))
    if len(frame) != n_rows:
        msg = f"X holds {n_rows} rows but y holds {len(frame)}; give one label a row."
        raise InputError(msg)
    return frame.reset_index(drop=True)


def _contradictions(
    copies: Sequence[Sequence[int]], labels: pd.DataFrame, sides: Sides
) -> list[Finding]:
    """Find copies with different labels, or with numbers a standard deviation apart."""
    findings = []
    numeric = [dtype.kind == "f" for dtype in labels.dtypes]
    spread = labels.std(numeric_only=True) if all(numeric) else None
    for rows in copies:
        of_copies = labels.iloc[list(rows)]
        if spread is None:
            differ = bool((of_copies.nunique(dropna=True) > 1).any())
        else:
            differ = bool((of_copies.max() - of_copies.min() > spread).any())
        if differ:
            shown = some(
                f"{sides.names[row]}: {_shown(of_copies.iloc[place])}"
                for place, row in enumerate(rows)
            )
            sentence = (
                f"These are copies, but their labels differ: {shown}. Correct them, or keep one."
            )
            findings.append(sides.finding("contradictory_labels", "remark", rows, sentence))
    return findings


def _shown(label: pd.Series) -> str:
    """Return a row of labels for a sentence."""
    return " ".join(f"{v:.2f}" if isinstance(v, float) else str(v) for v in label)
