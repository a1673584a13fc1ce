"""``mer extract``: sources, what goes wrong, and how it goes on."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
import soundfile

from mer_sklearn.cli import main
from mer_sklearn.extraction.tables import unfinished


@pytest.fixture(autouse=True)
def new_cache(tmp_path, monkeypatch):
    """What one test extracts is computed by the next."""
    monkeypatch.setenv("MER_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def music(wav_files, tmp_path):
    """A folder of four good files in two folders, a bad one, and a loop of links."""
    folder = tmp_path / "music"
    for number, path in enumerate(wav_files[:4]):
        target = folder / "ab"[number % 2]
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target / f"{number}.wav")
    (folder / "a" / "bad.wav").write_text("no audio")
    (folder / "b" / "loop").symlink_to(folder, target_is_directory=True)
    return folder


@pytest.fixture
def run(tmp_path, capsys):
    """Run ``mer extract`` in this process; return the table, and what was printed."""

    def run(*words, status=0, output="t.parquet"):
        words = ["extract", *map(str, words), "-f", "mfcc40-mean", "--timeout", "0"]
        assert main([*words, "-o", f"{tmp_path}/{output}"]) == status
        printed = capsys.readouterr()
        table = pd.read_parquet(tmp_path / output) if status == 0 else None
        return table, printed

    return run


def names(table):
    return sorted(os.path.basename(name) for name in table["file"])  # noqa: PTH119


GOOD = ["0.wav", "1.wav", "2.wav", "3.wav"]


# ---- Sources ----


def test_a_folder_with_a_loop_of_links(music, run):
    table, _ = run(music, "--on-error", "skip")
    assert names(table) == GOOD


@pytest.mark.parametrize("pattern", ["**/[0-9].wav", "?/?.wav"])
def test_a_pattern(music, run, pattern):
    table, _ = run(f"{music}/{pattern}")
    assert names(table) == GOOD


def test_a_pattern_without_a_match(music, run):
    _, printed = run(f"{music}/*.mp3", status=1)
    assert "*.mp3: matches no file" in printed.err
    assert "no audio files were given" in printed.err


def test_a_file_whose_name_is_a_pattern(music, run):
    shutil.copy(music / "a" / "0.wav", music / "song [live].wav")
    table, _ = run(music / "song [live].wav")
    assert names(table) == ["song [live].wav"]


@pytest.mark.parametrize("end", [b"\n", b"\0", b"\r\n"])
def test_a_list_on_stdin(music, run, monkeypatch, end):
    paths = [str(music / "a" / "0.wav"), str(music / "b" / "1.wav")]
    raw = io.BytesIO(end.join(map(str.encode, paths)) + end)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(raw))
    table, _ = run("-")
    assert table["file"].tolist() == paths


def test_a_column_of_a_table(music, run):
    (music / "list.csv").write_text("song,mood\na/0.wav,good\nb/1.wav,bad\n")
    table, _ = run(music / "list.csv", "--column", "song")
    assert names(table) == ["0.wav", "1.wav"]
    assert table["mood"].tolist() == ["good", "bad"]
    _, printed = run(music / "list.csv", "--column", "sang", status=1)
    assert "Did you mean 'song'" in printed.err


def test_a_line_without_a_path_is_named_and_shifts_nothing(music, run, tmp_path):
    (music / "list.csv").write_text("song,mood\na/0.wav,good\n,odd\n  ,odd\nb/1.wav,bad\n")
    _, printed = run(music / "list.csv", "--column", "song", status=1)
    assert f"{music}/list.csv: 'song' is empty in line 3, 4. Fill it" in printed.err
    words = ["--column", "song", "--skip-bad", "--errors", tmp_path / "e.csv"]
    table, _ = run(music / "list.csv", *words)
    assert names(table) == ["0.wav", "1.wav"]
    assert table["mood"].tolist() == ["good", "bad"]
    errors = pd.read_csv(tmp_path / "e.csv")
    assert errors["file"].tolist() == [f"{music}/list.csv, line {line}" for line in (3, 4)]


@pytest.mark.parametrize("where", ["{}", "{}/**/*.wav"])
def test_a_broken_link_is_listed_wherever_it_is_found(music, run, tmp_path, where):
    (music / "a" / "gone.wav").symlink_to(tmp_path / "nowhere.wav")
    _, printed = run(where.format(music), "--skip-bad")
    assert "gone.wav: does not exist. Give the path" in printed.err
    assert ".," not in printed.err


def test_films_in_a_folder_are_counted(music, run):
    for name in ("a.mp4", "b.MP4", "c.mkv"):
        (music / name).write_text("a film")
    table, printed = run(music, "--skip-bad")
    assert names(table) == GOOD
    assert f"mer: {music}: 3 films are passed over." in printed.err
    assert f"{music}/**/*.mp4" in printed.err


def test_a_corpus_keeps_what_it_knows(run):
    table, _ = run("synthetic:", "--set", "n=3", "--set", "duration=1")
    assert {"valence", "quadrant"} <= set(table)


def test_a_file_named_twice_has_two_rows(music, run):
    table, _ = run(music / "a" / "0.wav", music / "a" / "0.wav")
    assert names(table) == ["0.wav", "0.wav"]
    assert table.iloc[0].equals(table.iloc[1])


# ---- What goes wrong ----


def test_a_bad_file_stops_it_by_default(music, run, tmp_path):
    _, printed = run(music, status=1)
    assert "bad.wav: cannot be read" in printed.err
    assert not unfinished(tmp_path / "t.parquet").exists()


@pytest.mark.parametrize("words", [["--skip-bad"], ["--on-error", "skip"]])
def test_bad_files_are_left_out_and_listed(music, run, tmp_path, words):
    table, printed = run(music, *words, "--errors", tmp_path / "e.csv")
    assert names(table) == GOOD
    assert "4 rows, 41 columns, 1 files left out" in printed.out
    errors = pd.read_csv(tmp_path / "e.csv")
    assert list(errors) == ["file", "reason", "remedy"]
    assert errors["file"].tolist() == [str(music / "a" / "bad.wav")]
    assert errors["remedy"][0].startswith("Get the file itself")


def test_without_a_list_they_are_named(music, run):
    _, printed = run(music, "--skip-bad")
    assert "1 files gave no features" in printed.err
    assert "bad.wav: cannot be read" in printed.err


def test_or_have_a_row_without_numbers(music, run):
    table, _ = run(music, "--on-error", "nan")
    assert len(table) == 5
    assert table["mfcc__0__mean"].isna().sum() == 1


@pytest.mark.parametrize("where", ["{}", "{}/**/*.wav", "{}/*/*.wav", "{}/?/[0-9].wav"])
def test_a_folder_that_may_not_be_listed(music, run, tmp_path, monkeypatch, where):
    real = os.scandir

    def scandir(path):
        if str(path).rstrip("/").endswith("/b"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    (music / "a" / "bad.wav").unlink()
    _, printed = run(where.format(music), status=1)
    assert "cannot be listed (Permission denied)" in printed.err
    table, _ = run(where.format(music), "--on-error", "skip", "--errors", tmp_path / "e.csv")
    assert names(table) == ["0.wav", "2.wav"]
    errors = pd.read_csv(tmp_path / "e.csv")
    assert [name.rstrip("/") for name in errors["file"]] == [str(music / "b")]
    assert "cannot be listed (Permission denied)" in errors["reason"][0]


def test_a_name_that_is_no_utf8(music, wav_files, run, tmp_path):
    shutil.copy(wav_files[8], music / "a" / os.fsdecode(b"caf\xe9.wav"))
    table, _ = run(music, "--skip-bad", "--errors", tmp_path / "e.csv")
    assert names(table) == [*GOOD, "caf\\xe9.wav"]
    errors = pd.read_csv(tmp_path / "e.csv")
    assert errors["file"].tolist() == [str(music / "a" / "bad.wav")]


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["--skip-bad", "--on-error", "nan"], 2, "contradict each other"),
        (["--errors", "errors.txt"], 2, "--errors errors.txt: the name must end in .csv"),
        (["--partition", "0"], 2, "--partition"),
        (["--column", "file", "b.csv"], 2, "--column is for one CSV file"),
        (["--jobs", "0"], 2, "0 workers"),
    ],
)
def test_what_makes_no_sense_is_refused(music, run, words, status, sentence):
    _, printed = run(music, *words, status=status)
    assert sentence in printed.err


@pytest.mark.parametrize("errors", ["t.csv", "./t.csv", "folder/../t.csv", "link.csv"])
def test_the_list_of_errors_does_not_replace_the_table(music, run, tmp_path, errors):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.csv").symlink_to(tmp_path / "t.csv")
    words = ["--skip-bad", "--errors", f"{tmp_path}/{errors}"]
    _, printed = run(music, *words, output="t.csv", status=2)
    assert "--output and --errors are both" in printed.err
    assert not (tmp_path / "t.csv").exists()


def test_a_folder_of_parquet_is_not_called_csv(music, run, tmp_path):
    _, printed = run(music, "--partition", "10", output="a.csv", status=2)
    assert "a.csv: a folder of Parquet files is no CSV file" in printed.err
    run(music, output="b.csv/", status=2)
    assert not any((tmp_path / name).exists() for name in ("a.csv", "b.csv"))


def test_a_folder_that_is_there_is_not_written_over(music, run, tmp_path):
    (tmp_path / "parts").mkdir()
    _, printed = run(music, "--skip-bad", output="parts/", status=1)
    assert "is there already" in printed.err


# ---- What is printed and written ----


def test_json_gives_counts_and_times(music, run, tmp_path):
    run(music, "--skip-bad")
    _, printed = run(music, "--skip-bad", "--json")
    document = json.loads(printed.out)
    assert document["n_items"] == 5
    assert (document["n_rows"], document["n_cached"], document["n_computed"]) == (4, 4, 0)
    assert (document["n_failed"], document["n_repeated"], document["n_resumed"]) == (1, 0, 0)
    assert document["failures"][0]["reason"].startswith("cannot be read as audio")
    assert document["seconds"] > 0


def test_a_folder_of_parts(music, run, tmp_path):
    whole, _ = run(music, "--skip-bad")
    parts, _ = run(music, "--skip-bad", "--partition", 2, output="parts")
    assert len(list((tmp_path / "parts").glob("part-*.parquet"))) == 3
    pd.testing.assert_frame_equal(parts, whole)


def test_rehash_reads_files_that_seem_unchanged(music, run):
    run(music, "--skip-bad")
    _, printed = run(music, "--skip-bad", "--rehash", "--json")
    assert json.loads(printed.out)["n_cached"] == 4  # the bytes are the same


# ---- Going on ----

SLOW = """
import signal, sys, time
from mer_sklearn.cli import main
from mer_sklearn.features import rows

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
compute = rows.FamilyRows.__call__
seen = 0

