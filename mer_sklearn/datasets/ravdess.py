"""RAVDESS: 24 actors speak and sing two sentences in eight emotions.

Layout: ``ROOT/**/03-01-05-02-01-01-12.wav`` (or flac), at any depth. The name says modality (03 is
audio), channel (01 speech, 02 song), emotion, intensity, statement, repetition and actor (odd
numbers are men, even ones women). Speech has 60 files an actor, song 44
(none of actor 18), of the first six emotions.

Source: Livingstone and Russo, zenodo.org/records/1188976. Licence: CC BY-NC-SA 4.0.

Traps: circulating copies hold every file twice, so names are taken once; neutral has half as many
files as the others, for there is no strong neutral; levels differ by 40 dB and carry the emotion;
two files of actor 07 are identical in at least one copy.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..errors import DatasetError
from ._check import Check
from ._tree import named_audio
from .base import Dataset, DatasetInfo, Target

if TYPE_CHECKING:
    import pandas as pd

NAME = re.compile(
    r"03-(?P<channel>0[12])-(?P<emotion>0[1-8])-(?P<intensity>0[12])-(?P<statement>0[12])"
    r"-(?P<repetition>0[12])-(?P<actor>0[1-9]|1\d|2[0-4])"
)
CHANNELS = {1: "speech", 2: "song"}
N_FILES = {"speech": 1440, "song": 1012}  # song: none of actor 18, 44 of each other
EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
INTENSITIES = {1: "normal", 2: "strong"}
STATEMENTS = {1: "kids", 2: "dogs"}  # "Kids are talking by the door", "Dogs are sitting ..."

INFO = DatasetInfo(
    title="Ryerson Audio-Visual Database of Emotional Speech and Song",
    licence="CC BY-NC-SA 4.0",
    citation=(
        "Livingstone, Russo, The Ryerson Audio-Visual Database of Emotional Speech and Song, "
        "PLoS ONE 13(5) e0196391, 2018"
    ),
    group="actor",
    traps=(
        "Only two sentences are spoken: a model may learn them rather than speech in general.",
        "The emotions are acted; the label is what the actor was asked for.",
        "There are half as many neutral files as of any other emotion.",
        "Song has six emotions, without disgust and surprise, and no files of actor 18.",
        "Levels differ by 40 dB, and five files are stereo.",
    ),
    source="zenodo.org/records/1188976",
    needs="Audio_Speech_Actors_01-24 or Audio_Song_Actors_01-24, wav or flac",
    scale="8 emotions as acted",
)


def load(
    root: str | Path,
    *,
    channel: Literal["speech", "song", "both"] = "speech",
    neutral: Literal["merge", "drop"] = "merge",
) -> Dataset:
    """Load RAVDESS.

    Parameters
    ----------
    root : str or path
        The folder that holds the folders of the actors, at any depth.
    channel : {"speech", "song", "both"}, default="speech"
        What to load.
    neutral : {"merge", "drop"}, default="merge"
        Two ways to 14 classes of emotion and sex. "merge" keeps all rows, and `emotion_sex` counts
        calm as neutral; `emotion` has all 8. "drop" leaves the neutral rows out of both targets and
        lets calm be calm.

    Returns
    -------
    Dataset
        Targets `emotion` (such as "angry") and `emotion_sex` (such as "female_angry"); groups are
        the actors.

    Raises
    ------
    DatasetError
        If no file has a name of RAVDESS, or none is of the channel.
    """
    root = Path(root)
    files, remarks = _find(root)
    frame = _describe(root, files)
    keep = frame["channel"].isin(CHANNELS.values() if channel == "both" else [channel])
    if not keep.any():
        msg = f"{root}: no file is {channel}. Set channel={frame['channel'].iloc[0]!r}."
        raise DatasetError(msg)
    if not keep.all():
        remarks.append(f"{(~keep).sum()} files of the other channel were left out.")
    if neutral == "drop":
        remarks.append(f"{(keep & (frame['emotion'] == 'neutral')).sum()} neutral files dropped.")
        keep &= frame["emotion"] != "neutral"
    spoken = frame["emotion"].replace({"calm": "neutral"} if neutral == "merge" else {})
    frame.insert(2, "emotion_sex", frame["sex"] + "_" + spoken)
    frame = frame[keep]
    return Dataset(
        name="ravdess",
        X=[str(root / file) for file in frame["file"]],
        frame=frame.reset_index(drop=True),
        targets={
            "emotion": Target(("emotion",), "classification", "The emotion that was acted."),
            "emotion_sex": Target(
                ("emotion_sex",), "classification", "Sex of the actor and the emotion."
            ),
        },
        groups=frame["actor"].to_numpy(),
        info=INFO,
        remarks=tuple(remarks),
    )


def check(root: Path) -> list[Check]:
    """Look at what is particular to RAVDESS: how many files each channel should have."""
    files, _ = _find(root)
    frame = _describe(root, files)
    checks = []
    for channel, n_files in N_FILES.items():
        found = frame[frame["channel"] == channel]
        if len(found):
            complete = len(found) == n_files
            said = f"{len(found)} of {n_files} files, {found['actor'].nunique()} actors"
            checks.append(Check(f"files of {channel}", "ok" if complete else "wrong", said))
    return checks


def _find(root: Path) -> tuple[list[tuple[Path, re.Match[str]]], list[str]]:
    """List the files by their names, each name once."""
    return named_audio(root, NAME, corpus="RAVDESS", example="03-01-05-02-01-01-12.wav")


def _describe(root: Path, files: list[tuple[Path, re.Match[str]]]) -> pd.DataFrame:
    """Read off the names what each file is."""
    import pandas as pd

    rows = []
    for path, match in files:
        field = {key: int(code) for key, code in match.groupdict().items()}
        rows.append(
            {
                "file": path.relative_to(root).as_posix(),
                "emotion": EMOTIONS[field["emotion"] - 1],
                "sex": "male" if field["actor"] % 2 else "female",
                "intensity": INTENSITIES[field["intensity"]],
                "statement": STATEMENTS[field["statement"]],
                "repetition": field["repetition"],
                "actor": field["actor"],
                "channel": CHANNELS[field["channel"]],
            }
        )
    return pd.DataFrame(rows)
