"""Decoders: all of a file comes out, or a sentence says how much is missing."""

from __future__ import annotations

import io
import re
import struct
import sys
from fractions import Fraction

import numpy as np
import pytest
import scipy.signal
import soundfile

from mer_sklearn import audio
from mer_sklearn.audio import SAMPLE_RATE, Clip, Segment, open_audio, read_audio, stream_audio
from mer_sklearn.decoding import choice
from mer_sklearn.decoding.containers import sound_extent
from mer_sklearn.errors import AudioError, InputError

SR = 16_000
SECONDS = 6


def sound(rng, sr=SR, seconds=SECONDS):
    """Noise between 0.2 and 6 kHz that comes and goes: a shift of it is heard at once."""
    n_samples = round(seconds * sr)
    band = scipy.signal.butter(4, [200, 6_000], btype="band", fs=sr, output="sos")
    level = 0.5 + 0.5 * np.sin(2 * np.pi * 0.7 * np.arange(n_samples) / sr)
    return 0.2 * level * scipy.signal.sosfilt(band, rng.normal(size=n_samples))


@pytest.fixture
def encoded(rng):
    """Return the bytes of a file of six seconds."""

    def encoded(kind, **options):
        file = io.BytesIO()
        soundfile.write(file, sound(rng), SR, format=kind, **options)
        return bytearray(file.getvalue())

    return encoded


