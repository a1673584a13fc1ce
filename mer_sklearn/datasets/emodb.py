"""EmoDB: ten German actors speak ten sentences in seven emotions.

Layout: ``ROOT/**/03a01Fa.wav``, at any depth. The name says speaker (03, 08 to 16), text (a01 to
b10), emotion and version. The letters of the emotions are German: W is anger (Wut), L boredom
(Langeweile), E disgust (Ekel), A fear (Angst), F happiness (Freude), T sadness (Trauer), N neutral.

Source: emodb.bilderbar.info. Licence: free for research.

Traps: a table goes around that reads the letters as English ones (F as disgust, E as anxiety, A as
happiness: 186 of 535 labels wrong), so the loader reads the names and no table; a mirror holds all
files cut to 2.0 s.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ._check import Check
from ._speech import speech
from ._tree import named_audio
from .base import Dataset, DatasetInfo

if TYPE_CHECKING:
    import pandas as pd

NAME = re.compile(
    r"(?P<speaker>03|08|09|1[0-6])(?P<text>[ab]\d\d)(?P<emotion>[WLEAFTN])(?P<version>[a-z])"
)
EMOTIONS = {
    "W": "angry",
    "L": "bored",
    "E": "disgust",
    "A": "fearful",
    "F": "happy",
    "T": "sad",
    "N": "neutral",
}
MEN = ("03", "10", "11", "12", "15")
FEWEST = 5  # files; that fewer last equally long is chance

INFO = DatasetInfo(
    title="Berlin Database of Emotional Speech",
    licence="free for research",
    citation=(
        "Burkhardt, Paeschke, Rolfes, Sendlmeier, Weiss, A database of German emotional speech, "
        "Interspeech 2005"
    ),
    group="speaker",
    traps=(
        "The letters in the names are German: F is happiness, E disgust, A fear.",
        "A mirror holds all files cut to 2.0 s.",
        "Ten sentences are spoken: a model may learn them rather than speech in general.",
    ),
    source="emodb.bilderbar.info",
    needs="wav/03a01Fa.wav and so on",
    scale="7 emotions as acted",
    n_rows=535,
)


def load(root: str | Path) -> Dataset:
    """Load EmoDB.

    Parameters
    ----------
    root : str or path
        The folder that holds the files, at any depth.

    Returns
    -------
    Dataset
        Targets `emotion` and `emotion_sex`; groups are the speakers.

    Raises
    ------
    DatasetError
        If no file has a name of EmoDB.
    """
    root = Path(root)
    frame, remarks = _describe(root)
    return speech("emodb", root, frame, info=INFO, remarks=remarks)


def check(root: Path) -> list[Check]:
    """Look at what is particular to EmoDB: whether the files were cut to one length."""
    import soundfile

    frame, _ = _describe(root)
    try:
        lengths = {round(soundfile.info(root / file).duration, 2) for file in frame["file"]}
    except (soundfile.SoundFileError, OSError):
        return []  # which cannot be read is said elsewhere
    if len(lengths) > 1 or len(frame) < FEWEST:
        return []
    found = f"all {len(frame)} files last {lengths.pop()} s: they were cut. Get the originals"
    return [Check("lengths", "wrong", found)]


def _describe(root: Path) -> tuple[pd.DataFrame, list[str]]:
    """Read off the names what each file is."""
    import pandas as pd

    files, remarks = named_audio(root, NAME, corpus="EmoDB", example="03a01Fa.wav")
    rows = [
        {
            "file": path.relative_to(root).as_posix(),
            "emotion": EMOTIONS[match["emotion"]],
            "sex": "male" if match["speaker"] in MEN else "female",
            "speaker": match["speaker"],
            "text": match["text"],
            "version": match["version"],
        }
        for path, match in files
    ]
    return pd.DataFrame(rows), remarks
