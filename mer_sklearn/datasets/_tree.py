"""The files of a corpus by their names, wherever mirrors have put them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DatasetError, some
from .reading import all_files, find_audio, is_audio

if TYPE_CHECKING:
    import re

    import pandas as pd

__all__ = ["Tree", "keep_found", "named_audio"]


class Tree:
    """All files below a folder that are not hidden, listed once.

    Mirrors rename the folders of a corpus, put all tables into one folder, or nest a corpus in
    itself; the names of the files they keep. So files are looked up by name.

    Parameters
    ----------
    root : Path
        The folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        files = all_files(root) if root.is_dir() else iter(())
        # Of two copies, the one that lies less deep comes first.
        self.files = sorted(files, key=lambda path: (len(path.parts), path))

    def find(self, *names: str, folder: str = "") -> Path | None:
        """Return the file of one of these names, in upper or lower case, the first name that is.

        Parameters
        ----------
        *names : str
            What the file may be called.
        folder : str, default=""
            The folder that it lies in, where several folders hold a file of that name.

        Raises
        ------
        DatasetError
            If there are several of one name that differ: nothing says which to read.
        """
        for name in names:
            found = [
                path
                for path in self.files
                if path.name.lower() == name.lower() and folder in ("", path.parent.name)
            ]
            if found and len({path.read_bytes() for path in found}) > 1:
                msg = (
                    f"{self.root}: holds several files {name} that differ: {some(found)}. Give "
                    "the folder that holds one of them."
                )
                raise DatasetError(msg)
            if found:
                return found[0]
        return None

    def need(self, *names: str) -> Path:
        """Return the file of one of these names, which must be there."""
        found = self.find(*names)
        if found is None:
            msg = (
                f"{self.root}: holds no {' or '.join(names)}, at any depth. Give the folder that "
                "holds the corpus."
            )
            raise DatasetError(msg)
        return found

    def inside(self, *folders: str, suffix: str) -> dict[str, Path]:
        """Return the files with a suffix in folders of these names, by their stems."""
        names = {name.lower() for name in folders}
        found = [
            path
            for path in self.files
            if path.suffix.lower() == suffix and path.parent.name.lower() in names
        ]
        return {path.stem: path for path in reversed(found)}

    def audio(self, *folders: str, drop: str = "") -> dict[str, Path]:
        """Return the audio files by their stems.

        Parameters
        ----------
        *folders : str
            Where audio belongs; if any of these holds audio, only they count.
        drop : str, default=""
            An ending of stems that is none of the name, such as ".low".
        """
        files = [path for path in self.files if is_audio(path)]
        names = {name.lower() for name in folders}
        at_home = [path for path in files if names & {part.lower() for part in path.parts[:-1]}]
        return {path.stem.removesuffix(drop): path for path in reversed(at_home or files)}


def keep_found(
    root: Path, frame: pd.DataFrame, audio: Mapping[str, Path], *, missing: str, place: str
) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Drop the rows whose audio is missing, and say which they are.

    Parameters
    ----------
    root : Path
        The folder of the corpus.
    frame : DataFrame
        Its rows; `file` holds the names of the audio files without their extension.
    audio : mapping of str to Path
        The audio that is there, by these names.
    missing : {"drop", "keep"}
        What becomes of rows without audio; those that are kept have the path where it should be.
    place : str
        Where audio should be, and its extension: ``MEMD_audio/*.mp3``.

    Returns
    -------
    (DataFrame, list of str, list of str)
        The rows, their paths, and what there is to say.

    Raises
    ------
    DatasetError
        If there is no audio at all and `missing` is "drop".
    """
    names = frame["file"]
    here = names.isin(list(audio))
    lost = names[~here]
    if missing == "drop" and not here.any():
        msg = (
            f"{root}: none of {len(frame)} clips has its audio ({place}), such as {names.iloc[0]}. "
            'Put it there, or look at the labels alone with missing="keep".'
        )
        raise DatasetError(msg)
    remarks = []
    if len(lost):
        fate = "were left out" if missing == "drop" else "cannot be listened to"
        counted = f"{len(lost)} of {len(frame)} clips lack their audio and {fate}"
        remarks.append(f"{counted}: {some(lost.unique())}.")
    spare = sorted(set(audio) - set(names), key=_as_number)
    if spare and here.any():
        remarks.append(f"{len(spare)} audio files have no label and were left out: {some(spare)}.")
    if missing == "drop":
        frame = frame[here]
    home = root / place
    paths = [str(audio.get(name, home.parent / (name + home.suffix))) for name in frame["file"]]
    frame = frame.assign(file=[_below(root, path) for path in paths])
    return frame.reset_index(drop=True), paths, remarks


def named_audio(
    root: Path,
    pattern: re.Pattern[str],
    *,
    corpus: str,
    example: str,
    name: Callable[[Path], str] = lambda path: path.stem,
) -> tuple[list[tuple[Path, re.Match[str]]], list[str]]:
    """List the wav and flac files whose names say what they are, each name once.

    Parameters
    ----------
    root : Path
        The folder of the corpus.
    pattern : Pattern
        What the name has to be.
    corpus, example : str
        The name of the corpus and of one of its files, for the sentences.
    name : callable, default=the name of the file without its extension
        Returns the name of a path.

    Returns
    -------
    (list of (Path, Match), list of str)
        The files with what their names say, sorted by path; and what there is to say.

    Raises
    ------
    DatasetError
        If no file has such a name.
    """
    files = [path for path in find_audio(root) if path.suffix.lower() in (".wav", ".flac")]
    matched = [(path, pattern.fullmatch(name(path))) for path in files]
    named = [(path, match) for path, match in matched if match]
    if not named:
        msg = (
            f"{root}: none of its {len(files)} wav and flac files has a name of {corpus}, such as "
            f"{example}. Give the folder that holds them, at any depth."
        )
        raise DatasetError(msg)
    remarks = []
    odd = [path.name for path, match in matched if not match]
    if odd:
        remarks.append(f"{len(odd)} files without a name of {corpus} were left out: {some(odd)}.")
    once = {name(path).lower(): (path, match) for path, match in reversed(named)}
    if len(once) < len(named):
        remarks.append(f"{len(named) - len(once)} second copies of a name were left out.")
    return list(once.values())[::-1], remarks


def _below(root: Path, path: str) -> str:
    """Return a path relative to the root of its corpus."""
    return Path(path).relative_to(root).as_posix()


def _as_number(name: str) -> tuple[int, str]:
    """Sort numbers as numbers."""
    return (int(name), "") if name.isdecimal() else (10**9, name)
