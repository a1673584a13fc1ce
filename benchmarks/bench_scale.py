"""What a large extraction costs: cores, memory, disk, and what a second run costs.

    python benchmarks/bench_scale.py            # the tables of docs/scaling.md: some minutes
    python benchmarks/bench_scale.py --small    # rendered clips: seconds
    python benchmarks/bench_scale.py --only estimate --features music
    python benchmarks/bench_scale.py --only second_run --bad 1 SONG...

Times of the wall are of a machine that others may use: the speed-up of two workers is therefore
also given relative to two independent processes that do half of the work each, run in turn with it.
Songs are the excerpts and clips of ``$MER_DATA`` (default ``../shared/data``).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import psutil
import soundfile

from mer_sklearn import AudioFeatures, Clip, make_emotion_clips
from mer_sklearn.audio import Segment
from mer_sklearn.extraction.cache import FILE_NAME, open_cache
from mer_sklearn.extraction.engine import Part, iter_rows, map_rows
from mer_sklearn.extraction.tables import write_table
from mer_sklearn.features.family import column_names
from mer_sklearn.features.presets import preset
from mer_sklearn.features.rows import FamilyRows

DATA = Path(os.environ.get("MER_DATA", "../shared/data"))
SONG = 240.0  # seconds, of the songs in the estimate
MIB = 2**20
TICK = 0.01  # seconds; the time of a process is told in such steps

HALF = """
import sys, time
from mer_sklearn import AudioFeatures
features = AudioFeatures(sys.argv[1]).fit(sys.argv[2:])
features.transform(sys.argv[2:4])
print("ready", flush=True)
sys.stdin.readline()
features.transform(sys.argv[2:])
print("done", flush=True)
"""


@dataclass
class Bench:
    """What is measured with.

    Parameters
    ----------
    excerpts, songs : list of str
        Many short files, and some of a song's length and quality.
    folder : Path
        Where files may be written.
    repeats : int
        How often a time is taken.
    links : int
        How many files the measurement of the engine itself pretends to have.
    features : str
        Preset.
    n_bad : int
        How many files without audio stand among the others in `second_run`.
    """

    excerpts: list[str]
    songs: list[str]
    folder: Path
    repeats: int
    links: int
    features: str
    n_bad: int


def second_run(bench: Bench) -> Iterator[str]:
    """Yield how much faster unchanged files are, and what they take on disk.

    As `mer extract` does it: with a process that reads, and files that fail among the others.
    """
    cache, function = bench.folder / "second", FamilyRows(preset(bench.features))
    files = [*bench.excerpts, *without_audio(bench)]
    time.sleep(2.1)  # files that were just written are read twice

    def run() -> None:
        with open_cache(cache) as opened:
            map_rows(function, files, cache=opened, on_error="nan", timeout=600.0)

    map_rows(function, bench.excerpts[:1], timeout=600.0)  # starts the process
    walls, cores = zip(*(both_times(run) for _ in range(1 + bench.repeats)), strict=True)
    size = (cache / FILE_NAME).stat().st_size / len(bench.excerpts)
    yield (
        f"{len(bench.excerpts)} files, {bench.n_bad} more that fail, {n_columns(bench)} columns "
        f"({bench.features})"
    )
    for kind, spent in (("wall", walls), ("processor", cores)):
        again = max(statistics.median(spent[1:]), TICK)
        faster = f"{spent[0] / again:.0f} times faster"
        yield f"{kind}: first run {spent[0]:.2f} s, later {again:.3f} s: {faster}"
    begun = time.process_time()
    in_table = of_table(bench, cache) / 1024
    each = 1e3 * (time.process_time() - begun) / len(bench.excerpts)
    yield f"cache: {size / 1024:.2f} KiB a song; Parquet: {in_table:.2f} KiB, in {each:.2f} ms"


def without_audio(bench: Bench) -> list[str]:
    """Write files that are no audio: a text, and one that is cut off."""
    names = [bench.folder / f"bad-{number}.mp3" for number in range(bench.n_bad)]
    for number, name in enumerate(names):
        name.write_bytes(b"no audio" if number % 2 else Path(bench.excerpts[0]).read_bytes()[:300])
    return list(map(str, names))


def both_times(action: Callable[[], object]) -> tuple[float, float]:
    """Return what an action takes of the wall, and of the processor in this and its processes."""
    me = psutil.Process()

    def spent() -> float:
        return sum(sum(one.cpu_times()[:2]) for one in (me, *me.children(recursive=True)))

    begun, before = time.perf_counter(), spent()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        action()
    return time.perf_counter() - begun, spent() - before


def of_table(bench: Bench, cache: Path) -> float:
    """Return the bytes of a song's row in a table whose rows are all different."""
    written = bench.folder / "all.parquet"
    function = FamilyRows(preset(bench.features))
    with open_cache(cache) as opened:
        columns = column_names(function.families)
        write_table(written, function, bench.excerpts, columns=columns, cache=opened)
    return written.stat().st_size / len(bench.excerpts)


