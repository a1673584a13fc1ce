"""The engine: order, workers, what the cache spares, what a bad file costs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import joblib
import numpy as np
import pytest
import soundfile

from mer_sklearn.audio import Clip, Segment, read_audio
from mer_sklearn.errors import AudioError, InputError, MerWarning
from mer_sklearn.extraction import contents, engine, workers
from mer_sklearn.extraction.cache import FILE_NAME, open_cache
from mer_sklearn.extraction.engine import Part, map_rows


class Moments:
    """A row function that leaves a mark in a folder whenever it runs: for which parts."""

    def __init__(self, log: Path, powers=(1, 2), version=1):
        self.log, self.powers = log, powers
        self.parts = [Part(f"moment {power}, version {version}", 2) for power in powers]

    def __call__(self, clip, wanted):
        signal = clip.signal  # first: a file that cannot be read leaves no mark
        mark = "".join(str(self.powers[i]) for i in wanted)
        descriptor, _ = tempfile.mkstemp(f"-{mark}", dir=self.log)
        os.close(descriptor)
        return [np.float32([np.mean(signal ** self.powers[i]), len(signal)]) for i in wanted]

    def ran(self) -> list[str]:
        """Return the marks and wipe them."""
        marks = sorted(path.name.rpartition("-")[2] for path in self.log.iterdir())
        for path in self.log.iterdir():
            path.unlink()
        return marks


class Wider(Moments):
    """The same keys, but longer parts."""

    def __init__(self, log):
        super().__init__(log)
        self.parts = [Part(part.key, 3) for part in self.parts]

    def __call__(self, clip, wanted):
        return [np.ones(3, np.float32) for _ in wanted]


class Broken:
    def __init__(self, name="broken"):
        self.parts = [Part(name, 1)]

    def __call__(self, clip, wanted):
        raise ZeroDivisionError("a bug of the family")


class Hungry(Broken):
    def __call__(self, clip, wanted):
        raise MemoryError


class Silent(Broken):
    def __call__(self, clip, wanted):
        raise AudioError


@pytest.fixture
def log(tmp_path):
    folder = tmp_path / "log"
    folder.mkdir()
    return folder


@pytest.fixture
def files(tmp_path, rng):
    """Five files of 1000 to 1400 samples."""
    paths = [tmp_path / f"{number}.wav" for number in range(5)]
    for number, path in enumerate(paths):
        samples = rng.uniform(-0.9, 0.9, 1_000 + 100 * number)
        soundfile.write(path, samples, 22_050, subtype="FLOAT")
    return paths


@pytest.fixture
def run(tmp_path):
    """Map a function over items with a cache."""

    def run(function, items, **options):
        with open_cache(tmp_path / "cache") as cache:
            return map_rows(function, items, cache=cache, **options)

    return run


LENGTHS = [1_000, 1_100, 1_200, 1_300, 1_400]


# ---- Rows ----


def test_rows_come_in_the_order_of_the_items(log, files):
    rows = map_rows(Moments(log), files[::-1])
    assert rows.values.dtype == np.float32
    assert rows.values[:, 1].tolist() == LENGTHS[::-1]
    np.testing.assert_allclose(rows.values[0, 0], read_audio(files[4]).signal.mean(), rtol=1e-5)
    assert rows.errors == {}


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_workers_give_the_same_rows(log, files, backend, monkeypatch):
    monkeypatch.setattr(engine, "BATCH_PER_WORKER", 1)
    monkeypatch.setattr(workers, "CHUNK", 1)  # several chunks of two
    alone = map_rows(Moments(log), files)
    with joblib.parallel_config(backend=backend, n_jobs=2):
        together = map_rows(Moments(log), files)
    np.testing.assert_array_equal(together.values, alone.values)
    assert Moments(log).ran() == ["12"] * 10


def test_segments_and_clips_are_items_too(log, files, run):
    clip = Clip(np.zeros(77, np.float32))
    items = [Segment(files[0], 0.01, 0.01), clip, str(files[1]), Segment(files[0], 0.02, 0.01)]
    first = run(Moments(log), items)
    assert first.values[:, 1].tolist() == [220, 77, 1_100, 220]
    assert first.values[0, 0] != first.values[3, 0]
    again = run(Moments(log), items)
    np.testing.assert_array_equal(again.values, first.values)


# ---- Cache ----


def test_a_cached_file_is_not_computed_again(log, files, run):
    function = Moments(log)
    first = run(function, files)
    assert function.ran() == ["12"] * 5
    np.testing.assert_array_equal(run(function, files[::-1]).values, first.values[::-1])
    assert function.ran() == []


def test_a_cached_file_is_not_decoded_again(log, files, run, monkeypatch):
    first = run(Moments(log), files)
    monkeypatch.setattr(workers, "open_audio", None)
    np.testing.assert_array_equal(run(Moments(log), files).values, first.values)


def test_cached_rows_equal_computed_ones(log, files, run):
    plain = map_rows(Moments(log), files).values
    np.testing.assert_array_equal(run(Moments(log), files).values, plain)
    np.testing.assert_array_equal(run(Moments(log), files).values, plain)


def test_only_new_files_are_computed(log, files, run):
    function = Moments(log)
    run(function, files[:3])
    function.ran()
    run(function, files)
    assert function.ran() == ["12"] * 2


def test_changed_bytes_are_computed_again(log, files, run):
    function = Moments(log)
    run(function, files)
    function.ran()
    soundfile.write(files[2], np.zeros(500), 22_050)
    assert run(function, files).values[:, 1].tolist() == [1_000, 1_100, 500, 1_300, 1_400]
    assert function.ran() == ["12"]


def test_a_part_of_another_version_is_computed_again(log, files, run):
    run(Moments(log), files)
    Moments(log).ran()
    function = Moments(log, version=2)
    run(function, files)
    assert function.ran() == ["12"] * 5


def test_a_part_of_another_width_is_not_mistaken(log, files, run):
    """A family that forgot to raise its version meets no row of another length."""
    run(Moments(log), files)
    np.testing.assert_array_equal(run(Wider(log), files).values, np.ones((5, 6)))


def test_parts_that_are_there_are_used(log, files, run):
    run(Moments(log, powers=(2,)), files)
    function = Moments(log, powers=(3, 2, 1))
    function.ran()
    rows = run(function, files)
    assert function.ran() == ["31"] * 5
    np.testing.assert_array_equal(rows.values, map_rows(function, files).values)


# ---- Files that change ----


@pytest.fixture
def settled(monkeypatch):
    """Stamps are trusted after a moment, not after two seconds."""
    monkeypatch.setattr(contents, "GRANULE_NS", 0)
    time.sleep(0.02)


def test_a_second_run_reads_no_file(log, files, settled, run, monkeypatch):
    first = run(Moments(log), files)
    monkeypatch.setattr(contents.hashlib, "file_digest", None)
    np.testing.assert_array_equal(run(Moments(log), files).values, first.values)


def test_a_file_that_is_written_again_at_once_gets_no_old_row(log, files, run):
    """Within the tick of the clock its size and times may be the same: it is read again."""
    for number in range(50):
        soundfile.write(files[0], np.full(1_000, number / 64), 22_050, subtype="FLOAT")
        assert run(Moments(log), files[:1]).values[0, 0] == number / 64


def test_segments_of_a_file_are_hashed_once(log, files, run, monkeypatch):
    hashed = []
    digest = contents.hashlib.file_digest
    monkeypatch.setattr(
        contents.hashlib, "file_digest", lambda *a: (hashed.append(1), digest(*a))[1]
    )
    run(Moments(log), [Segment(files[0], n / 1_000, 0.001) for n in range(30)])
    assert len(hashed) <= 1 + 30  # once, and again after each, as it was just written
    hashed.clear()
    monkeypatch.setattr(contents, "GRANULE_NS", 0)
    time.sleep(0.02)
    run(Moments(log), [Segment(files[1], n / 1_000, 0.001) for n in range(30)])
    assert len(hashed) == 1


class Meddling(Moments):
    """Does something to a file while it is being read."""

    def __init__(self, log, path, deed):
        super().__init__(log)
        self.path, self.deed = path, deed

    def __call__(self, clip, wanted):
        if len(clip.signal) == 1_100:
            self.deed(self.path)
        return super().__call__(clip, wanted)


def grow(path):
    with path.open("ab") as opened:
        opened.write(bytes(400))


def rewrite(path):
    """Write other samples, as many, and set the time back."""
    times = path.stat().st_mtime_ns
    soundfile.write(path, np.ones(1_100), 22_050, subtype="FLOAT")
    os.utime(path, ns=(times, times))


@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("deed", [grow, rewrite, Path.unlink], ids=["grow", "rewrite", "vanish"])
def test_a_file_that_changes_while_it_is_read_gives_no_row(log, files, run, deed, cached):
    function = Meddling(log, files[1], deed)
    with pytest.warns(MerWarning, match=r"1 of 5 .*1\.wav: changed while it was read"):
        (run if cached else map_rows)(function, files, on_error="nan")
    log_of_one = Moments(log)
    log_of_one.ran()
    if cached:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MerWarning)
            run(log_of_one, files, on_error="nan")
        assert log_of_one.ran() == ([] if deed is Path.unlink else ["12"])


def test_a_file_that_vanishes_before_its_turn_has_its_sentence(log, files, run):
    """The first file takes the second away."""

    class Taking(Moments):
        def __call__(self, clip, wanted):
            files[3].unlink(missing_ok=True)
            return super().__call__(clip, wanted)

    with pytest.raises(AudioError, match=r"3\.wav: does not exist"):
        run(Taking(log), files)


def test_a_name_that_is_no_utf8_is_a_name(log, files, tmp_path, run):
    odd = tmp_path / os.fsdecode(b"caf\xe9.wav")
    files[0].rename(odd)
    rows = run(Moments(log), [odd, files[1]])
    assert rows.values[:, 1].tolist() == [1_000, 1_100]


def test_a_bad_file_whose_name_is_no_utf8_has_its_sentence(log, files, tmp_path, run):
    odd = tmp_path / os.fsdecode(b"caf\xe9.wav")
    odd.write_bytes(b"")
    with pytest.warns(MerWarning, match="is empty"):
        rows = run(Moments(log), [odd, files[1]], on_error="nan")
    assert rows.failures[0].file.endswith("caf\\xe9.wav")
    assert rows.values[1, 1] == 1_100


# ---- What occurs twice ----


def test_what_occurs_twice_is_computed_once(log, files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    clip = Clip(np.zeros(9))
    items = [files[0], str(files[0]), "0.wav", Segment(files[0]), clip, files[1], "./0.wav", clip]
    rows = map_rows(Moments(log), items)
    assert Moments(log).ran() == ["12"] * 3
    assert rows.values[:, 1].tolist() == [1_000] * 4 + [9, 1_100, 1_000, 9]


def test_what_fails_twice_is_named_for_both(log, files, tmp_path):
    (tmp_path / "bad.wav").write_text("text")
    items = [tmp_path / "bad.wav", files[0], tmp_path / "bad.wav"]
    with pytest.warns(MerWarning, match="2 of 3 items"):
        rows = map_rows(Moments(log), items, on_error="nan")
    assert sorted(rows.failures) == [0, 2]


def test_clips_are_never_cached(log, run):
    function = Moments(log)
    for _ in range(2):
        run(function, [Clip(np.ones(5))])
    assert function.ran() == ["12", "12"]


def test_an_item_given_twice_gives_two_rows(log, files, run):
    rows = run(Moments(log), [files[0], files[1], files[0]])
    assert rows.values[:, 1].tolist() == [1_000, 1_100, 1_000]


def test_workers_and_cache_together(log, files, run):
    function = Moments(log)
    first = run(function, files, n_jobs=2)
    np.testing.assert_array_equal(run(function, files).values, first.values)
    assert function.ran() == ["12"] * 5


def test_a_cache_that_breaks_on_the_way_costs_no_rows(log, files, tmp_path):
    with open_cache(tmp_path) as cache:
        cache._connection.close()
        with pytest.warns(MerWarning, match="the cache fails"):
            rows = map_rows(Moments(log), files, cache=cache)
    assert rows.values[:, 1].tolist() == LENGTHS


KILLED = """
import os, signal, sys
import numpy as np
from mer_sklearn.extraction import contents, engine, workers
from mer_sklearn.extraction.cache import open_cache

