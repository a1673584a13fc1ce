"""What features cost, from the file to the row, in units of decoding the same file.

    python benchmarks/bench_extract.py                   # synthetic mp3 that it writes
    python benchmarks/bench_extract.py song.mp3 ...      # your files
    python benchmarks/bench_extract.py --check           # exits 1 beyond the limits below
    python benchmarks/bench_extract.py --stages plain    # where the time of a preset goes
    python benchmarks/bench_extract.py --small           # short clips, two repeats: seconds

All rows are timed in turn in one process (CPU time, one thread), file by file and repeat by repeat.
Each time is divided by that of decoding the same file in the same turn, where decoding is
`soundfile.read(file, dtype="float32")`; the table gives medians, first over the repeats, then over
the files. What others are compared with stands in `peers.py`; who is not installed has no row.
Cold rows are whole processes, from start to end, in units of ours.
"""

from __future__ import annotations

import argparse
import functools
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import peers
import soundfile

from mer_sklearn import make_emotion_clips, read_audio
from mer_sklearn.audio import resample
from mer_sklearn.features import PRESETS, FeatureFamily, preset
from mer_sklearn.features.clip_series import ClipSeries
from mer_sklearn.features.ops import Array, NumpyOps
from mer_sklearn.features.rows import family_columns
from mer_sklearn.features.spectra import SERIES, Frames

# Ratios to decoding an mp3, from file to row: what is aimed at, and the largest that pass.
GOALS = {"plain": 2.1, "librosa": 2.2, "music": 2.7, "speech": 2.7}
LIMITS = {
    "read_audio": 1.4,
    "mfcc40-mean": 1.9,
    "plain": 2.3,
    "librosa": 2.4,
    "music": 3.0,
    "speech": 3.0,
}
# How many times faster than another row a preset must be.
MARGINS = {("plain", peers.KAISER): 4.0, ("librosa", peers.SHARED): 3.0}
KBITS_128 = {"bitrate_mode": "CONSTANT", "compression_level": 2 / 3}
Ratios = dict[str, float]


def main() -> int:
    """Print the tables; return 1 when a limit is exceeded."""
    options = _options()
    print(f"{machine()}; one thread, CPU time")
    with tempfile.TemporaryDirectory() as folder:
        files = options.files or rendered(Path(folder), small=options.small)
        repeats = 2 if options.small else options.repeats
        if options.stages:
            print_shares(options.stages, files, repeats)
            return 0
        timed = warm_rows()
        columns = {name: int(np.size(row(files[0]))) for name, row in timed.items()}
        ratios = warm_ratios(files, timed, repeats)
        print_warm(ratios, columns, f"{len(files)} files, {repeats} repeats")
        print_cold(cold_ratios(files[-1], Path(folder), 1 if options.small else 5))
    if not options.check:
        return 0
    over = beyond(ratios)
    print("beyond the limits: " + "; ".join(over) if over else "all within the limits")
    return 1 if over else 0


def _options() -> argparse.Namespace:
    """Return the words of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", help="default: synthetic mp3 of 45 s")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--small", action="store_true", help="short clips, two repeats")
    parser.add_argument("--check", action="store_true", help="exit 1 beyond the limits")
    parser.add_argument("--stages", metavar="PRESET", choices=PRESETS, help="the share of each")
    return parser.parse_args()


def machine() -> str:
    """Return the processor's model and what of its vector instructions numpy uses."""
    model = platform.processor() or platform.machine()
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        lines = (line.partition(":") for line in facts.read_text().splitlines())
        model = next((value.strip() for key, _, value in lines if "model name" in key), model)
    level = np.show_config(mode="dicts")["SIMD Extensions"]
    return f"{model}, {(level['found'] or level['baseline'])[-1]}, numpy {np.__version__}"


# ---- Files ----


def rendered(folder: Path, *, small: bool = False) -> list[str]:
    """Write rendered pieces: three mp3 of 45 s, or short clips of four formats."""
    seconds, kinds = (6.0, ("wav", "flac", "ogg", "mp3")) if small else (45.0, ("mp3",) * 3)
    pieces = make_emotion_clips(len(kinds), random_state=0, duration=seconds).X
    files = [str(folder / f"{number}.{kind}") for number, kind in enumerate(kinds)]
    for file, piece in zip(files, pieces, strict=True):
        signal = resample(piece.signal, piece.sr, 44_100)
        stereo = np.stack([signal, np.roll(signal, 300)], axis=1) * np.float32(0.7)
        soundfile.write(file, stereo, 44_100, **(KBITS_128 if file.endswith("mp3") else {}))
    return files


# ---- Rows in a warm process ----


def warm_rows() -> dict[str, peers.Row]:
    """Return what is timed, by name; decoding first."""
    rows: dict[str, peers.Row] = {
        "decode": lambda file: soundfile.read(file, dtype="float32")[0],
        "read_audio": lambda file: read_audio(file).signal,
    }
    for name in PRESETS:
        rows[name] = functools.partial(extract, preset(name))
    return rows | peers.available()


def extract(families: list[FeatureFamily], file: str) -> Array:
    """Our way: from the file to the row."""
    return np.hstack(family_columns(NumpyOps(), read_audio(file).signal[None], families))


def warm_ratios(files: list[str], timed: Mapping[str, peers.Row], repeats: int) -> Ratios:
    """Return the ratio of each row to decoding."""
    spent: dict[str, list[list[float]]] = defaultdict(list)
    for file in files:
        turns = [_turn(file, timed) for _ in range(repeats + 1)][1:]  # the first warms up
        for name in timed:
            spent[name].append([turn[name] / turn["decode"] for turn in turns])
    return {name: _median_of_medians(ratios) for name, ratios in spent.items()}


