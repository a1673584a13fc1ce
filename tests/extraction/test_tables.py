"""Tables: written as they come, resumed to the same values, whole or not there."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import soundfile

from mer_sklearn.audio import Clip, Segment
from mer_sklearn.errors import ArtifactError, AudioError, InputError, MerWarning
from mer_sklearn.extraction import tables, workers
from mer_sklearn.extraction.cache import open_cache
from mer_sklearn.extraction.engine import Part
from mer_sklearn.extraction.tables import unfinished, write_table

COLUMNS = ["length", "root", "inverse"]


class Numbers:
    """Three numbers that need all digits of a float32; stops at a certain length."""

    def __init__(self, stop=None):
        self.parts = [Part("numbers", 3)]
        self.stop = stop
        self.seen = []

    def __call__(self, clip, wanted):
        n_samples = len(clip.signal)
        self.seen.append(n_samples)
        if n_samples == self.stop:
            raise KeyboardInterrupt
        return [np.float32([n_samples, np.sqrt(n_samples), 1 / n_samples])]


@pytest.fixture
def files(tmp_path):
    """Ten files of 1000 to 1009 samples; the fourth is none."""
    paths = [str(tmp_path / f"{number}.wav") for number in range(10)]
    for number, path in enumerate(paths):
        soundfile.write(path, np.zeros(1_000 + number), 22_050)
    (tmp_path / "3.wav").write_text("text")
    return paths


@pytest.fixture
def write(tmp_path):
    """Write a table of parts of three rows."""

    def write(items, name="t.parquet", function=None, **options):
        options = {"columns": COLUMNS, "rows_per_part": 3, "on_error": "skip", **options}
        return write_table(tmp_path / name, function or Numbers(), items, **options)

    return write


def interrupted(write, *arguments, **options):
    with pytest.raises(KeyboardInterrupt):
        write(*arguments, **options)


def left(folder):
    """Return what is there beside the audio."""
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".wav")


# ---- What is written ----


def test_a_table_is_one_file(files, tmp_path, write):
    summary = write(files)
    table = pd.read_parquet(tmp_path / "t.parquet")
    assert list(table) == ["file", *COLUMNS]
    assert table["file"].tolist() == files[:3] + files[4:]
    assert table["length"].tolist() == [1_000, 1_001, 1_002, *range(1_004, 1_010)]
    assert table["inverse"].dtype == np.float32
    assert left(tmp_path) == ["t.parquet"]
    assert (summary.n_items, summary.n_rows, summary.n_columns) == (10, 9, 4)
    assert (summary.n_computed, summary.n_cached, summary.n_resumed) == (9, 0, 0)
    assert (summary.n_repeated, summary.n_failed) == (0, 1)
    assert [failure.file for failure in summary.failures] == [files[3]]


def test_a_folder_holds_its_parts(files, tmp_path, write):
    write(files, "folder", as_folder=True)
    parts = sorted(path.name for path in (tmp_path / "folder").glob("*.parquet"))
    assert parts == [f"part-0000{number}.parquet" for number in range(4)]
    write(files)
    whole = pd.read_parquet(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "folder"), whole)
    assert left(tmp_path) == ["folder", "t.parquet"]


def test_csv_is_what_pandas_writes(files, tmp_path, write):
    write(files, "t.csv")
    write(files)
    whole = pd.read_parquet(tmp_path / "t.parquet")
    assert (tmp_path / "t.csv").read_text() == whole.to_csv(index=False)


def test_bad_rows_may_stay_as_nan(files, tmp_path, write):
    write(files, on_error="nan")
    table = pd.read_parquet(tmp_path / "t.parquet")
    assert table["file"].tolist() == files
    assert np.flatnonzero(table["length"].isna()).tolist() == [3]


def test_a_bad_file_stops_it_and_leaves_nothing(files, tmp_path, write):
    with pytest.raises(AudioError, match=r"3\.wav"):
        write(files, rows_per_part=100, on_error="raise")
    assert left(tmp_path) == []


def test_known_columns_keep_their_types(files, tmp_path, write):
    known = pd.DataFrame(
        {
            "artist": [None] * 5 + list("abcde"),  # the first part knows none
            "valence": np.linspace(-1, 1, 10),
            "kind": pd.Categorical(list("xyxyxyxyxy")),
        }
    )
    write(files, known=known)
    table = pd.read_parquet(tmp_path / "t.parquet")
    assert list(table) == ["file", *known, *COLUMNS]
    expected = known.drop(index=3).reset_index(drop=True)
    pd.testing.assert_frame_equal(table[list(known)], expected, check_dtype=False)
    assert table["kind"].dtype == "category"


def test_no_row_at_all_is_a_table_too(files, tmp_path, write):
    summary = write(files[3:4])
    assert summary.n_rows == 0
    assert pd.read_parquet(tmp_path / "t.parquet").shape == (0, 4)


def test_no_item_is_refused(write):
    with pytest.raises(InputError, match="0 items"):
        write([])


def test_segments_clips_and_odd_names(files, tmp_path, write):
    odd = str(tmp_path / os.fsdecode(b"caf\xe9.wav"))
    items = [Segment(files[0], 0.0, 0.01), Clip(np.zeros(7)), odd]
    write(items, on_error="nan")
    names = pd.read_parquet(tmp_path / "t.parquet")["file"].tolist()
    assert names == [files[0], "clip 1", f"{tmp_path}/caf\\xe9.wav"]


def test_twins_have_a_row_each(files, tmp_path, write):
    function = Numbers()
    summary = write([files[0], files[1], files[0], files[2], files[0]], function=function)
    assert (summary.n_computed, summary.n_repeated, summary.n_failed) == (3, 2, 0)
    assert function.seen == [1_000, 1_001, 1_002]
    lengths = pd.read_parquet(tmp_path / "t.parquet")["length"].tolist()
    assert lengths == [1_000, 1_001, 1_000, 1_002, 1_000]


def test_parts_bound_the_memory(files, tmp_path, write, monkeypatch):
    """However many rows there are, two parts are held at most."""
    most = []
    real = tables._Workshop._take

    def take(self, found):
        real(self, found)
        most.append(sum(len(part.values) for part in self._open.values()))

    monkeypatch.setattr(tables._Workshop, "_take", take)
    clips = [Clip(np.zeros(100 + number)) for number in range(100)]
    write(clips, n_jobs=2)
    assert max(most) <= 6
    assert len(pd.read_parquet(tmp_path / "t.parquet")) == 100


# ---- Going on ----


def test_a_stopped_extraction_goes_on_to_the_same_table(files, tmp_path, write):
    write(files, "whole.parquet")
    interrupted(write, files, function=Numbers(stop=1_007))
    assert not (tmp_path / "t.parquet").exists()
    assert sorted(p.name for p in unfinished(tmp_path / "t.parquet").glob("part*")) == [
        "part-00000.parquet",
        "part-00001.parquet",
    ]
    function = Numbers()
    summary = write(files, function=function)
    assert function.seen == [1_006, 1_007, 1_008, 1_009]
    assert (summary.n_resumed, summary.n_computed, summary.n_rows) == (5, 4, 9)
    assert [failure.file for failure in summary.failures] == [files[3]]  # once
    ours, theirs = (pq.read_table(tmp_path / name) for name in ("t.parquet", "whole.parquet"))
    assert ours.equals(theirs)
    assert left(tmp_path) == ["t.parquet", "whole.parquet"]


def test_what_was_in_hand_is_in_the_cache(files, tmp_path, write):
    with open_cache(tmp_path / "cache") as cache:
        interrupted(write, files, function=Numbers(stop=1_008), cache=cache)
    function = Numbers()
    with open_cache(tmp_path / "cache") as cache:
        summary = write(files, function=function, cache=cache)
    assert function.seen == [1_008, 1_009]
    assert (summary.n_resumed, summary.n_cached, summary.n_computed) == (5, 2, 2)


def test_a_stop_while_a_part_is_written_keeps_the_rows_too(files, tmp_path, write, monkeypatch):
    def stop(*arguments, **options):
        raise KeyboardInterrupt

    with open_cache(tmp_path / "cache") as cache, monkeypatch.context() as patch:
        patch.setattr(pq, "write_table", stop)
        interrupted(write, files, cache=cache)
    assert left(tmp_path) == ["cache"]
    with open_cache(tmp_path / "cache") as cache:
        summary = write(files, cache=cache)
    assert (summary.n_resumed, summary.n_cached) == (0, 3)


def test_a_file_that_changed_meanwhile_is_computed_again(files, tmp_path, write):
    interrupted(write, files, function=Numbers(stop=1_007))
    soundfile.write(files[1], np.zeros(500), 22_050)
    soundfile.write(files[3], np.zeros(300), 22_050)  # and one that is mended
    summary = write(files)
    assert summary.failures == []
    lengths = pd.read_parquet(tmp_path / "t.parquet")["length"].tolist()
    assert lengths == [1_000, 500, 1_002, 300, *range(1_004, 1_010)]


@pytest.fixture
def refusing(monkeypatch):
    """The fourth file is sound, but there is something that does not read it."""
    real = workers.open_audio

    def refuse(item):
        if str(item).endswith("3.wav"):
            msg = f"{item}: is AAC. Install what reads it."
            raise AudioError(msg)
        return real(item)

    @contextlib.contextmanager
    def refusing(files):
        soundfile.write(files[3], np.zeros(1_003), 22_050)
        with monkeypatch.context() as patch:
            patch.setattr(workers, "open_audio", refuse)
            yield

    return refusing


@pytest.mark.parametrize("on_error", ["skip", "nan"])
def test_what_failed_in_a_part_that_is_done_is_tried_again(
    files, tmp_path, write, refusing, on_error
):
    with refusing(files):
        interrupted(write, files, function=Numbers(stop=1_007), on_error=on_error)
    function = Numbers()
    summary = write(files, function=function, on_error=on_error)
    assert function.seen == [1_003, 1_006, 1_007, 1_008, 1_009]
    assert (summary.n_resumed, summary.n_computed, summary.failures) == (5, 5, [])
    write(files, "whole.parquet", on_error=on_error)
    ours, theirs = (pq.read_table(tmp_path / name) for name in ("t.parquet", "whole.parquet"))
    assert ours.equals(theirs)


def test_a_file_that_changes_while_its_part_is_mended_is_computed_again(
    files, tmp_path, write, refusing
):
    with refusing(files):
        interrupted(write, files, function=Numbers(stop=1_007))

    class Meddling(Numbers):
        def __call__(self, clip, wanted):
            if len(clip.signal) == 1_003:  # in the same part
                soundfile.write(files[5], np.zeros(500), 22_050)
            return super().__call__(clip, wanted)

    interrupted(write, files, function=Meddling(stop=1_008))
    write(files)
    lengths = pd.read_parquet(tmp_path / "t.parquet")["length"].tolist()
    assert lengths == [*range(1_000, 1_005), 500, *range(1_006, 1_010)]


CLIPS = [Clip(np.zeros(1_000 + number)) for number in range(600)]


def test_without_a_cache_little_is_lost(tmp_path, write):
    interrupted(write, CLIPS, function=Numbers(stop=1_530), rows_per_part=None)
    assert len(list(unfinished(tmp_path / "t.parquet").glob("part-*"))) == 530 // 256
    assert write(CLIPS, rows_per_part=None).n_resumed == 512
    assert pq.ParquetFile(tmp_path / "t.parquet").num_row_groups == 1


def test_a_table_that_was_begun_without_a_cache_goes_on_with_one(tmp_path, write):
    interrupted(write, CLIPS, function=Numbers(stop=1_530), rows_per_part=None)
    with open_cache(tmp_path / "cache") as cache:
        assert write(CLIPS, rows_per_part=None, cache=cache).n_resumed == 512


@pytest.mark.parametrize(("cached", "n_parts"), [(True, 1), (False, 3)])
def test_parts_that_stay_are_large_where_rows_are_kept_otherwise(tmp_path, write, cached, n_parts):
    with open_cache(tmp_path / "cache" if cached else None) as cache:
        write(CLIPS, "folder", rows_per_part=None, as_folder=True, cache=cache)
    assert len(list((tmp_path / "folder").glob("part-*"))) == n_parts


@pytest.mark.parametrize("as_folder", [False, True])
def test_the_parts_go_when_the_table_is_on_the_disk(files, tmp_path, write, monkeypatch, as_folder):
    """After a power cut a file may be empty that was moved before it was written out."""
    deeds = []

    def noting(owner, name, deed):
        real = getattr(owner, name)

        def note(path, *rest, **options):
            deeds.append((deed, os.path.basename(path)))  # noqa: PTH119
            return real(path, *rest, **options)

        monkeypatch.setattr(owner, name, note)

    noting(tables, "sync", "sync")
    noting(tables.shutil, "rmtree", "delete")
    noting(pathlib.Path, "replace", "move")
    noting(pathlib.Path, "rename", "move")
    write(files, "t", as_folder=as_folder)
    moved = ("move", "t.unfinished" if as_folder else ".whole.part")
    home = ("sync", tmp_path.name)
    after = [] if as_folder else [("delete", "t.unfinished")]
    assert deeds[deeds.index(moved) :] == [moved, home, *after]
    if not as_folder:
        assert deeds[deeds.index(moved) - 1] == ("sync", ".whole.part")


class Other(Numbers):
    def __init__(self):
        super().__init__()
        self.parts = [Part("other numbers", 3)]


@pytest.mark.parametrize(
    "change",
    [
        {"function": Other()},
        {"columns": ["a", "b", "c"]},
        {"on_error": "nan"},
        {"rows_per_part": 4},
        {"known": pd.DataFrame({"a": range(10)})},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_command_begins_anew_and_says_so(files, write, change):
    interrupted(write, files, function=Numbers(stop=1_007))
    with pytest.warns(MerWarning, match="with other files, features or options; the table is made"):
        summary = write(files, **change)
    assert summary.n_resumed == 0


def test_other_files_begin_anew(files, write):
    interrupted(write, files, function=Numbers(stop=1_007))
    with pytest.warns(MerWarning, match="made anew"):
        assert write(files[1:]).n_resumed == 0


def test_anew_forgets_without_a_word(files, write):
    interrupted(write, files, function=Numbers(stop=1_007))
    assert write(files, anew=True).n_resumed == 0


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"half"])
def test_a_part_that_is_damaged_is_made_again(files, tmp_path, write, damage):
    interrupted(write, files, function=Numbers(stop=1_007))
    (unfinished(tmp_path / "t.parquet") / "part-00001.parquet").write_bytes(damage)
    assert write(files).n_resumed == 3


def test_two_at_once_are_refused(files, tmp_path, write):
    pytest.importorskip("fcntl")

    class Twice(Numbers):
        def __call__(self, clip, wanted):
            with pytest.raises(ArtifactError, match="another process is making this table"):
                write(files)
            return super().__call__(clip, wanted)

    assert write(files, function=Twice()).n_rows == 9


def test_a_folder_of_somebody_else_is_not_touched(files, tmp_path, write):
    folder = unfinished(tmp_path / "t.parquet")
    folder.mkdir()
    (folder / "letter.txt").write_text("dear")
    with pytest.raises(ArtifactError, match=r"holds files that are not of mer\. Move them away"):
        write(files)
    assert (folder / "letter.txt").read_text() == "dear"


def test_a_full_disk_is_one_sentence_and_what_was_there_stays(files, tmp_path, write, monkeypatch):
    write(files)
    before = (tmp_path / "t.parquet").read_bytes()

    def full(table, where, **options):
        where.write_bytes(b"half a table")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(ArtifactError, match=r"cannot be written \(No space left on device\)"):
        write(files, on_error="nan")
    assert (tmp_path / "t.parquet").read_bytes() == before
    assert left(tmp_path) == ["t.parquet"]


# ---- Kills ----

KILLED = """
import os, signal, sys
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from mer_sklearn.extraction.engine import Part
from mer_sklearn.extraction.tables import write_table

