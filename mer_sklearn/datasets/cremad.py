"""CREMA-D: 91 actors speak twelve sentences in six emotions, and listeners say what they hear.

Layout: the names of the files count, not those of the folders::

    AudioWAV/1001_DFA_ANG_XX.wav       actor, sentence, emotion, level (LO, MD, HI, or XX: none)
    VideoDemographics.csv              age and sex of the actors
    processedResults/summaryTable.csv  what most listeners said of voice, face and both

Source: github.com/CheyneyComputerScience/CREMA-D. Licence: ODbL 1.0.

Traps: a clone without Git LFS holds pointers of 130 bytes in place of the audio; one file is silent
and one holds a minute of everything, and both are left out; listeners hear what was acted in 46 %
of the first 800 files, so a score has to say which it is of; a vote may be a tie (``A:N``).
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..errors import DatasetError, some
from ._speech import speech
from ._tree import Tree, named_audio
from .base import Dataset, DatasetInfo
from .reading import need_columns, read_table

if TYPE_CHECKING:
    import pandas as pd

NAME = re.compile(
    r"(?P<actor>10\d\d)_(?P<sentence>[A-Z]{3})_(?P<emotion>ANG|DIS|FEA|HAP|NEU|SAD)"
    r"_(?P<level>LO|MD|HI|XX?)"
)
EMOTIONS = {
    "ANG": "angry",
    "DIS": "disgust",
    "FEA": "fearful",
    "HAP": "happy",
    "NEU": "neutral",
    "SAD": "sad",
}
HEARD = {name[0]: emotion for name, emotion in EMOTIONS.items()}
LEVELS = {"LO": "low", "MD": "medium", "HI": "high"}
BROKEN = ("1076_MTI_SAD_XX", "1064_IEO_DIS_MD")
POINTER = b"version https://git-lfs"

INFO = DatasetInfo(
    title="Crowd-sourced Emotional Multimodal Actors Dataset",
    licence="ODbL 1.0",
    citation=(
        "Cao, Cooper, Keutmann, Gur, Nenkova, Verma, CREMA-D: crowd-sourced emotional multimodal "
        "actors dataset, IEEE Transactions on Affective Computing 5(4), 2014"
    ),
    group="actor",
    traps=(
        "What was acted and what listeners hear differ: labels=heard takes their votes.",
        "A clone without Git LFS has no audio in it.",
        "Twelve sentences are spoken: a model may learn them rather than speech in general.",
    ),
    source="github.com/CheyneyComputerScience/CREMA-D",
    needs="AudioWAV/*.wav; VideoDemographics.csv for the sex, summaryTable.csv for labels=heard",
    scale="6 emotions as acted, or as heard",
    n_rows=7440,
)


def load(root: str | Path, *, labels: Literal["acted", "heard"] = "acted") -> Dataset:
    """Load CREMA-D.

    Parameters
    ----------
    root : str or path
        The folder that holds it, at any depth.
    labels : {"acted", "heard"}, default="acted"
        What the actor was asked for, or what most listeners heard in the voice alone; files whose
        votes are tied or missing are left out.

    Returns
    -------
    Dataset
        Targets `emotion` and, where the sex of the actors is known, `emotion_sex`; groups are the
        actors; `info.labels` says which labels.

    Raises
    ------
    DatasetError
        If no file has a name of CREMA-D, the audio is missing, or a table is broken.
    """
    root = Path(root)
    tree = Tree(root)
    files, remarks = named_audio(root, NAME, corpus="CREMA-D", example="1001_DFA_ANG_XX.wav")
    _refuse_pointers(root, [path for path, _ in files])
    whole = [(path, match) for path, match in files if path.stem not in BROKEN]
    if len(whole) < len(files):
        broken = some(path.stem for path, _ in files if path.stem in BROKEN)
        remarks.append(f"{len(files) - len(whole)} files known to be broken left out: {broken}.")
    frame, said = _with_sexes(tree, _describe(root, whole))
    remarks += said
    text = "The emotion that was acted."
    if labels == "heard":
        frame, said = _heard(tree, frame)
        remarks += said
        text = "The emotion that most listeners heard in the voice."
    known = {"acted": "as acted", "heard": "as heard by most listeners"}[labels]
    info = replace(INFO, labels=known)
    return speech("cremad", root, frame, info=info, emotion=text, remarks=remarks)


def _refuse_pointers(root: Path, paths: list[Path]) -> None:
    """Refuse a clone without Git LFS."""
    pointers = [path for path in paths if _starts(path) == POINTER]
    if pointers:
        msg = (
            f"{root}: {len(pointers)} of {len(paths)} files are pointers of Git LFS, not audio: "
            f"{some(path.name for path in pointers)}. Run `git lfs pull` in the clone."
        )
        raise DatasetError(msg)


def _starts(path: Path) -> bytes:
    """Return the first bytes of a file; none of one that cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(POINTER))
    except OSError:
        return b""


def _describe(root: Path, files: list[tuple[Path, re.Match[str]]]) -> pd.DataFrame:
    """Read off the names what each file is."""
    import pandas as pd

    rows = [
        {
            "file": path.relative_to(root).as_posix(),
            "emotion": EMOTIONS[match["emotion"]],
            "actor": int(match["actor"]),
            "sentence": match["sentence"],
            "level": LEVELS.get(match["level"], ""),
            "name": path.stem,
        }
        for path, match in files
    ]
    return pd.DataFrame(rows)


def _with_sexes(tree: Tree, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Add the sex of the actors, where the table of them is there."""
    path = tree.find("VideoDemographics.csv")
    if path is None:
        return frame, ["VideoDemographics.csv is not there, so the sex of the actors is unknown."]
    table = read_table(path)
    need_columns(path, table, ["ActorID", "Sex"])
    sexes = dict(zip(table["ActorID"], table["Sex"].str.lower(), strict=True))
    frame = frame.assign(sex=frame["actor"].astype(str).map(sexes))
    unknown = frame["actor"][frame["sex"].isna()].unique()
    if len(unknown):
        msg = f"{path}: has no line for the actors {some(unknown)}. Take the original table."
        raise DatasetError(msg)
    return frame, []


def _heard(tree: Tree, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the files on which the listeners agree, with what they heard."""
    path = tree.need("summaryTable.csv")
    table = read_table(path)
    need_columns(path, table, ["FileName", "VoiceVote"])
    votes = dict(zip(table["FileName"], table["VoiceVote"], strict=True))
    heard = frame["name"].map(votes)
    tied = heard.fillna("").str.contains(":")
    emotions = heard.map(HEARD)
    if emotions.isna().all():
        msg = f"{path}: has no vote for any of {len(frame)} files. Take the original table."
        raise DatasetError(msg)
    remarks = []
    if tied.any():
        remarks.append(f"{tied.sum()} files were left out, as the votes of listeners are tied.")
    unrated = emotions.isna() & ~tied
    if unrated.any():
        names = some(frame["name"][unrated])
        remarks.append(f"{unrated.sum()} files were left out, as they have no votes: {names}.")
    acted = frame["emotion"]
    frame = frame.assign(emotion=emotions, acted=acted)[emotions.notna()]
    return frame, remarks
