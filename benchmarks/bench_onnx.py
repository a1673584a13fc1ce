"""How far the ONNX form of every model is from its joblib form, and what it costs.

    python benchmarks/bench_onnx.py                                       # rendered clips
    python benchmarks/bench_onnx.py --source emotify:$MER_DATA/emotify    # a corpus
    python benchmarks/bench_onnx.py --small                               # seconds

Every named model learns from the whole corpus, is saved in both forms, and both are loaded and
asked about the same files, evenly spaced over the corpus: files that the model knows, where a
difference is likeliest. A model that the gate refuses is a line with the reason, and the exit
status is 1. A row of the table:

features  the largest difference between numpy and the graph, as a share of the column's spread
tail      the largest difference behind the features, on the same rows: probabilities, or numbers
          relative to their value or spread
answers   the same from file to answer, and the share of the files whose answer moved by over 1e-3
labels    the share of the labels that agree
MB        the size of the ONNX file; of the joblib file
time      ONNX / joblib, from file to answer: both in turn in one process (CPU time, one thread),
          the median over the repeats of a file, the median over the files
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import soundfile

from mer_sklearn import Dataset, EmotionPipeline, load, load_dataset, make_emotion_clips
from mer_sklearn.errors import ArtifactError
from mer_sklearn.models import MODELS

PRESETS = ("mfcc40-mean", "plain", "music", "speech")
MOVED = 1e-3


def compare(
    preset: str,
    model: str,
    corpus: Dataset,
    target: str,
    files: list[str],
    folder: Path,
    cache: Path,
) -> dict[str, str]:
    """Return a row of the table."""
    pipeline = EmotionPipeline(preset, model=model, random_state=0, cache=cache)
    pipeline.fit(corpus.X, corpus.y(target), groups=corpus.groups)
    paths = folder / "mood.joblib", folder / "mood.onnx"
    pipeline.save(paths[0])
    pipeline.save(paths[1], clips=files)
    joblib, onnx = (load(path) for path in paths)
    joblib.pipeline_["features"].set_params(cache=False)  # both from the file
    worst = {"features": 0.0, "tail": 0.0, "whole": 0.0}
    for found in onnx.manifest["gate"]:
        if found["part"] in worst and found["inputs"] != "made signals":
            worst[found["part"]] = max(worst[found["part"]], found["worst"])
    agree, off = answers(joblib, onnx, files)
    sizes = [path.stat().st_size / 1e6 for path in paths]
    return {
        "preset": preset,
        "model": model,
        "target": target,
        "features": f"{worst['features']:.1e}",
        "tail": f"{worst['tail']:.1e}",
        "answers": f"{off.max():.1e}",
        "moved": f"{(off > MOVED).mean():.3f}",
        "labels": "" if agree is None else f"{agree:.3f}",
        "MB": f"{sizes[1]:.2f}",
        "joblib MB": f"{sizes[0]:.2f}",
        "time": f"{ratio(joblib, onnx, files):.2f}",
    }


def answers(joblib: Any, onnx: Any, files: list[str]) -> tuple[float | None, Any]:
    """Return the share of labels that agree, and the largest difference in each file's numbers."""
    if joblib.task_ == "classification":
        agree = (joblib.predict(files) == onnx.predict(files)).mean()
        return agree, abs(joblib.predict_proba(files) - onnx.predict_proba(files)).max(axis=1)
    expected = joblib.predict(files).reshape(len(files), -1)
    off = abs(onnx.predict(files).reshape(expected.shape) - expected)
    return None, (off / np.maximum(abs(expected), expected.std(axis=0))).max(axis=1)


def ratio(joblib: Any, onnx: Any, files: list[str], repeats: int = 3) -> float:
    """Return the time of the one in units of the other."""
    ratios = []
    for file in files[:6]:
        spent: tuple[list[float], list[float]] = ([], [])
        for turn in range(repeats + 1):  # the first warms up
            for model, times in zip((joblib, onnx), spent, strict=True):
                start = time.process_time()
                model.predict([file])
                if turn:
                    times.append(time.process_time() - start)
        ratios.append(statistics.median(spent[1]) / statistics.median(spent[0]))
    return statistics.median(ratios)


def rows(
    presets: Sequence[str],
    models: Sequence[str],
    corpus: Dataset,
    targets: Sequence[str],
    files: list[str],
    folder: Path,
    cache: Path,
) -> Iterator[list[tuple[str, str]] | str]:
    """Give the rows of the table, one by one, or why there is none."""
    for preset, model in product(presets, models):
        for target in targets:
            if corpus.target(target).task in MODELS[model].tasks:
                try:
                    row = compare(preset, model, corpus, target, files, folder, cache)
                    yield [*row.items()]
                except ArtifactError as error:
                    yield f"REFUSED {preset} {model} {target}: {error}"


def written(corpus: Dataset, n_files: int, folder: Path) -> list[str]:
    """Return files of the corpus, evenly spaced; rendered clips are written."""
    places = np.linspace(0, len(corpus) - 1, min(n_files, len(corpus))).round().astype(int)
    if corpus.name != "synthetic":
        return [corpus.paths[place] for place in places]
    files = [str(folder / f"{place}.wav") for place in places]
    for file, place in zip(files, places, strict=True):
        clip = corpus.X[place]
        soundfile.write(file, clip.signal, clip.sr, subtype="FLOAT")
    return files


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", help="NAME:ROOT; default: 120 rendered clips")
    parser.add_argument("--target", action="append", help="may be repeated; default: all")
    parser.add_argument("--preset", action="append", help="may be repeated; default: four")
    parser.add_argument("--model", action="append", help="may be repeated; default: all")
    parser.add_argument("--cache", type=Path, help="a folder that keeps rows for the next time")
    parser.add_argument("--files", type=int, default=24, help="how many are compared")
    parser.add_argument("--small", action="store_true", help="few short clips, one preset")
    options = parser.parse_args()

    if options.source and not options.small:
        corpus = load_dataset(*options.source.split(":", 1))
    else:
        n, duration = (24, 1.0) if options.small else (120, 6.0)
        corpus = make_emotion_clips(n, random_state=0, duration=duration)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = written(corpus, 4 if options.small else options.files, folder)
        print(f"{corpus.name}: {len(corpus)} clips; compared on {len(files)} of them")
        presets = options.preset or (PRESETS[:1] if options.small else PRESETS)
        models = options.model or [*MODELS]
        targets = options.target or [*corpus.targets]
        cache = options.cache or folder / "cache"
        n_refused = show(rows(presets, models, corpus, targets, files, folder, cache))
    sys.exit(1 if n_refused else 0)


def show(found: Iterator[list[tuple[str, str]] | str]) -> int:
    """Print the table as it grows; return how many models were refused."""
    n_rows = n_refused = 0
    for row in found:
        if isinstance(row, str):
            n_refused += 1
            print(row, flush=True)
            continue
        widths = [max(len(key), 12 if at < 3 else 7) for at, (key, _) in enumerate(row)]
        for line in [[text for _, text in row]] if n_rows else zip(*row, strict=True):
            print(*(text.ljust(w) for text, w in zip(line, widths, strict=True)), flush=True)
        n_rows += 1
    return n_refused


if __name__ == "__main__":
    main()