def speed_up(bench: Bench) -> Iterator[str]:
    """Yield how much faster two workers are than one, beside two processes of half the work."""
    songs = [
        str(shutil.copy(bench.songs[n % len(bench.songs)], bench.folder / f"{n}-of-40"))
        for n in range(40)
    ]
    alone = AudioFeatures(bench.features).fit(songs)
    both = AudioFeatures(bench.features, n_jobs=2).fit(songs)
    alone.transform(songs[:2])
    both.transform(songs[:4])  # the workers stay for the next call
    measured = []
    for _ in range(bench.repeats):
        one, two = seconds(lambda: alone.transform(songs)), seconds(lambda: both.transform(songs))
        halves = two_halves(bench.features, [songs[::2], songs[1::2]])
        measured.append((one / two, one / halves, halves / two))
        yield f"one {one:.2f} s, two {two:.2f} s, two halves {halves:.2f} s"
    two, possible, share = (statistics.median(column) for column in zip(*measured, strict=True))
    yield (
        f"40 songs, n_jobs=2: {two:.2f} times faster (best {max(m[0] for m in measured):.2f}); "
        f"two independent processes: {possible:.2f}; workers / independent: {share:.2f}"
    )


def balance(bench: Bench) -> Iterator[str]:
    """Yield the processor time of caller and workers, which does not depend on who else works."""
    songs = [bench.songs[n % len(bench.songs)] for n in range(40)]
    clips = [Segment(song, 0.001 * n) for n, song in enumerate(songs)]  # all different
    alone = AudioFeatures(bench.features).fit(clips)
    both = AudioFeatures(bench.features, n_jobs=2).fit(clips)
    alone.transform(clips[:2])
    both.transform(clips[:4])
    workers = [c for c in psutil.Process().children() if "popen_loky" in " ".join(c.cmdline())]
    before = [sum(worker.cpu_times()[:2]) for worker in workers]
    caller = cpu(lambda: both.transform(clips))
    spent = [
        sum(worker.cpu_times()[:2]) - start for worker, start in zip(workers, before, strict=True)
    ]
    shares = " + ".join(f"{share:.2f}" for share in sorted(spent, reverse=True)[:2])
    yield (
        f"40 songs, processor time: {cpu(lambda: alone.transform(clips)):.2f} s alone; "
        f"with two workers {shares} s in them and {caller:.2f} s in the caller"
    )


class Sleeping:
    """A row function that takes as long as a song does, but no core."""

    def __init__(self) -> None:
        self.parts = [Part("sleep", 1)]

    def __call__(self, clip, wanted):  # noqa: ARG002  # the form of a row function
        time.sleep(len(clip.signal) * 1e-4)
        return [np.zeros(1, np.float32)]


