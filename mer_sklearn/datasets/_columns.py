"""Columns of a table by what they hold: targets, numbers on a scale, groups."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DatasetError, InputError, some, unknown_name
from ._plane import AXES
from .base import Target
from .reading import as_numbers

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "check_filled",
    "choose_targets",
    "find_column",
    "group_column",
    "read_scale",
    "read_values",
]

GROUP_COLUMNS = ("group", "artist", "actor", "speaker", "song")
CLASS_COLUMNS = ("emotion", "label")


def find_column(table: pd.DataFrame, names: tuple[str, ...]) -> str | None:
    """Return the first column of these names, in upper or lower case."""
    columns = {str(column).lower(): str(column) for column in table}
    return next((columns[name] for name in names if name in columns), None)


def group_column(path: Path, table: pd.DataFrame, groups: str | None) -> str | None:
    """Return the column that holds the groups."""
    if groups is None:
        return find_column(table, GROUP_COLUMNS)
    if groups not in table:
        raise unknown_name(f"column of {path.name}", groups, map(str, table))
    return groups


def check_filled(path: Path, table: pd.DataFrame, columns: list[str]) -> None:
    """Refuse empty cells where every row needs a value."""
    for column in columns:
        empty = table.index[table[column] == ""]
        if len(empty):
            msg = f"{path}: {column!r} is empty in line {some(empty)}. Fill it, or delete the line."
            raise DatasetError(msg)


def choose_targets(
    path: Path, table: pd.DataFrame, target: str | None, task: str
) -> dict[str, Target]:
    """Decide what can be learned from the table."""
    if target is not None:
        return _chosen(path, table, target, task)
    targets = {}
    for name in CLASS_COLUMNS:
        column = find_column(table, (name,))
        if column is not None:
            targets[name] = Target((column,), "classification", f"The column {column!r}.")
    columns = tuple(filter(None, (find_column(table, (name,)) for name in AXES)))
    if columns:
        name = "va" if len(columns) == 2 else columns[0].lower()
        targets[name] = Target(columns, "regression", "From -1 to 1.")
    if not targets:
        msg = (
            f"{path}: has nothing to learn: no column emotion, label, valence or arousal, only "
            f"{some(table)}. Name a column with target= (mer: --set target=COLUMN)."
        )
        raise DatasetError(msg)
    return targets


def read_values(
    path: Path,
    table: pd.DataFrame,
    targets: dict[str, Target],
    ends: tuple[float, float] | None,
) -> list[str]:
    """Check that no value is missing, and put numbers in the place of their text."""
    numeric: list[str] = []
    for item in targets.values():
        check_filled(path, table, list(item.columns))
        if item.task == "regression":
            numeric += item.columns
    if ends is not None and not numeric:
        msg = f"{path}: scale={ends} has no meaning, as the targets are classes. Leave it out."
        raise InputError(msg)
    for name in numeric:
        numbers = as_numbers(table[name], path)
        if ends is not None or name.lower() in AXES:
            numbers = _rescale(path, numbers, ends)
        table[name] = numbers
    va = [name for name in numeric if name.lower() in AXES]
    if va and ends is None and (table[va] >= 0).all(axis=None):
        return [f"No number of {some(va)} is below 0: if they end at 0 and 1, set scale=0,1."]
    return []


def read_scale(scale: str | tuple[float, float]) -> tuple[float, float]:
    """Return the two ends of a scale."""
    try:
        low, high = map(float, scale.split(",") if isinstance(scale, str) else scale)
    except (TypeError, ValueError):
        low = high = 0.0
    if not -float("inf") < low < high < float("inf"):
        msg = f"scale={scale!r} must be the lowest and the highest number, as in scale=1,9."
        raise InputError(msg)
    return low, high


def _chosen(path: Path, table: pd.DataFrame, target: str, task: str) -> dict[str, Target]:
    """Return the target that an option names; valence goes before arousal."""
    columns = [name.strip() for name in target.split(",")]
    for name in columns:
        if name not in table:
            raise unknown_name(f"column of {path.name}", name, map(str, table))
    is_va = sorted(name.lower() for name in columns) == sorted(AXES)
    if is_va:
        columns.sort(key=lambda name: AXES.index(name.lower()))
    if task == "auto":
        numeric = len(columns) > 1 or _is_measured(table[columns[0]])
        task = "regression" if numeric else "classification"
    if task == "classification" and len(columns) > 1:
        msg = f"target={target!r} names several columns; classes stand in one. Name one of them."
        raise InputError(msg)
    name = "va" if is_va else ",".join(columns)
    return {name: Target(tuple(columns), task, f"The column {some(columns)} of the table.")}


def _is_measured(column: pd.Series) -> bool:
    """Tell whether a column holds numbers that are not all whole."""
    try:
        numbers = [float(cell.replace(",", ".")) for cell in column if cell]
    except ValueError:
        return False
    return not all(number.is_integer() for number in numbers)


def _rescale(path: Path, numbers: pd.Series, ends: tuple[float, float] | None) -> pd.Series:
    """Bring numbers to -1 to 1, or refuse those that are outside their scale."""
    low, high = ends or (-1.0, 1.0)
    wrong = numbers[(numbers < low) | (numbers > high)]
    if len(wrong):
        cells = some(f"{value:g} in line {line}" for line, value in wrong.items())
        cause = (
            "Ratings from 1 to 9? Then set scale=1,9."
            if ends is None
            else "Is this the scale? A number that stands for 'no answer' has to go."
        )
        msg = f"{path}: {numbers.name!r} lies outside {low:g} to {high:g}: {cells}. {cause}"
        raise DatasetError(msg)
    # exact where nothing is to be done
    return numbers if ends is None else (2 * numbers - low - high) / (high - low)
