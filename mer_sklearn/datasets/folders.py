"""A folder of folders: the name of each is a class.

Layout: ``ROOT/happy/**/*.wav``, ``ROOT/sad/**/*.mp3`` and so on; audio is found at any depth by its
extension (see `find_audio`), hidden files are passed over.

Source: the user's own files. Licence: theirs.

Traps: such a layout names no artists or speakers, so nothing keeps them apart in a split; a table
with a column `group` does (see `table`). A corpus sorted by speaker, or by train and test, looks
the same as one sorted by emotion; the loader remarks on it.
"""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import DatasetError, some
from .base import Dataset, DatasetInfo, Target
from .reading import find_audio, is_hidden

NO_EMOTION = re.compile(
    r"(actor|speaker|singer|artist|fold|part|disc|cd|session)[ _-]?\d+"
    r"|train(ing)?|test(ing)?|val(id|idation)?|dev|eval(uation)?",
    re.IGNORECASE,
)

INFO = DatasetInfo(
    title="A folder with a folder for each class",
    licence="that of the files",
    citation="",
    group="file",
    traps=("Nothing says who sings or speaks, so the same voice can stand on both sides.",),
    source="your own",
    needs="a folder for each class",
    scale="the names of the folders",
)


def load(root: str | Path) -> Dataset:
    """Load a folder of folders.

    Parameters
    ----------
    root : str or path
        The folder that holds the folders.

    Returns
    -------
    Dataset
        Target `emotion` (the names of the folders); no groups.

    Raises
    ------
    DatasetError
        If fewer than two folders hold audio.
    """
    import pandas as pd

    root = Path(root)
    files = [path.relative_to(root) for path in find_audio(root)]
    inner = [file for file in files if len(file.parts) > 1]
    classes = sorted({file.parts[0] for file in inner})
    if len(classes) < 2:
        msg = (
            f"{root}: {len(classes)} of its folders hold audio ({some(classes) or 'none'}); two "
            "classes are the least. Give the folder that holds a folder for each emotion."
        )
        raise DatasetError(msg)
    frame = pd.DataFrame(
        {
            "file": [file.as_posix() for file in inner],
            "emotion": [file.parts[0] for file in inner],
        }
    )
    return Dataset(
        name=root.resolve().name,
        X=[str(root / file) for file in inner],
        frame=frame,
        targets={"emotion": Target(("emotion",), "classification", "The name of the folder.")},
        groups=None,
        info=INFO,
        remarks=tuple(_remarks(root, files, classes)),
    )


def _remarks(root: Path, files: list[Path], classes: list[str]) -> list[str]:
    """Say what was left out, and whether the classes look like something else."""
    remarks = []
    loose = [file.name for file in files if len(file.parts) == 1]
    if loose:
        remarks.append(f"{len(loose)} files stand in no folder and were left out: {some(loose)}.")
    folders = sorted(path.name for path in root.iterdir() if path.is_dir())
    empty = [name for name in folders if name not in classes and not is_hidden(name)]
    if empty:
        remarks.append(f"{len(empty)} folders hold no audio and make no class: {some(empty)}.")
    odd = [name for name in classes if NO_EMOTION.fullmatch(name)]
    if odd:
        remarks.append(
            f"The classes {some(odd)} look like speakers or parts, not emotions: for a corpus give "
            "NAME:ROOT, else a table with a column for each."
        )
    return remarks
