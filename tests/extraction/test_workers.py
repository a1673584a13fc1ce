"""Workers: a crash or a file without end costs this file; nobody waits in vain; nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import joblib
import numpy as np
import psutil
import pytest
import soundfile

from mer_sklearn.audio import Clip
from mer_sklearn.errors import InputError, MerWarning
from mer_sklearn.extraction import contents, engine, workers
from mer_sklearn.extraction.cache import open_cache
from mer_sklearn.extraction.engine import Part, iter_rows, map_rows
from mer_sklearn.extraction.workers import Here, Processes, choose_workers

CRASH, HANG, FLAW, ONCE = 1_001, 1_003, 1_004, 1_005  # lengths of files, in samples


class Fragile:
    """A row function that does what a decoder may do, at certain lengths."""

    def __init__(self, *bad, mark=None):
        self.parts = [Part("length", 1)]
        self.bad, self.mark = bad, mark

    def __call__(self, clip, wanted):
        n_samples = len(clip.signal)
        if n_samples in self.bad:
            self.misbehave(n_samples)
        return [np.float32([n_samples])]

    def misbehave(self, n_samples):
        if n_samples == CRASH:
            os.kill(os.getpid(), signal.SIGSEGV)
        elif n_samples == HANG:
            time.sleep(1_000)
        elif n_samples == FLAW:
            raise ZeroDivisionError("a bug of the family")
        elif n_samples == ONCE and not self.mark.exists():
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)


class Pid(Fragile):
    """Says which process computes, and with how many threads."""

    def __call__(self, clip, wanted):
        return [np.float32([os.getpid() % 2**20])]


class Holding(Fragile):
    """Counts the files that are held at once, by all workers."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def __call__(self, clip, wanted):
        mine = self.folder / str(len(clip.signal))
        mine.touch()
        n_held = len(list(self.folder.iterdir()))
        time.sleep(0.01)
        mine.unlink()
        return [np.float32([n_held])]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Twenty files of 1000 to 1019 samples."""
    folder = tmp_path_factory.mktemp("files")
    paths = [folder / f"{number:02}.wav" for number in range(20)]
    for number, path in enumerate(paths):
        soundfile.write(path, np.zeros(1_000 + number), 22_050)
    return paths


def rows_but(n_rows, *lengths):
    """Return the lengths of the files, NaN for some."""
    return [np.nan if 1_000 + n in lengths else 1_000 + n for n in range(n_rows)]


# ---- Crashes and files without end ----


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_crash_and_a_hang_take_one_file_each(files, n_jobs):
    with pytest.warns(MerWarning, match="3 of 20"):
        rows = map_rows(
            Fragile(CRASH, HANG, FLAW), files, n_jobs=n_jobs, timeout=0.5, on_error="nan"
        )
    np.testing.assert_array_equal(rows.values.ravel(), rows_but(20, CRASH, HANG, FLAW))
    assert rows.failures[1].reason == "crashes the process that reads it (SIGSEGV)"
    assert rows.failures[3].reason == "takes longer than 0.5 s"
    assert "--timeout" in rows.failures[3].remedy
    assert rows.failures[4].reason == "its features fail (ZeroDivisionError: a bug of the family)"
    assert all(failure.remedy for failure in rows.failures.values())


@pytest.mark.parametrize(("bad", "timeout"), [(CRASH, 60.0), (HANG, 0.3)])
def test_a_crash_and_a_hang_cost_their_time_once(files, tmp_path, monkeypatch, bad, timeout):
    monkeypatch.setattr(contents, "GRANULE_NS", 0)
    monkeypatch.setattr(workers, "GRACE", 0.0)
    started = []
    start = workers._Process.start
    monkeypatch.setattr(
        workers._Process, "start", lambda *a: (started.append(a[2].item), start(*a))[1]
    )
    for seconds, n_tries in [(timeout, 1), (timeout, 0), (2 * timeout, 1)]:
        started.clear()
        with open_cache(tmp_path) as cache, pytest.warns(MerWarning, match="1 of 5"):
            map_rows(Fragile(bad), files[:5], cache=cache, on_error="nan", timeout=seconds)
        assert len({item for item in started if int(item.stem) == bad - 1_000}) == n_tries


def test_who_is_killed_by_others_is_tried_again(files, tmp_path):
    class Killed(Fragile):
        def __call__(self, clip, wanted):
            os.kill(os.getpid(), signal.SIGKILL)

    for _ in range(2):
        with open_cache(tmp_path) as cache:
            with pytest.warns(MerWarning, match="1 of 1"):
                map_rows(Killed(), files[:1], cache=cache, on_error="nan", timeout=60.0)
            assert cache.info().n_failures == 0


def test_a_worker_that_somebody_killed_costs_nothing(files, tmp_path):
    rows = map_rows(Fragile(ONCE, mark=tmp_path / "mark"), files, n_jobs=2)
    assert (tmp_path / "mark").exists()
    assert rows.values.ravel().tolist() == rows_but(20)


def test_a_worker_killed_while_idle_is_replaced(files):
    map_rows(Fragile(), files, n_jobs=2)
    for child in psutil.Process().children():
        if "popen_loky" in " ".join(child.cmdline()):
            child.kill()
            child.wait()
    assert map_rows(Fragile(), files, n_jobs=2).values.ravel().tolist() == rows_but(20)


def test_the_pages_of_a_crash_are_not_shown(files, capfd):
    with pytest.warns(MerWarning, match="1 of 2"):
        map_rows(Fragile(CRASH), files[:2], n_jobs=2, on_error="nan")
    assert capfd.readouterr().err == ""


def test_the_start_of_a_worker_does_not_count(files, monkeypatch):
    """What it imports takes longer than a file may."""
    monkeypatch.setattr(workers, "_SPARE", [])

    class Importing(Fragile):
        def __call__(self, clip, wanted):
            if len(clip.signal) == 1_000:
                time.sleep(0.5)
            return super().__call__(clip, wanted)

    rows = map_rows(Importing(), files[:3], timeout=0.2)
    assert rows.values.ravel().tolist() == rows_but(3)


def is_own():
    """Tell whether this is one of our own processes, not one of multiprocessing's."""
    return "loky" in " ".join(psutil.Process().cmdline())


