"""A table of files: one line for each file or part of a file.

Layout: a text file with commas, semicolons or tabs and names in its first line. The columns that it
knows, in upper or lower case:

- `file` or `path`: the audio, relative to the folder of the table;
- `offset` or `start`, and `end` or `duration`, in seconds: a part of the file; empty is from the
  beginning, or to the end. `end` goes before `duration`;
- `group`, `artist`, `actor`, `speaker` or `song`: what stays on one side of a split;
- `weight`: how much the row counts, above 0; empty is 1;
- `emotion` or `label`: classes; `valence` and `arousal`: numbers.

Source: the user's own. Licence: that of the files.

Traps: ratings have many scales, so numbers outside -1 to 1 need `scale`; parts of one file are
almost the same sample, so without a group column the file is the group; spreadsheets write UTF-8
with a mark, UTF-16 or Windows-1252, and decimal commas, all of which are read.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..audio import AudioItem, Segment
from ..errors import DatasetError, some
from ._columns import (
    check_filled,
    choose_targets,
    find_column,
    group_column,
    read_scale,
    read_values,
)
from .base import Dataset, DatasetInfo
from .reading import as_numbers, read_table

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FILE_COLUMNS = ("file", "path")
START_COLUMNS = ("offset", "start")

INFO = DatasetInfo(
    title="A table of files",
    licence="that of the files",
    citation="",
    group="file",
    traps=("Without a group column nothing keeps artists or speakers apart.",),
    source="your own",
    needs="a table with a column file, and emotion or valence and arousal",
    scale="classes, or numbers from -1 to 1 (scale= for others)",
)


def load(
    root: str | Path,
    *,
    target: str | None = None,
    task: Literal["auto", "classification", "regression"] = "auto",
    groups: str | None = None,
    scale: str | tuple[float, float] | None = None,
) -> Dataset:
    r"""Load a table of files.

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
        The ends of the scale of the numbers, such as (1, 9); they become -1 and 1. None leaves
        numbers as they are, and wants valence and arousal from -1 to 1.

    Returns
    -------
    Dataset
        Targets by the names of their columns, `va` for valence with arousal; groups are those of
        the column, else the files if the rows are parts of files, else None.

    Raises
    ------
    DatasetError
        If a file, a label or a column is missing, a row occurs twice, or a number lies outside its
        scale; the lines are named.
    InputError
        If an option names no column or is no scale.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> (folder / "a.wav").touch()
    >>> _ = (folder / "songs.csv").write_text("file,valence,arousal\na.wav,7,5\n")
    >>> load(folder / "songs.csv", scale=(1, 9)).y("va").to_dict("records")
    [{'valence': 0.5, 'arousal': 0.0}]
    """
    path = Path(root)
    if not path.is_file():
        msg = f"{path}: is no table but a folder. Give a CSV file, or use the corpus 'folders'."
        raise DatasetError(msg)
    table = read_table(path)
    items, files = _items(path, table)
    targets = choose_targets(path, table, target, task)
    remarks = read_values(path, table, targets, None if scale is None else read_scale(scale))
    column = group_column(path, table, groups)
    values, remark = _groups(path, table, column, files)
    return Dataset(
        name=path.name,
        X=items,
        frame=table.reset_index(drop=True),
        targets=targets,
        groups=None if values is None else values.to_numpy(dtype=object),
        weights=_weights(path, table),
        info=replace(INFO, group="file" if column is None else column.lower()),
        remarks=(*remarks, *remark),
    )


def _items(path: Path, table: pd.DataFrame) -> tuple[list[AudioItem], pd.Series | None]:
    """Return the audio of the rows and, if they are parts of files, which file each is part of."""
    column = find_column(table, FILE_COLUMNS)
    if column is None:
        msg = f"{path}: has no column 'file' or 'path', only {some(table)}. Name the audio files."
        raise DatasetError(msg)
    check_filled(path, table, [column])
    names = table[column].map(lambda name: str(path.parent / name))
    _check_exist(path, table[column], names)
    real = names.map(lambda name: str(Path(name).resolve()))
    parts = _parts(path, table)
    again = (real.to_frame() if parts is None else parts.assign(real=real)).duplicated()
    if again.any():
        lines = some(table.index[again])
        msg = f"{path}: line {lines} names audio that an earlier line has. Keep one of them."
        raise DatasetError(msg)
    if parts is None:
        return list(names), None
    rows = zip(names, parts["offset"], parts["duration"], strict=True)
    return [Segment(n, o, None if d != d else d) for n, o, d in rows], real


def _check_exist(path: Path, written: pd.Series, names: pd.Series) -> None:
    """Refuse a table whose files are not there."""
    lost = written[[not Path(name).is_file() for name in names]].unique()
    if len(lost):
        msg = (
            f"{path}: {len(lost)} of {written.nunique()} files do not exist: {some(lost)}. Write "
            f"them relative to {path.parent.resolve()}."
        )
        raise DatasetError(msg)


def _parts(path: Path, table: pd.DataFrame) -> pd.DataFrame | None:
    """Return offset and duration of each row in seconds, or None where rows are whole files."""
    import pandas as pd

    start, length = find_column(table, START_COLUMNS), find_column(table, ("end", "duration"))
    if start is None and length is None:
        return None
    parts = pd.DataFrame({"offset": 0.0, "duration": float("nan")}, index=table.index)
    if start is not None:
        parts["offset"] = as_numbers(table[start], path).fillna(0.0)
    if length is not None:
        parts["duration"] = as_numbers(table[length], path)
        if length.lower() == "end":
            parts["duration"] -= parts["offset"]
    wrong = table.index[(parts["offset"] < 0) | (parts["duration"] <= 0)]
    if len(wrong):
        msg = f"{path}: the part in line {some(wrong)} begins before 0 s or ends before it begins."
        raise DatasetError(msg)
    return parts


def _weights(path: Path, table: pd.DataFrame) -> np.ndarray | None:
    """Return the weight of each row, where there is a column of them."""
    column = find_column(table, ("weight",))
    if column is None:
        return None
    weights = as_numbers(table[column], path).fillna(1.0)
    wrong = table.index[weights <= 0]
    if len(wrong):
        msg = f"{path}: {column!r} must be above 0; see line {some(wrong)}. Delete what counts not."
        raise DatasetError(msg)
    return weights.to_numpy()


def _groups(
    path: Path, table: pd.DataFrame, column: str | None, files: pd.Series | None
) -> tuple[pd.Series | None, list[str]]:
    """Return the group of each row; a row that names none is alone with its file."""
    if column is None:
        return files, []
    names = table[column]
    empty = names == ""
    if empty.any():
        owners = table[find_column(table, FILE_COLUMNS)] if files is None else files
        names = names.where(~empty, owners)
    if files is not None:
        torn = [file for file, found in names.groupby(files) if found.nunique() > 1]
        if torn:
            msg = f"{path}: {some(torn)} has parts in several groups ({column}). Give it one."
            raise DatasetError(msg)
    return names, [
        f"{empty.sum()} rows without {column} are their own group."
    ] if empty.any() else []
