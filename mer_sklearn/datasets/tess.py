"""TESS: two women speak 200 words in seven emotions.

Layout: ``ROOT/**/OAF_back_angry.wav``, at any depth. The name says speaker (OAF, the older, or YAF,
the younger), word and emotion (``ps`` is pleasant surprise); folders are spelt in many ways and do
not count.

Source: doi.org/10.5683/SP2/E8H2MF. Licence: CC BY-NC-ND 4.0.

Traps: two speakers only, so nothing can be said of a third; one file lacks a letter
(``OA_bite_neutral.wav``); a mirror holds everything twice, so names are taken once.
"""

from __future__ import annotations

import re
from pathlib import Path

from ._speech import speech
from ._tree import named_audio
from .base import Dataset, DatasetInfo

NAME = re.compile(
    r"(?P<speaker>OAF?|YAF)_(?P<word>[a-z]+)_(?P<emotion>angry|disgust|fear|happy|neutral|ps|sad)",
    re.IGNORECASE,
)
EMOTIONS = {"fear": "fearful", "ps": "surprised"}  # the others are called as here

INFO = DatasetInfo(
    title="Toronto Emotional Speech Set",
    licence="CC BY-NC-ND 4.0",
    citation="Pichora-Fuller, Dupuis, Toronto emotional speech set (TESS), Borealis, 2020",
    group="speaker",
    traps=(
        "Two speakers: a score on the one after learning from the other has no interval to speak "
        "of, and one with both on both sides is that of a speaker's own voice.",
        "The surprise is a pleasant one.",
        "One phrase around all words: a model may learn it rather than speech in general.",
    ),
    source="doi.org/10.5683/SP2/E8H2MF",
    needs="OAF_angry/OAF_back_angry.wav and so on, or all in one folder",
    scale="7 emotions as acted",
    n_rows=2800,
)


def load(root: str | Path) -> Dataset:
    """Load TESS.

    Parameters
    ----------
    root : str or path
        The folder that holds the files, at any depth.

    Returns
    -------
    Dataset
        Target `emotion`; groups are the two speakers.

    Raises
    ------
    DatasetError
        If no file has a name of TESS.
    """
    import pandas as pd

    root = Path(root)
    files, remarks = named_audio(root, NAME, corpus="TESS", example="OAF_back_angry.wav")
    rows = []
    for path, match in files:
        emotion = match["emotion"].lower()
        rows.append(
            {
                "file": path.relative_to(root).as_posix(),
                "emotion": EMOTIONS.get(emotion, emotion),
                "sex": "female",
                "speaker": "YAF" if match["speaker"].upper() == "YAF" else "OAF",
                "word": match["word"].lower(),
            }
        )
    return speech("tess", root, pd.DataFrame(rows), info=INFO, remarks=remarks)
