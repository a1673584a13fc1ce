"""How rows are split for scoring: what is learned from, what is tested, and what is kept apart.

Every way of splitting becomes a `Split`: for each repeat a list of folds, a fold being the numbers
of the rows to learn from and of those to test. Its name says what was kept apart, checked on the
rows themselves, so a split that lets an artist stand on both sides is never called otherwise.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import KFold, LeaveOneGroupOut, StratifiedKFold

from ..errors import InputError, some
from ..grouping import Folds
from .rows import Data, Rows, check_folds, folds_apart

__all__ = ["Split", "make_split", "random_split", "split_remarks"]

TIMES = re.compile(r"([1-9]\d*)x([1-9]\d*)")
TEST_PARTS, TRAIN_PARTS = ("test",), ("train", "training", "dev", "val", "valid", "validation")


@dataclass(frozen=True)
class Split:
    """The folds of every repeat.

    Parameters
    ----------
    name : str
        What was kept apart: "artists apart", "files apart", or "random split".
    repeats : tuple of list of (train, test)
        Row numbers of each fold, for each repeat.
    """

    name: str
    repeats: tuple[Folds, ...]

    @property
    def n_folds(self) -> int:
        """Folds of a repeat."""
        return len(self.repeats[0])


def make_split(
    rows: Rows, data: Data, cv: Any, *, repeats: int = 1, random_state: int | None = 0
) -> Split:
    """Split rows as asked.

    Parameters
    ----------
    rows : Rows
        What is to be split.
    data : Data
        What was given: the corpus' own parts, and what its groups are.
    cv : int, str, splitter or list of (train, test)
        A number of folds with groups apart; "5x3" is 5 folds drawn 3 times; "logo" leaves out one
        group at a time; "official" takes the parts of the corpus; "random" is 5 folds that ignore
        groups, and called so; a splitter of scikit-learn gets the groups; pairs are row numbers of
        what was given.
    repeats : int >= 1, default=1
        How often the folds are drawn.
    random_state : int, default=0
        Seed of the drawing; of repeat r it is ``random_state + r``.

    Returns
    -------
    Split
        The folds, and what they keep apart.

    Raises
    ------
    InputError
        If cv is none of these, or the rows cannot be split so.
    """
    match = TIMES.fullmatch(cv) if isinstance(cv, str) else None
    if match:
        cv, repeats = int(match[1]), repeats * int(match[2])
    if isinstance(repeats, bool) or not isinstance(repeats, int) or repeats < 1:
        msg = f"repeats={repeats!r} must be how often the folds are drawn, 1 or more."
        raise InputError(msg)
    drawn = cv == "random" if isinstance(cv, str) else isinstance(cv, int)
    if repeats > 1 and not drawn:
        msg = f"repeats={repeats} needs folds that are drawn; cv={cv!r} is the same every time."
        raise InputError(msg)
    if isinstance(cv, str) and cv == "random":
        return random_split(rows, repeats=repeats, random_state=random_state)
    if isinstance(cv, int) and not isinstance(cv, bool):
        seeds = _seeds(random_state, repeats)
        return Split(data.split, tuple(folds_apart(rows, cv, seed) for seed in seeds))
    folds, name = _given(rows, data, cv)
    if not folds:
        msg = f"cv={cv!r} makes no folds of these rows."
        raise InputError(msg)
    _check_pairs(folds)
    check_folds(rows, folds)
    return Split(_apart(rows, data, folds, name), _by_repeat(folds))


def check_tested(rows: Rows, split: Split) -> None:
    """Refuse a split whose score would rest on one group: it has no interval."""
    tested = np.concatenate([test for folds in split.repeats for _, test in folds])
    if len(np.unique(rows.groups[tested])) < 2:
        msg = f"{split.name}: rows of a single group are tested; a score rests on 2 groups or more."
        raise InputError(msg)


def random_split(
    rows: Rows, *, n_splits: int = 5, repeats: int = 1, random_state: int | None = 0
) -> Split:
    """Return folds that ignore groups, of classes as even as the rarest allows.

    Raises
    ------
    InputError
        If a fold has one class to learn from.
    """
    n_splits = min(n_splits, len(rows.y))
    kind = KFold
    if rows.task == "classification":
        rarest = np.unique(rows.y, return_counts=True)[1].min()
        kind = StratifiedKFold if rarest >= n_splits else KFold
    folds = []
    for seed in _seeds(random_state, repeats):
        splitter = kind(n_splits, shuffle=True, random_state=seed)
        folds.append(list(splitter.split(rows.table, rows.y)))
        check_folds(rows, folds[-1])
    return Split("random split", tuple(folds))


def split_remarks(rows: Rows, split: Split) -> list[str]:
    """Say in a line each what the reader of scores has to know of these rows and folds."""
    remarks = []
    sizes = np.bincount(rows.groups)
    alone, n_groups = int((sizes == 1).sum()), int((sizes > 0).sum())
    if 0 < alone < n_groups:
        remarks.append(f"{alone} of {n_groups} groups have a single row.")
    if rows.task == "regression":
        columns = rows.y.reshape(len(rows.y), -1).T
        still = [name for name, y in zip(rows.names, columns, strict=True) if np.ptp(y) == 0]
        if still:
            remarks.append(f"{some(still)} never varies, so its r2 and correlations are 0.")
        return remarks
    rare = {
        label: n
        for label in np.unique(rows.y)
        if (n := len(np.unique(rows.groups[rows.y == label]))) < split.n_folds
    }
    if rare and split.name != "random split":
        named = some(f"{label} ({n})" for label, n in rare.items())
        remarks.append(f"Classes in fewer groups than there are folds: {named}.")
    unknown = [
        label
        for folds in split.repeats
        for train, test in folds
        for label in np.setdiff1d(rows.y[test], rows.y[train])
    ]
    if unknown:
        remarks.append(f"{some(np.unique(unknown))} was tested where no row could teach it.")
    return remarks


def _seeds(random_state: int | None, repeats: int) -> list[int | None]:
    """Return a seed for each repeat."""
    return [None if random_state is None else random_state + r for r in range(repeats)]


def _given(rows: Rows, data: Data, cv: Any) -> tuple[Folds, str]:
    """Return folds that need no drawing by us, and how they are called."""
    if isinstance(cv, str):
        if cv == "logo":
            return _one_out(rows, data), "leave one out"
        if cv == "official":
            return _official(rows, data.parts), "official split"
    elif hasattr(cv, "split"):
        with warnings.catch_warnings():
            # The name of the split says so, and the other is said once by `split_remarks`.
            warnings.filterwarnings("ignore", message="The groups parameter is ignored")
            warnings.filterwarnings("ignore", message="The least populated class")
            return list(cv.split(rows.table, rows.y, rows.groups)), type(cv).__name__
    elif isinstance(cv, Iterable) and not isinstance(cv, (bytes, np.ndarray)):
        return _pairs(rows, data, list(cv)), "given split"
    msg = (
        f'cv={cv!r} must be a number of folds, "5x5", "logo", "official", "random", a splitter or '
        "a list of (train, test)."
    )
    raise InputError(msg)


def _one_out(rows: Rows, data: Data) -> Folds:
    """Return a fold for each group."""
    if len(np.unique(rows.groups)) < 2:
        msg = f"1 group cannot be split: leaving one of the {data.kind} out leaves nothing."
        raise InputError(msg)
    return list(LeaveOneGroupOut().split(rows.table, rows.y, rows.groups))


def _official(rows: Rows, parts: Any) -> Folds:
    """Return the corpus' own split: its test part, or each of its numbered parts in turn."""
    if parts is None:
        msg = 'cv="official" needs a corpus with a split of its own; this one has none.'
        raise InputError(msg)
    names = np.array([str(part).lower() for part in np.asarray(parts, object)[rows.kept]])
    has_test = np.isin(names, TEST_PARTS).any()
    unknown = sorted({*names.tolist()} - {*TEST_PARTS, *TRAIN_PARTS})
    words = [name for name in unknown if not any(letter.isdigit() for letter in name)]
    if (has_test and unknown) or words or not (has_test or unknown):
        msg = (
            f"the corpus' own split has the parts {some(sorted({*names.tolist()}))}; it must be "
            f"numbered parts, or test beside {', '.join(TRAIN_PARTS)}."
        )
        raise InputError(msg)
    if not has_test:
        return [(np.flatnonzero(names != n), np.flatnonzero(names == n)) for n in np.unique(names)]
    return [(np.flatnonzero(np.isin(names, TRAIN_PARTS)), np.flatnonzero(names == TEST_PARTS[0]))]


