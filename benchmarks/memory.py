"""How much memory a long file takes, above the idle process.

    python benchmarks/memory.py                          # an hour of mp3, presets plain and music
    python benchmarks/memory.py --minutes 240 --format FLAC
    python benchmarks/memory.py --small                  # two minutes

The file is written in blocks: tones that change, clicks, stereo, 44.1 kHz. Each preset is computed
in a process of its own; the peak is that of Linux (VmHWM), from when all is imported.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import soundfile

from mer_sklearn import AudioFeatures
from mer_sklearn.audio import open_audio
from mer_sklearn.evaluation.tables import as_markdown
from mer_sklearn.features.presets import preset
from mer_sklearn.features.rows import FamilyRows

SR = 44_100
MIB = 1024  # kB


def write_long(path: Path, minutes: int, kind: str) -> None:
    """Write a long file, a minute at a time; after four the first one comes again."""
    rng = np.random.default_rng(0)
    song = [one_minute(rng) for _ in range(min(minutes, 4))]
    with soundfile.SoundFile(path, "w", SR, 2, format=kind) as file:
        for number in range(minutes):
            file.write(song[number % len(song)])


def one_minute(rng: np.random.Generator) -> np.ndarray:
    """Return a minute of sound in stereo."""
    seconds = np.arange(60 * SR) / SR
    signal = 0.02 * rng.normal(size=len(seconds)) * (seconds % 0.5 < 0.05)
    decay = 0.12 * np.exp(-24 * (seconds % 0.25))
    for _ in range(4):
        hz = np.repeat(110 * 2 ** (rng.integers(0, 36, 240) / 12), 60 * SR // 240)
        signal += decay * np.sin(2 * np.pi * hz * seconds)
    return np.stack([signal, 0.8 * signal], axis=1).astype(np.float32)


def memory(field: str) -> float:
    """Return a field of this process's status in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(field))
    return int(line.split()[1]) / MIB


def measure(name: str, path: str) -> list[str]:
    """Compute the row of one file in this process; return preset, idle, peak above it, seconds."""
    rows = FamilyRows(preset(name))
    AudioFeatures(name).fit_transform(np.zeros((1, 2_048), np.float32))  # loads what is lazy
    Path("/proc/self/clear_refs").write_text("5")
    idle, start = memory("VmRSS"), time.perf_counter()
    rows(open_audio(path), range(len(rows.parts)))
    seconds = time.perf_counter() - start
    return [name, f"{idle:.0f}", f"{memory('VmHWM') - idle:.0f}", f"{seconds:.1f}"]


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--format", default="MP3", help="as soundfile calls it")
    parser.add_argument("--preset", action="append", help="plain and music unless told otherwise")
    parser.add_argument("--small", action="store_true", help="two minutes")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args(words)
    if chosen.measure:
        print("|".join(measure(*chosen.measure)))
        return
    minutes = 2 if chosen.small else chosen.minutes
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long"
        write_long(path, minutes, chosen.format)
        table = []
        for name in chosen.preset or ("plain", "music"):
            command = [sys.executable, __file__, "--measure", name, str(path)]
            run = subprocess.run(command, capture_output=True, text=True, check=True)
            table.append(run.stdout.strip().split("|"))
    names = [f"{minutes} min {chosen.format}", "idle, MiB", "peak above, MiB", "s"]
    print(as_markdown(dict(zip(names, map(list, zip(*table, strict=True)), strict=True))))


if __name__ == "__main__":
    main()