class Slow:
    parts = [engine.Part("slow", 1)]
    seen = 0
    def __call__(self, clip, wanted):
        Slow.seen += 1
        if Slow.seen == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        return [np.float32([len(clip.signal)])]

engine.BATCH_PER_WORKER = 1  # rows are put away one by one
with open_cache(sys.argv[1]) as cache:
    engine.map_rows(Slow(), sys.argv[2:], cache=cache)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_run_loses_only_the_batch_in_flight(files, tmp_path, run):
    folder = tmp_path / "cache"
    command = [sys.executable, "-c", KILLED, str(folder), *map(str, files)]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL

    seen = []

    class Counting(Broken):
        def __call__(self, clip, wanted):
            seen.append(len(clip.signal))
            return [np.float32([len(clip.signal)])]

    rows = run(Counting("slow"), files)
    assert rows.values.ravel().tolist() == LENGTHS
    assert seen == LENGTHS[3:]


# ---- Items that fail ----


@pytest.fixture
def mixed(files, tmp_path):
    """Seven bad files among three good ones."""
    bad = [tmp_path / f"bad{number}.wav" for number in range(6)]
    for path in bad:
        path.write_text("text")
    return [files[0], *bad[:3], files[1], *bad[3:], tmp_path / "missing.wav", files[2]]


