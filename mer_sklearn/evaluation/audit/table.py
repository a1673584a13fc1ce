"""Rows of a ready table that are not what they seem: copies, near copies, mixtures of others.

Distances are taken between the ranks of the values in their columns, so that units, skew and
outliers do not matter. A mixture lies on the straight line between two other rows, as SMOTE makes
them: that is a matter of the values, and no scaling of columns changes it. A table whose rows
differ in fewer than five directions is searched for equal rows only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import InputError, some
from .report import Finding
from .sides import Sides

__all__ = ["TABLE_KINDS", "read_table", "table_findings"]

FloatArray = npt.NDArray[np.float64]

TABLE_KINDS = ("same_row", "near_row", "mixed_row", "scaled")
NEAR = 0.02  # mean difference of ranks, as a share of the rows, at most
NEIGHBOURS = 32  # rows near a row between which it may lie
STRAIGHT = 1e-5  # 1 + cosine of the directions to two neighbours
ALIKE = 0.02  # between columns, of the place on the line from one (0) to the other (1)
COARSE = 1e-4  # of the largest value; smaller differences vanish where six digits are saved
DIRECTIONS = 5  # in which rows differ; in fewer some lie near, or between, others by chance
COLUMNS = 4  # that have to say where a row lies between two others
MOST = 0.5  # share of columns that have to be scaled alike: one may have been added raw
DIGITS = 2e-3  # what rounding to three digits does to a mean or a spread
EXACT = 1e-9  # the ends of a scale outlive it
TINY = 1e-300
LARGEST = 1e100  # squares of larger values leave float64
CHANCE = 0.01  # pairs of equal, or near, rows that a table may be expected to hold by chance


def read_table(X: Any) -> FloatArray:
    """Return a table of numbers, checked."""
    from sklearn.utils import check_array

    try:
        table = np.asarray(check_array(X, dtype=np.float64, input_name="X"))
    except (ValueError, TypeError) as error:
        msg = f"X is no table of numbers: {str(error).splitlines()[0]}"
        raise InputError(msg) from error
    if np.abs(table).max() > LARGEST:
        msg = f"X holds values beyond {LARGEST:g}, which are no features. Replace or drop them."
        raise InputError(msg)
    return table


def table_findings(table: FloatArray, sides: Sides) -> tuple[list[Finding], list[list[int]]]:
    """Look for rows that are copies or mixtures, and for a table that was scaled as a whole.

    Parameters
    ----------
    table : array of shape (n_rows, n_columns)
        The features, finite.
    sides : Sides
        What keeps rows apart.

    Returns
    -------
    list of Finding
        What was found.
    list of list of int
        The sets of rows that are copies of each other.
    """
    findings = _scaled(table, sides)
    telling = table[:, np.ptp(table, axis=0) > 0]
    if len(table) < 3 or not _is_telling(telling):
        return findings, []
    same = _equal_rows(table)
    findings += [sides.copies("same_row", rows, "are the same row") for rows in same]
    single = np.setdiff1d(np.arange(len(table)), [row for rows in same for row in rows[1:]])
    if len(single) < 3 or _n_directions(telling) < DIRECTIONS:
        return findings, same
    near = [single[rows].tolist() for rows in _near_rows(telling[single])]
    findings += [sides.copies("near_row", rows, "are nearly the same row") for rows in near]
    mixed = single[_mixed_rows(telling[single])].tolist()
    if mixed:
        findings.append(_mixture(mixed, sides))
    return findings, same + near


def _scaled(table: FloatArray, sides: Sides) -> list[Finding]:
    """Find a table most of whose columns were brought to one scale by means of all rows."""
    several = [len(np.unique(column)) > 2 for column in table.T]  # yes and no have no scale
    columns = table[:, several]
    if columns.shape[1] < 2:
        return []
    mean, spread = columns.mean(axis=0), columns.std(axis=0)
    low, high = columns.min(axis=0), columns.max(axis=0)
    corrected = np.sqrt(1 - 1 / len(columns))  # the spread where n - 1 was the divisor
    one = np.minimum(np.abs(spread - 1), np.abs(spread - corrected)) < DIGITS
    marks = {
        "mean 0 and standard deviation 1": (np.abs(mean) < DIGITS) & one,
        "minimum 0 and maximum 1": (np.abs(low) < EXACT) & (np.abs(high - 1) < EXACT),
        "minimum -1 and maximum 1": (np.abs(low + 1) < EXACT) & (np.abs(high - 1) < EXACT),
    }
    what, scaled = max(marks.items(), key=lambda mark: mark[1].sum())
    if scaled.sum() < 2 or scaled.mean() <= MOST:
        return []
    sentence = (
        f"{scaled.sum()} of {len(scaled)} columns have {what} over all rows: they were scaled "
        "before the split. Give raw values and scale inside the pipeline."
    )
    return [sides.finding("scaled", "leak", range(len(table)), sentence)]


def _is_telling(table: FloatArray) -> bool:
    """Tell whether equal rows cannot be chance: the columns hold enough different values."""
    n_rows = len(table)
    log_chance = np.log(n_rows * (n_rows - 1) / 2)
    for column in table.T:
        _, counts = np.unique(column, return_counts=True)
        log_chance += np.log(((counts / n_rows) ** 2).sum())
    return bool(log_chance < np.log(CHANCE))


def _n_directions(table: FloatArray) -> int:
    """Return in how many directions rows differ: the dimension of what they can be told by."""
    variance = np.linalg.eigvalsh(np.corrcoef(table, rowvar=False))
    return int((variance > 1e-4 * variance.sum()).sum())


def _equal_rows(table: FloatArray) -> list[list[int]]:
    """Return the sets of rows that are equal, but for the rounding of float32."""
    with np.errstate(over="ignore"):
        rounded = table.astype(np.float32)
    _, inverse, counts = np.unique(rounded, axis=0, return_inverse=True, return_counts=True)
    inverse = inverse.ravel()
    return [np.flatnonzero(inverse == number).tolist() for number in np.flatnonzero(counts > 1)]


def _near_rows(table: FloatArray) -> list[npt.NDArray[np.intp]]:
    """Return the sets of rows that are nearly equal, by the ranks of their values."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.stats import rankdata

    n_rows = len(table)
    distance, neighbour = _neighbours(rankdata(table, axis=0) / n_rows, "manhattan")
    # In a short table even the least shift of a rank is more than NEAR.
    limit = max(NEAR, 1.0 / n_rows) * table.shape[1]
    limits = np.minimum(limit, _chance_distance(distance))
    row, place = np.nonzero(distance < np.minimum(limits[:, None], limits[neighbour]))
    pairs = coo_array((np.ones(len(row)), (row, neighbour[row, place])), shape=(n_rows, n_rows))
    _, number = connected_components(pairs, directed=False)
    return [np.flatnonzero(number == found) for found in np.flatnonzero(np.bincount(number) > 1)]


