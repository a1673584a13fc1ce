"""What the corpora of acted speech share: one vocabulary, and targets from a table of files.

Emotions have the names of RAVDESS in all of them (neutral, calm, happy, sad, angry, fearful,
disgust, surprised, and bored), so that one corpus can be tested on another.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .base import Dataset, DatasetInfo, Target

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["speech"]


def speech(
    name: str,
    root: Path,
    frame: pd.DataFrame,
    *,
    info: DatasetInfo,
    emotion: str = "The emotion that was acted.",
    remarks: Sequence[str] = (),
) -> Dataset:
    """Put a corpus of speech together.

    Parameters
    ----------
    name : str
        Its name.
    root : Path
        Its folder.
    frame : DataFrame
        Columns `file` (relative to the folder), `emotion`, the column that `info.group` names, and
        where both sexes speak `sex`.
    info : DatasetInfo
        What a user has to know.
    emotion : str
        What the emotion is, a sentence.
    remarks : sequence of str
        What the loader has to say.

    Returns
    -------
    Dataset
        Targets `emotion` and, of both sexes, `emotion_sex` (such as "female_angry").
    """
    frame = frame.reset_index(drop=True)
    targets = {"emotion": Target(("emotion",), "classification", emotion)}
    if "sex" in frame and frame["sex"].nunique() > 1:
        frame.insert(2, "emotion_sex", frame["sex"] + "_" + frame["emotion"])
        text = "Sex of the speaker and the emotion."
        targets["emotion_sex"] = Target(("emotion_sex",), "classification", text)
    return Dataset(
        name=name,
        X=[str(root / file) for file in frame["file"]],
        frame=frame,
        targets=targets,
        groups=frame[info.group].to_numpy(dtype=object),
        info=info,
        remarks=tuple(remarks),
    )