@pytest.mark.parametrize("options", [{}, {"n_jobs": 2}], ids=["alone", "workers"])
def test_bad_files_give_nan_and_one_warning_that_names_five(log, mixed, run, options):
    with pytest.warns(MerWarning) as caught:
        rows = run(Moments(log), mixed, on_error="nan", **options)
    assert len(caught) == 1
    sentence = str(caught[0].message)
    assert sentence.startswith("7 of 10 items gave no features: ")
    assert [n for n in range(6) if f"bad{n}.wav" in sentence] == [0, 1, 2, 3, 4]
    assert sentence.endswith("And 2 more.")
    assert ".," not in sentence
    good = np.isfinite(rows.values).all(axis=1)
    assert np.flatnonzero(good).tolist() == [0, 4, 9]
    assert np.isnan(rows.values[~good]).all()
    assert rows.values[good, 1].tolist() == LENGTHS[:3]
    assert sorted(rows.errors) == [1, 2, 3, 5, 6, 7, 8]
    assert "missing.wav: does not exist" in rows.errors[8]


def test_a_file_that_failed_is_tried_again(log, files, run):
    content = files[1].read_bytes()
    files[1].write_text("half an upload")
    with pytest.warns(MerWarning, match="1 of 5"):
        run(Moments(log), files, on_error="nan")
    files[1].write_bytes(content)
    assert run(Moments(log), files).values[:, 1].tolist() == LENGTHS


