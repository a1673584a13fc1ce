"""What odd, broken and hostile files give: features, or one sentence.

    python benchmarks/robustness.py                # $MER_DATA/robustness_audio, file by file
    python benchmarks/robustness.py --fuzz 2000    # mutated headers and truncations
    python benchmarks/robustness.py --small        # every tenth file

The table has a row a file: how long it is and how many columns of the presets plain and music came
out finite, or the sentence that refuses it. Anything else is a fault and ends with status 1.

`--fuzz N` makes small files of each format, damages N copies (seeded) and reads them in processes
of their own with little memory and an alarm clock. What is neither read nor refused with an
`AudioError` is kept in `--keep` and ends with status 1: another exception, a crash of a decoder, a
file that takes more than ten seconds.
"""

from __future__ import annotations

import argparse
import collections
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import soundfile

from mer_sklearn import AudioError, read_audio
from mer_sklearn.audio import open_audio

if TYPE_CHECKING:  # the processes that read damaged files begin in no time
    from mer_sklearn.features.rows import FamilyRows

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("MER_DATA", ROOT.parent / "shared" / "data"))
ALARM_S = 10  # seconds for one damaged file of a second
MEMORY = 2**29  # bytes of address space more than the process begins with
HEADER = 160  # bytes in which most mutations fall
SIZES = (0, 1, 2, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF)


# ---- The folder of odd files ----


def outcome(path: Path, rows: FamilyRows) -> str:
    """Return what a file gives: its length and the columns that are finite, or a sentence."""
    try:
        values = np.concatenate(rows(open_audio(path), range(len(rows.parts))))
        seconds = read_audio(path).duration
    except AudioError as error:
        return str(error).replace(f"{path}: ", "")
    finite = int(np.isfinite(values).sum())
    fault = "" if finite == len(values) else f"FAULT: only {finite} finite of "
    return f"{seconds:.2f} s, {fault}{len(values)} columns"


def odd_files(folder: Path) -> list[Path]:
    """Return the odd files, without the lists that describe them."""
    return sorted(path for path in folder.glob("*/*") if path.name != "manifest.csv")


def both_presets() -> FamilyRows:
    """Return the row function of the presets plain and music, in one pass."""
    from mer_sklearn.features.presets import preset
    from mer_sklearn.features.rows import FamilyRows

    return FamilyRows([*preset("plain"), *preset("music")])


def print_folder(folder: Path, every: int) -> bool:
    """Print the table of the folder; tell whether all went well."""
    files = odd_files(folder)[::every]
    if not files:
        print(f"No odd files in {folder}: set MER_DATA to the folder of real audio.")
        return True
    rows = both_presets()
    table = [[path.relative_to(folder).as_posix(), outcome(path, rows)] for path in files]
    print_table(["file", "what it gives"], table)
    return not any("FAULT" in row[1] for row in table)


def print_table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows as a table."""
    from mer_sklearn.evaluation.tables import as_markdown

    print(as_markdown(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))))


# ---- Damaged files ----


def sound_files(folder: Path) -> list[Path]:
    """Write small sound files of each format; an mp3 without its length, too."""
    rng = np.random.default_rng(440)
    time = np.arange(16_000) / 16_000
    samples = 0.4 * np.sin(2 * np.pi * 440 * time) * (time % 0.5) + 0.01 * rng.normal(size=16_000)
    stereo = np.stack([samples, samples[::-1]], axis=1)
    kinds = [
        ("pcm.wav", stereo, {}),
        ("float.wav", samples, {"subtype": "FLOAT"}),
        ("adpcm.wav", samples, {"subtype": "IMA_ADPCM"}),
        ("a.flac", stereo, {}),
        ("a.ogg", stereo, {}),
        ("opus.ogg", samples, {"subtype": "OPUS"}),
        ("a.mp3", stereo, {"bitrate_mode": "VARIABLE"}),
    ]
    for name, sound, options in kinds:
        soundfile.write(folder / name, sound, 16_000, **options)
    tagged = (folder / "a.mp3").read_bytes()
    second = tagged.find(tagged[:2], max(tagged.find(b"Xing"), tagged.find(b"Info")))
    (folder / "bare.mp3").write_bytes(tagged[second:])
    return [*(folder / name for name, *_ in kinds), folder / "bare.mp3"]


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Return a damaged copy: other bytes or sizes, mostly in the header; a hole; an end."""
    out = bytearray(content)
    kind = rng.integers(6)
    reach = HEADER if kind < 4 else len(out)
    for _ in range(rng.integers(1, 6)):
        at = int(rng.integers(min(reach, len(out) - 8)))
        if kind in (0, 4):  # bytes
            out[at] = rng.integers(256)
        elif kind == 1:  # bits
            out[at] ^= 1 << rng.integers(8)
        elif kind == 2:  # sizes
            width, order = int(rng.choice([2, 4, 8])), str(rng.choice(["little", "big"]))
            value = int(rng.choice(SIZES)) % 2 ** (8 * width)
            out[at : at + width] = value.to_bytes(width, order)  # type: ignore[arg-type]
        elif kind == 3:  # bytes that are missing or too many
            out[at : at + int(rng.integers(8))] = rng.bytes(int(rng.integers(8)))
        else:  # a hole
            width = int(rng.integers(1, 2_000))
            out[at : at + width] = bytes(len(out[at : at + width]))
    if rng.random() < 0.4:
        del out[int(rng.integers(len(out))) :]
    return bytes(out)


