"""SAVEE: four English men speak 120 sentences each in seven emotions.

Layout: ``ROOT/**/DC/a01.wav`` or ``ROOT/**/DC_a01.wav``, at any depth. The name says speaker (DC,
JE, JK, KL; of the folder, where the file does not say), emotion (one letter, or two: ``sa`` is
sadness and ``su`` surprise) and number.

Source: kahlan.eps.surrey.ac.uk/savee. Licence: free for research, to be asked for.

Traps: the first letter alone takes sadness for surprise; neutral has 30 files a speaker, the others
15; mirrors hold both layouts, so each recording is taken once.
"""

from __future__ import annotations

import re
from pathlib import Path

from ._speech import speech
from ._tree import named_audio
from .base import Dataset, DatasetInfo

NAME = re.compile(r"(?P<speaker>DC|JE|JK|KL)_(?P<emotion>sa|su|[adfhn])(?P<number>\d\d)")
EMOTIONS = {
    "a": "angry",
    "d": "disgust",
    "f": "fearful",
    "h": "happy",
    "n": "neutral",
    "sa": "sad",
    "su": "surprised",
}

INFO = DatasetInfo(
    title="Surrey Audio-Visual Expressed Emotion",
    licence="free for research, to be asked for",
    citation="Haq, Jackson, Speaker-dependent audio-visual emotion recognition, AVSP 2009",
    group="speaker",
    traps=(
        "Four speakers, all men: intervals are wide.",
        "There are twice as many neutral files as of any other emotion.",
    ),
    source="kahlan.eps.surrey.ac.uk/savee",
    needs="AudioData/DC/a01.wav and so on, or ALL/DC_a01.wav",
    scale="7 emotions as acted",
    n_rows=480,
)


def load(root: str | Path) -> Dataset:
    """Load SAVEE.

    Parameters
    ----------
    root : str or path
        The folder that holds the files, at any depth.

    Returns
    -------
    Dataset
        Target `emotion`; groups are the speakers.

    Raises
    ------
    DatasetError
        If no file has a name of SAVEE.
    """
    import pandas as pd

    root = Path(root)
    files, remarks = named_audio(root, NAME, corpus="SAVEE", example="DC/a01.wav", name=_name)
    rows = [
        {
            "file": path.relative_to(root).as_posix(),
            "emotion": EMOTIONS[match["emotion"]],
            "sex": "male",
            "speaker": match["speaker"],
            "number": int(match["number"]),
        }
        for path, match in files
    ]
    return speech("savee", root, pd.DataFrame(rows), info=INFO, remarks=remarks)


def _name(path: Path) -> str:
    """Return the name with its speaker, whichever of the two layouts it has."""
    return path.stem if "_" in path.stem else f"{path.parent.name}_{path.stem}"
