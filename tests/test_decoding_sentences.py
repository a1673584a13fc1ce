"""What is said of a file that cannot be read: what it is, in plain words, and what to do."""

from __future__ import annotations

import io
import os
import re
import shutil
import sys

import numpy as np
import pytest
import soundfile

from mer_sklearn.audio import read_audio
from mer_sklearn.decoding.words import plain
from mer_sklearn.errors import AudioError

SR = 16_000
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 375720\n"


@pytest.fixture
def sentence(tmp_path):
    """Return a function that gives the sentence on a file of some content."""

    def sentence(content, name="a.mp3"):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(AudioError) as caught:
            read_audio(path)
        return str(caught.value).removeprefix(f"{path}: ")

    return sentence


def sound(kind, seconds=2, **options):
    file = io.BytesIO()
    samples = 0.2 * np.random.default_rng(0).normal(size=seconds * SR)
    soundfile.write(file, samples, SR, format=kind, **options)
    return bytearray(file.getvalue())


# ---- What is no audio ----


@pytest.mark.parametrize("name", ["a.mp3", "a.wav", "a.m4a", "a.raw", "a"])
@pytest.mark.parametrize(
    ("content", "what", "remedy"),
    [
        (POINTER, "it is a Git LFS pointer, not the file", "Run: git lfs pull."),
        (b"<!DOCTYPE html><html><body>404</body>", "it is a web page", "Get the file itself"),
        (b'\n<HTML lang="en">' + bytes(99), "it is a web page", "Get the file itself"),
        (b"#EXTM3U\nhttp://example.org/a.mp3\n", "it is a list of files", "Give the files"),
        (b"this is no audio\n" * 99, "it is text", "Get the file itself"),
        ("Grüße\n".encode() * 200, "it is text", "Get the file itself"),
        ("Grüße\n".encode("utf-16"), "it is text", "Get the file itself"),
        (bytes(20_000), "it holds only zeros", "Get it again"),
        (b"PK\3\4" + bytes(range(256)), "it is a ZIP archive", "Unpack it"),
        (b"%PDF-1.4\n" + bytes(range(256)), "it is a PDF document", "Get the file itself"),
        (b"ID3\4\0\0\x7f\x7f\x7f\x7f" + bytes(999), "it ends before its ID3 tag", "Get the whole"),
        (bytes(20_000) + b"\1\2\3" * 9, "(its format|no sound)", "(Convert|Get) it"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
def test_a_file_that_is_something_else_is_called_so(sentence, content, what, remedy, name):
    if name == "a.raw" and what.startswith("("):
        what, remedy = "it holds bare samples", "Convert it: ffmpeg -f s16le"
    assert re.match(rf"cannot be read as audio \({what}.*\)\. {remedy}", sentence(content, name))


def test_text_is_found_though_a_letter_is_cut(sentence):
    """Of a long file 512 bytes are looked at, which may end within a letter."""
    for n in range(4):
        assert "(it is text)" in sentence(b"." * (509 + n) + "\u20ac".encode() * 99)


def test_a_file_that_holds_no_sound_is_left_out(sentence):
    av = pytest.importorskip("av")
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 16
        container.mux(stream.encode(av.VideoFrame(16, 16, "yuv420p")))
        container.mux(stream.encode(None))
    found = sentence(file.getvalue(), "a.mp4")
    assert found.endswith("(it begins as MP4 (m4a), but holds no sound). Leave it out.")


# ---- Broken files ----


def test_a_header_without_a_rate_is_named(sentence):
    content = sound("WAV")
    content[24:28] = bytes(4)
    assert sentence(content) == (
        "cannot be read as audio (its header tells no rate or no channels). "
        "Get it again, or leave it out."
    )


def test_a_coding_that_nobody_knows_is_named(sentence):
    content = sound("WAV")
    content[20:22] = b"\x77\x77"
    assert "(its header is broken, or its coding is not known). Convert it" in sentence(content)


@pytest.mark.parametrize("kind", ["FLAC", "MP3"])
def test_of_a_file_with_a_hole_it_is_said_where(sentence, kind, tmp_path):
    content = sound(kind, seconds=20)
    middle = len(content) // 2
    content[middle : middle + 4_000] = bytes(4_000)
    found = sentence(content)
    there = float(re.match(r"is damaged or cut after (\d+\.\d\d) of 20\.00 s\. Get the", found)[1])
    assert there == pytest.approx(10.0, abs=0.3)
    length = float(re.search(r"duration=([\d.]+)", found)[1])
    assert read_audio(tmp_path / "a.mp3", duration=length).duration == pytest.approx(
        length, abs=0.1
    )


@pytest.mark.parametrize("kind", ["FLAC", "MP3"])
def test_damage_at_the_very_end_costs_nothing_that_counts(tmp_path, kind):
    """A hundredth may be missing, whether or not a decoder complains."""
    content = sound(kind, seconds=40)
    path = tmp_path / "a"
    path.write_bytes(content[: -len(content) // 400] + bytes(len(content) // 400))
    assert read_audio(path).duration == pytest.approx(40.0, abs=0.4)


def test_bare_samples_need_a_rate(sentence):
    found = sentence(np.arange(-99, 99, dtype="<i2").tobytes(), "a.raw")
    assert "(it holds bare samples, and nothing says of what rate). Convert it: ffmpeg" in found


def test_a_wav_file_that_is_called_raw_is_read(tmp_path):
    path = tmp_path / "a.raw"
    path.write_bytes(sound("WAV"))
    assert read_audio(path).duration == 2.0


def test_no_samples_are_no_question_of_the_offset(sentence):
    assert sentence(sound("WAV", seconds=0)) == "holds no samples. Leave it out."


@pytest.mark.parametrize(
    "error",
    [
        OSError("Error number -16976906 occurred"),
        RuntimeError("Internal psf_fseek() failed."),
        RuntimeError("Error : unknown error in flac decoder."),
        RuntimeError("Error in WAV file. No 'data' chunk marker."),
    ],
)
def test_the_words_of_libraries_are_replaced(error):
    assert str(plain(error)) in ("a part of it is broken", "its header is broken")


def test_words_that_are_not_known_stay():
    assert str(plain(RuntimeError("Out of frying pans.\n"))) == "Out of frying pans"
    assert str(plain(RuntimeError())) == "RuntimeError"


# ---- Names ----


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="their names are Unicode")
@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3"])
def test_a_name_that_is_no_utf8_is_a_name(tmp_path, kind):
    plain_name, odd = tmp_path / f"a.{kind}", tmp_path / os.fsdecode(b"caf\xe9." + kind.encode())
    plain_name.write_bytes(sound(kind.upper()))
    shutil.copy(plain_name, odd)
    np.testing.assert_array_equal(read_audio(odd).signal, read_audio(plain_name).signal)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="their names are Unicode")
def test_pyav_reads_such_a_name_too(tmp_path):
    av = pytest.importorskip("av")
    odd = tmp_path / os.fsdecode(b"caf\xe9.mka")
    with av.open(str(tmp_path / "a.mka"), "w") as container:
        stream = container.add_stream("flac", rate=SR, layout="mono")
        samples = np.zeros((1, SR), np.int16)
        frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
        frame.sample_rate, frame.pts = SR, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    (tmp_path / "a.mka").rename(odd)
    assert read_audio(odd).duration == pytest.approx(1.0, abs=0.01)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="their names are Unicode")
def test_a_bad_file_of_such_a_name_has_its_sentence(sentence):
    assert "(it is text)" in sentence(b"no audio" * 99, os.fsdecode(b"caf\xe9.mp3"))
