"""What keeps rows apart: groups, and the sides of given splits."""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import InputError, some
from ...grouping import as_groups
from .report import Finding

__all__ = ["Sides", "group_findings", "read_groups", "read_splits"]

IntArray = npt.NDArray[np.intp]
ABSENT = -1  # the side of a row that a split leaves out


@dataclass(frozen=True)
class Sides:
    """What keeps rows apart.

    Parameters
    ----------
    names : sequence of str
        What each row is called.
    groups : array of shape (n_rows,) or None
        The group of each row as text; None where none were given.
    splits : sequence of array of shape (n_rows,)
        For each split, the number of the side on which a row stands; -1 leaves it out.
    alone : array of shape (n_rows,)
        The file of each row, which stays together where nothing is given.
    """

    names: Sequence[str]
    groups: npt.NDArray[Any] | None
    splits: Sequence[IntArray]
    alone: npt.NDArray[Any]

    def parting(self, rows: Sequence[int]) -> str | None:
        """Return what keeps some rows apart, for a sentence; None if they stay together."""
        index = list(rows)
        if self.groups is not None:
            groups = sorted(set(self.groups[index]))
            if len(groups) > 1:
                return f"stand in the groups {some(map(repr, groups))}"
        torn = [n for n, sides in enumerate(self.splits) if _n_sides(sides[index]) > 1]
        if torn:
            return f"stand on both sides of split {some(torn)}"
        if self.groups is None and not self.splits and len(set(self.alone[index])) > 1:
            return "may be split apart, as no groups were given"
        return None

    def finding(self, kind: str, severity: str, rows: Sequence[int], sentence: str) -> Finding:
        """Return a finding on some rows."""
        index = tuple(sorted(int(row) for row in rows))
        return Finding(kind, severity, index, tuple(self.names[row] for row in index), sentence)

    def copies(self, kind: str, rows: Sequence[int], what: str) -> Finding:
        """Return the finding on rows that are copies: a leak if something keeps them apart.

        Parameters
        ----------
        kind : str
            The kind of copy.
        rows : sequence of int
            The rows.
        what : str
            What they have in common, after their names: "are the same recording".
        """
        names = some([self.names[row] for row in sorted(rows)])
        parting = self.parting(rows)
        if parting is None:
            sentence = f"{names} {what}, but stay together. A random split would part them."
            return self.finding(kind, "remark", rows, sentence)
        sentence = f"{names} {what}, but {parting}. Give them one group, or keep one of them."
        return self.finding(kind, "leak", rows, sentence)


def read_groups(groups: Any, n_rows: int) -> npt.NDArray[Any] | None:
    """Return the groups as text, checked; None where there are none."""
    if groups is None:
        return None
    as_groups(groups, n_rows)
    return np.array([str(group) for group in np.asarray(groups, dtype=object)], dtype=object)


def read_splits(cv: Any, y: Any, groups: Any, n_rows: int) -> list[IntArray]:
    """Return the sides of each row in every split of `cv`.

    Parameters
    ----------
    cv : splitter, list of (train, test), column of shape (n_rows,) or None
        What splits: an object of scikit-learn, pairs of row numbers, or the name of each row's
        part, such as "train" and "test"; a missing or empty name leaves the row out.
    y, groups : object
        What a splitter is given.
    n_rows : int
        Rows of X.

    Returns
    -------
    list of arrays of shape (n_rows,)
        One a split: 0, 1 and so on are its sides, -1 stands on none.

    Raises
    ------
    InputError
        If it is none of these, or names rows that do not exist.
    """
    if cv is None:
        return []
    if isinstance(cv, (str, int, float, dict)):
        raise _no_split(cv)
    if hasattr(cv, "split"):
        return [_pair(pair, n_rows) for pair in _drawn(cv, y, groups, n_rows)]
    parts = list(cv) if np.iterable(cv) else None
    if parts is None or not parts:
        raise _no_split(cv)
    if all(isinstance(part, (tuple, list)) and len(part) == 2 for part in parts):
        return [_pair(pair, n_rows) for pair in parts]
    return [_column(parts, n_rows)]


def group_findings(sides: Sides) -> list[Finding]:
    """Return what is wrong with the groups themselves: on both sides, or spelled in two ways."""
    if sides.groups is None:
        return []
    return [*_torn_groups(sides), *_spellings(sides)]


def _n_sides(sides: IntArray) -> int:
    """Return on how many sides rows stand."""
    return len(set(sides.tolist()) - {ABSENT})