@pytest.fixture
def refused(files, tmp_path):
    """A file that is no audio, among good ones that were written a while ago."""
    bad = tmp_path / "bad.wav"
    bad.write_text("text")
    return [files[0], bad, files[1]]


@pytest.fixture
def tried(monkeypatch):
    """The names of the files that somebody tried to read."""
    names = []
    real = workers.open_audio
    monkeypatch.setattr(workers, "open_audio", lambda i: (names.append(Path(i).name), real(i))[1])
    return names


def quietly(run, *arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MerWarning)
        return run(*arguments, on_error="nan", **options)


def test_what_is_not_there_or_empty_costs_no_process(log, tmp_path, monkeypatch):
    monkeypatch.setattr(workers._Process, "start", None)
    (tmp_path / "empty.wav").touch()
    items = [tmp_path / "empty.wav", tmp_path / "gone.wav", tmp_path, tmp_path / "gone.wav"]
    rows = quietly(map_rows, Moments(log), items, timeout=60.0)
    reasons = [rows.failures[place].reason for place in range(4)]
    assert reasons == ["is empty", "does not exist", "is a folder", "does not exist"]


def test_a_bad_file_is_tried_once(log, refused, settled, run, tried):
    first = quietly(run, Moments(log), refused)
    assert tried == ["0.wav", "bad.wav", "1.wav"]
    tried.clear()
    again = quietly(run, Moments(log), refused)
    assert tried == []
    assert again.errors == first.errors
    assert list(again.errors) == [1]
    np.testing.assert_array_equal(again.values, first.values)
    with pytest.raises(AudioError, match=r"bad\.wav: cannot be read"):
        run(Moments(log), refused)
    assert tried == []


def test_a_remembered_failure_has_the_name_of_its_file(log, refused, settled, run, tried):
    quietly(run, Moments(log), refused)
    tried.clear()
    other = refused[1].rename(refused[1].with_name("other.wav"))
    rows = quietly(run, Moments(log), [other])
    assert rows.errors[0].startswith(f"{other}: cannot be read")
    assert tried == []


@pytest.mark.parametrize("change", ["decoders", "time", "features", "bytes"])
def test_what_may_be_read_otherwise_is_tried_again(
    log, refused, settled, run, tried, monkeypatch, change
):
    quietly(run, Moments(log), refused)
    tried.clear()
    options = {"timeout": 60.0} if change == "time" else {}
    function = Moments(log, version=2 if change == "features" else 1)
    if change == "decoders":
        monkeypatch.setattr(engine, "decoders", lambda: "another library")
    if change == "bytes":
        refused[1].write_text("another text")
    monkeypatch.setattr(workers, "Processes", lambda count, timeout: workers.Here())
    quietly(run, function, refused, **options)
    assert "bad.wav" in tried