def _chance_distance(distance: FloatArray) -> FloatArray:
    """Return how near a row has to be to each row so that chance does not explain it.

    Where rows lie evenly in d dimensions, some row among the m nearest is nearer than a share r of
    the distance of the m-th with a probability below m r^d. This holds for any m: if a row has
    many copies, a large one shows them. The dimension is that of the table, from the distances.
    """
    n_rows, n_neighbours = distance.shape
    orders = [m for m in (2, 4, 8, 16) if 2 * m <= n_neighbours]
    if not orders:
        return np.zeros(n_rows)
    growth = [np.median(np.log(distance[:, 2 * m - 1] / distance[:, m - 1])) for m in orders]
    dimension = np.log(2) / max(min(growth), TINY)
    limits = [
        distance[:, m - 1] * (CHANCE / (n_rows * m * len(orders))) ** (1 / dimension)
        for m in orders
    ]
    return np.asarray(np.max(limits, axis=0), np.float64)


def _mixed_rows(table: FloatArray) -> npt.NDArray[np.intp]:
    """Return the rows that lie on the line between two of their neighbours.

    SMOTE joins neighbours, in the units of the table or standardized, so both are looked at.
    """
    found: set[int] = set()
    spread = table.std(axis=0)
    for scaled in (table, table / np.where(spread > 0, spread, 1.0)):
        _, neighbours = _neighbours(scaled, "euclidean")
        found |= {
            row
            for row, near in enumerate(neighbours)
            if row not in found and _is_between(table, row, near)
        }
    return np.array(sorted(found), np.intp)


def _neighbours(table: FloatArray, metric: str) -> tuple[FloatArray, npt.NDArray[np.intp]]:
    """Return the distances of each row to its neighbours, and these."""
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(table) - 1), metric=metric)
    distance, neighbour = search.fit(table).kneighbors()
    return distance, neighbour


def _is_between(table: FloatArray, row: int, near: npt.NDArray[np.intp]) -> bool:
    """Tell whether a row lies on the line between two others."""
    ways = table[near] - table[row]
    # Any scaling of the columns keeps lines; this one makes all columns count around the row.
    size = np.median(np.abs(ways), axis=0)
    unit = ways / np.where(size > 0, size, 1.0)
    unit = unit / np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), TINY)
    cosine = unit @ unit.T
    one, two = np.unravel_index(np.argmin(cosine), cosine.shape)
    if cosine[one, two] > STRAIGHT - 1:
        return False
    # Each column by itself has to say where on the line the row lies, and say the same.
    span = ways[two] - ways[one]
    telling = np.abs(span) > np.maximum(COARSE * np.abs(table[near]).max(axis=0), TINY)
    place = -ways[one][telling] / span[telling]
    return bool(telling.sum() >= COLUMNS and np.ptp(place) < ALIKE)


def _mixture(rows: Sequence[int], sides: Sides) -> Finding:
    """Return the finding on rows that are mixed from others."""
    names = some([sides.names[row] for row in rows])
    sentence = (
        f"{len(rows)} rows ({names}) lie exactly on the line between two others, as SMOTE makes "
        "them: what is tested was mixed from what is learned. Take them out, and balance inside "
        "the pipeline."
    )
    return sides.finding("mixed_row", "leak", rows, sentence)
