"""What several corpora need: audio files in a folder, and tables of text.

A table is a file of lines that commas, semicolons or tabs divide, with names in its first line.
Cells stay text (a label "NA" or an id "007" is what it says), blanks around them are removed, and
rows are indexed by their line in the file, so that errors can name it.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ..errors import DatasetError, some

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "AUDIO_SUFFIXES",
    "all_files",
    "as_numbers",
    "find_audio",
    "is_audio",
    "is_hidden",
    "need_columns",
    "read_table",
    "refuse_folder",
    "whole_numbers",
]

LOSSLESS = (".aif", ".aiff", ".au", ".caf", ".flac", ".rf64", ".w64", ".wav")
LOSSY = (".mp2", ".mp3", ".oga", ".ogg", ".opus")
# What libsndfile does not read, and PyAV does. Without it such a file is an error that says so.
FOREIGN = (
    *(".aac", ".ac3", ".amr", ".ape", ".dsf", ".dts", ".m4a", ".m4b", ".mka", ".mpc"),
    *(".tta", ".webm", ".wma", ".wv"),
)
AUDIO_SUFFIXES = frozenset((*LOSSLESS, *LOSSY, *FOREIGN))
DELIMITERS = ",;\t"  # the first that divides the header into most names wins


def find_audio(
    folder: str | Path, *, refused: Callable[[OSError], object] | None = None
) -> list[Path]:
    """List the audio files of a folder and all folders in it, by their extension.

    Hidden files and folders are passed over, links are followed, and a folder that can be reached
    in two ways is entered once. A broken link counts as a file: reading it says what is wrong.

    Parameters
    ----------
    folder : str or path
        Where to look.
    refused : callable, default=None
        Takes the error of a folder that may not be read, and the search goes on; None raises.

    Returns
    -------
    list of Path
        The files, sorted; each begins with `folder`.

    Raises
    ------
    DatasetError
        If a folder does not exist or may not be read.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> for name in ("b.wav", "a.MP3", ".c.wav", "notes.txt"):
    ...     (folder / name).touch()
    >>> [path.name for path in find_audio(folder)]
    ['a.MP3', 'b.wav']
    """
    return sorted(path for path in all_files(Path(folder), refused) if is_audio(path))


def is_audio(path: Path) -> bool:
    """Tell whether a path has the extension of audio; a broken link counts as a file."""
    return path.suffix.lower() in AUDIO_SUFFIXES and (path.is_file() or path.is_symlink())


def is_hidden(name: str) -> bool:
    """Tell whether a file or folder is none of the user's own."""
    return name.startswith(".") or name == "__MACOSX"


def all_files(folder: Path, refused: Callable[[OSError], object] | None = None) -> Iterator[Path]:
    """Go through all files that are not hidden; remember the folders, as links may make a loop."""
    seen = {folder.resolve()}
    for place, folders, names in os.walk(
        folder, onerror=refused or refuse_folder, followlinks=True
    ):
        visible = [name for name in sorted(folders) if not is_hidden(name)]
        folders.clear()
        for name in visible:
            real = Path(place, name).resolve()
            if real not in seen:
                seen.add(real)
                folders.append(name)
        yield from (Path(place, name) for name in names if not is_hidden(name))


def read_table(path: Path, *, ragged: bool = False) -> pd.DataFrame:
    """Read a table of text, in UTF-8, UTF-16 or Windows-1252.

    Parameters
    ----------
    path : Path
        The file.
    ragged : bool, default=False
        Whether rows may be longer or shorter than the header: missing cells are empty, and those
        beyond the header are joined to the last one with tabs.

    Returns
    -------
    DataFrame of shape (n_rows, n_columns)
        The cells as text, indexed by their line in the file; columns without a name are left out.

    Raises
    ------
    DatasetError
        If the file cannot be read as a table with a name for every column and a cell for every
        name.
    """
    import pandas as pd

    try:
        text = _decode(path.read_bytes())
        lines = _split(text)
    except (OSError, UnicodeError, csv.Error) as error:
        msg = f"{path}: cannot be read as a table ({error}). Save it as CSV in UTF-8."
        raise DatasetError(msg) from error
    if len(lines) < 2:
        msg = f"{path}: holds no rows. A table has a line of names and a line for every file."
        raise DatasetError(msg)
    header = lines.pop(min(lines))
    if ragged:
        lines = {line: _fitted(cells, len(header)) for line, cells in lines.items()}
    _check_shape(path, header, lines)
    table = pd.DataFrame(lines.values(), columns=header, index=list(lines), dtype=object)
    return table.loc[:, [name != "" for name in header]]


def as_numbers(column: pd.Series, path: Path) -> pd.Series:
    """Return a column of text as numbers, a decimal comma allowed; an empty cell is NaN."""
    import numpy as np
    import pandas as pd

    numbers = pd.to_numeric(column.str.replace(",", "."), errors="coerce").astype(float)
    wrong = column[~np.isfinite(numbers) & (column != "")]
    if len(wrong):
        cells = some(f"{cell!r} in line {line}" for line, cell in wrong.items())
        msg = f"{path}: the column {column.name!r} must hold numbers; got {cells}."
        raise DatasetError(msg)
    return numbers


def need_columns(path: Path, table: pd.DataFrame, names: Iterable[str]) -> None:
    """Refuse a table that lacks a column."""
    lacking = [name for name in names if name not in table]
    if lacking:
        msg = (
            f"{path}: has no column {some(lacking)}, only {some(table)}. Take the original file of "
            "the corpus."
        )
        raise DatasetError(msg)


def whole_numbers(column: pd.Series, path: Path) -> pd.Series:
    """Return a column of text as the numbers of songs, tracks or raters: whole, from 1."""
    numbers = as_numbers(column, path)
    wrong = numbers.index[~(numbers % 1 == 0) | (numbers < 1)]
    if len(wrong):
        msg = f"{path}: {column.name!r} must be a whole number from 1; see line {some(wrong)}."
        raise DatasetError(msg)
    return numbers.astype(int)


def refuse_folder(error: OSError) -> NoReturn:
    """Say which folder cannot be listed; by itself, os.walk passes over it."""
    msg = f"{error.filename}: cannot be listed ({error.strerror}). Give a folder that can be read."
    raise DatasetError(msg) from error


def _decode(raw: bytes) -> str:
    """Decode what spreadsheets write: UTF-8 with or without a mark, UTF-16, Windows-1252."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252")


def _split(text: str) -> dict[int, list[str]]:
    """Return the cells of each line that has any, by the number of the line."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=lambda mark: len(next(csv.reader([first], delimiter=mark), [])))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    lines = {}
    for row in reader:
        cells = [cell.strip() for cell in row]
        if any(cells):
            lines[reader.line_num] = cells
    return lines


def _fitted(cells: list[str], width: int) -> list[str]:
    """Return a row as wide as the header, what is beyond it in the last cell."""
    inside = cells[: width - 1] + [""] * (width - 1 - len(cells))
    return [*inside, "\t".join(cells[width - 1 :])]


def _check_shape(path: Path, header: list[str], lines: dict[int, list[str]]) -> None:
    """Refuse names that occur twice and rows that are longer or shorter than the header."""
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        msg = f"{path}: has several columns named {some(twice)}. Rename all but one."
        raise DatasetError(msg)
    ragged = [line for line, cells in lines.items() if len(cells) != len(header)]
    if ragged:
        msg = (
            f"{path}: the header has {len(header)} cells, but line {some(ragged)} has more or "
            "fewer. Quote cells that hold the delimiter."
        )
        raise DatasetError(msg)