def test_rehash_tries_again(log, refused, settled, tmp_path, run, tried):
    quietly(run, Moments(log), refused)
    tried.clear()
    with open_cache(tmp_path / "cache", rehash=True) as cache:
        quietly(map_rows, Moments(log), refused, cache=cache)
    assert tried == ["bad.wav"]


def test_a_try_that_works_is_what_counts(log, files, settled, tmp_path, run, monkeypatch):
    def refuse(item):
        msg = f"{item}: cannot be read. Leave it out."
        raise AudioError(msg)

    with monkeypatch.context() as patch:
        patch.setattr(workers, "open_audio", refuse)
        quietly(run, Moments(log), files)
    with open_cache(tmp_path / "cache", rehash=True) as cache:
        map_rows(Moments(log), files, cache=cache)
    assert run(Moments(log), files).values[:, 1].tolist() == LENGTHS


@pytest.mark.parametrize("function", [Hungry(), Broken()], ids=["memory", "family"])
def test_what_says_nothing_of_the_file_is_not_remembered(files, settled, run, tried, function):
    for _ in range(2):
        quietly(run, function, files[:1])
    assert tried == ["0.wav", "0.wav"]


def test_a_disk_that_fails_is_not_remembered(log, files, settled, run, tried, monkeypatch):
    class Failing(Moments):
        def __call__(self, clip, wanted):
            try:
                raise OSError(5, "Input/output error")
            except OSError as error:
                msg = f"{files[0]}: cannot be read as audio (Input/output error). Try again."
                raise AudioError(msg) from error

    for _ in range(2):
        assert list(quietly(run, Failing(log), files[:1]).errors) == [0]
    assert tried == ["0.wav", "0.wav"]


def test_a_bad_file_stops_the_work_and_is_named(log, mixed):
    there = [path for path in mixed if path.name != "missing.wav"]
    with pytest.raises(AudioError, match=r"bad0\.wav: cannot be read.*And 1 more"):
        map_rows(Moments(log), there)


def test_files_that_are_not_there_are_named_before_the_work(log, files, tmp_path):
    gone = [tmp_path / f"gone{number}.wav" for number in range(7)]
    with pytest.raises(AudioError, match=r"gone0\.wav: does not exist.*And 2 more"):
        map_rows(Moments(log), [*files, *gone])
    assert Moments(log).ran() == []


def test_rows_computed_before_a_bad_file_are_kept(log, files, mixed, run):
    with pytest.raises(AudioError):
        run(Moments(log), [path for path in mixed if path.name != "missing.wav"])
    Moments(log).ran()
    run(Moments(log), files[:3])
    assert Moments(log).ran() == []


@pytest.mark.parametrize("on_error", ["skip", "", None, True])
def test_nonsense_is_refused_before_the_work(log, files, on_error):
    with pytest.raises(InputError, match=r'on_error=.* must be "raise" or "nan"'):
        map_rows(Moments(log), files, on_error=on_error)
    assert Moments(log).ran() == []


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_bug_keeps_its_own_name_and_names_the_file(files, n_jobs):
    with pytest.raises(ZeroDivisionError, match="a bug of the family") as caught:
        map_rows(Broken(), files, n_jobs=n_jobs)
    (note,) = caught.value.__notes__
    assert any(str(path) in note for path in files)  # of two workers, either may be first


def test_a_file_too_large_for_the_memory_is_named(files):
    with pytest.raises(AudioError, match=r"0\.wav: does not fit into memory"):
        map_rows(Hungry(), [Segment(files[0])])


def test_an_error_without_words_is_still_an_error(files, run):
    with pytest.warns(MerWarning, match="1 of 1"):
        assert run(Silent(), files[:1], on_error="nan").errors == {0: ""}


# ---- Progress ----


def test_nothing_is_printed_where_nobody_waits(log, files, capfd):
    map_rows(Moments(log), files)
    assert capfd.readouterr() == ("", "")


def test_no_file_is_left_beside_the_audio(log, files, run):
    before = {path: path.stat().st_mtime_ns for path in files}
    run(Moments(log), files)
    assert {path: path.stat().st_mtime_ns for path in files[0].parent.glob("*.wav")} == before
    assert [p.name for p in (files[0].parent / "cache").iterdir()] == [FILE_NAME]
