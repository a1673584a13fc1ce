"""A real Dask cluster of two worker processes: the same rows, and a worker that dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import warnings

import joblib
import numpy as np
import pytest
import soundfile

from mer_sklearn.extraction.workers import Cluster, choose_workers

pytest.importorskip("distributed")

# Its threads and sockets are closed when they are collected, not when they should.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

CLUSTER = """
import sys
import dask
from distributed import LocalCluster

if __name__ == "__main__":
    dask.config.set({"distributed.scheduler.allowed-failures": 0})
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A cluster in a process of its own."""
    script = tmp_path_factory.mktemp("cluster") / "cluster.py"
    script.write_text(CLUSTER)
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        yield process.stdout.readline().strip()
        process.stdin.close()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture
def cluster(address):
    from distributed import Client

    with Client(address) as client, joblib.parallel_config(backend="dask"):
        client.wait_for_workers(2)
        yield client


@pytest.fixture
def files(tmp_path):
    """Twenty files of 1000 to 1019 samples."""
    paths = [str(tmp_path / f"{number:02}.wav") for number in range(20)]
    for number, path in enumerate(paths):
        soundfile.write(path, np.zeros(1_000 + number), 22_050)
    return paths


def make_function(mark, kills):
    """Return a row function that the cluster's processes can build without this module."""
    from mer_sklearn.extraction.engine import Part

    class Numbers:
        parts = (Part("number", 1),)

        def __call__(self, clip, wanted):
            time.sleep(0.05)
            n_samples = len(clip.signal)
            if n_samples == 1_007 and kills == "always":
                os.kill(os.getpid(), signal.SIGKILL)
            if n_samples == 1_009 and kills == "hangs":
                time.sleep(1_000)
            return [np.float32([n_samples])]

    return Numbers()


def lengths(*missing):
    return [np.nan if number in missing else 1_000 + number for number in range(20)]


def test_the_client_of_joblibs_backend_is_used(cluster):
    chosen = choose_workers(None)
    assert isinstance(chosen, Cluster)
    assert chosen.count == 2


def test_a_worker_that_is_killed_costs_its_batch_not_the_run(cluster, files, tmp_path):
    """Somebody kills one of the two in the middle; its files are done by others."""
    from mer_sklearn.extraction.engine import iter_rows

    victim = next(iter(cluster.run(os.getpid).values()))
    rows = iter_rows(make_function(tmp_path, None), files)
    found = [next(rows) for _ in range(3)]
    os.kill(victim, signal.SIGKILL)
    found += rows
    assert sorted(one.row[0] for one in found) == lengths()


@pytest.mark.parametrize(("kills", "place"), [("always", 7), ("hangs", 9)])
def test_a_file_that_ends_every_worker_takes_itself_only(
    cluster, files, tmp_path, kills, place, monkeypatch
):
    from mer_sklearn.extraction import workers
    from mer_sklearn.extraction.engine import map_rows

    monkeypatch.setattr(workers, "GRACE", 0.0)
    timeout = 1.0 if kills == "hangs" else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = map_rows(make_function(tmp_path, kills), files, on_error="nan", timeout=timeout)
    np.testing.assert_array_equal(rows.values.ravel(), lengths(place))
    reason = "takes longer than 1 s" if kills == "hangs" else "crashes the process that reads it"
    assert rows.failures[place].reason.startswith(reason)


def test_the_command_takes_the_address_and_gives_the_same_table(address, wav_files, tmp_path):
    import pandas as pd

    from mer_sklearn.cli import main

    words = ["extract", *wav_files[:4], "-f", "mfcc40-mean", "--no-cache"]
    assert main([*words, "--dask", address, "-o", str(tmp_path / "cluster.parquet")]) == 0
    assert main([*words, "-o", str(tmp_path / "here.parquet"), "--timeout", "0"]) == 0
    ours, theirs = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("cluster", "here"))
    pd.testing.assert_frame_equal(ours, theirs, check_exact=True)


def test_an_address_where_nobody_is(files, tmp_path, capsys, monkeypatch):
    from mer_sklearn.cli import extract, main

    monkeypatch.setattr(sys.modules[extract.callback.__module__], "ANSWER", 0.5)
    words = ["extract", *files, "--dask", "tcp://127.0.0.1:1", "-o", str(tmp_path / "a.csv")]
    assert main(words) == 1
    assert "no Dask scheduler answers" in capsys.readouterr().err


# ---- A cluster that is gone, or has nobody ----


@pytest.fixture
def start(tmp_path):
    """Start clusters, which may be killed."""
    started = []

    def start(n_workers):
        script = tmp_path / "cluster.py"
        script.write_text(CLUSTER.replace("n_workers=2", f"n_workers={n_workers}"))
        process = subprocess.Popen(
            [sys.executable, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        started.append(process)
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.communicate()


SLOW = """
import sys, time
from mer_sklearn.cli import main
from mer_sklearn.extraction import workers
from mer_sklearn.cli.extract import extract
sys.modules[extract.callback.__module__].ANSWER = 2.0
guarded = workers._guarded

def slow(*arguments):
    import time
    time.sleep(0.3)
    print("busy", flush=True)
    return guarded(*arguments)

workers._guarded = slow
real = workers.Cluster._next
def told(self, ended):
    found = real(self, ended)
    print("ended", flush=True)
    return found
workers.Cluster._next = told
sys.exit(main(sys.argv[1:]))
"""


def test_the_end_of_the_scheduler_is_one_sentence(start, wav_files, tmp_path):
    process, address = start(1)
    words = ["extract", *wav_files, "-f", "mfcc40-mean", "--cache", str(tmp_path / "cache")]
    words += ["--dask", address, "-o", str(tmp_path / "t.parquet")]
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout.readline() == "ended\n"
        process.kill()
        said = run.communicate(timeout=30)[1]
    assert run.returncode == 1
    assert "mer: The Dask scheduler is gone. Start it again and repeat the call" in said
    assert "error of mer itself" not in said
    assert "Traceback" not in said


def test_a_cluster_without_workers_is_one_sentence(start, files):
    from distributed import Client

    from mer_sklearn.errors import MerError

    _, address = start(0)
    with (
        Client(address),
        joblib.parallel_config(backend="dask", wait_for_workers_timeout=0.5),
        pytest.raises(MerError, match=r"no workers\. Start some"),
    ):
        choose_workers(None)