def _turn(file: str, timed: Mapping[str, peers.Row]) -> Ratios:
    """Return the CPU time of each row, once."""
    clock = Clock()
    for name, row in timed.items():
        clock(name, functools.partial(row, file))
    return clock.spent


def _median_of_medians(of_files: list[list[float]]) -> float:
    return statistics.median(statistics.median(of_file) for of_file in of_files)


def print_warm(ratios: Ratios, columns: Mapping[str, int], how: str) -> None:
    """Print the table of a warm process, with goals and limits."""
    print(f"\n| from file to row ({how}) | columns | decodings | goal | limit |")
    print("|---|---|---|---|---|")
    for name, ratio in ratios.items():
        width = "" if name in ("decode", "read_audio") else columns[name]
        goal, limit = (of.get(name, "") for of in (GOALS, LIMITS))
        print(f"| {name} | {width} | {ratio:.2f} | {goal} | {limit} |")


# ---- Where the time goes ----


class Clock:
    """Adds up the CPU time of what it runs, by name."""

    def __init__(self) -> None:
        self.spent: Ratios = defaultdict(float)

    def __call__(self, name: str, function: Callable[[], Array]) -> Array:
        start = time.process_time()
        value = function()
        self.spent[name] += time.process_time() - start
        return value


def print_shares(name: str, files: list[str], repeats: int) -> None:
    """Print the cost of each stage, series and family of a preset."""
    spent: dict[str, list[list[float]]] = defaultdict(list)
    for file in files:
        turns = [shares(preset(name), file) for _ in range(repeats + 1)][1:]
        for stage in turns[0]:
            spent[stage].append([turn[stage] / turn["decode"] for turn in turns])
    print(f"\n| stage of {name} | decodings |\n|---|---|")
    for stage, ratios in spent.items():
        print(f"| {stage} | {_median_of_medians(ratios):.3f} |")


def shares(families: list[FeatureFamily], file: str) -> Ratios:
    """Return the time of each stage, once; what several share counts for the first that asks."""
    clock, ops = Clock(), NumpyOps()
    samples, rate = clock("decode", lambda: soundfile.read(file, dtype="float32", always_2d=True))
    mono = clock("mix", lambda: functools.reduce(np.add, samples.T) * np.float32(0.5))
    clock("resample", lambda: resample(mono, rate))
    signal = clock("(read_audio: all three, and checks)", lambda: read_audio(file).signal)
    needs = list(dict.fromkeys(name for family in families for name in family.needs))

    def function(hops: Array) -> list[Array]:
        frames = Frames(ops, hops)
        clock("spectrum", lambda: frames.power)
        return [
            clock(f"series {name}", lambda n=name: SERIES[n].function(frames)) for name in needs
        ]

    kinds = [(SERIES[name].width, SERIES[name].step) for name in needs]
    series = clock("(all series)", lambda: ops.over_frames(signal[None], function, kinds))
    clip = ClipSeries(ops, dict(zip(needs, series, strict=True)), len(signal))
    for family in families:
        clock(f"family {family.name}", functools.partial(family.columns, clip))
    return clock.spent


# ---- Cold processes ----

OURS = "mer extract, default preset"
IMPORT = "import numpy"


def cold_ratios(file: str, folder: Path, repeats: int) -> Ratios:
    """Return the time of whole processes in units of ours, all in turn."""
    table = str(folder / "row.csv")
    recipe = "import librosa; y, sr = librosa.load({!r}, res_type={!r}); "
    recipe += "librosa.feature.mfcc(y=y, sr=sr, n_mfcc=40).mean(axis=1)"
    code = {
        OURS: "from mer_sklearn.cli import main; main()",
        peers.SOXR: recipe.format(file, "soxr_hq"),
        peers.KAISER: recipe.format(file, "kaiser_fast"),
        IMPORT: "import numpy",
    }
    words = {OURS: ["extract", file, "--no-cache", "-o", table]}
    spent: dict[str, list[float]] = defaultdict(list)
    for _ in range(repeats):
        for name, source in code.items():
            seconds = _process_time([sys.executable, "-c", source, *words.get(name, [])])
            if seconds is not None:
                spent[name].append(seconds)
    ours = spent[OURS]
    return {
        name: statistics.median(a / b for a, b in zip(times, ours, strict=True))
        for name, times in spent.items()
    }


def _process_time(command: list[str]) -> float | None:
    """Return the CPU time of a process; None if it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run(command, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode:
        return None
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def print_cold(ratios: Ratios) -> None:
    """Print the table of cold processes."""
    print("\n| cold process, one file | times ours |\n|---|---|")
    for name, ratio in ratios.items():
        print(f"| {name} | {ratio:.2f} |")
    print()


# ---- Limits ----


def beyond(ratios: Ratios) -> list[str]:
    """Return a sentence for each limit that is exceeded."""
    over = [
        f"{name} {ratios[name]:.2f} > {limit}"
        for name, limit in LIMITS.items()
        if name in ratios and ratios[name] > limit
    ]
    for (ours, theirs), times in MARGINS.items():
        if ours in ratios and theirs in ratios and ratios[theirs] < times * ratios[ours]:
            found = ratios[theirs] / ratios[ours]
            over.append(f"{ours} is {found:.1f} times faster than {theirs}, not {times:g}")
    return over


if __name__ == "__main__":
    sys.exit(main())