def test_a_backend_that_breaks_is_helped_out(files):
    parent = os.getpid()

    class Breaking(Fragile):
        def __call__(self, clip, wanted):
            if len(clip.signal) == CRASH and os.getppid() == parent and not is_own():
                msg = "the pool is gone"
                raise EOFError(msg)
            return super().__call__(clip, wanted)

    with joblib.parallel_config(backend="multiprocessing", n_jobs=2):
        assert isinstance(choose_workers(None), workers.Backend)
        rows = map_rows(Breaking(), files)
    assert rows.values.ravel().tolist() == rows_but(20)


def test_an_error_of_a_thread_is_raised(files):
    with (
        joblib.parallel_config(backend="threading", n_jobs=2),
        pytest.raises(ZeroDivisionError, match="a bug of the family"),
    ):
        map_rows(Fragile(FLAW), files)


def test_threads_cannot_be_stopped(files):
    with (
        joblib.parallel_config(backend="threading", n_jobs=2),
        pytest.raises(InputError, match="timeout needs processes"),
    ):
        map_rows(Fragile(), files, timeout=5)


@pytest.mark.parametrize("timeout", [0, -1, "5", float("nan")])
def test_a_timeout_is_a_time(files, timeout):
    with pytest.raises(InputError, match=r"timeout=.*must be seconds above 0"):
        map_rows(Fragile(), files, timeout=timeout)


# ---- Who works ----


def test_one_job_is_this_process_and_a_timeout_makes_it_another(files):
    here = os.getpid() % 2**20
    assert map_rows(Pid(), files[:3]).values.ravel().tolist() == [here] * 3
    there = map_rows(Pid(), files[:3], timeout=5).values.ravel()
    assert here not in there
    assert len(set(there)) == 1


def test_two_jobs_are_two_processes_which_stay(files):
    first = map_rows(Pid(), files, n_jobs=2).values.ravel()
    assert len(set(first)) == 2
    assert set(map_rows(Pid(), files, n_jobs=2).values.ravel()) == set(first)


@pytest.mark.parametrize(
    ("n_jobs", "timeout", "kind"), [(None, None, Here), (1, 5.0, Processes), (2, None, Processes)]
)
def test_the_choice_of_workers(n_jobs, timeout, kind):
    assert isinstance(choose_workers(n_jobs, timeout), kind)


def test_each_worker_holds_one_file(files, tmp_path):
    rows = map_rows(Holding(tmp_path), files, n_jobs=2)
    assert rows.values.max() <= 2
    rows = map_rows(Holding(tmp_path), files)
    assert rows.values.max() == 1


