"""A ready table: features that somebody extracted before, one line for each clip.

Layout: a text file with commas, semicolons or tabs and names in its first line. Columns of numbers
are features, but for the target, the groups, numbers of rows (``id``, ``song_id``, ``SongID``) and
columns that are named for valence, arousal, emotion or mood, which are other forms of the target;
`features` and `drop` say otherwise. Columns of text are not used. The columns that hold groups and
targets are found as in `table`.

Source: the user's own. Licence: that of the table.

Traps: a table often holds the target twice, as a number and as a word, or in another rating; rows
may be copies of each other, which a split must not tear, so equal rows are one group where no
column names groups; what was scaled or selected over all rows has seen the test rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..errors import DatasetError, some, unknown_name
from ._columns import check_filled, choose_targets, group_column, read_scale, read_values
from .base import Dataset, DatasetInfo, Target
from .reading import as_numbers, read_table

if TYPE_CHECKING:
    import pandas as pd

ROW_NUMBER = re.compile(r"(id|ID|Id|.*(_id|_ID|[a-z]ID|[a-z]Id))")
OTHER_TARGETS = ("valence", "arousal", "emotion", "mood")

INFO = DatasetInfo(
    title="A ready table of features",
    licence="that of the table",
    citation="",
    group="row",
    traps=("Without a group column nothing keeps artists or speakers apart.",),
    source="your own",
    needs="a table of features with emotion or valence and arousal",
    scale="classes, or numbers from -1 to 1 (scale= for others)",
)


def load(
    root: str | Path,
    *,
    target: str | None = None,
    task: Literal["auto", "classification", "regression"] = "auto",
    groups: str | None = None,
    scale: str | tuple[float, float] | None = None,
    features: str | None = None,
    drop: str | None = None,
) -> Dataset:
    r"""Load a ready table of features.

    Parameters
    ----------
    root : str or path
        The table.
    target : str, default=None
        The column to learn, or several with commas between. None takes `emotion`, `label` and
        `valence` with `arousal`, as many as there are.
    task : {"auto", "classification", "regression"}, default="auto"
        What `target` is. "auto" is regression for several columns, and for one that holds numbers
        of which at least one is not whole.
    groups : str, default=None
        The column of what stays together; None takes the first that it knows.
    scale : (float, float) or "low,high", default=None
        The ends of the scale of the target, such as (1, 9); they become -1 and 1.
    features : str, default=None
        Names or patterns of the columns that are features, with commas between, such as
        ``"mfcc_*,tempo"``. None takes the columns of numbers, see above.
    drop : str, default=None
        Names or patterns of columns that are no features.

    Returns
    -------
    Dataset
        X is a DataFrame of shape (n_clips, n_features): use it with ``features=None``.

    Raises
    ------
    DatasetError
        If a feature or a label is missing, or a column tells the class by itself.
    InputError
        If an option names no column or is no scale.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "songs.csv"
    >>> _ = path.write_text("id,artist,mood,tempo\n1,Ann,calm,61.5\n2,Bob,happy,128\n")
    >>> load(path, target="mood").X.to_dict("list")
    {'tempo': [61.5, 128.0]}
    """
    path = Path(root)
    if not path.is_file():
        msg = f"{path}: is no table but a folder. Give a CSV file."
        raise DatasetError(msg)
    table = read_table(path)
    targets = choose_targets(path, table, target, task)
    column = group_column(path, table, groups)
    used = {name for item in targets.values() for name in item.columns} | {column}
    if features is None:
        names = [str(name) for name in table if name not in used and _is_feature(table[name])]
    else:
        names = [name for name in _matching(path, table, features) if name not in used]
    if drop is not None:
        out = _matching(path, table, drop)
        names = [name for name in names if name not in out]
    X = _features(path, table, names)
    remarks = read_values(path, table, targets, None if scale is None else read_scale(scale))
    _check_labels(path, table, X, targets.values())
    frame, X = table.reset_index(drop=True), X.reset_index(drop=True)
    copies = X.groupby(list(X), sort=False, dropna=False).ngroup()
    left = [str(name) for name in frame if name not in names and name not in used]
    return Dataset(
        name=path.name,
        X=X,
        frame=frame,
        targets=targets,
        groups=_group_names(frame, column, copies).to_numpy(dtype=object),
        info=replace(INFO, group="row" if column is None else column.lower()),
        remarks=(*remarks, *_say(left, len(names), copies)),
    )


def _is_feature(column: pd.Series) -> bool:
    """Tell whether a column looks like a feature."""
    name = str(column.name)
    if ROW_NUMBER.fullmatch(name) or any(word in name.lower() for word in OTHER_TARGETS):
        return False
    try:
        [float(cell.replace(",", ".")) for cell in column if cell]
    except ValueError:
        return False
    return True


def _matching(path: Path, table: pd.DataFrame, patterns: str) -> list[str]:
    """Return the columns that names or patterns stand for."""
    names = [str(name) for name in table]
    found: set[str] = set()
    for pattern in (part.strip() for part in patterns.split(",")):
        matched = [name for name in names if fnmatchcase(name, pattern)]
        if not matched:
            raise unknown_name(f"column of {path.name}", pattern, names)
        found.update(matched)
    return [name for name in names if name in found]


def _features(path: Path, table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the features as numbers, none of them missing."""
    import pandas as pd

    if not names:
        msg = f"{path}: has no column of numbers to learn from. Name columns with features=."
        raise DatasetError(msg)
    check_filled(path, table, names)
    return pd.DataFrame({name: as_numbers(table[name], path) for name in names})


def _check_labels(
    path: Path, table: pd.DataFrame, X: pd.DataFrame, targets: Iterable[Target]
) -> None:
    """Refuse a column that is the class in other words: one number for each class."""
    for item in targets:
        if item.task == "classification":
            classes = table[item.columns[0]]
            n_values = X.groupby(classes).nunique().max()
            told = X.columns[(n_values == 1) & (X.nunique() == classes.nunique())]
            if len(told) and classes.nunique() < len(table):
                msg = (
                    f"{path}: the column {some(told)} holds one number for each "
                    f"{item.columns[0]!r}, so it tells the answer. Leave it out with drop=."
                )
                raise DatasetError(msg)


def _group_names(frame: pd.DataFrame, column: str | None, copies: pd.Series) -> pd.Series:
    """Return the group of each row; one that names none is alone with its copies."""
    alone = "row " + (copies + 1).astype(str)
    return alone if column is None else frame[column].where(frame[column] != "", alone)


def _say(left: list[str], n_features: int, copies: pd.Series) -> list[str]:
    """Say what is no feature, and how many rows are copies."""
    remarks = []
    if left:
        remarks.append(f"{n_features} columns are features; not used: {some(left)}.")
    n_copies = len(copies) - copies.nunique()
    if n_copies:
        remarks.append(f"{n_copies} rows are copies of others.")
    return remarks