def write_damaged(folder: Path, n: int, seed: int) -> list[Path]:
    """Write n damaged files, each format in turn."""
    originals = [(path.name, path.read_bytes()) for path in sound_files(folder)]
    paths = []
    for number in range(n):
        name, content = originals[number % len(originals)]
        paths.append(folder / f"{number:05}-{name}")
        paths[-1].write_bytes(damaged(content, np.random.default_rng([seed, number])))
    return paths


def read_all(paths: Sequence[str]) -> None:
    """Read files in this process and print a word on each; little memory, an alarm for each."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, resource.RLIM_INFINITY))
    for path in paths:
        signal.alarm(ALARM_S)  # nobody catches it: it ends the process
        try:
            samples = read_audio(path).signal
            word = "read" if np.isfinite(samples).all() else "FAULT: not finite"
        except AudioError as error:
            named = str(error).startswith(f"{path}: ")
            word = "refused" if named else f"FAULT: a sentence without the file: {error}"
        except Exception as error:
            word = f"FAULT: {type(error).__name__}: {error}"
        print(word.replace("\n", " "), flush=True)


def outcomes(paths: list[Path]) -> Iterator[tuple[Path, str]]:
    """Yield what each file gives; after a process that died, go on with another one."""
    start = 0
    while start < len(paths):
        left = [str(path) for path in paths[start:]]
        command = [sys.executable, __file__, "--read", *left]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        words = run.stdout.splitlines()[: len(left)]
        if len(words) < len(left):
            words.append(f"FAULT: the process ended with {run.returncode}: {run.stderr[-300:]}")
        yield from zip(paths[start:], words, strict=False)
        start += len(words)


def fuzz(n: int, *, seed: int = 0, keep: Path | None = None) -> collections.Counter[str]:
    """Read n damaged files, print a table by format, and count what came out."""
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    with tempfile.TemporaryDirectory() as folder:
        for path, word in outcomes(write_damaged(Path(folder), n, seed)):
            counts[path.name[6:]][word.split(":")[0]] += 1
            if word.startswith("FAULT"):
                print(path.name, word)
                if keep is not None:
                    keep.mkdir(parents=True, exist_ok=True)
                    (keep / path.name).write_bytes(path.read_bytes())
    kinds = ["read", "refused", "FAULT"]
    table = [[name, *(str(count[kind]) for kind in kinds)] for name, count in counts.items()]
    print_table(["damaged copies of", *kinds], table)
    return sum(counts.values(), collections.Counter())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="every tenth file of the folder")
    parser.add_argument("--fuzz", type=int, metavar="N", help="read N damaged files instead")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for damaged files that show a fault")
    parser.add_argument("--read", nargs="+", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.read:
        read_all(chosen.read)
        return 0
    if chosen.fuzz:
        return int(fuzz(chosen.fuzz, seed=chosen.seed, keep=chosen.keep)["FAULT"] > 0)
    return int(not print_folder(DATA / "robustness_audio", 10 if chosen.small else 1))


if __name__ == "__main__":
    sys.exit(main())
