"""Numbers of every family that must not move unless a version does.

Run this file to write them anew, after raising the version of the series or family that moved::

    python tests/features/golden.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from mer_sklearn.audio import Clip
from mer_sklearn.features import AudioFeatures, preset

FILE = Path(__file__).with_suffix(".json")
PER_FAMILY = 12  # columns kept of each


def signal() -> np.ndarray:
    """Return two seconds of a chirp, a beating tone and noise, from arithmetic alone."""
    i = np.arange(44_100)
    t = i / 22_050
    chirp = 0.2 * np.sin(2 * np.pi * (100 + 1_500 * t) * t)
    tone = 0.3 * np.sin(2 * np.pi * 440 * t) * (1 + np.sin(2 * np.pi * 3 * t)) / 2
    noise = 0.05 * ((i * 7_919 % 10_007) / 5_003.5 - 1) * (t > 1)
    return (chirp + tone + noise).astype(np.float32)


def golden() -> dict[str, dict[str, object]]:
    """Return what decides the numbers of each family, and some of them by name."""
    families = preset("rich")
    row = AudioFeatures(families).fit_transform([Clip(signal())])[0].astype(float).tolist()
    columns, start = {}, 0
    for family in families:
        names = family.column_names()
        values = row[start : start + len(names)]
        every = max(1, len(names) // PER_FAMILY)
        columns |= dict(zip(names[::every], values[::every], strict=True))
        start += len(names)
    return {"identity": {f.name: f.identity() for f in families}, "columns": columns}


if __name__ == "__main__":
    FILE.write_text(json.dumps(golden(), indent=1) + "\n")