def _pairs(rows: Rows, data: Data, pairs: Sequence[Any]) -> Folds:
    """Return given folds as numbers of the rows that are left."""
    folds = []
    for number, pair in enumerate(pairs):
        try:
            train, test = (np.asarray(part) for part in pair)
        except (TypeError, ValueError) as error:
            msg = f"cv[{number}] must be a pair (train, test) of row numbers."
            raise InputError(msg) from error
        for part in (train, test):
            wrong = part.dtype.kind not in "iu" or part.ndim != 1
            if wrong or part.min(initial=0) < 0 or part.max(initial=0) >= len(data.y):
                msg = f"cv[{number}] must hold row numbers from 0 to {len(data.y) - 1}."
                raise InputError(msg)
        folds.append((_kept(rows, train), _kept(rows, test)))
    return folds


def _kept(rows: Rows, numbers: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Return which of the rows that are left have these numbers in what was given."""
    return np.flatnonzero(np.isin(rows.kept, numbers))


def _check_pairs(folds: Folds) -> None:
    """Refuse folds that are empty or test what they have learned."""
    for number, (train, test) in enumerate(folds):
        if not len(train) or not len(test):
            side = "learn from" if not len(train) else "test"
            msg = f"fold {number} has no row to {side}."
            raise InputError(msg)
        both = np.intersect1d(train, test)
        if len(both):
            msg = f"fold {number} tests {len(both)} rows it has learned ({some(both)})."
            raise InputError(msg)


def _apart(rows: Rows, data: Data, folds: Folds, name: str) -> str:
    """Return the name of a split, with what it keeps apart as found in the rows."""
    torn = [np.intersect1d(rows.groups[train], rows.groups[test]) for train, test in folds]
    n_torn = len(np.unique(np.concatenate(torn)))
    found = f"{n_torn} {data.kind} on both sides" if n_torn else data.split
    return f"{found} ({name})"


def _by_repeat(folds: Folds) -> tuple[Folds, ...]:
    """Let a new repeat begin wherever a row would be tested twice.

    Repeats are averaged, which is only right where each tests the same rows; where they do not, all
    answers are pooled, and a row that is tested twice counts twice.
    """
    repeats: list[Folds] = []
    tested: set[int] = set()
    for train, test in folds:
        if not repeats or not tested.isdisjoint(test):
            repeats.append([])
            tested = set()
        repeats[-1].append((train, test))
        tested.update(test)
    covered = [{row for _, test in repeat for row in test.tolist()} for repeat in repeats]
    return tuple(repeats) if all(rows == covered[0] for rows in covered) else (folds,)
