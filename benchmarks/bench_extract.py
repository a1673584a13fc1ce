"""What features cost, in units of decoding the same file.

    python benchmarks/bench_extract.py            # the table
    python benchmarks/bench_extract.py --check    # exits 1 beyond the limits below
    python benchmarks/bench_extract.py --small    # rendered clips, two repeats: seconds

All rows are timed in turn in one process (CPU time, one thread), file by file and repeat by repeat;
a ratio is the median over the repeats of a row divided by that of decoding, and the table gives the
median over the files. Decoding is `soundfile.read(file, dtype="float32")`. The usual recipe is
``librosa.load(file, res_type="kaiser_fast")`` and the means of 40 MFCC; it needs resampy (extra
`bench`), and the row is left out without it.
"""

from __future__ import annotations

import argparse
import functools
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import soundfile

from mer_sklearn import make_emotion_clips, read_audio
from mer_sklearn.features import PRESETS, FeatureFamily, preset
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.features.rows import family_columns

DATA = Path(os.environ.get("MER_DATA", "../shared/data"))
# Largest ratio to decoding an mp3, from file to row; above the measured ones by what a busy
# machine adds.
LIMITS = {"read_audio": 1.5, "mfcc40-mean": 2.0, "plain": 2.6}
RECIPE = "librosa.load(kaiser_fast) + 40 MFCC means"
RECIPE_SOXR = "librosa.load(soxr_hq) + 40 MFCC means"


def rows() -> dict[str, Callable[[str], object]]:
    """Return what is timed, by name."""
    timed: dict[str, Callable[[str], object]] = {
        "decode": lambda file: soundfile.read(file, dtype="float32"),
        "read_audio": read_audio,
    }
    for name in PRESETS:
        timed[name] = functools.partial(extract, preset(name))
    timed[RECIPE_SOXR] = lambda file: recipe(file, "soxr_hq")
    try:
        import resampy  # noqa: F401  # librosa's kaiser_fast
    except ImportError:
        print("resampy is absent (pip install 'mer-sklearn[bench]'): no row for kaiser_fast")
    else:
        timed[RECIPE] = lambda file: recipe(file, "kaiser_fast")
    return timed


def extract(families: list[FeatureFamily], file: str) -> object:
    """Our way: from the file to the row."""
    return family_columns(NumpyOps(), read_audio(file).signal[None], families)


def recipe(file: str, resampler: str) -> object:
    """The usual way: librosa for everything."""
    import librosa

    y, sr = librosa.load(file, res_type=resampler)
    return librosa.feature.mfcc(y=y, sr=sr, n_mfcc=40).mean(axis=1)


def time_file(
    file: str, timed: dict[str, Callable[[str], object]], repeats: int
) -> dict[str, float]:
    """Return the median CPU time of each row over the repeats, all rows in turn."""
    spent: dict[str, list[float]] = {name: [] for name in timed}
    for turn in range(repeats + 1):  # the first warms up
        for name, function in timed.items():
            start = time.process_time()
            function(file)
            if turn:
                spent[name].append(time.process_time() - start)
    return {name: statistics.median(times) for name, times in spent.items()}


def rendered(folder: Path) -> list[str]:
    """Write short rendered clips in four formats."""
    files = []
    for number, (clip, kind) in enumerate(
        zip(make_emotion_clips(4, random_state=0).X, ("wav", "flac", "ogg", "mp3"), strict=True)
    ):
        files.append(str(folder / f"{number}.{kind}"))
        soundfile.write(files[-1], np.repeat(clip.signal, 2), 2 * clip.sr)
    return files


def main() -> int:
    """Print the table; return 1 when a limit is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", help="default: $MER_DATA/emotify/full")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--small", action="store_true", help="rendered clips, two repeats")
    parser.add_argument("--check", action="store_true", help="exit 1 beyond the limits")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        files = options.files or sorted(map(str, DATA.glob("emotify/full/*/*.mp3")))
        if options.small or not files:
            files = rendered(Path(folder))
        timed = rows()
        repeats = 2 if options.small else options.repeats
        measured = {file: time_file(file, timed, repeats) for file in files}

    ratios = {
        name: statistics.median(times[name] / times["decode"] for times in measured.values())
        for name in timed
    }
    width = max(map(len, ratios))
    print(f"{len(files)} files, {repeats} repeats; from file to row, in units of decoding")
    for name, ratio in ratios.items():
        print(f"{name:{width}}  {ratio:6.2f}")
    if not options.check:
        return 0
    over = [f"{n} {ratios[n]:.2f} > {limit}" for n, limit in LIMITS.items() if ratios[n] > limit]
    print("beyond the limits: " + ", ".join(over) if over else "all within the limits")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
