"""A table of files: one line for each file or part of a file.

Layout: a text file with commas, semicolons or tabs and names in its first line. The columns that it
knows, in upper or lower case:

- `file` or `path`: the audio, relative to the folder of the table;
- `offset` or `start`, and `end` or `duration`, in seconds: a part of the file; empty is from the
  beginning, or to the end. `end` goes before `duration`;
- `group`, `artist`, `actor`, `speaker` or `song`: what stays on one side of a split;
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
from ..errors import DatasetError, InputError, some, unknown_name
from .base import Dataset, DatasetInfo, Target
from .reading import as_numbers, read_table

if TYPE_CHECKING:
    import pandas as pd

FILE_COLUMNS = ("file", "path")
START_COLUMNS = ("offset", "start")
GROUP_COLUMNS = ("group", "artist", "actor", "speaker", "song")
CLASS_COLUMNS = ("emotion", "label")
VA_COLUMNS = ("valence", "arousal")

INFO = DatasetInfo(
    title="A table of files",
    licence="that of the files",
    citation="",
    group="file",
    traps=("Without a group column nothing keeps artists or speakers apart.",),
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
    targets = _targets(path, table, target, task)
    remarks = _read_values(path, table, targets, None if scale is None else _ends(scale))
    column = _group_column(path, table, groups)
    values, remark = _groups(path, table, column, files)
    return Dataset(
        name=path.name,
        X=items,
        frame=table.reset_index(drop=True),
        targets=targets,
        groups=None if values is None else values.to_numpy(dtype=object),
        info=replace(INFO, group="file" if column is None else column.lower()),
        remarks=(*remarks, *remark),
    )


def _column(table: pd.DataFrame, names: tuple[str, ...]) -> str | None:
    """Return the first column of these names, in upper or lower case."""
    columns = {str(column).lower(): str(column) for column in table}
    return next((columns[name] for name in names if name in columns), None)


def _items(path: Path, table: pd.DataFrame) -> tuple[list[AudioItem], pd.Series | None]:
    """Return the audio of the rows and, if they are parts of files, which file each is part of."""
    column = _column(table, FILE_COLUMNS)
    if column is None:
        msg = f"{path}: has no column 'file' or 'path', only {some(table)}. Name the audio files."
        raise DatasetError(msg)
    _check_filled(path, table, [column])
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


def _check_filled(path: Path, table: pd.DataFrame, columns: list[str]) -> None:
    """Refuse empty cells where every row needs a value."""
    for column in columns:
        empty = table.index[table[column] == ""]
        if len(empty):
            msg = f"{path}: {column!r} is empty in line {some(empty)}. Fill it, or delete the line."
            raise DatasetError(msg)


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

    start, length = _column(table, START_COLUMNS), _column(table, ("end", "duration"))
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


def _targets(path: Path, table: pd.DataFrame, target: str | None, task: str) -> dict[str, Target]:
    """Decide what can be learned from the table."""
    if target is not None:
        return _chosen(path, table, target, task)
    targets = {}
    for name in CLASS_COLUMNS:
        column = _column(table, (name,))
        if column is not None:
            targets[name] = Target((column,), "classification", f"The column {column!r}.")
    columns = tuple(filter(None, (_column(table, (name,)) for name in VA_COLUMNS)))
    if columns:
        name = "va" if len(columns) == 2 else columns[0].lower()
        targets[name] = Target(columns, "regression", "From -1 to 1.")
    if not targets:
        msg = (
            f"{path}: has nothing to learn: no column emotion, label, valence or arousal, only "
            f"{some(table)}. Name a column with target=."
        )
        raise DatasetError(msg)
    return targets


def _chosen(path: Path, table: pd.DataFrame, target: str, task: str) -> dict[str, Target]:
    """Return the target that an option names; valence goes before arousal."""
    columns = [name.strip() for name in target.split(",")]
    for name in columns:
        if name not in table:
            raise unknown_name(f"column of {path.name}", name, map(str, table))
    is_va = sorted(name.lower() for name in columns) == sorted(VA_COLUMNS)
    if is_va:
        columns.sort(key=lambda name: VA_COLUMNS.index(name.lower()))
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


def _read_values(
    path: Path,
    table: pd.DataFrame,
    targets: dict[str, Target],
    ends: tuple[float, float] | None,
) -> list[str]:
    """Check that no value is missing, and put numbers in the place of their text."""
    numeric: list[str] = []
    for item in targets.values():
        _check_filled(path, table, list(item.columns))
        if item.task == "regression":
            numeric += item.columns
    if ends is not None and not numeric:
        msg = f"{path}: scale={ends} has no meaning, as the targets are classes. Leave it out."
        raise InputError(msg)
    for name in numeric:
        numbers = as_numbers(table[name], path)
        if ends is not None or name.lower() in VA_COLUMNS:
            numbers = _rescale(path, numbers, ends)
        table[name] = numbers
    va = [name for name in numeric if name.lower() in VA_COLUMNS]
    if va and ends is None and (table[va] >= 0).all(axis=None):
        return [f"No number of {some(va)} is below 0: if they end at 0 and 1, set scale=0,1."]
    return []


def _ends(scale: str | tuple[float, float]) -> tuple[float, float]:
    """Return the two ends of a scale."""
    try:
        low, high = map(float, scale.split(",") if isinstance(scale, str) else scale)
    except (TypeError, ValueError):
        low = high = 0.0
    if not -float("inf") < low < high < float("inf"):
        msg = f"scale={scale!r} must be the lowest and the highest number, as in scale=1,9."
        raise InputError(msg)
    return low, high


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


def _group_column(path: Path, table: pd.DataFrame, groups: str | None) -> str | None:
    """Return the column that holds the groups."""
    if groups is None:
        return _column(table, GROUP_COLUMNS)
    if groups not in table:
        raise unknown_name(f"column of {path.name}", groups, map(str, table))
    return groups


def _groups(
    path: Path, table: pd.DataFrame, column: str | None, files: pd.Series | None
) -> tuple[pd.Series | None, list[str]]:
    """Return the group of each row; a row that names none is alone with its file."""
    if column is None:
        return files, []
    names = table[column]
    empty = names == ""
    if empty.any():
        owners = table[_column(table, FILE_COLUMNS)] if files is None else files
        names = names.where(~empty, owners)
    if files is not None:
        torn = [file for file, found in names.groupby(files) if found.nunique() > 1]
        if torn:
            msg = f"{path}: {some(torn)} has parts in several groups ({column}). Give it one."
            raise DatasetError(msg)
    return names, [
        f"{empty.sum()} rows without {column} are their own group."
    ] if empty.any() else []