@pytest.fixture
def saved(tmp_path):
    def saved(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return saved


# ---- What a file promises ----


@pytest.mark.parametrize("kind", ["WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "MP3"])
def test_a_cut_file_says_how_much_is_there(encoded, saved, kind):
    content = encoded(kind)
    path = saved(f"a.{kind.lower()}", content[: len(content) // 2])
    with pytest.raises(AudioError, match=r"ends after [23]\.\d\d of the 6\.\d\d s .* Segment") as e:
        read_audio(path)
    duration = float(re.search(r"duration=([\d.]+)\)", str(e.value))[1])
    assert read_audio(path, duration=duration).duration == pytest.approx(duration, abs=0.01)
    assert read_audio(path, offset=1.0, duration=1.0).duration == pytest.approx(1.0)


@pytest.mark.parametrize("kind", ["FLAC", "OGG"])
def test_a_cut_stream_is_refused(encoded, saved, kind):
    content = encoded(kind)
    path = saved(f"a.{kind.lower()}", content[: len(content) * 9 // 10])
    with pytest.raises(AudioError, match=r"cut") as caught:
        read_audio(path)
    duration = float(re.search(r"duration=([\d.]+)\)", str(caught.value))[1])
    assert 3.0 < duration < 6.0
    assert read_audio(path, duration=duration).duration == pytest.approx(duration, abs=0.01)


@pytest.mark.parametrize("kind", ["WAV", "RF64", "AIFF", "AU", "FLAC", "OGG", "MP3"])
def test_a_whole_file_is_read_as_it_is(encoded, saved, kind):
    clip = read_audio(saved(f"a.{kind.lower()}", encoded(kind)), sr=None)
    assert len(clip.signal) == SECONDS * SR


def test_a_little_may_be_missing(encoded, saved):
    content = encoded("WAV")
    assert read_audio(saved("a.wav", content[: -2 * SR // 5])).duration == pytest.approx(5.8)


def size_in_front_of(content, word):
    """Return where the size of a chunk stands."""
    return content.find(word) + len(word)


@pytest.mark.parametrize("size", [0, 0xFFFF_FFFF, 0x8000_0000, 0xFFFF_FFFF - 36])
def test_a_size_left_open_means_the_end_of_the_file(encoded, saved, size):
    content = encoded("WAV")
    expected = read_audio(saved("b.wav", content), sr=None).signal
    at = size_in_front_of(content, b"data")
    content[at : at + 4] = struct.pack("<I", size)
    path = saved("a.wav", content)
    np.testing.assert_array_equal(read_audio(path, sr=None).signal, expected)
    part = read_audio(path, offset=2.0, duration=1.0, sr=None).signal
    np.testing.assert_array_equal(part, expected[2 * SR : 3 * SR])


def test_an_empty_file_with_other_chunks_stays_empty(encoded, saved):
    content = encoded("WAV")
    at = size_in_front_of(content, b"data")
    empty = content[:at] + bytes(4) + b"LIST" + struct.pack("<I", 4) + b"INFO"
    with pytest.raises(AudioError, match="no samples"):
        read_audio(saved("a.wav", empty))


@pytest.mark.parametrize("kind", ["WAV", "AIFF", "FLAC"])
def test_sound_beyond_the_promised_end_is_no_secret(encoded, saved, kind):
    content = encoded(kind)
    if kind == "FLAC":  # 36 bits of STREAMINFO
        content[22:26] = struct.pack(">I", SR)
    else:
        order, word = ("<", b"data") if kind == "WAV" else (">", b"SSND")
        at = size_in_front_of(content, word)
        content[at : at + 4] = struct.pack(f"{order}I", 2 * SR)
        if kind == "AIFF":
            at = size_in_front_of(content, b"COMM") + 6
            content[at : at + 4] = struct.pack(">I", SR - 4)
    with pytest.raises(AudioError, match="more sound than its header promises"):
        read_audio(saved(f"a.{kind.lower()}", content))


@pytest.mark.parametrize(
    "after",
    [
        b"LIST" + struct.pack("<I", 100_000) + bytes(100_000),
        b"TAG" + b"x" * 125,
        b"ID3\4\0\0" + b"x" * 100_000,
        bytes(100_000),
    ],
    ids=["chunk", "id3v1", "id3v2", "zeros"],
)
def test_what_is_no_sound_may_follow(encoded, saved, after):
    assert read_audio(saved("a.wav", encoded("WAV") + after)).duration == SECONDS


def test_a_tag_behind_a_flac_file_does_no_harm(encoded, saved):
    path = saved("a.flac", encoded("FLAC") + b"TAG" + b"x" * 125)
    assert read_audio(path).duration == SECONDS


def test_a_flac_file_that_promises_too_much_is_refused(encoded, saved):
    content = encoded("FLAC")
    content[22:26] = struct.pack(">I", 20 * SR)
    with pytest.raises(AudioError, match=r"ends after 6\.00 of the 20\.00 s"):
        read_audio(saved("a.flac", content))


def test_a_flac_stream_of_unknown_length_is_read_whole(encoded, saved):
    content = encoded("FLAC")
    content[22:26] = bytes(4)
    assert read_audio(saved("a.flac", content)).duration == SECONDS


def test_ogg_streams_one_after_the_other_are_named(encoded, saved):
    path = saved("a.ogg", encoded("OGG") + encoded("OGG"))
    with pytest.raises(AudioError, match="several streams one after the other"):
        read_audio(path)


def test_mp3_files_joined_are_read_whole(encoded, saved):
    content = encoded("MP3")
    one = read_audio(saved("one.mp3", content), sr=None).signal
    both = read_audio(saved("two.mp3", content + content), sr=None).signal
    assert len(both) == pytest.approx(2 * len(one), abs=4 * 1152)
    np.testing.assert_allclose(both[: len(one) - 1152], one[:-1152], atol=1e-5)


def test_mp3_streams_of_two_rates_are_named(encoded, saved, rng):
    other = io.BytesIO()
    soundfile.write(other, sound(rng, 44_100), 44_100, format="MP3")
    path = saved("a.mp3", encoded("MP3") + other.getvalue())
    with pytest.raises(AudioError, match=r"goes on at 44100 Hz after 6\.\d\d s at 16000 Hz"):
        read_audio(path)


@pytest.mark.parametrize("content", [b"RIFF", b"RIFF\0\0\0\0WAVE", b"FORM" + bytes(99), b"riff"])
def test_a_header_without_sound_has_no_extent(saved, content):
    assert sound_extent(str(saved("a.wav", content))) is None


def test_a_wall_of_empty_chunks_is_given_up(saved):
    content = b"RIFF" + bytes(4) + b"WAVE" + b"abcd\0\0\0\0" * 200_000
    assert sound_extent(str(saved("a.wav", content))) is None


# ---- More than anybody's music ----


def test_a_header_of_ten_hours_is_refused_before_it_is_read(encoded, saved, monkeypatch):
    content = encoded("FLAC")
    content[22:26] = struct.pack(">I", 36_000 * SR)
    monkeypatch.setattr(np, "empty", None)
    with pytest.raises(AudioError, match=r"longer than 4 hours, .*Segment\(path, offset, duration"):
        read_audio(saved("a.flac", content))


def test_ten_hours_of_silence_in_a_small_file_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "silence.ogg"
    soundfile.write(path, np.zeros(30 * SR), SR)
    monkeypatch.setattr(audio, "LONGEST", 10)
    with pytest.raises(AudioError, match="longer than 0 hours"):
        read_audio(path)
    assert read_audio(path, offset=15.0, duration=9.0).duration == 9.0
    with pytest.raises(AudioError, match="longer"):
        read_audio(path, duration=12.0)


def test_memory_ends_with_the_longest_signal_whatever_comes(saved, encoded, monkeypatch):
    """A stream of unknown length is refused when it has gone on for too long."""
    content = encoded("FLAC")
    content[22:26] = bytes(4)
    monkeypatch.setattr(audio, "LONGEST", 2)
    with pytest.raises(AudioError, match="longer than"):
        read_audio(saved("a.flac", content))


# ---- Streams ----


@pytest.mark.parametrize("span", [{}, {"offset": 1.3}, {"offset": 0.5, "duration": 2.2}])
@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
def test_a_stream_gives_the_samples_of_the_file(encoded, saved, kind, span):
    path = saved(f"a.{kind.lower()}", encoded(kind))
    blocks = list(stream_audio(path, **span))
    assert len(blocks) > 1
    whole = read_audio(path, **span).signal
    np.testing.assert_array_equal(np.concatenate(blocks), whole)
    stream = open_audio(Segment(path, **span))
    np.testing.assert_array_equal(stream.signal, whole)
    np.testing.assert_array_equal(np.concatenate(list(stream.blocks())), whole)


def test_a_clip_is_opened_at_the_working_rate():
    clip = open_audio(Clip(np.zeros(2 * SAMPLE_RATE), 2 * SAMPLE_RATE))
    assert [block.shape for block in clip.blocks()] == [(SAMPLE_RATE,)]


def test_a_stream_refuses_at_once_what_makes_no_sense(tmp_path):
    with pytest.raises(InputError, match="sr=0"):
        stream_audio("a.wav", sr=0)
    with pytest.raises(AudioError, match="does not exist"):
        stream_audio(tmp_path / "a.wav")


def test_a_stream_that_is_left_closes_its_file(encoded, saved):
    for kind in ("WAV", "FLAC", "MP3"):
        next(iter(stream_audio(saved(f"a.{kind.lower()}", encoded(kind)))))


# ---- PyAV ----

# Name, codec, rate: containers that say what delay the encoder added.
FOREIGN = [
    ("a.m4a", "aac", 44_100),
    ("alac.m4a", "alac", 44_100),
    ("a.webm", "libopus", 48_000),
    ("a.mka", "aac", 22_050),
    ("a.wv", "wavpack", 8_000),
    ("a.tta", "tta", 44_100),
]


@pytest.fixture
def foreign(tmp_path):
    """Return a function that writes a file which libsndfile does not know."""
    av = pytest.importorskip("av")

    def foreign(name, codec, samples, sr):
        channels = np.atleast_2d(samples.T).astype(np.float32)
        layout = {1: "mono", 2: "stereo"}[len(channels)]
        path = tmp_path / name
        with av.open(str(path), "w") as file:
            stream = file.add_stream(codec, rate=sr, layout=layout, bit_rate=128_000)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(channels), "fltp", layout)
            frame.sample_rate, frame.pts, frame.time_base = sr, 0, Fraction(1, sr)
            file.mux(stream.encode(frame))
            file.mux(stream.encode(None))
        return path

    return foreign


@pytest.mark.parametrize(("name", "codec", "sr"), FOREIGN)
def test_what_libsndfile_does_not_know_comes_out_without_lag(foreign, rng, name, codec, sr):
    samples = sound(rng, sr) if sr > 12_000 else 0.1 * rng.normal(size=SECONDS * sr)
    clip = read_audio(foreign(name, codec, samples, sr), sr=None)
    assert clip.sr == sr
    assert clip.duration == pytest.approx(SECONDS, abs=0.07)
    here = slice(sr, 5 * sr)
    likeness = scipy.signal.correlate(clip.signal[here], samples[here], method="fft")
    assert np.argmax(likeness) == 4 * sr - 1
    assert np.corrcoef(clip.signal[here], samples[here])[0, 1] > 0.95


@pytest.mark.parametrize(("name", "codec", "sr"), FOREIGN[:4])
@pytest.mark.parametrize("offset", [0.0, 0.3, 4.1])
def test_a_segment_of_it_is_a_slice(foreign, rng, name, codec, sr, offset):
    path = foreign(name, codec, sound(rng, sr), sr)
    whole = read_audio(path, sr=None).signal
    part = read_audio(path, offset=offset, duration=1.2, sr=None).signal
    start = round(offset * sr)
    np.testing.assert_array_equal(part, whole[start : start + round(1.2 * sr)])


def test_wma_lacks_its_first_block(foreign, rng):
    """FFmpeg's decoder gives nothing for it: all comes 2048 samples early."""
    samples = sound(rng, 44_100)
    path = foreign("a.wma", "wmav2", samples, 44_100)
    signal = read_audio(path, sr=None).signal
    here = slice(44_100, 5 * 44_100)
    likeness = scipy.signal.correlate(signal[here], samples[here], method="fft")
    assert abs(np.argmax(likeness) - (4 * 44_100 - 1)) <= 2048
    part = read_audio(path, offset=2.0, duration=1.0, sr=None).signal
    np.testing.assert_array_equal(part, signal[88_200:132_300])


@pytest.mark.parametrize("codec", ["alac", "aac"])
def test_its_channels_are_averaged(foreign, rng, codec):
    left = sound(rng, 44_100)
    path = foreign("a.m4a", codec, np.stack([left, left * 0.5], axis=1), 44_100)
    signal = read_audio(path, sr=None).signal[: len(left)]
    assert np.corrcoef(signal, left)[0, 1] > 0.95
    assert signal.std() == pytest.approx(0.75 * left.std(), rel=0.05)


def test_alac_keeps_its_samples(foreign, rng):
    samples = np.round(sound(rng, 44_100) * 2**15) / 2**15
    path = foreign("a.m4a", "alac", samples, 44_100)
    np.testing.assert_allclose(read_audio(path, sr=None).signal, samples, atol=2**-14)


def test_a_wrong_extension_does_not_matter(foreign, rng):
    path = foreign("a.m4a", "aac", sound(rng, 44_100), 44_100)
    renamed = path.rename(path.with_suffix(".mp3"))
    assert read_audio(renamed).duration == pytest.approx(SECONDS, abs=0.05)


def test_a_cut_one_is_refused(foreign, rng):
    path = foreign("a.wv", "wavpack", sound(rng, 44_100), 44_100)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(AudioError, match=r"ends after 2\.\d\d of the 6\.\d\d s|damaged or cut"):
        read_audio(path)


def test_without_pyav_the_sentence_names_the_extra(foreign, rng, monkeypatch):
    path = foreign("a.m4a", "aac", sound(rng, 44_100), 44_100)
    monkeypatch.setitem(sys.modules, "av", None)
    monkeypatch.delitem(sys.modules, "mer_sklearn.decoding.pyav", raising=False)
    with pytest.raises(AudioError, match=r'a\.m4a: .*MP4.*pip install "mer-sklearn\[av\]"'):
        read_audio(path)


@pytest.mark.parametrize(
    "content", [b"\0\0\0\x18ftypM4A " + bytes(50), b"\x1a\x45\xdf\xa3", b"\xff\xf1" * 30, b"MAC "]
)
def test_what_only_begins_like_it_is_refused(saved, content):
    pytest.importorskip("av")
    with pytest.raises(AudioError, match=r"a\.m4a: cannot be read as audio \(.+\)"):
        read_audio(saved("a.m4a", content))


def test_a_list_of_addresses_is_not_followed(saved):
    text = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n"
    path = saved("a.m4a", text)
    assert choice._foreign(str(path)) is None
    with pytest.raises(AudioError, match="it is a list of files"):
        read_audio(path)