def slow(self, clip, wanted):
    global seen
    seen += 1
    if seen > 2:
        print("slow", flush=True)
        time.sleep(1_000)
    return compute(self, clip, wanted)

rows.FamilyRows.__call__ = slow
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs signals")
@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (
            ["--partition", "1"],
            "what is done is kept in {}/parts.unfinished and in the cache; the same command goes "
            "on from there.",
        ),
        ([], "what is done is kept in the cache; the same command goes on from there."),
        (
            ["--partition", "1", "--no-cache"],
            "the complete parts are kept in {}/parts.unfinished, and the rest is lost without a "
            "cache; the same command goes on from there.",
        ),
        (
            ["--cache", "music/a/0.wav"],  # no folder
            "nothing is kept: there is no cache, and no part of the table was complete.",
        ),
    ],
    ids=["both", "cache", "parts", "nothing"],
)
@pytest.mark.filterwarnings("ignore:.*no cache this time")
def test_ctrl_c_stops_at_once_keeps_what_is_done_and_says_how_to_go_on(
    music, run, tmp_path, words, kept, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (music / "a" / "bad.wav").unlink()
    command = ["extract", str(music), "-f", "mfcc40-mean", "--timeout", "0", *words]
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, *command, "-o", f"{tmp_path}/parts/"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "slow\n"
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert time.monotonic() - begun < 5
        err = process.stderr.read()
    *_, said, last = [line for line in err.splitlines() if line]
    assert (said, last) == (f"mer: {kept.format(tmp_path)}", "mer: stopped.")
    table, printed = run(music, *words, "--json", output="parts/")
    document = json.loads(printed.out)
    n_kept = 0 if "nothing" in kept else 2
    assert document["n_resumed"] + document["n_cached"] == n_kept
    assert document["n_computed"] == 4 - n_kept
    fresh, _ = run(music, "--no-cache")
    pd.testing.assert_frame_equal(table, fresh)


def test_a_file_that_hangs_or_crashes_takes_itself_only(music, tmp_path, capsys):
    """With the processes that the command takes unless it is told otherwise."""
    (music / "a" / "bad.wav").unlink()
    soundfile.write(music / "long.wav", [0.0] * 22_050 * 600, 22_050)
    out = tmp_path / "t.parquet"
    words = ["extract", str(music), "-f", "plain", "--on-error", "skip", "--timeout", "0.2"]
    assert main([*words, "-o", str(out), "--no-cache"]) == 0
    assert "long.wav: takes longer than 0.2 s" in capsys.readouterr().err
    assert names(pd.read_parquet(out)) == GOOD