def idle_workers(bench: Bench) -> Iterator[str]:
    """Yield what two workers lose by waiting: 50 to 150 ms of sleep a clip, which need no core."""
    rng = np.random.default_rng(0)
    clips = [Clip(np.zeros(n, np.float32)) for n in rng.integers(500, 1_500, 40)]
    map_rows(Sleeping(), clips[:4], n_jobs=2)
    for _ in range(min(3, bench.repeats)):
        one = seconds(lambda: map_rows(Sleeping(), clips))
        two = seconds(lambda: map_rows(Sleeping(), clips, n_jobs=2))
        yield f"40 clips that sleep, n_jobs=2: {one / two:.2f} times faster"


def two_halves(features: str, halves: list[list[str]]) -> float:
    """Return how long two processes take that know nothing of each other, started together."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", HALF, features, *half],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for half in halves
    ]
    for process in running:
        process.stdout.readline()
    begun = time.perf_counter()
    for process in running:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in running:
        process.stdout.readline()
    spent = time.perf_counter() - begun
    for process in running:
        process.communicate()
    return spent


def memory(bench: Bench) -> Iterator[str]:
    """Yield what the calling process and a worker hold more than before, for few and many files."""
    for n_files in (bench.links // 10, bench.links):
        command = [sys.executable, __file__, "--only", "hold", "--links", str(n_files)]
        command += ["--features", bench.features, *bench.excerpts[:8]]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        yield run.stdout.strip()


def hold(bench: Bench) -> Iterator[str]:
    """Yield the peak of this process, and of its worker, over some thousand files."""
    names = linked(bench, bench.links, bench.excerpts)
    function = FamilyRows(preset(bench.features))
    options = {"columns": column_names(function.families), "n_jobs": 1, "timeout": 600.0}
    write_table(bench.folder / "warm.parquet", function, names[:8], **options)
    process = psutil.Process()
    (worker,) = (c for c in process.children() if "popen_loky" in " ".join(c.cmdline()))
    before = [process.memory_info().rss, worker.memory_info().rss]
    peak = list(before)
    write = write_table(
        bench.folder / "t.parquet", function, Watched(names, process, worker, peak), **options
    )
    grown = [(top - start) / MIB for top, start in zip(peak, before, strict=True)]
    yield (
        f"{write.n_rows} files: the caller grows by {grown[0]:.0f} MiB, "
        f"its worker by {grown[1]:.0f} MiB"
    )


class Watched(list):
    """A list of paths that looks at the memory now and then."""

    def __init__(self, names, process, worker, peak):
        super().__init__(names)
        self._look = (process, worker, peak)

    def __getitem__(self, place):
        process, worker, peak = self._look
        if isinstance(place, int) and not place % 100:
            peak[0] = max(peak[0], process.memory_info().rss)
            peak[1] = max(peak[1], worker.memory_info().rss)
        return super().__getitem__(place)


def engine(bench: Bench) -> Iterator[str]:
    """Yield what the engine itself costs the calling process, for each file."""
    names = linked(bench, bench.links, bench.excerpts)
    function = FamilyRows(preset(bench.features))
    time.sleep(2.1)
    with open_cache(bench.folder / "engine") as cache:
        seen = [cpu(lambda: drain(iter_rows(function, names, cache=cache))) for _ in range(3)]
    each = 1e3 * seen[1] / len(names)
    yield f"{len(names)} files that are known by their stamps: {each:.3f} ms a file"
    raw = os.urandom(2**26)
    digest = cpu(lambda: hashlib.sha256(raw).digest())
    yield f"SHA-256: {len(raw) / MIB / digest:.0f} MiB/s"
    yield f"a commit of 32 rows to the cache: {1e3 * a_commit(bench):.1f} ms of the wall"


def a_commit(bench: Bench) -> float:
    """Return how long the cache takes for what a worker or two bring at once, on average."""
    row, n_commits = np.zeros(n_columns(bench), np.float32), 200
    with open_cache(bench.folder / "commits") as cache:

        def put() -> None:
            for _ in range(n_commits):
                cache.put({os.urandom(32): row for _ in range(32)})

        return seconds(put) / n_commits


def start(bench: Bench) -> Iterator[str]:
    """Yield how long the first call with a process waits for it, and what another one costs."""
    function, clip = FamilyRows(preset(bench.features)), Clip(np.zeros(22_050, np.float32))
    first, again = (seconds(lambda: map_rows(function, [clip], timeout=60.0)) for _ in range(2))
    yield f"a clip of a second: {first:.2f} s with a new process, {again:.3f} s with one that waits"


def estimate(bench: Bench) -> Iterator[str]:
    """Yield core hours and disk of a hundred thousand and a million songs."""
    features = AudioFeatures(bench.features).fit(bench.songs)
    features.transform(bench.songs[:1])
    spent = min(cpu(lambda: features.transform(bench.songs)) for _ in range(bench.repeats))
    length = sum(soundfile.info(song).duration for song in bench.songs)
    a_song = spent / length * SONG
    cache = bench.folder / "estimate"
    AudioFeatures(bench.features, cache=cache).fit(bench.excerpts).transform(bench.excerpts)
    in_cache = (cache / FILE_NAME).stat().st_size / len(bench.excerpts) / 2**30
    in_table = of_table(bench, cache) / 2**30
    yield f"{a_song:.2f} core seconds a song of {SONG:.0f} s ({bench.features})"
    yield "| songs | core hours | cache (GiB) | table (GiB) |"
    yield "|---|---|---|---|"
    for n_songs in (100_000, 1_000_000):
        hours = n_songs * a_song / 3600
        disk = f"{n_songs * in_cache:.2f} | {n_songs * in_table:.2f}"
        yield f"| {n_songs} | {hours:.1f} | {disk} |"


def linked(bench: Bench, n_links: int, files: list[str]) -> list[str]:
    """Return many names of a few files."""
    folder = Path(tempfile.mkdtemp(dir=bench.folder))
    copies = [shutil.copy(file, folder) for file in dict.fromkeys(files)]
    names = [str(folder / f"link-{number}{Path(copies[0]).suffix}") for number in range(n_links)]
    for number, name in enumerate(names):
        os.link(copies[number % len(copies)], name)
    return names


def drain(rows: Iterator[object]) -> None:
    """Take all rows and keep none."""
    for _ in rows:
        pass


def seconds(action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def cpu(action: Callable[[], object]) -> float:
    begun = time.process_time()
    action()
    return time.process_time() - begun


def n_columns(bench: Bench) -> int:
    return len(column_names(preset(bench.features)))


def rendered(folder: Path) -> list[str]:
    """Write rendered clips of ten seconds."""
    files = []
    for number, clip in enumerate(make_emotion_clips(8, random_state=0, duration=10.0).X):
        files.append(str(folder / f"rendered-{number}.wav"))
        soundfile.write(files[-1], np.float32(clip.signal), clip.sr)
    return files


TOLD = (second_run, speed_up, balance, idle_workers, memory, engine, start, estimate)
SECTIONS = {f.__name__: f for f in (*TOLD, hold)}  # hold is what memory runs, in a process apart


def main() -> int:
    """Print what is measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", help="default: $MER_DATA/emotify")
    parser.add_argument("--small", action="store_true", help="rendered clips, once")
    parser.add_argument("--only", choices=SECTIONS, default=None)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--links", type=int, default=10_000)
    parser.add_argument("--features", default="plain", help="preset")
    parser.add_argument("--bad", type=int, default=0, help="files that fail, in second_run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        excerpts = options.files or sorted(map(str, DATA.glob("emotify/excerpts/*/*.mp3")))
        songs = options.files or sorted(map(str, DATA.glob("emotify/full/*/*.mp3")))
        if options.small or not excerpts:
            excerpts = songs = rendered(Path(folder))
        bench = Bench(
            excerpts,
            songs,
            Path(folder),
            repeats=1 if options.small else options.repeats,
            links=100 if options.small else options.links,
            features=options.features,
            n_bad=options.bad,
        )
        for section in [SECTIONS[options.only]] if options.only else TOLD:
            for line in section(bench):
                print(
                    f"{section.__name__}: {line}" if not line.startswith("|") else line, flush=True
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
