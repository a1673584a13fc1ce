"""What a prediction costs from nothing: a new process, one mp3, one answer.

    python benchmarks/bench_predict.py                # an mp3 of 45 s that it writes
    python benchmarks/bench_predict.py song.mp3       # your file
    python benchmarks/bench_predict.py --check        # exits 1 beyond the limits below
    python benchmarks/bench_predict.py --small        # a short file, each process once

A multi-layer perceptron learns from rendered clips, with the presets `plain` and `music`, and is
saved in both forms. A cold row is a whole process, from start to end (CPU time, one thread), in
units of one that imports numpy, soundfile, soxr and onnxruntime and nothing more. All rows are run
in turn; the table gives medians over the repeats.

Warm rows are the features alone, without decoding, in units of numpy's: what the graph takes for
them, and what librosa takes for its usual set from one shared spectrum.
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import os
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import peers
from bench_extract import Clock, Ratios, machine, process_time, rendered

from mer_sklearn import EmotionPipeline, load, make_emotion_clips, read_audio
from mer_sklearn.features import preset
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.features.rows import family_columns

BARE = "import numpy, soundfile, soxr, onnxruntime"
DEFAULT = "music"
MODELS = ("plain", DEFAULT)
ONNX, JOBLIB, COMMAND = "load({}.onnx).predict", "load({}.joblib).predict", "mer predict {}.onnx"
# Largest ratios to the bare import, and how many times faster than the joblib file.
LIMITS = {"plain": 3.0, "music": 3.5}
TIMES_FASTER = 5.0
LARGEST = 4.0  # MB, of the default preset


def main() -> int:
    """Print the tables; return 1 when a limit is exceeded."""
    options = _options()
    print(f"{machine()}; one thread, CPU time")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = options.file or rendered(folder, small=options.small)[-1]
        repeats = 1 if options.small else options.repeats
        sizes = saved(folder)
        cold = cold_ratios(folder, file, repeats)
        print_cold(cold, sizes)
        print_warm(warm_ratios(folder, file, repeats))
    if not options.check:
        return 0
    over = beyond(cold, sizes)
    print("beyond the limits: " + "; ".join(over) if over else "all within the limits")
    return 1 if over else 0


def _options() -> argparse.Namespace:
    """Return the words of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", help="default: a synthetic mp3 of 45 s")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--small", action="store_true", help="a short file, once")
    parser.add_argument("--check", action="store_true", help="exit 1 beyond the limits")
    return parser.parse_args()


def saved(folder: Path) -> Mapping[str, float]:
    """Fit and save the models; return the sizes of their files in MB."""
    corpus = make_emotion_clips(24, random_state=0, duration=3.0)
    sizes = {}
    for name in MODELS:
        pipeline = EmotionPipeline(name, model="mlp", random_state=0, cache=False)
        pipeline.fit(corpus.X, corpus.y("quadrant"), groups=corpus.groups)
        for suffix, options in ((".joblib", {}), (".onnx", {"features": True})):
            path = folder / f"{name}{suffix}"
            pipeline.save(path, **options)
            sizes[path.name] = path.stat().st_size / 1e6
    return sizes


# ---- Cold processes ----


def cold_ratios(folder: Path, file: str, repeats: int) -> Ratios:
    """Return the time of each process in units of the bare import."""
    commands = {BARE: ["-c", BARE]}
    for name in MODELS:
        for label, suffix in ((ONNX, "onnx"), (JOBLIB, "joblib")):
            code = f"from mer_sklearn import load; load({str(folder / name)!r} + '.{suffix}')"
            commands[label.format(name)] = ["-c", f"{code}.predict([{file!r}])"]
        words = ["predict", str(folder / f"{name}.onnx"), file]
        commands[COMMAND.format(name)] = ["-c", "from mer_sklearn.cli import main; main()", *words]
    spent: dict[str, list[float]] = defaultdict(list)
    for _ in range(repeats):
        for name, command in commands.items():
            seconds = process_time([sys.executable, *command])
            if seconds is None:
                msg = f"{name} fails: {' '.join(command)}"
                raise RuntimeError(msg)
            spent[name].append(seconds)
    return {
        name: statistics.median(a / b for a, b in zip(times, spent[BARE], strict=True))
        for name, times in spent.items()
    }


def print_cold(ratios: Ratios, sizes: Mapping[str, float]) -> None:
    """Print the table of cold processes, and the sizes of the files."""
    print("\n| cold process, one file | bare imports |\n|---|---|")
    for name, ratio in ratios.items():
        print(f"| {name} | {ratio:.2f} |")
    print("\n| file | MB |\n|---|---|")
    for name, size in sizes.items():
        print(f"| {name} | {size:.2f} |")


# ---- A warm process ----


def warm_ratios(folder: Path, file: str, repeats: int) -> Ratios:
    """Return the time of the features, in units of those of the first preset by numpy."""
    clip = read_audio(file)
    rows: dict[str, Callable[[], object]] = {}
    for name in MODELS:
        families, model = preset(name), load(folder / f"{name}.onnx")
        rows[f"{name}, numpy"] = functools.partial(
            family_columns, NumpyOps(), clip.signal[None], families
        )
        rows[f"{name}, graph"] = functools.partial(model.features, [clip])
    if importlib.util.find_spec("librosa"):
        rows[peers.SHARED] = functools.partial(peers.shared_features, clip.signal, clip.sr)
    turns = []
    for _ in range(repeats + 1):
        clock = Clock()
        for name, row in rows.items():
            clock(name, row)
        turns.append(clock.spent)
    unit = f"{MODELS[0]}, numpy"
    return {
        name: statistics.median(turn[name] / turn[unit] for turn in turns[1:])  # the first warms up
        for name in rows
    }


def print_warm(ratios: Ratios) -> None:
    """Print the table of a warm process."""
    print(f"\n| features of a decoded clip | {next(iter(ratios))} |\n|---|---|")
    for name, ratio in ratios.items():
        print(f"| {name} | {ratio:.2f} |")
    print()


# ---- Limits ----


def beyond(cold: Ratios, sizes: Mapping[str, float]) -> list[str]:
    """Return a sentence for each limit that is exceeded."""
    over = []
    for name, limit in LIMITS.items():
        onnx, joblib, command = (cold[form.format(name)] for form in (ONNX, JOBLIB, COMMAND))
        for said, ratio in ((ONNX.format(name), onnx), (COMMAND.format(name), command)):
            if ratio > limit:
                over.append(f"{said} {ratio:.2f} > {limit:g}")
        if joblib < TIMES_FASTER * onnx:
            over.append(f"{name} is {joblib / onnx:.1f} times faster than its joblib form")
    size = sizes[f"{DEFAULT}.onnx"]
    return [*over, *([f"{size:.2f} MB > {LARGEST:g}"] if size > LARGEST else [])]


if __name__ == "__main__":
    sys.exit(main())