def _drawn(cv: Any, y: Any, groups: Any, n_rows: int) -> list[Any]:
    """Return the pairs that a splitter draws."""
    try:
        with warnings.catch_warnings():
            # That groups are ignored or classes rare shows in what is found.
            warnings.simplefilter("ignore", UserWarning)
            return list(cv.split(np.zeros((n_rows, 1)), y, groups))
    except (ValueError, TypeError) as error:
        msg = f"cv={cv!r} cannot split these rows: {error}"
        raise InputError(msg) from error


def _no_split(cv: object) -> InputError:
    """Return the error for what is no split."""
    return InputError(
        f"cv={cv!r} must be a splitter of scikit-learn, a list of (train, test) row numbers, or "
        "a column that names the part of each row. Leave it out to look at the groups alone."
    )


def _pair(pair: Any, n_rows: int) -> IntArray:
    """Return the sides of one (train, test) pair."""
    sides = np.full(n_rows, ABSENT)
    seen: set[int] = set()
    for number, rows in enumerate(pair):
        index = np.asarray(rows)
        if index.dtype == bool and index.shape == (n_rows,):
            index = np.flatnonzero(index)
        fits = index.ndim == 1 and (index.dtype.kind in "iu" or not index.size)
        if not fits or (index.size and not 0 <= index.min() <= index.max() < n_rows):
            msg = f"cv holds {some(index.ravel().tolist())}: rows are whole numbers below {n_rows}."
            raise InputError(msg)
        both = seen & set(index.tolist())
        if both:
            msg = f"cv has row {some(sorted(both))} in train and in test. Keep it in one of them."
            raise InputError(msg)
        seen |= set(index.tolist())
        sides[index.astype(int)] = number
    return sides


def _column(parts: list[Any], n_rows: int) -> IntArray:
    """Return the sides that a column names."""
    if len(parts) != n_rows or any(np.ndim(part) for part in parts):
        msg = f"cv names the parts of {len(parts)} rows, but X holds {n_rows}. Name one a row."
        raise InputError(msg)
    empty = np.array([part is None or part != part or part == "" for part in parts])
    names, numbers = np.unique([str(part) for part in parts], return_inverse=True)
    if len(set(numbers[~empty])) < 2:
        msg = f"cv names {len(set(numbers[~empty]))} part ({some(names)}); a split has two or more."
        raise InputError(msg)
    return np.where(empty, ABSENT, numbers)


def _torn_groups(sides: Sides) -> list[Finding]:
    """Find the groups that stand on both sides of a split."""
    assert sides.groups is not None
    groups, numbers = np.unique(sides.groups, return_inverse=True)
    torn: dict[int, list[int]] = {}  # splits by group
    for number, of_split in enumerate(sides.splits):
        present = of_split != ABSENT
        pairs = np.unique(np.stack([numbers[present], of_split[present]]), axis=1)
        found, counts = np.unique(pairs[0], return_counts=True)
        for group in found[counts > 1]:
            torn.setdefault(int(group), []).append(number)
    if not torn:
        return []
    rows = np.flatnonzero(np.isin(numbers, list(torn)))
    n_splits = len({split for splits in torn.values() for split in splits})
    sentence = (
        f"{len(torn)} of {len(groups)} groups ({some(map(repr, groups[sorted(torn)]))}) stand on "
        f"both sides in {n_splits} of {len(sides.splits)} splits. Split by groups, for example "
        "with GroupKFold."
    )
    return [sides.finding("group_on_both_sides", "leak", rows.tolist(), sentence)]


def _spellings(sides: Sides) -> list[Finding]:
    """Find groups whose names differ only in case, accents, punctuation or a leading "the"."""
    assert sides.groups is not None
    spelled: dict[str, set[str]] = {}
    for group in set(sides.groups):
        spelled.setdefault(_plain(group), set()).add(group)
    findings = []
    for plain, names in sorted(spelled.items()):
        if len(names) > 1 and any(letter.isalpha() for letter in plain):
            rows = np.flatnonzero(np.isin(sides.groups, list(names)))
            sentence = (
                f"The groups {some(map(repr, sorted(names)))} are spellings of one name. "
                "If they are one, give them one group."
            )
            findings.append(sides.finding("group_spelling", "remark", rows.tolist(), sentence))
    return findings


def _plain(name: str) -> str:
    """Return a name without case, accents, punctuation and a leading "the"."""
    letters = unicodedata.normalize("NFKD", name.casefold().replace("&", " and "))
    bare = "".join(c for c in letters if not unicodedata.combining(c))
    words = "".join(c if c.isalnum() else " " for c in bare).split()
    return " ".join(words[1:] if len(words) > 1 and words[0] == "the" else words)