def test_only_a_few_items_are_drawn_ahead():
    """A thousand clips are not decoded, pickled or held before somebody asks for their rows."""
    drawn = []

    def clips():
        for number in range(1_000):
            drawn.append(number)
            yield workers.Task(Clip(np.zeros(1_000 + number)), [0])

    answers = Processes(2).run(workers.Job(Fragile(), tolerant=False), clips())
    for _ in range(10):
        next(answers)
    assert len(drawn) <= 10 + 2 + 2 + 2
    answers.close()


def test_a_process_that_is_ended_at_once_says_nothing():
    """Its manager, a thread, must not fail over a task that it has not yet passed on."""
    for _ in range(10):
        process = workers._Process()
        process.start(
            workers.Job(Fragile(), tolerant=False), workers.Task(Clip(np.zeros(1_000)), [0])
        )
        process.kill()


def test_a_slow_file_keeps_nobody_waiting(tmp_path):
    """While one worker sleeps the other does all the rest: there is no batch to wait for."""

    class Slow(Fragile):
        def __call__(self, clip, wanted):
            if len(clip.signal) == 1_000:
                time.sleep(0.5)
            return [np.float32([os.getpid() % 2**20])]

    clips = [Clip(np.zeros(1_000 + number)) for number in range(100)]
    map_rows(Slow(), clips[1:5], n_jobs=2)  # starts them
    by = map_rows(Slow(), clips, n_jobs=2).values.ravel()
    assert (by == by[0]).sum() < 20


# ---- Progress and the end ----


def test_rows_come_before_all_are_done(files):
    rows = iter_rows(Fragile(HANG), files, n_jobs=2, timeout=600.0)
    first = [next(rows).place for _ in range(10)]
    assert 3 not in first
    begun = time.monotonic()
    rows.close()
    assert time.monotonic() - begun < 5


class Terminal:
    """A stderr that takes itself for a terminal."""

    encoding = "utf-8"

    def __init__(self):
        self.text = ""

    def isatty(self):
        return True

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def test_the_bar_tells_rate_errors_and_time_left(files, monkeypatch):
    class Slow(Fragile):
        def __call__(self, clip, wanted):
            time.sleep(0.02)
            return super().__call__(clip, wanted)

    terminal = Terminal()
    monkeypatch.setattr(engine.sys, "stderr", terminal)
    monkeypatch.setattr(engine, "DELAY", 0.0)
    with pytest.warns(MerWarning, match="1 of 20"):
        map_rows(Slow(FLAW), files, on_error="nan")
    assert "1 failed" in terminal.text
    assert "file/s" in terminal.text


INTERRUPTED = """
import os, signal, sys, time
import numpy as np
from mer_sklearn.extraction.cache import open_cache
from mer_sklearn.extraction.engine import Part, map_rows

class Slow:
    parts = [Part("length", 1)]
    def __call__(self, clip, wanted):
        if len(clip.signal) > 1_005:
            os.write(1, b"slow\\n")  # at once, as two processes write
            time.sleep(1_000)
        return [np.float32([len(clip.signal)])]

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job's shell ignores it
    with open_cache(sys.argv[1]) as cache:
        map_rows(Slow(), sys.argv[3:], cache=cache, n_jobs=int(sys.argv[2]), timeout=900)
"""


def alive(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs signals")
@pytest.mark.parametrize(
    ("signal_", "n_jobs"),
    [("SIGINT", 1), ("SIGINT", 2), ("SIGKILL", 2)],
)
def test_a_stopped_run_leaves_its_rows_and_no_processes(files, tmp_path, signal_, n_jobs):
    script = tmp_path / "run.py"
    script.write_text(INTERRUPTED)
    command = [sys.executable, str(script), str(tmp_path), str(n_jobs), *map(str, files)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        for _ in range(n_jobs):
            assert process.stdout.readline() == "slow\n"
        children = psutil.Process(process.pid).children(recursive=True)
        begun = time.monotonic()
        if signal_ == "SIGINT":  # as a terminal does it: to all processes of the group
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.kill()
        process.wait(10)
        assert time.monotonic() - begun < 5
        _, still = psutil.wait_procs(children, timeout=15)
        assert not [child for child in still if alive(child)]
        err = process.stderr.read()
    if signal_ == "SIGINT":
        assert err.count("Traceback") == 1  # ours; the workers say nothing
        assert err.endswith("KeyboardInterrupt\n")
        with open_cache(tmp_path) as cache:
            assert cache.info().n_rows >= 6