class Numbers:
    parts = [Part("numbers", 3)]
    def __call__(self, clip, wanted):
        n = len(clip.signal)
        return [np.float32([n, np.sqrt(n), 1 / n])]

def killing(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)

def half(table, where, **options):
    calls.append(where)
    if len(calls) == 3:
        where.write_bytes(b"PAR1half a table")
        killing()
    real(table, where, **options)

moment, output, *files = sys.argv[1:]
real, calls = pq.write_table, []
if moment == "part":
    pq.write_table = half
elif moment == "join":
    close = pq.ParquetWriter.close
    pq.ParquetWriter.close = lambda self: killing() if "whole" in str(self.where) else close(self)
elif moment == "move":
    from pathlib import Path
    move = Path.replace
    Path.replace = lambda self, to: killing() if "whole" in self.name else move(self, to)
elif moment == "clean":
    import shutil
    shutil.rmtree = killing
write_table(output, Numbers(), files, columns=["length", "root", "inverse"], rows_per_part=3,
            on_error="skip")
print("not killed")
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("moment", ["part", "join", "move", "clean"])
@pytest.mark.parametrize("is_there", [True, False], ids=["over a table", "new"])
def test_a_kill_leaves_nothing_half_written(files, tmp_path, write, moment, is_there):
    output = tmp_path / "t.parquet"
    if is_there:
        write(files[:2])
    before = output.read_bytes() if is_there else None
    command = [sys.executable, "-c", KILLED, moment, str(output), *files]
    run = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stdout) == (-signal.SIGKILL, "")
    if moment != "clean":
        assert (output.read_bytes() if output.exists() else None) == before
    summary = write(files)
    assert summary.n_resumed == (5 if moment == "part" else 9)  # and one that fails
    assert left(tmp_path) == ["t.parquet"]
    found = output.read_bytes()
    shutil.rmtree(unfinished(output), ignore_errors=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write(files)
    assert output.read_bytes() == found
